"""Bytes as rows of text, each with its place: CSV of any dialect and encoding, JSON, parquet.

CSV is read by Python's own reader, because a message has to name the line: polars and pandas count rows, and a row of
Epoch AI's files may have many lines. Parquet is read by polars, which is imported in 0.14 s (pandas: 0.32 s, and it
needs pyarrow besides), and only for such files; it is in the extra ``evidence``.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from meekcast.errors import InputError, optional
from meekcast.files import from_json
from meekcast.observations.importing.fetch import HTML_REMEDY, Blob
from meekcast.observations.importing.problems import Place, Problem
from meekcast.observations.sheet import MOST_ROWS

MOST_COLUMNS = 1000

DELIMITERS = ",;\t|"

SIGNS = {
    b"\x1f\x8b": ("is packed by gzip", "Unpack it: gunzip FILE."),
    b"%PDF": ("is a PDF document", "Find the table as CSV, JSON or parquet."),
    b"\x89PNG": ("is a picture", "Find the table as CSV, JSON or parquet."),
    b"SQLite format 3": ("is a database", "Export the table as CSV."),
    b"\xd0\xcf\x11\xe0": ("is an old Office document", "Save the sheet as CSV (UTF-8) and import that."),
    b"BZh": ("is packed by bzip2", "Unpack it: bunzip2 FILE."),
    b"\xfd7zXZ": ("is packed by xz", "Unpack it: unxz FILE."),
    b"PK": ("is an archive inside another, or a broken one", "Unpack it yourself and give the folder."),
}
"""How files begin that are no tables, what they are, and what helps."""

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

LARGEST_CELL = 1 << 20

ROW = "number of the row"


class Entry(NamedTuple):
    """A row as read: where it stands, and its cells by the names of their columns."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Grid:
    """A table as read: everything is text.

    Parameters
    ----------
    file : str
        Its name.
    columns : tuple of str
        The header.
    entries : tuple of Entry
        The rows.
    problems : tuple of Problem, optional
        Rows that do not have the cells that the header names.
    counted : str, optional
        What the number of an entry counts: line, row or entry.
    delimiter : str, optional
        What stands between cells.
    """

    file: str
    columns: tuple[str, ...]
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
    counted: str = "line"
    delimiter: str = ","

    def place(self, entry: Entry) -> Place:
        """Where a row stands."""
        return Place(self.file, entry.number, self.counted)


class Tree(NamedTuple):
    """A JSON document as read."""

    file: str
    value: Any


def read(blob: Blob, only: Mapping[str, str] | None = None) -> Grid | Tree:
    """Read a file by what is in it, whatever its name.

    Parameters
    ----------
    blob : Blob
        The file.
    only : mapping of str to str, optional
        Of a parquet file that has these columns, only rows with these values: some hold a hundred boards.

    Returns
    -------
    Grid or Tree
        Its rows, or its JSON document.

    Raises
    ------
    InputError
        If it is of another kind, broken or too large; says what it is and what helps.
    """
    content = blob.content
    if content.startswith(b"PAR1"):
        return _parquet(blob, only or {})
    for sign, (what, remedy) in SIGNS.items():
        if content.startswith(sign):
            raise InputError(f"{blob.name} {what}, not a table", remedy)
    text = _text(blob)
    begins = text.lstrip()[:1]
    if not begins:
        raise InputError(f"{blob.name} is empty", "Download it again.")
    if begins == "<":
        raise InputError(f"{blob.name} is a web page (HTML), not a table", HTML_REMEDY)
    return _json(blob.name, text) if begins in "{[" else _csv(blob.name, text)


# Text


def _text(blob: Blob) -> str:
    """The text of a file, in the encoding that its first bytes show: UTF-8, or UTF-16 and UTF-32 by their marks."""
    content = blob.content
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), None) or _unmarked(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{blob.name}, line {line}: not in {encoding.upper()} (byte {error.start}: {content[error.start]:#04x})",
            "Save it as UTF-8; an old Windows file: iconv -f WINDOWS-1252 -t UTF-8 OLD.csv > NEW.csv",
        ) from None
    if "\0" in text:
        raise InputError(f"{blob.name} is a binary file, not a table", "Find the table as CSV, JSON or parquet.")
    return text


def _unmarked(content: bytes) -> str:
    """UTF-16 without a mark has a zero byte in every Latin letter, at the even or the odd places."""
    begin = content[:200]
    zeros = begin[0::2].count(0), begin[1::2].count(0)
    if len(begin) >= 4 and max(zeros) > 0.8 * (len(begin) // 2) and min(zeros) == 0:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return "utf-8"


# CSV


def _csv(name: str, text: str) -> Grid:
    delimiter = _delimiter(text)
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        return _rows(name, text, delimiter)
    except csv.Error as error:
        raise InputError(
            f"{name} is not CSV: {error}", "Check that it is the right file, or mend its quotes."
        ) from None
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """What splits the header into most cells; a comma where nothing does."""
    return max(DELIMITERS, key=lambda delimiter: len(_first(text, delimiter)))


def _first(text: str, delimiter: str) -> list[str]:
    try:
        return next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)), [])
    except csv.Error:
        return []


def _rows(name: str, text: str, delimiter: str) -> Grid:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header: tuple[str, ...] = ()
    entries: list[Entry] = []
    problems: list[Problem] = []
    begins = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            if not header:
                header = _header(name, cells)
            elif len(_trimmed(cells, len(header))) != len(header):
                problems.append(Problem(Place(name, begins), _uneven(len(cells), len(header))))
            else:
                entries.append(Entry(begins, {c: v.strip() for c, v in zip(header, cells, strict=False) if c}))
            _few(name, len(entries) + len(problems))
        begins = reader.line_num + 1
    return Grid(name, header, tuple(entries), tuple(problems), delimiter=delimiter)


def _trimmed(cells: list[str], length: int) -> list[str]:
    """Cells without empty ones behind the last column, which some programs write."""
    return cells[:length] if not any(cell.strip() for cell in cells[length:]) else cells


def _uneven(got: int, wanted: int) -> str:
    return f"{got} cells where the header has {wanted} columns; is a quote open, or a comma outside quotes?"


def _header(name: str, cells: list[str]) -> tuple[str, ...]:
    header = tuple(cell.strip() for cell in cells)
    if len(header) > MOST_COLUMNS:
        raise InputError(f"{name} has {len(header)} columns, more than {MOST_COLUMNS}", "Check that it is a table.")
    if len(header) < 2:
        raise InputError(
            f"{name} is not a table: its first line has one cell only",
            "A CSV file begins with the names of its columns, with commas, semicolons or tabs between them.",
        )
    for column in header:
        if column and header.count(column) > 1:
            places = " and ".join(str(i + 1) for i, other in enumerate(header) if other == column)
            raise InputError(
                f"{name}: the column {column!r} stands twice, as columns {places}",
                "Rename one of them in the first line, or delete it.",
            )
    return header


def _few(name: str, number: int) -> None:
    if number > MOST_ROWS:
        raise InputError(f"{name} has more than {MOST_ROWS} rows", "Cut it to the board that you want.")


# JSON


def _json(name: str, text: str) -> Tree:
    return Tree(name, from_json(text, name, "Download it again; it may have broken off."))


def grid(file: str, rows: list[Any], columns: tuple[str, ...] = ()) -> Grid:
    """Objects of a JSON list as a table; what is inside them by dotted names.

    Examples
    --------
    >>> grid("a.json", [{"name": "GPT", "pricing": {"input": 1.5}, "open": True}]).entries[0].cells
    {'name': 'GPT', 'pricing.input': '1.5', 'open': 'yes'}
    """
    _few(file, len(rows))
    entries: list[Entry] = []
    problems: list[Problem] = []
    found: dict[str, None] = dict.fromkeys(columns)
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict):
            cells = dict(_flat(row))
            found |= dict.fromkeys(cells)
            entries.append(Entry(number, cells))
        else:
            problems.append(Problem(Place(file, number, "entry"), "not an object with a name for each value"))
    return Grid(file, tuple(found), tuple(entries), tuple(problems), counted="entry")


def _flat(row: Mapping[str, Any], prefix: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """Names and texts of the values of an object, three levels deep."""
    found: list[tuple[str, str]] = []
    for key, value in row.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.", depth + 1) if depth < 3 else []
        elif not isinstance(value, list):
            found.append((prefix + key, _word(value)))
    return found


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


# Parquet


def _parquet(blob: Blob, only: Mapping[str, str]) -> Grid:
    polars = optional("polars", "evidence")
    try:
        frame = polars.scan_parquet(io.BytesIO(blob.content))
        kinds = frame.collect_schema()
        columns = tuple(c for c, kind in kinds.items() if not kind.is_nested() and kind != polars.Binary)
        frame = frame.select(polars.col(columns).cast(polars.String).fill_null("")).with_row_index(ROW, 1)
        for column, value in only.items():
            if column in columns:
                frame = frame.filter(polars.col(column) == value)
        rows = frame.head(MOST_ROWS + 1).collect().rows(named=True)
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{blob.name} is not a whole parquet file: {told}", "Download it again.") from None
    _few(blob.name, len(rows))
    entries = tuple(Entry(row.pop(ROW), row) for row in rows)
    return Grid(blob.name, columns, entries, counted="row")
