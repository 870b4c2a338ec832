"""A board as read, put onto the table that stood: spelling, facts that the file does not say, and editions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from meekcast.errors import InputError
from meekcast.observations.importing.asked import Asked
from meekcast.observations.importing.boards import Board
from meekcast.observations.importing.names import Known
from meekcast.observations.importing.problems import Problem
from meekcast.observations.importing.scores import Draft, Reading
from meekcast.observations.scores import Score, ScoreTable
from meekcast.vocabulary.components import ScoreUnit

FACTS = ("developer", "released", "open_weights", "parameters", "cost_per_task")
"""What is kept of a model from what stood, where the file does not say it."""

IMPORTED, NOT_STATED = "imported from ", "not stated: for your own use"


def unit_of(board: Board, asked: Asked, stood: ScoreTable | None) -> ScoreUnit:
    """What the scores of a board are in: what the user says, what stood says, what its publisher has.

    Raises
    ------
    InputError
        If nobody knows, or what stood is in another unit.
    """
    if asked.unit:
        return cast(ScoreUnit, asked.unit)
    known = board.unit
    if stood and known and known != stood.unit:
        raise InputError(
            f"{board.name} of {board.layout.publisher} is in {known}; {asked.name!r}, which stands, is in {stood.unit}",
            f"Call it otherwise: --as {asked.name}-{known}; or choose another board of the file with --board.",
        )
    unit = stood.unit if stood else known
    if unit is None:
        raise InputError(
            f"{board.grid.file} does not say what its scores are in",
            "Say it: --unit points --chance 25 (what a guess scores), --unit index, or --unit elo",
        )
    return unit


def head(
    board: Board, unit: ScoreUnit, asked: Asked, stood: ScoreTable | None, place: str, *, own: bool
) -> dict[str, Any]:
    """What the table says about itself.

    Parameters
    ----------
    board : Board
        What was read.
    unit : str
        What its scores are in.
    asked : Asked
        What the user says.
    stood : ScoreTable, optional
        The table of this name.
    place : str
        Where the file is.
    own : bool
        Whether what stood is the user's; what ships says things about its own rows.

    Returns
    -------
    dict
        All but the rows, and what follows from them.

    Raises
    ------
    InputError
        If nobody knows what a guess scores.
    """
    chance = None
    if unit == "points":
        told = (asked.chance, stood.chance if stood else None, board.chance)
        chance = next((c for c in told if c is not None), None)
        if chance is None:
            raise InputError(
                f"{board.grid.file} does not say what a guess scores, and the gap is measured from there",
                "Say it: --chance 25 for four options, --chance 10 for ten, --chance 0 where nothing can be guessed",
            )
    layout = board.layout
    return {
        "schema": 1,
        "name": asked.name,
        "title": asked.title or (stood.title if stood else board.title or asked.name),
        "benchmark": asked.benchmark or (stood.benchmark if stood else _benchmark(asked.name)),
        "kind": "scores",
        "unit": unit,
        "chance": chance,
        "questions": asked.questions or (stood.questions if stood else None),
        "as_of": asked.as_of,
        "source": asked.source or _sourced(board, place, stood if own else None),
        "licence": asked.licence or layout.licence or (stood.licence if stood and own else NOT_STATED),
        "caveats": stood.caveats if stood and own else "",
    }


def _benchmark(name: str) -> str:
    """A benchmark called as the table.

    Examples
    --------
    >>> _benchmark("My-exam"), _benchmark("2024-exam")
    ('my_exam', 'b2024_exam')
    """
    plain = name.casefold().replace("-", "_")
    return plain if plain[0].isalpha() else f"b{plain}"


def _sourced(board: Board, place: str, own: ScoreTable | None) -> str:
    """Who published it, and the file that it is from; of a file that does not say it, what the user said before."""
    if own and not board.layout.source and not own.source.startswith(IMPORTED):
        return own.source
    return f"{board.layout.source}; {IMPORTED}{_name(board, place)}".removeprefix("; ")


def _name(board: Board, place: str) -> str:
    """The file, or the URL without what may be secret: names, passwords and keys."""
    if "://" in place:
        parts = urlsplit(place)
        place = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    else:
        place = board.grid.file
    return ascii(place)[1:-1]


def _both(earlier: str, now: str) -> str:
    """What is said of rows of which some are from before.

    Examples
    --------
    >>> _both("Epoch AI; imported from a.csv", "Epoch AI; imported from b.csv"), _both("Epoch AI", "Our lab")
    ('Epoch AI; imported from a.csv', 'Epoch AI; Our lab')
    """
    return earlier if now.split(f"; {IMPORTED}")[0] in earlier else f"{earlier}; {now}"


def merged(reading: Reading, told: dict[str, Any], asked: Asked, stood: ScoreTable | None) -> ScoreTable:
    """Put rows onto what stood.

    Parameters
    ----------
    reading : Reading
        The rows; what happens to them is noted in it.
    told : dict
        What the table says about itself.
    asked : Asked
        What the user wants.
    stood : ScoreTable, optional
        The table of this name, in the same unit.

    Returns
    -------
    ScoreTable
        What is to be written.

    Raises
    ------
    InputError
        If no row has a date.
    """
    _spelled(reading, stood)
    kept = _editions(reading, asked, stood)
    _dated(reading, asked, stood)
    _carried(reading, stood)
    rows = [*kept, *_validated(reading)]
    rows.sort(key=lambda row: (row.vintage or dt.date.min, row.date, row.model))
    months = reading.monthly and (stood is None or stood.date_precision == "month")
    vintages = {row.vintage for row in rows if row.vintage}
    scales = tuple(date for date in stood.scales if date <= max(vintages)) if stood and vintages else ()
    said = {key: value for key, value in told.items() if value is not None}
    if stood and kept:
        said |= {key: _both(getattr(stood, key), told[key]) for key in ("source", "licence")}
    try:
        return ScoreTable.model_validate(
            {**said, "date_precision": "month" if months else "day", "scales": scales, "rows": tuple(rows)}
        )
    except ValidationError as error:
        what = "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
        raise InputError(f"{asked.name}: {what}", "Mend the file, or say it otherwise.") from None


def _finals(stood: ScoreTable | None) -> dict[str, Score]:
    return {row.model: row for row in stood.at()} if stood else {}


def _spelled(reading: Reading, stood: ScoreTable | None) -> None:
    """Call models as they were called."""
    known = Known.of(_finals(stood))
    for draft in reading.drafts:
        draft.score["model"] = known.find(draft.score["model"]) or draft.score["model"]


def _editions(reading: Reading, asked: Asked, stood: ScoreTable | None) -> list[Score]:
    """Rows that stood and stay: other editions, and with ``--add`` what is not in the file."""
    here = {draft.score["vintage"] for draft in reading.drafts}
    if stood and stood.vintages:
        if None in here:
            edition = asked.as_of or asked.today
            today = "" if asked.as_of else " (today; --as-of DATE says otherwise)"
            reading.notes.append(f"the rows are the edition of {edition}{today}; earlier editions stay")
            for draft in reading.drafts:
                draft.score["vintage"] = draft.score["vintage"] or edition
        here = {draft.score["vintage"] for draft in reading.drafts}
        added = {draft.score["model"] for draft in reading.drafts} if asked.add else set()
        return [row for row in stood.rows if row.vintage not in here or (asked.add and row.model not in added)]
    if None in here:
        for draft in reading.drafts:  # on all rows or on none
            draft.score["known_on"] = draft.score["known_on"] or draft.score["vintage"]
            draft.score["vintage"] = None
    if not (stood and asked.add):
        return []
    if None not in here:
        raise InputError(
            f"--add: {asked.name!r} has no vintages, the file has", "Leave --add out, or call it otherwise."
        )
    added = {draft.score["model"] for draft in reading.drafts}
    return [row for row in stood.rows if row.model not in added]


def _dated(reading: Reading, asked: Asked, stood: ScoreTable | None) -> None:
    """Give a date to models without one: that of their first edition, what stood, or what the user says."""
    firsts: dict[str, dt.date] = {}
    for draft in reading.drafts:
        if vintage := draft.score["vintage"]:
            firsts[draft.score["model"]] = min(vintage, firsts.get(draft.score["model"], vintage))
    finals = _finals(stood)
    undated: list[Draft] = []
    for draft in reading.drafts:
        held, score = finals.get(draft.score["model"]), draft.score
        seen = (score["known_on"] or firsts.get(score["model"]), held.known_on if held else None)
        score["known_on"] = min((date for date in seen if date), default=None)
        if not (score["known_on"] or score["released"] or (held and held.released)):
            undated.append(draft)
            score["known_on"] = asked.as_of
    if undated and asked.as_of:
        reading.notes.append(f"{len(undated)} rows without a date are known on {asked.as_of}, as --as-of says")
    elif undated:
        _refuse_undated(reading, undated)


def _refuse_undated(reading: Reading, undated: list[Draft]) -> None:
    why = "no date: neither when the model was released nor when the board showed it"
    if len(undated) == len(reading.drafts):
        raise InputError(
            f"{undated[0].place.file} has {why}",
            "Say which column it is, --column date=COLUMN, or when the board looked like this: --as-of 2026-05-31",
        )
    places = {draft.place for draft in undated}
    reading.refused += [Problem(draft.place, f"{draft.score['model']}: {why}") for draft in undated]
    reading.drafts = [draft for draft in reading.drafts if draft.place not in places]


def _carried(reading: Reading, stood: ScoreTable | None) -> None:
    """Keep facts about a model that the file does not say."""
    finals = _finals(stood)
    carried: Counter[str] = Counter()
    for draft in reading.drafts:
        held = finals.get(draft.score["model"])
        for fact in FACTS if held else ():
            if draft.score[fact] in (None, "") and (value := getattr(held, fact)) not in (None, ""):
                draft.score[fact] = value
                carried[fact] += 1
    if carried:
        told = ", ".join(f"{fact} of {number}" for fact, number in sorted(carried.items()))
        reading.notes.append(f"kept from what stood, as the file does not say it: {told}")


def _validated(reading: Reading) -> Iterable[Score]:
    """Rows as the table holds them."""
    for draft in reading.drafts:
        try:
            yield Score.model_validate(draft.score)
        except ValidationError as error:
            problem = error.errors()[0]
            column = str(problem["loc"][0]) if problem["loc"] else None
            why = f"{draft.score['model']}: {problem['msg'].removeprefix('Value error, ')}"
            reading.refused.append(Problem(draft.place, why, column))
