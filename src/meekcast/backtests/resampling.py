"""How sure an average over origins is: block bootstrap, effective number of origins, leaving one out.

Origins a month apart share most of their future, so whole stretches of them are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from meekcast.equations.types import Array

RESAMPLES, PROBABILITY = 2000, 0.90
BLOCK = 6
"""Origins, a month apart, that are drawn together."""
_BOOTSTRAP_STREAM = 31
_TAILS = [(1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2]

DEFINITIONS = {
    "intervals": (
        f"central {PROBABILITY:.0%} bootstrap over origins, in circular blocks of {BLOCK} months, as much wider than "
        "its percentiles as Student's t of so few blocks; null where all origins are within one block"
    ),
    "effective_origins": (
        "origins over 1 + 2 times the sum of the autocorrelations, as long as those of two months together are above "
        "zero, of the mean difference of CRPS between the card and persistence (both over persistence's mean): as many "
        "independent origins would know as much"
    ),
    "leave_one_out": "least and greatest skill over a baseline when any one origin is left out",
}


@cache
def reach_of(origins: int) -> float:
    """How much further than percentiles of the bootstrap an interval reaches, because blocks are few (Hesterberg 2015).

    Examples
    --------
    >>> round(reach_of(27), 2), round(reach_of(600), 2)
    (1.53, 1.01)
    """
    from scipy.stats import norm, t

    blocks = max(origins / BLOCK, 2.0)
    return float(t.ppf(_TAILS[1], blocks - 1) / norm.ppf(_TAILS[1]) * np.sqrt(blocks / (blocks - 1)))


@cache
def resampled(n: int, seed: int) -> Array:
    """How often each of n origins in order of date is drawn: first once each, then in the bootstrap's samples.

    Returns
    -------
    ndarray, shape (1 + RESAMPLES, n)
        Counts; not to be changed.

    Examples
    --------
    >>> counts = resampled(27, 0)
    >>> counts[0].max(), set(counts.sum(axis=1))
    (np.float64(1.0), {np.float64(27.0)})
    """
    counts = np.ones((1 + RESAMPLES, n))
    if n:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_BOOTSTRAP_STREAM, n)))
        length = min(BLOCK, n)
        first = rng.integers(n, size=(RESAMPLES, -(-n // length), 1))
        drawn = ((first + np.arange(length)) % n).reshape(RESAMPLES, -1)[:, :n]
        sample = np.repeat(np.arange(RESAMPLES), n)
        counts[1:] = np.bincount(sample * n + drawn.ravel(), minlength=RESAMPLES * n).reshape(RESAMPLES, n)
    counts.flags.writeable = False
    return counts


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; None where there is nothing to average."""

    centre: float | None
    interval: list[float] | None


@dataclass(frozen=True)
class Sums:
    """Values of a score added up by origin, and how many there are of each.

    Parameters
    ----------
    total, count : ndarray, shape (origins,)
        Over the targets of an origin that have a value.
    """

    total: Array
    count: Array


def mean(sums: Sums, weights: Array) -> Estimate:
    """Mean over targets, with its interval.

    Parameters
    ----------
    sums : Sums
        Of a score.
    weights : ndarray, shape (1 + RESAMPLES, origins)
        From `resampled`.
    """
    below, each = weights @ sums.count, _known(sums)
    if not len(each):
        return Estimate(None, None)
    means = (weights @ sums.total)[below > 0] / below[below > 0]
    reached = means[0] + reach_of(len(sums.count)) * (means - means[0])
    return _estimate(np.clip(reached, each.min(), each.max()))  # no mean lies beyond what is averaged


def _known(sums: Sums) -> Array:
    """Mean of each origin that has any."""
    return np.asarray(sums.total[sums.count > 0] / sums.count[sums.count > 0])


def skill(own: Sums, rival: Sums, weights: Array) -> Estimate:
    """One minus a ratio of means over the same targets, which reaches on as a ratio; the rest as in `mean`."""
    above, below = weights @ own.total, weights @ rival.total
    if not len(below) or below[0] <= 0:
        return Estimate(None, None)
    ratios = np.maximum(above[below > 0] / below[below > 0], np.finfo(float).tiny)
    return _estimate(1 - ratios[0] * (ratios / ratios[0]) ** reach_of(len(own.count)))


def _estimate(values: Array) -> Estimate:
    """The value of all origins, which comes first, and the interval of those of the bootstrap."""
    several = np.ptp(values) > 1e-9 * (1 + abs(values[0]))  # all origins in one block: only rounding differs
    interval = [float(v) for v in np.quantile(values[1:], _TAILS)] if several else None
    return Estimate(float(values[0]), interval)


def leave_one_out(own: Sums, rival: Sums) -> list[float] | None:
    """Least and greatest skill when one origin is left out; None where that leaves nothing.

    Examples
    --------
    >>> ones = np.ones(2)
    >>> leave_one_out(Sums(np.array([1.0, 3.0]), ones), Sums(np.array([2.0, 2.0]), ones))
    [-0.5, 0.5]
    """
    above, below = (sums.total.sum() - sums.total for sums in (own, rival))
    left = own.count.sum() - own.count
    known = (own.count > 0) & (left > 0) & (below > 0)
    skills = 1 - above[known] / below[known]
    return [float(skills.min()), float(skills.max())] if known.any() else None


def effective_number(values: Array) -> float:
    """Number of independent values that would know the mean as well as these, in order of date.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A mean difference of each origin.

    Returns
    -------
    float
        From 1 to n: n over 1 + 2 times the sum of autocorrelations, up to the first pair that is not positive (Geyer's
        initial positive sequence).

    Examples
    --------
    >>> effective_number(np.array([1.0, -1.0, 1.0, -1.0])), effective_number(np.repeat([1.0, -1.0], 50)) < 5
    (4.0, True)
    """
    n, away = len(values), values - values.mean()
    variation = away @ away  # 0 also where squares are too small for a number
    if n < 2 or variation == 0:
        return float(n)
    rho = np.correlate(away, away, "full")[n - 1 :] / variation
    pairs = rho[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    positive = pairs[: np.argmin(pairs > 0)] if np.any(pairs <= 0) else pairs
    return float(np.clip(n / max(2 * positive.sum() - 1, 1.0), 1.0, n))
