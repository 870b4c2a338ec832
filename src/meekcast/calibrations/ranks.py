"""Whether ranks are uniform: bands and p-values of their ECDF, coverage of intervals. Arrays only.

The band holds at all ranks at once (Sailynoja, Buerkner & Vehtari 2022): at each rank the count of simulations at or
below it is binomial, and the pointwise level is such that all counts stay inside with the probability that is asked.
That probability is computed exactly, as ArviZ does by simulation: counts of equal bins are Poisson given their sum, so
that it is one convolution a bin, and p-values far below one in a thousand, which many quantities need, cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from meekcast.equations.types import Array

type Counts = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class Band(NamedTuple):
    """Counts of simulations at or below each rank but the last, between which uniform ranks stay; both inclusive."""

    low: Counts
    high: Counts


def rank(values: Array, rng: np.random.Generator) -> int:
    """Place of the first value among the others; among equal ones any, by chance.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The truth, then draws; infinite ones are equal.
    rng : numpy.random.Generator
        Breaks ties.

    Returns
    -------
    int
        Between 0 and n - 1.

    Examples
    --------
    >>> rank(np.array([2.0, 1.0, 3.0, 0.5]), np.random.default_rng(0))
    2
    """
    below, equal = np.sum(values[1:] < values[0]), np.sum(values[1:] == values[0])
    return int(below + rng.integers(equal + 1))


def counted(ranks: Sequence[int], places: int) -> Counts:
    """How often each rank came.

    Examples
    --------
    >>> counted([0, 2, 2], 4).tolist()
    [1, 0, 2, 0]
    """
    return np.bincount(np.asarray(ranks, dtype=np.int64), minlength=places)


def held(counts: Counts, probability: float) -> float:
    """Share of simulations whose truth lies in the central interval of a probability.

    Parameters
    ----------
    counts : ndarray of int, shape (places,)
        From `counted`.
    probability : float
        A multiple of 2 / places, so that the interval is one of whole ranks.

    Examples
    --------
    >>> held(np.array([1, 4, 4, 1]), 0.5)
    0.8
    """
    outside = round(len(counts) * (1 - probability) / 2)
    return float(counts[outside : len(counts) - outside].sum() / counts.sum())


def held_range(n: int, probability: float, level: float) -> tuple[float, float]:
    """Between which such a share lies if intervals are right, with the probability ``level`` (central, binomial).

    Examples
    --------
    >>> held_range(1000, 0.9, 0.95)
    (0.881, 0.918)
    """
    from scipy.stats import binom

    low, high = binom.ppf([(1 - level) / 2, (1 + level) / 2], n, probability)
    return float(low / n), float(high / n)


def difference(counts: Counts) -> Array:
    """ECDF of ranks minus that of uniform ones, at each rank but the last.

    Examples
    --------
    >>> difference(np.array([2, 1, 0, 1])).tolist()
    [0.25, 0.25, 0.0]
    """
    places = len(counts)
    return np.asarray(np.cumsum(counts)[:-1] / counts.sum() - np.arange(1, places) / places)


@cache
def band(n: int, places: int, probability: float) -> Band:
    """The band that holds at all ranks at once, with this probability or just more.

    Parameters
    ----------
    n : int
        Simulations.
    places : int
        Ranks that are possible.
    probability : float
        Such as 0.95.

    Returns
    -------
    Band
        Counts, each of shape (places - 1,).
    """
    wide, narrow = np.log(1e-12), 0.0
    for _ in range(40):
        middle = (wide + narrow) / 2
        if _staying(n, _inside(n, places, np.exp(middle))) >= probability:
            wide = middle
        else:
            narrow = middle
    return _inside(n, places, np.exp(wide))


def p_value(counts: Counts) -> float:
    """Probability that uniform ranks leave a band as narrow as the one that these ranks just leave.

    Parameters
    ----------
    counts : ndarray of int, shape (places,)
        From `counted`.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> p_value(np.full(20, 5)), p_value(np.repeat([10, 0], 10)) < 1e-9
    (1.0, True)
    """
    n, places = int(counts.sum()), len(counts)
    lower, upper = _tails(n, places)
    at, seen = np.arange(places - 1), np.cumsum(counts)[:-1]
    level = float(np.minimum(lower[at, seen], upper[at, seen]).min())
    return float(np.clip(1.0 - _staying(n, _inside(n, places, 2 * level)), 0.0, 1.0))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """P-values that allow for how many there are (Holm): below 0.05 is any of them once in twenty, if all is right.

    Examples
    --------
    >>> [round(p, 3) for p in adjusted([0.01, 0.5, 0.02])]
    [0.03, 0.5, 0.04]
    """
    p, order = np.asarray(p_values, dtype=float), np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in found]


@cache
def _tails(n: int, places: int) -> tuple[Array, Array]:
    """Probability of at most, and of at least, each count at or below each rank; shape (places - 1, n + 1)."""
    from scipy.stats import binom

    share, count = np.arange(1, places)[:, None] / places, np.arange(n + 1)[None, :]
    return binom.cdf(count, n, share), binom.sf(count - 1, n, share)


def _inside(n: int, places: int, level: float) -> Band:
    """Counts of which both tails are more likely than half of a level."""
    kept = np.minimum(*_tails(n, places)) > level / 2
    some = kept.any(axis=1)
    low, high = kept.argmax(axis=1), n - kept[:, ::-1].argmax(axis=1)
    return Band(np.where(some, low, n + 1), np.where(some, high, -1))  # an empty range lets nothing pass


def _staying(n: int, limits: Band) -> float:
    """Probability that the counts of n uniform ranks stay inside at every rank."""
    from scipy.stats import poisson

    step = poisson.pmf(np.arange(n + 1), n / (len(limits.low) + 1))
    start, passed = 0, np.ones(1)  # probabilities of the counts from `start` on
    for low, high in zip(limits.low, limits.high, strict=True):
        reached = np.convolve(passed, step[: high - start + 1]) if high >= start else np.empty(0)
        passed, start = reached[max(low - start, 0) : max(high - start + 1, 0)], max(low, start)
        if not passed.size:
            return 0.0
    left = n - start - np.arange(len(passed))
    return float(passed @ step[left] / poisson.pmf(n, n))
