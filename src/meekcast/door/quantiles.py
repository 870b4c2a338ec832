"""Quantiles of a quantity at dates that a user names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.clock import When, read_when, when_text
from meekcast.door.shown import frame
from meekcast.equations.types import Array
from meekcast.errors import InputError, naming, nearest
from meekcast.forecasts.bands import sorted_quantiles
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.forecasts.questions.evaluate import values_at

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.forecasts.draws import Draws


def quantiles_at(draws: Draws, quantity: str, dates: When | str | Iterable[When | str]) -> pd.DataFrame:
    """Quantiles at dates, see `meekcast.door.result.Forecast.at`."""
    if quantity not in draws.labels:
        raise InputError(f"card {draws.card!r} has no quantity {quantity!r}", nearest(quantity, draws.labels))
    several = dates if isinstance(dates, Iterable) and not isinstance(dates, str) else [dates]
    with naming("at"):
        asked = [(when, draws.scope.position(when)) for when in map(read_when, several)]
    paths = draws.read(quantity).astype(float)
    table = frame([{"at": when_text(when)} | _quantiles(values_at(draws.times, paths, at)) for when, at in asked], "at")
    table.attrs = {"quantity": quantity, "units": draws.labels[quantity]["units"]}
    return table


def _quantiles(values: Array) -> dict[Any, float]:
    found = sorted_quantiles(np.sort(values), PROBABILITIES)
    return {p: float(q) for p, q in zip(PROBABILITIES, found, strict=True)}
