"""Many numbers by their rank, without sorting them all: they are counted in bins, and what is in a few bins is sorted.

The bits of a positive number, read as an integer, grow with it and are close to its logarithm. Cut off behind the
first few, they say in which of many bins of nearly equal relative width it lies, in a handful of vector instructions.
"""

from __future__ import annotations

import itertools

import numpy as np

from meekcast.equations.types import Array, Counts

FEW = 1000
"""Numbers that are sorted sooner than counted."""

MANY_EQUAL = 0.05
"""Share of numbers equal to their neighbour from which there is no use in bins, and sorting is quick."""

MOST_BINS = 2**14
NUMBERS_A_BIN = 8
"""On average; a table of bins that is as long as the numbers costs as much as they do."""

AT_ONCE = 32768
"""Numbers that are worked on together: they stay in the processor's cache, and the system is not asked for memory."""

SAMPLE = 128
"""Numbers of a row by which its bins are laid."""

_MAGNITUDE = np.int64(2**63 - 1)


class Bins:
    """Bins of several rows of numbers, each row with bins of its own.

    They reach from the least to the largest finite magnitude in a sample, on both sides of zero if some of it is
    negative. The first one also holds all that is below, the last one all that is above, so that no number is without
    a bin and the order of bins is that of numbers.

    Parameters
    ----------
    sample : ndarray, shape (d, k)
        Some numbers of each row.
    count : int
        Bins of a row, a power of 2.
    """

    def __init__(self, sample: Array, count: int) -> None:
        magnitudes = np.abs(sample)
        usual = (magnitudes > 0) & (magnitudes < np.inf)
        least = np.where(usual, magnitudes, np.inf).min(axis=1, keepdims=True)
        largest = np.where(usual, magnitudes, 0.0).max(axis=1, keepdims=True)
        least = np.where(usual.any(axis=1, keepdims=True), least, 0.0)
        self.signed = bool((sample < 0).any())
        self._half = count // 2 if self.signed else count
        self._least = least.view(np.int64)
        self._span = largest.view(np.int64) - self._least
        bits = np.array([[max(int(span) // self._half, 0).bit_length()] for span in self._span[:, 0]])
        self._bits = bits.astype(np.int64)

    def place(self, rows: Array) -> Counts:
        """The bin of each number, shape (d, n)."""
        bits = rows.view(np.int64)
        at = np.maximum(bits & _MAGNITUDE if self.signed else bits, self._least)
        np.minimum(at, self._least + self._span, out=at)
        at -= self._least
        at >>= self._bits
        if self.signed:
            sign = bits >> 63  # -1 where negative, else 0
            at ^= sign
            at -= sign
            at += self._half
        return at


def ordered(rows: Array, ranks: Counts) -> Array:
    """Numbers of each row that have a given rank among all of it.

    Parameters
    ----------
    rows : ndarray, shape (d, n)
        In any order; rows lie one after the other in memory, and stay as they are.
    ranks : ndarray, shape (k,)
        From 0, the least, to n - 1.

    Returns
    -------
    ndarray, shape (d, k)
        Exactly what sorting would give; NaN is larger than all numbers.

    Examples
    --------
    >>> ordered(np.array([[3.0, 1.0, 2.0]]), np.array([0, 2])).tolist()
    [[1.0, 3.0]]
    """
    few = max(1, AT_ONCE // rows.shape[1])
    groups = (rows[start : start + few] for start in range(0, len(rows), few))
    return np.concatenate([_ordered(group, ranks) for group in groups])


def _ordered(rows: Array, ranks: Counts) -> Array:
    """The same of one row, or of so few that they are worked on together."""
    d, n = rows.shape
    sample = rows[:, :: max(1, n // SAMPLE)]
    if n < FEW or np.mean(sample[:, 1:] == sample[:, :-1]) > MANY_EQUAL or np.isnan(rows).any():
        return np.sort(rows, axis=1)[:, ranks]
    count = min(2 ** (n // NUMBERS_A_BIN).bit_length(), MOST_BINS)
    bins, counts = Bins(sample, count), np.zeros(d * count, dtype=np.int64)
    pieces = [rows[:, start : start + AT_ONCE] for start in range(0, n, AT_ONCE)]
    places, before = [], np.arange(d)[:, None] * count
    for piece in pieces:
        at = bins.place(piece) + before
        counts += np.bincount(at.ravel(), minlength=d * count)
        places.append(at.astype(np.int32))
    upto = np.cumsum(counts.reshape(d, count), axis=1)
    holds = np.array([np.searchsorted(row, ranks, side="right") for row in upto]) + before
    wanted = np.zeros(d * count, dtype=bool)
    wanted[holds] = True
    held = np.concatenate([piece[np.take(wanted, at)] for piece, at in zip(pieces, places, strict=True)])
    left_out = np.cumsum(np.where(wanted, 0, counts).reshape(d, count), axis=1)
    starts = np.cumsum([0, *(n - left_out[:, -1])])
    for start, end in itertools.pairwise(starts):
        held[start:end].sort()
    return np.asarray(held[starts[:-1, None] + ranks - left_out.ravel()[holds]])
