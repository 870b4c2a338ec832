"""By how many months each follower trails the frontier: as a forecast has it, and as a board has shown it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.cards import heading
from meekcast.report.evidence import DECIMALS, HEADINGS, RARE
from meekcast.report.layout import Column, FittingTable

if TYPE_CHECKING:
    from meekcast.files import Number
    from meekcast.forecasts.lags import LagsDocument
    from meekcast.observations.lags import BoardLags, LevelDocument, SurvivalDocument
    from meekcast.runs.documents import Summary

NEWEST = 5
"""Levels that are shown one by one; the documents (``--json``) have all."""


def lags_report(document: Summary) -> list[RenderableType]:
    """A row a follower; nothing of a card without calendar or evidence, of point values, or where dates are past."""
    entries = document["lags"]
    if not entries or not entries[0]["behind"] or document["point"]:
        return []
    columns = [Column(date, rank=max(i - 1, 0)) for i, date in enumerate(entries[0]["behind"])]
    table = FittingTable([Column("months behind\nthe frontier", words=True), *columns])
    for entry in entries:
        table.add_row(entry["title"], *_cells(entry))
    return [table, Text("Median and 90 %: how long ago the frontier stood at the present level.", style="dim"), ""]


def _cells(entry: LagsDocument) -> list[str]:
    """Median and 90 % interval on each date."""
    months = [{p: float(value) for p, value in quantiles.items()} for quantiles in entry["behind"].values()]
    return [f"{q['0.5']:.0f} [{q['0.05']:.0f}, {q['0.95']:.0f}]" for q in months]


def board_lags_report(board: BoardLags) -> RenderableType:
    """How long the followers took to match the frontier's levels on a board, and the newest levels one by one."""
    rules = [f"{seen['follower']}: {seen['rule']}" for seen in board["followers"]]
    facts = (
        "months from a record of the frontier until a follower's best score reached it; of "
        f"what is not reached yet is known how long it has been (as of {board['as_of']})"
    )
    about = (
        "Kaplan-Meier median and 95 %, exactly, and with scores within 1.645 standard errors as equal. They contain "
        "the noise of scores, and models that the board ran late or never."
    )
    return Group(
        heading(board["name"], board["title"]),
        Text(facts),
        _medians(board),
        Text(f"{about}\n", style="dim"),
        _newest(board),
        Text("between the follower's last model that was below and the first that was not\n", style="dim"),
        Text("\n".join(rules)),
    )


def _medians(board: BoardLags) -> FittingTable:
    """A row a follower."""
    medians = (Column("half matched after"), Column("within errors", rank=2))
    counts = (Column("levels"), Column("not yet", rank=1))
    table = FittingTable([Column("follower", left=True), *medians, *counts])
    for seen in board["followers"]:
        exactly = seen["exactly"]
        shown = (_median(exactly), _median(seen["within_errors"]), str(exactly["levels"]), str(exactly["censored"]))
        table.add_row(seen["follower"], *shown)
    return table


def _median(found: SurvivalDocument) -> str:
    low, high = map(_reached, found["interval"])
    return f"{_reached(found['median'])} [{low}, {high}]"


def _reached(months: Number) -> str:
    """Months, or that half is not reached in the time that is known."""
    return "–" if float(months) == float("inf") else f"{float(months):.1f}"


def _newest(board: BoardLags) -> FittingTable:
    """The newest levels, a column a follower."""
    names = [seen["follower"] for seen in board["followers"]]
    table = FittingTable(
        [
            Column("level of", left=True),
            Column("set by", words=True),
            Column("score", rank=4),
            *(Column(HEADINGS.get(name, name), rank=3 if name in RARE else 0) for name in names),
        ]
    )
    decimals = DECIMALS[board["unit"]]
    for took in list(zip(*(seen["levels"] for seen in board["followers"]), strict=True))[-NEWEST:]:
        level = took[0]
        table.add_row(level["date"], level["model"], f"{level['score']:.{decimals}f}", *map(_took, took))
    return table


def _took(level: LevelDocument) -> str:
    """Months between which the match lies.

    Examples
    --------
    >>> level = {"model": "m", "date": "2025-01-01", "score": 50.0, "matched_by": "b", "months": [1.23, 4.0]}
    >>> _took(level), _took({**level, "months": [0.0, 0.0]}), _took({**level, "matched_by": None, "months": [2, "inf"]})
    ('1.2 to 4.0', '0', '> 2.0')
    """
    low, high = map(float, level["months"])
    if level["matched_by"] is None:
        return f"> {low:.1f}"
    return "0" if high == 0 else f"{low:.1f} to {high:.1f}"
