"""A run as the hubverse's model output, for hubEvals and scoringutils: one prediction a row, as CSV or Parquet.

Columns are ``model_id``, the task IDs ``reference_date``, ``target``, ``horizon`` (months), ``target_end_date`` and
``actor``, then ``output_type``, ``output_type_id`` and ``value``, as hubs collect them (docs.hubverse.io, the pages
"Model output" and "Defining modeling tasks"). What a hub has as a location is the actor here: the frontier or a
follower, whose quantities share a target, ``lag_behind``. A board is part of the target, as its unit is its own.

* A quantity has 23 quantiles on dates that are whole months after the date of asking. A task of which a quantile is
  infinite or undefined is left out, all levels of it: scores take numbers.
* The date of an event (target type ``date``) has a ``cdf`` at the end of every year, and a ``pmf`` over years, because
  hubEvals scores no ``cdf``; what has not happened by the horizon is the category ``not by 2040``, so that all add up
  to 1. There are no quantiles of it: those beyond the horizon would be no numbers.

``output_type_id`` is text, as in every hub that has more than one kind of them; levels are written without trailing
zeros (0.1, not 0.10). What a task does not have is NA. In CSV, a name that begins like a formula of a
spreadsheet has an apostrophe before it, as in every table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from meekcast.backtests.targets import month_end
from meekcast.clock import decimal_year
from meekcast.errors import InputError, optional
from meekcast.export.naming import whose
from meekcast.export.table_text import write_table
from meekcast.forecasts.bands import sorted_quantiles
from meekcast.forecasts.questions.evaluate import values_at

if TYPE_CHECKING:
    from meekcast.equations.types import Array
    from meekcast.export.formats import Wanted
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.runs.read import StoredRun

LEVELS = (0.01, 0.025, *(round(0.05 * i, 2) for i in range(1, 20)), 0.975, 0.99)
"""Probability levels that hubs ask for."""

MONTHS = (1, 3, 6, 12, 18, 24, 36, 48, 60)
"""Horizons, as far as the run goes: those of backtests, then years."""

MISSING = "NA"


class Prediction(NamedTuple):
    """A row of the table; None where a task has no such ID."""

    model_id: str
    reference_date: dt.date
    target: str
    horizon: int | None
    target_end_date: dt.date | None
    actor: str | None
    output_type: str
    output_type_id: str
    value: float


def write(run: StoredRun, wanted: Wanted, file: Path) -> str:
    """Write the table as CSV; returns what was left out."""
    rows, note = model_output(run, wanted)
    cells = ([MISSING if cell is None else cell for cell in row] for row in rows)
    write_table(file, [Prediction._fields, *cells])
    return note


def write_parquet(run: StoredRun, wanted: Wanted, file: Path) -> str:
    """Write the table as Parquet, with the column types that hubs expect; returns what was left out."""
    pa, parquet = optional("pyarrow", "exports"), optional("pyarrow.parquet", "exports")
    rows, note = model_output(run, wanted)
    kinds = {"horizon": pa.int32(), "value": pa.float64()}
    kinds |= dict.fromkeys(("reference_date", "target_end_date"), pa.date32())
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in Prediction._fields])
    columns: list[Any] = list(zip(*rows, strict=True))
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
    parquet.write_table(table, file, compression="zstd")
    return note


def model_output(run: StoredRun, wanted: Wanted) -> tuple[list[Prediction], str]:
    """Make the predictions, and say what was left out.

    Parameters
    ----------
    run : StoredRun
        On a calendar.
    wanted : Wanted
        Which quantities and which event; where one of the two is named alone, nothing of the other.

    Returns
    -------
    tuple
        The rows, quantities first, and a note for the user, empty if nothing was left out.

    Raises
    ------
    InputError
        If the card has no calendar, or nothing is left.
    """
    if not run.calendar:
        raise InputError(
            f"card {run.summary['card']!r} counts years since its start; tasks of a hub have dates",
            "Export a card with a calendar, such as leaderboard, or take --to csv.",
        )
    rows, left_out = [], []
    for name in () if wanted.event and not wanted.quantities else wanted.quantities_of(run):
        found, missed = _of_quantity(run, name)
        rows += found
        left_out += [name] if missed else []
    for event in () if wanted.quantities and not wanted.event else wanted.events_of(run):
        rows += list(_of_event(run, event))
    if not rows:
        raise InputError(
            f"{', '.join(left_out)}: infinite or undefined in some draws on every date",
            "Choose another quantity; csv and parquet hold all of them.",
        )
    few = f"{', '.join(left_out[:6])}{' and others' if len(left_out) > 6 else ''}"
    return rows, f"left out on some dates, a quantile being infinite or undefined: {few}" if left_out else ""


def model_id(run: StoredRun) -> str:
    """Team and model, each of letters, digits and underscores, a hyphen between."""
    return f"meekcast-{run.summary['card'].replace('-', '_')}"


def horizons(today: dt.date, end: float) -> dict[int, dt.date]:
    """Dates that are whole months after a date, up to a last one.

    Parameters
    ----------
    today : datetime.date
        Where they count from.
    end : float
        Decimal year.

    Returns
    -------
    dict of int to datetime.date
        By months; the last day of a shorter month.

    Examples
    --------
    >>> {months: str(date) for months, date in horizons(dt.date(2026, 11, 30), 2027.5).items()}
    {1: '2026-12-30', 3: '2027-02-28', 6: '2027-05-30'}
    """
    ends = {months: month_end(today, months) for months in MONTHS}
    dates = {months: last.replace(day=min(today.day, last.day)) for months, last in ends.items()}
    return {months: date for months, date in dates.items() if decimal_year(date) <= end}


def _of_quantity(run: StoredRun, name: str) -> tuple[list[Prediction], bool]:
    """Quantiles on all dates, and whether some date is left out."""
    today, (target, actor) = dt.date.fromisoformat(run.summary["today"]), whose(run, name)
    paths, rows, missed = run.draws.read(name).astype(float), [], False
    for months, date in horizons(today, run.end).items():
        values: Array = sorted_quantiles(np.sort(values_at(run.draws.times, paths, decimal_year(date))), LEVELS)
        if not np.isfinite(values).all():
            missed = True
            continue
        task = (model_id(run), today, target, months, date, actor)
        rows += [
            Prediction(*task, "quantile", f"{level:g}", float(value))
            for level, value in zip(LEVELS, values, strict=True)
        ]
    return rows, missed


def _of_event(run: StoredRun, event: Answer) -> Iterator[Prediction]:
    """Probabilities that it has happened by the end of each year, and of each year."""
    task = (model_id(run), dt.date.fromisoformat(run.summary["today"]), event.name, None, None, None)
    by = {int(float(year)): p.value for year, p in event.cdf.items()}
    for year, p in by.items():
        yield Prediction(*task, "cdf", f"{year}-12-31", p)
    for (year, p), before in zip(by.items(), (0.0, *by.values()), strict=False):
        yield Prediction(*task, "pmf", str(year), round(p - before, 12))
    yield Prediction(*task, "pmf", f"not by {max(by)}", event.probability_not_by_horizon.value)
