"""Many numbers by their rank, without sorting them all: they are counted in bins, and what is in a few bins is sorted.

The bits of a positive number, read as an integer, grow with it and are close to its logarithm. Cut off behind the
first few, they say in which of many bins of nearly equal relative width it lies, in a handful of vector instructions.
"""

from __future__ import annotations

import itertools
from threading import Lock

import numpy as np

from meekcast.equations.types import Array, Counts

FEW = 1000
"""Numbers that are sorted sooner than counted."""

MANY_EQUAL = 0.05
"""Share of numbers equal to their neighbour from which there is no use in bins, and sorting is quick."""

MOST_BINS = 2**14
NUMBERS_A_BIN = 8
"""On average; a table of bins that is as long as the numbers costs as much as they do."""

AT_ONCE = 2**15
"""Numbers that are worked on together, so that they stay in the processor's cache."""

SAMPLE = 128
"""Numbers of a row by which its bins are laid."""

_MAGNITUDE = np.int64(2**63 - 1)


class Bins:
    """Bins of several rows of numbers, each row with bins of its own.

    They reach from the least to the largest finite magnitude in a sample, on both sides of zero if some of it is
    negative. What is beyond is in the bins at the ends, so that no number is without a bin, and the order of bins is
    that of numbers.

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
        largest = np.where(usual, magnitudes, 0.0).max(axis=1, keepdims=True)
        least = np.where(usual, magnitudes, np.inf).min(axis=1, keepdims=True)
        least = np.minimum(least, largest)  # both zero where there is nothing between zero and infinity
        self.count, self.signed = count, bool((sample < 0).any())
        self._middle = count // 2 if self.signed else 0
        span = largest.view(np.int64) - least.view(np.int64)
        room = count - self._middle - 2  # a bin is left at either end for what is beyond
        self._bits = np.array([[(int(s) // room).bit_length()] for s in span[:, 0]], dtype=np.int64)
        width = np.left_shift(1, self._bits)
        self._low = np.maximum(least.view(np.int64) - width, 0)
        self._high = np.minimum(largest.view(np.int64) + width, np.float64(np.inf).view(np.int64))
        self._end = magnitudes.max(axis=1, keepdims=True)

    def place(self, rows: Array) -> Counts:
        """The bin of each number, shape (d, n); bins of different rows have different numbers."""
        bits = rows.view(np.int64)
        at = np.maximum(bits & _MAGNITUDE if self.signed else bits, self._low)
        np.minimum(at, self._high, out=at)
        at -= self._low
        at >>= self._bits
        if self.signed:
            sign = bits >> 63  # -1 where negative, else 0
            at ^= sign
            at -= sign
        at += np.arange(len(at))[:, None] * self.count + self._middle
        return at

    def edges(self, at: Counts) -> tuple[Array, Array]:
        """Between which numbers bins lie, numbered from 0 in each row, shape (d, k).

        A bin at an end has what the sample had there, which may be infinite, for both.
        """
        step = np.abs(at - self._middle)
        bits = self._low + np.left_shift(step, self._bits)
        inner, outer = bits.view(np.float64), (bits + np.left_shift(1, self._bits)).view(np.float64)
        beyond = step >= (self._high - self._low) >> self._bits
        inner, outer = (np.where(beyond, self._end, edge) for edge in (inner, outer))
        inner = np.where(step == 0, -outer if self.signed else 0.0, inner)
        negative = at < self._middle
        return np.where(negative, -outer, inner), np.where(negative, -inner, outer)


class Tally:
    """Rows of numbers that are seen piece by piece, in any order: counted, and the second time some of them kept.

    Parameters
    ----------
    sample : ndarray, shape (d, k)
        Some numbers of each row.
    count : int
        Bins of a row, a power of 2.
    """

    def __init__(self, sample: Array, count: int) -> None:
        self.bins = Bins(sample, count)
        self._counts = np.zeros(len(sample) * count, dtype=np.int64)
        self._held: list[tuple[Array, Counts]] = []
        self._lock = Lock()

    def add(self, at: Counts) -> None:
        """Count what lies in bins, which `Bins.place` found."""
        counts = np.bincount(at.ravel(), minlength=len(self._counts))
        with self._lock:
            self._counts += counts

    def seek(self, ranks: Counts) -> None:
        """Find the bins that hold numbers of given ranks, shape (d, k), now that all is counted."""
        counts = self._counts.reshape(-1, self.bins.count)
        self._ranks, upto = ranks, np.cumsum(counts, axis=1)
        self._holds = np.array([np.searchsorted(row, r, side="right") for row, r in zip(upto, ranks, strict=True)])
        self._wanted = np.zeros(counts.shape, dtype=bool)
        np.put_along_axis(self._wanted, self._holds, values=True, axis=1)

    def keep(self, piece: Array, at: Counts) -> None:
        """Keep of a piece, shape (d, n), what lies in these bins."""
        inside = np.take(self._wanted, at)
        self._held.append((piece[inside], at[inside] // self.bins.count))

    def ranked(self) -> Array:
        """The numbers of these ranks, shape (d, k), now that what is in their bins is kept."""
        values, rows = (np.concatenate(part) for part in zip(*self._held, strict=True))
        if len(self._held) > 1:
            values = values[np.argsort(rows, kind="stable")]
        starts = np.cumsum([0, *np.bincount(rows, minlength=len(self._holds))])
        for start, end in itertools.pairwise(starts):
            values[start:end].sort()
        counts = self._counts.reshape(-1, self.bins.count)
        left_out = np.cumsum(np.where(self._wanted, 0, counts), axis=1)
        return np.asarray(values[starts[:-1, None] + self._ranks - np.take_along_axis(left_out, self._holds, axis=1)])

    def estimated(self) -> tuple[Array, Array]:
        """The numbers of these ranks as if bins were filled evenly, and the bins' widths, both of shape (d, k)."""
        counts = self._counts.reshape(-1, self.bins.count)
        below = np.take_along_axis(np.cumsum(counts, axis=1) - counts, self._holds, axis=1)
        share = (self._ranks - below + 0.5) / np.take_along_axis(counts, self._holds, axis=1)
        low, high = self.bins.edges(self._holds)
        with np.errstate(invalid="ignore"):
            width = np.where(low == high, 0.0, high - low)
            return np.where(low == high, low, low + share * width), width


def ordered(rows: Array, ranks: Counts) -> Array:
    """Numbers of each row that have a given rank among all of it.

    Parameters
    ----------
    rows : ndarray, shape (d, n)
        In any order; rows lie one after the other in memory, and stay as they are.
    ranks : ndarray, shape (k,) or (d, k)
        From 0, the least, to n - 1, of all rows or of each.

    Returns
    -------
    ndarray, shape (d, k)
        Exactly what sorting would give; NaN is larger than all numbers.

    Examples
    --------
    >>> ordered(np.array([[3.0, 1.0, 2.0]]), np.array([0, 2])).tolist()
    [[1.0, 3.0]]
    """
    few, each = max(1, AT_ONCE // rows.shape[1]), np.broadcast_to(ranks, (len(rows), np.shape(ranks)[-1]))
    groups = (slice(start, start + few) for start in range(0, len(rows), few))
    return np.concatenate([_ordered(rows[group], each[group]) for group in groups])


def _ordered(rows: Array, ranks: Counts) -> Array:
    """The same of one row, or of so few that they are worked on together."""
    n = rows.shape[1]
    sample = rows[:, :: max(1, n // SAMPLE)]
    if n < FEW or np.mean(sample[:, 1:] == sample[:, :-1]) > MANY_EQUAL or np.isnan(rows).any():
        return np.take_along_axis(np.sort(rows, axis=1), ranks, axis=1)
    tally = Tally(sample, min(2 ** (n // NUMBERS_A_BIN).bit_length(), MOST_BINS))
    pieces = [rows[:, start : start + AT_ONCE] for start in range(0, n, AT_ONCE)]
    places = []
    for piece in pieces:
        at = tally.bins.place(piece)
        tally.add(at)
        places.append(at.astype(np.int32))
    tally.seek(ranks)
    for piece, at in zip(pieces, places, strict=True):
        tally.keep(piece, at)
    return tally.ranked()
