"""By how many months each follower trails the frontier: on the date of asking, and at the end of some years."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from meekcast.clock import decimal_year
from meekcast.forecasts.questions.evaluate import values_at
from meekcast.report.layout import Column, FittingTable

if TYPE_CHECKING:
    from meekcast.runs.documents import Summary

MONTHS = 12
YEARS = (2027, 2030, 2035)
"""Ends of years at which lags are told."""
SHOWN = ("0.05", "0.5", "0.95")


def lag_rows(document: Summary) -> list[dict[str, str | float]]:
    """Months behind of every follower at every date, median and 90 % interval.

    Parameters
    ----------
    document : dict
        The summary of a forecast on a calendar clock.

    Returns
    -------
    list of dict
        Keys ``follower``, ``date``, ``0.05``, ``0.5``, ``0.95``; months, infinite where the frontier never was there.
    """
    today, horizon = decimal_year(dt.date.fromisoformat(document["today"])), document["horizon"]
    dates = {"now": today} | {f"end of {year}": year + 1.0 for year in YEARS if today < year + 1 <= horizon + 1}
    rows: list[dict[str, str | float]] = []
    for follower in document["followers"]:
        band = document["bands"][f"{follower['prefix']}lag_behind"]
        quantiles = np.array([band["quantiles"][p] for p in SHOWN], dtype=float)
        for name, date in dates.items():
            years = values_at(np.array(band["time"]), quantiles, date)
            months = dict(zip(SHOWN, (MONTHS * years).tolist(), strict=True))
            rows.append({"follower": follower["title"], "date": name, **months})
    return rows


def lags_report(document: Summary) -> list[RenderableType]:
    """The same as a table; nothing of a card that knows no calendar, or of point values."""
    if document["clock"] != "calendar" or document["point"]:
        return []
    rows = lag_rows(document)
    dates = list(dict.fromkeys(str(row["date"]) for row in rows))
    columns = [Column(date, rank=max(len(dates) - 1 - i, 0) if i > 1 else 0) for i, date in enumerate(dates)]
    table = FittingTable([Column("months behind the frontier", words=True), *columns])
    for name in dict.fromkeys(str(row["follower"]) for row in rows):
        own = [row for row in rows if row["follower"] == name]
        table.add_row(name, *(f"{row['0.5']:.0f} [{row['0.05']:.0f}, {row['0.95']:.0f}]" for row in own))
    return [table, Text("Median and 90 %: how long ago the frontier stood at the present level.", style="dim"), ""]
