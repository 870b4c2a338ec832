"""An import from the file to what would be written; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from meekcast.errors import InputError
from meekcast.observations.importing import pricing
from meekcast.observations.importing.asked import Asked, Standing
from meekcast.observations.importing.boards import DISPLAYED, GROUPED, Board, boards, chosen
from meekcast.observations.importing.cells import known
from meekcast.observations.importing.compare import Comparison, compared
from meekcast.observations.importing.fetch import Blob, blobs
from meekcast.observations.importing.merging import head, merged, unit_of
from meekcast.observations.importing.names import Known, without_effort
from meekcast.observations.importing.problems import Problem
from meekcast.observations.importing.readers import Grid, Tree, read
from meekcast.observations.importing.scores import scores
from meekcast.observations.prices import Prices, PriceTable
from meekcast.observations.scores import ScoreTable

ONLY = {"category": "overall"}
"""Of LMArena's parquet files, which hold a board for each category, the one of all."""

LARGE_SHARE = 0.1
"""Share of a board's rows that cannot be used, or of models that would go, from which on a user has to say yes."""


@dataclass(frozen=True)
class Import:
    """What an import would write, and what it found on the way.

    Parameters
    ----------
    name : str
        Name of the table.
    board : Board
        What was read.
    table : ScoreTable, optional
        The board; None where prices alone are imported.
    price_list : PriceTable, optional
        The user's price list of this name; None where no price is new.
    aliases : mapping of str to str
        Names of models that boards use, newly matched with the price list.
    comparison : Comparison
        What is different from what stood.
    refused, flagged : tuple of Problem
        What was not used, and what should be looked at.
    notes : tuple of str
        What was done.
    unmatched : tuple of str
        Of a board, models without a known price; of a price list, models that no board has.
    unchanged : int
        Prices that were known already.
    doubts : tuple of str
        Why it may be the wrong file.
    """

    name: str
    board: Board
    table: ScoreTable | None
    price_list: PriceTable | None
    aliases: Mapping[str, str]
    comparison: Comparison
    refused: tuple[Problem, ...]
    flagged: tuple[Problem, ...]
    notes: tuple[str, ...]
    unmatched: tuple[str, ...]
    unchanged: int
    doubts: tuple[str, ...] = field(default=())


def prepared(place: str, asked: Asked, standing: Standing) -> Import:
    """Read a file, a folder or a URL, and hold it against what stands.

    Parameters
    ----------
    place : str
        Path or URL.
    asked : Asked
        What the user wants.
    standing : Standing
        What is there.

    Returns
    -------
    Import
        What would be written.

    Raises
    ------
    InputError
        If it cannot be used; one message, with what helps.
    """
    contents, notes = _contents(blobs(place))
    board = chosen(boards(contents, asked.columns), asked.name, asked.board)
    if len(contents) > 1:
        notes.insert(0, f"board: {board.grid.file}" + (f", {board.title}" if board.title else ""))
    return _scored(place, board, asked, standing, notes) if board.is_scores else _listed(board, asked, standing, notes)


def _contents(found: Sequence[Blob]) -> tuple[list[Grid | Tree], list[str]]:
    """What is in the files; of several, those that cannot be read are left out and told."""
    if len(found) == 1:
        return [read(found[0], ONLY)], []
    contents: list[Grid | Tree] = []
    notes: list[str] = []
    for blob in found:
        try:
            contents.append(read(blob, ONLY))
        except InputError as error:
            notes.append(f"left out: {error.message}")
    if not contents:
        raise InputError("\n".join(notes), "None of these files can be read; give one that can.")
    return contents, notes


# Boards


def _scored(place: str, board: Board, asked: Asked, standing: Standing, notes: list[str]) -> Import:
    stood = standing.boards.get(asked.name)
    unit = unit_of(board, asked, stood)
    told = head(board, unit, asked, stood, place, own=standing.own_board)
    reading = scores(board, unit, asked)
    read_rows = len(board.grid.entries) + len(board.grid.problems)
    comparable = stood if stood and stood.unit == unit else None
    table = merged(reading, told, asked, comparable)
    offers, refused = pricing.offers_of_board(reading.drafts)
    found = pricing.listed(offers, refused, told["source"], asked, standing)
    price_list = pricing.price_table(found, asked, board, told["source"], standing.own_prices)
    after = pricing.added(standing.prices, found.rows, {})
    boards_after = {**standing.boards, asked.name: table}
    aliases = matched({asked.name: table}, after, {}, _hints(board))
    after = pricing.added(standing.prices, found.rows, aliases)
    touched = boards_after if found.rows else {asked.name: table}
    before = {**standing.boards, asked.name: comparable} if comparable else _without(standing.boards, asked.name)
    comparison = compared(before, touched, standing.prices, after, found.rows)
    refused = sorted(
        reading.refused + found.refused, key=lambda problem: (problem.place.file, problem.place.number or 0)
    )
    return Import(
        asked.name, board, table, price_list, aliases, comparison, tuple(refused), tuple(reading.flagged),
        (*notes, *reading.notes), tuple(sorted({row.model for row in table.at() if not after.of(row.model)})),
        found.unchanged, tuple(_doubts(reading.refused, read_rows, comparison, comparable)),
    )  # fmt: skip


def _without(held: Mapping[str, ScoreTable], name: str) -> dict[str, ScoreTable]:
    return {key: table for key, table in held.items() if key != name}


def _doubts(refused: Iterable[Problem], rows: int, comparison: Comparison, stood: ScoreTable | None) -> Iterable[str]:
    """Reasons to think that it is the wrong file, or the wrong column."""
    bad = sum(1 for problem in refused if problem.value is None or known(problem.value))  # empty cells are no fault
    if bad > LARGE_SHARE * rows:
        yield f"{bad} of {rows} rows cannot be used"
    held = len(stood.at()) if stood else 0
    if len(comparison.gone) > LARGE_SHARE * held:
        yield f"{len(comparison.gone)} of {held} models that stood are not in the file (--add keeps them)"


def _hints(board: Board) -> dict[str, tuple[str, ...]]:
    """Other names of models that the archive of a publisher has."""
    found = {}
    for entry in board.grid.entries if GROUPED in board.grid.columns else ():
        names = (entry.cells.get(column, "") for column in (DISPLAYED, GROUPED))
        found[board.text(entry, "model")] = tuple(name for name in names if name)
    return found


# Prices


def _listed(board: Board, asked: Asked, standing: Standing, notes: list[str]) -> Import:
    source = asked.source or board.layout.source or f"imported from {board.grid.file}"
    offers, refused = pricing.offers_of_list(board, asked)
    if not offers:
        told = "\n".join(str(problem) for problem in refused[:3])
        raise InputError(f"{board.grid.file}: no price can be used:\n{told}", "Check that it is the right file.")
    found = pricing.listed(offers, refused, source, asked, standing)
    undated = sum(1 for offer in offers if offer.date is None)
    if undated and found.rows:
        notes.append(f"{undated} prices without a date count as first seen on {asked.as_of or asked.today}")
    after = pricing.added(standing.prices, found.rows, {})
    aliases = matched(standing.boards, after, found.names, {})
    after = pricing.added(standing.prices, found.rows, aliases)
    comparison = compared(standing.boards, standing.boards, standing.prices, after, found.rows)
    meant = {after.aliases.get(row.model, row.model) for table in standing.boards.values() for row in table.rows}
    return Import(
        asked.name, board, None, pricing.price_table(found, asked, board, source, standing.own_prices), aliases,
        comparison, tuple(found.refused), (), tuple(notes), tuple(sorted({r.model for r in found.rows} - meant)),
        found.unchanged,
    )  # fmt: skip


def matched(
    tables: Mapping[str, ScoreTable], prices: Prices, names: Mapping[str, str], hints: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Find the prices of models that boards call otherwise than the price list.

    Parameters
    ----------
    tables : mapping of str to ScoreTable
        The boards.
    prices : Prices
        All prices.
    names : mapping of str to str
        More names of its models.
    hints : mapping of str to sequence of str
        Other names of models of the boards.

    Returns
    -------
    dict
        From the name on a board to the model of the price list; equal but for case, punctuation and effort.
    """
    more = {name: model for name, model in names.items() if model in prices.by_model}
    index = Known({**more, **prices.aliases, **{model: model for model in prices.by_model}})
    found = {}
    for table in tables.values():
        for row in table.rows:
            model = row.model
            if model not in found and not prices.of(model):
                meant = index.find(model, without_effort(model), *hints.get(model, ()))
                if meant is not None and meant in prices.by_model:
                    found[model] = meant
    return found
