"""Quantiles of many draws at many dates, without ever holding the whole table.

One date at a time: evaluate the draws block by block (the temporaries stay in the processor's cache),
sort them in place, read the quantiles off. Threads take the dates in turn; NumPy releases the lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from meekcast.equations.types import Array

BLOCK = 1 << 15


def sorted_quantiles(values: Array, probabilities: Sequence[float]) -> Array:
    """Quantiles of values that are sorted, interpolated linearly (Hyndman and Fan, type 7).

    Infinite values are allowed: the quantile is infinite from the first one that it touches.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Increasing.
    probabilities : sequence of float
        Between 0 and 1.

    Returns
    -------
    ndarray
        One quantile a probability.

    Examples
    --------
    >>> sorted_quantiles(np.array([1.0, 2.0, np.inf]), [0.25, 0.5, 1.0]).tolist()
    [1.5, 2.0, inf]
    """
    position = np.asarray(probabilities) * (len(values) - 1)
    below = np.floor(position).astype(int)
    low, high = values[below], values[np.minimum(below + 1, len(values) - 1)]
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


def quantile_bands(
    column: Callable[[int, slice], Array],
    n_draws: int,
    n_times: int,
    probabilities: Sequence[float],
    workers: int | None = None,
) -> Array:
    """Quantile bands over time.

    Parameters
    ----------
    column : callable
        From the index of a date and a slice of draws to the values of these draws at that date.
    n_draws, n_times : int
        Number of draws and of dates.
    probabilities : sequence of float
        Which quantiles.
    workers : int, optional
        Threads; as many as there are processors, at most 4, by default.

    Returns
    -------
    ndarray, shape (len(probabilities), n_times)
        Exact quantiles of the draws.

    Examples
    --------
    >>> draws = np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 20.0]])
    >>> quantile_bands(lambda j, block: draws[block, j], 3, 2, [0.5]).tolist()
    [[2.0, 20.0]]
    """
    bands = np.empty((len(probabilities), n_times))
    local = threading.local()

    def one_date(j: int) -> None:
        if not hasattr(local, "buffer"):
            local.buffer = np.empty(n_draws)
        for start in range(0, n_draws, BLOCK):
            block = slice(start, min(start + BLOCK, n_draws))
            local.buffer[block] = column(j, block)
        local.buffer.sort()
        bands[:, j] = sorted_quantiles(local.buffer, probabilities)

    with ThreadPoolExecutor(workers or min(os.cpu_count() or 1, 4)) as pool:
        list(pool.map(one_date, range(n_times)))
    return bands
