"""The hubverse's model output: its published rules, its own Python reader, and the numbers of the run."""

import csv
import dataclasses
import datetime as dt
import json
import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import scoringrules
from pandas.tseries.offsets import DateOffset

from meekcast.clock import decimal_year
from meekcast.door.opening import open as open_forecast
from meekcast.errors import InputError
from meekcast.export.formats import Wanted, export
from meekcast.runs.read import open_run

HUB_LEVELS = [0.01, 0.025, *np.arange(0.05, 0.96, 0.05).round(2), 0.975, 0.99]
TASK_IDS = ["reference_date", "target", "horizon", "target_end_date", "actor"]
REPRESENTATION = ["output_type", "output_type_id", "value"]


@pytest.fixture(scope="module")
def file(unseen, tmp_path_factory):
    return export(unseen, "hubverse", tmp_path_factory.mktemp("hub") / "x.csv").file


@pytest.fixture(scope="module")
def table(file):
    """As pandas reads it: every ID is text, as in a hub whose output_type_id is of type character."""
    return pd.read_csv(file, dtype={"output_type_id": str, "target": str})


def lines_of(file):
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


def tasks(table, output_type):
    """Rows of each task, in the order of the file."""
    rows = table[table["output_type"] == output_type]
    return [group for _, group in rows.groupby(["model_id", *TASK_IDS], dropna=False, sort=False)]


# Rules: docs.hubverse.io/en/latest/user-guide/model-output.html and the checks of hubValidations, by their names


def test_columns_are_model_task_ids_and_representation(table):
    """hubEvals, `validate_model_oracle_out`: model_id, output_type, output_type_id, value; what else there is is a task ID."""
    assert list(table.columns) == ["model_id", *TASK_IDS, *REPRESENTATION]


def test_the_model_and_its_file_have_names_that_a_hub_takes(table):
    """`parse_file_name`: [round_id]-[team_abbr]-[model_abbr], each of letters, digits and underscores."""
    (model,) = set(table["model_id"])
    (round_id,) = set(table["reference_date"])
    pattern = r"((\d{4}-\d{2}-\d{2})|[A-Za-z0-9_]+)-([A-Za-z0-9_]+)-([A-Za-z0-9_]+)"
    assert re.fullmatch(pattern, f"{round_id}-{model}")


def test_rows_are_unique_and_output_types_known(table):
    """`check_tbl_rows_unique`; `date` targets take quantile, cdf and pmf, continuous ones quantiles ("Target metadata")."""
    assert not table.duplicated(["model_id", *TASK_IDS, "output_type", "output_type_id"]).any()
    assert set(table["output_type"]) == {"quantile", "cdf", "pmf"}
    dated = set(table.loc[table["output_type"] != "quantile", "target"])
    assert not dated & set(table.loc[table["output_type"] == "quantile", "target"])


def test_levels_are_those_of_hubs_as_r_writes_numbers(table):
    """`check_tbl_values`: IDs are compared as text, 0.1 is not 0.10; `check_tbl_values_required`: all of every task."""
    found = tasks(table, "quantile")
    assert found
    for task in found:
        assert task["output_type_id"].tolist() == [repr(float(level)) for level in HUB_LEVELS]


def test_values_do_not_descend(table):
    """`check_tbl_value_col_ascending`, in order of the IDs as a hub lists them; `check_tbl_value_col`: numbers."""
    for kind in ("quantile", "cdf"):
        for task in tasks(table, kind):
            assert np.isfinite(task["value"]).all()
            assert (np.diff(task["value"]) >= 0).all()
            assert task["output_type_id"].is_monotonic_increasing  # as text too: dates and levels sort alike


def test_probabilities_are_probabilities_and_add_up(table):
    """`check_tbl_value_col_sum1`, to the tolerance of R's all.equal; a cdf has minimum 0 and maximum 1."""
    for task in tasks(table, "pmf"):
        assert task["value"].between(0, 1).all()
        assert task["value"].sum() == pytest.approx(1, abs=1.5e-8)
    assert table.loc[table["output_type"] == "cdf", "value"].between(0, 1).all()


def test_horizons_are_months_to_the_target_date(table):
    """ "Usage of task ID variables": target_date = origin_date + horizon x time_units_per_horizon."""
    ahead = table[table["output_type"] == "quantile"]
    for row in ahead.drop_duplicates(["horizon"]).itertuples():
        assert pd.Timestamp(row.reference_date) + DateOffset(months=int(row.horizon)) == pd.Timestamp(
            row.target_end_date
        )
    assert set(ahead["horizon"]) == {1, 3, 6, 12, 18, 24, 36, 48, 60}
    assert table.loc[table["output_type"] != "quantile", ["horizon", "target_end_date", "actor"]].isna().all().all()


def task_group(task_ids, output_type):
    """A group of modeling tasks as a hub's administrator writes it."""
    listed = {key: {"required": None, "optional": values or None} for key, values in task_ids.items()}
    ids, limits = output_type
    (kind,) = ids
    output = {
        kind: {"output_type_id": {"required": ids[kind]}, "value": {"type": "double", **limits}, "is_required": True}
    }
    return {"task_ids": listed, "output_type": output, "target_metadata": []}


@pytest.fixture
def hub(table, file, tmp_path):
    """A hub that asks for these tasks, with the file where a team puts it (without model_id, which the folder says)."""
    groups = []
    for kind, limits in (
        ("quantile", {}),
        ("cdf", {"minimum": 0, "maximum": 1}),
        ("pmf", {"minimum": 0, "maximum": 1}),
    ):
        rows = table[table["output_type"] == kind]
        ids = list(dict.fromkeys(rows["output_type_id"]))
        levels = {kind: [float(level) for level in ids] if kind == "quantile" else ids}
        known = {key: list(dict.fromkeys(rows[key].dropna())) for key in TASK_IDS}
        known["horizon"] = [int(months) for months in known["horizon"]]
        groups.append(task_group(known, (levels, limits)))
    round_ = {"round_id_from_variable": True, "round_id": "reference_date", "model_tasks": groups}
    for name, content in (
        ("tasks", {"output_type_id_datatype": "character", "rounds": [round_]}),
        ("admin", {"name": "ours", "file_format": ["csv", "parquet"]}),
    ):
        (tmp_path / "hub-config").mkdir(exist_ok=True)
        (tmp_path / "hub-config" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    place = tmp_path / "model-output" / "meekcast-unseen"
    place.mkdir(parents=True)
    lines = lines_of(file)
    with (place / f"{table['reference_date'][0]}-meekcast-unseen.csv").open(
        "w", encoding="utf-8", newline=""
    ) as target:
        csv.writer(target, lineterminator="\n").writerows(line[1:] for line in lines)
    return tmp_path


def test_the_hubverses_python_reader_reads_it_with_the_types_of_the_hub(hub, table):
    import pyarrow as pa
    from hubdata import connect_hub

    found = connect_hub(hub).to_table()
    assert found.num_rows == len(table)
    types = {field.name: field.type for field in found.schema}
    assert {key: types[key] for key in ("reference_date", "target_end_date")} == dict.fromkeys(
        ("reference_date", "target_end_date"), pa.date32()
    )
    assert types["horizon"] == pa.int32()
    assert types["value"] == pa.float64()
    assert types["output_type_id"] == pa.string()
    assert set(found["model_id"].to_pylist()) == {"meekcast-unseen"}
    np.testing.assert_array_equal(found["value"].to_numpy(), table["value"].to_numpy())
    assert found["output_type_id"].to_pylist() == table["output_type_id"].tolist()


def test_parquet_says_the_same_with_the_types_of_the_hub(unseen, file, tmp_path):
    stored = pq.read_table(export(unseen, "hubverse", tmp_path / "x.parquet").file)
    assert [str(field.type) for field in stored.schema] == [
        "string", "date32[day]", "string", "int32", "date32[day]", "string", "string", "string", "double",
    ]  # fmt: skip
    text = [["NA" if cell is None else str(cell) for cell in row.values()] for row in stored.to_pylist()]
    assert text == lines_of(file)[1:]


# Numbers


def test_quantiles_are_those_that_the_forecast_tells_of_the_date(unseen, table):
    forecast = open_forecast(unseen.folder)
    names = {
        ("loss_gap", "budget"): "loss_gap",
        ("loss", "frontier"): "loss_frontier",
        ("lag", "budget"): "lag",
    }
    for (target, actor), name in names.items():
        rows = table[(table["target"] == target) & (table["actor"] == actor) & (table["horizon"] == 12)]
        told = forecast.at(name, dt.date.fromisoformat(rows["target_end_date"].iloc[0]))
        by_level = dict(zip(rows["output_type_id"], rows["value"], strict=True))
        for level in (0.05, 0.25, 0.5, 0.75, 0.95):
            assert by_level[f"{level:g}"] == told[level].iloc[0]


def test_a_quantity_of_any_actor_has_the_target_of_its_kind(table):
    actors = table[table["output_type"] == "quantile"].groupby("target")["actor"].agg(set)
    assert actors["loss"] == actors["effective_compute"] == {"frontier", "budget"}
    assert actors["loss_gap"] == {"budget"}


def test_dates_are_those_of_the_events(unseen, table):
    for event in unseen.events:
        rows = table[table["target"] == event.name]
        for row in rows[rows["output_type"] == "cdf"].itertuples():
            end = decimal_year(dt.date.fromisoformat(row.output_type_id) + dt.timedelta(days=1))
            assert row.value == np.mean(event.dates < end)
        pmf = rows[rows["output_type"] == "pmf"].set_index("output_type_id")["value"]
        assert pmf["not by 2032"] == event.probability_not_by_horizon.value
        assert pmf["2030"] == pytest.approx(np.mean((event.dates >= 2030) & (event.dates < 2031)))


def test_a_scorer_scores_it(table):
    """What hubEvals hands to scoringutils, here to scoringrules: the middle of its own draws scores better than a far value."""
    task = tasks(table, "quantile")[0]
    levels, values = task["output_type_id"].astype(float).to_numpy(), task["value"].to_numpy()
    near, far = (np.mean(scoringrules.quantile_score(x, values, levels)) for x in (np.median(values), values[-1] * 2))
    assert near < far


def test_tasks_with_infinite_quantiles_are_left_out_whole_and_named(unseen, tmp_path):
    """Half of the draws of a quantity become infinite from 2028 on."""
    run, true = dataclasses.replace(unseen), unseen.draws

    def read(name):
        values = true.read(name).copy()
        if name == "tokens":
            values[::2, true.times >= 2028] = np.inf
        return values

    run.__dict__["draws"] = true.reading(read)
    exported = export(run, "hubverse", tmp_path / "x.csv")
    assert exported.note == "left out on some dates, a quantile being infinite or undefined: tokens"
    table = pd.read_csv(exported.file)
    kept = table[table["target"] == "tokens"]
    assert set(kept["horizon"]) == {1, 3, 6, 12}
    assert kept.groupby("horizon").size().eq(len(HUB_LEVELS)).all()
    assert np.isfinite(table["value"]).all()
    run.__dict__["draws"] = true.reading(lambda name: np.full_like(true.read(name), np.inf))
    with pytest.raises(InputError, match="tokens: infinite or undefined in some draws on every date"):
        export(run, "hubverse", tmp_path / "y.csv", Wanted(quantities=("tokens",)))
    assert not (tmp_path / "y.csv").exists()


def test_one_event_or_one_quantity_alone(unseen, tmp_path):
    one = pd.read_csv(export(unseen, "hubverse", tmp_path / "e.csv", Wanted(event="1")).file)
    assert set(one["target"]) == {unseen.events[0].name}
    other = pd.read_csv(export(unseen, "hubverse", tmp_path / "q.csv", Wanted(quantities=("loss_gap",))).file)
    assert set(other["target"]) == {"loss_gap"}


def test_a_card_without_a_calendar_is_refused(paper_folders, tmp_path):
    with pytest.raises(
        InputError, match="card 'paper' counts years since its start; tasks of a hub have dates"
    ) as error:
        export(open_run(paper_folders["point"]), "hubverse", tmp_path / "x.csv")
    assert "--to csv" in error.value.remedy
    assert not list(tmp_path.iterdir())
