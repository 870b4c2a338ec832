"""Worths of subsets of inputs, and what each block of draws contributes to their errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from meekcast.equations.types import Array
from meekcast.inference.cores import in_threads
from meekcast.sensitivities.basis import (
    RIDGE,
    Design,
    LeftOut,
    smooth_functions,
    standardised,
    through_links,
)

type Masks = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float32]

BLOCKS = 100
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
    gram = design.columns.T @ design.columns / n + RIDGE * np.eye(len(design.owners))
    cross = design.columns.T @ scaled / n
    length, in_block = _blocks(n)
    columns, y = _padded(design.columns, length * len(in_block)), _padded(scaled, length * len(in_block))
    left = np.empty((len(masks), m, len(in_block)))
    freedom = np.empty(len(masks))

    def some_subsets(first: int) -> None:
        here = slice(first, first + at_once)
        needed = design.within(int(np.bitwise_or.reduce(masks[here])))
        slopes, freedom[here] = _slopes(design.owners[needed], gram[np.ix_(needed, needed)], cross[needed], masks[here])
        residual = (slopes.reshape(-1, len(needed)) @ columns[needed]).reshape(-1, *y.shape)
        residual -= y
        left[here] = _block_means(residual, in_block)

    at_once = min(max(1, REGRESSIONS_AT_ONCE // m), SUBSETS_AT_ONCE)
    in_threads(some_subsets, ((start,) for start in range(0, len(masks), at_once)))
    return _with_influence(left, _block_means(y, in_block), freedom, in_block)


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
    squares = _block_means(_padded(y, length * len(in_block)), in_block)
    return _with_influence(left, squares, freedom, in_block)


def _with_influence(left: Array, squares: Array, freedom: Array, in_block: Array) -> tuple[Array, Array]:
    """Worths and influences from the mean square of the residuals, and of the outputs, in each block."""
    n = in_block.sum()
    weight = in_block / n
    left *= (n / (n - 1 - freedom))[:, None, None]
    ratio = left @ weight * (n - 1) / n
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


def _slopes(owners: Masks, gram: Array, cross: Array, masks: Masks) -> tuple[Floats, Array]:
    """Coefficients of the regressions on several subsets, zero where a function is not a subset's, and how many are."""
    slopes = np.zeros((len(masks), *cross.T.shape), np.float32)
    inside = (owners & ~masks[:, None]) == 0
    for i, functions in enumerate(map(np.flatnonzero, inside)):
        found = np.linalg.solve(gram[functions[:, None], functions], cross[functions])
        slopes[i][:, functions] = found.T
    return slopes, inside.sum(axis=1)
