"""Tables as comma-separated text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def write_table(file: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, the heading first; what is missing (None) is an empty cell."""
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(rows)
