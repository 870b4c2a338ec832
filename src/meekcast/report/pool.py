"""Gaps that boards will show: a row a series, by the pool of card and damped persistence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from meekcast.report.layout import Column, FittingTable
from meekcast.report.tables import probability_text

if TYPE_CHECKING:
    from meekcast.runs.documents import PoolDate, PoolSeries, Summary

MONTHS = {3: 2, 6: 1, 12: 0, 18: 3}
"""Months after a board's evidence that have a column, and their ranks: what matters least has the highest."""
CHANCE = 12
"""Months after which a probability is shown."""
DECIMALS = {"points": 0, "index": 1, "elo": 0}
SEEN_AND_TRUE = (
    "Seen: what a board shows, its coverage and noise included; true: the gap between the paths (the card's, in "
    "summary.json under pool)."
)


def pool_report(document: Summary) -> list[RenderableType]:
    """A row a series; nothing of a card without calendar or seen gap."""
    found = document["pool"]
    if not found:
        return []
    ahead = [Column(f"+{months}\nmonths", rank=rank) for months, rank in MONTHS.items()]
    now, chance = (
        Column("seen\nnow"),
        Column(f"P(gap)\n+{CHANCE}"),
    )
    table = FittingTable([Column("gap that the\nboard shows", words=True), now, *ahead, chance], show_lines=True)
    for series in found["series"]:
        table.add_row(series["title"], *_cells(series))
    about = f"Pool: median and 90 %, so many months after the board's evidence ends. {SEEN_AND_TRUE} {found['why']}"
    return [table, Text(about, style="dim"), ""]


def _cells(series: PoolSeries) -> list[str]:
    """The gap now with its unit, that on each date, and a probability above its threshold."""
    decimals = DECIMALS[series["unit"]]
    dates = {date["months"]: date for date in series["dates"]}
    ahead = [_interval(dates[months], decimals) if months in dates else "–" for months in MONTHS]
    chance = _chance(dates[CHANCE]) if CHANCE in dates else "–"
    return [f"{series['now']:.{decimals}f}\n{series['unit']}", *ahead, chance]


def _interval(date: PoolDate, decimals: int) -> str:
    """Median above the 90 % interval."""
    median, low, high = (f"{date['seen']['pool'][p]:.{decimals}f}" for p in ("0.5", "0.05", "0.95"))
    return f"{median}\n{low}–{high}"


def _chance(date: PoolDate) -> str:
    """Probability of the threshold that tells most: nearest to even."""
    below, p = min(date["probability_below"].items(), key=lambda told: abs(told[1] - 0.5))
    return f"{probability_text(p)}\n< {below}"
