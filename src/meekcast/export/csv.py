"""Tidy long tables as comma-separated text, see `long_table`.

Infinite dates are ``inf``, missing values are empty; no name is a formula of a spreadsheet, see `table_text`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.errors import optional
from meekcast.export.long_table import long_table
from meekcast.export.table_text import as_text

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun

NUMBERS = 50
"""Bytes of the date, the number of the draw, the value and the signs between them in a row."""


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write a table, the heading first; numbers as short as reads them back the same."""
    table = long_table(run, wanted)
    pa, csv = optional("pyarrow", "exports"), optional("pyarrow.csv", "exports")
    columns = [_names(pa, column) if pa.types.is_dictionary(column.type) else column for column in table.columns]
    csv.write_csv(pa.table(columns, names=table.column_names), file)


def _names(pa: Any, column: Any) -> Any:
    """A column of names as text; each is looked at once, however many rows have it."""
    stored = column.combine_chunks()
    names = pa.array([as_text(name) for name in stored.dictionary.to_pylist()])
    return pa.DictionaryArray.from_arrays(stored.indices, names).cast(pa.string())


def size(run: StoredRun, wanted: Wanted) -> float:
    """About how many bytes that will be, told from the names and the number of rows before anything is read."""
    if wanted.table != "draws":
        return 0.0
    names, draws = wanted.quantities_of(run), run.draws
    rows = len(draws.times) * len(run.events[0].dates)
    return float(sum(rows * (len(name) + len(str(draws.labels[name]["units"])) + NUMBERS) for name in names))
