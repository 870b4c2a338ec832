"""Dates of events: crossings on hand-made paths, their distribution, and what is proved never to happen."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.cards import library
from meekcast.cards.schema import EventEntry
from meekcast.equations.sprt import decision_nats
from meekcast.forecasts.questions.events import PROBABILITIES, dated, first_lasting, probability_never
from meekcast.model.theory import rates

INF = np.inf
TIMES = np.array([0.0, 1.0, 2.0, 3.0])


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
    assert first_lasting(TIMES, np.array([path], float), threshold, side).tolist() == [pytest.approx(expected)]


def test_paths_do_not_disturb_each_other():
    paths = np.array([[3, 2, 0, 0], [3, 3, 3, 3], [0, 0, 0, 0], [INF, INF, 0, 0]], float)
    assert first_lasting(TIMES, paths, 1, "below").tolist() == [1.5, INF, 0.0, 2.0]


values = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([INF, -INF, 0.0, 1.0]))


@given(st.lists(st.lists(values, min_size=4, max_size=4), min_size=1, max_size=5), st.floats(-10, 10))
def test_a_date_is_never_nan_and_splits_the_path(paths, threshold):
    paths = np.array(paths)
    below, above = (first_lasting(TIMES, paths, threshold, side) for side in ("below", "above"))
    for when, holds in ((below, paths < threshold), (above, paths > threshold)):
        assert not np.isnan(when).any()
        assert (np.isinf(when) == ~holds[:, -1]).all()
        finite = ~np.isinf(when)
        assert ((when[finite] >= 0) & (when[finite] <= 3)).all()
        later = TIMES[None, :] > when[:, None]
        assert holds[later].all()  # it holds at every date after
        start = finite & (when > 0)
        last_before = np.array([np.flatnonzero(w > TIMES)[-1] if w > 0 else 0 for w in when[start]], int)
        broken = ~holds[start, :][np.arange(len(last_before)), last_before]
        touching = ~holds[start, :][np.arange(len(last_before)), np.minimum(last_before + 1, 3)]
        assert (broken | touching).all()  # and not just before


def entry(**changes):
    return EventEntry(**{"name": "e", "quantity": "loss_gap", "below": 1.0, "unit": "nats/token", **changes})


def falling(when, times):
    """Paths that pass 1 at the given dates and stay below."""
    return 1.0 + (np.asarray(when, float)[:, None] - times[None, :])


def test_quantiles_are_dates_of_draws_and_infinite_where_too_few_happened():
    times = np.linspace(0, 10, 101)
    dates = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 99.0, 99.0, 99.0, 99.0]
    event = dated(entry(), times, falling(dates, times), (5, 10), False, None)
    assert list(event.quantiles) == [f"{p:g}" for p in PROBABILITIES] == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert list(event.quantiles.values()) == pytest.approx([1, 3, 5, INF, INF])
    assert event.probability_not_by_horizon == pytest.approx(0.4)
    assert event.probability_by == {"5": pytest.approx(0.5), "10": pytest.approx(0.6)}
    assert (event.side, event.threshold, event.quantity, event.unit) == ("below", 1.0, "loss_gap", "nats/token")


def test_by_2030_means_before_2031_on_a_calendar():
    times = np.array([2029.0, 2030.0, 2030.999, 2031.0, 2031.5, 2032.0])
    event = dated(entry(), times, falling([2029.5, 2030.9, 2031.0, 2031.2], times), (2029, 2030, 2031), True, None)
    assert event.dates == pytest.approx([2029.5, 2030.9, 2031.0, 2031.2])
    assert event.probability_by == {"2029": 0.25, "2030": 0.5, "2031": 1.0}


def test_within_5_years_includes_the_fifth_on_an_elapsed_clock():
    times = np.array([0.0, 4.0, 5.0, 6.0])
    event = dated(entry(below=None, above=1.0), times, 2.0 - falling([4.5, 5.0, 5.5], times), (5,), False, None)
    assert event.dates == pytest.approx([4.5, 5.0, 5.5])
    assert event.probability_by == {"5": pytest.approx(2 / 3)}
    assert event.side == "above"


def test_what_never_happens_by_the_horizon_is_infinite_in_every_quantile():
    event = dated(entry(), TIMES, np.full((7, 4), 5.0), (1, 2), False, 1.0)
    assert set(event.quantiles.values()) == {INF}
    assert (event.probability_not_by_horizon, event.probability_never) == (1.0, 1.0)
    assert set(event.probability_by.values()) == {0.0}


@settings(deadline=None)
@given(st.lists(st.lists(values, min_size=4, max_size=4), min_size=1, max_size=12), st.booleans(), st.floats(-10, 10))
def test_nothing_about_an_event_is_nan(paths, calendar, threshold):
    event = dated(entry(below=threshold), TIMES, np.array(paths), (0, 1, 5), calendar, None)
    numbers = [*event.quantiles.values(), *event.probability_by.values(), event.probability_not_by_horizon]
    assert not any(math.isnan(number) for number in numbers)
    assert list(event.quantiles.values()) == sorted(event.quantiles.values())
    assert list(event.probability_by.values()) == sorted(event.probability_by.values())
    for field in dataclasses.fields(event):
        assert field.name in type(event).__doc__


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
    budget_rate, frontier_rate, lead_rate = rates(card, column, 0.0)
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
    [
        entry(below=0.05),
        entry(below=2.0),
        entry(quantity="tokens", below=None, above=1000.0, unit="tokens"),
        entry(quantity="loss_gap_slope", below=0.0, unit="nats/token/year"),
    ],
    ids=lambda e: f"{e.quantity} {e.threshold:g}",
)
def test_never_is_what_a_long_grid_shows(event, growing_budget):
    p = story()
    kept = (p["g_hardware"] > 1) == growing_budget
    p = {name: value[kept] for name, value in p.items()}
    times, paths = brute_force(event.quantity, p)
    side = "below" if event.below is not None else "above"
    expected = np.isinf(first_lasting(times, paths, event.threshold, side))
    assert probability_never(library.load_card("paper"), event, p) == expected.mean()
    for i in np.flatnonzero(expected)[:50]:  # draw by draw, too
        assert probability_never(library.load_card("paper"), event, {n: v[i : i + 1] for n, v in p.items()}) == 1.0


def test_the_story_has_draws_that_never_see_the_event():
    p = story()
    never = probability_never(library.load_card("paper"), entry(below=0.05), p)
    assert 0.1 < never < 0.9


def test_without_a_lead_the_gap_has_no_trend_that_falls():
    """g_investment 1 and R 1: the gap is zero for ever, so it never falls."""
    p = {name: np.array([v]) for name, v in {
        "alpha": 0.155, "A": 1070.0, "L0": 1.7, "C0": 1e20, "R": 1.0, "g_hardware": 1.4, "g_algorithms": 2.8,
        "g_investment": 1.0, "type_1": 0.05, "type_2": 0.05, "slowdown": 1.0,
    }.items()}  # fmt: skip
    slope = entry(quantity="loss_gap_slope", below=0.0, unit="nats/token/year")
    assert probability_never(library.load_card("paper"), slope, p) == 1.0
    assert probability_never(library.load_card("paper"), entry(below=0.05), p) == 0.0


@pytest.mark.parametrize(
    ("card", "event"),
    [
        ("mmlu-pro-alone", entry(below=0.005)),  # a random departure may always come back
        ("paper", entry(below=0.0)),
        ("paper", entry(below=None, above=0.05)),
        ("paper", entry(quantity="lead", below=1.0, unit="ln FLOP")),
        ("paper", entry(quantity="tokens", below=10.0, unit="tokens")),
        ("paper", entry(quantity="loss_gap_slope", below=-0.1, unit="nats/token/year")),
    ],
)
def test_where_nothing_is_proved_never_is_left_open(card, event):
    assert probability_never(library.load_card(card), event, story(n=5)) is None
