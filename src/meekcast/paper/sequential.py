"""Wald's sequential test, simulated: what its formula leaves out is the overshoot of the last token."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Simulated(NamedTuple):
    """What many simulated tests did.

    Parameters
    ----------
    tokens : float
        Mean number of tokens until a decision, under the better model.
    standard_error : float
        Of that mean.
    error_rate : float
        Share of wrong decisions.
    """

    tokens: float
    standard_error: float
    error_rate: float


def simulate(gap: float, error_rate: float, tests: int, rng: np.random.Generator) -> Simulated:
    """Run sequential tests whose evidence per token is normal with mean `gap` and variance ``2 gap``.

    That variance makes the step a true log-likelihood ratio: two normal models of equal variance, `gap` nats apart.

    Parameters
    ----------
    gap : float
        Loss gap, in nats per token.
    error_rate : float
        Both error rates.
    tests : int
        How many tests.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Simulated
        Mean, its standard error, and the share of errors.
    """
    boundary = np.log((1 - error_rate) / error_rate)
    evidence = np.zeros(tests)
    needed = np.zeros(tests)
    wrong = 0
    running = np.arange(tests)
    while len(running):
        evidence[running] += gap + np.sqrt(2 * gap) * rng.standard_normal(len(running))
        needed[running] += 1
        wrong += int(np.sum(evidence[running] <= -boundary))
        running = running[np.abs(evidence[running]) < boundary]
    return Simulated(float(needed.mean()), float(needed.std(ddof=1) / np.sqrt(tests)), wrong / tests)
