"""Another belief or newer evidence answered by weights of draws that are at hand, where that is as good as sampling.

Draws of one posterior stand for another if each counts as its density under the other says (importance sampling).
Parameters of which the evidence says hardly anything are carried over instead: they keep their place in their prior
given the others, which costs no weight, however far that moves. Departures in months of new evidence are drawn from
their process given the known ones, which costs none either. Weights are smoothed (Pareto), and refused where their
tail is too heavy or too few effective draws are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from meekcast.beliefs.belief import Belief
from meekcast.equations.types import Array, Mask
from meekcast.inference.densities import log_likelihood
from meekcast.inference.diagnostics import ESS
from meekcast.inference.smoothing import pareto_smoothed, relative_efficiency, weighted_ess, weights_ess
from meekcast.model.realised import carried, departures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meekcast.inputs import Inputs

type Positions = npt.NDArray[np.intp]

MOST_K = 0.7
"""Shape of the tail of weights up to which means can be believed (Vehtari et al. 2024)."""

UNTOLD, LOOKED_AT = 0.1, 50
"""Change of the log likelihood, in so many draws, up to which evidence says hardly anything of a parameter."""

SAME_MONTH = 1e-6
"""Years by which two grids of months may differ by rounding."""

_AHEAD_STREAM = 3  # of the seed; 0 draws from the prior, 1 and 2 paths and what boards show


@dataclass(frozen=True, eq=False)
class Weighted:
    """Draws of one posterior that stand for another.

    Parameters
    ----------
    draws : dict of str to ndarray, shape (n, ...)
        Parameters, those that are carried over moved, and departures at the dates of the new evidence.
    weights : ndarray, shape (n,)
        Smoothed, adding up to 1.
    k : float
        Shape of the tail of the weights.
    ess : float
        Effective draws of the worst known parameter, autocorrelation of the chains included.
    ess_before : float
        The same before weighting.
    """

    draws: Mapping[str, Array]
    weights: Array
    k: float
    ess: float
    ess_before: float

    @property
    def good(self) -> bool:
        """Whether these draws are as good as those of a chain would have to be."""
        return self.k < MOST_K and self.ess >= ESS[0]

    @property
    def origin(self) -> Positions:
        """Which draws stand for the new posterior: as many as there are, each as often as its weight says.

        They keep their order, so that the autocorrelation of what is computed from them counts both the chains' own
        and that some draws are there several times.
        """
        n = len(self.weights)
        ends = np.cumsum(self.weights)
        return np.asarray(np.searchsorted(ends / ends[-1], (np.arange(n) + 0.5) / n))

    def resampled(self) -> dict[str, Array]:
        """Draws that stand for the new posterior without weights: those of `origin`, as one chain."""
        origin = self.origin
        return {name: values[origin] for name, values in self.draws.items()}


def weighted(
    old: Inputs, new: Inputs, draws: Mapping[str, Array], chains: int | None, seed: int = 0
) -> Weighted | None:
    """Weigh draws for other inputs of the same card: those ways of carrying over that leave the most.

    Parameters
    ----------
    old, new : Inputs
        What the draws were made for, and what they shall stand for: the same card with another belief, other
        evidence, or both.
    draws : mapping of str to ndarray, shape (n, ...)
        Parameters, and departures at the dates of the old evidence.
    chains : int or None
        Number of Markov chains, whose draws follow each other; None for exact draws.
    seed : int, default 0
        Draws the departures in months of the new evidence that the old one does not have.

    Returns
    -------
    Weighted or None
        The better of two ways: with and without carrying over. None where the priors are of other families, or other
        parameters are known.
    """
    before, after = old.belief, new.belief
    if (before.scales, before.free) != (after.scales, after.free):
        return None
    ahead = {**draws, **_ahead(old, new, draws, seed)}
    untold = _untold(old, draws, (name for name in before.free if _differ(before, after, name)))
    ways = [_weighed(old, new, draws, ahead, chains, way) for way in ([[], untold] if untold else [[]])]
    return max(ways, key=lambda way: (way.good, way.ess))


def _ahead(old: Inputs, new: Inputs, draws: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Departures at the dates of the new evidence: those that are known, others given these."""
    known, times = old.evidence_times, new.evidence_times
    if np.array_equal(known, times):
        return {}
    nearest = known[np.abs(times[:, None] - known).argmin(axis=1)]
    months = np.where(np.abs(times - nearest) < SAME_MONTH, nearest, times)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_AHEAD_STREAM,)))
    return carried(old.card, draws, draws, known, months, rng)


def _untold(inputs: Inputs, draws: Mapping[str, Array], names: Iterable[str]) -> list[str]:
    """Those of some parameters that may be exchanged between draws and change their likelihood by hardly anything.

    Departures tell of their own SD and memory, whatever the likelihood given them says.
    """
    told = {f"{what}_{of}" for what in departures(inputs.card).values() for of in ("sd", "memory")}
    few = {name: values[:: max(1, len(values) // LOOKED_AT)] for name, values in draws.items()}
    usual = _likely(inputs, few)
    exchanged = {name: _likely(inputs, {**few, name: np.roll(few[name], 1)}) for name in names if name not in told}
    return [name for name, likely in exchanged.items() if abs(likely - usual).max() < UNTOLD]


def _differ(one: Belief, other: Belief, name: str) -> bool:
    i = one.index(name)
    return one.mean[i] != other.mean[i] or not np.array_equal(one.covariance[i], other.covariance[i])


def _weighed(
    old: Inputs,
    new: Inputs,
    draws: Mapping[str, Array],
    ahead: Mapping[str, Array],
    chains: int | None,
    untold: Sequence[str],
) -> Weighted:
    """Draws with weights, those carried over of which nothing is told; `ahead` is at the dates of the new evidence."""
    before, after, moving = old.belief, new.belief, np.isin(old.belief.free, untold)
    u = before.positions(draws)
    log_ratio = _log_prior(after, u, ~moving) - _log_prior(before, u, ~moving)
    if untold:
        u = _carry_over(before, after, u, moving)
        scales = (after.scales[i] for i in after.places)
        moved = {name: scale.to_value(at) for name, scale, at in zip(after.free, scales, u, strict=True)}
        ahead = {**ahead, **moved}
    if untold or old.data != new.data:
        log_ratio = log_ratio + _likely(new, ahead) - _likely(old, draws)
    log_weights, k = pareto_smoothed(log_ratio, relative_efficiency(np.exp(log_ratio - log_ratio.max()), chains))
    weights, equal = np.exp(log_weights), np.ones(u.shape[1])
    ess, ess_before = (float(weighted_ess(w, u.T, chains).min()) for w in (weights, equal))
    if k >= MOST_K:  # where a few draws have all the weight, they do not tell how much they vary
        ess = min(ess, weights_ess(weights, chains))
    return Weighted(ahead, weights, k, ess, ess_before)


def _likely(inputs: Inputs, draws: Mapping[str, Array]) -> Array:
    """Log likelihood of each draw."""
    return np.sum([rows.sum(axis=1) for rows in log_likelihood(inputs, draws).values()], axis=0)


def _carry_over(before: Belief, after: Belief, u: Array, moving: Mask) -> Array:
    """Move some parameters to the place that they had in their prior given the others.

    Where evidence says nothing of them given the others, this is their posterior exactly; elsewhere the likelihood
    before and after settles the rest.
    """
    centre, factor = _given_others(before, u, moving)
    scores = np.linalg.solve(factor, u[moving] - centre)
    centre, factor = _given_others(after, u, moving)
    moved = u.copy()
    moved[moving] = centre + factor @ scores
    return moved


def _log_prior(belief: Belief, u: Array, chosen: Mask) -> Array:
    """Log density of some free parameters, the others integrated out; up to a constant of all beliefs."""
    rows = np.array(belief.places)[chosen]
    factor = np.linalg.cholesky(belief.covariance[np.ix_(rows, rows)])
    scores = np.linalg.solve(factor, u[chosen] - belief.mean[rows, None])
    return np.asarray(-0.5 * (scores**2).sum(axis=0) - np.log(np.diag(factor)).sum())


def _given_others(belief: Belief, u: Array, chosen: Mask) -> tuple[Array, Array]:
    """Mean of some free parameters given the others in each draw, and the factor of their covariance."""
    rows, others = np.array(belief.places)[chosen], np.array(belief.places)[~chosen]
    cross = belief.covariance[np.ix_(others, rows)]
    slopes = np.linalg.solve(belief.covariance[np.ix_(others, others)], cross).T
    centre = belief.mean[rows, None] + slopes @ (u[~chosen] - belief.mean[others, None])
    return centre, np.linalg.cholesky(belief.covariance[np.ix_(rows, rows)] - slopes @ cross)
