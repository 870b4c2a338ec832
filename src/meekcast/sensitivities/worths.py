"""Worths of subsets of inputs, and what each block of draws contributes to their errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from meekcast.equations.types import Array
from meekcast.inference.cores import in_threads
from meekcast.sensitivities.basis import (
    FOLDS,
    Design,
    LeftOut,
    smooth_functions,
    standardised,
    through_links,
)

type Masks = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float32]

BLOCKS = 50
SUBSETS_AT_ONCE, REGRESSIONS_AT_ONCE = 16, 80
"""Wide enough for BLAS; the more subsets, the more functions that only some of them have."""


def worths(design: Design, outputs: Array, masks: Masks) -> tuple[Array, Array]:
    """Worth of subsets, with what each block of draws contributes to its error.

    Parameters
    ----------
    design : Design
        Functions of the inputs.
    outputs : ndarray, shape (n, m)
        Draws of the outputs.
    masks : ndarray of int, shape (s,)
        Subsets as bit masks.

    Returns
    -------
    worth : ndarray, shape (s, m)
        Adjusted shares of the variance: a subset that explains nothing has 0 on average.
    blocks : ndarray, shape (s, m, b)
        Influence of each block on the worths, with mean 0.
    """
    n, m = outputs.shape
    scaled = standardised(outputs)
    regressions = LeftOut.of(design.columns, scaled)
    length, in_block = _blocks(n)
    columns, y = _padded(design.columns, length * len(in_block)), _padded(scaled, length * len(in_block))
    squares = np.empty((2, len(masks), m, len(in_block)))
    freedom = np.empty(len(masks))

    def some_subsets(first: int) -> None:
        here = slice(first, first + at_once)
        needed = design.within(int(np.bitwise_or.reduce(masks[here])))
        freedom[here], slopes = _slopes(design.owners, needed, regressions, masks[here])
        for which, each in enumerate(([(slopes[0], slice(0, n))], zip(slopes[1:], regressions.parts, strict=True))):
            residual = np.zeros((slopes.shape[1], *y.shape), np.float32)
            for slope, part in each:
                fitted = slope.reshape(-1, len(needed)) @ columns[needed, part]
                np.subtract(fitted.reshape(-1, m, fitted.shape[1]), y[:, part], out=residual[..., part])
            squares[which, here] = _block_means(residual, in_block)

    at_once = min(max(1, REGRESSIONS_AT_ONCE // m), SUBSETS_AT_ONCE)
    in_threads(some_subsets, ((start,) for start in range(0, len(masks), at_once)))
    return _with_influence(_balanced(squares, freedom, n), _block_means(y, in_block), in_block)


def _balanced(squares: Array, freedom: Array, n: int) -> Array:
    """Squares of residuals as they would be if the coefficients were known.

    Of draws that were fitted they are too small, of draws that were left out too large, both by what the coefficients
    scatter; whatever that is (spread that varies, draws that follow each other), it cancels in this average.
    """
    fitted, left_out = 1 / n, 1 / (n * (FOLDS - 1) / FOLDS - freedom - 1)
    share = (left_out / (fitted + left_out))[:, None, None]
    return np.asarray(share * squares[0] + (1 - share) * squares[1])


def linked_worths(design: Design, outputs: Array, masks: Masks) -> tuple[Array, Array]:
    """Worth of subsets for outputs of two values, as `worths`, through a link.

    What a subset says of an output is a smooth function of its index, which is predicted for each fifth of the
    draws from the rest.
    """
    n, m = outputs.shape
    y = standardised(outputs)
    predictions = LeftOut.of(design.columns, y)
    length, in_block = _blocks(n)
    left = np.empty((len(masks), m, len(in_block)))
    freedom = np.zeros(len(masks))

    def one_subset(i: int) -> None:
        inside, residual = design.within(int(masks[i])), y
        if len(inside):
            residual = y - through_links(predictions.fit(inside), y)
            freedom[i] = smooth_functions(n).shape[1]
        left[i] = _block_means(_padded(residual, length * len(in_block)), in_block)

    in_threads(one_subset, ((i,) for i in range(len(masks))))
    left *= ((n - 1) / (n - 1 - freedom))[:, None, None]  # of the link
    squares = _block_means(_padded(y, length * len(in_block)), in_block)
    return _with_influence(left, squares, in_block)


def _with_influence(left: Array, squares: Array, in_block: Array) -> tuple[Array, Array]:
    """Worths and influences from the mean square of the residuals, and of the outputs, in each block."""
    weight = in_block / in_block.sum()
    ratio = left @ weight
    influence = np.subtract(ratio[..., None] * squares, left, out=left)  # of a ratio: numerator less denominator
    influence -= (influence @ weight)[..., None]
    return 1 - ratio, influence


def _blocks(n: int) -> tuple[int, Array]:
    """Length of a block of consecutive draws, and how many draws each has: the last may lack some."""
    length = -(-n // min(BLOCKS, n // 2))
    blocks = -(-n // length)
    return length, np.diff(np.minimum(np.arange(blocks + 1) * length, n)).astype(float)


def _padded(values: Array, rows: int) -> Floats:
    """Draws along the last axis, with zeros that make all blocks equally long."""
    padded = np.zeros((values.shape[1], rows), np.float32)
    padded[:, : len(values)] = values.T
    return padded


def _block_means(values: Floats, in_block: Array) -> Array:
    """Mean square of each block, of values with draws along their last axis."""
    split = values.reshape(*values.shape[:-1], len(in_block), -1)
    return np.asarray(np.einsum("...l,...l->...", split, split) / in_block, dtype=float)


def _slopes(owners: Masks, needed: npt.NDArray[np.intp], regressions: LeftOut, masks: Masks) -> tuple[Array, Floats]:
    """Functions of each subset, and slopes of the regressions on all draws and without each part of them.

    Slopes, shape (1 + folds, subsets, outputs, needed functions), are zero where a function is not a subset's.
    """
    grams = np.concatenate([regressions.grams.sum(axis=0, keepdims=True), regressions.grams])
    crosses = np.concatenate([regressions.crosses.sum(axis=0, keepdims=True), regressions.crosses])
    inside = (owners[needed] & ~masks[:, None]) == 0
    slopes = np.zeros((len(grams), len(masks), crosses.shape[2], len(needed)), np.float32)
    for i, chosen in enumerate(map(np.flatnonzero, inside)):
        functions = needed[chosen]
        found = np.linalg.solve(grams[:, functions[:, None], functions], crosses[:, functions])
        slopes[:, i, :, chosen] = found.transpose(1, 0, 2)
    return inside.sum(axis=1), slopes
