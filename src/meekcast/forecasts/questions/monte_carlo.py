"""How far a share of draws may be from the probability it stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from meekcast.equations.types import Mask
from meekcast.inference.convergence import size_of


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
