"""Draws with a known truth: independent ones, and Markov chains whose draws follow each other."""

import numpy as np
from scipy.signal import lfilter

CHAINS, LENGTH = 4, 1000
"""As a forecast samples by default."""


def chains(rng, memory, size=1, length=LENGTH):
    """Stationary first-order autoregressions, chain after chain, standard normal: shape (chains x length, size)."""
    steps = rng.standard_normal((CHAINS, length, size))
    steps[:, 1:] *= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], steps, axis=1).reshape(-1, size)


def correlated(scores, covariance):
    """Independent standard normal scores as draws with a covariance."""
    return scores @ np.linalg.cholesky(covariance).T


def held(low, high, truth):
    """Whether intervals hold truths."""
    return np.atleast_1d((np.asarray(low) <= truth) & (truth <= np.asarray(high)))
