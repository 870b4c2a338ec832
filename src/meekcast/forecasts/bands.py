"""Quantiles of many draws at many dates, beside the table and without a second one.

A few dates at a time are copied, and the ranks that a quantile lies between are found (`meekcast.forecasts.bins`);
threads take them in turn, NumPy releases the lock.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from meekcast.equations.types import Array, Counts
from meekcast.forecasts.bins import ordered
from meekcast.inference.cores import in_threads

DATES_AT_ONCE = 8
"""Of a table of draws by dates: as many numbers as a line of the processor's cache holds."""
WORTH_THREADS = 50_000
"""Numbers up to which threads are not worth the start."""


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
    n = values.shape[-1]
    return interpolated(values[..., neighbours(n, probabilities)], n, probabilities)


def quantiles(rows: Array, probabilities: Sequence[float]) -> Array:
    """Quantiles of rows in any order, the same numbers as `sorted_quantiles` of each row sorted.

    Parameters
    ----------
    rows : ndarray, shape (d, n)
        Each row in one piece of memory; they stay as they are.
    probabilities : sequence of float
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (d, len(probabilities))
        Exact quantiles.

    Examples
    --------
    >>> quantiles(np.array([[3.0, 1.0, 2.0]]), [0.25]).tolist()
    [[1.5]]
    """
    n = rows.shape[1]
    return interpolated(ordered(rows, neighbours(n, probabilities)), n, probabilities)


def neighbours(n: int, probabilities: Sequence[float]) -> Counts:
    """Ranks of the numbers among n below the quantiles, then of those above, shape (2 k,)."""
    below = np.floor(np.asarray(probabilities) * (n - 1)).astype(int)
    return np.concatenate([below, np.minimum(below + 1, n - 1)])


def interpolated(values: Array, n: int, probabilities: Sequence[float]) -> Array:
    """Quantiles between the numbers that have the ranks of `neighbours`, shape (..., 2 k)."""
    position = np.asarray(probabilities) * (n - 1)
    low, high = np.split(values, 2, axis=-1)
    with np.errstate(invalid="ignore"):
        between = low + (high - low) * (position - np.floor(position))
    return np.asarray(np.where((low == high) | (position == np.floor(position)) | np.isneginf(low), low, between))


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
    return tables_bands([table], probabilities)[0]


def tables_bands(tables: Sequence[Array], probabilities: Sequence[float]) -> list[Array]:
    """The same of several tables, whose dates the same threads take in turn.

    Parameters
    ----------
    tables : sequence of ndarray, each of shape (n, m)
        Draws by dates.
    probabilities : sequence of float
        Which quantiles.

    Returns
    -------
    list of ndarray, each of shape (len(probabilities), m)
        Exact quantiles of the draws.
    """
    found = [np.empty((len(probabilities), table.shape[1])) for table in tables]

    def some_dates(table: Array, bands: Array, start: int) -> None:
        dates = slice(start, start + DATES_AT_ONCE)
        bands[:, dates] = quantiles(table[:, dates].T.copy(order="C"), probabilities).T

    work = (
        (table, bands, start)
        for table, bands in zip(tables, found, strict=True)
        for start in range(0, table.shape[1], DATES_AT_ONCE)
    )
    in_threads(some_dates, work, sum(table.size for table in tables) > WORTH_THREADS)
    return found
