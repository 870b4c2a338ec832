"""What an import changes: models, scores, prices, and the records that move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from meekcast.observations.prices import Price, Prices, price_on
from meekcast.observations.records import records
from meekcast.observations.rules import USUAL_ACTORS
from meekcast.observations.schema import RecordRow
from meekcast.observations.scores import Score, ScoreTable

FACTS = ("released", "known_on", "open_weights", "parameters", "cost_per_task")

CHANGED = 5e-4
"""Difference of two scores from which on they are told as different: what three decimals show."""


class Change(NamedTuple):
    """Something about a model that is another than before."""

    model: str
    what: str
    before: object
    after: object


class PriceChange(NamedTuple):
    """A price that is another than before, or the first one, in USD per million tokens, blended."""

    model: str
    date: dt.date
    before: float | None
    after: float


class Moved(NamedTuple):
    """Records of an actor on a board that are there now, and those that are no longer."""

    board: str
    actor: str
    came: tuple[RecordRow, ...]
    went: tuple[RecordRow, ...]


@dataclass(frozen=True)
class Comparison:
    """What an import changes.

    Parameters
    ----------
    new, gone : tuple of Score
        Models that the board did not show before, and that it no longer shows.
    changed : tuple of Change
        Scores, and facts about models.
    prices : tuple of PriceChange
        Prices.
    records : tuple of Moved
        Records, by board and actor, that come or go.
    """

    new: tuple[Score, ...] = ()
    gone: tuple[Score, ...] = ()
    changed: tuple[Change, ...] = ()
    prices: tuple[PriceChange, ...] = ()
    records: tuple[Moved, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether all is as before."""
        return not (self.new or self.gone or self.changed or self.prices or self.records)


def compared(
    before: Mapping[str, ScoreTable],
    after: Mapping[str, ScoreTable],
    prices_before: Prices,
    prices_after: Prices,
    rows: Iterable[Price],
) -> Comparison:
    """Compare the boards that an import touches.

    Parameters
    ----------
    before, after : mapping of str to ScoreTable
        Boards by name; one that stays the same table is compared in its records alone.
    prices_before, prices_after : Prices
        What models cost.
    rows : iterable of Price
        Prices that are new.

    Returns
    -------
    Comparison
        What is different.
    """
    new: list[Score] = []
    gone: list[Score] = []
    changed: list[Change] = []
    moved: list[Moved] = []
    for name, table in after.items():
        stood = before.get(name)
        if stood is not table:
            held = {row.model: row for row in stood.at()} if stood else {}
            shown = {row.model: row for row in table.at()}
            new += [row for model, row in shown.items() if model not in held]
            gone += [row for model, row in held.items() if model not in shown]
            for model in shown.keys() & held.keys():
                changed += _changes(held[model], shown[model])
        moved += _moved(stood, table, prices_before, prices_after)
    return Comparison(
        tuple(sorted(new, key=lambda row: (row.date, row.model))),
        tuple(sorted(gone, key=lambda row: (row.date, row.model))),
        tuple(sorted(changed, key=lambda change: (change.what != "score", change.what, change.model))),
        tuple(_priced(prices_before, rows)),
        tuple(moved),
    )


def _changes(before: Score, after: Score) -> Iterable[Change]:
    if abs(before.score - after.score) >= CHANGED:
        yield Change(after.model, "score", before.score, after.score)
    for fact in FACTS:
        held, now = getattr(before, fact), getattr(after, fact)
        if held != now and held is not None:
            yield Change(after.model, fact, held, now)


def _priced(before: Prices, rows: Iterable[Price]) -> Iterable[PriceChange]:
    seen: dict[str, dict[dt.date, float]] = {}
    for row in rows:
        held = seen.setdefault(row.model, dict(before.by_model.get(row.model, ())))
        stood = price_on(tuple(sorted(held.items())), row.date)
        held[row.date] = row.usd
        yield PriceChange(row.model, row.date, stood, row.usd)


def _moved(stood: ScoreTable | None, table: ScoreTable, before: Prices, after: Prices) -> Iterable[Moved]:
    """Records that come or go, of the frontier and of the usual followers."""
    then = _by_actor(records(stood, before, USUAL_ACTORS).records) if stood else {}
    now = _by_actor(records(table, after, USUAL_ACTORS).records)
    for actor in dict.fromkeys([*now, *then]):
        held, here = then.get(actor, {}), now.get(actor, {})
        came = tuple(row for key, row in here.items() if key not in held)
        went = tuple(row for key, row in held.items() if key not in here)
        if came or went:
            yield Moved(table.name, actor, came, went)


def _by_actor(rows: Iterable[RecordRow]) -> dict[str, dict[tuple[str, dt.date], RecordRow]]:
    """Records by actor, model and date; one with another score stays a record."""
    found: dict[str, dict[tuple[str, dt.date], RecordRow]] = {}
    for row in rows:
        found.setdefault(row.actor, {})[row.model, row.date] = row
    return found
