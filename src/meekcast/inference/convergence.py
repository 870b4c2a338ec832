"""Whether Markov chains agree, and how many independent draws they are worth: figures on plain arrays.

Vehtari et al. 2021 (rank-normalised split r-hat, bulk and tail ESS), Geyer 1992 (where to cut the sum of
autocorrelations), Betancourt 2016 (E-BFMI). They are written out here because importing ArviZ takes longer
than an answer; a test holds each of them against ArviZ's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from meekcast.equations.types import Array

FEWEST = 4
"""Draws a chain of which something can be said."""

TAILS = (0.05, 0.95)
"""Quantiles at which the tails are judged."""


def r_hat(values: Array) -> Array:
    """Rank-normalised split r-hat: of the draws, or of their distances from the median where that is worse.

    Parameters
    ----------
    values : ndarray, shape (chains, draws, k)
        Draws of k variables in the order in which they were made.

    Returns
    -------
    ndarray, shape (k,)
        1 where chains agree. NaN where nothing moves or a value is NaN, of one chain, and of fewer than 4 draws each.

    Examples
    --------
    >>> chains = np.random.default_rng(0).standard_normal((4, 500, 1))
    >>> r_hat(chains).round(2), r_hat(chains + np.arange(4)[:, None, None]).round(2)
    (array([1.]), array([1.54]))
    """

    def worse(values: Array) -> Array:
        halves = _halves(values)
        folded = np.abs(halves - np.median(halves, axis=(1, 2), keepdims=True))
        return np.fmax(_spread_ratio(_normal_scores(halves)), _spread_ratio(_normal_scores(folded)))

    return _known(worse, values) if len(values) > 1 else np.full(values.shape[2], np.nan)


def ess_bulk(values: Array) -> Array:
    """Effective sample size of the mean of rank-normalised draws.

    Parameters
    ----------
    values : ndarray, shape (chains, draws, k)
        Draws of k variables in the order in which they were made.

    Returns
    -------
    ndarray, shape (k,)
        Number of independent draws; that of all where nothing moves. NaN where a value is NaN, and of fewer than
        4 draws a chain.
    """
    return _known(lambda v: _ess(_normal_scores(_halves(v))), values)


def ess_tail(values: Array) -> Array:
    """Effective sample size of the 5 % or of the 95 % quantile, whichever is less.

    Parameters
    ----------
    values : ndarray, shape (chains, draws, k)
        Draws of k variables in the order in which they were made.

    Returns
    -------
    ndarray, shape (k,)
        As `ess_bulk`.
    """

    def lesser(values: Array) -> Array:
        low, high = (_ess(_halves((values <= q).astype(float))) for q in np.quantile(values, TAILS, axis=(0, 1)))
        return np.minimum(low, high)

    return _known(lesser, values)


def ess_mean(values: Array) -> Array:
    """Effective sample size of the mean.

    Parameters
    ----------
    values : ndarray, shape (chains, draws, k)
        Draws of k variables in the order in which they were made.

    Returns
    -------
    ndarray, shape (k,)
        As `ess_bulk`.
    """
    return _known(lambda v: _ess(_halves(v)), values)


def size_of(values: Array, chains: int | None) -> float:
    """Effective sample size of the mean of draws in one row.

    Exact draws are independent, and so is no more than each draw of a chain.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Draws, chain after chain.
    chains : int or None
        Number of chains; None for exact draws.

    Returns
    -------
    float
        At most n.
    """
    if chains is None:
        return float(values.size)
    return min(float(ess_mean(values.reshape(chains, -1, 1))[0]), float(values.size))


def e_bfmi(energy: Array) -> Array:
    """Energy's mean squared step over its variance: little where the momentum's kicks explore too few levels.

    Parameters
    ----------
    energy : ndarray, shape (chains, draws)
        Of each transition.

    Returns
    -------
    ndarray, shape (chains,)
        Estimated Bayesian fraction of missing information.
    """
    return np.asarray((np.diff(energy, axis=1) ** 2).mean(axis=1) / energy.var(axis=1, ddof=1))


def _known(figure: Callable[[Array], Array], values: Array) -> Array:
    """A figure of each variable, NaN where a value is NaN or draws are too few."""
    if values.shape[1] < FEWEST:
        return np.full(values.shape[2], np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(np.isnan(values).any(axis=(0, 1)), np.nan, figure(values))


def _halves(values: Array) -> Array:
    """Chains split in two, shape (k, 2 chains, draws // 2): one that drifts disagrees with itself."""
    half = values.shape[1] // 2
    return np.ascontiguousarray(np.concatenate([values[:, :half], values[:, -half:]]).transpose(2, 0, 1))


def _normal_scores(values: Array) -> Array:
    """Normal quantiles of each variable's ranks (Blom 1958); ties share their mean rank."""
    from scipy.special import ndtri

    flat = values.reshape(len(values), -1)
    k, n = flat.shape
    order = np.argsort(flat, axis=1)
    placed = np.take_along_axis(flat, order, axis=1)
    first = np.ones((k, n), bool)
    np.not_equal(placed[:, 1:], placed[:, :-1], out=first[:, 1:])
    start = np.flatnonzero(first)
    count = np.diff(start, append=k * n)
    double_rank = np.repeat(2 * (start % n) + count + 1, count).reshape(k, n)
    score = ndtri((np.arange(2 * n + 1) / 2 - 3 / 8) / (n + 1 / 4))
    scores = np.empty_like(flat)
    np.put_along_axis(scores, order, score[double_rank], axis=1)
    return scores.reshape(values.shape)


def _spread_ratio(halves: Array) -> Array:
    """SD of all draws over that within chains."""
    n = halves.shape[2]
    between = n * halves.mean(axis=2).var(axis=1, ddof=1)
    within = halves.var(axis=2, ddof=1).mean(axis=1)
    return np.asarray(np.sqrt((between / within + n - 1) / n))


def _ess(halves: Array) -> Array:
    """Number of draws over the sum of autocorrelations, cut off by Geyer's initial monotone sequence."""
    k, chains, n = halves.shape
    covariance = _autocovariance(halves)
    within = covariance[:, :1] * n / (n - 1.0)
    total = within * (n - 1.0) / n + halves.mean(axis=2).var(axis=1, ddof=1)[:, None]
    rho = 1.0 - (within - covariance) / total
    rho[:, 0] = 1.0
    pairs = rho[:, : 2 * max((n - 1) // 2, 1)].reshape(k, -1, 2)
    sums = pairs.sum(axis=2)
    stops = sums <= 0
    last = np.where(stops.any(axis=1), stops.argmax(axis=1), sums.shape[1] - 1)
    before = np.arange(sums.shape[1]) < last[:, None]
    even, rest = pairs[np.arange(k), last, 0], sums[np.arange(k), last]
    tail = np.where((even > 0) | (rest >= 0), even, 0.0)
    time = -1.0 + 2.0 * np.where(before, np.minimum.accumulate(sums, axis=1), 0.0).sum(axis=1) + tail
    size = chains * n
    moves = np.ptp(halves, axis=(1, 2)) >= np.finfo(float).resolution
    return np.asarray(np.where(moves, size / np.maximum(time, 1 / np.log10(size)), size))


def _autocovariance(halves: Array) -> Array:
    """Autocovariance at every lag, the mean over chains: shape (k, draws)."""
    n = halves.shape[2]
    length = _fast_length(2 * n)
    spectrum = np.fft.rfft(halves - halves.mean(axis=2, keepdims=True), length, axis=2)
    spectrum *= np.conjugate(spectrum)
    covariance = np.fft.irfft(spectrum, length, axis=2)[:, :, :n] / n
    return np.asarray(covariance.mean(axis=1))


def _fast_length(least: int) -> int:
    """The first length from here on that is a product of 2, 3 and 5, for which the transform is fast."""
    return next(n for n in itertools.count(least) if 30**64 % n == 0)
