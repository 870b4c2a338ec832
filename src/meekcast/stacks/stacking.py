"""Weights of an average of cards: from held-out log scores, where these can tell the cards apart.

Stacking (Yao, Vehtari, Simpson & Gelman 2018) maximises the mean log of the weighted predictive density on
held-out targets. Some cards differ only later than any target: between them that mean is flat, and the weights
are the user's. So cards that the targets cannot tell apart are grouped first; groups are weighted by score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meekcast.backtests.resampling import BLOCK, Bootstrap
from meekcast.equations.types import Array, Mask

Indices = npt.NDArray[np.intp]

REACH = 0.1
"""Nats a target: cards whose log densities differ by less than this on average are not told apart."""
RESAMPLES, PROBABILITY = 200, 0.90
TAILS = ((1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2)

DEFINITIONS = {
    "held-out score": (
        "weights maximise the mean log of the weighted predictive density on the held-out targets that the cards share "
        f"(stacking). Targets of origins within {BLOCK} months move together, so all of them count as one observation "
        f"for each {BLOCK} months of origins; the prior weights count as one more (a Dirichlet prior)"
    ),
    "prior": (
        f"cards whose log densities differ by less than {REACH:g} nats a target on average (every pair of a group) "
        "differ only beyond the data's reach; within such a group, and for cards without shared targets, weights are "
        "as the prior weights: equal, or as --weight says"
    ),
    "interval": (
        f"central {PROBABILITY:.0%} bootstrap over origins in blocks of {BLOCK} months, groups held fixed; few blocks "
        "say little of their spread, so ln of weights reaches as much further as an average over these targets"
    ),
    "contribution": "weight of a card times its own probability; contributions add up to the probability of the stack",
}


@dataclass(frozen=True, eq=False)
class Stacked:
    """Weights of cards.

    Parameters
    ----------
    weights, prior : ndarray, shape (k,)
        Of the cards, each adding up to 1.
    group : ndarray, shape (k,)
        Number of the group of cards that the data cannot tell apart.
    intervals : ndarray, shape (k, 2)
        Of the weights over resampled origins.
    """

    weights: Array
    prior: Array
    group: Indices
    intervals: Array


def stacking_weights(log_density: Array, counts: Array, prior: Array) -> Array:
    """Weights of the highest posterior density, given held-out log densities.

    Maximises ``sum_i counts_i ln sum_k w_k p_ik + sum_k prior_k ln w_k`` over weights that add up to 1: a concave
    problem with its maximum inside, solved in unconstrained scores by SciPy.

    Parameters
    ----------
    log_density : ndarray, shape (n, K)
        Log predictive density of each target under each card, in nats.
    counts : ndarray, shape (n,)
        As how many observations each target counts.
    prior : ndarray, shape (K,)
        Prior weights, positive, adding up to 1: the prior counts as one observation.

    Returns
    -------
    ndarray, shape (K,)
        Weights.

    Examples
    --------
    >>> even = np.full(2, 0.5)
    >>> stacking_weights(np.zeros((3, 2)), np.ones(3), even).round(6).tolist()
    [0.5, 0.5]
    >>> stacking_weights(np.array([[0.0, -50.0]] * 8), np.ones(8), even).round(3).tolist()  # 8.5 of 9 observations
    [0.944, 0.056]
    """
    from scipy.optimize import minimize

    relative = np.exp(log_density - log_density.max(axis=1, keepdims=True))

    def loss(scores: Array) -> tuple[float, Array]:
        weights = _softmax(scores)
        mixed = relative @ weights
        value = counts @ np.log(mixed) + prior @ np.log(weights)
        share = relative * weights / mixed[:, None]  # of each card in the density of each target
        slope = counts @ share + prior - (counts.sum() + prior.sum()) * weights
        return -float(value), -slope

    found = minimize(loss, np.log(prior), jac=True, method="L-BFGS-B", options={"ftol": 1e-11, "gtol": 1e-6})
    return _softmax(found.x)


def groups(log_density: Array) -> Indices:
    """Group cards that the targets cannot tell apart.

    Whatever the weights within a group, the mean log density of the average changes by less than `REACH`.

    Parameters
    ----------
    log_density : ndarray, shape (n, k)
        Log predictive density of each target under each card, in nats.

    Returns
    -------
    ndarray, shape (k,)
        Numbers of the groups, from 0, in order of their first cards. Complete linkage: every pair of a group differs
        by less than `REACH` on average.

    Examples
    --------
    >>> groups(np.array([[0.0, 1.0, 0.05], [0.0, 1.0, -0.05]])).tolist()
    [0, 1, 0]
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    n, k = log_density.shape
    if k == 1:
        return np.zeros(1, dtype=np.intp)
    apart = pdist(log_density.T, "cityblock") / n
    label = fcluster(linkage(apart, "complete"), np.nextafter(REACH, 0), "distance")
    first = list(dict.fromkeys(label.tolist()))
    return np.array([first.index(one) for one in label], dtype=np.intp)


def stack(log_density: Array, drawn: Bootstrap, prior: Array) -> Stacked:
    """Weigh cards that forecast the same targets.

    Parameters
    ----------
    log_density : ndarray, shape (n, k)
        Log predictive density of each target under each card, in nats.
    drawn : Bootstrap
        Of the targets: the number of its blocks is that of observations as which all targets count.
    prior : ndarray, shape (k,)
        Prior weights, positive.

    Returns
    -------
    Stacked
        Weights with their intervals.
    """
    prior = prior / prior.sum()
    group = groups(log_density)
    belongs = group[:, None] == np.arange(group.max() + 1)
    group_prior = prior @ belongs
    within = prior / group_prior[group]
    pooled = _pooled(log_density, within, belongs)
    each = drawn.weights.shape[1] / BLOCK / len(drawn.place)
    found = [
        (stacking_weights(pooled, each * times, group_prior) if len(group_prior) > 1 else np.ones(1))[group]
        for times in drawn.weights[: RESAMPLES + 1, drawn.place]
    ]
    weights = np.array(found) * within
    spread = _softmax(np.log(weights[0]) + drawn.reach * (np.log(weights) - np.log(weights[0])))
    intervals = np.quantile(spread[1:], TAILS, axis=0).T
    return Stacked(weights[0], prior, group, intervals)


def _pooled(log_density: Array, within: Array, belongs: Mask) -> Array:
    """Log density of each target under each group: the average of its cards by their prior weights."""
    top = log_density.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log((np.exp(log_density - top) * within) @ belongs), -700.0) + top)


def _softmax(scores: Array) -> Array:
    lifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(lifted / lifted.sum(axis=-1, keepdims=True))
