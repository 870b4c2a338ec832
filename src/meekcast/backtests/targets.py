"""What is to be forecast: observed gaps at quarter ends, from earlier quarter ends."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.model.leaderboard import standing_records
from meekcast.observations import EvidenceTable, observations

if TYPE_CHECKING:
    from meekcast.cards.schema import BenchmarkEntry
    from meekcast.inputs import Inputs


FIRST_ORIGIN = dt.date(2024, 6, 30)
HORIZONS = {0.25: 3, 0.5: 6, 1.0: 12}
"""Years ahead, and the same in months: calendar dates, not fractions of a year."""
ENOUGH_RECORDS = 3
"""Records of either actor below which nothing can be estimated at an origin."""


@dataclass(frozen=True)
class Target:
    """One thing to forecast: the gap that a leaderboard showed at a date.

    Parameters
    ----------
    benchmark : str
        Name on the card.
    origin : datetime.date
        Only what was released by this date may be used.
    horizon : float
        Years from origin to target.
    date : datetime.date
        The target's date.
    observed : float
        Best-so-far frontier minus best-so-far budget at that date, in the benchmark's unit.
    """

    benchmark: str
    origin: dt.date
    horizon: float
    date: dt.date
    observed: float


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


def gap_on(table: EvidenceTable, date: dt.date) -> float:
    """Gap that the leaderboard showed on a date, from rows released by then.

    Parameters
    ----------
    table : EvidenceTable
        The evidence.
    date : datetime.date
        When.

    Returns
    -------
    float
        In the table's unit; 0 where a budget model tops the board, because it is the frontier then.

    Raises
    ------
    InputError
        If an actor had no record yet, or the table does not reach the date.
    """
    if date > table.complete_until:
        raise InputError(
            f"evidence {table.name!r} is complete up to {table.complete_until}: nobody knows its gap on {date}",
            "Ask for an earlier date, or bring newer evidence with `as_of`.",
        )
    return float(past_gaps(table.until(date), [date])[0])


def past_gaps(table: EvidenceTable, dates: Sequence[dt.date]) -> Array:
    """Gaps that the leaderboard showed on dates of the past.

    Parameters
    ----------
    table : EvidenceTable
        The evidence.
    dates : sequence of datetime.date
        When.

    Returns
    -------
    ndarray, shape (len(dates),)
        In the table's unit; NaN before both actors have a record.
    """
    years = [decimal_year(date) for date in dates]
    best = []
    for actor in ("frontier", "budget"):
        since, values = standing_records(table, actor)
        best.append(np.concatenate([[np.nan], values])[np.searchsorted(since, years, side="right")])
    return np.asarray(np.maximum(best[0] - best[1], 0.0))


def monthly_past(table: EvidenceTable, origin: dt.date, since: dt.date | None = None) -> Array:
    """Gaps at month ends up to an origin, the oldest first: what a baseline may learn from.

    Parameters
    ----------
    table : EvidenceTable
        The evidence.
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
    first = max(standing_records(known, actor)[0][0] for actor in ("frontier", "budget"))
    start = max(first, decimal_year(since) if since else first)
    months = [origin]
    while decimal_year(earlier := month_end(months[-1], -1)) >= start:
        months.append(earlier)
    return past_gaps(known, months[::-1])


def targets(inputs: Inputs, first: dt.date = FIRST_ORIGIN) -> tuple[tuple[Target, ...], tuple[Skipped, ...]]:
    """Everything that a card is asked, and what it is not asked.

    Parameters
    ----------
    inputs : Inputs
        A card with its evidence.
    first : datetime.date, default 2024-06-30
        First origin; its month's end, and every third month's after it.

    Returns
    -------
    tuple of Target
        In order of origin, then of the card's benchmarks, then of horizon.
    tuple of Skipped
        Benchmarks with too few records at an origin.

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
    last = max(table.complete_until for table in inputs.tables)
    origin = month_end(first)
    while month_end(origin, min(HORIZONS.values())) <= last:
        unready = _without_gap(inputs, origin)
        for benchmark, table in zip(inputs.card.observed, inputs.tables, strict=True):
            asked = _asked(benchmark, table, origin)
            reason = (unready or _too_few(benchmark, table, origin)) if asked else ""
            if reason:
                skipped.append(Skipped(origin, benchmark.name, reason))
            else:
                found += asked
        origin = month_end(origin, 3)
    if not found:
        raise InputError(
            f"card {inputs.card.name!r}: no origin since {first} has {ENOUGH_RECORDS} records of both actors and a "
            f"known gap {min(HORIZONS.values())} months later",
            f"Its evidence is complete up to {last}: bring a longer table.",
        )
    return tuple(found), tuple(skipped)


def _asked(benchmark: BenchmarkEntry, table: EvidenceTable, origin: dt.date) -> list[Target]:
    """Targets of one benchmark from one origin: those that the table reaches."""
    dates = {horizon: month_end(origin, months) for horizon, months in HORIZONS.items()}
    return [
        Target(benchmark.name, origin, horizon, date, gap_on(table, date))
        for horizon, date in dates.items()
        if date <= table.complete_until and _both_by(table, date)
    ]


def _both_by(table: EvidenceTable, date: dt.date) -> bool:
    """Whether both actors had a record by a date."""
    return bool(np.isfinite(past_gaps(table, [date])[0]))


def _without_gap(inputs: Inputs, origin: dt.date) -> str:
    """Why the card cannot be fitted at all at an origin; empty if it can."""
    silent = [table.name for table in inputs.tables if not _both_by(table, origin)]
    return f"no gap yet in {' and '.join(silent)}: the card cannot be fitted" if silent else ""


def _too_few(benchmark: BenchmarkEntry, table: EvidenceTable, origin: dt.date) -> str:
    """Why a benchmark cannot be asked at an origin; empty if it can."""
    read = [o for o in observations(table, benchmark.since) if o.year <= decimal_year(origin)]
    for actor in ("frontier", "budget"):
        n = sum(getattr(o, actor) != 0 for o in read)
        if n < ENOUGH_RECORDS:
            return f"{n} record{'s' * (n != 1)} of the {actor} by then, {ENOUGH_RECORDS} are needed"
    return ""
