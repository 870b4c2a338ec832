"""Dates of events: closed forms, cards' own events, conditions counted by hand, what is refused."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.cards.library import load_card
from meekcast.equations import dates
from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.forecast import forecast
from meekcast.forecasts.questions.answer import Answer
from meekcast.forecasts.questions.when import FEWEST, when
from meekcast.inputs import gather
from meekcast.runs.read import open_run
from meekcast.whatif.budgets import check_budgets, with_budget
from meekcast.whatif.world import World, blank

ALPHA, A, C0, S, G = 0.155, 1070.0, 1e20, 1.4 * 2.8, 5 / 1.4


@pytest.fixture(scope="module")
def point():
    return forecast(gather("paper"))


@pytest.fixture(scope="module")
def uncertain():
    return forecast(gather("paper", "literature"))


@pytest.fixture(scope="module")
def source(uncertain):
    return Draws.of("paper", uncertain.predictions, uncertain.posterior)


def toy(values, times=None, chains=None, calendar=False, **limits):
    """A source with one quantity q over a few dates."""
    values = np.asarray(values, dtype=float)
    times = np.arange(values.shape[1], dtype=float) if times is None else np.asarray(times, float)
    return Draws(
        "toy", times, calendar, chains, {"q": {"units": "points", "long_name": "q", **limits}}, lambda _: values
    )


# Closed forms of the paper's point card


@pytest.mark.parametrize(
    ("expression", "expected", "tolerance"),
    [
        ("loss_gap < 0.05", dates.end_time(ALPHA, A, C0, S, G, 1.0, 0.05), 1e-3),
        ("loss_gap_slope < 0", dates.peak_time(ALPHA, S, G), 1e-3),
        ("budget_compute > 1e22", dates.rule_time(1e22, C0, 1.4), 1e-9),
        ("budget_effective_compute >= 1e26 FLOP", dates.rule_time(1e26, C0, S), 1e-9),
        ("frontier_level > 1e26", dates.rule_time(1e26, C0, S * G), 1e-9),
        ("lead > 5", 5 / np.log(G), 1e-9),
        ("lag > 6 months", 0.5 * np.log(S) / np.log(G), 1e-9),
        ("lag > 0.5", 0.5 * np.log(S) / np.log(G), 1e-9),
        ("budget_level >= frontier_level at 2", 2 * np.log(S * G) / np.log(S), 1e-9),
        ("budget_level at 10 <= frontier_level", 10 * np.log(S) / np.log(S * G), 1e-9),
    ],
)
def test_dates_are_those_of_the_closed_forms(point, expression, expected, tolerance):
    answer = point.when(expression)
    assert answer.dates.tolist() == [pytest.approx(float(expected), abs=tolerance)]
    assert set(answer.quantiles.values()) == set(answer.dates)
    assert answer.probability_not_by_horizon.value == 0.0


def test_a_value_read_at_a_date_is_that_of_the_closed_form(point):
    """Two dates at which the gap is the same: before and after its peak."""
    early = float(dates.gap_at(1.0, ALPHA, A, C0, S, G))
    late = float(dates.end_time(ALPHA, A, C0, S, G, 1.0, early))
    assert point.when("loss_gap < loss_gap at 1").dates[0] == pytest.approx(late, abs=2e-3)


def test_what_does_not_happen_has_no_date(point):
    answer = point.when("loss_gap < 1e-9", by=[10, 30])
    assert answer.dates.tolist() == [np.inf]
    assert answer.probability_not_by_horizon.value == 1.0
    assert [p.value for p in answer.probability_by.values()] == [0.0, 0.0]


def test_what_comes_and_goes_has_no_date_but_is_told(point):
    """The gap rises to 0.202 nats and falls again."""
    answer = point.when("loss_gap > 0.1")
    assert answer.dates.tolist() == [np.inf]
    assert answer.probability_passing.value == 1.0
    assert point.when("loss_gap > 0.3").probability_passing.value == 0.0
    assert point.when("loss_gap < 0.1").probability_passing.value == 0.0


# The cards' own events


def test_the_cards_own_events_come_out_the_same(leaderboard, uncertain):
    for result in (leaderboard, uncertain):
        for event, entry in zip(result.events, result.inputs.card.events, strict=True):
            answer = result.when(entry.ask)
            np.testing.assert_array_equal(answer.dates, event.dates)
            assert (event.name, event.expression, answer.name) == (entry.name, entry.ask, entry.ask)
            told = {"name": event.name, "probability_never": event.as_dict()["probability_never"]}
            assert {**answer.as_dict(), **told} == event.as_dict()


def test_an_answer_is_a_distribution(leaderboard):
    answer = leaderboard.when("lag_behind < 3 months")
    chances = [p.value for p in answer.cdf.values()]
    assert chances == sorted(chances)
    assert chances[-1] + answer.probability_not_by_horizon.value == pytest.approx(1.0)
    assert next(iter(answer.cdf)) == str(int(leaderboard.inputs.start))
    assert answer.effective_draws is None
    n = len(leaderboard.posterior.draws()["alpha"])
    binomial = np.sqrt(chances[-1] * (1 - chances[-1]) / n)
    assert binomial * 0.99 < answer.cdf[list(answer.cdf)[-1]].error < 0.1  # autocorrelation counts


# Conditions


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("loss_gap < 0.05", "lag > 1 at 5"),
        ("tokens > 300", "loss_gap < loss_gap at 3"),
        ("loss_gap < 0.05", "frontier_level at 3 > budget_level at 7"),
    ],
)
def test_a_condition_is_counting(source, uncertain, expression, condition):
    p = uncertain.predictions
    times = p["time"].to_numpy()
    answer = when(expression, source, [12], [condition])
    at = {year: int(np.searchsorted(times, year - 1e-9)) for year in (3, 5, 7)}
    if condition.startswith("lag"):
        true = p["lag"].to_numpy()[:, at[5]] > 1
    elif condition.startswith("loss_gap"):
        gap = p["loss_gap"].to_numpy()
        true = gap[:, -1] < gap[:, at[3]]
    else:
        frontier, budget = (p[f"{actor}_effective_compute"].to_numpy() for actor in ("frontier", "budget"))
        true = frontier[:, at[3]] > budget[:, at[7]]
    happened = when(expression, source).dates <= 12
    assert 0 < true.sum() <= len(true)
    assert answer.draws == true.sum()
    assert answer.probability_by["12"].value == pytest.approx((happened & true).sum() / true.sum())
    assert answer.probability_given.value == pytest.approx(true.mean())
    assert answer.effective_draws == pytest.approx(true.sum())  # exact draws


def test_conditions_are_joined(source):
    one, other = "lag > 0.8 at 5", "tokens > 20 at 10"
    both = when("loss_gap < 0.05", source, given=[one, other])
    assert both.draws <= min(when("loss_gap < 0.05", source, given=[c]).draws for c in (one, other))
    assert both.given == (one, other)


def test_a_condition_that_is_always_true_changes_nothing(source):
    free, given_ = when("tokens > 300", source), when("tokens > 300", source, given=["loss_frontier > 0.1 at 1"])
    np.testing.assert_array_equal(free.dates, given_.dates)
    assert free.probability_by == given_.probability_by
    assert given_.probability_given.value == 1.0


def test_too_few_draws_are_refused(source):
    values = source.read("loss_gap")[:, 60]
    rare = float(np.sort(values)[-(FEWEST - 1)])
    with pytest.raises(
        InputError, match=rf"too few draws are left: .* in {FEWEST - 2} of 4000 draws .*; 100 are needed"
    ):
        when("tokens > 300", source, given=[f"loss_gap > {rare!r} at 5"])
    with pytest.raises(InputError) as caught:
        when("tokens > 300", source, given=["loss_gap > 3 at 5"])
    assert caught.value.remedy == "Ask for something that can be."


def test_chains_with_memory_leave_fewer_draws():
    """300 draws of 4 chains that stand still for long are worth less than 100."""
    stuck = np.repeat(np.random.default_rng(0).random(40) < 0.3, 25)[:, None] * np.ones((1, 3))
    moving = np.random.default_rng(1).permutation(stuck)
    assert when("q > 0.5", toy(moving, chains=None), given=["q > 0.5 at 1"]).draws == stuck[:, 0].sum()
    with pytest.raises(InputError, match="too few draws"):
        when("q > 0.5", toy(stuck, chains=4), given=["q > 0.5 at 1"])


# Edges of the comparison


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("q < 0", np.inf), ("q <= 0", 1.0), ("q > 0", np.inf), ("q >= 0", 0.0), ("q < q at 0", 0.0), ("q > q at 0", np.inf),
     ("q <= q at 0", 0.0), ("q <= q at 2", 1.0), ("q < q at 2", np.inf)],
)  # fmt: skip
def test_equality_counts_where_it_is_asked_for(expression, expected):
    assert when(expression, toy([[3.0, 0.0, 0.0]])).dates.tolist() == [pytest.approx(expected)]


def test_infinite_values_compare():
    never_told = toy([[np.inf, np.inf, 5.0], [np.inf, np.inf, np.inf]])
    assert when("q < q at 0", never_told).dates.tolist() == [1.0, np.inf]  # from then on it is finite
    assert when("q >= q at 0", never_told).dates.tolist() == [np.inf, 0.0]


def test_what_is_not_known_yet_cannot_be_read():
    with pytest.raises(InputError, match="q is not known then"):
        when("q < q at 0", toy([[np.nan, 2.0, 1.0]]))
    assert when("q < 3", toy([[np.nan, 2.0, 1.0]])).dates.tolist() == [1.0]


@given(st.floats(0, 2), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_a_reading_between_dates_is_linear(at, values):
    source = toy([values])
    expected = float(np.interp(at, [0, 1, 2], values))
    for margin, true in ((1e-6, False), (-1e-6, True)):
        condition = f"q > {expected + margin!r} at {at!r}"
        try:
            assert when("q < 99", source, given=[condition]).draws == 1
            assert true
        except InputError as error:
            assert "too few" in error.message
            assert not true


# What is refused


@pytest.mark.parametrize(
    ("card", "expression", "column", "said"),
    [
        ("leaderboard", "mmlu_gap < 3", 1, "no quantity 'mmlu_gap'"),
        ("leaderboard", "loss_gap < lagg", 12, "no quantity 'lagg'"),
        ("leaderboard", "price_band_compute > 1e25", 1, "no quantity 'price_band_compute'"),
        ("mmlu-pro-alone", "budget_compute > 1e25", 1, 'it needs a card with "training"'),
        ("leaderboard", "loss_gap_slope < 0", 1, 'it needs a card with "none"'),
        ("leaderboard", "loss_gap < 0", 12, "lies above 0 nats/token"),
        ("leaderboard", "mmlu_pro_gap < -1", 16, "lies between 0 and 100 points"),
        ("leaderboard", "mmlu_pro_frontier > 101", 21, "is always true or never"),
        ("leaderboard", "mmlu_pro_gap < 3 nats", 18, "not in 'nats'"),
        ("leaderboard", "tokens > -1", 10, "lies above 0"),
        ("leaderboard", "loss_gap < mmlu_pro_gap", 12, "nats/token, mmlu_pro_gap in points"),
        ("leaderboard", "loss_gap < loss_gap at 2060", 24, "2060 lies outside 2023-12-01 .. the end of 2040"),
        ("leaderboard", "loss_gap < 0.1 at 2020", 19, "the date 2020 lies outside"),
        ("leaderboard", "loss_gap < 0.1 at 2027 first", 24, "both sides are fixed: 'first' means nothing"),
        ("leaderboard", "loss_gap < 0.1 for 18 years", 16, "covers no more than 17.1 years"),
        ("leaderboard", "loss_gap < 0.1 and (lag < 1 or lagg < 1)", 32, "no quantity 'lagg'"),
        ("leaderboard", "loss_gap < 0.1 or mmlu_pro_gap < 200", 34, "lies between 0 and 100"),
        ("paper", "loss_gap < loss_gap at 2025-01-01", 24, "knows no calendar"),
        ("paper", "loss_gap < loss_gap at 31", 24, "outside 0 .. 30"),
    ],
)
def test_a_question_that_does_not_fit_is_refused_before_anything_is_sampled(card, expression, column, said):
    nothing = blank(gather(card))  # reading a draw of it would fail
    with pytest.raises(InputError) as caught:
        when(expression, nothing)
    assert caught.value.message.startswith(f"column {column}: ")
    assert said in caught.value.message


def test_unknown_names_list_what_exists_the_nearest_first():
    with pytest.raises(InputError) as caught:
        when("budget_levl > 3", blank(gather("paper")))
    assert caught.value.remedy.startswith("Did you mean 'budget_level'?")
    for name in ("frontier_level", "budget_level", "loss_gap", "budget_compute"):
        assert name in caught.value.remedy


@pytest.mark.parametrize(
    ("card", "by", "said"),
    [("leaderboard", 2041, "--by: the date 2041 lies outside"), ("leaderboard", "2041-01-02", "outside"),
     ("leaderboard", "soon", "--by: 'soon' is not a date"), ("leaderboard", "2027-02-30", "is not a date"),
     ("paper", "2027-01-01", "knows no calendar"), ("leaderboard", float("nan"), "is not a date"),
     ("leaderboard", 2022, "outside"),
     ("paper", 31, "outside"), ("paper", -1, "outside")],
)  # fmt: skip
def test_years_that_are_not_covered_are_refused(card, by, said):
    with pytest.raises(InputError, match=said):
        when("loss_gap < 0.1", blank(gather(card)), [by])


def test_a_gap_may_be_negative_where_the_budget_actor_may_lead():
    overtaken = forecast(gather("paper-inference")).when("loss_gap < 0")
    assert 0.5 < overtaken.cdf["30"].value < 1


def test_limits_hold_in_every_draw(leaderboard, uncertain):
    for result in (leaderboard, uncertain):
        for name, values in result.predictions.data_vars.items():
            low, high = values.attrs.get("valid_min", -np.inf), values.attrs.get("valid_max", np.inf)
            assert float(values.min()) >= low, name
            assert float(values.max()) <= high, name


# A run that stands


def test_a_run_in_a_folder_gives_the_same_answers(leaderboard, leaderboard_run):
    source = open_run(leaderboard_run[0]).draws
    here = Draws.of("mmlu-pro-alone", leaderboard.predictions, leaderboard.posterior)
    assert source.card == here.card
    assert source.chains == here.chains == 4
    assert (source.start, source.horizon, source.clock) == (here.start, here.horizon, here.clock)
    assert source.labels == {name: dict(label) for name, label in here.labels.items()}
    assert source.posterior.keys() == here.posterior.keys()
    for name, values in here.posterior.items():
        np.testing.assert_array_equal(source.posterior[name], values, err_msg=name)
    gap = leaderboard.inputs.card.benchmarks[0].name + "_gap"
    for expression in ("loss_gap < 0.02", f"{gap} < 3", "budget_level >= frontier_level at 2025-01-01"):
        fresh, kept = when(expression, here), when(expression, source)
        same = np.isclose(fresh.dates, kept.dates, atol=1e-3) | (fresh.dates == kept.dates)
        assert same.mean() > 0.999  # single precision


# The calendar of a card that has none


def test_an_anchor_puts_the_start_on_the_calendar(point):
    import datetime as dt

    source = Draws.of("paper", point.predictions, point.posterior)
    anchored = source.anchored(dt.date(2020, 7, 1))
    start = 2020 + 182 / 366
    assert anchored.calendar
    assert anchored.horizon == 2049
    assert anchored.times[-1] == 2050
    for expression in ("loss_gap < 0.05", "budget_compute > 1e22"):
        assert when(expression, anchored).dates[0] == pytest.approx(start + when(expression, source).dates[0])
    with pytest.raises(InputError, match="has a calendar already"):
        anchored.anchored(dt.date(2020, 7, 1))


@given(st.dates())
def test_an_anchored_source_ends_with_a_year_and_keeps_its_values(date):
    if date.year > 9000:
        return
    line = np.linspace(0, 10, 121)
    anchored = toy([line], line).anchored(date)
    assert anchored.times[-1] == np.floor(anchored.times[-1])
    assert (np.diff(anchored.times) > 0).all()
    start = anchored.times[0]
    np.testing.assert_allclose(anchored.read("q")[0], anchored.times - start, atol=1e-6)


# Budgets


def test_another_budget_leaves_the_frontier_where_it_is(uncertain):
    world = World.of(gather("paper", "literature"))
    poor, rich = world.source(1000), world.source(1e6)
    own = world.source()
    for name in own.labels:
        np.testing.assert_array_equal(poor.read(name), own.read(name), err_msg=name)
    np.testing.assert_allclose(rich.read("frontier_effective_compute"), own.read("frontier_effective_compute"))
    np.testing.assert_allclose(rich.read("budget_compute"), 1000 * own.read("budget_compute"))
    np.testing.assert_allclose(rich.read("lead"), own.read("lead") - np.log(1000), atol=1e-9)
    np.testing.assert_allclose(rich.posterior["C0"], 1000 * own.posterior["C0"])


def test_a_budget_in_closed_form(point):
    world = World.of(gather("paper"))
    answer = when("budget_compute > 1e25", world.source(1e6))
    assert answer.dates[0] == pytest.approx(float(dates.rule_time(1e25, 1e23, 1.4)), abs=1e-9)
    overtakes = when("lead > 0", world.source(1e6))
    assert overtakes.dates[0] == pytest.approx(np.log(1000) / np.log(G), abs=1e-9)


@pytest.mark.parametrize(
    ("card", "usd", "said"),
    [
        ("leaderboard", 1e6, "follower 'price_band' has growth = 'price_band'"),
        ("paper-inference", 1e6, "follower 'budget' has growth = 'inference'"),
        ("paper", 0.0, "not a sum of money"),
        ("paper", float("nan"), "not a sum of money"),
        ("paper", float("inf"), "not a sum of money"),
    ],
)
def test_budgets_that_mean_nothing_are_refused(card, usd, said):
    with pytest.raises(InputError, match=said):
        check_budgets(load_card(card), [usd])
    with pytest.raises(InputError, match=said):
        with_budget(load_card(card), {"C0": np.ones(1), "R": np.ones(1)}, usd)


def test_a_card_that_does_not_price_compute_is_refused():
    card = load_card("paper").model_copy(update={"budget_usd": None})
    with pytest.raises(InputError, match="what sum of money C0 stands for"):
        check_budgets(card, [1e6])


def test_a_price_of_compute_needs_a_training_budget(edited):
    file = edited("models", "leaderboard", ("horizon = 2040", "horizon = 2040\nbudget_usd = 10.0"))
    with pytest.raises(InputError, match=r'budget_usd.* needs a follower of growth = "training"'):
        load_card(file)


def test_every_card_with_a_training_budget_says_what_it_costs():
    from meekcast.cards.library import names

    for name in names("models"):
        card = load_card(name)
        assert (card.budget_usd is not None) == (card.followers[0].growth == "training"), name


def test_draws_are_not_changed_in_place():
    draws = {"C0": np.array([1e20]), "R": np.array([1.0])}
    with_budget(load_card("paper"), draws, 1e9)
    assert draws["C0"].tolist() == [1e20]


def test_the_document_of_an_answer_is_complete(point):
    answer = point.when("loss_gap < 0.05")
    names = {field.name for field in dataclasses.fields(answer)}
    assert answer.as_dict().keys() == names - {"dates", "true"}
    for name in names:
        assert f"{name} :" in type(answer).__doc__ or f", {name}" in type(answer).__doc__


def test_a_stored_answer_is_the_answer(uncertain):
    for answer in (*uncertain.events, uncertain.when("loss_gap < 0.02 first", by=[7.5])):
        again = Answer.from_dict(json.loads(to_json(answer.as_dict())), answer.dates)
        assert again.as_dict() == answer.as_dict()
        np.testing.assert_array_equal(again.true, answer.true)


# On a date


def test_a_question_on_a_date_is_a_probability(source, uncertain):
    answer = when("lag > 1 at 5", source)
    times = uncertain.predictions["time"].to_numpy()
    values = [np.interp(5, times, row) for row in uncertain.predictions["lag"].to_numpy()]
    assert answer.probability.value == np.mean(np.array(values) > 1)
    assert answer.probability_not_by_horizon.value == np.mean(np.array(values) <= 1)
    assert 0 < answer.probability.error < 0.01
    assert (answer.quantiles, answer.probability_by, answer.cdf, answer.dates.size) == ({}, {}, {}, 0)
    with pytest.raises(InputError, match="--by means nothing"):
        when("lag > 1 at 5", source, by=[5])


def test_propositions_are_combined_draw_by_draw(source):
    one, two = (when(f"{q} at 5", source).true for q in ("lag > 1", "tokens > 20"))
    np.testing.assert_array_equal(when("lag > 1 at 5 and tokens > 20 at 5", source).true, one & two)
    np.testing.assert_array_equal(when("lag > 1 at 5 or tokens > 20 at 5", source).true, one | two)
    given = when("lag > 1 at 5", source, given=["tokens > 20 at 5"])
    assert given.probability.value == pytest.approx((one & two).sum() / two.sum())


# What 2027 means


def test_2027_means_its_end_wherever_a_date_is_named():
    """In `at`, --by, --at, QUANTITY@DATE, --range and `from` of scenarios: 2027 is 2028-01-01, and 2027.5 is itself."""
    from meekcast.clock import instant, read_when
    from meekcast.export.metaculus import _position
    from meekcast.forecasts.questions.when import read_by
    from meekcast.sensitivities.outputs import event_outputs, value_at
    from meekcast.sensitivities.runs import Run
    from meekcast.vocabulary.grammar import parse
    from meekcast.whatif.scenarios import _from

    times = np.linspace(2024, 2034, 121)
    line = np.linspace(0, 10, 121)[None, :] + np.arange(-150, 150)[:, None] / 100
    draws = toy(line, times, calendar=True)
    run = Run({"card": "toy", "clock": "calendar", "events": []}, draws)
    for text, date in (("2027", 2028.0), ("2028-01-01", 2028.0), ("2027.5", 2027.5)):
        named = read_when(text)
        at = line[:, 0] + date - 2024
        assert instant(named, calendar=True) == date
        assert read_by([text], draws) == (named,)
        np.testing.assert_allclose(value_at(run, "q", named).values, at)
        happened = when("q > 3", draws, by=[text]).probability_by[text].value
        assert happened == np.mean(draws.times[0] + 3 - line[:, 0] < date)
        by, _ = event_outputs(run, parse("q > 3"), [named])
        assert by.values.mean() == happened
        assert when(f"q > 3 at {text}", draws).probability.value == pytest.approx(np.mean(at > 3), abs=0.01)
        level = float(np.median(at)) + 1e-3
        reached = when(f"q > q at {text}", draws).dates
        np.testing.assert_allclose(reached, date, atol=1e-6)
        assert when(f"q > {level!r} at {text}", draws).probability.value == pytest.approx(0.5, abs=0.01)
        assert _from(named, draws) == date
        assert _position(SimpleNamespace(calendar=True), text) == date


def test_an_event_beyond_the_horizon_that_was_asked_for_is_refused_before_anything_is_sampled(edited, monkeypatch):
    from meekcast.forecasts import forecast as module

    file = edited("models", "paper", ('ask = "loss_gap < 0.1 nats/token"', 'ask = "loss_gap < loss_gap at 20"'))
    assert forecast(gather(file)).events[1].expression == "loss_gap < loss_gap at 20"
    monkeypatch.setattr(module, "infer", lambda *_: pytest.fail("something was sampled"))
    with pytest.raises(
        InputError, match=r"event 'the loss gap falls below 0.1 nats': .*the date 20 lies outside 0 .. 10"
    ):
        forecast(gather(file), until=10)
