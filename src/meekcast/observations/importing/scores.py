"""Rows of a board as scores: what cells say, in points, each row that cannot be used with its reason."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from meekcast.errors import InputError
from meekcast.observations.importing import cells
from meekcast.observations.importing.asked import Asked
from meekcast.observations.importing.boards import Board
from meekcast.observations.importing.layouts import ARENA
from meekcast.observations.importing.names import squashed
from meekcast.observations.importing.problems import Place, Problem, Refused
from meekcast.observations.importing.readers import Entry
from meekcast.vocabulary.components import ScoreUnit

NUMBERS = ("score", "score_se", "low", "high", "parameters", "cost", "price", "input", "output")
PRICES = ("input", "output", "price")

FRACTIONS_AMONG = 0.05
"""Share of scores of at most 1 from which on a column of points is suspected to hold fractions too ..."""

CLEARLY_POINTS = 10.0
"""... where the median of the others is above this."""


class Draft(NamedTuple):
    """A row that could be read: its place, what it says of the score, and what of the price."""

    place: Place
    score: dict[str, Any]
    price: dict[str, float]


@dataclass
class Reading:
    """What was read of a board.

    Parameters
    ----------
    drafts : list of Draft
        Rows that can be used.
    refused : list of Problem
        Rows that cannot.
    flagged : list of Problem
        What was used and should be looked at.
    notes : list of str
        What was done with all rows.
    monthly : bool
        Whether its dates name months only.
    """

    drafts: list[Draft] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    flagged: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    monthly: bool = False


def scores(board: Board, unit: ScoreUnit, asked: Asked) -> Reading:
    """Read the rows of a board.

    Parameters
    ----------
    board : Board
        The board.
    unit : str
        What its scores are in.
    asked : Asked
        What the user wants.

    Returns
    -------
    Reading
        Scores in their unit, one a model and vintage.

    Raises
    ------
    InputError
        If no row can be used, the column mixes scales, or ``--as-of`` is earlier than a row.
    """
    reading = Reading(refused=list(board.grid.problems))
    commas = _commas(board, unit)
    days: list[bool] = []
    for entry in board.grid.entries:
        place, row = board.grid.place(entry), _Row(board, entry, asked.today)
        try:
            reading.drafts.append(_draft(row, place, commas))
        except Refused as refused:
            reading.refused.append(refused.at(place))
        days += row.days
    reading.monthly = bool(days) and not any(days)
    if not reading.drafts:
        raise _nothing(board, reading)
    _scaled(board, unit, asked, reading)
    _within(unit, reading)
    if board.layout is ARENA:
        _last_of_each_month(reading)
    _once(reading)
    _refuse_after(asked.as_of, reading.drafts)
    return reading


def _commas(board: Board, unit: ScoreUnit) -> dict[str, bool]:
    """Of each column of numbers, whether its commas are decimal signs."""
    found = {}
    for role in NUMBERS:
        if role in board.columns:
            texts = (board.text(entry, role) for entry in board.grid.entries)
            of_points = unit == "points" and role in ("score", "score_se", "low", "high")
            found[role] = cells.decimal_comma(board.grid.file, board.columns[role], texts, of_points)
    return found


class _Row:
    """A row that is being read."""

    def __init__(self, board: Board, entry: Entry, today: dt.date) -> None:
        self.board, self.entry, self.today = board, entry, today
        self.days: list[bool] = []

    def said[T](self, role: str, read: Callable[[str], T]) -> T | None:
        """What a cell says; None where it says nothing."""
        text = self.board.text(self.entry, role)
        if not cells.known(text):
            return None
        try:
            return read(text)
        except Refused as refused:
            raise Refused(refused.why, self.board.columns[role], text) from None

    def needed[T](self, role: str, read: Callable[[str], T]) -> T:
        """What a cell says that has to say something."""
        found = self.said(role, read)
        if found is None:
            raise Refused(f"the row has no {role}", self.board.columns.get(role), self.board.text(self.entry, role))
        return found

    def date(self, role: str) -> dt.date | None:
        """A date, not after today."""

        def read(text: str) -> dt.date:
            found, day = cells.date(text)
            self.days.append(day)
            if found > self.today:
                raise Refused(f"it is after today, {self.today}")
            return found

        return self.said(role, read)


def _draft(row: _Row, place: Place, commas: dict[str, bool]) -> Draft:
    """What a row says."""
    roles = [role for role in commas if role != "parameters"]
    number = {role: row.said(role, partial(cells.number, comma=commas[role])) for role in roles}
    low, high = number.get("low"), number.get("high")
    width = (high - low) / row.board.layout.width if low is not None and high is not None else 0.0
    error = number.get("score_se") or width
    found = {
        "model": row.needed("model", cells.words),
        "developer": row.said("developer", cells.words) or "",
        "released": row.date("date"),
        "known_on": row.date("known_on"),
        "score": row.needed("score", partial(cells.number, comma=commas["score"])),
        "score_se": error if error > 0 else None,
        "open_weights": row.said("open_weights", row.board.layout.opened),
        "parameters": row.said("parameters", partial(cells.count, comma=commas.get("parameters", False))),
        "cost_per_task": number.get("cost") or None,
        "vintage": row.date("vintage"),
    }
    return Draft(place, found, {role: usd for role in PRICES if (usd := number.get(role)) is not None})


def _nothing(board: Board, reading: Reading) -> InputError:
    told = "\n".join(str(problem) for problem in reading.refused[:3])
    more = f"\nand {len(reading.refused) - 3} rows more" if len(reading.refused) > 3 else ""
    what = f"{board.grid.file}: no row can be used" + (f":\n{told}{more}" if told else ": it has none")
    return InputError(what, "Check that it is the right file, and which column is what: --column score=...")


# Scales


def _scaled(board: Board, unit: ScoreUnit, asked: Asked, reading: Reading) -> None:
    """Make points of fractions, and say so."""
    scale = asked.scale or board.scale
    if scale is None:
        scale = _found_out(board, reading.drafts) if unit == "points" else 1.0
    if scale == 1.0:
        return
    for draft in reading.drafts:
        for column in ("score", "score_se"):
            if draft.score[column] is not None:
                draft.score[column] = _rounded(scale * draft.score[column])
    reading.notes.append(f"scores of {board.columns['score']!r} times {scale:g} are {unit}")


def _found_out(board: Board, drafts: list[Draft]) -> float:
    """100 where the whole column lies within 0 and 1."""
    found = [draft.score["score"] for draft in drafts]
    if all(0 <= score <= 1 for score in found) and any(found):
        return 100.0
    fractions = [draft for draft in drafts if 0 < draft.score["score"] <= 1]
    others = [score for score in found if score > 1]
    suspected = len(fractions) >= FRACTIONS_AMONG * len(found) and statistics.median(others or [0]) > CLEARLY_POINTS
    if fractions and suspected:
        first = fractions[0]
        raise InputError(
            f"{first.place}, column {board.columns['score']}: mixed scales: {len(fractions)} scores are within 0 and 1 "
            f"({first.score['score']:g}: {first.score['model']}) and {len(others)} above (up to {max(others):g})",
            "Write all of them in points; or, if they are, say so: --scale 1",
        )
    return 1.0


def _rounded(value: float) -> float:
    """Ten digits: 0.94002525 times 100 is 94.002525, whatever floats make of it."""
    return float(f"{value:.10g}")


def _within(unit: ScoreUnit, reading: Reading) -> None:
    """Leave out scores outside their scale."""
    highest = 100.0 if unit == "points" else 1e6
    kept = []
    for draft in reading.drafts:
        if 0 <= draft.score["score"] <= highest:
            kept.append(draft)
        else:
            why = f"{draft.score['model']}: a score in {unit} is from 0 to {highest:g}, got {draft.score['score']:g}"
            reading.refused.append(Problem(draft.place, why))
    reading.drafts = kept
    if not kept:
        raise InputError(
            f"{reading.refused[-1]}, and no other score is on this scale",
            "Say what the scores are in: --unit points, index or elo; or what makes them points: --scale 100",
        )


# Rows


def _last_of_each_month(reading: Reading) -> None:
    """Keep the last edition of each month: boards that change by the day would have a hundred times the rows."""
    editions = sorted({draft.score["vintage"] for draft in reading.drafts if draft.score["vintage"]})
    kept = {(date.year, date.month): date for date in editions}.values()
    if len(kept) < len(editions):
        reading.drafts = [draft for draft in reading.drafts if draft.score["vintage"] in kept]
        reading.notes.append(f"{len(editions)} editions; the last one of each month is kept: {len(kept)}")


def _once(reading: Reading) -> None:
    """Keep one row of each model and vintage: the one with the higher score."""
    best: dict[tuple[str, dt.date | None], Draft] = {}
    repeated = 0
    for draft in reading.drafts:
        key = squashed(draft.score["model"]) or draft.score["model"], draft.score["vintage"]
        held = best.setdefault(key, draft)
        if held is draft:
            continue
        if held.score["score"] == draft.score["score"]:
            repeated += 1
            continue
        low, high = sorted((held, draft), key=lambda d: d.score["score"])
        best[key] = high
        why = (
            f"{low.score['model']} stands twice: {low.score['score']:g} here, {high.score['score']:g} in "
            f"{high.place.counted} {high.place.number}; the higher score stays"
        )
        reading.flagged.append(Problem(low.place, why))
    if repeated:
        reading.notes.append(f"{repeated} rows repeat a model with the same score")
    reading.drafts = list(best.values())


def _refuse_after(as_of: dt.date | None, drafts: Iterable[Draft]) -> None:
    """Refuse a date of completeness that is earlier than rows: the rows would be hidden."""
    late = [(date, draft) for draft in drafts for date in _dates(draft) if as_of and date > as_of]
    if late:
        date, draft = max(late, key=lambda one: one[0])
        raise InputError(
            f"--as-of {as_of} is earlier than {len({d.place for _, d in late})} rows, the newest "
            f"{draft.score['model']} of {date} ({draft.place})",
            "Leave --as-of out: the newest row is what the table is complete up to.",
        )


def _dates(draft: Draft) -> Iterator[dt.date]:
    yield from (date for key in ("released", "known_on", "vintage") if (date := draft.score[key]))
