"""How far a share of draws may be from the probability it stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from meekcast.equations.types import Array, Mask


class ProbabilityDocument(TypedDict):
    """A `Probability`, or a difference of two, as documents hold it."""

    value: float
    error: float


@dataclass(frozen=True)
class Probability:
    """A share of draws, and its Monte Carlo standard error.

    Parameters
    ----------
    value : float
        Between 0 and 1.
    error : float
        How much it would differ between seeds, one standard deviation; 0 for a point result.
    """

    value: float
    error: float

    def as_dict(self) -> ProbabilityDocument:
        """Plain values, as documents hold them."""
        return {"value": self.value, "error": self.error}


def effective_size(values: Array) -> float:
    """Number of independent draws that know the mean as well as these chains do.

    Vehtari et al. 2021: the autocorrelation of all chains, split in two halves each, summed by Geyer's
    initial monotone sequence. It is written out here because importing ArviZ takes longer than an
    answer from an existing run; a test holds it against ArviZ.

    Parameters
    ----------
    values : ndarray, shape (chains, draws)
        Draws in the order in which they were made, at least 8 a chain.

    Returns
    -------
    float
        Effective sample size of the mean; the number of draws where nothing varies.
    """
    half = values.shape[1] // 2
    split = np.concatenate([values[:, :half], values[:, -half:]])
    size = split.size
    if np.ptp(split) == 0:
        return float(size)
    covariance = _autocovariance(split)
    within = covariance[0] * half / (half - 1)
    total = covariance[0] + np.var(split.mean(axis=1), ddof=1)
    rho = 1 - (within - covariance) / total
    rho[0] = 1.0
    pairs = rho[: 2 * (half // 2)].reshape(-1, 2)[: max((half - 3) // 2, 1)]
    sums = pairs.sum(axis=1)
    negative = np.flatnonzero(sums < 0)
    kept = int(negative[0]) if len(negative) else len(sums)
    last = pairs[kept, 0] if kept < len(pairs) else pairs[kept - 1, 0]
    time = -1 + 2 * np.minimum.accumulate(sums[:kept]).sum() + max(float(last), 0.0)
    return float(size / max(time, 1 / math.log10(size)))


def _autocovariance(chains: Array) -> Array:
    """Autocovariance at every lag, the mean over chains."""
    n = chains.shape[1]
    spectrum = np.fft.rfft(chains - chains.mean(axis=1, keepdims=True), 2 * n, axis=1)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :n].mean(axis=0) / n)


def size_of(values: Array, chains: int | None) -> float:
    """Effective size of draws in one row; exact draws are independent, and so is no more than each of them.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Draws, chain after chain.
    chains : int or None
        Number of chains; None for exact draws.
    """
    if chains is None:
        return float(values.size)
    return min(effective_size(values.reshape(chains, -1)), float(values.size))


def share(held: Mask, given: Mask, chains: int | None) -> Probability:
    """Share of the draws of a condition in which an event holds, with its Monte Carlo error.

    The share is a ratio of two means; its error is that of the mean of ``given (held - share)`` (delta
    method), whose autocorrelation counts. A share of 0 or 1 has an error too: half a draw is added.

    Parameters
    ----------
    held, given : ndarray of bool, shape (n,)
        The event and the condition in each draw.
    chains : int or None
        Number of chains; None for exact draws.

    Returns
    -------
    Probability
        Value and error.

    Examples
    --------
    >>> share(np.array([True, False, True, False]), np.ones(4, bool), None)
    Probability(value=0.5, error=0.25)
    """
    if held.size == 1:
        return Probability(float(held[0]), 0.0)
    p_given = float(np.mean(given))
    value = float(np.mean(held[given]))
    residual = given * (held - value) / p_given
    variance = float(np.mean(residual**2)) / size_of(residual, chains)
    independent = value * (1 - value) / variance if variance > 0 else p_given * size_of(given.astype(float), chains)
    smoothed = (value * independent + 0.5) / (independent + 1)
    return Probability(value, math.sqrt(smoothed * (1 - smoothed) / independent))
