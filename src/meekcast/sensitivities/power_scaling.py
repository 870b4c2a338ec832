"""Prior against data: what the answer leans on.

Both the prior and the likelihood are raised to a power near one (Kallioinen et al. 2024). Where the answer
moves with the power of a prior, it leans on that prior; where it moves with both, they pull at it, and where
they pull in opposite directions they disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from meekcast.equations.types import Array
from meekcast.inference.convergence import convergence
from meekcast.inference.smoothing import pareto_smoothed
from meekcast.sensitivities.shares import LEVEL, Estimate
from meekcast.sensitivities.value import block_error

MOVES = 0.05
"""Distance of distributions, for each doubling, above which power-scaling is said to move a variable."""


POWERS = (0.99, 1.01)
"""To which a density is raised: the distance is counted for each doubling."""


def doubling(log_density: Array, outputs: Array) -> Estimate:
    """Change of the mean of outputs for each doubling of the weight of a prior or likelihood.

    The derivative of the mean by the power of the density is a covariance; the power counts in doublings.

    Parameters
    ----------
    log_density : ndarray, shape (n,)
        Log density in each draw.
    outputs : ndarray, shape (n, m)
        Draws of the outputs.

    Returns
    -------
    Estimate, shape (m,)
        In the outputs' units, with central 90 % intervals.

    Examples
    --------
    A standard normal prior alone: with twice its weight the variance of x halves, and falls at rate ln 2.

    >>> x = np.random.default_rng(0).standard_normal(100_000)
    >>> doubling(-0.5 * x**2, x[:, None] ** 2).value.round(1).tolist()
    [-0.7]
    """
    products = np.log(2) * (log_density - log_density.mean())[:, None] * (outputs - outputs.mean(axis=0))
    value = products.mean(axis=0)
    error = np.array([block_error(column) for column in products.T])
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return Estimate(value, value - reach, value + reach)


def power_scaling(
    priors: Mapping[tuple[str, ...], Array], likelihoods: Mapping[str, Array], variables: Mapping[str, Array]
) -> list[dict[str, Any]]:
    """How far the distribution of each variable moves with the powers of all priors and of all data.

    Parameters
    ----------
    priors, likelihoods : mapping
        From `meekcast.inference.densities`: log densities, shape (n,) or (n, data).
    variables : mapping of str to ndarray, shape (n,)
        Parameters and outputs.

    Returns
    -------
    list of dict
        Keys ``name``, ``prior``, ``likelihood`` (distances for each doubling) and ``diagnosis``.
    """
    weights = {"prior": _scaled(priors.values()), "likelihood": _scaled(likelihoods.values())}
    rows = []
    for name, values in variables.items():
        order = np.argsort(values)
        widths = np.diff(values[order])
        both = {
            group: float(np.mean([distance(widths, w[order]) / abs(np.log2(power)) for power, w in pairs.items()]))
            for group, pairs in weights.items()
        }
        rows.append({"name": name, **both, "diagnosis": diagnosis(**both)})
    return rows


def _scaled(log_densities: Iterable[Array]) -> dict[float, Array]:
    """Smoothed weights of the draws, shape (n,), that raise the product of densities to each power."""
    total = np.sum([density.reshape(len(density), -1).sum(axis=1) for density in log_densities], axis=0)
    efficiency = convergence(total.reshape(1, -1, 1)).ess_tail[0] / total.size
    return {power: np.exp(pareto_smoothed((power - 1) * total, efficiency)[0]) for power in POWERS}


def distance(widths: Array, weights: Array) -> float:
    """Distance between the distribution of draws and that of weighted draws.

    The square root of the cumulative Jensen-Shannon divergence (Nguyen & Vreeken 2015) as a share of its bound,
    of the variable or of its negative, whichever is more.

    Parameters
    ----------
    widths : ndarray, shape (n - 1,)
        Differences of the draws in ascending order.
    weights : ndarray, shape (n,)
        Of the draws in this order; they sum to 1.

    Returns
    -------
    float
        Between 0 and 1; 0 where nothing varies.

    Examples
    --------
    >>> distance(np.ones(3), np.full(4, 0.25)), round(distance(np.ones(3), np.array([0.1, 0.2, 0.3, 0.4])), 2)
    (0.0, 0.2)
    """
    if not widths.any():
        return 0.0
    below = np.arange(1, len(weights)) / len(weights)
    mirrored = _divergence(widths[::-1], below, np.cumsum(weights[::-1])[:-1])
    return math.sqrt(max(_divergence(widths, below, np.cumsum(weights)[:-1]), mirrored))


def _divergence(widths: Array, p: Array, q: Array) -> float:
    """Cumulative Jensen-Shannon divergence of two distribution functions, as a share of its bound."""
    middle, area_p, area_q = np.log2((p + q) / 2), np.sum(widths * p), np.sum(widths * q)
    excess = (area_q - area_p) / (2 * math.log(2))
    from_p = np.sum(widths * p * (np.log2(p) - middle)) + excess
    from_q = np.sum(widths * q * (np.log2(q) - middle)) - excess
    return float((max(from_p, 0.0) + max(from_q, 0.0)) / (area_p + area_q))


def diagnosis(prior: float, likelihood: float) -> str:
    """What two distances say (Kallioinen et al. 2024): above 0.05 an answer moves.

    Examples
    --------
    >>> diagnosis(0.2, 0.01)
    'the prior decides'
    """
    moved = (prior > MOVES, likelihood > MOVES)
    return {
        (True, True): "both, perhaps in conflict",
        (True, False): "the prior decides",
        (False, True): "the data decide",
        (False, False): "neither",
    }[moved]
