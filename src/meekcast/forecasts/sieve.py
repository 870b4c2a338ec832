"""Many numbers by their rank, from one look at each: what is near none of the ranks is counted, and forgotten.

Numbers come in an order that has nothing to do with their size. So those that came say between which two of them those
of the wanted ranks will lie in the end: the more have come, the closer. What lies in such a *bracket* is caught; of the
rest it is known how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from meekcast.equations.types import Array, Counts, Mask
from meekcast.forecasts.bands import WORTH_THREADS
from meekcast.forecasts.bins import ordered
from meekcast.inference.cores import in_threads

MOST_ROWS = 255
"""Of a table that is looked at: so many are counted in a byte."""

COLUMNS_AT_ONCE = 16
"""Of which what is caught is put in order together."""

BINS = 128
"""Parts of a bracket in which numbers are counted where too many would be caught."""


class Sieve:
    """Columns of numbers, caught where they may have one of a few ranks.

    Parameters
    ----------
    columns : int
        How many.
    total : int
        Numbers that each column will have in the end.
    probabilities : sequence of float
        The ranks are those of quantiles.
    spread : float
        Half the width of a bracket, in standard deviations of a rank.
    """

    def __init__(self, columns: int, total: int, probabilities: Sequence[float], spread: float) -> None:
        self._total, self._spread, self._probabilities = total, spread, np.sort(probabilities)
        self._seen = 0
        k = len(self._probabilities)
        self._edges = np.full((2 * k, columns), np.inf)  # where brackets begin and end by turns; the first holds all
        self._edges[0] = -np.inf
        self._below = np.zeros((2 * k, columns), dtype=np.int64)  # how many have come that are less than an edge
        self._equal = np.zeros((k, columns), dtype=bool)  # brackets of one number, of which none need be caught
        self._caught: list[tuple[Array, Counts]] = []
        self._marks = np.empty((columns, k * (BINS + 3)))  # where bins begin and end, once there are any
        self._counts = np.zeros((columns, k * (BINS + 3) + 1), dtype=np.int64)
        self._lock = Lock()

    def see(self, table: Array) -> None:
        """Look at some numbers of all columns, shape (n, columns) with n up to `MOST_ROWS`."""
        inside, less = np.zeros(table.shape, dtype=bool), np.empty(table.shape, dtype=bool)
        below = np.empty_like(self._below)
        for i, edge in enumerate(self._edges):
            np.less(table, edge, out=less)
            below[i] = np.add.reduce(less.view(np.uint8), axis=0, dtype=np.uint8)
            if self._equal[i // 2].any():
                less &= ~self._equal[i // 2]
            inside ^= less
        at = np.flatnonzero(inside)
        piece = np.take(table, at), (at % table.shape[1]).astype(np.int16)
        with self._lock:
            self._seen += len(table)
            self._below += below
            self._caught.append(piece)

    def tighten(self) -> None:
        """Draw the brackets closer around the ranks, by what has been seen, and let go of what is outside."""
        low, high = self._bounds()
        edges, below, equal = (np.empty_like(whole) for whole in (self._edges, self._below, self._equal))

        def of(some: slice, rows: Array) -> list[tuple[Array, Counts]]:
            edges[:, some], equal[:, some] = self._closer(low, high, rows, some)
            inside = np.zeros(rows.shape, dtype=bool)
            below[:, some] = self._left_out(some, edges[:, some])
            for i, edge in enumerate(edges[:, some]):
                less = rows < edge[:, None]
                below[i, some] += np.count_nonzero(less, axis=1)
                inside ^= less & ~equal[i // 2, some][:, None]
            whose = np.nonzero(inside)[0] + some.start
            return [(rows[inside], whose.astype(np.int16))]

        self._each(of)
        self._edges, self._below, self._equal = edges, below, equal

    def tally(self) -> None:
        """Count what is caught in bins and let go of it; brackets stay as they are from now on."""
        marks, counts, first = self._marks, self._counts, not self._counts.any()

        def of(some: slice, rows: Array) -> list[tuple[Array, Counts]]:
            if first:
                marks[some] = self._bins(rows, some)
            for row, count, mark in zip(rows, counts[some], marks[some], strict=True):
                count += np.bincount(np.searchsorted(mark, row, side="right"), minlength=len(count))
            return []

        self._each(of)

    def ranked(self, ranks: Counts) -> tuple[Array, Mask]:
        """The numbers of some ranks, shape (k,), and whether they are known, both of shape (k, columns)."""
        values = np.empty((len(ranks), self._edges.shape[1]))
        known = np.empty(values.shape, dtype=bool)

        def of(some: slice, rows: Array) -> list[tuple[Array, Counts]]:
            values[:, some], known[:, some] = self._read(ranks[:, None], rows, some)
            return []

        self._each(of)
        return values, known

    def estimated(self, ranks: Counts) -> tuple[Array, Array, Mask]:
        """The same as if bins were filled evenly, with the widths of the bins in the middle."""
        some = slice(None)
        place, interval = self._places(ranks[:, None], some)
        values, known, caught = self._at_edges(interval, some)
        upto = np.cumsum(self._counts[:, :-1], axis=1)
        at = np.array([np.searchsorted(row, of, side="right") for row, of in zip(upto, place.T, strict=True)])
        at = np.clip(at, 1, upto.shape[1] - 1)
        low, high = (np.take_along_axis(self._marks, i, axis=1) for i in (at - 1, at))
        first, last = (np.take_along_axis(upto, i, axis=1) for i in (at - 1, at))
        with np.errstate(invalid="ignore", divide="ignore"):
            between = low + (high - low) * ((place.T - first + 0.5) / (last - first))
            between = np.where(np.isfinite(high - low), between, np.where(np.isfinite(low), low, high))
            width = np.where(caught & (low != high).T, (high - low).T, 0.0)
        return np.where(caught, between.T, values), width, known

    def _bounds(self) -> tuple[Counts, Counts]:
        """Between which ranks among what has been seen the wanted ones will lie in the end, each of shape (k, 1)."""
        p, n = self._probabilities[:, None], self._seen
        half = self._spread * np.sqrt(n * (1 - n / self._total) * p * (1 - p)) + 1
        return np.floor(n * p - half).astype(int), np.ceil(n * p + half).astype(int)

    def _closer(self, low: Counts, high: Counts, rows: Array, some: slice) -> tuple[Array, Mask]:
        """Edges of brackets between two ranks, and where there is but one number between them.

        What was let go of stays outside: where a rank is there, a bracket ends before and the next begins behind.
        """
        (begin, begins), (end, ends) = (self._read(ranks, rows, some) for ranks in (low, high))
        behind = np.minimum(self._places(low, some)[1], len(self._edges) - 1)
        begin = np.where(begins, begin, np.take_along_axis(self._edges[:, some], behind, axis=0))
        equal = begins & ends & (begin == end) & (begin < np.inf)
        end = np.where(ends, np.nextafter(end, np.inf), end)
        edges = np.stack([begin, end], axis=1).reshape(len(self._edges), -1)
        return np.maximum.accumulate(edges, axis=0), equal

    def _bins(self, rows: Array, some: slice) -> Array:
        """Marks between bins, some numbers of each bracket, shape (columns, marks)."""
        first, behind = self._below[::2, some], self._below[1::2, some]
        ranks = np.linspace(first, np.maximum(behind - 1, first), BINS + 1).astype(int)
        inner, _ = self._read(ranks.reshape(-1, len(rows)), rows, some)
        return np.sort(np.concatenate([inner, self._edges[:, some]]).T, axis=1)

    def _uncaught(self, some: slice) -> Counts:
        """How many have come that are between an edge and the one before, and were let go of, shape (2 k, columns)."""
        sizes = np.diff(self._below[:, some], axis=0, prepend=0)
        sizes[1::2] *= self._equal[:, some]
        return sizes

    def _left_out(self, some: slice, edges: Array) -> Counts:
        """How many have come that are less than edges, of the same shape, and were let go of."""
        whole = self._edges[:, some] <= edges[:, None]
        return np.asarray(np.sum(self._uncaught(some) * whole, axis=1))

    def _places(self, ranks: Counts, some: slice) -> tuple[Counts, Counts]:
        """The rank of numbers among what is caught, and how many edges are below them, shape (ranks, columns)."""
        interval = np.sum(self._below[:, some] <= ranks[:, None], axis=1)
        left_out = np.cumsum(np.insert(self._uncaught(some), 0, 0, axis=0), axis=0)
        return ranks - np.take_along_axis(left_out, interval, axis=0), interval

    def _at_edges(self, interval: Counts, some: slice) -> tuple[Array, Mask, Mask]:
        """The edge next to numbers inside; whether it is all that there is to know; and whether they are caught."""
        edges, last = self._edges[:, some], len(self._edges)
        before = np.take_along_axis(edges, np.maximum(interval - 1, 0), axis=0)
        equal = np.take_along_axis(self._equal[:, some], np.clip((interval - 1) // 2, 0, None), axis=0)
        odd = interval % 2 == 1
        infinite = (interval == last) & (edges[-1] == np.inf)
        return before, odd | infinite, odd & ~equal

    def _read(self, ranks: Counts, rows: Array, some: slice) -> tuple[Array, Mask]:
        """Numbers of some ranks and whether they are known; where not, the edge of the nearest bracket below them."""
        place, interval = self._places(ranks, some)
        values, known, caught = self._at_edges(interval, some)
        among = ordered(rows, np.where(caught, place, 0).T).T
        return np.where(caught, among, values), known

    def _each(self, do: Callable[[slice, Array], list[tuple[Array, Counts]]]) -> None:
        """Do something with what is caught, some columns at a time, and catch what it gives back instead."""
        caught, self._caught = self._caught, []
        values, columns = (np.concatenate(part) for part in zip(*caught, strict=True))
        caught.clear()

        def some_columns(start: int) -> None:
            stop = min(start + COLUMNS_AT_ONCE, self._edges.shape[1])
            mine = np.flatnonzero((columns >= start) & (columns < stop))
            whose = columns[mine] - start
            lengths = np.bincount(whose, minlength=stop - start)
            longest = max(1, int(lengths.max()))
            rows = np.full((len(lengths), longest), np.inf)
            rows[np.arange(longest) < lengths[:, None]] = values[mine[np.argsort(whose, kind="stable")]]
            self._caught += do(slice(start, stop), rows)

        in_threads(
            some_columns,
            ((start,) for start in range(0, self._edges.shape[1], COLUMNS_AT_ONCE)),
            len(values) > WORTH_THREADS,
        )
