"""Quantiles of many draws at many dates, beside the table and without a second one.

A few dates at a time are copied, sorted and read off; threads take them in turn, NumPy releases the lock.
To sort is faster than to select: NumPy sorts with the processor's vector instructions.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from meekcast.equations.types import Array

DATES_AT_ONCE = 8
"""Of a table of draws by dates: as many numbers as a line of the processor's cache holds."""
THREADS = 4
"""At most; each holds the draws of so many dates."""


def sorted_quantiles(values: Array, probabilities: Sequence[float]) -> Array:
    """Quantiles of values that are sorted, interpolated linearly (Hyndman and Fan, type 7).

    Infinite values are allowed: the quantile is infinite from the first one that it touches.

    Parameters
    ----------
    values : ndarray, shape (..., n)
        Increasing along the last axis.
    probabilities : sequence of float
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (..., len(probabilities))
        Exact quantiles.

    Examples
    --------
    >>> sorted_quantiles(np.array([1.0, 2.0, np.inf]), [0.25, 0.5, 1.0]).tolist()
    [1.5, 2.0, inf]
    """
    last = values.shape[-1] - 1
    position = np.asarray(probabilities) * last
    below = np.floor(position).astype(int)
    low, high = values[..., below], values[..., np.minimum(below + 1, last)]
    with np.errstate(invalid="ignore"):
        between = low + (high - low) * (position - below)
    return np.asarray(np.where((low == high) | (position == below) | np.isneginf(low), low, between))


def weighted_quantiles(values: Array, weights: Array, probabilities: Sequence[float]) -> Array:
    """Quantiles of weighted draws: the first value at which the weights so far reach the probability.

    Parameters
    ----------
    values : ndarray, shape (n,)
        In any order, infinite ones allowed; NaN where nothing is defined.
    weights : ndarray, shape (n,)
        Not negative, adding up to 1.
    probabilities : sequence of float
        Between 0 and 1.

    Returns
    -------
    ndarray
        One draw a probability; NaN if any value is.

    Examples
    --------
    >>> weighted_quantiles(np.array([3.0, 1.0, np.inf]), np.array([0.3, 0.5, 0.2]), [0.4, 0.7, 0.9]).tolist()
    [1.0, 3.0, inf]
    """
    if np.isnan(values).any():
        return np.full(len(probabilities), np.nan)
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    place = np.searchsorted(reached, np.asarray(probabilities) * (1 - 1e-12))  # rounding of the sum is not a draw
    return np.asarray(values[order][np.minimum(place, len(values) - 1)])


def quantile_bands(table: Array, probabilities: Sequence[float]) -> Array:
    """Quantiles of every column of a table.

    Parameters
    ----------
    table : ndarray, shape (n, m)
        Draws by dates; stays as it is.
    probabilities : sequence of float
        Which quantiles.

    Returns
    -------
    ndarray, shape (len(probabilities), m)
        Exact quantiles of the draws.

    Examples
    --------
    >>> quantile_bands(np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 20.0]]), [0.5]).tolist()
    [[2.0, 20.0]]
    """
    from concurrent.futures import ThreadPoolExecutor

    bands = np.empty((len(probabilities), table.shape[1]))

    def some_dates(start: int) -> None:
        dates = slice(start, start + DATES_AT_ONCE)
        draws = table[:, dates].T.copy(order="C")
        draws.sort(axis=1)
        bands[:, dates] = sorted_quantiles(draws, probabilities).T

    with ThreadPoolExecutor(min(os.cpu_count() or 1, THREADS)) as pool:
        list(pool.map(some_dates, range(0, table.shape[1], DATES_AT_ONCE)))
    return bands
