"""What it is worth to learn an input: for a decision, and for the width of an answer.

The expected value of partial perfect information (EVPPI) of a group of inputs is what is saved on average by
choosing the action after its value is known (Strong, Oakley & Brennan 2014: regressions of the losses on the
group). With no decision at hand, learning narrows the answer: its variance, and its central 90 % interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from meekcast.equations.types import Array
from meekcast.sensitivities.basis import RIDGE, Design, design_for
from meekcast.sensitivities.blas import one_blas_thread
from meekcast.sensitivities.shares import ALONE, LEVEL, Estimate
from meekcast.sensitivities.worths import BLOCKS

PERTURBATIONS = 100
RESAMPLES = 50
SHUFFLES = 8
WIDTH = (0.05, 0.95)
DRAWS_A_BIN = 100


@dataclass(frozen=True, eq=False)
class DecisionValue:
    """Value of information for a decision, in the unit of its losses.

    Parameters
    ----------
    expected : ndarray, shape (a,)
        Expected loss of each action.
    best : int
        The action with the least.
    perfect : Estimate, shape ()
        What knowing the outcome itself would save (EVPI).
    partial : Estimate, shape (K,)
        What knowing each group would save (EVPPI).
    """

    expected: Array
    best: int
    perfect: Estimate
    partial: Estimate


@one_blas_thread
def decision_value(groups: Sequence[Array], losses: Array, seed: int = 0) -> DecisionValue:
    """Value of learning each group of inputs before choosing an action.

    The plain estimate is too high, because the least of several noisy regressions is chosen; the excess is
    measured by adding as much noise again, and taken off.

    Parameters
    ----------
    groups : sequence of ndarray, shape (n, k_g)
        Draws of the inputs of each group.
    losses : ndarray, shape (n, a)
        Loss of each action in each draw.
    seed : int, default 0
        Of the noise.

    Returns
    -------
    DecisionValue
        With central 90 % intervals.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((4000, 2))
    >>> stay_or_go = np.column_stack([np.zeros(4000), x[:, 0]])
    >>> decision_value([x[:, :1], x[:, 1:]], stay_or_go).partial.value.round(1).tolist()
    [0.4, 0.0]
    """
    rng = np.random.default_rng(seed)
    expected = losses.mean(axis=0)
    best = int(np.argmin(expected))
    found = [_partial(group, losses, best, rng) for group in groups]
    saved = losses[:, best] - losses.min(axis=1)
    value, error = np.array([v for v, _ in found]), np.array([e for _, e in found])
    perfect = float(saved.mean())
    return DecisionValue(
        expected,
        best,
        _normal(np.array(perfect), np.array(block_error(saved))),
        _normal(np.minimum(value, perfect), error),  # a part tells no more than the whole
    )


def _partial(group: Array, losses: Array, best: int, rng: np.random.Generator) -> tuple[float, float]:
    """Value of one group and its standard error."""
    n, actions = losses.shape
    design = design_for([group], losses)
    mean = losses.mean(axis=0)
    slopes, factor = _fit(design, losses - mean)
    fitted = mean + design.columns @ slopes
    residual = losses - fitted
    spread = np.linalg.cholesky(np.cov(residual, rowvar=False) + 1e-12 * np.eye(actions) * (losses.var() + 1e-300))
    excess = 0.0
    for _ in range(PERTURBATIONS):
        noise = np.linalg.solve(factor.T, rng.standard_normal((len(factor), actions))) @ spread.T / np.sqrt(n)
        excess += _saving(fitted + design.columns @ noise) - _saving(fitted)
    chosen = np.argmin(fitted, axis=1)
    saved = losses[:, best] - losses[np.arange(n), chosen]
    excess /= PERTURBATIONS
    # Where hardly any draw changes the choice, the excess is all there is to judge the error by
    return max(_saving(fitted) - excess, 0.0), float(np.hypot(block_error(saved), excess))


def _fit(design: Design, centred: Array) -> tuple[Array, Array]:
    """Coefficients, and the Cholesky factor of the Gram matrix."""
    n, p = design.columns.shape
    factor = np.linalg.cholesky(design.columns.T @ design.columns / n + RIDGE * np.eye(p))
    cross = design.columns.T @ centred / n
    return np.linalg.solve(factor.T, np.linalg.solve(factor, cross)), factor


def _saving(losses: Array) -> float:
    """What choosing in each draw saves over the best single action."""
    return float(losses.mean(axis=0).min() - losses.min(axis=1).mean())


def block_error(values: Array) -> float:
    """Standard error of a mean of draws, from means of blocks of consecutive ones."""
    place = np.arange(min(BLOCKS, len(values) // 2))
    length, longer = divmod(len(values), len(place))  # the first few have a draw more
    blocks = np.add.reduceat(values, length * place + np.minimum(place, longer)) / (length + (place < longer))
    return float(blocks.std(ddof=1) / np.sqrt(len(blocks)))


def _normal(value: Array, error: Array) -> Estimate:
    """Central interval of a value that cannot be negative."""
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return Estimate(value, np.maximum(value - reach, 0.0), value + reach)


@one_blas_thread
def width_reduction(groups: Sequence[Array], output: Array, seed: int = 0) -> Estimate:
    """Expected share by which the central 90 % interval shrinks when a group becomes known.

    Draws are put into bins by what is expected of the output given the group; the width inside the bins is
    compared with that in bins put together at random, which are as small.

    Parameters
    ----------
    groups : sequence of ndarray, shape (n, k_g)
        Draws of the inputs of each group.
    output : ndarray, shape (n,)
        Draws of the output.
    seed : int, default 0
        Of the random bins and the bootstrap.

    Returns
    -------
    Estimate, shape (K,)
        With central 90 % intervals.
    """
    rng = np.random.default_rng(seed)
    bins = max(2, len(output) // DRAWS_A_BIN)
    at_random = np.mean([_widths(output[rng.permutation(len(output))], bins, None).mean() for _ in range(SHUFFLES)])
    replicates = []
    for group in groups:
        design = design_for([group], output[:, None], ALONE)
        slopes, _ = _fit(design, (output - output.mean())[:, None])
        order = np.argsort((design.columns @ slopes)[:, 0], kind="stable")
        replicates.append(1 - _widths(output[order], bins, rng) / at_random)
    value = np.array([r[0] for r in replicates])
    error = np.array([r[1:].std(ddof=1) for r in replicates])
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return Estimate(value, value - reach, value + reach)


def _widths(ordered: Array, bins: int, rng: np.random.Generator | None) -> Array:
    """Mean width of the interval in bins of consecutive draws; with `rng` replicates follow."""
    length = len(ordered) // bins
    first = (len(ordered) - bins * length) // 2
    binned = ordered[first : first + bins * length].reshape(bins, length)
    if rng is None:
        return _mean_width(binned[None])
    drawn = rng.integers(length, size=(RESAMPLES, bins, length))
    return np.concatenate([_mean_width(binned[None]), _mean_width(np.take_along_axis(binned[None], drawn, axis=2))])


def _mean_width(binned: Array) -> Array:
    """Mean over bins of the width of the central interval, for each replicate."""
    low, high = np.quantile(binned, WIDTH, axis=2)
    return np.asarray((high - low).mean(axis=1))
