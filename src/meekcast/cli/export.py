"""``meekcast export``: a run in the format of another tool."""

from __future__ import annotations

from pathlib import Path

from meekcast.export.formats import Wanted, export
from meekcast.runs.read import open_run


def run(folder: Path, to: str, out: Path | None, wanted: Wanted, force: bool = False) -> None:
    """Check the run, write the export and say where it is."""
    file, note = export(open_run(folder), to, out, wanted, force)
    size = sum(f.stat().st_size for f in file.rglob("*") if f.is_file()) if file.is_dir() else file.stat().st_size
    print(f"{file}  {_size(size)}" + (f"\n{note}" if note else ""))


def _size(n: int) -> str:
    return f"{n / 1e6:.1f} MB" if n >= 1e5 else f"{n / 1e3:.1f} kB"
