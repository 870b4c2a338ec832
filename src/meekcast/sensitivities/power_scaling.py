"""Prior against data: what the answer leans on.

Both the prior and the likelihood are raised to a power near one (Kallioinen et al. 2024). Where the answer
moves with the power of a prior, it leans on that prior; where it moves with both, they pull at it, and where
they pull in opposite directions they disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from meekcast.equations.types import Array
from meekcast.sensitivities.shares import LEVEL, Estimate
from meekcast.sensitivities.value import block_error

MOVES = 0.05
"""Distance of distributions, for each doubling, above which power-scaling is said to move a variable."""


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
    priors: Mapping[tuple[str, ...], Array],
    likelihoods: Mapping[str, Array],
    variables: Mapping[str, Array],
    chains: int,
) -> list[dict[str, Any]]:
    """ArviZ's power-scaling diagnostics of every variable.

    Parameters
    ----------
    priors, likelihoods : mapping
        From `meekcast.inference.densities`.
    variables : mapping of str to ndarray, shape (n,)
        Parameters and outputs.
    chains : int
        Number of chains whose draws follow each other.

    Returns
    -------
    list of dict
        Keys ``name``, ``prior``, ``likelihood`` (distances for each doubling) and ``diagnosis``.
    """
    import arviz_base
    from arviz_stats import psense

    def by_chain(values: Array) -> Array:
        return values.reshape(chains, -1, *values.shape[1:])

    # Neutral names: ArviZ reads some names as its own
    keys = {f"v{i}": name for i, name in enumerate(variables)}
    tree = arviz_base.from_dict(
        {
            "posterior": {key: by_chain(np.asarray(variables[name], dtype=float)) for key, name in keys.items()},
            "log_prior": {f"p{i}": by_chain(value) for i, value in enumerate(priors.values())},
            "log_likelihood": {f"l{i}": by_chain(value) for i, value in enumerate(likelihoods.values())},
        }
    )
    distances = {group: psense(tree, group=group) for group in ("prior", "likelihood")}
    return [
        {"name": name, **both, "diagnosis": diagnosis(**both)}
        for key, name in keys.items()
        for both in ({group: float(distance[key]) for group, distance in distances.items()},)
    ]


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
