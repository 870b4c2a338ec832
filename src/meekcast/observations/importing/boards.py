"""The boards and price lists in what was read, and the one that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from meekcast.errors import InputError, nearest
from meekcast.observations.importing.documents import tables
from meekcast.observations.importing.layouts import ANALYSIS, EPOCH_BOARD, LAYOUTS, OWN, ROLES, SYNONYMS, Layout
from meekcast.observations.importing.names import squashed
from meekcast.observations.importing.readers import Entry, Grid, Tree
from meekcast.vocabulary.components import ScoreUnit

BENCHMARKS, MODELS = "benchmark_metadata.csv", "model_metadata.csv"
"""What Epoch AI's archive says about its boards and models."""

DISPLAYED, GROUPED = "display name of the archive", "model of the archive"
FILLED = {
    "Release date": "date",
    "Organization": "organization",
    "Model accessibility": "accessibility",
    DISPLAYED: "display_name",
    GROUPED: "model_group",
}
"""Columns of a board of Epoch AI, and those of its list of models that fill them."""

EVALUATIONS, ANALYSIS_INDEX = "evaluations.", "artificial_analysis_"
INDEX_OF_ALL = "evaluations.artificial_analysis_intelligence_index"
COST_OF_INDEX = "artificial_analysis_intelligence_index_cost.cost_per_task.total_cost"

SHOWN = 12
"""Names that a message lists."""


@dataclass(frozen=True)
class Board:
    """A table of scores or prices, and which of its columns says what.

    Parameters
    ----------
    name : str
        What it is called where it is from.
    layout : Layout
        What is known about such tables.
    grid : Grid
        Its rows.
    columns : mapping of str to str
        From what a column can be to the name that it has here.
    title : str, optional
        What its publisher calls the benchmark.
    unit : str, optional
        What scores are in, where it is known.
    chance : float, optional
        The score of a guess, in points, where it is known.
    scale : float, optional
        What makes points of its scores, where it is known.
    """

    name: str
    layout: Layout
    grid: Grid
    columns: Mapping[str, str]
    title: str = ""
    unit: ScoreUnit | None = None
    chance: float | None = None
    scale: float | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it says anything about scores or prices."""
        return self.is_scores or bool({"price", "input"} & self.columns.keys())

    @property
    def is_scores(self) -> bool:
        """Whether it says how good models are; else what they cost."""
        return "score" in self.columns

    def text(self, entry: Entry, role: str) -> str:
        """What a row says in a column; nothing where there is no such column."""
        column = self.columns.get(role)
        return entry.cells.get(column, "") if column else ""


def boards(read: Sequence[Grid | Tree], asked: Mapping[str, str]) -> list[Board]:
    """Every table in what was read.

    Parameters
    ----------
    read : sequence of Grid or Tree
        Files.
    asked : mapping of str to str
        Columns that the user names, by what they are; they come before what is known of a publisher.

    Returns
    -------
    list of Board
        Perhaps none.

    Raises
    ------
    InputError
        If a named column is not there.
    """
    asked = {SYNONYMS.get(role, role): column for role, column in asked.items()}
    if unknown := [role for role in asked if role not in ROLES]:
        raise InputError(f"--column {unknown[0]}=...: no column can be that", nearest(unknown[0], ROLES))
    grids = {PurePosixPath(grid.file).name: grid for grid in read if isinstance(grid, Grid)}
    benchmarks = {e.cells.get("source_file", ""): e.cells for e in _entries(grids.pop(BENCHMARKS, None))}
    models = {e.cells.get("model_version", ""): e.cells for e in _entries(grids.pop(MODELS, None))}
    found = [_board(_layout(grid), _joined(grid, models), asked, benchmarks) for grid in grids.values()]
    for tree in read:
        if isinstance(tree, Tree):
            for layout, grid in tables(tree):
                layout = _layout(grid) if layout is OWN else layout
                found += _evaluated(grid) if layout is ANALYSIS else [_board(layout, grid, asked, {})]
    _refuse_missing(asked, found)
    return found


def _entries(grid: Grid | None) -> Iterable[Entry]:
    return grid.entries if grid else ()


def _layout(grid: Grid) -> Layout:
    return next((layout for layout in LAYOUTS if set(layout.marks) <= set(grid.columns)), OWN)


def _joined(grid: Grid, models: Mapping[str, Mapping[str, str]]) -> Grid:
    """A board of Epoch AI, its empty cells filled by what its archive says about the models."""
    if not models or "Model version" not in grid.columns:
        return grid
    entries = []
    for entry in grid.entries:
        about = models.get(entry.cells.get("Model version", ""), {})
        filled = {column: entry.cells.get(column) or about.get(there, "") for column, there in FILLED.items()}
        entries.append(entry._replace(cells={**entry.cells, **filled}))
    more = tuple(column for column in FILLED if column not in grid.columns)
    return replace(grid, columns=grid.columns + more, entries=tuple(entries))


def _board(layout: Layout, grid: Grid, asked: Mapping[str, str], benchmarks: Mapping[str, Mapping[str, str]]) -> Board:
    """A table with its columns told apart."""
    about = benchmarks.get(PurePosixPath(grid.file).name, {})
    columns = {role: found for role, names in layout.columns.items() if (found := _first(names, grid.columns))}
    if layout is OWN:
        columns = _plainly(grid.columns)
    if about.get("score_column") in grid.columns:
        columns["score"] = about["score_column"]
    columns |= {role: column for role, column in asked.items() if column in grid.columns}
    name = PurePosixPath(grid.file).stem.removesuffix("_external")
    unit = layout.unit or ("elo" if columns.get("score") == "Arena Score" else None)
    if layout is not EPOCH_BOARD:
        return Board(name, layout, grid, columns, unit=unit)
    share, chance = _number(about.get("scale", "")), _number(about.get("random_baseline", ""))
    scale = 100 * share if share and unit is None else None
    return Board(
        name, layout, grid, columns, about.get("benchmark", ""), unit or "points" if about else unit,
        None if chance is None else 100 * chance, scale,
    )  # fmt: skip


def _first(names: Iterable[str], columns: Sequence[str]) -> str | None:
    return next((name for name in names if name in columns), None)


def _plainly(columns: Sequence[str]) -> dict[str, str]:
    """Columns that are called what they are."""
    found: dict[str, str] = {}
    for column in columns:
        role = column.strip().casefold().replace(" ", "_")
        role = SYNONYMS.get(role, role)
        if role in ROLES:
            found.setdefault(role, column)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _evaluated(grid: Grid) -> list[Board]:
    """Boards of Artificial Analysis: one evaluation each."""
    named = ((role, _first(names, grid.columns)) for role, names in ANALYSIS.columns.items())
    columns = {role: name for role, name in named if name}
    return [_evaluation(grid, columns, column) for column in grid.columns if column.startswith(EVALUATIONS)]


def _evaluation(grid: Grid, columns: Mapping[str, str], column: str) -> Board:
    name = column.removeprefix(EVALUATIONS)
    index = name.startswith(ANALYSIS_INDEX)
    costs = {"cost": COST_OF_INDEX} if column == INDEX_OF_ALL else {}
    return Board(
        name.removeprefix(ANALYSIS_INDEX),
        ANALYSIS,
        grid,
        {**columns, **costs, "score": column},
        unit="index" if index else "points",
        scale=None if index else 100.0,
    )


def _refuse_missing(asked: Mapping[str, str], found: Sequence[Board]) -> None:
    for role, column in asked.items():
        there = {name for board in found for name in board.grid.columns if name}
        if column not in there:
            raise InputError(f"--column {role}={column}: there is no such column", nearest(column, there))


def chosen(tables: Sequence[Board], name: str, asked: str | None) -> Board:
    """Choose the board that is wanted.

    Parameters
    ----------
    tables : sequence of Board
        All tables.
    name : str
        What the user's table will be called.
    asked : str, optional
        What the user says that the board is called.

    Returns
    -------
    Board
        The only one; else the one that is asked for, or called as the table, or the only one that begins so.

    Raises
    ------
    InputError
        If there is none, or several could be meant.
    """
    found = [board for board in tables if board.is_usable]
    if not found:
        raise _no_board(tables)
    if asked is None and len(found) == 1:
        return found[0]
    wanted = squashed(asked or name)
    for fitting in (
        [board for board in found if squashed(board.name) == wanted],
        [board for board in found if squashed(board.name).startswith(wanted)],
    ):
        if len(fitting) == 1:
            return fitting[0]
    names = sorted(board.name for board in fitting or found)
    if asked is not None:
        raise InputError(f"--board {asked}: there is no such board", nearest(asked, (board.name for board in found)))
    listed = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    raise InputError(f"{len(names)} boards could be {name!r}: {listed}", f"Name one: --board {names[0]}")


def _no_board(tables: Sequence[Board]) -> InputError:
    """What to say where no column is known to hold scores or prices."""
    grid = next((board.grid for board in tables if board.grid.columns), None)
    if grid is None:
        return InputError("there is no table of scores or prices in it", "Check that it is the right file.")
    named = [repr(column) for column in grid.columns if column]
    listed = ", ".join(named[:SHOWN]) + (f" and {len(named) - SHOWN} more" if len(named) > SHOWN else "")
    return InputError(
        f"{grid.file}: which column holds the score? It has {listed}",
        "Say which column is what: --column model=... --column date=... --column score=...",
    )
