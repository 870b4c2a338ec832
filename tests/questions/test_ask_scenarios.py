"""Scenarios: what changes nothing differs by nothing, pairs cancel noise, paths before a change stand."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.forecasts.predictions import time_grid
from meekcast.forecasts.questions.when import when
from meekcast.inference.sampler import Settings
from meekcast.inputs import gather
from meekcast.whatif.scenarios import (
    Scenario,
    ScenarioFile,
    changed_parameters,
    compare,
    intervened,
    prepare,
    read_scenarios,
)
from meekcast.whatif.world import World, worlds

EXAMPLE = Path(__file__).parents[2] / "docs" / "scenarios.toml"
EVENTS = ("loss_gap < 0.01", "lag_behind < 3 months", "budget_level >= frontier_level at 2025-01-01")


@pytest.fixture(scope="module")
def world(leaderboard):
    times = time_grid(leaderboard.inputs, leaderboard.horizon)
    return World(leaderboard.inputs, leaderboard.settings, leaderboard.posterior, times)


@pytest.fixture(scope="module")
def paper():
    return World.of(gather("paper", "literature"), Settings(draws=250))


def scenario(name="changed", **changes):
    return Scenario.model_validate({"name": name, **changes})


def stated(*scenarios, events=EVENTS, **more):
    return ScenarioFile.model_validate({"schema": 1, "events": list(events), "scenarios": list(scenarios), **more})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"shift": {"g_investment": "x1", "alpha": "+0"}},
        {"shift": {"g_investment": "x1.0"}, "from": dt.date(2028, 1, 1)},
        {"set": {"L0": 1.5}},  # the irreducible loss cancels in every gap
    ],
)
def test_what_changes_nothing_differs_by_exactly_nothing(world, changes):
    file = stated({"name": "same", **changes})
    for comparison in compare(file, world, {}):
        (same,) = comparison.scenarios
        np.testing.assert_array_equal(same.answer.dates, comparison.base.dates)
        assert set(same.shift.values()) == {0.0}
        differences = [*same.probability_by.values(), same.probability_not_by_horizon]
        assert all((d.value, d.error) == (0.0, 0.0) for d in differences)


def test_a_change_is_counted_draw_by_draw(world):
    file = stated({"name": "cheaper", "shift": {"g_price": "x1.05"}}, by=[2028], events=EVENTS[:1])
    for comparison in compare(file, world, {}):
        (changed,) = comparison.scenarios
        moved = intervened(scenario(shift={"g_price": "x1.05"}), world, world.source())
        mine = when(comparison.base.expression, moved).dates
        np.testing.assert_array_equal(mine, changed.answer.dates)
        held, before = mine < 2029, comparison.base.dates < 2029
        assert changed.probability_by["2028"].value == pytest.approx(held.mean() - before.mean())


def test_pairs_know_a_small_difference_better_than_two_forecasts_would(world):
    file = stated({"name": "cheaper", "shift": {"g_price": "x1.02"}}, by=[2028], events=EVENTS[:1])
    ((changed,),) = (c.scenarios for c in compare(file, world, {}))
    apart = np.hypot(changed.answer.probability_by["2028"].error, changed.answer.probability_by["2028"].error)
    assert changed.probability_by["2028"].value > 0
    assert 0 < changed.probability_by["2028"].error < apart / 2


def test_paths_before_a_change_of_course_stand_and_go_on_from_there(world):
    """Growth that changes by nothing worth speaking of: a jump at the date would show."""
    base = world.source()
    at = int(np.searchsorted(base.times, 2028))
    nearly = scenario(shift={"g_investment": "x1.000001"}, **{"from": dt.date(2028, 1, 1)})
    slower = scenario(set={"g_investment": 1.0, "g_price": 3.0}, **{"from": dt.date(2028, 1, 1)})
    same, changed = (intervened(s, world, base) for s in (nearly, slower))
    for name in base.labels:
        if not name.endswith("gap_observed") and name != "lag":  # which looks ahead, past the change
            np.testing.assert_array_equal(changed.read(name)[:, :at], base.read(name)[:, :at], err_msg=name)
            near = np.isclose(same.read(name), base.read(name), rtol=1e-3, atol=1e-3)
            assert near.mean() >= (0.999 if name == "lag_behind" else 1), name  # a path may just touch a level
            assert not np.allclose(changed.read(name)[:, at + 12], base.read(name)[:, at + 12]), name


def test_scores_do_not_jump_when_the_course_changes(world):
    """From a date on growth is quite another; at that very date every score is still the same."""
    base = world.source()
    at = int(np.searchsorted(base.times, 2028))
    date = float(base.times[at])
    changed = intervened(scenario(set={"g_investment": 1.0, "g_algorithms": 1.5}, **{"from": date}), world, base)
    for name in base.labels:
        if not name.endswith("gap_observed") and name != "lag":
            np.testing.assert_allclose(
                changed.read(name)[:, at], base.read(name)[:, at], rtol=1e-6, atol=1e-6, err_msg=name
            )


def test_a_change_of_course_in_closed_form():
    """The paper's lead grows by ln g_investment a year until year 4, and stands still from then on."""
    point = World.of(gather("paper"))
    changed = intervened(scenario(set={"g_investment": 1.0}, **{"from": 4.0}), point, point.source())
    lead, g, s, t = changed.read("lead")[0], np.log(5 / 1.4), np.log(1.4 * 2.8), changed.times
    # The frontier was where the budget actor is on the early course as long as that is below its level of year 4.
    early = (g + s) * np.minimum(t, 4.0) + s * np.maximum(t - 4.0, 0.0) - lead  # ln C_b / C0
    was = np.where(early < 4 * (g + s), early / (g + s), 4.0 + (early - 4 * (g + s)) / s)
    np.testing.assert_allclose(changed.read("lag_behind")[0], t - was, atol=1e-9)
    np.testing.assert_allclose(changed.read("lag")[0], lead / s, atol=1e-9)
    np.testing.assert_allclose(lead, g * np.minimum(changed.times, 4.0), atol=1e-9)
    frontier = np.log(changed.read("frontier_effective_compute")[0])
    np.testing.assert_allclose(frontier, np.log(1e20) + np.log(1.4 * 2.8) * changed.times + lead, atol=1e-9)


def test_what_is_believed_otherwise_is_fitted_anew_and_not_paired(paper):
    file = stated(
        {"name": "published", "priors": "paper"},
        {"name": "less", "prior": {"g_investment": "LogNormal(2.0, sd 0.1)"}},
        {"name": "fixed", "how": "refit", "set": {"g_investment": 2.0}},
        {"name": "capped", "card": "capped-spending"},
        events=["loss_gap < 0.05"],
        card="paper",
        priors="literature",
    )
    anew = prepare(file, paper.inputs)
    assert list(anew) == ["published", "less", "fixed", "capped"]
    assert anew["fixed"].belief.quantile("g_investment", 0.9) == 2.0
    assert anew["capped"].card.name == "capped-spending"
    (comparison,) = compare(file, paper, worlds(anew, Settings(draws=250)))
    for other in comparison.scenarios:
        assert not other.paired
        assert other.shift == {"0.5": other.answer.quantiles["0.5"] - comparison.base.quantiles["0.5"]}
        for year, change in other.probability_by.items():
            base, value = comparison.base.probability_by[year], other.answer.probability_by[year]
            assert change.value == value.value - base.value
            assert change.error == pytest.approx(np.hypot(base.error, value.error))
    assert comparison.scenarios[0].answer.dates.tolist() == [pytest.approx(13.0022, abs=1e-3)]


def test_sets_and_shifts(paper):
    draws = paper.posterior.draws()
    change = scenario(set={"alpha": 0.2}, shift={"g_investment": "x1.2", "L0": "-0.1", "R": "+1"})
    moved = changed_parameters(change, paper.inputs, draws)
    assert set(moved["alpha"]) == {0.2}
    np.testing.assert_array_equal(moved["g_investment"], draws["g_investment"] * 1.2)
    np.testing.assert_array_equal(moved["L0"], draws["L0"] - 0.1)
    np.testing.assert_array_equal(moved["R"], draws["R"] + 1)


def test_a_change_that_nothing_reaches_has_an_infinite_shift(world):
    file = stated({"name": "stuck", "set": {"g_price": 1e-3}}, events=["loss_gap < 0.005"])
    ((stuck,),) = (c.scenarios for c in compare(file, world, {}))
    assert stuck.shift["0.5"] == np.inf
    assert stuck.probability_not_by_horizon.value > 0.9
    assert stuck.answer.effective_draws is None


# The file


def test_the_example_is_what_the_documents_say(world):
    file = read_scenarios(EXAMPLE)
    assert {s.refits for s in file.scenarios} == {True, False}
    anew = prepare(file, world.inputs)
    here = file.model_copy(update={"scenarios": [s for s in file.scenarios if s.name not in anew]})
    for comparison in compare(here, world, {}):
        assert len(comparison.scenarios) == len(here.scenarios)
        assert all(c.paired for c in comparison.scenarios)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"set": {"g_invest": 2.0}}, "scenario 'x': card 'mmlu-pro-alone' has no parameter 'g_invest'"),
        ({"priors": "optimistic"}, "scenario 'x': unknown prior set 'optimistic'"),
        ({"card": "paper"}, "on the elapsed clock"),
        ({"prior": {"alpha": "LogNormal(1)"}}, "scenario 'x'"),
        ({"set": {"alpha": 0.1}, "from": dt.date(2050, 1, 1)}, "lies outside"),
    ],
)
def test_changes_that_do_not_fit_are_refused_before_anything_is_sampled(leaderboard_inputs, changes, said):
    with pytest.raises(InputError, match=said):
        prepare(stated({"name": "x", **changes}), leaderboard_inputs)


def test_evidence_that_the_card_does_not_read_is_refused(paper):
    file = stated({"name": "x", "evidence": ["mmlu-pro"]}, events=["lag < 1"], card="paper")
    with pytest.raises(InputError, match="scenario 'x': evidence 'mmlu-pro' is about 'mmlu_pro', which card 'paper'"):
        prepare(file, paper.inputs)


def test_what_remembers_the_past_is_not_asked_of_a_change_of_course(leaderboard_inputs):
    observed = f"{leaderboard_inputs.card.observed[0].name}_gap_observed"
    file = stated({"name": "x", "set": {"alpha": 0.1}, "from": 2028.0}, events=[f"{observed} < 1"])
    with pytest.raises(InputError, match="cannot be told of a change of course"):
        prepare(file, leaderboard_inputs)


def test_an_event_that_another_card_does_not_know_is_refused(paper):
    file = stated({"name": "x", "card": "paper-inference"}, events=["budget_compute > 1e22"], card="paper")
    with pytest.raises(InputError, match="scenario 'x': column 1: card 'paper-inference' has no quantity"):
        prepare(file, paper.inputs)


def test_a_change_out_of_the_support_is_refused(paper):
    with pytest.raises(InputError, match=r"alpha would reach .* outside 0 .. inf"):
        changed_parameters(scenario(shift={"alpha": "-0.5"}), paper.inputs, paper.posterior.draws())


def test_an_inference_budget_cannot_change_course():
    inference = World.of(gather("paper-inference"), Settings(draws=50))
    with pytest.raises(InputError, match="cannot change course at a date"):
        intervened(scenario(set={"g_inference": 1.5}, **{"from": 5.0}), inference, inference.source())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "schema = 2", "schema"),
        ('events = ["', 'event = ["', "unknown key 'event'"),
        ("set = { g_investment", "sets = { g_investment", "unknown key 'scenarios.0.sets'"),
        ('"x1.5"', '"1.5"', "cannot read the shift of g_algorithms, '1.5'"),
        ('"x1.5"', "1.5", "scenarios.1.shift.g_algorithms"),
        ('priors = "wide"', 'priors = "wide"\nfrom = 2027-01-01', "they cannot be refitted"),
        ('priors = "wide"', 'priors = "wide"\nhow = "intervene"', 'need how = "refit"'),
        ('name = "wide priors"', 'name = "base"', "same name"),
        ('priors = "wide"', "set = { alpha = 0.1 }\nprior = { alpha = 0.2 }", "alpha is changed twice"),
        ('events = ["', 'events = ["loss_gap <", "', "column 11"),
    ],
)
def test_a_file_that_says_what_it_may_not_is_refused(tmp_path, old, new, said):
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.toml") as caught:
        read_scenarios(file)
    assert said in caught.value.message


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read_scenarios(tmp_path / "none.toml")
