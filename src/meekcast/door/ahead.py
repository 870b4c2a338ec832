"""What a forecast tells of followers and boards at some dates, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from meekcast.door.shown import frame
from meekcast.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.runs.documents import PoolSeries, Summary


def lag_table(document: Summary) -> pd.DataFrame:
    """Months behind of each follower; see `meekcast.door.result.Forecast.lags`."""
    rows = [
        {"follower": entry["title"], "date": date, **_numbers(months)}
        for entry in document.get("lags") or []
        for date, months in entry["behind"].items()
    ]
    if not rows:
        dates = [2027, 2030] if document["clock"] == "calendar" else [5, 10]
        raise InputError(
            f"no lags are told of card {document['card']!r}: it has no calendar, reads no scores or ends "
            "before it was asked, or the run is of an earlier version",
            f'Ask .at("lag_behind", {dates}), in years.',
        )
    return frame(rows, "follower")


def pool_table(document: Summary) -> pd.DataFrame:
    """Gaps that boards will show; see `meekcast.door.result.Forecast.pool`."""
    found = document.get("pool")
    if not found:
        raise InputError(
            f"no gaps on boards are told of card {document['card']!r}: it has no calendar, reads no scores or ends "
            "before their evidence, or the run is of an earlier version",
            "Forecast a card with evidence, such as leaderboard; .bands has every quantity of a card.",
        )
    return frame([row for series in found["series"] for row in _gap_rows(series)], "series")


def _gap_rows(series: PoolSeries) -> Iterator[dict[Any, Any]]:
    """Quantiles of a gap on each date by each forecast as numbers, one entry a column."""
    for date in series["dates"]:
        for forecast, quantiles in {**date["seen"], "true": date["true"]}.items():
            yield {
                "series": series["title"],
                "unit": series["unit"],
                "date": date["date"],
                "forecast": forecast,
                "headline": forecast == date["headline"],
                **_numbers(quantiles),
            }


def _numbers(quantiles: dict[str, Any]) -> dict[float, float]:
    return {float(p): float(value) for p, value in quantiles.items()}
