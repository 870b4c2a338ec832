"""The many rows of a table: a CSV file beside its TOML file, read with the line of each row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from meekcast.errors import InputError, check_length, nearest, told
from meekcast.files import LONGEST_TEXT, text_in
from meekcast.observations.schema import EARLIEST, Row

MOST_ROWS = 200_000
"""Rows of one file: some hundred times those of any board."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EARLIEST = str(EARLIEST)


def _iso(value: object) -> object:
    if isinstance(value, str):
        if not _DATE.fullmatch(value):  # pydantic would take 1714521600 for a moment in seconds
            raise ValueError("not a date: write year-month-day, such as 2024-05-01")
        if value < _EARLIEST:
            raise ValueError(f"a date is {EARLIEST} or later")
    return value


CsvDate = Annotated[dt.date, BeforeValidator(_iso), Field(ge=EARLIEST)]
"""A date of a cell."""

CsvPositive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A positive number of a cell."""


class CsvRow(Row):
    """Base of rows of CSV files: cells are text and are read as what their column holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=True, defer_build=True)


class RowFault(ValueError):
    """A row that does not go with its table.

    Parameters
    ----------
    row : int
        Its number among the rows, from 0.
    column : str
        Where the trouble is.
    message : str
        What is wrong, with the value and what is allowed.
    """

    def __init__(self, row: int, column: str, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.column = column


def each[R](rows: Iterable[R], column: str, check: Callable[[R], None]) -> None:
    """Check every row by itself.

    Raises
    ------
    RowFault
        Says which row was refused.
    """
    for number, row in enumerate(rows):
        try:
            check(row)
        except ValueError as error:
            raise RowFault(number, column, str(error)) from None


class Sheet[R: CsvRow](NamedTuple):
    """Rows of a file, and the line at which each begins."""

    path: Path
    rows: tuple[R, ...]
    lines: tuple[int, ...]

    def place(self, row: int, column: str) -> str:
        """Where a cell stands: the file, the line and the column."""
        return f"{self.path}, line {self.lines[row]}, column {column}"


def read_sheet[R: CsvRow](kind: type[R], path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Sheet[R]:
    """Read the rows of a CSV file: UTF-8, commas, a header; an empty cell is something unknown.

    Parameters
    ----------
    kind : type
        What a row may say.
    path : pathlib.Path
        The file.
    columns, optional : sequence of str
        The header, and what may stand behind it.

    Returns
    -------
    Sheet
        The rows in their order.

    Raises
    ------
    InputError
        Names the file, the line, the column, the value and what is allowed.
    """
    cells, lines = _cells(path, columns, optional)
    try:
        rows = TypeAdapter(tuple[kind, ...]).validate_python(cells)  # type: ignore[valid-type]
    except ValidationError as error:
        problems = told(error.errors(), lambda problem: _explain(path, lines, problem))
        raise InputError("\n".join(problems), "Mend these cells; a cell of something unknown is empty.") from None
    return Sheet(path, rows, lines)


def _cells(path: Path, columns: Sequence[str], optional: Sequence[str]) -> tuple[list[dict[str, str]], tuple[int, ...]]:
    """Cells that say something, of every row, by the names of their columns; and the lines of the rows."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True, skipinitialspace=True)
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    header: list[str] = []
    begins = 1
    try:
        for cells in reader:
            if not header:
                header = _header([cell.strip() for cell in cells], path, columns, optional)
            elif any(cells):
                _check_row(cells, header, f"{path}, line {begins}")
                if len(rows) == MOST_ROWS:
                    raise InputError(f"{path} has more than {MOST_ROWS} rows", "Cut it to the board that you want.")
                rows.append(
                    {name: cell for name, cell in zip(header, cells, strict=True) if cell and not cell.isspace()}
                )
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {begins}: not a row of a CSV file: {error}", "Mend its quotes.") from None
    if not rows:
        raise InputError(f"{path} has no rows", f"Write rows below the header {','.join(columns)}.")
    return rows, tuple(lines)


def _check_row(cells: Sequence[str], header: Sequence[str], place: str) -> None:
    if len(cells) != len(header):
        raise InputError(
            f"{place}: {len(cells)} cells, but the header has {len(header)} columns",
            'Give every column a cell; put text with a comma into quotes: "Meta, Inc.".',
        )
    for cell in cells:
        check_length(cell, LONGEST_TEXT, f"{place}: a cell")


def _text(path: Path) -> str:
    text = text_in(path)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(f"{path}, line {line}: a NUL character", "Save it as UTF-8 text.")
    return text


def _header(found: list[str], path: Path, columns: Sequence[str], optional: Sequence[str]) -> list[str]:
    """The header, if it is the one of this kind of table."""
    allowed = ([*columns], [*columns, *optional])
    if found in allowed:
        return found
    unknown = [name for name in found if name not in allowed[1]]
    missing = [name for name in columns if name not in found]
    what = "the columns are in another order"
    if missing:
        what = f"no column {missing[0]!r}"
    if unknown:
        what = f"unknown column {unknown[0]!r}. {nearest(unknown[0], allowed[1])}"
    if len(set(found)) < len(found):
        what = "a column stands twice"
    may = f", and if need be ,{','.join(optional)} behind it" if optional else ""
    raise InputError(f"{path}, line 1: {what}", f"The first line has to be {','.join(columns)}{may}.")


def _explain(path: Path, lines: Sequence[int], problem: Any) -> str:
    """One line for one problem of one row."""
    row, *column = problem["loc"]
    place = f"{path}, line {lines[row]}" + (f", column {column[0]}" if column else "")
    if problem["type"] == "missing":
        return f"{place}: the cell is empty"
    got = problem["input"]
    shown = f" (got {got!r})" if isinstance(got, str) else ""
    return f"{place}: {problem['msg'].removeprefix('Value error, ')}{shown}"
