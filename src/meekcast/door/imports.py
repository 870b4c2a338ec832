"""Other people's files as evidence of one's own: the comparison with what stood."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from meekcast.cards.imports import import_evidence as run_import
from meekcast.door.named import Named
from meekcast.door.shown import Sheet, Shown, brief, frame
from meekcast.observations.importing.asked import Asked
from meekcast.observations.importing.outcome import Outcome, document

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.observations.importing.run import Import

COLUMNS = ("change", "board", "actor", "model", "date", "what", "before", "after")


@dataclass(frozen=True, repr=False)
class EvidenceImport(Shown):
    """What an import changed, or on a dry run would change.

    Parameters
    ----------
    changes : Import
        The comparison with what stood.
    written : tuple of pathlib.Path
        Files that were written; none on a dry run, or where nothing changes.
    """

    changes: Import
    written: tuple[Path, ...]

    @cached_property
    def document(self) -> Outcome:
        """Everything, as ``meekcast evidence import --json`` prints it."""
        return document(self.changes, self.written)

    @property
    def table(self) -> pd.DataFrame:
        """One row a change: models, scores, prices and records that come or go, as a DataFrame."""
        return frame(self._rows())

    @property
    def refused(self) -> tuple[str, ...]:
        """What was not used: file, line, column, value and why."""
        return tuple(str(problem) for problem in self.changes.refused)

    @property
    def flagged(self) -> tuple[str, ...]:
        """What was used and should be looked at."""
        return tuple(str(problem) for problem in self.changes.flagged)

    def _rows(self) -> list[dict[str, Any]]:
        found, name = self.changes.comparison, self.changes.name
        rows: list[dict[str, Any]] = []
        for sign, models in (("new", found.new), ("gone", found.gone)):
            rows += [_row(sign, name, m.model, date=m.date, what="score", after=m.score) for m in models]
        rows += [_row("changed", name, c.model, what=c.what, before=c.before, after=c.after) for c in found.changed]
        rows += [
            _row("price", name, p.model, date=p.date, what="price", before=p.before, after=p.after)
            for p in found.prices
        ]
        for moved in found.records:
            for sign, records in (("record", moved.came), ("no longer a record", moved.went)):
                rows += [
                    _row(sign, moved.board, r.model, actor=moved.actor, date=r.date, what="score", after=r.score)
                    for r in records
                ]
        return rows

    @override
    def _sheet(self) -> Sheet:
        rows = [[brief(row[column]) for column in COLUMNS] for row in self._rows()]
        notes = [*self.changes.notes, *(f"doubtful: {doubt}" for doubt in self.changes.doubts)]
        counted = {"not used": self.refused, "to look at": self.flagged, "without a match": self.changes.unmatched}
        notes += [f"{what}: {len(found)}" for what, found in counted.items() if found]
        notes += [f"written: {path}" for path in self.written] or ["nothing is written"]
        return Sheet(f"{self.changes.name}: {len(rows)} changes", COLUMNS, rows, notes, words=True)


def _row(change: str, board: str, model: str, **said: Any) -> dict[str, Any]:
    return {**dict.fromkeys(COLUMNS), "change": change, "board": board, "model": model, **said}


def import_evidence(
    place: Named,
    name: str,
    *,
    board: str | None = None,
    columns: Mapping[str, str] | None = None,
    benchmark: str | None = None,
    title: str | None = None,
    unit: str | None = None,
    chance: float | None = None,
    questions: int | None = None,
    scale: float | None = None,
    source: str | None = None,
    licence: str | None = None,
    as_of: dt.date | None = None,
    add: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> EvidenceImport:
    """Import scores or prices from somebody's file into your own evidence.

    Parameters
    ----------
    place : str or path
        A file, a folder or a URL: CSV, JSON or parquet of Epoch AI, LMArena, Artificial Analysis, models.dev,
        llm-prices or LiteLLM, or any table of which `columns` are named.
    name : str
        Name of the table in your evidence; it comes before one of the same name that ships.
    board : str, optional
        Which board, where the file has several.
    columns : mapping of str to str, optional
        From what a column is (model, date, known_on, score, score_se, open_weights, parameters, cost, developer,
        price, input, output, vintage) to its name.
    benchmark, title, source, licence : str, optional
        What the table says about itself.
    unit : str, optional
        What scores are in: points, index or elo.
    chance : float, optional
        What a guess scores, in points.
    questions : int, optional
        How many there are.
    scale : float, optional
        What scores are multiplied with; by default it is found out.
    as_of : datetime.date, optional
        Date of the file; by default that of its newest row.
    add : bool, default False
        Keep what stood and is not in the file.
    dry_run : bool, default False
        Only say what would change.
    yes : bool, default False
        Write although it looks like the wrong file.

    Returns
    -------
    EvidenceImport
        What changes; ``.table`` is a DataFrame.

    Raises
    ------
    InputError
        If the file cannot be used, or looks like the wrong one; nothing is written.
    OutputError
        If your folder of evidence cannot be written; what was there stays.

    Examples
    --------
    >>> import meekcast as mk
    >>> mk.import_evidence("nowhere.csv", "my-board")
    Traceback (most recent call last):
    meekcast.errors.InputError: there is no file nowhere.csv
      Give the path of a file or of a folder, or a URL.
    """
    asked = Asked(
        name=name,
        today=dt.date.today(),
        board=board,
        benchmark=benchmark,
        title=title,
        unit=unit,
        chance=chance,
        questions=questions,
        source=source,
        licence=licence,
        as_of=as_of,
        columns=columns or {},
        scale=scale,
        add=add,
    )
    return EvidenceImport(*run_import(fspath(place), asked, dry_run=dry_run, yes=yes))
