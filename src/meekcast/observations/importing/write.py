"""Write an import into the user's own folder; whenever the process is killed, the old table or the new one is there.

A table is two files, so the rows get a name of their own, by a hash of them; the TOML file that names them comes last.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from meekcast.errors import InputError, OutputError
from meekcast.files import WRITTEN, check_writable, from_toml, locked, replacing, text_in
from meekcast.interrupts import uninterrupted
from meekcast.observations.importing.run import Import
from meekcast.observations.prices import Alias, PriceTable
from meekcast.observations.scores import ScoreTable

REMEDY = "Set MEEKCAST_EVIDENCE to a folder that you may write to."


type Stamp = frozenset[tuple[str, int, int]]
"""Files of a folder, each with the time of its last change and its size."""


def stamp(folder: Path) -> Stamp:
    """What tells whether somebody has changed the user's evidence since."""
    files = (file for part in (folder, folder / "prices") for file in part.glob("*.*"))
    told = ((file, file.stat()) for file in files if file.suffix in (".toml", ".csv"))
    return frozenset((str(file), about.st_mtime_ns, about.st_size) for file, about in told)


def write(prepared: Import, folder: Path, own_aliases: Mapping[str, str], since: Stamp) -> tuple[Path, ...]:
    """Write tables and aliases.

    Parameters
    ----------
    prepared : Import
        What is to be written.
    folder : pathlib.Path
        The user's evidence.
    own_aliases : mapping of str to str
        Aliases that are there.
    since : frozenset
        The `stamp` of the folder when it was read.

    Returns
    -------
    tuple of pathlib.Path
        The TOML files, and the file of aliases if it has changed.

    Raises
    ------
    InputError
        If somebody has changed the folder since.
    OutputError
        If it cannot be written; what was there stays.
    """
    written: list[Path] = []
    try:
        check_writable(folder)
        with locked(folder), uninterrupted():
            if stamp(folder) != since:
                raise InputError(f"{folder} has been changed by somebody meanwhile", "Import it again.")
            if prepared.price_list:  # before aliases, which name its models
                written.append(_table(prepared.price_list, folder / "prices"))
            if prepared.aliases:
                written.append(_aliases({**own_aliases, **prepared.aliases}, folder / "prices" / "aliases.csv"))
            if prepared.table:
                written.append(_table(prepared.table, folder))
    except OutputError as error:
        raise OutputError(error.message, REMEDY) from None
    return tuple(written)


def _table(table: ScoreTable | PriceTable, folder: Path) -> Path:
    """Write rows, then what is said about them; rows that nothing names any more go."""
    used = table.COLUMNS + tuple(c for c in table.OPTIONAL if any(getattr(row, c) is not None for row in table.rows))
    rows = _csv(used, table.rows).encode()
    head = folder / f"{table.name}.toml"
    file = head.with_name(f"{table.name}.{hashlib.sha256(rows).hexdigest()[:8]}.csv")
    earlier = _named_rows(head)
    for target, content in ((file, rows), (head, head_text(table, file.name).encode())):
        with replacing(target) as temporary:
            temporary.write_bytes(content)
    if earlier and earlier != file.name:
        with suppress(OSError):
            (folder / earlier).unlink()
    return head


def _named_rows(head: Path) -> str | None:
    """File of rows that an earlier table of this name wrote for itself."""
    with suppress(OSError, ValueError):
        name = from_toml(text_in(head, WRITTEN), head).get("rows")
        if isinstance(name, str) and name.startswith(f"{head.stem}.") and name.endswith(".csv") and "/" not in name:
            return name
    return None


def head_text(table: ScoreTable | PriceTable, rows: str) -> str:
    """The TOML file of a table."""
    import tomli_w

    said: dict[str, Any] = table.model_dump(by_alias=True, exclude={"rows"}, exclude_none=True)
    kept = {key: list(value) if isinstance(value, tuple) else value for key, value in said.items() if value != ()}
    return tomli_w.dumps({**kept, "rows": rows}, multiline_strings=True)


def _aliases(names: Mapping[str, str], file: Path) -> Path:
    with replacing(file) as temporary:
        rows = [Alias(alias=alias, model=model) for alias, model in sorted(names.items())]
        temporary.write_bytes(_csv(Alias.COLUMNS, rows).encode())
    return file


def _csv(columns: Iterable[str], rows: Iterable[BaseModel]) -> str:
    """Rows as the project's own CSV."""
    columns = tuple(columns)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(getattr(row, column)) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    """A value as `Score` and `Price` read it back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)
