"""Monte Carlo errors: of probabilities, means, quantiles and weighted means, from draws that may follow each other."""

from math import sqrt
from statistics import NormalDist

import numpy as np

from intervals.chains import CHAINS, chains, held
from meekcast.forecasts.questions.monte_carlo import share
from meekcast.inference.convergence import convergence, ess_mean
from meekcast.inference.smoothing import weighted_ess

REACH = NormalDist().inv_cdf(0.95)


def probability(memory, chance):
    """A share of draws, and its error as every answer reports it."""
    threshold = NormalDist().inv_cdf(chance)

    def hits(seed):
        x = chains(np.random.default_rng(seed), memory)[:, 0]
        found = share(x < threshold, np.ones(len(x), bool), CHAINS)
        return held(found.value - REACH * found.error, found.value + REACH * found.error, chance)

    return hits


def conditional(memory):
    """A share of the draws of a condition that one draw in ten fulfils."""
    condition = NormalDist().inv_cdf(0.1)

    def hits(seed):
        x, y = chains(np.random.default_rng(seed), memory, 2).T
        found = share(y < 0.5, x < condition, CHAINS)
        return held(found.value - REACH * found.error, found.value + REACH * found.error, NormalDist().cdf(0.5))

    return hits


def mean(memory):
    """A mean, by its effective sample size."""

    def hits(seed):
        x = chains(np.random.default_rng(seed), memory)
        reach = REACH * x.std() / sqrt(ess_mean(x.reshape(CHAINS, -1, 1))[0])
        return held(x.mean() - reach, x.mean() + reach, 0.0)

    return hits


def quantile(memory):
    """The 5 % and 95 % quantiles: the share of draws below the true one, by the effective sample size of the tails."""

    def hits(seed):
        x = chains(np.random.default_rng(seed), memory)
        size = convergence(x.reshape(CHAINS, -1, 1)).ess_tail[0]
        reach = REACH * sqrt(0.05 * 0.95 / size)
        ends = np.quantile(x, [0.05 - reach, 0.05 + reach, 0.95 - reach, 0.95 + reach])
        return held(ends[::2], ends[1::2], NormalDist().inv_cdf(0.95) * np.array([-1, 1]))

    return hits


def weighted_mean(memory):
    """A mean under another belief, by the effective draws that the weights leave: N(0, 1) stands for N(0.5, 0.8)."""

    def hits(seed):
        x = chains(np.random.default_rng(seed), memory)
        weights = np.exp(-0.5 * ((x - 0.5) / 0.8) ** 2 + 0.5 * x**2)[:, 0]
        weights /= weights.sum()
        centre = weights @ x[:, 0]
        spread = sqrt(weights @ (x[:, 0] - centre) ** 2)
        reach = REACH * spread / sqrt(weighted_ess(weights, x, CHAINS)[0])
        return held(centre - reach, centre + reach, 0.5)

    return hits
