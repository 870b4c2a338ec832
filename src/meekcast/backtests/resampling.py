"""How sure an average over origins is: block bootstrap, effective number of origins, leaving one out.

Origins a month apart share most of their future, so whole stretches of them are drawn. A few stretches still know too
little of their spread: intervals reach as much further as it takes where targets are alike by the share of their
futures that they have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from meekcast.equations.types import Array

RESAMPLES, PROBABILITY = 2000, 0.90
BLOCK = 6
"""Origins, a month apart, that are drawn together."""
ANY, POSITIVE, SHARE = (-np.inf, np.inf), (0.0, np.inf), (0.0, 1.0)
"""What a score can be."""
LEAST_SEEN = 0.1
"""Share of a mean's variance that blocks must see: where even more would be assumed, no interval is told."""
_BOOTSTRAP_STREAM = 31
_TAILS = [(1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2]

DEFINITIONS = {
    "intervals": (
        f"central {PROBABILITY:.0%} bootstrap over origins, in circular blocks of {BLOCK} months, reaching further "
        "than its percentiles: by what its variance would lack if targets were alike by the share of their futures "
        "that they have in common, and by Student's t of that variance's degrees of freedom; null where the "
        f"bootstrap sees less than {LEAST_SEEN:.0%} of that variance, as within one block"
    ),
    "effective_origins": (
        "origins over 1 + 2 times the sum of the autocorrelations, as long as those of two months together are above "
        "zero, of the mean difference of CRPS between the card and persistence (both over persistence's mean): as many "
        "independent origins would know as much"
    ),
    "leave_one_out": "least and greatest skill over a baseline when any one origin is left out",
}


@dataclass(frozen=True, eq=False)
class Futures:
    """What lies between the origin of each target and its date.

    Parameters
    ----------
    begins, ends : ndarray of datetime64[D], shape (targets,)
        Origin and date.
    """

    begins: npt.NDArray[np.datetime64]
    ends: npt.NDArray[np.datetime64]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Futures:
        """Those of the rows of a document."""
        days = np.array([(row["origin"], row["target_date"]) for row in rows], "datetime64[D]").reshape(-1, 2)
        return cls(days[:, 0], days[:, 1])

    def alike(self) -> Array:
        """Correlation of what two targets see come, if each day brings something of its own (Hansen & Hodrick 1980).

        Returns
        -------
        ndarray, shape (targets, targets)
            From 0 to 1.

        Examples
        --------
        >>> begins, ends = np.array([["2025-01-31", "2025-04-01"], ["2025-05-01", "2025-06-30"]], "datetime64[D]")
        >>> Futures(begins, ends).alike().round(2).tolist()  # 30 of 90 days
        [[1.0, 0.33], [0.33, 1.0]]
        """
        first, last = np.maximum.outer(self.begins, self.begins), np.minimum.outer(self.ends, self.ends)
        length = (self.ends - self.begins).astype(float)
        return np.asarray(np.clip((last - first).astype(float), 0, None) / np.sqrt(np.multiply.outer(length, length)))


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Origins that are drawn anew.

    Parameters
    ----------
    place : ndarray of int, shape (targets,)
        Number of each target's origin, in order of date.
    weights : ndarray, shape (1 + RESAMPLES, origins)
        How often each origin is drawn: first once each.
    seen : float
        Share of a mean's variance that drawing blocks shows, where targets are alike by what their futures share.
    reach : float
        How much further from the centre than percentiles an interval ends.
    """

    place: npt.NDArray[np.intp]
    weights: Array
    seen: float
    reach: float


def bootstrap(futures: Futures, seed: int) -> Bootstrap:
    """Draw the origins of some targets anew.

    Parameters
    ----------
    futures : Futures
        Of the targets.
    seed : int
        Of the bootstrap.

    Examples
    --------
    >>> days = np.arange("2024-01", "2027-04", dtype="datetime64[M]").astype("datetime64[D]")
    >>> [round(bootstrap(Futures(days[:27], days[h : h + 27]), 0).reach, 1) for h in (1, 6, 12)]
    [1.3, 2.0, 3.4]
    """
    origins, place = np.unique(futures.begins, return_inverse=True)
    weights = resampled(len(origins), seed)
    return Bootstrap(place, weights, *(_seen(futures, place, weights) if len(origins) > BLOCK else (0.0, 1.0)))


def _seen(futures: Futures, place: npt.NDArray[np.intp], weights: Array) -> tuple[float, float]:
    """How much of a mean's variance the bootstrap sees, and how much further than its percentiles intervals must reach.

    The bootstrap's variance is a quadratic form of the origins' totals: its mean and its degrees of freedom follow from
    their covariance (Satterthwaite 1946).
    """
    from scipy.stats import norm, t

    adds = (place == np.arange(weights.shape[1])[:, None]).astype(float)
    totals, count = adds @ futures.alike() @ adds.T, adds.sum(axis=1, keepdims=True)
    away = np.eye(len(count)) - count / len(place)  # of each origin's total from its share of all
    form = away.T @ np.cov(weights[1:].T) @ away @ totals
    seen, freedom = np.trace(form) / totals.sum(), np.trace(form) ** 2 / np.trace(form @ form)
    return float(seen), float(t.ppf(_TAILS[1], freedom) / norm.ppf(_TAILS[1]) / np.sqrt(seen))


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


def mean(sums: Sums, drawn: Bootstrap, possible: tuple[float, float] = ANY) -> Estimate:
    """Mean over targets, with its interval.

    Parameters
    ----------
    sums : Sums
        Of a score.
    drawn : Bootstrap
        Of the targets.
    possible : pair of float, default ANY
        What the score can be: of one that is `POSITIVE` the interval reaches on as a ratio.
    """
    below = drawn.weights @ sums.count
    if not sums.count.any():
        return Estimate(None, None)
    means = (drawn.weights @ sums.total)[below > 0] / below[below > 0]
    if possible == POSITIVE:
        return _estimate(means[0], _as_ratio(means, drawn.reach), drawn)
    return _estimate(means[0], np.clip(means[0] + drawn.reach * (means - means[0]), *possible), drawn)


def _as_ratio(values: Array, reach: float) -> Array:
    """Positive values that reach on, their logarithms further from that of the first."""
    logs = np.log(np.maximum(values, np.finfo(float).tiny))
    return np.asarray(np.exp(np.clip(logs[0] + reach * (logs - logs[0]), -700, 700)))


def skill(own: Sums, rival: Sums, drawn: Bootstrap) -> Estimate:
    """One minus a ratio of means over the same targets, which reaches on as a ratio; the rest as in `mean`."""
    above, below = drawn.weights @ own.total, drawn.weights @ rival.total
    if not len(below) or below[0] <= 0:
        return Estimate(None, None)
    ratios = above[below > 0] / below[below > 0]
    return _estimate(1 - ratios[0], 1 - _as_ratio(ratios, drawn.reach), drawn)


def _estimate(centre: float, reached: Array, drawn: Bootstrap) -> Estimate:
    """The value of all origins, and the interval of those of the bootstrap, which come after it."""
    several = drawn.seen > LEAST_SEEN and np.ptp(reached) > 1e-9 * (1 + abs(centre))  # more than rounding
    interval = [float(v) for v in np.quantile(reached[1:], _TAILS)] if several else None
    return Estimate(float(centre), interval)


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
