"""Tables as comma-separated text, in which no text is a formula.

Spreadsheets compute what begins like a formula, quoted or not, and a name in a card may be anybody's. So an apostrophe
goes before it, by which spreadsheets know a text; numbers, negative ones too, stay as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

LIKE_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a formula begins; the last four are the full-width signs of the first."""


def write_table(file: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, the heading first; what is missing (None) is an empty cell."""
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(
            [as_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
        )


def as_text(text: str) -> str:
    """Make of any text one that no spreadsheet computes.

    Parameters
    ----------
    text : str
        A cell.

    Returns
    -------
    str
        The same, with an apostrophe before it where it begins like a formula and is no number.

    Examples
    --------
    >>> as_text("=1+1"), as_text("-inf"), as_text("gap < 5")
    ("'=1+1", '-inf', 'gap < 5')
    """
    return f"'{text}" if text.startswith(LIKE_FORMULAS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
