"""A run as an Excel workbook (.xlsx): events, probabilities, bands, lags, pool, evidence and provenance, a sheet each.

On a calendar, dates are real dates, which Excel sorts and subtracts; what is not reached by the horizon is ``not by
2040`` in words. Cards that count years keep them, and say so in the heading. Texts are texts: what begins with ``=``,
``+``, ``-`` or ``@`` is never a formula, not even where a cell is edited later. The same run gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.errors import optional
from meekcast.export.sheets import Cell, Column, Sheet, sheets
from meekcast.export.table_text import LIKE_FORMULAS

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun

FORMATS = {
    "number": "[>=1000000]0.00E+00;[<=-1000000]-0.00E+00;0.0000", "count": "#,##0", "probability": "0.0 %",
    "error": "0.00 %", "date": "yyyy-mm-dd", "years": "0.00",
}  # fmt: skip
"""How numbers of each kind are shown; the cells hold all digits that Excel has."""

WIDEST, LONGEST = 60, 32_767
"""Characters: of a column, and of a text that a cell of Excel can hold."""


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write the workbook."""
    excel = optional("xlsxwriter", "exports")
    options = dict.fromkeys(("strings_to_numbers", "strings_to_formulas", "strings_to_urls"), False)
    book = excel.Workbook(str(file), {**options, "in_memory": True})
    asked = dt.datetime.combine(dt.date.fromisoformat(run.summary["today"]), dt.time())
    book.set_properties({"title": run.summary["title"][:255], "author": "meekcast", "created": asked})
    formats = {kind: book.add_format({"num_format": shown}) for kind, shown in FORMATS.items()}
    formats |= {"text": book.add_format(), "quoted": book.add_format({"quote_prefix": True})}
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    for sheet in sheets(run, wanted):
        _write_sheet(book.add_worksheet(sheet.name), sheet, formats, heading)
    book.close()


def _write_sheet(target: Any, sheet: Sheet, formats: dict[str, Any], heading: Any) -> None:
    """Write a sheet: its headings stay in sight, and can be filtered by."""
    for i, column in enumerate(sheet.columns):
        target.write_string(0, i, column.heading, heading)
        target.set_column(i, i, _width(column, [row[i] for row in sheet.rows]))
    for j, row in enumerate(sheet.rows, start=1):
        for i, (cell, column) in enumerate(zip(row, sheet.columns, strict=True)):
            _write_cell(target, (j, i), cell, column, formats)
    target.freeze_panes(1, 1)
    target.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def _write_cell(target: Any, place: tuple[int, int], cell: Cell, column: Column, formats: dict[str, Any]) -> None:
    if isinstance(cell, str):
        text = cell if len(cell) <= LONGEST else f"{cell[: LONGEST - 3]}..."
        target.write_string(*place, text, formats["quoted" if text.startswith(LIKE_FORMULAS) else "text"])
    elif isinstance(cell, dt.date):
        target.write_datetime(*place, dt.datetime.combine(cell, dt.time()), formats["date"])
    elif cell is not None:
        target.write_number(*place, cell, formats[column.kind])


def _width(column: Column, cells: list[Cell]) -> int:
    """Characters that a column needs: of its longest text, of numbers as they are shown, and of half its heading."""
    longest = max((len(str(cell)) if isinstance(cell, str | dt.date) else 10 for cell in cells), default=0)
    return min(max(longest, (len(column.heading) + 1) // 2, 8) + 2, WIDEST)
