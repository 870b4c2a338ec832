"""Importance weights of draws from a Markov chain: smoothed where they are extreme, and what they leave.

Vehtari et al. 2024 (Pareto smoothing), Zhang & Stephens 2009 (the fit of the tail). A test holds them against ArviZ.
"""

from __future__ import annotations

import math

import numpy as np

from meekcast.equations.types import Array
from meekcast.inference.convergence import ess_mean, size_of

FEWEST = 5
"""Weights to which a tail can be fitted."""

ROUNDING = 1e-9
"""Log weights that differ by less are equal."""


def pareto_smoothed(log_weights: Array, relative_efficiency: float = 1.0) -> tuple[Array, float]:
    """Replace the largest weights by what is expected of the tail that they come from.

    Parameters
    ----------
    log_weights : ndarray, shape (n,)
        Logarithms of ratios of densities, up to a constant; -inf where the new density is zero.
    relative_efficiency : float, default 1
        Effective draws for each draw, see `relative_efficiency`: it says how long the tail is.

    Returns
    -------
    log_weights : ndarray, shape (n,)
        Their exponentials sum to 1.
    k : float
        Shape of the tail; below 0.7 means can be believed, where `weights_ess` is enough. -inf where the largest
        weights are equal; inf where no tail can be fitted: the weights are then left as they are, or all
        equal where they are no numbers.

    Examples
    --------
    Draws of a normal distribution, weighted for one that is twice as wide:

    >>> x = np.random.default_rng(0).standard_normal(4000)
    >>> log_weights, k = pareto_smoothed(0.375 * x**2)
    >>> round(float(np.exp(log_weights).sum()), 9), round(k, 1)
    (1.0, 0.7)
    """
    n, top = log_weights.size, np.max(log_weights)
    if not math.isfinite(top):
        return np.full(n, -math.log(n)), math.inf
    smoothed = log_weights - top
    ordered = np.argsort(smoothed, kind="stable")
    cut, tail = np.split(ordered[-_length(n, relative_efficiency) - 1 :], [1])
    smoothed[tail], k = _smoothed_tail(smoothed[tail], float(smoothed[cut[0]]))
    return smoothed - math.log(np.exp(smoothed).sum()), k


def relative_efficiency(weights: Array, chains: int | None) -> float:
    """Effective draws for each draw, as the mean of the weights sees them.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        Of draws, chain after chain; any scale.
    chains : int or None
        Number of chains; None for exact draws.

    Returns
    -------
    float
        At most 1.
    """
    return size_of(weights / weights.mean(), chains) / weights.size


def weights_ess(weights: Array, chains: int | None) -> float:
    """Number of independent draws of the new distribution that weighted draws are worth, whatever is asked.

    The weights' spread counts (Kish 1965), and their autocorrelation along the chains. What is said of one
    variable may be better or worse: `weighted_ess`.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        Of draws, chain after chain; any scale.
    chains : int or None
        Number of chains; None for exact draws.

    Returns
    -------
    float
        At most n.

    Examples
    --------
    >>> weights_ess(np.array([1.0, 1.0, 0.0, 0.0]), None)
    2.0
    """
    share = weights / weights.mean()
    return float(relative_efficiency(share, chains) * share.sum() ** 2 / (share**2).sum())


def weighted_ess(weights: Array, values: Array, chains: int | None) -> Array:
    """Number of independent draws of the new distribution that know the mean of each variable as well.

    A weighted mean is a ratio of two means; its error is that of the mean of ``weight (value - mean)`` (delta
    method), whose autocorrelation along the chains counts.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        Of draws, chain after chain; any scale.
    values : ndarray, shape (n, k)
        Draws of k variables.
    chains : int or None
        Number of chains; None for exact draws.

    Returns
    -------
    ndarray, shape (k,)
        More than n where the weights favour draws near the mean; n where nothing varies.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((4000, 1))
    >>> weighted_ess(np.ones(4000), x, None)
    array([4000.])
    """
    n, share = len(weights), weights / weights.mean()
    apart = values - (share[:, None] * values).mean(axis=0)
    residual = share[:, None] * apart
    independent = n if chains is None else np.minimum(ess_mean(residual.reshape(chains, -1, values.shape[1])), n)
    variance, squared = (residual * apart).sum(axis=0), (residual**2).sum(axis=0)
    full = np.full(len(squared), float(n))
    return np.asarray(np.divide(independent * variance, squared, out=full, where=squared > 0))


def _length(n: int, efficiency: float) -> int:
    """Number of weights that count as the tail."""
    return int(3 * math.sqrt(n / efficiency)) if n * efficiency > 225 else n // 5


def _smoothed_tail(tail: Array, cut: float) -> tuple[Array, float]:
    """The tail of log weights, in order, as quantiles of the fitted distribution; and its shape."""
    if len(tail) < FEWEST:
        return tail, math.inf
    if tail[-1] - tail[0] < ROUNDING:
        return tail, -math.inf
    k, scale = _generalised_pareto(np.exp(tail) - math.exp(cut))
    if not math.isfinite(k):
        return tail, math.inf
    below = np.log1p(-np.arange(0.5, len(tail)) / len(tail))
    excess = -scale * below if k == 0 else scale * np.expm1(-k * below) / k
    return np.minimum(np.log(math.exp(cut) + excess), tail[-1]), k


def _generalised_pareto(excess: Array) -> tuple[float, float]:
    """Shape and scale of excesses in order (Zhang & Stephens 2009), the shape drawn to 0.5 by ten observations.

    The profile likelihood is averaged over a grid of shape / scale. NaN where a quarter of the excesses are
    equal.
    """
    n, points = len(excess), 30 + math.isqrt(len(excess))
    quartile = excess[int(n / 4 + 0.5) - 1]
    if quartile <= excess[0]:
        return math.nan, math.nan
    with np.errstate(all="ignore"):
        grid = 1 / excess[-1] + (1 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))) / (3 * quartile)
        shape = np.log1p(-grid[:, None] * excess).mean(axis=1)
        likelihood = n * (np.log(-grid / shape) - shape - 1)
        weight = np.exp(likelihood - likelihood.max())
        ratio = (weight * grid).sum() / weight.sum()
        k = np.log1p(-ratio * excess).mean()
    return float((n * k + 10 * 0.5) / (n + 10)), float(-k / ratio)
