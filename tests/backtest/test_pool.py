"""A pool of card and baselines: its CRPS, what its weights learn, and what they may not know."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meekcast.backtests.pool import (
    GRID,
    MEMBERS,
    Member,
    baseline_draws,
    best_weights,
    distances,
    grid,
    learnt,
    mixture,
    weights_at,
)
from meekcast.backtests.scores import crps
from meekcast.backtests.targets import HORIZONS, Target, month_end
from meekcast.clock import decimal_year

D = dt.date
GAPS = arrays(float, (2, 20), elements=st.floats(0, 100).map(lambda x: round(x, 1)))


@given(GAPS, st.floats(0, 100), st.integers(0, 4))
def test_the_crps_of_a_pool_is_that_of_its_draws(draws, observed, first):
    """With weights in quarters, brute force repeats each member's draws so often."""
    times = np.array([first, 4 - first])
    grids = np.sort(draws, axis=1)
    to, between = distances(grids, observed)
    w = times / times.sum()
    every = np.sort(np.concatenate([np.repeat(own, n) for own, n in zip(grids, times, strict=True)]))
    assert w @ to - w @ between @ w / 2 == pytest.approx(crps(every, observed), abs=1e-9)


def test_a_pool_has_of_each_member_what_its_weight_says():
    grids = np.array([np.linspace(10 * k, 10 * k + 1, GRID) for k in range(2)])
    weights = dict(zip(MEMBERS, (0.7, 0.3), strict=True))
    drawn = mixture(grids, weights)
    assert len(drawn) == GRID
    assert [np.count_nonzero(np.floor(drawn / 10) == k) for k in range(2)] == [700, 300]
    np.testing.assert_array_equal(mixture(grids, dict(zip(MEMBERS, (0.0, 1.0), strict=True))), grids[1])


def test_draws_that_are_often_the_same_stay_so_on_the_grid():
    draws = np.concatenate([np.zeros(2400), np.random.default_rng(0).uniform(1, 2, 1600)])
    assert np.count_nonzero(grid(draws) == 0) == 600


@given(arrays(float, (3, 15), elements=st.floats(0, 10)), st.floats(0, 10), st.floats(0.01, 10))
def test_no_other_weights_are_better(draws, observed, pull):
    to, between = distances(np.sort(draws, axis=1), observed)

    def loss(w):
        return w @ to - w @ between @ w / 2 + pull * np.sum((w - 1 / 3) ** 2)

    best = np.array(best_weights(to, between, pull))
    assert best.min() >= 0
    assert best.sum() == pytest.approx(1)
    others = np.random.default_rng(0).dirichlet(np.ones(3), 200)
    assert loss(best) <= min(map(loss, [*others, *np.eye(3)])) + 1e-7


def past_of(months, right=1, horizon=0.25, series="a", unit=1.0):
    """Targets at so many origins: one member is right, the other is off by a unit, and so is persistence."""
    origins = [month_end(D(2024, 6, 30), later) for later in range(months)]
    away = np.array([[float(k != right)] for k in range(2)]) * unit
    grids = 5.0 + away + np.linspace(-0.1, 0.1, 50) * unit
    asked = [Target(series, "band", o, horizon, month_end(o, HORIZONS[horizon]), 5.0, "seen") for o in origins]
    return [Member(target, grids, unit) for target in asked]


def test_with_nothing_known_the_weights_are_equal_and_later_they_learn():
    past = past_of(24)
    origins = sorted({member.target.origin for member in past})
    found = {(one.origin, one.horizon): one for one in learnt(past, origins)}
    assert len(found) == (24 + 1) * len(HORIZONS)
    first, later, last = (found[origin, 0.25] for origin in (origins[2], origins[12], None))
    assert (first.targets, later.targets, last.targets) == (0, 10, 24)
    assert list(first.weights.values()) == pytest.approx([1 / 2] * 2)
    assert 1 / 2 < later.weights["damped_persistence"] < last.weights["damped_persistence"] < 1
    assert list(found[None, 1.0].weights.values()) == pytest.approx([1 / 2] * 2)  # no target of that horizon


def test_weights_know_no_target_dated_after_their_origin():
    past = past_of(24)
    cut = past[10].target.date
    other = [m if m.target.date <= cut else m._replace(grids=m.grids[::-1] + 3) for m in past]
    origins = sorted({member.target.origin for member in past})
    for one, two in zip(learnt(past, origins), learnt(other, origins), strict=True):
        known = one.origin is not None and one.origin < month_end(cut, 1)
        assert (one == two) == (known or one.targets == 0)


def test_a_long_horizon_learns_more_slowly():
    def weight(horizon):
        past = past_of(12, horizon=horizon)
        return next(f for f in learnt(past, []) if f.horizon == horizon).weights["damped_persistence"]

    assert weight(0.0833) > weight(0.25) > weight(1.0) > weight(1.5) > 1 / 2


def test_the_unit_of_a_series_changes_nothing():
    elo = past_of(12, right=0, series="elo", unit=50.0)
    one, other = (learnt([*past_of(12), *elo_or], []) for elo_or in (elo, past_of(12, right=0, series="elo")))
    for a, b in zip(one, other, strict=True):
        assert list(a.weights.values()) == pytest.approx(list(b.weights.values()))


def test_a_series_on_which_persistence_made_no_error_teaches_nothing():
    sure = [member._replace(unit=0.0) for member in past_of(12, series="sure")]
    assert learnt(sure, [])[1].weights == pytest.approx(dict.fromkeys(MEMBERS, 1 / 2))


def test_weights_at_any_horizon():
    short = {"card": 0.2, "damped_persistence": 0.8}
    long = {"card": 0.6, "damped_persistence": 0.4}
    table = {0.25: short, 0.5: short, 1.5: long}
    assert weights_at(0.01, table) == short
    assert weights_at(1.0, table)["card"] == pytest.approx(0.4)
    assert weights_at(1.5, table) == long
    assert weights_at(3.0, table) == weights_at(30.0, table) == {"card": 1, "damped_persistence": 0}
    for years in np.linspace(0, 4, 30):
        assert sum(weights_at(years, table).values()) == pytest.approx(1)


def test_damped_persistence_in_a_forecast_starts_where_the_board_stands(inputs):
    (series,) = inputs.card.series
    end = decimal_year(D(2025, 10, 31))
    draws = baseline_draws(inputs, series, end + np.array([-0.5, 0.0, 0.25, 3.0]))
    assert draws.shape == (2000, 4)
    np.testing.assert_allclose(draws[:, :2], 5.0)
    spread = np.ptp(np.quantile(draws, [0.05, 0.95], axis=0), axis=0)
    assert spread[1] < 1e-9
    assert spread[1] < spread[2] < spread[3]
