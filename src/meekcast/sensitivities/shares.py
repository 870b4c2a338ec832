"""Shares of a variance from draws alone, of inputs that may depend on each other.

The worth of a set of groups is the variance of what the output is expected to be given them, as a share of
the output's variance. From the worths of all sets follow, for each group, what it explains *alone* (first
order), what it adds to all the others (*last*), its *Shapley* effect (Owen 2014; Song, Nelson & Staum 2016) and
its *proportional marginal effect* (Herin et al. 2022), which is zero for a group that adds nothing to the
others, however it is correlated with them. What all inputs together leave is *chance*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import factorial
from statistics import NormalDist

import numpy as np

from meekcast.equations.types import Array
from meekcast.inference.cores import in_threads
from meekcast.sensitivities.basis import Design, design_for
from meekcast.sensitivities.blas import one_blas_thread
from meekcast.sensitivities.worths import Masks, linked_worths, worths

RESAMPLES = 400
EXACT_GROUPS = 12
PERMUTATIONS = 64
LEVEL = 0.9
ALONE = (5, 0)
"""Functions of an input, where it is asked alone."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """An estimate with its central interval.

    Parameters
    ----------
    value, low, high : ndarray
        Of one shape.
    """

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of the variance of m outputs among K groups.

    Parameters
    ----------
    alone : Estimate, shape (K, m)
        What each group explains by itself (first order).
    last : Estimate, shape (K, m)
        What each group adds to all the others (total order, chance left out).
    shapley : Estimate, shape (K, m)
        Shapley effects; with `chance` they sum to one.
    proportional : Estimate, shape (K, m), or None
        Proportional marginal effects; None for more groups than all subsets can be asked of.
    chance : Estimate, shape (m,)
        What no input explains.
    order : tuple of int
        Functions of each input in the regression, and greatest order of a product; of the outputs that are no
        chances, if there are any.
    """

    alone: Estimate
    last: Estimate
    shapley: Estimate
    proportional: Estimate | None
    chance: Estimate
    order: tuple[int, int]


@one_blas_thread
def variance_shares(
    groups: Sequence[Array],
    outputs: Array,
    seed: int = 0,
    *,
    level: float = LEVEL,
    order: tuple[int, int] | None = None,
) -> Shares:
    """Share the variance of outputs among groups of inputs, from draws of both.

    Parameters
    ----------
    groups : sequence of ndarray, shape (n, k_g)
        Draws of the inputs of each group; they may depend on each other in any way.
    outputs : ndarray, shape (n, m)
        Draws of the outputs, none of them constant.
    seed : int, default 0
        Of the resampling (and of the permutations, for more than 12 groups).
    level : float, default 0.9
        Probability of the central intervals.
    order : tuple of int, optional
        See `meekcast.sensitivities.basis.design_for`.

    Returns
    -------
    Shares
        With intervals from a bootstrap of blocks of consecutive draws: the autocorrelation of a Markov
        chain is in them.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((2000, 2))
    >>> shares = variance_shares([x[:, :1], x[:, 1:]], 2 * x[:, :1] + x[:, 1:])
    >>> shares.shapley.value.round(1).ravel().tolist()
    [0.8, 0.2]
    """
    binary = np.array([len(np.unique(column[:1000])) <= 2 and len(np.unique(column)) == 2 for column in outputs.T])
    asked = _asked(len(groups), np.random.default_rng(seed))
    found: dict[int, dict[str, list[Array]]] = {}
    orders = []
    for linked in (False, True):  # a chance is a steep function of what it depends on
        columns = np.flatnonzero(binary == linked)
        if len(columns):
            design = design_for(groups, outputs[:, columns], order, linked=linked)
            orders.append(design.order)
            measure = linked_worths if linked else worths
            least = _least_reach(design, len(outputs), level)
            estimates = _estimates(asked, *measure(design, outputs[:, columns], asked.masks), least, seed, level)
            found.update(dict(zip(columns.tolist(), estimates, strict=True)))
    effects = {
        name: Estimate(
            *(np.stack([found[j][name][part] for j in range(outputs.shape[1])], axis=-1) for part in range(3))
        )
        for name in found[0]
    }
    proportionally = effects.pop("proportional", None)
    return Shares(**effects, proportional=proportionally, order=orders[0])


def _least_reach(design: Design, n: int, level: float) -> Array:
    """Half-widths that an interval has at least, one a group: what a regression on nothing scatters.

    Near zero the influence of a draw vanishes, and the bootstrap with it.
    """
    functions = np.array([np.count_nonzero(design.owners >> g & 1) for g in range(design.groups)])
    return np.asarray(NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(2 * functions) / n)


def _estimates(
    asked: _Asked, worth: Array, blocks: Array, least: Array, seed: int, level: float
) -> list[dict[str, list[Array]]]:
    """Effects with their intervals: for each output and effect the value, the low and the high end."""
    counts = _resamples(blocks.shape[2], seed, level)
    tails = [(1 - level) / 2, (1 + level) / 2]

    found: list[dict[str, list[Array]]] = [{} for _ in range(worth.shape[1])]

    def of_one(j: int) -> None:  # one output at a time: thousands of subsets are resampled
        effects = asked.effects(worth[:, j, None] + blocks[:, j] @ counts)
        ends = {name: np.quantile(effect[..., 1:], tails, axis=-1) for name, effect in effects.items()}
        for name in ends.keys() - {"chance"}:
            ends[name][0] = np.minimum(ends[name][0], effects[name][:, 0] - least)
            ends[name][1] = np.maximum(ends[name][1], effects[name][:, 0] + least)
        found[j] = {name: [effect[..., 0], *ends[name]] for name, effect in effects.items()}

    in_threads(of_one, ((j,) for j in range(len(found))))
    return found


def _resamples(blocks: int, seed: int, level: float) -> Array:
    """How often each block is in each bootstrap replicate, as a share of the blocks; first of all in none.

    Influences have mean 0, so the first column moves nothing: it is the estimate itself. Percentiles of a bootstrap of
    few values are too narrow, by a divisor and by Student's t over the normal (Hesterberg 2015): as much is added.
    """
    from scipy.stats import t

    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES) / blocks
    tail = (1 + level) / 2
    drawn *= np.sqrt(blocks / (blocks - 1)) * t.ppf(tail, blocks - 1) / NormalDist().inv_cdf(tail)
    return np.vstack([np.zeros(blocks), drawn]).T


@one_blas_thread
def first_order(groups: Sequence[Array], outputs: Array, seed: int = 0, *, level: float = LEVEL) -> Estimate:
    """What each of many inputs explains by itself; no products of inputs are needed for it.

    Parameters
    ----------
    groups, outputs, seed, level
        As in `variance_shares`; any number of groups.

    Returns
    -------
    Estimate, shape (K, m)
        Shares of the variance.
    """
    design = design_for(groups, outputs, ALONE)
    worth, blocks = worths(design, outputs, np.left_shift(1, np.arange(len(groups), dtype=np.int64)))
    replicates = worth[..., None] + blocks @ _resamples(blocks.shape[2], seed, level)
    low, high = np.quantile(replicates[..., 1:], [(1 - level) / 2, (1 + level) / 2], axis=-1)
    return Estimate(worth, low, high)


@dataclass(frozen=True, eq=False)
class _Asked:
    """Subsets whose worth is needed, as bit masks, and the Shapley weights of their worths."""

    masks: Masks
    weights: Array

    def effects(self, worth: Array) -> dict[str, Array]:
        """Effects, shape (K, r), from the worths of all subsets, shape (s, r)."""
        groups = len(self.weights)
        full = (1 << groups) - 1
        at = {int(mask): i for i, mask in enumerate(self.masks)}
        every = worth[at[full]]
        effects = {
            "alone": worth[[at[1 << g] for g in range(groups)]],
            "last": every - worth[[at[full ^ 1 << g] for g in range(groups)]],
            "shapley": self.weights @ worth,
            "chance": 1 - every,
        }
        return effects | ({"proportional": proportional(worth)} if groups <= EXACT_GROUPS else {})


def _asked(groups: int, rng: np.random.Generator) -> _Asked:
    """All subsets, or those that random orders of the groups pass through."""
    if groups <= EXACT_GROUPS:
        masks = np.arange(1 << groups)
        size = np.bitwise_count(masks)
        weights = np.empty((groups, len(masks)))
        for g in range(groups):
            inside = (masks >> g) & 1
            others = size - inside
            chance = np.array([factorial(k) * factorial(groups - 1 - k) / factorial(groups) for k in range(groups)])
            weights[g] = np.where(inside == 1, 1.0, -1.0) * chance[others]
        return _Asked(masks, weights)
    return _sampled(groups, rng)


def _sampled(groups: int, rng: np.random.Generator) -> _Asked:
    """Subsets along random orders of the groups, each with its reverse."""
    drawn = [rng.permutation(groups) for _ in range(PERMUTATIONS // 2)]
    orders = [order for one in drawn for order in (one, one[::-1])]
    full = (1 << groups) - 1
    position: dict[int, int] = {0: 0, full: 1}
    for g in range(groups):
        position.setdefault(1 << g, len(position))
        position.setdefault(full ^ 1 << g, len(position))
    steps = []
    for order in orders:
        prefixes = [0, *np.cumsum(np.left_shift(1, order.astype(np.int64))).tolist()]
        rows = [position.setdefault(mask, len(position)) for mask in prefixes]
        steps += [(g, before, after) for g, (before, after) in zip(order, pairwise(rows), strict=True)]
    weights = np.zeros((groups, len(position)))
    for g, before, after in steps:
        weights[g, after] += 1 / len(orders)
        weights[g, before] -= 1 / len(orders)
    return _Asked(np.array(list(position), dtype=np.int64), weights)


def proportional(worth: Array) -> Array:
    """Proportional marginal effects from the worths of all subsets.

    Each group's effect is in proportion to what it adds to the others, at every stage (the proportional
    value of the dual game).

    Parameters
    ----------
    worth : ndarray, shape (2**K, r)
        Worths of all subsets, in order of their bit masks; K at most 12.

    Returns
    -------
    ndarray, shape (K, r)
        Effects, which sum to the worth of all groups.

    Examples
    --------
    >>> proportional(np.array([[0.0], [0.6], [0.3], [0.9]])).round(2).tolist()
    [[0.6], [0.3]]
    """
    subsets, full = len(worth), worth[-1]
    bits = 1 << np.arange(subsets.bit_length() - 1)
    lost = np.maximum(full - worth[::-1], 1e-9 * np.abs(full) + 1e-12)  # by what is taken away
    # One over the potential; no logarithms: of 12 groups it stays below 12! * 1e12**12
    inverse = np.ones_like(lost)
    for smaller, sets in _by_size(len(bits)):
        total = inverse[smaller[0]]
        for one in smaller[1:]:
            total += inverse[one]
        inverse[sets] = total / lost[sets]
    return np.asarray(inverse[(subsets - 1) ^ bits] / inverse[-1])


@lru_cache(maxsize=4)
def _by_size(groups: int) -> list[tuple[Masks, Masks]]:
    """Subsets of each size, small ones first, each with those that lack one of its groups."""
    masks = np.arange(1 << groups)
    without = masks ^ (1 << np.arange(groups))[:, None]
    sizes = np.bitwise_count(masks)
    found = []
    for size in range(1, groups + 1):
        sets = np.flatnonzero(sizes == size)
        smaller = without[:, sets].T
        found.append((smaller[smaller < sets[:, None]].reshape(-1, size).T, sets))
    return found
