"""Sobol indices by picking and freezing: first and total order, with bootstrap intervals of all at once.

First order by Saltelli et al. (2010), total order by Jansen (1999). Both are ratios of means over the rows of
a design, so a bootstrap of the rows is a product of two matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from meekcast.equations.types import Array
from meekcast.sensitivities.blas import one_blas_thread
from meekcast.sensitivities.shares import LEVEL, Estimate

type Model = Callable[[Array, slice], Array]

RESAMPLES = 100
AT_ONCE = 1 << 21
"""Numbers of one intermediate array: what keeps the memory bounded."""


@dataclass(frozen=True, eq=False)
class Sobol:
    """Sobol indices of K groups of independent inputs.

    Parameters
    ----------
    first, total : Estimate, shape (K,)
        First and total order.
    mean, variance : float
        Of the output.
    """

    first: Estimate
    total: Estimate
    mean: float
    variance: float


@one_blas_thread
def indices(a: Array, b: Array, mixed: Array, seed: int = 0, *, resamples: int = RESAMPLES) -> Sobol:
    """Indices and their intervals from the outputs of a pick-freeze design.

    Parameters
    ----------
    a, b : ndarray, shape (n,)
        Outputs of two independent samples of the inputs.
    mixed : ndarray, shape (K, n)
        Outputs of the first sample with one group from the second.
    seed : int, default 0
        Of the bootstrap.
    resamples : int, default 100
        Bootstrap replicates.

    Returns
    -------
    Sobol
        With central 90 % intervals.

    Examples
    --------
    >>> a, b = np.random.default_rng(0).standard_normal((2, 4096, 2))
    >>> found = indices(a @ [2, 1], b @ [2, 1], np.array([2 * b[:, 0] + a[:, 1], 2 * a[:, 0] + b[:, 1]]))
    >>> found.total.value.round(1).tolist()
    [0.8, 0.2]
    """
    k, n = mixed.shape
    centre = (a.mean() + b.mean()) / 2
    a, b, mixed = a - centre, b - centre, mixed - centre
    # One row of means a statistic: sums, squares, then K of each order
    terms = np.empty((2 * k + 2, n))
    terms[0], terms[1] = (a + b) / 2, (a**2 + b**2) / 2
    np.multiply(b, mixed - a, out=terms[2 : 2 + k])
    np.square(mixed - a, out=terms[2 + k :])
    terms[2 + k :] /= 2
    means = terms.mean(axis=1)
    replicates = np.concatenate([counts @ terms.T for counts in _counts(n, resamples, np.random.default_rng(seed))]) / n
    first, total = _ratios(means[None])[0], _ratios(replicates)
    ratios = np.quantile(total, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    orders = [Estimate(first[part], *ratios[:, part]) for part in (slice(0, k), slice(k, 2 * k))]
    return Sobol(orders[0], orders[1], float(centre), float(means[1] - means[0] ** 2))


def _ratios(means: Array) -> Array:
    """First and total orders, side by side, from means of the terms."""
    variance = means[:, 1] - means[:, 0] ** 2
    return np.asarray(means[:, 2:] / np.where(variance > 0, variance, 1.0)[:, None])


def _counts(n: int, resamples: int, rng: np.random.Generator) -> Iterator[Array]:
    """How often each row is in a bootstrap replicate, some replicates at a time."""
    rows = max(1, AT_ONCE // n)
    for first in range(0, resamples, rows):
        many = min(rows, resamples - first)
        drawn = rng.integers(n, size=(many, n), dtype=np.int32)
        yield np.array([np.bincount(row, minlength=n) for row in drawn], dtype=float)


def pick_freeze(
    model: Model, groups: Sequence[Sequence[int]], n: int, size: int, seed: int = 0
) -> tuple[Array, Array, Array]:
    """Evaluate a model on a pick-freeze design of independent standard normal scores.

    Parameters
    ----------
    model : callable
        From scores, shape (rows, size), and the slice of the design that they are, to outputs, shape (rows, m).
    groups : sequence of sequences of int
        Columns of the scores that are picked together.
    n : int
        Base points, a power of two: a scrambled Sobol sequence has its balance only then.
    size : int
        Number of scores.
    seed : int, default 0
        Of the scrambling.

    Returns
    -------
    tuple of ndarray, shapes (n, m), (n, m) and (K, n, m)
        As `indices` takes them, with all outputs.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(2 * size, seed=seed).random(n)
    scores = ndtri(np.clip(uniform, 1e-12, 1 - 1e-12))
    one, two = scores[:, :size], scores[:, size:]
    step = max(1, AT_ONCE // 2048)
    parts: list[list[Array]] = [[] for _ in range(len(groups) + 2)]
    for first in range(0, n, step):
        rows = slice(first, min(first + step, n))
        parts[0].append(model(one[rows], rows))
        parts[1].append(model(two[rows], rows))
        for place, columns in enumerate(groups, start=2):
            mixed = one[rows].copy()
            mixed[:, list(columns)] = two[rows][:, list(columns)]
            parts[place].append(model(mixed, rows))
    a, b, *rest = (np.concatenate(part) for part in parts)
    return a, b, np.stack(rest)
