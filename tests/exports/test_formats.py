"""Exports: each format is read back by the reader that a user has, and says the same; mistakes cost nothing."""

import dataclasses
import datetime as dt
import errno
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.errors import InputError, OutputError
from meekcast.export import json as json_format
from meekcast.export import metaculus, scipy, sipmath
from meekcast.export.formats import FORMATS, Wanted, export
from meekcast.forecasts.questions.monte_carlo import Probability
from meekcast.forecasts.questions.when import when
from meekcast.runs.read import open_run

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
TODAY = "2026-11-21"


def quantiles(dates):
    return np.quantile(dates, LEVELS, method="inverted_cdf")


def said(event):
    return np.array([float(value) for value in event.quantiles.values()])


def test_the_runs_here_hold_dates_that_are_not_reached(unseen, paper_folders):
    assert all(0.02 < event.probability_not_by_horizon.value < 0.9 for event in unseen.events)
    assert 0 < open_run(paper_folders["literature"]).events[-1].probability_not_by_horizon.value < 0.5


# One reader each


@pytest.mark.parametrize(("to", "engine"), [("netcdf", "h5netcdf"), ("zarr", "zarr")])
def test_arrays_are_read_by_xarray(run, tmp_path, to, engine):
    import xarray as xr

    file = export(run, to, tmp_path / "run").file
    with xr.open_datatree(file, engine=engine) as tree:
        xr.testing.assert_identical(tree["predictions"].to_dataset().load(), run.draws.table())
        for event, row in zip(run.events, tree["events"]["date"].to_numpy(), strict=True):
            np.testing.assert_array_equal(quantiles(row), said(event))
        assert tree.attrs["card"] == run.summary["card"]
        assert tree["bands"]["loss_gap"].attrs["units"] == "nats/token"


@pytest.mark.parametrize(("to", "engine"), [("netcdf", "h5netcdf"), ("zarr", "zarr")])
def test_arrays_hold_every_quantity_and_else_what_the_run_holds(run, tmp_path, to, engine):
    import xarray as xr

    with xr.open_datatree(export(run, to, tmp_path / "run").file, engine=engine) as tree:
        found = {name: node.to_dataset().load() for name, node in tree.children.items()}
        held = {name: node.to_dataset() for name, node in run.tree.children.items()}
        assert set(found.pop("predictions").data_vars) == run.summary["bands"].keys()
        del held["predictions"]
        assert found.keys() == held.keys()
        for name, dataset in held.items():
            xr.testing.assert_equal(found[name], dataset)


@pytest.mark.parametrize(("to", "engine"), [("netcdf", "h5netcdf"), ("zarr", "zarr")])
def test_some_quantities_alone(unseen, tmp_path, to, engine):
    import xarray as xr

    export(unseen, to, tmp_path / "x", Wanted(quantities=("lag", "loss_gap", "lag")))
    with xr.open_datatree(tmp_path / "x", engine=engine) as tree:
        assert list(tree["predictions"].data_vars) == list(tree["bands"].data_vars) == ["lag", "loss_gap"]
        assert tree["events"]["date"].shape == (2, 1600)


def test_csv_and_parquet_are_read_by_pandas_and_say_the_same(run, tmp_path):
    import pandas as pd

    for table, key in (("dates", "event"), ("bands", "quantity")):
        wanted = Wanted(table=table)
        text = pd.read_csv(export(run, "csv", tmp_path / f"{table}.csv", wanted).file)
        binary = pd.read_parquet(export(run, "parquet", tmp_path / f"{table}.parquet", wanted).file)
        assert list(text.columns) == list(binary.columns)
        for column in text:
            if text[column].dtype.kind in "fi":
                np.testing.assert_array_equal(text[column].to_numpy(), binary[column].to_numpy())
            else:
                assert text[column].tolist() == binary[column].tolist()
        assert text[key].nunique() == len(run.events if table == "dates" else run.summary["bands"])


def test_long_tables_hold_every_number(run, tmp_path):
    import pandas as pd

    dates = pd.read_csv(export(run, "csv", tmp_path / "d.csv", Wanted(table="dates")).file)
    assert set(dates["unit"]) == {run.time_unit}
    for event in run.events:
        np.testing.assert_array_equal(quantiles(dates.loc[dates["event"] == event.name, "date"]), said(event))
    bands = dict(list(pd.read_csv(export(run, "csv", tmp_path / "b.csv").file).groupby(["quantity", "quantile"])))
    for name, band in run.summary["bands"].items():
        for level, values in band["quantiles"].items():
            held = bands[name, float(level)]
            assert held["time"].tolist() == band["time"]
            expected = [np.nan if v is None else float(v) for v in values]
            np.testing.assert_array_equal(held["value"].to_numpy(), expected)
            assert set(held["unit"]) == {band["unit"]}


def test_draws_are_read_by_pyarrow_with_units_in_the_schema(run, tmp_path):
    import pyarrow.parquet as pq

    wanted = Wanted(table="draws", quantities=("loss_gap", "tokens"))
    table = pq.read_table(export(run, "parquet", tmp_path / "d.parquet", wanted).file)
    assert table.column_names == ["quantity", "unit", "time", "sample", "value"]
    assert table.schema.field("time").metadata[b"unit"].decode() == run.time_unit
    assert table.schema.metadata[b"card"].decode() == run.summary["card"]
    frame = table.to_pandas()
    assert frame.groupby("quantity", observed=True)["unit"].unique().map(list).to_dict() == {
        "loss_gap": ["nats/token"], "tokens": ["tokens"],
    }  # fmt: skip
    last = frame[(frame["quantity"] == "loss_gap") & (frame["time"] == frame["time"].max())]
    band = run.summary["bands"]["loss_gap"]["quantiles"]
    np.testing.assert_allclose(np.quantile(last["value"], LEVELS), [band[f"{p:g}"][-1] for p in LEVELS], rtol=2e-6)


@pytest.mark.parametrize(("to", "schema_file"), [("json", json_format.SCHEMA_FILE), ("sipmath", sipmath.SCHEMA_FILE)])
def test_documents_obey_their_published_schemas(run, tmp_path, to, schema_file):
    import jsonschema

    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    document = json.loads(export(run, to, tmp_path / "x").file.read_text(encoding="utf-8"))
    kind(schema, format_checker=kind.FORMAT_CHECKER).validate(document)
    damaged = {**document, "events": [], "sips": []}
    assert not kind(schema).is_valid(damaged)


def test_the_json_document_holds_every_draw(run, tmp_path):
    document = json.loads(export(run, "json", tmp_path / "x.json").file.read_text(encoding="utf-8"))
    for event, entry in zip(run.events, document["events"], strict=True):
        np.testing.assert_array_equal([float(date) for date in entry["dates"]], event.dates)
    one = json.loads(
        export(run, "json", tmp_path / "y", Wanted(event="2", quantities=("lag",))).file.read_text(encoding="utf-8")
    )
    assert [e["name"] for e in one["events"]] == [run.events[1].name]
    assert list(one["bands"]) == ["lag"]


def trials(sip):
    """What a reader of SIPs does: look the trial up by its number."""
    assert (sip["function"], sip["arguments"]["type"]) == ("SIP_Array", "array")
    return np.array(sip["arguments"]["value"])


def test_sips_hold_the_draws_coherently_and_say_what_is_not_reached(run, tmp_path):
    text = export(run, "sipmath", tmp_path / "x").file.read_text(encoding="utf-8")
    document = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    sips = {sip["name"]: sip for sip in document["sips"]}
    assert len(sips) == len(document["sips"]) == 2 * len(run.events)
    assert {sip["ref"]["name"] for sip in sips.values()} == {g["name"] for g in document["U01"]["rng"]}
    for i, event in enumerate(run.events):
        happens, date = list(sips.values())[2 * i : 2 * i + 2]
        assert date["metadata"]["not_by_horizon"] == pytest.approx(1 - trials(happens).mean(), abs=1e-12)
        restored = np.where(trials(happens) == 1, trials(date), np.inf)
        np.testing.assert_array_equal(restored, event.dates)
        assert date["metadata"]["given_where_not_by_horizon"] == run.end
        assert sum(date["metadata"]["density"]) == pytest.approx(1)


def test_a_quantity_becomes_a_sip_a_year(unseen, tmp_path):
    file = export(unseen, "sipmath", tmp_path / "x", Wanted(event="1", quantities=("loss_gap",))).file
    sips = json.loads(file.read_text(encoding="utf-8"))["sips"][2:]
    assert [sip["name"] for sip in sips] == [f"loss_gap_{year}" for year in range(2023, 2033)]
    held = unseen.draws.table(["loss_gap"])["loss_gap"].sel(time=2030, method="nearest").to_numpy()
    np.testing.assert_array_equal(trials(sips[6]), held)


def test_an_infinite_quantity_is_no_sip(paper_folders, tmp_path):
    with pytest.raises(InputError, match="tokens is infinite or undefined in some draws at 0"):
        export(open_run(paper_folders["literature"]), "sipmath", tmp_path / "x", Wanted(quantities=("tokens",)))
    assert not list(tmp_path.iterdir())


def test_squiggle_source_is_understood_and_keeps_its_mixtures(run, tmp_path):
    """squigglepy has the language's distributions; its samples must have the quantiles of the draws."""
    import squigglepy as sq

    source = export(run, "squiggle", tmp_path / "x.squiggle").file.read_text(encoding="utf-8")
    names = {"mx": lambda parts, weights: sq.mixture(parts, weights), "uniform": sq.uniform, "pointMass": sq.const}
    scope = {}
    for line in source.splitlines():
        name, equals, expression = line.partition(" = ")
        if equals and not line.startswith("//"):
            assert re.fullmatch(r"[a-z]\w*", name)
            assert re.fullmatch(r"[\w\s.,()\[\]+-]+", expression)  # numbers, names, calls and lists alone
            scope[name] = eval(expression, {"__builtins__": {}, **names}, scope)
    for i, event in enumerate(run.events, start=1):
        assert scope[f"event_{i}_happens"] == pytest.approx(1 - event.probability_not_by_horizon.value)
        samples = np.asarray(sq.sample(scope[f"event_{i}"], n=8000) if event.dates.size > 1 else [1.0])
        if event.dates.size == 1:
            assert f"pointMass({event.dates[0]:.10g})" in source
            continue
        assert np.mean(samples == run.end) == pytest.approx(event.probability_not_by_horizon.value, abs=0.025)
        at = quantiles(np.minimum(event.dates, run.end))
        below = np.array([[np.mean(samples < x - 1e-6), np.mean(samples <= x + 1e-6)] for x in at])
        assert (below[:, 0] <= np.array(LEVELS) + 0.03).all()
        assert (below[:, 1] >= np.array(LEVELS) - 0.03).all()


def test_scipy_gives_a_frozen_distribution(run, tmp_path):
    for i, event in enumerate(run.events, start=1):
        date = scipy.load(export(run, "scipy", tmp_path / "x.json", Wanted(event=str(i))).file)
        np.testing.assert_allclose(date.ppf(LEVELS), said(event), atol=0.1)  # thin tails: a month
        finite = said(event)[np.isfinite(said(event))]
        np.testing.assert_allclose(date.ppf(date.cdf(finite)), finite, atol=1e-4)
        assert date.cdf(run.end) == pytest.approx(1 - event.probability_not_by_horizon.value, abs=1e-9)
        assert date.cdf(np.inf) == 1
        assert (date.mean() == np.inf) == (event.probability_not_by_horizon.value > 0)
        if not event.probability_not_by_horizon.value:
            assert date.mean() == pytest.approx(event.dates.mean(), abs=0.02)
        drawn = date.rvs(size=4000, random_state=1)
        assert np.mean(np.isinf(drawn)) == pytest.approx(event.probability_not_by_horizon.value, abs=0.03)
        assert (np.diff(date.cdf(np.linspace(0, 2100, 500))) >= 0).all()


def test_the_density_of_the_scipy_distribution_is_that_of_its_cdf(unseen, tmp_path):
    date = scipy.load(export(unseen, "scipy", tmp_path / "x.json", Wanted(event="2")).file)
    at = date.ppf(np.linspace(0.1, 0.9, 40) * date.cdf(unseen.end))
    slope = (date.cdf(at + 1e-5) - date.cdf(at - 1e-5)) / 2e-5
    assert np.median(date.pdf(at) / slope) == pytest.approx(1, rel=0.01)
    assert date.pdf(1900) == 0


@pytest.mark.parametrize(
    ("change", "piece"),
    [
        (lambda c: {**c, "schema": "other/1"}, "its schema is 'other/1'"),
        (lambda c: {**c, "date": c["date"][::-1]}, "not increasing"),
        (lambda c: {**c, "date": c["date"][:-1]}, "one for each probability"),
        (lambda c: {**c, "cumulative_probability": [2 * p for p in c["cumulative_probability"]]}, "at most 1"),
        (lambda c: {"schema": c["schema"]}, "date"),
        (lambda c: [], "cannot read"),
    ],
)
def test_a_damaged_distribution_is_refused(unseen, tmp_path, change, piece):
    file = export(unseen, "scipy", tmp_path / "x.json", Wanted(event="2")).file
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cumulative_probability"] = [
        p / max(content["cumulative_probability"]) for p in content["cumulative_probability"]
    ]
    file.write_text(json.dumps(change(content)))
    with pytest.raises(InputError, match=re.escape(piece)):
        scipy.load(file)


# Metaculus


def accepted(cdf, open_lower, open_upper):
    """The site's own checks, as its source states them."""
    steps = np.round(np.diff(np.round(cdf, 10)), 10)
    assert len(cdf) == 201
    assert (steps >= 5e-5).all()
    assert (steps <= 0.2).all()
    assert cdf[0] >= 0.001 if open_lower else cdf[0] == 0.0
    assert cdf[-1] <= 0.999 if open_upper else cdf[-1] == 1.0


BOUNDS = [(low, high) for low in ("open", "closed") for high in ("open", "closed")]


@pytest.mark.parametrize(("lower", "upper"), BOUNDS)
def test_metaculus_forecasts_pass_the_sites_rules(run, tmp_path, lower, upper):
    for event in run.events:
        wanted = Wanted(event=event.name, lower=lower, upper=upper)
        file, note = export(run, "metaculus", tmp_path / "x.json", wanted)
        document = json.loads(file.read_text(encoding="utf-8"))
        cdf, at = np.array(document["continuous_cdf"]), np.array(document["x_grid"])
        accepted(cdf, lower == "open", upper == "open")
        assert event.name in note
        low = at[0] if lower == "closed" else -np.inf
        high = at[-1] if upper == "closed" else np.inf
        agree = event.dates[(event.dates > low) & (event.dates <= high)]
        assert document["share_of_draws_that_agree_with_closed_bounds"] == agree.size / event.dates.size
        raw = (agree[:, None] <= at).mean(axis=0)
        assert document["largest_change_for_the_rules"] == pytest.approx(np.abs(raw - cdf).max())
        if event.dates.size > 1:
            assert np.abs(raw - cdf).max() < 0.02 + 0.5 * max(0, np.diff(raw).max() - 0.2)


def test_metaculus_quantiles_are_those_of_the_draws(unseen, tmp_path):
    """Read back by linear interpolation as the site does: within a step of the range's grid."""
    wanted = Wanted(event="1", lower="open", low="2024-01-01", high="2032")
    document = json.loads(export(unseen, "metaculus", tmp_path / "x.json", wanted).file.read_text(encoding="utf-8"))
    cdf, at = np.array(document["continuous_cdf"]), np.array(document["x_grid"])
    for level, date in zip(LEVELS, said(unseen.events[0]), strict=True):
        if at[0] < date < at[-1]:
            assert np.interp(level, cdf, at) == pytest.approx(date, abs=3 * (at[1] - at[0]))
    question = document["question"]
    assert (question["range_min"], question["range_max"]) == ("2024-01-01", "2033-01-01")


def test_metaculus_asks_by_default_from_today_to_the_horizon_and_open_above(unseen, tmp_path):
    question = json.loads(export(unseen, "metaculus", tmp_path / "x").file.read_text(encoding="utf-8"))["question"]
    expected = {
        "type": "date", "unit": "decimal year", "range_min": TODAY, "range_max": "2033-01-01",
        "open_lower_bound": False, "open_upper_bound": True,
    }  # fmt: skip
    assert {key: question[key] for key in expected} == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=30), st.booleans(), st.booleans(),
    st.floats(0, 1),
)  # fmt: skip
def test_any_distribution_can_be_brought_within_the_rules(places, open_lower, open_upper, total):
    raw = total * np.mean(np.array(places)[:, None] <= np.linspace(0, 1, 201), axis=0)
    accepted(metaculus.within_rules(raw, open_lower, open_upper), open_lower, open_upper)


def test_what_obeys_the_rules_is_left_alone():
    fine = 0.01 + 0.98 * np.linspace(0, 1, 201)
    np.testing.assert_allclose(metaculus.within_rules(fine, True, True), fine, atol=1e-9)


def test_the_rules_favour_neither_side():
    jump = (np.sign(np.arange(201) - 100) + 1) / 2
    moved = metaculus.within_rules(jump, False, False)
    np.testing.assert_allclose(moved, 1 - moved[::-1], atol=2e-10)


@pytest.mark.parametrize(
    ("wanted", "piece"),
    [
        (Wanted(low="2030", high="2029"), "the range 2031.00 to 2030.00"),
        (Wanted(low="2030", high="2060"), "is not inside this run"),
        (Wanted(low="1999", high="2030"), "is not inside this run"),
        (Wanted(low="soon", high="2030"), "--range: 'soon' is not a date"),
        (Wanted(low="2027-02-30", high="2030"), "is not a date"),
        (Wanted(low="nan", high="2030"), "is not a date"),
        (Wanted(lower="shut"), "--lower 'shut'"),
        (Wanted(low="2024-01-01", high="2024-01-02", upper="closed"), "draws lie within the closed bounds"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(unseen, tmp_path, wanted, piece):
    with pytest.raises(InputError, match=re.escape(piece)):
        export(unseen, "metaculus", tmp_path / "x", wanted)
    assert not list(tmp_path.iterdir())


def test_units_that_look_like_dates_do_not_stop_a_reader(run_cli, tmp_path):
    """A parameter in years after the start: in "years since ..." the CF conventions would call it an encoded date."""
    import xarray as xr

    asked = ["--priors", "paper", "--today", TODAY, "--draws", 50, "--out", tmp_path, "--quiet"]
    assert run_cli("forecast", "data-wall", *asked).code == 0
    with xr.open_datatree(tmp_path / "data-wall" / "forecast.nc", engine="h5netcdf") as tree:
        wall = tree["posterior"]["data_wall_time"]
        assert wall.attrs["units"] == "years"
        assert "after the start" in wall.attrs["long_name"]
        assert wall.dtype == float


@pytest.fixture
def hopeless(unseen):
    """The run, but its first event is reached in no draw."""
    run = dataclasses.replace(unseen)
    first = unseen.events[0]
    nowhere = dataclasses.replace(
        first,
        dates=np.full_like(first.dates, np.inf),
        true=np.zeros_like(first.true),
        quantiles=dict.fromkeys(first.quantiles, np.inf),
        probability=Probability(0.0, 0.0),
        probability_not_by_horizon=Probability(1.0, 0.0),
    )
    run.__dict__["events"] = (nowhere, *unseen.events[1:])
    return run


def test_an_event_that_is_never_reached_is_exported_openly(hopeless, tmp_path):
    def text(to):
        return export(hopeless, to, tmp_path / to, Wanted(event="1")).file.read_text(encoding="utf-8")

    assert set(json.loads(text("json"))["events"][0]["dates"]) == {"inf"}
    happens, date = json.loads(text("sipmath"))["sips"]
    assert (set(trials(happens)), set(trials(date))) == ({0.0}, {hopeless.end})
    assert "event_1_happens = 0\nevent_1 = pointMass(end_of_horizon)" in text("squiggle")
    cdf = np.array(json.loads(text("metaculus"))["continuous_cdf"])
    accepted(cdf, False, True)
    assert cdf[-1] < 0.011  # no more than the least steps
    text("scipy")
    with pytest.raises(InputError, match="not happened by the horizon in any draw"):
        scipy.load(tmp_path / "scipy")
    with pytest.raises(InputError, match="only 0 of"):
        export(hopeless, "metaculus", tmp_path / "x", Wanted(event="1", upper="closed"))


# Mistakes


@pytest.mark.parametrize(
    ("to", "wanted", "pieces"),
    [
        ("xls", Wanted(), ["unknown format 'xls'", "parquet"]),
        ("parquett", Wanted(), ["Did you mean 'parquet'?"]),
        ("scipy", Wanted(event="never"), ["no event 'never'", "1 = 'the lag, in 1 line'"]),
        ("scipy", Wanted(event="0"), ["no event '0'"]),
        ("scipy", Wanted(event="3"), ["no event '3'"]),
        ("csv", Wanted(quantities=("los_gap",)), ["no quantity 'los_gap'", "Did you mean 'loss_gap'?"]),
        ("scipy", Wanted(quantities=("loss_gap",)), ["--quantity means nothing to scipy", "--event"]),
        ("json", Wanted(low="2030", high="2031"), ["--range means nothing to json"]),
        ("csv", Wanted(table="drawz"), ["unknown table 'drawz'", "Did you mean 'draws'?"]),
        ("csv", Wanted(table="dates", quantities=("lag",)), ["--quantity means nothing to the table dates"]),
        ("parquet", Wanted(event="1"), ["--event means nothing to the table bands"]),
    ],
)
def test_mistakes_are_named_and_leave_nothing(unseen, tmp_path, to, wanted, pieces):
    with pytest.raises(InputError) as error:
        export(unseen, to, tmp_path / "x", wanted)
    for piece in pieces:
        assert piece in str(error.value)
    assert error.value.remedy
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("to", "module"), [("csv", "pyarrow"), ("parquet", "pyarrow"), ("zarr", "zarr"), ("xlsx", "xlsxwriter")]
)
def test_a_library_that_is_missing_is_named_with_its_group(unseen, tmp_path, monkeypatch, to, module):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(InputError, match=module) as error:
        export(unseen, to, tmp_path / "x")
    assert error.value.remedy == "pip install 'meekcast[exports]'"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("to", FORMATS)
def test_a_full_disk_leaves_the_earlier_export_as_it_was(unseen, tmp_path, monkeypatch, to):
    target = export(unseen, to, tmp_path / "x").file
    before = contents(target)

    def full(run, wanted, file):
        (file / "part" if file.is_dir() else file).write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"meekcast.export.{FORMATS[to].module}.write", full)
    with pytest.raises(OutputError, match="No space left on device"):
        export(unseen, to, target)
    assert contents(target) == before
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def contents(target):
    files = [target] if target.is_file() else sorted(f for f in target.rglob("*") if f.is_file())
    return {str(file): file.read_bytes() for file in files}


@pytest.mark.parametrize("to", FORMATS)
def test_exporting_again_replaces_and_gives_the_same_bytes(unseen, tmp_path, to):
    target = export(unseen, to, tmp_path / "x").file
    before = contents(target)
    export(unseen, to, target)
    assert contents(target) == before
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("to", ["csv", "zarr"])
def test_a_place_that_cannot_be_written_is_told(unseen, tmp_path, to):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot write"):
        export(unseen, to, tmp_path / "file" / "x")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_of_somebody_else_is_not_replaced(unseen, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for to, piece in (("zarr", "holds something else"), ("csv", "is a folder")):
        with pytest.raises(InputError, match=piece):
            export(unseen, to, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


# The command


def test_the_command_writes_the_file_and_says_where(run_cli, unseen_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run_cli("export", unseen_run, "--to", "parquet", "--table", "draws", "--quantity", "lag")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("unseen.draws.lag.parquet  ")
    assert (tmp_path / "unseen.draws.lag.parquet").is_file()
    answer = run_cli("export", unseen_run, "--to", "metaculus", "--range", "2027", "2031-01-01", "--out", "q.json")
    assert "2028-01-01 to 2031-01-01" in answer.out
    assert json.loads((tmp_path / "q.json").read_text())["question"]["range_max"] == "2031-01-01"


def test_any_question_is_exported(unseen, tmp_path):
    question = "lag < 0.6 and loss_gap < 0.02 for 6 months"
    expected = when(question, unseen.draws)
    assert 0.02 < expected.probability.value < 0.98
    text = {
        to: export(unseen, to, tmp_path / to, Wanted(event=question)).file.read_text(encoding="utf-8")
        for to in ("json", "sipmath", "squiggle", "metaculus", "scipy")
    }
    (entry,) = json.loads(text["json"])["events"]
    assert (entry["name"], entry["expression"]) == (question, question)
    np.testing.assert_array_equal([float(date) for date in entry["dates"]], expected.dates)
    assert json.loads(text["scipy"])["probability_not_by_horizon"] == expected.probability_not_by_horizon.value
    assert json.loads(text["metaculus"])["event"] == question
    assert question in text["squiggle"]
    assert len(json.loads(text["sipmath"])["sips"]) == 2
    for asked, said in (("lag < 0.6 at 2030", "has no date"), ("lagg < 1", "no quantity"), ("rises", "no event")):
        with pytest.raises(InputError, match=said):
            export(unseen, "json", tmp_path / "x", Wanted(event=asked))
    assert not (tmp_path / "x").exists()


def test_an_event_of_the_card_asked_as_a_question_is_the_same_event(unseen):
    for event in unseen.events:
        asked = unseen.event(event.expression)
        same = np.isclose(asked.dates, event.dates, atol=1e-3) | (asked.dates == event.dates)
        assert same.mean() > 0.99  # single precision


def test_two_exports_never_overwrite_each_other_silently(run_cli, unseen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = [
        Wanted(), Wanted(event="1"), Wanted(event="2"), Wanted(event="lag < 0.6"), Wanted(event="lag < 0.6 first"),
        Wanted(event="1", low="2027", high="2030"), Wanted(event="1", low="2027", high="2031"),
        Wanted(event="1", upper="closed", low="2024-01-01"), Wanted(event="1", lower="open"),
    ]  # fmt: skip
    files = [export(unseen, "metaculus", wanted=one).file for one in wanted]
    assert len(set(files)) == len(wanted)
    before = {file: file.read_bytes() for file in files}
    with pytest.raises(InputError, match="stands there already") as caught:
        export(unseen, "metaculus", wanted=wanted[1])
    assert "--force" in caught.value.remedy
    assert {file: file.read_bytes() for file in files} == before
    asked = ["export", unseen.folder, "--to", "csv", "--table", "dates"]
    assert [run_cli(*asked, *more).code for more in ([], [], ["--force"], ["--out", "unseen.dates.csv"])] == [
        0,
        2,
        0,
        0,
    ]


def test_the_command_tells_a_mistake_in_one_message(run_cli, unseen_run, tmp_path):
    for arguments, piece in (([tmp_path / "none", "--to", "csv"], "there is no run folder"),
                             ([unseen_run, "--to", "word"], "unknown format"),
                             ([tmp_path, "--to", "csv"], "there is no")):  # fmt: skip
        answer = run_cli("export", *arguments)
        assert (answer.code, answer.out) == (2, "")
        assert piece in answer.err
        assert "Traceback" not in answer.err


def test_elapsed_runs_have_elapsed_dates(paper_folders, tmp_path):
    run = open_run(paper_folders["literature"])
    document = json.loads(export(run, "metaculus", tmp_path / "x").file.read_text(encoding="utf-8"))
    assert document["question"]["type"] == "numeric"
    assert (document["question"]["range_min"], document["question"]["range_max"]) == (0, 30)
    assert dt.date.fromisoformat(run.summary["today"])
    with pytest.raises(InputError, match="--range: 2030-01-01 means nothing: the clock knows no calendar"):
        export(run, "metaculus", tmp_path / "y", Wanted(low="2030-01-01", high="2031-01-01"))
