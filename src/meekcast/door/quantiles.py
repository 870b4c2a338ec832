"""Quantiles of a quantity at dates that a user names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from meekcast.clock import When, instant, read_when, when_text
from meekcast.door.shown import frame
from meekcast.equations.types import Array
from meekcast.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.forecasts.draws import Draws

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles_at(draws: Draws, quantity: str, dates: When | str | Iterable[When | str]) -> pd.DataFrame:
    """Quantiles at dates, see `meekcast.door.result.Forecast.at`."""
    if quantity not in draws.labels:
        raise InputError(f"card {draws.card!r} has no quantity {quantity!r}", nearest(quantity, draws.labels))
    several = dates if isinstance(dates, Iterable) and not isinstance(dates, str) else [dates]
    asked = [read_when(date) for date in several]
    values = draws.read(quantity)
    rows = [
        {"at": when_text(when), **dict(zip(PROBABILITIES, _quantiles(values_at(draws, values, when)), strict=True))}
        for when in asked
    ]
    table = frame(rows, "at")
    table.attrs = {"quantity": quantity, "units": draws.labels[quantity]["units"]}
    return table


def _quantiles(values: Array) -> list[float]:
    return [float(q) for q in np.quantile(values, PROBABILITIES)]


def values_at(draws: Draws, values: Array, when: When) -> Array:
    """Draws at a date, linear between those of the grid.

    Raises
    ------
    InputError
        If the date lies outside the forecast.
    """
    date = instant(when, draws.calendar)
    if not draws.start <= date <= draws.times[-1]:
        raise InputError(
            f"{when_text(when)} lies outside {draws.start:.6g} .. {draws.times[-1]:.6g}, which the forecast covers",
            "Name a date inside, or forecast with a later horizon: until=.",
        )
    after = int(np.clip(np.searchsorted(draws.times, date), 1, len(draws.times) - 1))
    share = (date - draws.times[after - 1]) / (draws.times[after] - draws.times[after - 1])
    low, high = values[:, after - 1].astype(float), values[:, after].astype(float)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(low == high, low, low + share * (high - low)))
