"""Evidence beside what ships: the user's own folder, rows in files of their own, and price lists that add up."""

from __future__ import annotations

import difflib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from meekcast.cards.parsing import text_in, toml_in, validated
from meekcast.errors import InputError
from meekcast.observations import Prices, PriceTable, ScoreTable
from meekcast.observations.prices import Alias
from meekcast.observations.sheet import Sheet, read_sheet

ALIASES = "aliases.csv"
"""File beside price lists that says which models boards mean."""

type Stamped = tuple[Path, int, int]
"""A file with the time of its last change and its size."""


def user_folder() -> Path:
    """Folder of the user's own evidence, which need not exist.

    ``MEEKCAST_EVIDENCE``, else ``meekcast/evidence`` in ``XDG_DATA_HOME``, which is ``~/.local/share`` by default.
    """
    named = os.environ.get("MEEKCAST_EVIDENCE")
    if named:
        return Path(named)
    home = os.environ.get("XDG_DATA_HOME") or os.path.join("~", ".local", "share")
    return Path(os.path.expanduser(home), "meekcast", "evidence")


def with_rows[T: ScoreTable | PriceTable](kind: type[T], data: dict[str, Any], path: Path) -> T:
    """Read a table whose rows stand in a CSV file beside it.

    Parameters
    ----------
    kind : type
        A table of scores, or a price list.
    data : dict
        What the TOML file says.
    path : pathlib.Path
        The TOML file.

    Returns
    -------
    ScoreTable or PriceTable
        The table.

    Raises
    ------
    InputError
        If something cannot be read; names the file, the line, the column or key, the value and what is allowed.
    """
    for key in ("records", "gaps"):
        if key in data:
            raise InputError(
                f"{path}: {key} in a table of kind {data.get('kind')!r}, which lists all its rows in a CSV file",
                f'Write kind = "{key}": it is what lists {key if key == "gaps" else "records by actor"}.',
            )
    sheet: Sheet[Any] = read_sheet(kind.ROW, _beside(data, path), kind.COLUMNS, kind.OPTIONAL)
    return validated(kind, {**data, "rows": sheet.rows}, path, sheet)


def _beside(data: dict[str, Any], path: Path) -> Path:
    """The file that a table names, in its own folder."""
    remedy = f'Put the rows into a CSV file in the same folder and write rows = "{path.stem}.csv".'
    name = data.get("rows")
    if name is None:
        raise InputError(f"{path}: no rows are named", remedy)
    if not isinstance(name, str):
        raise InputError(f"{path}: rows is not the name of a file (got {type(name).__name__})", remedy)
    if name in {"", ".", ".."} or {"/", "\\", ":"} & set(name):
        raise InputError(f"{path}: rows = {name!r} is not a plain file name", remedy)
    if not (path.parent / name).is_file():
        raise InputError(f"{path}: rows = {name!r}, but there is no file {path.parent / name}", remedy)
    return path.parent / name


def load_prices(*folders: Path) -> Prices:
    """Read all price lists and aliases of these folders; of the same model and date the later folder wins.

    They are read anew when a file has changed.

    Raises
    ------
    InputError
        If one cannot be read, or an alias means a model that no list has.
    """
    return _prices(tuple(_stamped(folder) for folder in folders))


def _stamped(folder: Path) -> tuple[Stamped, ...]:
    files = sorted([*folder.glob("*.toml"), *folder.glob("*.csv")])
    return tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


@lru_cache(maxsize=2)
def _prices(folders: tuple[tuple[Stamped, ...], ...]) -> Prices:
    files = [file for folder in folders for file, *_ in folder]
    lists = [with_rows(PriceTable, toml_in(f, text_in(f)), f) for f in files if f.suffix == ".toml"]
    sheets = [read_sheet(Alias, file, Alias.COLUMNS) for file in files if file.name == ALIASES]
    prices = Prices.of_tables(lists, (alias for sheet in sheets for alias in sheet.rows))
    for sheet in sheets:
        _check_aliases(sheet, prices)
    return prices


def _check_aliases(sheet: Sheet[Alias], prices: Prices) -> None:
    """Refuse an alias that stands twice in a file, and one that would never find a price."""
    seen: set[str] = set()
    for number, row in enumerate(sheet.rows):
        if row.alias in seen:
            raise InputError(f"{sheet.place(number, 'alias')}: {row.alias!r} stands twice", "Keep one of them.")
        seen.add(row.alias)
        if row.model not in prices.by_model:
            close = difflib.get_close_matches(row.model, prices.by_model, n=3)
            meant = f"Did you mean {', '.join(map(repr, close))}? " if close else ""
            raise InputError(
                f"{sheet.place(number, 'model')}: no price list has a model {row.model!r}",
                f"{meant}Name a model of a price list, or add its price to one.",
            )
