"""How every result shows itself: as text that fits on a screen, as a table in a notebook, as a DataFrame."""

from __future__ import annotations

import html
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from meekcast.errors import optional

if TYPE_CHECKING:
    import pandas as pd

LINES, COLUMNS = 24, 100
"""A screen: no result shows itself in more."""


@dataclass(frozen=True)
class Sheet:
    """A small table with its title and notes.

    Parameters
    ----------
    title : str
        In one line.
    columns : sequence of str
        Headings.
    rows : sequence of sequence of str
        Cells.
    notes : sequence of str
        Sentences below the table.
    words : bool, default False
        Whether cells are words, which stand at the left.

    Examples
    --------
    >>> print(Sheet("Gaps", ["event", "median"], [["gap below 5", "2027-03"]], ["health ok"]).text())
    Gaps
      event         median
      gap below 5  2027-03
    health ok
    """

    title: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()
    words: bool = False

    def text(self) -> str:
        """Lines of plain text, at most a screen."""
        notes = [line for note in self.notes for line in textwrap.wrap(_plain(note), COLUMNS)][: LINES // 2]
        head, *lines = self._aligned() or [[]]
        room = LINES - 1 - len(notes) - len(head)
        shown = [line for row in lines for line in row]
        if len(shown) > room:
            kept = 0
            while sum(map(len, lines[: kept + 1])) <= room - 1:
                kept += 1
            shown = [line for row in lines[:kept] for line in row]
            shown.append(f"  ... {len(lines) - kept} more in .table")
        return "\n".join([_cut(_plain(self.title), COLUMNS), *head, *shown, *notes])

    def _aligned(self) -> list[list[str]]:
        """Lines of the headings and of each row; the widest column gives way, and names are wrapped."""
        if not self.columns:
            return []
        cells = [[_plain(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        while sum(widths) + 2 * len(widths) > COLUMNS:
            widths[widths.index(max(widths))] -= 1
        return [self._lines(row, widths) for row in cells]

    def _lines(self, row: Sequence[str], widths: Sequence[int]) -> list[str]:
        first, *more = textwrap.wrap(row[0], widths[0]) or [""]
        place = str.ljust if self.words else str.rjust
        rest = (place(_cut(cell, width), width) for cell, width in zip(row[1:], widths[1:], strict=True))
        return [f"  {'  '.join([first.ljust(widths[0]), *rest])}".rstrip(), *(f"    {line}" for line in more)]

    def html(self) -> str:
        """A table for a notebook; whatever a card says is text there, never markup."""

        def row(cells: Sequence[str], tag: str) -> str:
            sides = ("left" if self.words or i == 0 else "right" for i in range(len(cells)))
            styled = (f' style="text-align: {side}"' for side in sides)
            inner = "".join(f"<{tag}{s}>{html.escape(c)}</{tag}>" for s, c in zip(styled, cells, strict=True))
            return f"<tr>{inner}</tr>"

        head = f"<thead>{row(self.columns, 'th')}</thead>" if self.columns else ""
        body = "".join(row(cells, "td") for cells in self.rows)
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self.notes)
        return f"<div><b>{html.escape(self.title)}</b></div><table>{head}<tbody>{body}</tbody></table>{notes}"


def _plain(text: str) -> str:
    """Text in one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."


class Shown(ABC):
    """What all results have in common."""

    @abstractmethod
    def _sheet(self) -> Sheet:
        """The result in brief."""

    @override
    def __repr__(self) -> str:
        """Return a screen of text."""
        return self._sheet().text()

    def _repr_html_(self) -> str:
        """Return a table, which notebooks show."""
        return self._sheet().html()


def frame(rows: Sequence[Mapping[Any, Any]], index: str | None = None) -> pd.DataFrame:
    """Rows as a DataFrame.

    Parameters
    ----------
    rows : sequence of mapping
        One entry a column.
    index : str, optional
        The column that names the rows.

    Returns
    -------
    pandas.DataFrame
        The table.

    Raises
    ------
    InputError
        If pandas is not installed.
    """
    pandas = optional("pandas", "exports")
    table: pd.DataFrame = pandas.DataFrame(list(rows))
    return table.set_index(index) if index else table


@dataclass(frozen=True, repr=False)
class Listing(Shown):
    """Rows that print well.

    Parameters
    ----------
    title : str
        What they are.
    rows : tuple of dict
        One entry a column.
    columns : tuple of str
        Which columns are shown; all are in `table`.
    notes : tuple of str
        What else to know.
    named : bool, default True
        Whether the first entry of a row is its name.
    """

    title: str
    rows: tuple[Mapping[str, Any], ...]
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    named: bool = True

    @property
    def table(self) -> pd.DataFrame:
        """All rows and columns as a DataFrame."""
        return frame(self.rows, next(iter(self.rows[0])) if self.named else None)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over what names the rows."""
        return iter([next(iter(row.values())) for row in self.rows])

    def __contains__(self, name: object) -> bool:
        """Return whether a row has this name."""
        return name in list(self)

    @override
    def _sheet(self) -> Sheet:
        cells = [[brief(row[column]) for column in self.columns] for row in self.rows]
        return Sheet(self.title, self.columns, cells, self.notes, words=True)


def brief(value: Any) -> str:
    """A value in a cell.

    Examples
    --------
    >>> brief(0.123456), brief(None), brief("x"), brief(2.0)
    ('0.1235', '', 'x', '2')
    """
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
