"""Ranks and their bands: uniform where a posterior is right, found out where it is not."""

import numpy as np
import pytest
from scipy import stats

from meekcast.calibrations import ranks

PLACES = 100


def conjugate(rng, n, width=1.0):
    """Ranks of n truths in posteriors of a normal mean whose SD is off by a factor; 99 draws each."""
    truth = rng.standard_normal(n)
    seen = truth + rng.standard_normal(n)
    draws = seen[:, None] / 2 + width * np.sqrt(0.5) * rng.standard_normal((n, PLACES - 1))
    together = np.concatenate([truth[:, None], draws], axis=1)
    return ranks.counted([ranks.rank(row, rng) for row in together], PLACES)


def test_ranks_of_a_conjugate_posterior_are_uniform():
    counts = conjugate(np.random.default_rng(1), 1000)
    assert ranks.p_value(counts) > 0.05
    for probability in (0.5, 0.9):
        low, high = ranks.held_range(1000, probability, 0.999)
        assert low <= ranks.held(counts, probability) <= high


@pytest.mark.parametrize("width", [0.7, 1.4])
def test_a_posterior_that_is_too_sure_or_not_sure_enough_is_found_out(width):
    counts = conjugate(np.random.default_rng(2), 500, width)
    assert ranks.p_value(counts) < 1e-4
    low, high = ranks.held_range(500, 0.9, 0.99)
    held = ranks.held(counts, 0.9)
    assert held < low if width < 1 else held > high


def test_a_posterior_that_is_shifted_is_found_out():
    rng = np.random.default_rng(3)
    shifted = ranks.counted((100 * rng.beta(1.2, 1.0, 1000)).astype(int), PLACES)
    assert ranks.p_value(shifted) < 1e-4


def simulated(n, places, times):
    counts = np.random.default_rng(4).multinomial(n, np.full(places, 1 / places), size=times)
    return counts, counts.cumsum(axis=1)[:, :-1]


@pytest.mark.parametrize(("n", "places"), [(10, 100), (60, 20), (1000, 100)])
def test_the_band_holds_uniform_ranks_as_often_as_it_says(n, places):
    _, below = simulated(n, places, 4000)
    band = ranks.band(n, places, 0.95)
    inside = int(((below >= band.low) & (below <= band.high)).all(axis=1).sum())
    assert stats.binomtest(inside, 4000, 0.95).pvalue > 0.01
    share = np.arange(1, places) / places
    assert (band.low <= n * share).all()
    assert (band.high >= n * share).all()


def test_p_values_of_uniform_ranks_are_no_smaller_than_they_should_be():
    counts, _ = simulated(200, 50, 600)
    found = np.array([ranks.p_value(one) for one in counts])
    assert stats.kstest(found, "uniform", alternative="greater").pvalue > 0.01
    assert 0.15 < (found < 0.2).mean() < 0.25


def test_a_p_value_is_small_just_where_the_band_is_left():
    counts, below = simulated(200, 50, 600)
    band = ranks.band(200, 50, 0.95)
    inside = ((below >= band.low) & (below <= band.high)).all(axis=1)
    found = np.array([ranks.p_value(one) for one in counts])
    assert found[~inside].max() < 0.05 < found[inside].min() + 1e-9


def test_a_truth_among_equal_draws_has_any_rank():
    rng = np.random.default_rng(5)
    values = np.array([np.inf, np.inf, np.inf, 1.0])
    assert {ranks.rank(values, rng) for _ in range(100)} == {1, 2, 3}
    assert {ranks.rank(np.array([2.0, np.inf, 1.0]), rng) for _ in range(20)} == {1}


def test_one_in_twenty_sets_of_right_quantities_has_one_that_is_off():
    rng = np.random.default_rng(6)
    off = [min(ranks.adjusted(list(rng.random(30)))) < 0.05 for _ in range(2000)]
    assert stats.binomtest(sum(off), 2000, 0.05).pvalue > 0.01
