"""Gaps that boards will show: of every series on some dates, by card, damped persistence and the pool of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from meekcast.backtests.pool import MEMBERS, baseline_draws, grid, mixture, weights_at
from meekcast.backtests.targets import HORIZONS, gap_on, month_end
from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.forecasts.bands import sorted_quantiles
from meekcast.forecasts.draws import single
from meekcast.forecasts.questions.answer import PROBABILITIES

if TYPE_CHECKING:
    from meekcast.backtests.documents import Scorecard
    from meekcast.cards.schema import Series
    from meekcast.forecasts.draws import Draws
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import PoolDate, PoolDocument, PoolSeries, PoolWeightsNow

YEARS = (2027, 2028, 2030)
"""Ends of years at which gaps are told, beside month ends at the horizons of backtests."""
POINTS = (2.0, 5.0, 10.0)
"""Thresholds of gaps in points."""
ROUND = tuple(digit * 10.0**power for power in range(-1, 5) for digit in (1, 2, 5))
"""Thresholds of other gaps are three in a row of these."""
LEARNT_TO = max(HORIZONS.values())
"""Months after a board's evidence up to which the pool is the headline: no longer horizon has been weighed."""

type Weights = Mapping[float, Mapping[str, float]]
"""By horizon in years, then by member."""


def pool_document(inputs: Inputs, draws: Draws, scorecard: Scorecard | None) -> PoolDocument | None:
    """Gaps of all series on some dates, as boards will show them, and the card's true ones beside them.

    What the card says of a date is what its draws say of the nearest month of their grid, half a month off at most.
    Gaps are not below zero, as in backtests.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    draws : Draws
        Of the forecast.
    scorecard : dict or None
        Has the weights; they are equal without one.

    Returns
    -------
    dict or None
        None for a card without a calendar, or without a series that has a gap and dates ahead of it.
    """
    if not draws.calendar:
        return None
    weights = _weights(scorecard)
    by_horizon = {float(row["horizon"]): row["weights"] for row in weights}
    tables = [(series, inputs.known_table_of(series)) for series in inputs.card.series]
    ends = [(series, table.complete_until) for series, table in tables if table.has_gap(series.follower.name)]
    asked = [(series, dates) for series, end in ends if (dates := told_dates(end, float(draws.times[-1])))]
    if not asked:
        return None
    found = [_series(inputs, draws, series, dates, by_horizon) for series, dates in asked]
    learnt = scorecard is not None
    return {"learnt": learnt, "weights": weights, "why": _why(learnt), "series": found}


def _weights(scorecard: Scorecard | None) -> list[PoolWeightsNow]:
    if scorecard is None:
        equal = dict.fromkeys(MEMBERS, 1 / len(MEMBERS))
        return [{"horizon": horizon, "targets": 0, "weights": equal} for horizon in HORIZONS]
    rows = scorecard["pool"]["weights"]
    return [{"horizon": row["horizon"], "targets": row["targets"], "weights": row["weights"]} for row in rows]


def _why(learnt: bool) -> str:
    """Which forecast is the headline."""
    known = "learnt from past forecasts" if learnt else "equal for want of a backtest"
    return (
        f"Headline: up to {LEARNT_TO} months after a board's evidence the pool of card and damped persistence (the gap "
        f"goes back to its past mean), weights {known}; beyond, where no data can weigh the two, the card."
    )


def told_dates(end: dt.date, last: float) -> dict[dt.date, int | None]:
    """Dates on which gaps of a board are told, in order, up to a last one.

    Parameters
    ----------
    end : datetime.date
        Until when its evidence is known.
    last : float
        Decimal year.

    Returns
    -------
    dict of datetime.date to int or None
        Month ends at the horizons of backtests, with their months after the evidence, and the ends of `YEARS`.

    Examples
    --------
    >>> found = told_dates(dt.date(2026, 9, 30), 2029.0)
    >>> [str(date) for date in found if found[date] is None], found[dt.date(2027, 9, 30)]
    (['2027-12-31', '2028-12-31'], 12)
    """
    ends = (dt.date(year, 12, 31) for year in YEARS)
    dates: dict[dt.date, int | None] = {date: None for date in ends if date > end}
    dates |= {month_end(end, months): months for months in HORIZONS.values()}
    return {date: dates[date] for date in sorted(dates) if decimal_year(date) <= last}


def thresholds(unit: str, median: float) -> tuple[float, ...]:
    """Gaps below which a probability is told: `POINTS`, or three `ROUND` numbers, the middle one nearest by ratio.

    Parameters
    ----------
    unit : str
        Of the gap.
    median : float
        What the pool expects a year after the evidence; below 1 it counts as 1.

    Returns
    -------
    tuple of float, three
        Increasing.

    Examples
    --------
    >>> thresholds("points", 30.0), thresholds("elo", 43.0), thresholds("index", 0.0)
    ((2.0, 5.0, 10.0), (20.0, 50.0, 100.0), (0.5, 1.0, 2.0))
    """
    if unit == "points":
        return POINTS
    middle = int(np.argmin(np.abs(np.log(np.array(ROUND[:-1]) / max(median, 1.0)))))
    return ROUND[middle - 1 : middle + 2]


def _series(
    inputs: Inputs, draws: Draws, series: Series, dates: Mapping[dt.date, int | None], weights: Weights
) -> PoolSeries:
    table, unit = inputs.known_table_of(series), series.benchmark.unit
    end = table.complete_until
    years = np.array([decimal_year(date) for date in dates])
    own = [weights_at(float(year) - decimal_year(end), weights) for year in years]
    seen = _seen(inputs, draws, series, years, own)
    true = _nearest(draws, f"{series.name}_gap", years)
    year_on = min(range(len(dates)), key=lambda i: abs(years[i] - decimal_year(end) - 1))
    below = thresholds(unit, float(np.median(seen[year_on]["pool"])))
    return {
        "series": series.name,
        "benchmark": series.benchmark.name,
        "follower": series.follower.name,
        "title": inputs.card.title_of(series),
        "unit": unit,
        "evidence_until": end.isoformat(),
        "now": gap_on(table, series.follower.name, end),
        "dates": [
            _date(date, months, date <= month_end(end, LEARNT_TO), weights_then, drawn, truth, below)
            for (date, months), weights_then, drawn, truth in zip(dates.items(), own, seen, true, strict=True)
        ],
    }


def _seen(
    inputs: Inputs, draws: Draws, series: Series, years: Array, weights: Sequence[Mapping[str, float]]
) -> list[dict[str, Array]]:
    """Sorted draws of the gap that a board shows on each date, by forecast."""
    card, damped = _nearest(draws, f"{series.name}_gap_observed", years), baseline_draws(inputs, series, years).T
    found = []
    for *drawn, own in zip(card, damped, weights, strict=True):
        grids = np.array([grid(each) for each in drawn])
        found.append({**dict(zip(MEMBERS, grids, strict=True)), "pool": mixture(grids, own)})
    return found


def _nearest(draws: Draws, quantity: str, years: Array) -> Array:
    """Draws of a gap in the month of their grid that is nearest to each date, shape (dates, n); not below zero.

    As precise as runs store paths, so that those of an opened run are the same.
    """
    columns = np.abs(draws.times[:, None] - years).argmin(axis=0)
    return np.asarray(np.maximum(single(draws.read(quantity)[:, columns].T).astype(float), 0.0))


def _date(
    date: dt.date,
    months: int | None,
    learnt: bool,
    weights: dict[str, float],
    seen: Mapping[str, Array],
    true: Array,
    below: Sequence[float],
) -> PoolDate:
    return {
        "date": date.isoformat(),
        "months": months,
        "headline": "pool" if learnt else "card",
        "weights": weights,
        "seen": {name: _quantiles(drawn) for name, drawn in seen.items()},
        "true": _quantiles(np.sort(true)),
        "probability_below": {f"{gap:g}": float(np.mean(seen["pool"] < gap)) for gap in below},
    }


def _quantiles(ordered: Array) -> dict[str, float]:
    found = sorted_quantiles(ordered, PROBABILITIES)
    return {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, found, strict=True)}
