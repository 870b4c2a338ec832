"""Dates of questions: crossings on hand-made paths, a brute-force oracle, and what is proved never to happen."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.cards import library
from meekcast.equations.sprt import decision_nats
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.forecast import forecast
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.forecasts.questions.dating import compared, date_of, last_change, pieces
from meekcast.forecasts.questions.evaluate import outcome
from meekcast.forecasts.questions.never import never
from meekcast.forecasts.questions.when import when
from meekcast.inference.sampler import Settings
from meekcast.inputs import Override, gather
from meekcast.model.theory import rates
from meekcast.vocabulary.expression import Comparison, Duration, Expression, Joined, Level, Reading
from meekcast.vocabulary.grammar import parse

INF = np.inf
TIMES = np.array([0.0, 1.0, 2.0, 3.0])


def toy(paths, times=TIMES, calendar=False):
    """Quantities a, b, c over a few dates."""
    arrays = {name: np.asarray(path, float) for name, path in zip("abc", paths, strict=False)}
    labels = {name: {"units": "points", "long_name": name} for name in arrays}
    return Draws("toy", np.asarray(times, float), calendar, None, labels, arrays.__getitem__)


def dated(times, path, threshold, operator):
    """From when on it stays: the same whether all pieces are looked at, or the last change alone."""
    part = compared(times, np.asarray(path, float), np.full((len(path), 1), float(threshold)), operator)
    dates = date_of(pieces(times, [part], lambda holds: holds[0]), "stays")
    np.testing.assert_array_equal(dates, last_change(times, part))
    return dates


@pytest.mark.parametrize(
    ("path", "threshold", "side", "expected"),
    [
        ([3, 2, 0, 0], 1, "below", 1.5),  # between two dates, linearly
        ([3, 1.5, 0.5, 0], 1, "below", 1.5),
        ([0, 3, 0, 0], 1, "below", 1 + 2 / 3),  # the last crossing counts
        ([3, 0, 2, 0], 1, "below", 2.5),
        ([0, 0, 0, 0], 1, "below", 0.0),  # from the start
        ([3, 3, 3, 3], 1, "below", INF),  # never
        ([3, 0, 0, 2], 1, "below", INF),  # not at the horizon
        ([3, 0, 0, 1], 1, "below", INF),  # touching is not below
        ([3, 0, 1, 0], 1, "below", 2.0),  # a touch breaks it
        ([1, 1, 1, 0], 1, "below", 2.0),
        ([1, 0, 0, 0], 1, "below", 0.0),
        ([0, 0, 2, 2], 1, "above", 1.5),
        ([2, 2, 2, 2], 1, "above", 0.0),
        ([2, 2, 2, 1], 1, "above", INF),
        ([2, 2, 0, 3], 1, "above", 2 + 1 / 3),
        ([0, 0, 1, 2], 1, "above", 2.0),
        ([INF, INF, 0, 0], 1, "below", 2.0),  # falls from infinity
        ([INF, 3, 0, 0], 1, "below", 1 + 2 / 3),
        ([0, 0, INF, INF], 1, "above", 1.0),  # rises to infinity
        ([INF, INF, INF, INF], 1, "above", 0.0),
        ([INF, INF, INF, INF], 1, "below", INF),
        ([-INF, -INF, 2, 2], 1, "above", 2.0),
        ([2, 2, -INF, -INF], 1, "below", 1.0),
        ([INF, 0, INF, 2], 1, "above", 1.0),
        ([0, 0, 0, INF], 1, "above", 2.0),
    ],
)
def test_the_date_is_the_first_from_which_the_condition_holds_to_the_end(path, threshold, side, expected):
    operator = {"below": "<", "above": ">"}[side]
    assert dated(TIMES, [path], threshold, operator).tolist() == [pytest.approx(expected)]


def test_paths_do_not_disturb_each_other():
    paths = np.array([[3, 2, 0, 0], [3, 3, 3, 3], [0, 0, 0, 0], [INF, INF, 0, 0]], float)
    assert dated(TIMES, paths, 1, "<").tolist() == [1.5, INF, 0.0, 2.0]


values = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([INF, -INF, 0.0, 1.0]))


@given(st.lists(st.lists(values, min_size=4, max_size=4), min_size=1, max_size=5), st.floats(-10, 10))
def test_a_date_is_never_nan_and_splits_the_path(paths, threshold):
    paths = np.array(paths)
    below, above = (dated(TIMES, paths, threshold, operator) for operator in "<>")
    for date, holds in ((below, paths < threshold), (above, paths > threshold)):
        assert not np.isnan(date).any()
        assert (np.isinf(date) == ~holds[:, -1]).all()
        finite = ~np.isinf(date)
        assert ((date[finite] >= 0) & (date[finite] <= 3)).all()
        later = TIMES[None, :] > date[:, None]
        assert holds[later].all()  # it holds at every date after
        start = finite & (date > 0)
        last_before = np.array([np.flatnonzero(w > TIMES)[-1] if w > 0 else 0 for w in date[start]], int)
        broken = ~holds[start, :][np.arange(len(last_before)), last_before]
        touching = ~holds[start, :][np.arange(len(last_before)), np.minimum(last_before + 1, 3)]
        assert (broken | touching).all()  # and not just before


@pytest.mark.parametrize(
    ("path", "lasting", "expected"),
    [
        ([3, 0, 3, 0], "first", 2 / 3),
        ([0, 3, 3, 3], "first", 0.0),
        ([3, 3, 3, 3], "first", INF),
        ([3, 0, 3, 0], "for 8 months", 2 / 3),
        ([3, 0, 3, 0], "for 9 months", INF),  # the second stretch is cut short by the horizon after 8 months
        ([3, 0, 3, 0], "for 243 days", 2 / 3),
        ([3, 0, 0, 3], "for 1 year", 2 / 3),
        ([3, 3, 0, 0], "for 1 year", 5 / 3),
        ([3, 3, 3, 0], "for 1 year", INF),  # it holds at the horizon, but has not done so for a year
        ([0, 0, 0, 0], "for 3 years", 0.0),
        ([0, 3, 0, 0], "for 1 year", 5 / 3),
    ],
)
def test_first_and_for_so_long(path, lasting, expected):
    answer = when(f"a < 1 {lasting}", toy([[path]]))
    assert answer.dates.tolist() == [pytest.approx(expected)]
    assert answer.expression.endswith(lasting)


def test_a_moment_is_seen():
    assert when("a <= 1 first", toy([[[3, 1, 3, 3]]])).dates.tolist() == [1.0]
    assert when("a <= 1 first", toy([[[1, 3, 3, 3]]])).dates.tolist() == [0.0]
    assert when("a < 1 first", toy([[[3, 1, 3, 3]]])).dates.tolist() == [INF]
    answer = when("a <= 1 for 1 day", toy([[[3, 1, 3, 3]]]))
    assert answer.dates.tolist() == [INF]
    assert answer.probability_passing.value == 1.0


def test_conditions_are_joined_date_by_date():
    paths = [[[0, 0, 3, 3]]], [[[3, 3, 0, 0]]]
    source = toy([p[0] for p in paths])
    assert when("a < 1 or b < 1", source).dates.tolist() == [
        pytest.approx(5 / 3)
    ]  # for a third of a year neither holds
    assert when("a < 1 or b < 1 first", source).dates.tolist() == [0.0]
    assert when("a < 1 and b < 1 first", source).dates.tolist() == [INF]
    assert when("a < 2.5 and b < 2.5 first", source).dates.tolist() == [pytest.approx(1 + 1 / 6)]
    assert when("a < 2 or a >= 2", source).dates.tolist() == [0.0]  # of two that change at once none is earlier


def test_what_is_fixed_is_joined_as_what_it_is_at_every_date():
    source = toy([[[0, 1, 2, 3], [3, 2, 1, 0]], [[3, 3, 0, 0], [3, 3, 0, 0]]])
    assert when("b < 1.5 and a > 1 at 2", source).dates.tolist() == [1.5, INF]
    assert when("b < 1.5 or a > 1 at 2", source).dates.tolist() == [0.0, 1.5]


# A brute-force oracle: a fine grid, a loop. Paths have whole values and thresholds halves, so changes that differ do so
# by 1/128 or more, and none falls on a date of the fine grid.

FINE = 1 / 241


def brute(expression, source, step=FINE):
    """Date of a question of one draw on a fine grid, without any of the code under test."""
    fine = np.arange(source.times[0], source.times[-1] + step / 2, step)
    curves = {name: np.interp(fine, source.times, source.read(name)[0]) for name in source.labels}
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}

    def value(reading):
        if isinstance(reading, Level):
            return reading.value
        return curves[reading.quantity] if reading.at is None else np.interp(reading.at, fine, curves[reading.quantity])

    def holds(condition):
        if isinstance(condition, Comparison):
            found = compare[condition.operator](value(condition.left), value(condition.right))
            return np.broadcast_to(found, fine.shape)
        parts = [holds(part) for part in condition.parts]
        return np.all(parts, axis=0) if condition.word == "and" else np.any(parts, axis=0)

    true = holds(expression.condition)
    need = expression.lasting.years if isinstance(expression.lasting, Duration) else 0.0
    begun = None
    for i, t in enumerate(fine):
        begun = (t if begun is None else begun) if true[i] else None
        if expression.lasting != "stays" and begun is not None and t - begun >= need - 1e-9:
            return begun
    return begun if expression.lasting == "stays" and begun is not None else INF


levels = st.integers(-3, 3).map(lambda k: k + 0.5)
comparisons = st.one_of(
    st.builds(Comparison, st.sampled_from("abc").map(Reading), st.sampled_from(["<", ">"]), st.builds(Level, levels)),
    st.builds(
        lambda name, sign, level, at: Comparison(Reading(name, at), sign, Level(level)),
        st.sampled_from("abc"), st.sampled_from(["<", ">"]), levels, st.sampled_from([0.5, 2.0]),
    ),
)  # fmt: skip
conditions = st.recursive(
    comparisons,
    lambda inner: st.builds(Joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    max_leaves=4,
)
lastings = st.sampled_from(["stays", "first", Duration(6.0, "months"), Duration(1.0, "years"), Duration(3.0, "years")])
whole_paths = st.lists(st.lists(st.integers(-4, 4), min_size=4, max_size=4), min_size=3, max_size=3)


@settings(deadline=None)
@given(conditions, lastings, whole_paths)
def test_dates_are_those_of_a_fine_grid(condition, lasting, paths):
    question, source = Expression(condition, lasting), toy([[path] for path in paths])
    if question.is_proposition:
        if lasting == "stays":
            assert outcome(question, source).true.item() == (brute(question, source) == 0.0)
        return
    found, expected, near = outcome(question, source).dates.item(), brute(question, source), 2 * FINE
    if isinstance(lasting, Duration) and found != pytest.approx(expected, abs=near):
        # within the grid's reach of the duration the grid may miss, or take, a stretch
        ends = [
            outcome(Expression(condition, Duration(lasting.years + shift, "years")), source).dates.item()
            for shift in (-near, near) if lasting.years + shift <= 3
        ]  # fmt: skip
        assert any(end == pytest.approx(expected, abs=near) for end in ends)
        return
    assert found == pytest.approx(expected, abs=near)


@settings(deadline=None)
@given(conditions, whole_paths)
def test_asking_for_less_comes_no_later(condition, paths):
    source = toy([[path] for path in paths])
    if Expression(condition).is_proposition:
        return
    asked = ["first", Duration(1.0, "months"), Duration(1.0, "years"), Duration(2.0, "years")]
    dates = [outcome(Expression(condition, lasting), source).dates.item() for lasting in asked]
    assert dates == sorted(dates)
    assert dates[0] <= outcome(Expression(condition), source).dates.item()


@settings(deadline=None)
@given(conditions, conditions, whole_paths)
def test_and_or_are_those_of_logic(one, other, paths):
    source = toy([[path] for path in paths])

    def date(word, parts, lasting="stays"):
        return outcome(Expression(Joined(word, parts), lasting), source).dates.item()

    if Expression(one).is_proposition or Expression(other).is_proposition:
        return
    alone = [outcome(Expression(c), source).dates.item() for c in (one, other)]
    assert date("and", (one, other)) == max(alone)  # both stay from when the later one does
    assert date("or", (one, other)) <= min(alone)
    assert date("and", (one, other), "first") >= max(
        outcome(Expression(c, "first"), source).dates.item() for c in (one, other)
    )
    assert date("or", (one, other), "first") == min(
        outcome(Expression(c, "first"), source).dates.item() for c in (one, other)
    )


# Their distribution


def falling(dates, times):
    """Paths that pass 1 at the given dates and stay below."""
    return [1.0 + (np.asarray(dates, float)[:, None] - np.asarray(times)[None, :])]


def test_quantiles_are_dates_of_draws_and_infinite_where_too_few_happened():
    times = np.linspace(0, 10, 101)
    dates = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 99.0, 99.0, 99.0, 99.0]
    answer = when("a < 1", toy(falling(dates, times), times), by=[5, 10])
    assert list(answer.quantiles) == [f"{p:g}" for p in PROBABILITIES] == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert list(answer.quantiles.values()) == pytest.approx([1, 3, 5, INF, INF])
    assert answer.probability_not_by_horizon.value == pytest.approx(0.4)
    assert {y: p.value for y, p in answer.probability_by.items()} == {"5": 0.5, "10": pytest.approx(0.6)}


def test_by_2030_means_before_2031_on_a_calendar():
    times = np.array([2029.0, 2030.0, 2030.999, 2031.0, 2031.5, 2032.0])
    source = toy(falling([2029.5, 2030.9, 2031.0, 2031.2], times), times, calendar=True)
    by = ["2029", 2030, 2031.0, dt.date(2031, 1, 1), "2030-12-31", 2031.1]
    answer = when("a < 1", source, by)
    assert answer.dates == pytest.approx([2029.5, 2030.9, 2031.0, 2031.2])
    assert {y: p.value for y, p in answer.probability_by.items()} == {
        "2029": 0.25, "2030": 0.5, "2031": 1.0, "2031-01-01": 0.5, "2030-12-31": 0.5, "2031.1": 0.75,
    }  # fmt: skip


def test_within_5_years_includes_the_fifth_on_an_elapsed_clock():
    times = np.array([0.0, 4.0, 5.0, 6.0])
    answer = when("a < 1", toy(falling([4.5, 5.0, 5.5], times), times), by=[5])
    assert answer.dates == pytest.approx([4.5, 5.0, 5.5])
    assert answer.probability_by["5"].value == pytest.approx(2 / 3)


@settings(deadline=None)
@given(st.lists(st.lists(values, min_size=4, max_size=4), min_size=1, max_size=12), st.booleans(), st.floats(-10, 10))
def test_nothing_about_an_answer_is_nan(paths, calendar, threshold):
    answer = when(f"a < {threshold!r}", toy([paths], calendar=calendar), by=[0, 1, 2])
    chances = [p.value for p in answer.probability_by.values()]
    numbers = [*answer.quantiles.values(), *chances, answer.probability_not_by_horizon.value]
    assert not any(math.isnan(number) for number in numbers)
    assert list(answer.quantiles.values()) == sorted(answer.quantiles.values())
    assert chances == sorted(chances)


# Never


def story(seed=0, n=4000):
    """Constant-growth draws of every kind: budgets and leads that grow, stand still and shrink."""
    rng = np.random.default_rng(seed)

    def growth(*still):  # a tenth stands still; the others move by 3 % a year or more
        rate = rng.choice([-1, 1, 1], n) * rng.uniform(0.03, 1.2, n)
        return np.where(rng.random(n) < 0.1, 1.0, np.exp(rate))

    return {
        "alpha": rng.uniform(0.05, 0.4, n), "A": np.exp(rng.uniform(5, 9, n)), "L0": np.full(n, 1.7),
        "C0": np.exp(rng.uniform(40, 60, n)), "R": np.exp(rng.choice([-2.0, 0.0, 0.0, 3.0], n)),
        "g_hardware": growth(), "g_algorithms": np.ones(n), "g_investment": growth(),
        "type_1": np.full(n, 0.05), "type_2": np.full(n, 0.1), "slowdown": np.exp(rng.uniform(0, 4, n)),
    }  # fmt: skip


def brute_force(quantity, p):
    """The quantity on a long grid. The slope is divided by the budget's loss, which leaves its sign."""
    card = library.load_card("paper")
    times = np.linspace(0, 40_000, 401)
    column = {name: value[:, None] for name, value in p.items()}
    budget_rate, frontier_rate, lead_rate = rates(card, card.followers[0], column, 0.0)
    lead = np.log(column["R"]) + lead_rate * times
    with np.errstate(all="ignore"):
        if quantity == "loss_gap_slope":
            return times, frontier_rate * np.exp(-column["alpha"] * lead) - budget_rate
        shrunk = -column["alpha"] * lead
        log_saved = np.where(shrunk > 30, shrunk, np.log(abs(np.expm1(shrunk))))
        log_budget = np.log(column["A"]) - column["alpha"] * (np.log(column["C0"]) + budget_rate * times)
        gap = np.sign(lead) * np.exp(log_budget + log_saved)
        if quantity == "loss_gap":
            return times, gap
        nats = column["slowdown"] * decision_nats(column["type_1"], column["type_2"])
        return times, np.where(gap > 0, nats / gap, INF)


@pytest.mark.parametrize("growing_budget", [True, False])
@pytest.mark.parametrize(
    "event",
    ["loss_gap < 0.05", "loss_gap < 2", "tokens > 1000", "loss_gap_slope < 0"],
)
def test_never_is_what_a_long_grid_shows(event, growing_budget):
    p = story()
    kept = (p["g_hardware"] > 1) == growing_budget
    p = {name: value[kept] for name, value in p.items()}
    quantity, operator, level = event.split()
    times, paths = brute_force(quantity, p)
    expected = np.isinf(dated(times, paths, float(level), operator))
    np.testing.assert_array_equal(never(library.load_card("paper"), parse(event), p), expected)


def test_the_story_has_draws_that_never_see_the_event():
    p = story()
    assert 0.1 < never(library.load_card("paper"), parse("loss_gap < 0.05"), p).mean() < 0.9


def test_without_a_lead_the_gap_has_no_trend_that_falls():
    """g_investment 1 and R 1: the gap is zero for ever, so it never falls."""
    p = {name: np.array([v]) for name, v in {
        "alpha": 0.155, "A": 1070.0, "L0": 1.7, "C0": 1e20, "R": 1.0, "g_hardware": 1.4, "g_algorithms": 2.8,
        "g_investment": 1.0, "type_1": 0.05, "type_2": 0.05, "slowdown": 1.0,
    }.items()}  # fmt: skip
    card = library.load_card("paper")
    assert never(card, parse("loss_gap_slope < 0"), p).tolist() == [True]
    assert never(card, parse("loss_gap < 0.05"), p).tolist() == [False]


@pytest.mark.parametrize(
    ("card", "event"),
    [
        ("mmlu-pro-alone", "loss_gap < 0.005"),  # a random departure may always come back
        ("paper", "loss_gap < 0"),
        ("paper", "loss_gap > 0.05"),
        ("paper", "lead < 1"),
        ("paper", "tokens < 10"),
        ("paper", "loss_gap_slope < -0.1"),
        ("paper", "loss_gap < 0.05 first"),  # it may hold for a while
        ("paper", "loss_gap < 0.05 for 6 months"),
        ("paper", "loss_gap < 0.05 and lead < 1"),
    ],
)
def test_where_nothing_is_proved_never_is_left_open(card, event):
    assert never(library.load_card(card), parse(event), story(n=5)) is None


@pytest.mark.long
@settings(deadline=None, max_examples=40)
@given(
    st.floats(0.02, 5e3), st.floats(1.0, 2.0), st.floats(1.0, 6.0), st.floats(0.8, 6.0), st.integers(5, 60)
)  # fmt: skip
def test_never_does_not_contradict_what_has_happened(R, hardware, algorithms, investment, until):
    values = {"R": R, "g_hardware": hardware, "g_algorithms": algorithms, "g_investment": investment}
    inputs = gather("paper", "literature", [Override(name, repr(value)) for name, value in values.items()])
    for event in forecast(inputs, Settings(draws=50), until=until).events:
        assert event.probability_never.value <= event.probability_not_by_horizon.value
        for by in (*event.probability_by.values(), *event.cdf.values()):
            assert by.value + event.probability_never.value <= 1 + 1e-12


def test_a_peak_that_is_passed_for_a_while_does_not_never_come():
    """The case of fault 5: the trend falls at once and up to the horizon, and rises after it."""
    inputs = gather("paper", None, [Override("R", "1000"), Override("g_investment", "0.9")])
    peak = forecast(inputs, until=30).events[0]
    assert peak.probability_by["5"].value == 1.0
    assert peak.probability_never.value == 0.0
