"""A regression of outputs on smooth functions of inputs, and on products of them.

An input enters through its normal score, so that units and monotone scales do not matter. Its functions are
natural cubic splines, orthonormal over the draws and ordered from smooth to wiggly. What an output is
expected to be given *some* inputs is its projection on the functions of those inputs alone: dependence
between inputs needs no model, it is in the Gram matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from meekcast.equations.types import Array

KNOTS = 11
DRAWS_PER_FUNCTION = 20
"""A regression has at most one function for so many draws."""

CANDIDATES = ((1, 0), (2, 2), (3, 2), (4, 4), (6, 5), (10, 8))
"""Functions of each input, and greatest order of a product of two; cross-validation chooses."""

FOLDS = 5
GAIN, PATIENCE = 0.002, 0.02
"""More functions must predict better by this share; after predictions this much worse no more are tried."""

RIDGE = 1e-9


def ranks(values: Array) -> npt.NDArray[np.intp]:
    """Position of each value in increasing order; equal values in order of appearance.

    Examples
    --------
    >>> ranks(np.array([30.0, 10.0, 20.0])).tolist()
    [2, 0, 1]
    """
    position = np.empty(len(values), dtype=np.intp)
    position[np.argsort(values, kind="stable")] = np.arange(len(values))
    return position


@lru_cache(maxsize=8)
def grid_scores(n: int) -> Array:
    """Normal scores of n ordered values, with mean 0 and variance 1."""
    normal = NormalDist()
    half = np.array([normal.inv_cdf((i + 0.5) / n) for i in range(n // 2)])
    scores = np.concatenate([half, np.zeros(n % 2), -half[::-1]])
    scores /= scores.std() or 1.0
    scores.flags.writeable = False  # it is shared
    return np.asarray(scores)


def normal_scores(values: Array) -> Array:
    """Each column of values as normal scores, by rank.

    Parameters
    ----------
    values : ndarray, shape (n, k)
        Draws of k inputs.

    Returns
    -------
    ndarray, shape (n, k)
        Standard normal in each column.
    """
    grid = grid_scores(len(values))
    return np.column_stack([grid[ranks(column)] for column in values.T])


@lru_cache(maxsize=8)
def smooth_functions(n: int) -> Array:
    """Functions of one input at its n ordered values, orthonormal, from smooth to wiggly.

    Natural cubic splines of the normal score: the first is the score itself, beyond the outermost knots all
    are straight lines (Demmler and Reinsch's basis).

    Parameters
    ----------
    n : int
        Number of draws.

    Returns
    -------
    ndarray, shape (n, KNOTS - 1)
        Mean 0, mean square 1, uncorrelated.

    Examples
    --------
    >>> functions = smooth_functions(500)
    >>> bool(np.allclose(functions.T @ functions / 500, np.eye(KNOTS - 1)))
    True
    """
    z = grid_scores(n)
    knots = z[np.linspace(0.01 * n, 0.99 * n, KNOTS).astype(int).clip(0, n - 1)]
    splines = _natural(z, knots)
    splines -= splines.mean(axis=0)
    q, r = np.linalg.qr(splines)
    even = np.linspace(knots[0], knots[-1], 401)
    bend = np.diff(_natural(even, knots), 2, axis=0) @ np.linalg.inv(r)
    _, directions = np.linalg.eigh(bend.T @ bend)
    functions = np.sqrt(n) * (q @ directions)
    functions *= np.where(functions[-1] < 0, -1.0, 1.0)
    functions.flags.writeable = False
    return np.asarray(functions)


def _natural(x: Array, knots: Array) -> Array:
    """Natural cubic splines without the constant, by truncated powers."""

    def bent(k: int) -> Array:
        cubes = np.maximum(x - knots[k], 0) ** 3 - np.maximum(x - knots[-1], 0) ** 3
        return np.asarray(cubes / (knots[-1] - knots[k]))

    last = bent(len(knots) - 2)
    return np.column_stack([x, *(bent(k) - last for k in range(len(knots) - 2))])


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a regression, and whose functions they are.

    Parameters
    ----------
    columns : ndarray, shape (n, p)
        Functions of the inputs, each with mean 0.
    owners : ndarray of int, shape (p,)
        Bit g is set where group g is involved.
    groups : int
        Number of groups.
    order : tuple of int
        Functions of each input, and greatest order of a product.
    """

    columns: Array
    owners: npt.NDArray[np.int64]
    groups: int
    order: tuple[int, int]

    def within(self, subset: int) -> npt.NDArray[np.intp]:
        """Columns that involve the groups of a subset (a bit mask) and no others."""
        return np.flatnonzero((self.owners & ~subset) == 0)


def design_for(
    groups: Sequence[Array], outputs: Array, order: tuple[int, int] | None = None, *, linked: bool = False
) -> Design:
    """Choose functions and products for a regression of outputs on groups of inputs.

    Parameters
    ----------
    groups : sequence of ndarray, shape (n, k_g)
        Draws of the inputs of each group.
    outputs : ndarray, shape (n, m)
        Draws of the outputs.
    order : tuple of int, optional
        Functions of each input, and greatest order of a product; by default what predicts best the draws
        that were left out, over all outputs.
    linked : bool, default False
        Whether outputs are predicted through a link (`linked`).

    Returns
    -------
    Design
        With at most n / DRAWS_PER_FUNCTION columns. Where that is too few for all products, the inputs that
        say most on their own have theirs.
    """
    placed = [(g, ranks(c)) for g, members in enumerate(groups) for c in _decorrelated(members).T]
    functions = smooth_functions(len(outputs))
    y = standardised(outputs)
    if order is not None:
        return _design(placed, functions, y, order, len(groups))
    best, best_error = None, np.inf
    for candidate in CANDIDATES:
        design = _design(placed, functions, y, candidate, len(groups))
        if best is not None and design.columns.shape[1] <= best.columns.shape[1]:
            break
        fitted = LeftOut.of(design.columns, y).fit(np.arange(design.columns.shape[1]))
        error = float(((y - (through_links(fitted, y) if linked else fitted)) ** 2).mean())
        if error < (1 - GAIN) * best_error:
            best, best_error = design, error
        elif error > (1 + PATIENCE) * best_error:
            break
    assert best is not None
    return best


def standardised(outputs: Array) -> Array:
    """Outputs with mean 0 and variance 1; a constant one is 0."""
    centred = outputs - outputs.mean(axis=0)
    sd = centred.std(axis=0)
    return np.asarray(centred / np.where(sd > 0, sd, 1.0))


def _decorrelated(members: Array) -> Array:
    """Coordinates of a group: what each member adds to those before it.

    What is known of a group is the same in any coordinates; in these, a joint prior with correlations of
    0.9997 is no trouble. (Ranks would be too coarse for what so little difference says.)
    """
    if members.shape[1] == 1:
        return members
    scores = standardised(np.column_stack([_nearly_normal(column) for column in members.T]))
    correlation = scores.T @ scores / len(scores)
    factor = np.linalg.cholesky(correlation + RIDGE * np.eye(len(correlation)))
    return np.asarray(np.linalg.solve(factor, scores.T).T)


def _nearly_normal(values: Array) -> Array:
    """Values, or their logarithms if those are less skewed."""
    if values.min() <= 0:
        return values

    def skewness(x: Array) -> float:
        return abs(float((standardised(x) ** 3).mean()))

    logarithms = np.log(values)
    return logarithms if skewness(logarithms) < skewness(values) else values


def _design(
    placed: list[tuple[int, npt.NDArray[np.intp]]], functions: Array, y: Array, order: tuple[int, int], groups: int
) -> Design:
    own, product_order = order
    n = len(y)
    budget = n // DRAWS_PER_FUNCTION
    own = max(1, min(own, functions.shape[1], budget // len(placed)))
    single = [functions[rank, :own] for _, rank in placed]
    columns, owners = list(single), [np.full(own, 1 << g) for g, _ in placed]
    pairs = [(a, b) for a in range(own) for b in range(own) if a + b + 2 <= product_order]
    for i, j in _strongest_pairs(single, y, budget - own * len(placed), len(pairs)):
        product = np.column_stack([single[i][:, a] * single[j][:, b] for a, b in pairs])
        columns.append(product - product.mean(axis=0))
        owners.append(np.full(len(pairs), 1 << placed[i][0] | 1 << placed[j][0]))
    return Design(np.hstack(columns), np.concatenate(owners).astype(np.int64), groups, order)


def _strongest_pairs(single: list[Array], y: Array, room: int, each: int) -> list[tuple[int, int]]:
    """Pairs of the inputs that explain most on their own, as many as there is room for."""
    if each == 0:
        return []
    strength = [np.max(np.sum((functions.T @ y / len(y)) ** 2, axis=0)) for functions in single]
    order = np.argsort(-np.array(strength), kind="stable")
    many = len(single)
    while many > 1 and each * many * (many - 1) // 2 > room:
        many -= 1
    chosen = sorted(order[:many].tolist())
    return [(i, j) for k, i in enumerate(chosen) for j in chosen[k + 1 :]]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Regressions that predict each fifth of the draws from the rest.

    Parameters
    ----------
    columns : ndarray, shape (n, p)
        Functions of the inputs.
    parts : list of slice
        The fifths.
    grams, crosses : ndarray, shapes (f, p, p) and (f, p, m)
        Products over the rest of each fifth, of functions with each other and with the outputs.
    """

    columns: Array
    parts: list[slice]
    grams: Array
    crosses: Array

    @classmethod
    def of(cls, columns: Array, y: Array) -> LeftOut:
        """Of functions, and outputs with mean 0, shape (n, m)."""
        n, p = columns.shape
        parts = [slice(a, b) for a, b in pairwise(np.linspace(0, n, FOLDS + 1).astype(int))]
        grams = np.array([columns[part].T @ columns[part] for part in parts])
        crosses = np.array([columns[part].T @ y[part] for part in parts])
        return cls(columns, parts, grams.sum(axis=0) - grams + RIDGE * n * np.eye(p), crosses.sum(axis=0) - crosses)

    def fit(self, inside: npt.NDArray[np.intp]) -> Array:
        """Predictions from some of the functions, shape (n, m)."""
        slopes = np.zeros_like(self.crosses)
        slopes[:, inside] = np.linalg.solve(self.grams[:, inside[:, None], inside], self.crosses[:, inside])
        return np.concatenate([self.columns[part] @ own for part, own in zip(self.parts, slopes, strict=True)])


def through_links(index: Array, y: Array) -> Array:
    """Expected outputs given one index each: a smooth function of it, whatever its shape.

    A chance is a steep function of what it depends on, and a regression would need very many functions for it.

    Parameters
    ----------
    index : ndarray, shape (n, m)
        Predictions of draws that were left out: an index fitted to the draws themselves would promise too much.
    y : ndarray, shape (n, m)
        Outputs with mean 0.

    Returns
    -------
    ndarray, shape (n, m)
        Expected values.
    """
    functions, fitted = smooth_functions(len(y)), np.empty_like(y)
    for j, column in enumerate(index.T):
        order = np.argsort(column, kind="stable")
        fitted[order, j] = functions @ (functions.T @ y[order, j]) / len(y)
    return fitted
