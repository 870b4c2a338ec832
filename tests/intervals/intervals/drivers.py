"""What drives the answer: Shapley effects, Sobol indices, power-scaling, values of information."""

from math import asin, pi, sqrt
from statistics import NormalDist

import numpy as np
from scipy.special import ndtr

from intervals.chains import chains, correlated, held
from meekcast.sensitivities.power_scaling import doubling
from meekcast.sensitivities.shares import variance_shares
from meekcast.sensitivities.sobol import indices, pick_freeze
from meekcast.sensitivities.tornado import in_common
from meekcast.sensitivities.value import decision_value, width_reduction

SLOPES = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
COVARIANCE = np.eye(5)
COVARIANCE[0, 1] = COVARIANCE[1, 0] = 0.8
COVARIANCE[2, 3] = COVARIANCE[3, 2] = 0.6
ISHIGAMI = {"alone": (0.3139, 0.4424, 0.0), "last": (0.5576, 0.4424, 0.2437), "shapley": (0.4357, 0.4424, 0.1218)}
"""a = 7, b = 0.1 (Saltelli et al. 2008)."""


def linear_truth():
    """Effects of a sum of correlated normal inputs and noise, in closed form.

    Each pair of correlated inputs shares a part, which Shapley's rule halves (Song, Nelson & Staum 2016; Owen & Prieur
    2017, for a linear model of two); pairs are independent of each other.
    """
    total = SLOPES @ COVARIANCE @ SLOPES + 1
    alone = (COVARIANCE @ SLOPES) ** 2 / total
    pair = [SLOPES[i : i + 2] @ COVARIANCE[i : i + 2, i : i + 2] @ SLOPES[i : i + 2] / total for i in (0, 2)]
    last = np.array([pair[0] - alone[1], pair[0] - alone[0], pair[1] - alone[3], pair[1] - alone[2], 0.0])
    return {"alone": alone, "last": last, "shapley": (alone + last) / 2}


def normal_sum(memory, length):
    """Correlated inputs in chains, and a sum of them with noise that follows itself likewise."""

    def draws(seed):
        rng = np.random.default_rng(seed)
        inputs = correlated(chains(rng, memory, 5, length), COVARIANCE)
        return inputs, inputs @ SLOPES + chains(rng, memory, 1, length)[:, 0]

    return draws


def ishigami(inputs):
    """Ishigami's function of three angles, along the last axis."""
    one, two, three = np.moveaxis(inputs, -1, 0)
    return np.sin(one) + 7 * np.sin(two) ** 2 + 0.1 * three**4 * np.sin(one)


def ishigami_draws(seed):
    """Independent angles, and the function: no chance in it."""
    inputs = np.random.default_rng(seed).uniform(-pi, pi, (4000, 3))
    return inputs, ishigami(inputs)


def probit_draws(seed):
    """Whether a normal sum is positive."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((4000, 2))
    return inputs, (inputs @ [2.0, 1.0] + rng.standard_normal(4000) > 0).astype(float)


def probit_truth():
    """The arcsine law."""
    first, second, both = (2 / pi * asin(share) for share in (4 / 6, 1 / 6, 5 / 6))
    alone, last = np.array([first, second]), np.array([both - second, both - first])
    return {"alone": alone, "last": last, "shapley": (alone + last) / 2}


def shares(draws, truth, effect, chosen=slice(None), *, deterministic=False):
    """A study of one effect of some inputs.

    Where inputs decide everything, the second forecast of `meekcast sensitivity` would say that they explain all: the
    regression misses what it calls chance, and the interval reaches on by as much.
    """

    def hits(seed):
        inputs, output = draws(seed)
        found = variance_shares([inputs[:, [i]] for i in range(inputs.shape[1])], output[:, None], seed)
        estimate = getattr(found, effect)
        missed = max(float(found.chance.value[0]), 0.0) if deterministic else 0.0
        return held(estimate.low[:, 0], estimate.high[:, 0] + missed, np.asarray(truth[effect]))[chosen]

    return hits


def sobol(part, inputs):
    """First or total order of some angles, by picking and freezing as `--prior` does."""

    def hits(seed):
        def model(scores, _):
            return ishigami(pi * (2 * ndtr(scores) - 1))[:, None]

        a, b, mixed = pick_freeze(model, [[0], [1], [2]], 512, 3, seed)
        estimate = getattr(indices(a[:, 0], b[:, 0], mixed[:, :, 0], seed), part)
        truth = np.array(ISHIGAMI["alone" if part == "first" else "last"])
        return held(estimate.low, estimate.high, truth)[inputs]

    return hits


def conjugate(memory):
    """Change of a posterior mean as the weight of prior or datum doubles: prior N(0, 1), datum 2 of variance 1."""

    def hits(seed):
        x = 1 + sqrt(0.5) * chains(np.random.default_rng(seed), memory)
        found = [doubling(-0.5 * (x[:, 0] - centre) ** 2, x) for centre in (0.0, 2.0)]
        truths = [-0.5 * np.log(2), 0.5 * np.log(2)]
        return np.array([held(e.low[0], e.high[0], truth)[0] for e, truth in zip(found, truths, strict=True)])

    return hits


def two_actions(memory, mean):
    """Stay at no loss, or go at a loss that is a normal sum: the unit normal loss integral."""
    slopes = np.array([2.0, 1.0])
    normal = NormalDist()

    def saved(sd):
        return sd * normal.pdf(mean / sd) - mean * normal.cdf(-mean / sd)

    def hits(seed):
        rng = np.random.default_rng(seed)
        inputs = chains(rng, memory, 2)
        loss = mean + inputs @ slopes + chains(rng, memory)[:, 0]
        worth = decision_value([inputs[:, :1], inputs[:, 1:]], np.column_stack([np.zeros(len(loss)), loss]), seed)
        low, high = np.append(worth.partial.low, worth.perfect.low), np.append(worth.partial.high, worth.perfect.high)
        return held(low, high, np.array([saved(2.0), saved(1.0), saved(sqrt(6))]))

    return hits


def narrowing(seed):
    """Share by which a central interval shrinks when one input of a normal sum is known."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((4000, 2))
    output = inputs @ [2.0, 1.0] + rng.standard_normal(4000)
    found = width_reduction([inputs[:, :1], inputs[:, 1:]], output, seed)
    return held(found.low, found.high, 1 - np.sqrt(np.array([2.0, 5.0]) / 6))


def explained(memory):
    """What all inputs explain, by two forecasts with the same inputs and other chance."""

    def hits(seed):
        rng = np.random.default_rng(seed)
        inputs, one, other = chains(rng, memory, 3).T
        found = in_common(2 * inputs + one, 2 * inputs + other)
        return held(found.low, found.high, 0.8)

    return hits
