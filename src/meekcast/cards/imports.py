"""Imports into the user's own evidence: what stands, what an import would change, and writing it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from meekcast.cards import evidence, library
from meekcast.cards.parsing import text_in, toml_in
from meekcast.errors import InputError
from meekcast.observations import PriceTable, ScoreTable
from meekcast.observations.importing.asked import Asked, Standing
from meekcast.observations.importing.run import Import, prepared
from meekcast.observations.importing.write import stamp, write
from meekcast.observations.prices import Alias
from meekcast.observations.sheet import Sheet, read_sheet


class Imported(NamedTuple):
    """What an import changes, and the files that it has written; none on a dry run."""

    changes: Import
    written: tuple[Path, ...]


def import_evidence(place: str, asked: Asked, *, dry_run: bool = False, yes: bool = False) -> Imported:
    """Import a file, a folder or what a URL answers with into the user's own evidence.

    Parameters
    ----------
    place : str
        Path or URL.
    asked : Asked
        What it is called, and what the file does not say.
    dry_run : bool, optional
        Only say what would change.
    yes : bool, optional
        Write although it looks like the wrong file.

    Returns
    -------
    Imported
        What changes.

    Raises
    ------
    InputError
        If the file cannot be used, or looks like the wrong one; nothing is written.
    OutputError
        If the folder cannot be written; what was there stays.
    """
    since = stamp(evidence.user_folder())
    there, doubts = standing(asked.name)
    changes = prepared(place, asked, there)
    doubts = [*(doubts if changes.table else []), *changes.doubts]
    if dry_run:
        return Imported(changes, ())
    if doubts and not yes:
        raise InputError(
            f"{changes.board.grid.file}: " + "; ".join(doubts),
            "Look at it with --dry-run; if it is right all the same, add --yes",
        )
    return Imported(changes, write(changes, there.folder, there.own_aliases, since))


def standing(name: str) -> tuple[Standing, list[str]]:
    """What is there before something is imported under a name, and why that should perhaps stay.

    A table that cannot be read counts as none: an import may well mend it.
    """
    folder = evidence.user_folder()
    boards: dict[str, ScoreTable] = {}
    for one in library.names("evidence"):
        try:
            table = library.load_any_evidence(one)
        except InputError:
            continue
        if isinstance(table, ScoreTable):
            boards[one] = table
    own, prices = folder / f"{name}.toml", folder / "prices"
    by_hand = own.is_file() and name not in boards
    doubts = [f"{own} is there and is no table of scores that can be read; it would be replaced"] if by_hand else []
    aliases = prices / evidence.ALIASES
    listed: Sheet[Alias] | None = read_sheet(Alias, aliases, Alias.COLUMNS) if aliases.is_file() else None
    there = Standing(
        folder=folder,
        boards=boards,
        own_board=own.is_file(),
        prices=library.load_prices(),
        own_prices=_own_prices(prices / f"{name}.toml"),
        own_aliases={row.alias: row.model for row in listed.rows} if listed else {},
    )
    return there, doubts


def _own_prices(file: Path) -> PriceTable | None:
    return evidence.with_rows(PriceTable, toml_in(file, text_in(file)), file) if file.is_file() else None
