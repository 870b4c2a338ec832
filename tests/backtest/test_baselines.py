"""Baselines on series whose answer is known."""

import itertools

import numpy as np
import pytest
from scipy import stats

from meekcast.backtests.baselines import N_DRAWS, paper, persistence, trend


def middle(draws, level=0.9):
    return np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])


def test_what_never_changed_is_forecast_to_stay():
    for past in (np.full(12, 7.0), np.array([7.0])):
        np.testing.assert_array_equal(persistence(past, 1.0), np.full(N_DRAWS, 7.0))


def test_the_spread_of_persistence_is_that_of_a_random_walk():
    past = np.array([20.0, 20, 20, 23, 23, 23, 20, 20, 20, 23, 23, 23, 20])  # every three months up or down by 3
    for horizon in (0.25, 0.5, 1.0):
        scale = 3 * np.sqrt(horizon / 0.25)
        expected = 20 + scale * stats.t(4).ppf([0.25, 0.5, 0.75])
        np.testing.assert_allclose(np.quantile(persistence(past, horizon), [0.25, 0.5, 0.75]), expected, atol=0.02)


def test_a_gap_is_never_forecast_below_zero():
    past = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0.5, 0.4, 0.3, 0.2])
    assert persistence(past, 1.0).min() == 0
    assert trend(past, 1.0).min() == 0


def test_persistence_covers_random_walks_as_often_as_it_says():
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(400):
        walk = 200 + np.cumsum(rng.standard_normal(27))
        low, high = middle(persistence(walk[:25], 2 / 12))
        inside.append(low <= walk[26] <= high)
    assert 0.85 < np.mean(inside) < 0.98  # windows overlap, so the spread is not quite a t


def test_an_exact_line_is_carried_on():
    past = 30 - np.arange(13.0)  # a point a month
    np.testing.assert_allclose(trend(past, 0.25), 15.0)
    np.testing.assert_allclose(trend(past, 0.5), 12.0)


def test_the_trend_covers_lines_with_noise_as_often_as_it_says():
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(400):
        quarters = 100 - 2.0 * np.arange(8) + rng.standard_normal(8)
        past = np.repeat(quarters[:6], 3)[2:]  # month ends, the last of each quarter at its end
        low, high = middle(trend(past, 0.5))
        inside.append(low <= quarters[7] <= high)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.045)


def test_a_trend_needs_four_quarter_ends():
    assert trend(np.arange(9.0), 0.25) is None
    assert trend(np.arange(10.0), 0.25) is not None


@pytest.mark.parametrize("standing", [0.5, 10.0, 46.0])
def test_the_papers_curve_starts_where_the_gap_stands_and_falls(standing):
    curve = [paper(np.array([standing]), h) for h in (0.0, 0.25, 0.5, 1.0, 5.0)]
    assert curve[0] == pytest.approx(standing, abs=1e-6)
    assert all(late < early for early, late in itertools.pairwise(curve))


def test_beyond_the_papers_largest_gap_it_starts_at_its_peak():
    assert paper(np.array([60.0]), 0.0) == pytest.approx(46.4, abs=0.05)
    assert paper(np.array([60.0]), 1.0) == paper(np.array([50.0]), 1.0)


def test_a_closed_gap_stays_closed_on_the_papers_curve():
    assert paper(np.array([0.0]), 1.0) == 0.0
