"""Months behind the frontier: of each follower along the drawn paths, and held against the lags that boards have shown.

Seen lags contain the noise of published scores and the coverage of a board, which may run a follower's models late or
never; those along the paths contain neither.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from meekcast.clock import decimal_year, to_date
from meekcast.equations.types import Array
from meekcast.files import Number
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.forecasts.questions.evaluate import values_at
from meekcast.observations.lags import WITHIN_ERRORS, Level, Survival, SurvivalDocument, levels, survival

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.cards.schema import FollowerEntry
    from meekcast.forecasts.forecast import Forecast
    from meekcast.inputs import Inputs

MONTHS = 12
YEARS = (2027, 2030)
"""Ends of years at which it is told how far behind the followers are."""
ALL = "all"
"""Stands for all boards of a follower together."""


class SeenDocument(TypedDict):
    """Lags on a board, or on all: seen exactly and within standard errors, and the median that the forecast has."""

    benchmark: str
    title: str
    exactly: SurvivalDocument
    within_errors: SurvivalDocument
    forecast: dict[str, Number]


class LagsDocument(TypedDict):
    """A follower: quantiles of the months behind at some dates, and what boards have shown since the card's start."""

    follower: str
    title: str
    behind: dict[str, dict[str, Number]]
    seen: list[SeenDocument]


@dataclass(frozen=True, eq=False)
class LagCheck:
    """Seen lags of a follower, and how long the same levels take along the drawn paths.

    Parameters
    ----------
    benchmark, title : str
        The board; ``"all"`` where it is all of them together.
    seen : tuple of Level
        Levels that the frontier set.
    within : tuple of Level
        The same, where what lies within standard errors is a match.
    drawn : ndarray, shape (n, k)
        Months until the follower's path is where the frontier's was on the date of each level, in each draw.
    """

    benchmark: str
    title: str
    seen: tuple[Level, ...]
    within: tuple[Level, ...]
    drawn: Array

    @property
    def survival(self) -> Survival:
        """Kaplan-Meier estimate of what was seen."""
        return survival(self.seen)

    def band(self, months: Array) -> Array:
        """Quantiles over draws of the share of levels that are not matched after some months.

        Parameters
        ----------
        months : ndarray, shape (m,)
            Since a level was set.

        Returns
        -------
        ndarray, shape (5, m)
            At `PROBABILITIES`.
        """
        shares = np.stack([(self.drawn > after).mean(axis=1) for after in months], axis=1)
        return np.asarray(np.quantile(shares, PROBABILITIES, axis=0))

    def as_dict(self) -> SeenDocument:
        """Plain values; the median of the forecast has its quantiles over draws."""
        medians = np.quantile(self.drawn, 0.5, axis=1, method="inverted_cdf")
        return {
            "benchmark": self.benchmark,
            "title": self.title,
            "exactly": self.survival.as_dict(),
            "within_errors": survival(self.within).as_dict(),
            "forecast": _keyed(np.quantile(medians, PROBABILITIES, method="inverted_cdf")),
        }


def lag_checks(inputs: Inputs, draws: Draws, follower: FollowerEntry) -> tuple[LagCheck, ...]:
    """Hold a forecast against the lags of a follower that boards have shown since the card's start.

    Along the paths of a draw the time until a level is matched is the quantity ``lag`` on the date of that level, 0
    where the follower was ahead: departures, past and future, are part of it. Not matched by the horizon is infinite.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    draws : Draws
        Of the forecast.
    follower : FollowerEntry
        Whose lags.

    Returns
    -------
    tuple of LagCheck
        One for each board that shows levels, and where there are several one of all.
    """
    frontier, own = (np.log(draws.read(f"{actor}_effective_compute")) for actor in ("frontier", follower.name))

    def drawn(seen: Sequence[Level]) -> Array:
        dates = [decimal_year(level.date) for level in seen]
        years = [_years_to(draws.times, own, values_at(draws.times, frontier, date), date) for date in dates]
        return MONTHS * np.stack(years, axis=1)

    boards = list(_seen(inputs, follower, to_date(draws.times[-1])))
    checks = [LagCheck(name, title, seen, within, drawn(seen)) for name, title, seen, within in boards]
    if len(checks) > 1:
        seen, within = (tuple(chain(*found)) for found in zip(*((c.seen, c.within) for c in checks), strict=True))
        checks.insert(0, LagCheck(ALL, "all boards", seen, within, np.hstack([check.drawn for check in checks])))
    return tuple(checks)


def _years_to(times: Array, paths: Array, levels: Array, date: float) -> Array:
    """Years from a date until each path first stands at its level, straight between dates; infinite if never."""
    after = int(np.searchsorted(times, date, side="right"))
    grid = np.append(date, times[after:])
    ahead = np.column_stack([values_at(times, paths, date), paths[:, after:]])
    reached = ahead >= levels[:, None]
    at, row = np.maximum(reached.argmax(axis=1), 1), np.arange(len(ahead))
    low, high = ahead[row, at - 1], ahead[row, at]
    with np.errstate(divide="ignore", invalid="ignore"):  # of paths that are there at once, or never
        crossing = grid[at - 1] - date + (levels - low) / (high - low) * np.diff(grid)[at - 1]
    return np.select([reached[:, 0], reached.any(axis=1)], [0.0, crossing], np.inf)


def _seen(
    inputs: Inputs, follower: FollowerEntry, end: dt.date
) -> Iterator[tuple[str, str, tuple[Level, ...], tuple[Level, ...]]]:
    """Of each board that shows levels before a date: its name and title, levels exactly and within errors."""
    for series in inputs.card.series:
        if series.follower == follower:
            board, table = series.benchmark, inputs.known_table_of(series)
            since = max(date for date in (board.since, inputs.card.start) if date)
            found = (levels(table, follower.name, since, errors) for errors in (0.0, WITHIN_ERRORS))
            exactly, within = (tuple(level for level in some if level.date < end) for some in found)
            if exactly:
                yield board.name, board.title, exactly, within


def months_behind(bands: xr.Dataset, quantity: str, dates: dict[str, float]) -> dict[str, dict[str, Number]]:
    """Quantiles of a lag behind on some dates, in months.

    Parameters
    ----------
    bands : xarray.Dataset
        Of a forecast.
    quantity : str
        Name of a follower's lag behind.
    dates : dict of str to float
        Decimal years, by what they are called.

    Returns
    -------
    dict of str to dict
        By what dates are called, then by quantile; infinite where the frontier never was there.
    """
    band = bands[quantity].sel(quantile=list(PROBABILITIES))
    times, quantiles = band["time"].to_numpy(), band.to_numpy().astype(float)
    return {name: _keyed(MONTHS * values_at(times, quantiles, date)) for name, date in dates.items()}


def told_dates(today: dt.date, horizon: float) -> dict[str, float]:
    """Dates at which lags are told: that of asking, and the ends of `YEARS` that are ahead of it; up to the horizon.

    Examples
    --------
    >>> told_dates(dt.date(2028, 1, 1), 2040)
    {'now': 2028.0, 'end of 2030': 2031.0}
    """
    now = decimal_year(today)
    dates = {"now": now} | {f"end of {year}": year + 1.0 for year in YEARS if now < year + 1}
    return {name: date for name, date in dates.items() if date <= horizon + 1}


def tells_lags(inputs: Inputs) -> bool:
    """Whether months behind are told: of cards on a calendar that read evidence."""
    return inputs.card.clock == "calendar" and bool(inputs.boards)


def lags_document(result: Forecast) -> list[LagsDocument] | None:
    """Months behind of every follower, and what boards have shown.

    Parameters
    ----------
    result : Forecast
        The forecast.

    Returns
    -------
    list of dict or None
        One a follower; None for a card without a calendar or without evidence.
    """
    inputs = result.inputs
    if not tells_lags(inputs):
        return None
    dates = told_dates(result.today, result.horizon)
    return [
        {
            "follower": follower.name,
            "title": follower.called,
            "behind": months_behind(result.bands, f"{inputs.card.prefix(follower)}lag_behind", dates),
            "seen": [check.as_dict() for check in lag_checks(inputs, result.draws, follower)],
        }
        for follower in inputs.card.followers
    ]


def _keyed(quantiles: Array) -> dict[str, Number]:
    return {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, quantiles, strict=True)}
