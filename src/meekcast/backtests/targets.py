"""What is to be forecast at month ends: the gap that a board showed some months later, and the true one of that day."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.model.leaderboard import standing_gaps, standing_records
from meekcast.observations import EvidenceTable
from meekcast.observations.schema import FRONTIER

if TYPE_CHECKING:
    from meekcast.cards.reading import Board
    from meekcast.cards.schema import Series
    from meekcast.inputs import Inputs


FIRST_ORIGIN = dt.date(2024, 6, 30)
HORIZONS = {0.0833: 1, 0.25: 3, 0.5: 6, 1.0: 12, 1.5: 18}
"""Years ahead as files name them, and the same in months: calendar dates, not fractions of a year."""
ENOUGH_RECORDS = 3
"""Records of either actor below which nothing can be estimated at an origin."""


type Kind = Literal["seen", "true"]
"""Of a gap: as the board showed it on the day, or of all models that were there then, whenever the board ran them."""
SEEN: Kind = "seen"
KINDS: tuple[Kind, ...] = (SEEN, "true")


@dataclass(frozen=True)
class Target:
    """One thing to forecast: a gap at a date.

    Parameters
    ----------
    benchmark : str
        Name of the series on the card: a benchmark's, with the follower's where it is not the first.
    follower : str
        Whose gap.
    origin : datetime.date
        Only what was known by this date may be used.
    horizon : float
        Years from origin to target, one of `HORIZONS`.
    date : datetime.date
        The target's date.
    observed : float
        Best-so-far frontier minus best-so-far follower at that date, in the benchmark's unit.
    of : {"seen", "true"}
        As the board showed it on that date; or by its `fullest` edition since, each model counting from the day on
        which it was there, not from that on which the board showed it: coverage and late runs removed, noise not.
    """

    benchmark: str
    follower: str
    origin: dt.date
    horizon: float
    date: dt.date
    observed: float
    of: Kind


@dataclass(frozen=True)
class Skipped:
    """An origin at which a benchmark is not asked, and why."""

    origin: dt.date
    benchmark: str
    reason: str


def month_end(date: dt.date, later: int = 0) -> dt.date:
    """Last day of a date's month, or of a month that is `later` months later.

    Examples
    --------
    >>> month_end(dt.date(2024, 6, 30), 3).isoformat(), month_end(dt.date(2024, 5, 1), -3).isoformat()
    ('2024-09-30', '2024-02-29')
    """
    months = date.year * 12 + date.month - 1 + later
    year, month = divmod(months, 12)
    return dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def gap_on(table: EvidenceTable, follower: str, date: dt.date) -> float:
    """Gap that the leaderboard showed on a date, from rows known by then.

    Parameters
    ----------
    table : EvidenceTable
        The evidence.
    follower : str
        Whose gap.
    date : datetime.date
        When.

    Returns
    -------
    float
        In the table's unit; 0 where a follower's model tops the board, because it is the frontier then, and NaN
        before both actors have a record.

    Raises
    ------
    InputError
        If the table does not reach the date.
    """
    if date > table.complete_until:
        raise InputError(
            f"evidence {table.name!r} is complete up to {table.complete_until}: nobody knows its gap on {date}",
            "Ask for an earlier date, or bring newer evidence with `as_of`.",
        )
    return _gap(table.until(date), follower, date)


def _gap(table: EvidenceTable, follower: str, date: dt.date) -> float:
    return float(standing_gaps(table, follower, np.array([decimal_year(date)]))[0])


def fullest(board: Board, date: dt.date) -> EvidenceTable:
    """Records of the edition that knows most of the models that were there on a date, the newest of such editions.

    A board that changes its scale may leave out old models: its last edition then says nothing of who led years ago.

    Parameters
    ----------
    board : Board
        As a card reads it.
    date : datetime.date
        When.

    Returns
    -------
    EvidenceTable
        Of the last edition of some scale since then; all of it where a board has no editions.
    """
    table = board.table
    if isinstance(table, EvidenceTable):
        return board.at()
    ends = [None, *(changed - dt.timedelta(1) for changed in reversed(table.scales) if changed > date)]
    return board.at(max(ends, key=lambda end: sum(row.date <= date for row in table.at(end))))


def monthly_past(table: EvidenceTable, follower: str, origin: dt.date, since: dt.date | None = None) -> Array:
    """Gaps at month ends up to an origin, the oldest first: what a baseline may learn from.

    Parameters
    ----------
    table : EvidenceTable
        The evidence.
    follower : str
        Whose gap.
    origin : datetime.date
        The last month end; nothing after it is read.
    since : datetime.date, optional
        Leave out what is older.

    Returns
    -------
    ndarray, shape (m,)
        In the table's unit; the last one stands at the origin.
    """
    known = table.until(origin)
    first = max(standing_records(known, actor)[0][0] for actor in (FRONTIER, follower))
    start = max(first, decimal_year(since) if since else first)
    months = [origin]
    while decimal_year(earlier := month_end(months[-1], -1)) >= start:
        months.append(earlier)
    return standing_gaps(known, follower, np.array([decimal_year(date) for date in months[::-1]]))


def targets(inputs: Inputs, first: dt.date = FIRST_ORIGIN) -> tuple[tuple[Target, ...], tuple[Skipped, ...]]:
    """Everything that a card is asked, and what it is not asked.

    Parameters
    ----------
    inputs : Inputs
        A card with its evidence.
    first : datetime.date, default 2024-06-30
        First origin; its month's end, and every later one.

    Returns
    -------
    tuple of Target
        In order of origin, then of the card's series, then seen before true, then of horizon.
    tuple of Skipped
        Series with too few records at an origin.

    Raises
    ------
    InputError
        If the card reads no evidence, or no origin is left.
    """
    if not inputs.tables:
        raise InputError(
            f"card {inputs.card.name!r} reads no evidence: there is nothing to hold it against",
            "Choose a card with benchmarks that have evidence, such as leaderboard.",
        )
    found: list[Target] = []
    skipped: list[Skipped] = []
    editions: Editions = {"seen": cache(lambda board, date: board.at(date)), "true": cache(fullest)}
    last = max(table.complete_until for table in inputs.tables)
    for origin in _origins(first, last):
        known = inputs.at(origin)
        unready = _without_gap(known)
        for series in inputs.card.series:
            asked = list(_asked(inputs, series, origin, editions))
            reason = (unready or _too_few(known, series)) if asked else ""
            if reason:
                skipped.append(Skipped(origin, series.name, reason))
            else:
                found += asked
    if not found:
        raise InputError(
            f"card {inputs.card.name!r}: no origin since {first} has {ENOUGH_RECORDS} records of both actors and a "
            f"known gap {min(HORIZONS.values())} month later",
            f"Its evidence is complete up to {last}: bring a longer table.",
        )
    return tuple(found), tuple(skipped)


def _origins(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Month ends from which there is a target by a last date."""
    origin = month_end(first)
    while month_end(origin, min(HORIZONS.values())) <= last:
        yield origin
        origin = month_end(origin, 1)


type Editions = Mapping[Kind, Callable[[Board, dt.date], EvidenceTable]]
"""The edition of a board by which a gap of each kind at a date is known; of many origins a date is the target."""


def _asked(inputs: Inputs, series: Series, origin: dt.date, editions: Editions) -> Iterator[Target]:
    """Targets of one series from one origin: those that the board reaches, seen and true."""
    board, last, follower = inputs.board_of(series), inputs.table_of(series).complete_until, series.follower.name
    dates = {horizon: month_end(origin, months) for horizon, months in HORIZONS.items()}
    reached = {horizon: date for horizon, date in dates.items() if date <= last}
    for of, (horizon, date) in itertools.product(KINDS, reached.items()):
        gap = _gap(editions[of](board, date), follower, date)
        if np.isfinite(gap):
            yield Target(series.name, follower, origin, horizon, date, gap, of)


def _without_gap(known: Inputs) -> str:
    """Why the card cannot be fitted at all at an origin; empty if it can. A board without a gap yet is not read."""
    try:
        _ = known.known_tables
    except InputError as error:
        return f"{error.message}: the card cannot be fitted"
    return ""


def _too_few(known: Inputs, series: Series) -> str:
    """Why a series cannot be asked at an origin; empty if it can."""
    rows = next(rows for benchmark, rows in known.data if benchmark.name == series.benchmark.name)
    read = [FRONTIER, *(follower.name for follower in known.card.read_of(series.benchmark))]
    for actor in (FRONTIER, series.follower.name):
        n = sum(o.weights[read.index(actor)] != 0 for o in rows)
        if n < ENOUGH_RECORDS:
            return f"{n} record{'s' * (n != 1)} of the {actor} by then, {ENOUGH_RECORDS} are needed"
    return ""
