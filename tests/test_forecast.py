"""The forecast as a labelled result and as files: numbers, units, schema, and the same bytes for the same inputs."""

import dataclasses
import datetime as dt
import json
import math
import struct

import numpy as np
import pytest

from meekcast.backtests.shelf import find_scorecard
from meekcast.cards import library
from meekcast.clock import decimal_year
from meekcast.door.page import draw_run
from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.forecasts.forecast import bands_of, forecast
from meekcast.forecasts.predictions import time_grid
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.inference.sampler import Settings
from meekcast.inputs import gather
from meekcast.paper.point import point, read_values
from meekcast.runs.netcdf import tree
from meekcast.runs.summary import summary
from meekcast.runs.verify import SUMMARY_SCHEMA
from meekcast.runs.write import run_id, write_run

TODAY = dt.date(2026, 11, 21)
QUANTILES = ["0.05", "0.25", "0.5", "0.75", "0.95"]
FILES = [
    "forecast.nc", "gap.png", "loss.png", "manifest.json", "prior_posterior.png", "report.html", "summary.json",
]  # fmt: skip


@pytest.fixture(scope="session", params=["paper", "paper_literature", "leaderboard"])
def result(request):
    return request.getfixturevalue(request.param)


# Point values


@pytest.fixture(scope="module")
def closed_forms():
    return point(read_values([]), [0.0, 5.0, 10.0, 20.0])


def test_the_papers_card_gives_the_papers_dates(paper, closed_forms):
    dates = {event.name: event.quantiles["0.5"] for event in paper.events}
    assert dates["the loss gap passes its peak"] == pytest.approx(3.3372, abs=5e-4)
    assert dates["the loss gap passes its peak"] == pytest.approx(closed_forms["peak_time"], abs=1e-3)
    assert dates["the loss gap falls below 0.05 nats"] == pytest.approx(13.002, abs=5e-4)
    assert dates["the loss gap falls below 0.05 nats"] == pytest.approx(closed_forms["end_time"], abs=1e-3)
    assert all(len(set(event.quantiles.values())) == 1 for event in paper.events)
    assert all(event.probability_never.value == 0.0 for event in paper.events)


def test_the_papers_card_gives_the_closed_forms_at_every_date(paper, closed_forms):
    for row in closed_forms["at"]:
        at = paper.predictions.sel(time=row["time"], method="nearest")
        assert float(at["time"]) == pytest.approx(row["time"], abs=1e-9)
        for name in ("loss_frontier", "loss_budget", "loss_gap", "tokens", "lag"):
            assert at[name].item() == pytest.approx(row[name], rel=1e-9)
    assert float(paper.predictions["loss_gap"].max()) == pytest.approx(closed_forms["peak_gap"], rel=1e-4)


def test_raw_compute_grows_by_hardware_alone(paper):
    ten = paper.predictions.sel(time=10.0, method="nearest")
    assert ten["budget_compute"].item() == pytest.approx(1e20 * 1.4**10)
    assert ten["budget_effective_compute"].item() == pytest.approx(1e20 * 3.92**10)
    assert ten["frontier_effective_compute"].item() == pytest.approx(1e20 * 14**10)
    assert ten["lead"].item() == pytest.approx(10 * math.log(5 / 1.4))
    assert ten["lag_behind"].item() == pytest.approx(10 * math.log(5 / 1.4) / math.log(14))


# Labels


def test_every_variable_of_every_group_has_its_unit_and_its_name(result):
    for name, node in tree(result).children.items():
        if name == "sample_stats":  # ArviZ's own names
            continue
        for variable in node.to_dataset().data_vars.values():
            assert variable.attrs["units"], (name, variable.name)
            assert variable.attrs["long_name"], (name, variable.name)


def test_dimensions_are_named(result):
    n = result.diagnostics.draws
    assert result.predictions.sizes == {"sample": n, "time": len(result.predictions["time"])}
    assert set(result.predictions.data_vars) == set(result.inputs.card.quantities) == set(result.bands.data_vars)
    assert result.bands.sizes == {"quantile": 5, "time": len(result.predictions["time"])}
    assert result.bands["quantile"].to_numpy().tolist() == list(PROBABILITIES)


def test_bands_are_the_quantiles_of_the_predictions(leaderboard, paper_literature):
    for result, names in (
        (leaderboard, ["mmlu_pro_gap", "loss_frontier", "lag_behind"]),
        (paper_literature, ["loss_gap"]),
    ):
        for name in names:
            expected = np.quantile(result.predictions[name].to_numpy(), PROBABILITIES, axis=0)
            np.testing.assert_allclose(result.bands[name].to_numpy(), expected, rtol=1e-12)
    again = bands_of(leaderboard.predictions[["lead"]].isel(time=slice(0, 3)))
    np.testing.assert_array_equal(again["lead"], leaderboard.bands["lead"].isel(time=slice(0, 3)))


def test_the_grid_is_monthly_to_the_end_of_the_horizon(leaderboard, paper):
    time = leaderboard.predictions["time"].to_numpy()
    assert (time[0], time[-1]) == (pytest.approx(2023 + 334 / 365), 2041.0)
    assert np.diff(time) == pytest.approx(1 / 12, rel=0.01)
    np.testing.assert_allclose(paper.predictions["time"], np.arange(361) / 12)
    assert time_grid(paper.inputs, 2.5)[-1] == 2.5


def test_scores_and_leads_stay_where_they_can_be(leaderboard):
    p = leaderboard.predictions
    for actor in ("frontier", "budget"):
        assert float(p[f"mmlu_pro_{actor}"].min()) >= 10.0
        assert float(p[f"mmlu_pro_{actor}"].max()) <= 100.0
    for name in ("lead", "loss_gap", "mmlu_pro_gap", "mmlu_pro_gap_observed"):
        assert float(p[name].min()) >= 0
    assert float((p["mmlu_pro_gap_observed"][:, -1] == 0).mean()) > 0.1  # where a follower's model tops the board
    np.testing.assert_allclose(p["mmlu_pro_gap"], p["mmlu_pro_frontier"] - p["mmlu_pro_budget"])
    np.testing.assert_allclose(p["loss_gap"], p["loss_budget"] - p["loss_frontier"], atol=1e-9)


def test_the_observed_gap_continues_the_evidence(leaderboard):
    """The last records are 86 and 83 points; a leaderboard shows no other gap until someone beats them."""
    gap = leaderboard.predictions["mmlu_pro_gap_observed"]
    first_after = gap.isel(time=int(np.flatnonzero(gap["time"] > 2025 + 90 / 365)[0]))
    assert (first_after == 3.0).mean() > 0.7


def test_the_posterior_agrees_with_the_evidence(leaderboard):
    """At the dates of the records the 90 % band of the latent score holds most of them, give or take noise."""
    ((_, rows),) = leaderboard.inputs.data
    inside = []
    for o in rows:
        actor = "frontier" if o.weights[0] else "budget"
        band = leaderboard.bands[f"mmlu_pro_{actor}"].interp(time=max(o.year, leaderboard.inputs.start))
        inside.append(float(band.sel(quantile=0.05)) - 4 < o.value < float(band.sel(quantile=0.95)) + 4)
    assert np.mean(inside) >= 0.9


# The summary


def documents(result):
    return json.loads(to_json(summary(result)))


KEYS = {
    "schema", "card", "title", "priors", "overrides", "clock", "start", "horizon", "today", "seed", "point", "evidence",
    "evidence_until", "already", "followers", "diagnostics", "parameters", "events", "lags", "pool", "event_definition", "bands", "scorecard", "calibration", "provenance",
}  # fmt: skip


def numbers_in(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from numbers_in(inner)
    elif isinstance(value, float):
        yield value


def test_the_summary_has_the_promised_schema(result):
    document = documents(result)
    card = result.inputs.card
    assert document.keys() == KEYS
    assert document["schema"] == SUMMARY_SCHEMA == "meekcast.summary/2"
    assert (document["card"], document["priors"]) == (card.name, result.inputs.priors.name)
    assert (document["clock"], document["horizon"], document["seed"]) == (card.clock, card.horizon, 0)
    assert document["today"] == "2026-11-21"
    assert document["provenance"].keys() == {"versions", "source", "hashes", "settings", "compiler"}
    assert document["provenance"]["compiler"] == {"numba__fastmath": False}
    assert {"meekcast", "pymc", "nutpie", "numpy", "python"} <= document["provenance"]["versions"].keys()
    of_own = {"own_priors"} if result.inputs.own else set()
    assert document["provenance"]["hashes"].keys() == {"card", "priors", "overrides", "evidence", "as_of"} | of_own
    assert document["diagnostics"]["status"] in {"ok", "warn"}
    assert document["scorecard"] == find_scorecard(result.inputs) or not result.inputs.tables
    assert not any(math.isnan(number) for number in numbers_in(document))


def test_events_that_may_lie_in_the_past_are_told_with_their_probabilities(result):
    document, today = documents(result), decimal_year(TODAY)
    if not result.inputs.tables:
        assert (document["already"], document["evidence_until"]) == ([], None)
        return
    past = {event.name: float((event.dates <= today).mean()) for event in result.events}
    found = {entry["event"]: entry["probability"]["value"] for entry in document["already"]}
    assert found == {name: pytest.approx(value) for name, value in past.items() if value >= 0.05}
    assert 0 < len(found) <= len(past)
    assert all(entry["probability"]["error"] > 0 for entry in document["already"])


def test_the_summary_says_how_old_the_evidence_is(leaderboard):
    document = documents(leaderboard)
    (entry,) = document["evidence"]
    assert document["evidence_until"] == entry["last_date"] == "2025-04-01"
    assert (entry["as_of"], entry["records_used"], entry["records_in_table"]) == ("2025-04-30", 13, 20)
    assert entry["age_months"] == pytest.approx(
        12 * (decimal_year(TODAY) - decimal_year(dt.date(2025, 4, 30))), abs=0.1
    )


def test_every_parameter_has_quantiles_of_prior_and_posterior(result):
    parameters = documents(result)["parameters"]
    assert set(parameters) == set(result.inputs.belief.names)
    for name, entry in parameters.items():
        assert entry.keys() == {"unit", "prior", "posterior", "source"}
        for kind in ("prior", "posterior"):
            assert list(entry[kind]) == QUANTILES
            assert list(entry[kind].values()) == sorted(entry[kind].values())
        assert entry["prior"]["0.5"] == result.inputs.belief.quantile(name, 0.5)
        assert entry["posterior"]["0.95"] == pytest.approx(np.quantile(result.posterior.draws()[name], 0.95))
        assert entry["source"]


def test_every_event_has_its_distribution(result):
    document = documents(result)
    calendar = document["clock"] == "calendar"
    assert len(document["events"]) >= 3
    for event, entry in zip(document["events"], result.inputs.card.events, strict=True):
        assert (event["name"], event["expression"]) == (entry.name, entry.ask)
        assert list(event["quantiles"]) == QUANTILES
        dates = [float(date) for date in event["quantiles"].values()]
        assert dates == sorted(dates)
        assert all(date == "inf" or isinstance(date, float) for date in event["quantiles"].values())
        assert list(event["probability_by"]) == (["2027", "2030", "2035"] if calendar else ["5", "10", "20"])
        chances = [p["value"] for p in event["probability_by"].values()]
        assert chances == sorted(chances)
        assert chances[-1] <= 1 - event["probability_not_by_horizon"]["value"] + 1e-12
        told = [*event["probability_by"].values(), event["probability_not_by_horizon"]]
        assert all((p["error"] > 0) != document["point"] for p in told)
        if calendar:
            assert event["probability_never"] is None
        else:
            assert event["probability_never"]["value"] <= event["probability_not_by_horizon"]["value"]


def test_bands_hold_every_quantity_over_time(result):
    for name, band in documents(result)["bands"].items():
        assert band.keys() == {"unit", "long_name", "time", "quantiles"}
        assert band["unit"] == result.inputs.card.quantities[name].unit
        assert list(band["quantiles"]) == QUANTILES
        assert all(len(values) == len(band["time"]) for values in band["quantiles"].values())


def test_the_evidence_is_named_with_its_size_and_last_date(leaderboard, paper):
    (table,) = documents(leaderboard)["evidence"]
    assert (table["name"], table["records_used"], table["last_date"]) == ("mmlu-pro", 13, "2025-04-01")
    assert "Gundlach" in table["source"]
    assert documents(paper)["evidence"] == []


def test_infinite_dates_are_text_and_nothing_is_nan():
    assert json.loads(to_json({"a": math.inf, "b": [-math.inf, 1.5, np.float64("inf")], "c": (1, True, None)})) == {
        "a": "inf", "b": ["-inf", 1.5, "inf"], "c": [1, True, None],
    }  # fmt: skip
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"a": math.nan})


def test_json_keeps_full_precision():
    assert json.loads(to_json({"x": 0.1 + 0.2}))["x"] == 0.1 + 0.2


# The horizon


def test_a_shorter_horizon_drops_the_later_keys(leaderboard, paper):
    short = forecast(paper.inputs, until=7, today=dt.date(2026, 1, 1))
    assert [list(event.probability_by) for event in short.events] == [["5"]] * 4
    assert float(short.predictions["time"][-1]) == 7.0
    assert next(e for e in short.events if "< 0.05 " in e.expression).quantiles["0.5"] == math.inf
    assert short.horizon == 7
    few = forecast(leaderboard.inputs, until=2029, today=dt.date(2026, 1, 1))
    assert few.posterior.from_cache
    assert [list(event.probability_by) for event in few.events] == [["2027"]] * 4
    assert float(few.predictions["time"][-1]) == 2030.0


@pytest.mark.parametrize(
    ("card", "until"),
    [("paper", y) for y in (0.5, -3, 500, math.nan, math.inf)] + [("mmlu-pro-alone", y) for y in (2020, 10)],
)
def test_a_horizon_that_is_none_is_refused(card, until):
    with pytest.raises(InputError, match=f"the horizon {until:g}") as error:
        forecast(gather(card), until=until)
    assert "--until" in error.value.remedy


# Files, and the same bytes


@pytest.fixture(scope="module")
def paper_files(paper, tmp_path_factory):
    return write_run(paper, tmp_path_factory.mktemp("paper"), "run", draw=draw_run)


def test_a_run_is_its_files_that_the_summary_lists(paper_files, leaderboard_run):
    document, files = paper_files
    assert sorted(file.name for file in files) == document["files"] == FILES
    folder, answer = leaderboard_run
    assert json.loads(answer.out)["files"] == sorted(
        [*FILES, "lag_check.png", "lags.png"]
    )  # it reads scores on a calendar
    assert set(FILES) <= {file.name for file in folder.iterdir()}  # other commands may have put theirs beside


def test_the_summary_on_disk_is_what_was_printed(leaderboard_run):
    folder, answer = leaderboard_run
    assert (folder / "summary.json").read_text() == answer.out


def test_the_same_inputs_give_the_same_bytes(paper_literature, tmp_path):
    small = Settings(draws=100)
    for folder in ("first", "second"):
        result = forecast(paper_literature.inputs, small, today=dt.date(2026, 11, 21))
        write_run(result, tmp_path / folder, "run", draw=draw_run)
    for name in FILES:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name


def test_another_seed_gives_another_answer(paper_literature):
    other = forecast(paper_literature.inputs, Settings(seed=1), today=dt.date(2026, 11, 21))
    assert to_json(summary(other)) != to_json(summary(paper_literature))
    medians = [result.events[2].quantiles["0.5"] for result in (other, paper_literature)]
    assert medians[0] != medians[1]
    assert medians[0] == pytest.approx(medians[1], rel=0.1)


def test_a_forecast_from_the_cache_is_the_one_that_was_sampled(leaderboard, leaderboard_run):
    """The first was sampled in this session, the second read from its cache."""
    _, answer = leaderboard_run
    document = json.loads(answer.out)
    assert {key: document[key] for key in KEYS} == documents(leaderboard)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_code_just_compiled_and_code_from_its_cache_give_the_same_bytes(run_process, tmp_path, sampler):
    """Two runs that sample anew, the first on a machine that has never compiled anything."""
    found = []
    for name in ("first", "second"):
        answer = run_process(
            "forecast", "mmlu-pro-alone", "--quiet", "--today", "2026-11-21", "--sampler", sampler,
            "--draws", 300, "--tune", 300, "--out", tmp_path / name,
            MEEKCAST_CACHE=str(tmp_path / f"cache-{name}"), PYTENSOR_FLAGS=f"base_compiledir={tmp_path / 'compiled'}",
        )  # fmt: skip
        assert answer.code in {0, 3}, answer.err
        (posterior,) = (tmp_path / f"cache-{name}").glob("*.nc")
        found.append(((tmp_path / name / "mmlu-pro-alone" / "summary.json").read_bytes(), posterior.read_bytes()))
    assert found[0] == found[1]


def test_the_run_changes_with_everything_that_was_asked(leaderboard_inputs, paper):
    asked = {"until": None, "today": "2026-11-21", "check": False}
    runs = [
        run_id(leaderboard_inputs, Settings(), **asked),
        run_id(paper.inputs, Settings(), **asked),
        run_id(leaderboard_inputs, Settings(seed=1), **asked),
        run_id(leaderboard_inputs, Settings(), **{**asked, "until": 2030.0}),
        run_id(leaderboard_inputs, Settings(), **{**asked, "today": "2026-11-22"}),
        run_id(leaderboard_inputs, Settings(), **{**asked, "check": True}),
    ]
    assert len(set(runs)) == len(runs)
    assert run_id(gather("mmlu-pro-alone"), Settings(), **asked) == runs[0]


def test_pictures_are_pngs_of_half_a_page(leaderboard_run, paper_files):
    folder, _ = leaderboard_run
    pictures = [
        *(folder / name for name in FILES if name.endswith(".png")),
        *(file for file in paper_files[1] if file.suffix == ".png"),
    ]
    assert len(pictures) == 6
    for file in pictures:
        content = file.read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", content[16:24])
        assert 1300 <= width <= 1500  # 6.9 inches at 200 dots
        assert 400 <= height <= 2200
        assert len(content) > (5_000 if "prior_posterior" in file.name else 20_000)


READ_BACK = """
import sys, warnings, json
warnings.simplefilter("error")
import numpy as np
import xarray as xr
with xr.open_datatree(sys.argv[1], engine="h5netcdf") as tree:
    tree = tree.load()
out = {
    "groups": sorted(tree.children),
    "attrs": {name: tree.attrs[name] for name in ("schema", "card", "priors", "today")},
    "provenance": sorted(json.loads(tree.attrs["provenance"])),
    "units": {name: v.attrs["units"] for name, v in tree["bands"].data_vars.items()},
    "drawn": {name: v.attrs["units"] for name, v in tree["predictions"].data_vars.items()},
    "median": float(tree["bands"]["loss_gap"].sel(quantile=0.5)[-1]),
    "dates": tree["events"]["date"].shape,
    "labels": [str(v) for v in tree["evidence"]["label"].values[:2]] if "evidence" in tree else [],
}
if "sample_stats" in tree:
    import arviz as az
    table = az.summary(tree, var_names=["alpha", "g_price", "lead_departure"], ci_prob=0.9, ci_kind="eti")
    out["rows"] = len(table)
    out["rhat"] = float(az.rhat(tree["posterior"]["alpha"]))
    out["diverging"] = int(tree["sample_stats"]["diverging"].sum())
out["meekcast"] = any(name.split(".")[0] == "meekcast" for name in sys.modules)
print(json.dumps(out))
"""


def read_back(run_process, file):
    answer = run_process(file, code=READ_BACK)
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def test_forecast_nc_is_read_by_xarray_and_arviz_without_meekcast(run_process, leaderboard, leaderboard_run):
    found = read_back(run_process, leaderboard_run[0] / "forecast.nc")
    assert found["groups"] == ["bands", "events", "evidence", "posterior", "predictions", "sample_stats"]
    assert found["attrs"] == {
        "schema": "meekcast.summary/2", "card": "mmlu-pro-alone", "priors": "literature", "today": "2026-11-21",
    }  # fmt: skip
    assert found["provenance"] == ["compiler", "hashes", "settings", "source", "versions"]
    assert found["units"] == {name: q.unit for name, q in leaderboard.inputs.card.quantities.items()}
    assert found["drawn"] == {
        "mmlu_pro_gap_observed": "points", "frontier_departure": "ln FLOP", "lead_departure": "ln FLOP",
    }  # fmt: skip
    assert found["median"] == float(leaderboard.bands["loss_gap"].sel(quantile=0.5)[-1])
    assert found["dates"] == [4, 4000]
    assert found["labels"] == ["GPT-4 Turbo", "Mixtral 8x7B"]
    assert found["rows"] == 2 + 18  # months from 2023-11 to 2025-04
    assert found["rhat"] < 1.05
    assert found["diverging"] == leaderboard.diagnostics.divergences
    assert not found["meekcast"]


def test_a_point_forecast_is_read_back_too(run_process, paper_files):
    found = read_back(run_process, next(file for file in paper_files[1] if file.suffix == ".nc"))
    assert found["groups"] == ["bands", "events", "posterior", "predictions"]
    assert found["dates"] == [4, 1]


def test_a_card_with_discrepancy_and_without_evidence_is_written_whole(tmp_path):
    text = (library.shelf("models") / "mmlu-pro-alone.toml").read_text()
    start, end = text.index("[[benchmarks]]"), text.index('[[events]]\nname = "the price band')
    kept = "\n\n".join(b for b in (text[:start] + text[end:]).split("\n\n") if not b.startswith("[parameters.mmlu_pro"))
    card = tmp_path / "unseen.toml"
    card.write_text(kept)
    result = forecast(gather(str(card)), Settings(draws=50), until=2030, today=dt.date(2026, 1, 1))
    document, files = write_run(result, tmp_path / "out", "run", draw=draw_run, checks=True)
    assert sorted(file.name for file in files) == FILES
    assert document["predictive_checks"] == []
    assert document["evidence"] == []
    assert float(result.predictions["lead"].min()) >= 0


def test_results_are_frozen(paper):
    with pytest.raises(dataclasses.FrozenInstanceError):
        paper.horizon = 2050
