"""Tables that fit: where the terminal is narrow, what matters least is left out, and that is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.box import HEAVY_HEAD, Box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

WORDS = 14
"""Least width of a column of words: narrower, a fold cuts every word."""

type Cell = str | Text


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    heading : str
        Its heading, of one line or more.
    rank : int, default 0
        0: always shown. Columns of the highest rank are the first to go.
    words : bool, default False
        Whether it holds words, which may be folded; numbers are never cut.
    left : bool, default False
        Whether numbers stand on the left, as words do.
    named : str, optional
        What it is called where it is left out; the heading by default.
    """

    heading: str
    rank: int = 0
    words: bool = False
    left: bool = False
    named: str = ""

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.named or " ".join(self.heading.split())


@dataclass
class FittingTable:
    """A table that keeps its first column and its main result in every terminal.

    Parameters
    ----------
    columns : sequence of Column
        From left to right.
    box : rich.box.Box, optional
        Its frame.
    show_lines : bool, default False
        Whether there is a line between rows.
    padding : int, default 1
        Blanks on each side of a cell.
    """

    columns: Sequence[Column]
    box: Box = HEAVY_HEAD
    show_lines: bool = False
    padding: int = 1
    _rows: list[tuple[list[Cell], bool]] = field(default_factory=list)

    def add_row(self, *cells: Cell) -> None:
        """Add a row; what is missing at its end is empty."""
        self._rows.append(([*cells, *[""] * (len(self.columns) - len(cells))], False))

    def add_section(self) -> None:
        """Draw a line below the rows so far."""
        if self._rows:
            self._rows[-1] = (self._rows[-1][0], True)

    @property
    def rows(self) -> list[list[str]]:
        """All cells, row by row: for readers that are no terminal."""
        return [[str(cell) for cell in cells] for cells, _ in self._rows]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table of the columns that fit, and name the others."""
        shown = self._shown(options.max_width)
        table = Table(box=self.box, show_lines=self.show_lines, padding=(0, self.padding))
        for i in shown:
            column = self.columns[i]
            least = min(self._width(i), WORDS) if column.words else self._width(i)
            table.add_column(
                Text(column.heading),
                justify="left" if column.words or column.left else "right",
                no_wrap=not column.words,
                overflow="fold",
                min_width=least,
            )
        for cells, ends in self._rows:
            table.add_row(*(cells[i] for i in shown), end_section=ends)
        yield table
        left_out = [column.name for i, column in enumerate(self.columns) if i not in shown]
        if left_out:
            yield Text(f"not shown, for want of width: {'; '.join(left_out)}", style="dim")

    def _shown(self, width: int) -> list[int]:
        """Columns that fit, by number."""
        shown = list(range(len(self.columns)))
        ranks = sorted((c.rank for c in self.columns if c.rank), reverse=True)
        for rank in ranks:
            if self._least(shown) <= width:
                break
            last = max(i for i in shown if self.columns[i].rank == rank)
            shown.remove(last)
        return shown

    def _least(self, shown: Iterable[int]) -> int:
        """Width that a table of these columns needs at least, frame and padding included."""
        widths = [min(self._width(i), WORDS) if self.columns[i].words else self._width(i) for i in shown]
        return sum(widths) + (1 + 2 * self.padding) * len(widths) + 1

    def _width(self, i: int) -> int:
        """Width of the widest line of a column."""
        texts = [self.columns[i].heading, *(str(cells[i]) for cells, _ in self._rows)]
        return max(cell_len(line) for text in texts for line in [*text.splitlines(), ""])
