"""Tidy long tables as comma-separated text, see `long_table`; infinite dates are ``inf``, missing values are empty."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import optional
from meekcast.export.long_table import long_table

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun

NUMBERS = 50
"""Bytes of the date, the number of the draw, the value and the signs between them in a row."""


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write a table, the heading first; numbers as short as reads them back the same."""
    table = long_table(run, wanted)
    pa, csv = optional("pyarrow", "exports"), optional("pyarrow.csv", "exports")
    plain = [f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in table.schema]
    csv.write_csv(table.cast(pa.schema(plain)), file)


def size(run: StoredRun, wanted: Wanted) -> float:
    """About how many bytes that will be, told from the names and the number of rows before anything is read."""
    if wanted.table != "draws":
        return 0.0
    names, draws = wanted.quantities_of(run), run.draws
    rows = len(draws.times) * len(run.events[0].dates)
    return float(sum(rows * (len(name) + len(str(draws.labels[name]["units"])) + NUMBERS) for name in names))
