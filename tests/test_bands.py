"""Quantile bands: the same numbers as NumPy's, infinite values included, whatever the threads."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.forecasts import bands
from meekcast.forecasts.bands import quantile_bands, sorted_quantiles
from meekcast.forecasts.bins import ordered

PROBABILITIES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
INF = np.inf


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_quantiles_of_finite_values_are_numpys(values, probabilities):
    ordered = np.sort(values)
    np.testing.assert_allclose(
        sorted_quantiles(ordered, probabilities), np.quantile(values, probabilities), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        ([1, 2, INF], 0.5, 2.0),
        ([1, 2, INF], 0.75, INF),
        ([1, 2, INF, INF], 0.9, INF),
        ([INF, INF], 0.3, INF),
        ([-INF, -INF, 0], 0.25, -INF),
        ([-INF, 0, 1], 0.25, -INF),
        ([-INF, 0, 1], 0.5, 0.0),
        ([-INF, INF], 0.0, -INF),
        ([-INF, INF], 1.0, INF),
        ([INF], 0.5, INF),
        ([7], 0.05, 7.0),
    ],
)
def test_infinite_values_give_infinite_quantiles_where_they_belong(values, p, expected):
    assert sorted_quantiles(np.array(values, float), [p]).tolist() == [expected]


@pytest.mark.parametrize("dates_at_once", [1, 4, 8, 100])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("order", ["C", "F"])
def test_bands_are_the_quantiles_of_each_date_bit_for_bit(monkeypatch, dates_at_once, threads, order):
    monkeypatch.setattr(bands, "DATES_AT_ONCE", dates_at_once)
    monkeypatch.setenv("MEEKCAST_CORES", str(threads))
    monkeypatch.setattr(bands, "WORTH_THREADS", 0)
    draws = np.random.default_rng(0).standard_normal((1000, 21)) * np.arange(1, 22)
    draws[draws > 20] = INF
    before = draws.copy()
    table = np.asarray(draws, order=order)
    found = quantile_bands(table, PROBABILITIES)
    one_by_one = np.array([sorted_quantiles(np.sort(column), PROBABILITIES) for column in draws.T]).T
    np.testing.assert_array_equal(found, one_by_one)
    np.testing.assert_array_equal(table, before)  # the forecast keeps its draws in their order


def test_bands_take_no_second_table():
    draws = np.random.default_rng(0).standard_normal((20_000, 200))
    quantile_bands(draws[:, :8], PROBABILITIES)  # what threads and NumPy load once is no part of it
    tracemalloc.start()
    quantile_bands(draws, PROBABILITIES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < draws.nbytes / 4


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 10))
def test_bands_of_draws_with_infinite_values_hold_no_nan(n, m, infinite):
    draws = np.random.default_rng(n).standard_normal((n, m))
    draws[: min(infinite, n)] = INF
    found = quantile_bands(draws, PROBABILITIES)
    assert not np.isnan(found).any()
    assert (np.diff(np.nan_to_num(found, posinf=1e9), axis=0) >= 0).all()


SHAPES = {
    "both signs": lambda x: x,
    "positive": np.exp,
    "negative": lambda x: -np.exp(x),
    "many orders of magnitude": lambda x: 1e25 * np.exp(10 * x),
    "narrow": lambda x: 50 + 1e-9 * x,
    "some zeros": lambda x: np.maximum(x, -1.9),
    "half zeros": lambda x: np.maximum(x, 0.0),
    "whole numbers": np.round,
    "constant": lambda x: np.full_like(x, 7.0),
    "infinite at both ends": lambda x: np.where(np.abs(x) > 1.8, np.sign(x) * INF, x),
    "never finite": lambda x: np.full_like(x, INF),
    "subnormal": lambda x: x * 1e-310,
    "largest": lambda x: x * 3e307,
    "zeros of both signs": lambda x: np.where(np.abs(x) < 0.03, np.copysign(0.0, x), x),
    "NaN": lambda x: np.where(x > 1, np.nan, x),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 2, 999, 1000, 40_001])
def test_numbers_of_a_rank_are_those_of_sorting(shape, n):
    rows = SHAPES[shape](np.random.default_rng(n).standard_normal((5, n)))
    before, ranks = rows.copy(), np.unique(np.linspace(0, n - 1, 9).astype(int))
    np.testing.assert_array_equal(ordered(rows, ranks), np.sort(rows, axis=1)[:, ranks])
    np.testing.assert_array_equal(rows, before)


def test_numbers_beyond_all_that_the_bins_were_laid_by_have_their_rank_too():
    """The sample that lays the bins has every so manieth number: here it holds the least of all alone."""
    rows = np.random.default_rng(0).standard_normal((1, 12_800)) * 1e6
    rows[:, ::100] = np.linspace(1e-3, 2e-3, 128)
    rows[:, 1::100], rows[:, 2::100] = -0.0, -1e-300
    ranks = np.arange(0, 12_800, 7)
    np.testing.assert_array_equal(ordered(rows, ranks), np.sort(rows, axis=1)[:, ranks])
