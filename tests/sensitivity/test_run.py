"""meekcast sensitivity on a run: what it says, what it writes, what it refuses."""

import dataclasses
import datetime as dt
import io
import json
import math

import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.forecast import forecast
from meekcast.inputs import gather
from meekcast.runs.read import open_run
from meekcast.sensitivities import analysis
from meekcast.sensitivities.decision import load_decision, losses
from meekcast.sensitivities.groups import GROUPS, REST, group_of, grouping
from meekcast.sensitivities.outputs import Output, event_outputs, find_outputs, value_at
from meekcast.sensitivities.prior import alternatives, prior_indices
from meekcast.sensitivities.runs import Run, inputs_of, run_of
from meekcast.sensitivities.tornado import tornado, twin
from meekcast.vocabulary.grammar import parse
from meekcast.whatif.world import World

DECISION = """
schema = 1
title = "Build or wait"
unit = "million USD"
outcome = "{outcome}"
edges = [2028, 2031]

[actions]
"build now" = [8.0, 4.0, 1.0]
"wait" = [1.0, 4.0, 9.0]
"""


@pytest.fixture(scope="module")
def run(leaderboard_run):
    return run_of(open_run(leaderboard_run[0]))


@pytest.fixture(scope="module")
def asked(run):
    return analysis.question(run)


@pytest.fixture(scope="module")
def document(asked):
    return analysis.shares_document(asked)


def toy(n=400, threshold=0.0):
    """A run whose only quantity falls along a line, at a height that its inputs say."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, n))
    times = np.linspace(2024, 2034, 121)
    paths = 5 + a[:, None] + 0.5 * b[:, None] - (times - 2024)
    chances = {"2027": {"value": 0.2, "error": 0.0}, "2028": {"value": 0.5, "error": 0.0}}
    entry = {"name": "toy falls", "expression": f"toy < {threshold!r}", "probability_by": chances}
    head = {"card": "toy", "title": "Toy", "priors": "none", "clock": "calendar", "start": 2024.0, "horizon": 2033.0}
    summary = {**head, "today": "2026-11-21", "seed": 0, "evidence": [], "events": [entry]}
    draws = {"g_a": a, "toy_noise": b, "known": np.ones(n)}
    return Run(
        summary,
        Draws("toy", times, True, 4, {"toy": {"units": "x", "long_name": "toy"}}, lambda _: paths, lambda: draws),
    )


def altered(run, **changed):
    """The run with other draws."""
    return Run(run.summary, dataclasses.replace(run.draws, **changed))


def test_shares_of_every_answer_sum_to_one(document):
    assert document["schema"] == "meekcast.sensitivity/1"
    assert document["outputs"]
    for output in document["outputs"]:
        shares = [share["shapley"]["value"] for share in output["shares"].values()]
        assert sum(shares) + output["chance"]["value"] == pytest.approx(1, abs=1e-4)
        assert output["verdict"]["status"] in {"ok", "warn"}
    along = document["over_time"]
    total = np.sum([share["value"] for share in along["shapley"].values()], axis=0) + along["chance"]["value"]
    np.testing.assert_allclose(total, 1, atol=1e-4)
    assert along["years"] == sorted(along["years"])


def test_groups_hold_every_uncertain_input_once(run, document):
    members = [name for group in document["groups"].values() for name in group]
    assert sorted(members) == sorted(run.inputs)
    assert list(document["groups"]) == [group for group in GROUPS if group in document["groups"]]
    assert set(document["known_exactly"]).isdisjoint(members)


def test_a_run_in_memory_and_on_disk_say_the_same(leaderboard, run, asked):
    here, there = run_of(leaderboard), asked
    again = analysis.question(here)
    assert [o.name for o in again.outputs] == [o.name for o in there.outputs]
    for mine, other in zip(again.outputs, there.outputs, strict=True):
        np.testing.assert_allclose(mine.values, other.values, atol=1e-3)  # paths are stored in single precision


def test_the_second_forecast_bounds_what_inputs_explain(asked, run, leaderboard_inputs):
    whole = [o for o in asked.outputs if o.defined.all()]
    common = twin(leaderboard_inputs, run, whole)
    shares = {o["name"]: 1 - o["chance"]["low"] for o in analysis.shares_document(asked)["outputs"]}
    for j, output in enumerate(whole):
        assert 0 < common.value[j] <= 1
        assert shares[output.name] > common.low[j] - 0.15  # the regression misses little


def test_a_tornado_keeps_others_or_moves_them_along(run, asked, leaderboard_inputs):
    dates = [o for o in asked.outputs if o.kind == "date"]
    found = tornado(leaderboard_inputs, run, dates)
    assert set(found) == {o.name for o in dates}
    bars = found[dates[-1].name]["bars"]
    assert set(bars) == set(run.inputs)
    low, high = bars["frontier_sd"]["apart"]
    assert low == high or (math.isnan(low) and math.isnan(high))  # the expected path knows no spread


def test_tastes_are_discrepancy_and_the_expected_path_draws_none(edited, monkeypatch, prior_fit):
    monkeypatch.setattr("meekcast.forecasts.forecast.infer", prior_fit())
    card = edited("models", "mmlu-pro-alone", tastes=True)
    tasting = run_of(forecast(gather(card)))
    own = {"mmlu_pro_taste_sd", "mmlu_pro_taste_memory", "mmlu_pro_frontier_now", "mmlu_pro_budget_now"}
    assert own < set(grouping(tasting.inputs).members["discrepancy"])
    dates = [o for o in event_outputs(tasting, parse("mmlu_pro_gap < 2 points"), [2030.0]) if o.kind == "date"]
    ((_, found),) = tornado(gather(card), tasting, dates).items()
    low, high = found["bars"]["mmlu_pro_taste_sd"]["apart"]
    assert low == high == found["base"] < 2041


def test_later_events_depend_on_growth_more_than_on_links_of_the_start(document):
    last = document["outputs"][-1]["shares"]
    assert max(last, key=lambda name: last[name]["shapley"]["value"]) in {"growth rates", "scaling law"}


def test_prior_indices_name_their_order(run, asked, leaderboard_inputs):
    chance = [o for o in asked.outputs if o.kind == "probability"][-1:]
    groups, order, found = prior_indices(leaderboard_inputs, run, chance, n=64)
    assert groups["scaling law"] == ("A", "L0", "alpha")
    assert "chance" in groups
    assert ("C0", "R") in order
    total = found[0].total
    assert np.all(total.value > -0.05)
    assert np.all(total.low <= total.high)
    with pytest.raises(InputError, match="power of two"):
        prior_indices(leaderboard_inputs, run, chance, n=100)


def test_answers_under_other_priors_are_compared(leaderboard, run, asked, leaderboard_inputs):
    same = World.of(leaderboard_inputs, leaderboard.settings)  # so that no change may be found
    rows = alternatives(run, asked.outputs, {"wide": same})
    assert [row["priors"] for row in rows] == [run.summary["priors"], "wide"]
    for answer in rows[1]["answers"]:
        assert answer["change"] == pytest.approx(0, abs=1e-3)
        assert 0 <= answer["defined"] <= 1


@pytest.mark.long
def test_the_command_writes_its_files_and_the_same_bytes_again(run_cli, leaderboard_run):
    folder, _ = leaderboard_run
    first = run_cli("sensitivity", folder, "--json")
    assert first.code == 0, first.err
    answer = json.loads(first.out)
    written = (folder / "sensitivity.json").read_bytes()
    assert json.loads(written) == answer
    for name in ("tornado.png", "shares_over_time.png", "inputs_that_matter.png", "power_scaling.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    assert {"tornado", "twin", "power_scaling", "measure_first"} <= set(answer)
    assert run_cli("sensitivity", folder, "--json").out == first.out
    assert (folder / "sensitivity.json").read_bytes() == written


def test_a_card_finds_its_standing_run(run_cli, leaderboard_run):
    out = leaderboard_run[0].parent
    event = json.loads(leaderboard_run[1].out)["events"][-1]["name"]
    stood = (leaderboard_run[0] / "manifest.json").read_bytes()
    answer = run_cli("sensitivity", "mmlu-pro-alone", "--out", out, "--event", event, "--by", "g_price,links")
    assert answer.code == 0, answer.err
    assert [folder.name for folder in out.iterdir()] == ["mmlu-pro-alone"]
    assert (leaderboard_run[0] / "manifest.json").read_bytes() == stood
    assert "computing paths" not in answer.err
    assert "What drives the answer" in answer.out
    assert "Measure this first" in answer.out
    assert "g_price" in answer.out


def test_a_decision_is_valued(run, tmp_path):
    file = tmp_path / "decision.toml"
    event = run.summary["events"][-1]
    file.write_text(DECISION.format(outcome=event["name"]), encoding="utf-8")
    decision = load_decision(file)
    output, table = losses(decision, run)
    assert output.kind == "date"
    never = np.isnan(output.values)
    assert np.all(table[never] == [1.0, 9.0])
    found = analysis.decision_document(analysis.question(run), decision)
    assert found["best"] in decision.actions
    values = [row["value"] for row in found["learning"]]
    assert values == sorted(values, reverse=True)
    assert values[0] <= found["perfect"]["value"] + 1e-9


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("edges = [2028, 2031]", "edges = [2031, 2028]", "not increasing"),
        ("[8.0, 4.0, 1.0]", "[8.0, 4.0]", "2 losses for 3 outcomes"),
        ("unit =", "units =", "units"),
        ("schema = 1", "schema = 2", "schema"),
        ('"wait" = [1.0, 4.0, 9.0]', "", "actions"),
    ],
)
def test_a_wrong_decision_is_refused(tmp_path, old, new, said):
    file = tmp_path / "decision.toml"
    file.write_text(DECISION.format(outcome="1").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load_decision(file)


def test_many_inputs_still_fit_a_table_and_a_picture(tmp_path):
    from rich.console import Console

    from meekcast.plots import style
    from meekcast.plots.sensitivity import over_time_figure
    from meekcast.report.sensitivity import shares_report

    rng = np.random.default_rng(0)
    few = toy(1000)
    many = {f"g_{name}": rng.standard_normal(1000) for name in "bcdefghijklmnop"}
    run = altered(few, read_posterior=lambda: {**few.draws.posterior, **many})
    document = analysis.shares_document(analysis.question(run, by="parameters"))
    assert len(document["groups"]) == 17
    style.save(over_time_figure(document), tmp_path / "picture.png")
    written = io.StringIO()
    Console(width=110, file=written).print(shares_report(document))
    assert "others" in written.getvalue()
    assert "g_a" in written.getvalue()


# A toy run: what is read, and what is refused


def test_an_event_is_two_answers():
    run = toy()
    by, date = find_outputs(run, "toy falls", [2028])
    assert by.kind == "probability"
    np.testing.assert_array_equal(by.values, (date.values < 2029).astype(float))
    slope = run.draws.posterior["g_a"] + 0.5 * run.draws.posterior["toy_noise"]
    np.testing.assert_allclose(date.values, 2029 + slope, atol=1e-6)


def test_a_question_is_two_answers_too():
    run = toy()
    asked = find_outputs(run, "toy < 0 x", [2028])
    for found, stated in zip(asked, find_outputs(run, "toy falls", [2028]), strict=True):
        np.testing.assert_array_equal(found.values, stated.values)
    for text, said in (
        ("tow < 3", "no quantity 'tow'"), ("toy < 3 parsecs", "is not in 'parsecs'"), ("toy <", "column"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            find_outputs(run, text, [2028])


def test_a_toy_is_driven_by_its_inputs_and_by_no_chance():
    document = analysis.shares_document(analysis.question(toy(2000)))
    date = next(o for o in document["outputs"] if o["kind"] == "date")
    assert date["shares"]["growth rates"]["shapley"]["value"] == pytest.approx(0.8, abs=0.02)
    assert date["shares"]["noise"]["shapley"]["value"] == pytest.approx(0.2, abs=0.02)
    assert abs(date["chance"]["value"]) < 0.01
    assert document["known_exactly"] == ["known"]
    assert document["measure_first"][0]["inputs"][0]["input"] == "g_a"


@pytest.mark.parametrize("text", ["toy@2028", "toy@2028.5", "toy@2029-01-01"])
def test_a_quantity_at_a_year(text):
    run = toy()
    (output,) = find_outputs(run, text, [])
    date = {"toy@2028": 2029.0, "toy@2028.5": 2028.5, "toy@2029-01-01": 2029.0}[text]
    slope = run.draws.posterior["g_a"] + 0.5 * run.draws.posterior["toy_noise"]
    np.testing.assert_allclose(output.values, 5 + slope - (date - 2024), atol=1e-6)


def test_any_question_can_be_asked():
    run = toy()
    moving = find_outputs(run, "toy < 1 and toy < toy at 2025 for 6 months", ["2028", dt.date(2028, 7, 1)])
    assert [output.kind for output in moving] == ["probability", "probability", "date"]
    (fixed,) = find_outputs(run, "toy < 1 at 2027 and toy < 0 at 2029", [2028])
    drawn = run.draws.posterior
    np.testing.assert_array_equal(fixed.values, drawn["g_a"] + 0.5 * drawn["toy_noise"] < 0)
    document = analysis.shares_document(analysis.question(run, ["toy < 1 at 2027"]))
    assert [output["kind"] for output in document["outputs"]] == ["probability"]


def test_a_long_tail_is_asked_about_on_the_log_scale():
    run = toy()
    far = altered(run, read=lambda name: np.exp(5 * run.draws.read(name)))
    output = value_at(far, "toy", 2026)
    assert output.unit == "ln x"
    np.testing.assert_allclose(output.values, 5 * value_at(run, "toy", 2026).values)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"events": ["toy rises"]}, "no event"),
        ({"events": ["7"]}, "no event"),
        ({"events": ["0"]}, "no event"),
        ({"events": ["other@2028"]}, "unknown quantity"),
        ({"events": ["toy@soon"]}, "not a date"),
        ({"events": ["toy@2060"]}, "2060 lies outside"),
        ({"years": [1999]}, "--at: the date 1999 lies outside"),
        ({"years": [float("nan")]}, "nan is not a date"),
        ({"by": "nothing"}, "unknown input or group"),
        ({"by": "scaling law"}, "no input of this run"),
        ({"by": "g_a,growth rates"}, "named twice"),
        ({"by": ","}, "no inputs are named"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        analysis.question(toy(), **arguments)


@pytest.mark.parametrize(("threshold", "said"), [(-90.0, "never happens"), (90.0, "always happens")])
def test_an_event_that_never_or_always_happens_is_refused(threshold, said):
    with pytest.raises(InputError, match=said):
        analysis.question(toy(threshold=threshold), events=["1"])


def test_a_table_without_rows_dates_nothing():
    run = toy()
    told = [{"name": "a", "last_date": None}, {"name": "b", "last_date": "2025-07-02"}]
    assert run.last_evidence == 2024.0
    assert Run({**run.summary, "evidence": told}, run.draws).last_evidence == pytest.approx(2025.5, abs=0.01)


def test_too_few_draws_are_refused():
    with pytest.raises(InputError, match="30 draws are too few"):
        analysis.question(toy(30), events=["toy@2028"])


def test_a_point_result_has_no_drivers():
    run = toy()
    point = altered(run, read_posterior=lambda: {"g_a": np.ones(400)})
    with pytest.raises(InputError, match="known exactly"):
        analysis.question(point)


def test_what_is_not_named_is_one_more_group(run):
    chosen = grouping(run.inputs, "g_price, links")
    assert chosen.names == ("g_price", "links", REST)
    assert sorted(name for members in chosen.members.values() for name in members) == sorted(run.inputs)
    assert {group_of(name) for name in chosen.members["links"]} == {"links"}


def test_a_folder_without_a_run_is_refused(run_cli, tmp_path):
    answer = run_cli("sensitivity", tmp_path)
    assert answer.code == 2
    assert "there is no run in" in answer.err


def test_a_run_of_a_changed_card_is_not_mixed_with_the_new_one(run):
    told = json.loads(json.dumps(run.summary))
    told["provenance"]["hashes"]["card"] = "0" * 64
    changed = Run(told, run.draws)
    with pytest.raises(InputError, match="another card"):
        inputs_of(changed)


def test_elapsed_clocks_count_years(paper_literature):
    run = run_of(paper_literature)
    outputs = event_outputs(run, parse(run.summary["events"][0]["expression"]), [5], "the peak")
    assert isinstance(outputs[0], Output)
    assert outputs[0].name == "the peak: by year 5"
    document = analysis.shares_document(analysis.question(run))
    assert all(abs(o["chance"]["value"]) < 0.35 for o in document["outputs"] if o["kind"] == "date")
