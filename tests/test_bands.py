"""Quantile bands: the same numbers as NumPy's, infinite values included, whatever the blocks and threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.forecasts import bands
from meekcast.forecasts.bands import quantile_bands, sorted_quantiles

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


@pytest.mark.parametrize("block", [1, 7, 100, 999, 1000, 1001, 4096])
@pytest.mark.parametrize("workers", [1, 3])
def test_bands_are_the_quantiles_of_the_whole_table_whatever_the_blocks(monkeypatch, block, workers):
    monkeypatch.setattr(bands, "BLOCK", block)
    draws = np.random.default_rng(0).standard_normal((1000, 9)) * np.arange(1, 10)
    seen = []

    def column(j, part):
        seen.append((j, part.start, part.stop))
        return draws[part, j]

    found = quantile_bands(column, 1000, 9, PROBABILITIES, workers)
    np.testing.assert_allclose(found, np.quantile(draws, PROBABILITIES, axis=0), rtol=1e-12, atol=1e-12)
    for j in range(9):  # every draw once
        parts = sorted((start, stop) for k, start, stop in seen if k == j)
        assert [start for start, _ in parts] == list(range(0, 1000, block))
        assert parts[-1][1] == 1000


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 10))
def test_bands_of_draws_with_infinite_values_hold_no_nan(n, m, infinite):
    draws = np.random.default_rng(n).standard_normal((n, m))
    draws[: min(infinite, n)] = INF
    found = quantile_bands(lambda j, part: draws[part, j], n, m, PROBABILITIES)
    assert not np.isnan(found).any()
    assert (np.diff(np.nan_to_num(found, posinf=1e9), axis=0) >= 0).all()


def test_a_fault_in_a_column_is_raised_not_swallowed():
    def column(j, part):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        quantile_bands(column, 10, 3, [0.5])
