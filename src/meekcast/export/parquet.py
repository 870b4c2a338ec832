"""Tidy long tables as Parquet, see `long_table`; units are in the fields' metadata, infinite dates are infinities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import optional
from meekcast.export.long_table import long_table

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write a table, compressed."""
    table = long_table(run, wanted)
    optional("pyarrow.parquet", "exports").write_table(table, file, compression="zstd")
