"""The picture of the lags: how many months each follower is behind the frontier, and what boards have shown of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from meekcast.clock import decimal_year
from meekcast.forecasts.lags import MONTHS, lag_checks, months_behind, told_dates
from meekcast.plots import style
from meekcast.plots.followers import COLOURS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from meekcast.cards.schema import FollowerEntry
    from meekcast.forecasts.lags import LagCheck
    from meekcast.observations.lags import Level
    from meekcast.plots.forecast import Drawn

YEARS_AHEAD = 5
"""Whole years after that of asking which the picture shows."""
HIGHEST = 120
"""Months behind to which a band alone, without anything seen, lets the axis go."""
SMALL = 8
"""Size of what is written under the name of a follower, in points."""
_WAITING: dict[str, Any] = {"marker": "^", "markersize": 5.5, "markerfacecolor": "white", "markeredgewidth": 1.0}


def lags_figure(result: Drawn) -> Figure:
    """Months behind over time, a panel a follower, all on one scale: the forecast's band, and the lags seen.

    A point is a level that the frontier set and the follower matched, on the date on which a board first showed that.
    A triangle is the oldest level of a board that it has not matched, on the date up to which the board is known: it
    is at least so far behind.
    """
    followers = result.inputs.card.followers
    with style.look():
        figure, axes = style.panels(len(followers), 4.6, 2.6, ylabel="Months behind")
        tops = [
            _draw(ax, result, follower, COLOURS[i % len(COLOURS)])
            for i, (ax, follower) in enumerate(zip(axes, followers, strict=True))
        ]
        axes[0].set_ylim(0.0, max(tops))
        style.heading(figure, style.words(f"Months behind the frontier: {result.inputs.card.title}", 75, 2))
        figure.legend(handles=_handles(axes[0]), loc="outside lower center", ncols=2)
    return figure


def _draw(ax: Axes, result: Drawn, follower: FollowerEntry, colour: str) -> float:
    """Draw a follower; what is returned is where its axis should end."""
    band = result.bands[f"{result.inputs.card.prefix(follower)}lag_behind"]
    time, today = band["time"].to_numpy(), decimal_year(result.today)
    known = [decimal_year(result.inputs.known_table_of(series).complete_until)
             for series in result.inputs.card.series if series.follower == follower]  # fmt: skip
    if known:
        style.mark_covered(ax, time[0], max(known))
    style.fan(ax, time, MONTHS * band, colour, "_")
    checks = lag_checks(result.inputs, result.draws, follower)
    matched = [level for level in (checks[0].seen if checks else ()) if level.matched]
    waiting = _oldest_waiting(checks)
    for levels, months, look in (
        (matched, [level.right for level in matched], style.POINTS),
        (waiting, [level.left for level in waiting], _WAITING),
    ):
        if levels:  # a line without points that is not clipped has no end, and no room would be left
            dates = [decimal_year(level.date) + late / MONTHS for level, late in zip(levels, months, strict=True)]
            ax.plot(dates, months, **look, color=style.SEEN, linestyle="", clip_on=False, zorder=3)
    end = min(time[-1], max(math.floor(today), math.floor(time[0])) + 1.0 + YEARS_AHEAD)
    ax.set_xlim(time[0], end)
    _name(ax, result, follower)
    style.time_axis(ax.xaxis, True, 9)
    style.mark_today(ax, today)
    seen = [*(level.right for level in matched), *(level.left for level in waiting)]
    return _top(MONTHS * band.where(band["time"] <= end, drop=True), seen)


def _oldest_waiting(checks: tuple[LagCheck, ...]) -> list[Level]:
    """Of each board the oldest level that is not matched: it has waited longest, and the others say less."""
    boards = ([level for level in check.seen if not level.matched] for check in checks[-max(1, len(checks) - 1) :])
    return [max(levels, key=lambda level: level.left) for levels in boards if levels]


def _name(ax: Axes, result: Drawn, follower: FollowerEntry) -> None:
    """Name of a follower, who counts for it, and its months behind at the dates at which the terminal tells them."""
    dates = told_dates(result.today, result.inputs.card.horizon)
    told = months_behind(result.bands, f"{result.inputs.card.prefix(follower)}lag_behind", dates)
    ends = dict.fromkeys([*told][:1] + [*told][-1:])
    months = ", ".join(f"{date}: {_months({p: float(v) for p, v in told[date].items()})}" for date in ends)
    lines = [line for line in (style.words(follower.rule or "", 52, 1), months and f"{months} months") if line]
    ax.set_title(style.words(follower.called, 40, 1), fontsize=9.5, pad=5 + 11 * len(lines))
    for i, line in enumerate(reversed(lines)):
        note = ax.annotate(line, (0, 1), (0, 4 + 11 * i), xycoords="axes fraction", textcoords="offset points")
        note.set(fontsize=SMALL, in_layout=False)  # the title above has the room for it


def _months(quantiles: dict[str, float]) -> str:
    """Months behind on a date: median, 90 % interval.

    Examples
    --------
    >>> _months({"0.05": 2.2, "0.5": 6.1, "0.95": math.inf})
    '6 [2, inf]'
    """
    return f"{quantiles['0.5']:.0f} [{quantiles['0.05']:.0f}, {quantiles['0.95']:.0f}]"


def _top(band: xr.DataArray, seen: list[float]) -> float:
    """End of the axis: what was seen and the 50 % band, and as much of the 90 % band as leaves them legible."""
    inner, outer = (np.minimum(band.sel(quantile=q).to_numpy(), HIGHEST).max() for q in (0.75, 0.95))
    must = max(inner, *seen, 1.0)
    return float(1.08 * min(2 * must, max(must, outer)))


def _handles(ax: Axes) -> list[Artist]:
    """What the signs are; colours are those of the followers."""
    return [
        Line2D([], [], color=style.NEUTRAL, linewidth=1.8, label="forecast: median, 50 % and 90 % band"),
        Line2D(
            [], [], color=style.SEEN, linestyle="", label="seen: a frontier record, when it was matched", **style.POINTS
        ),
        Line2D([], [], color=style.SEEN, linestyle="", label="seen: oldest not matched yet, of a board", **_WAITING),
        *ax.get_legend_handles_labels()[0],  # what has its name already: the time with evidence, and today
    ]
