"""What evidence there is, as documents: of every board the records of the usual actors, and how old it is."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

from meekcast.cards import library
from meekcast.cards.reading import ENOUGH_RECORDS
from meekcast.observations import USUAL_ACTORS, EvidenceTable, LossTable, Prices, RecordRow, ScoreTable, TrendTable
from meekcast.observations.prices import price_on
from meekcast.observations.records import records
from meekcast.observations.schema import FRONTIER
from meekcast.observations.scores import Score

DAYS_PER_MONTH = 365.25 / 12


class BoardSummary(TypedDict):
    """A table of all scored models, in brief."""

    name: str
    title: str
    kind: str
    benchmark: str
    unit: str
    scores: int  # models
    records: dict[str, int]  # of the frontier and of each usual actor
    usable: dict[str, bool]  # whether a card can follow this actor on this board
    first: str  # dates of the first and the last model
    last: str
    as_of: str
    age_months: float


class TableSummary(TypedDict):
    """Published records or gaps, or evidence on parameters, in brief."""

    name: str
    title: str
    kind: str
    rows: int


class ScoreDocument(TypedDict):
    """A scored model with its prices, in USD per million tokens: on its date, and the newest that was seen."""

    model: str
    developer: str
    released: str | None
    known_on: str | None
    score: float
    score_se: float | None
    open_weights: bool | None
    parameters: float | None
    cost_per_task: float | None
    price: float | None
    price_now: float | None


class RecordDocument(TypedDict):
    """A record of an actor, and the price in force from its date on."""

    date: str
    known_on: str | None
    model: str
    score: float
    score_se: float | None
    price: float | None


class BoardDocument(TypedDict):
    """A table of all scored models: what it says, its final scores, and the records of the usual actors."""

    schema: int
    name: str
    title: str
    kind: str
    benchmark: str
    unit: str
    chance: float | None
    questions: int | None
    date_precision: str
    as_of: str
    vintages: list[str]
    source: str
    licence: str
    caveats: str
    rules: dict[str, str]
    scores: list[ScoreDocument]
    records: dict[str, list[RecordDocument]]


def overview(today: dt.date) -> tuple[list[BoardSummary], list[TableSummary]]:
    """All evidence in brief: boards, then what is published as records or gaps, or informs parameters.

    Parameters
    ----------
    today : datetime.date
        To which ages are counted.

    Returns
    -------
    boards, others : list of dict
        In order of name.
    """
    tables = [library.load_any_evidence(name) for name in library.evidence_names()]
    boards = [table for table in tables if isinstance(table, ScoreTable)]
    prices = library.load_prices() if boards else Prices()
    others = [_table_summary(table) for table in tables if not isinstance(table, ScoreTable)]
    return [_board_summary(table, prices, today) for table in boards], others


def _table_summary(table: EvidenceTable | TrendTable | LossTable) -> TableSummary:
    return {"name": table.name, "title": table.title, "kind": table.kind, "rows": table.size}


def _board_summary(table: ScoreTable, prices: Prices, today: dt.date) -> BoardSummary:
    found, dates = records(table, prices, USUAL_ACTORS), [score.date for score in table.at()]
    counts = {name: len(found.records_of(name)) for name in (FRONTIER, *(actor.name for actor in USUAL_ACTORS))}
    enough = {name: min(count, counts[FRONTIER]) >= ENOUGH_RECORDS for name, count in counts.items()}
    return {
        "name": table.name,
        "title": table.title,
        "kind": table.kind,
        "benchmark": table.benchmark,
        "unit": table.unit,
        "scores": len(dates),
        "records": counts,
        "usable": {name: usable for name, usable in enough.items() if name != FRONTIER},
        "first": str(min(dates)),
        "last": str(max(dates)),
        "as_of": str(table.complete_until),
        "age_months": round((today - table.complete_until).days / DAYS_PER_MONTH, 1),
    }


def board_document(table: ScoreTable, prices: Prices) -> BoardDocument:
    """Everything about a board: its final scores in order of date, with prices, and the records of the usual actors."""
    found = records(table, prices, USUAL_ACTORS)
    return {
        "schema": table.schema_,
        "name": table.name,
        "title": table.title,
        "kind": table.kind,
        "benchmark": table.benchmark,
        "unit": table.unit,
        "chance": table.chance,
        "questions": table.questions,
        "date_precision": table.date_precision,
        "as_of": str(table.complete_until),
        "vintages": [str(vintage) for vintage in table.vintages],
        "source": table.source,
        "licence": table.licence,
        "caveats": table.caveats,
        "rules": {actor.name: str(actor.rule) for actor in USUAL_ACTORS},
        "scores": [_score(score, prices) for score in sorted(table.at(), key=lambda s: (s.date, s.model))],
        "records": {
            name: [_record(row) for row in found.records_of(name)]
            for name in (FRONTIER, *(actor.name for actor in USUAL_ACTORS))
        },
    }


def _score(score: Score, prices: Prices) -> ScoreDocument:
    seen = prices.of(score.model)
    return {
        "model": score.model,
        "developer": score.developer,
        "released": _text(score.released),
        "known_on": _text(score.known_on),
        "score": score.score,
        "score_se": score.score_se,
        "open_weights": score.open_weights,
        "parameters": score.parameters,
        "cost_per_task": score.cost_per_task,
        "price": price_on(seen, score.date),
        "price_now": price_on(seen, dt.date.max),
    }


def _record(row: RecordRow) -> RecordDocument:
    return {
        "date": str(row.date),
        "known_on": _text(row.known_on),
        "model": row.model,
        "score": row.score,
        "score_se": row.score_se,
        "price": row.price,
    }


def _text(date: dt.date | None) -> str | None:
    return str(date) if date else None
