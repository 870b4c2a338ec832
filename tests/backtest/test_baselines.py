"""Baselines on series whose answer is known."""

import itertools

import numpy as np
import pytest
from scipy import stats

from meekcast.backtests.baselines import N_DRAWS, damped_persistence, paper, persistence, trend


def middle(draws, level=0.9):
    return np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])


def test_what_never_changed_is_forecast_to_stay():
    for past in (np.full(12, 7.0), np.array([7.0])):
        np.testing.assert_array_equal(persistence(past, 1.0), np.full(N_DRAWS, 7.0))


def test_the_spread_of_persistence_is_that_of_changes_over_the_same_time():
    past = np.tile([20.0, 20, 20, 23, 23, 23], 4)[:-2]  # every three months up or down by 3: over six months nothing
    for months, squared in ((1, 9 * 7 / 21), (3, 9.0)):
        scale = np.sqrt(squared / 2)  # a t distribution of 4 degrees of freedom has twice the variance of its scale
        expected = past[-1] + scale * stats.t(4).ppf([0.25, 0.5, 0.75])
        np.testing.assert_allclose(np.quantile(persistence(past, months / 12), [0.25, 0.5, 0.75]), expected, atol=0.02)
    np.testing.assert_array_equal(persistence(past, 0.5), np.full(N_DRAWS, past[-1]))


def test_beyond_half_of_the_past_the_variance_of_persistence_grows_with_time():
    past = np.array([20.0, 23, 20, 24, 21, 23, 22, 20, 21, 25])
    usual, long = (np.quantile(persistence(past, months / 12), 0.75) - past[-1] for months in (4, 16))
    assert long == pytest.approx(2 * usual)


def test_damped_persistence_goes_back_to_the_mean_and_its_spread_to_the_pasts():
    past = np.array([10.0, 20, 30, 40])
    quartiles = np.array([0.25, 0.5, 0.75])
    for months in (1, 6, 600):
        left = 0.9**months
        centre, scale = 25 + left * 15, np.std(past) * np.sqrt(1 - left**2)
        expected = centre + scale * stats.t(5).ppf(quartiles)
        np.testing.assert_allclose(np.quantile(damped_persistence(past, months / 12), quartiles), expected, atol=0.05)
    np.testing.assert_allclose(damped_persistence(past, 0.0), 40.0)


def test_a_gap_is_never_forecast_below_zero():
    past = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0.5, 0.4, 0.3, 0.2])
    assert persistence(past, 1.0).min() == 0
    assert damped_persistence(past, 1.0).min() == 0
    assert trend(past, 1.0).min() == 0


def test_persistence_covers_random_walks_as_often_as_it_says():
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(400):
        walk = 200 + np.cumsum(rng.standard_t(4, 27))  # heavy tails, as changes of gaps have
        low, high = middle(persistence(walk[:26], 1 / 12))
        inside.append(low <= walk[26] <= high)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.045)


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
