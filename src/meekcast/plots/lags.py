"""The picture of the lags: how many months behind each follower is, and whether boards have shown such lags."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from meekcast.clock import decimal_year
from meekcast.forecasts.lags import MONTHS, lag_checks
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.plots import style
from meekcast.plots.followers import COLOURS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from meekcast.cards.schema import FollowerEntry
    from meekcast.forecasts.lags import LagCheck
    from meekcast.plots.forecast import Drawn

YEAR = 12  # months
YEARS_AHEAD = 5
"""Whole years after that of asking which the picture shows."""
LONGEST = 48
"""Months that the axis of survival shows at most."""
HIGHEST = 120
"""Months behind to which a band alone, without anything seen, lets the axis go."""
STEP = 0.25  # months


def lags_figure(result: Drawn) -> Figure:
    """A row a follower: months behind over time and the lags seen; how long levels of the frontier stay unmatched.

    On the left the band of the lag behind, and every level that the frontier set: a point on the date on which a board
    first showed a match. On the right the Kaplan-Meier curve of the same levels, and the band of the curves that they
    have along the drawn paths.
    """
    followers = result.inputs.card.followers
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 1.8 + 2.3 * len(followers)), layout="constrained")
        axes = figure.subplots(len(followers), 2, squeeze=False, width_ratios=[1.6, 1.0])
        checks = [lag_checks(result.inputs, result.draws, follower) for follower in followers]
        longest = _longest([check for of_one in checks for check in of_one])
        for i, (follower, found) in enumerate(zip(followers, checks, strict=True)):
            colour, (left, right) = COLOURS[i % len(COLOURS)], axes[i]
            _draw_behind(left, result, follower, found, colour)
            _draw_survival(right, found, longest, colour)
        axes[-1, 1].set_xlabel("Months after they were set")
        style.heading(figure, style.words(f"Months behind the frontier: {result.inputs.card.title}", 75, 2))
        figure.legend(handles=[*_handles(), *_today(axes[0, 0])], loc="outside lower center", ncols=2)
    return figure


def _draw_behind(ax: Axes, result: Drawn, follower: FollowerEntry, checks: tuple[LagCheck, ...], colour: str) -> None:
    """The band of the lag behind, and the lags seen: points for matches, arrows for what nobody has matched."""
    band = MONTHS * result.bands[f"{result.inputs.card.prefix(follower)}lag_behind"]
    time, today = band["time"].to_numpy(), decimal_year(result.today)
    style.fan(ax, time, band, colour, "_")
    seen = [(decimal_year(level.date), level) for level in (checks[0].seen if checks else ())]
    matched = np.array([(date + level.right / MONTHS, level.right) for date, level in seen if level.matched])
    waiting = np.array([(date + level.left / MONTHS, level.left) for date, level in seen if not level.matched])
    for points, look in ((matched, _MATCHED), (waiting, _WAITING)):
        if len(points):  # a line without points that is not clipped has no end, and no room would be left
            ax.plot(*points.T, **look, color=style.SEEN, linestyle="", clip_on=False)
    end = min(time[-1], max(math.floor(today), math.floor(time[0])) + 1.0 + YEARS_AHEAD)
    ax.set_xlim(time[0], end)
    highest = [level.right if level.matched else level.left for _, level in seen]
    ax.set_ylim(0.0, _top(band.where(band["time"] <= end, drop=True), highest))
    ax.set_title(style.words(follower.called, 40, 1), fontsize=9.5)
    ax.set_ylabel("Months behind")
    style.time_axis(ax.xaxis, True, 9)
    style.mark_today(ax, today)


def _top(band: xr.DataArray, seen: list[float]) -> float:
    """End of the axis: what was seen and the 50 % band, and as much of the 90 % band as leaves them legible."""
    inner, outer = (np.minimum(band.sel(quantile=q).to_numpy(), HIGHEST).max() for q in (0.75, 0.95))
    must = max(inner, *seen, 1.0)
    return float(1.08 * min(2 * must, max(must, outer)))


def _longest(checks: list[LagCheck]) -> int:
    """Whole years, in months, in which every level seen was matched or censored; not more than `LONGEST`."""
    last = max((float(check.survival.months[-1]) for check in checks), default=0.0)
    return min(LONGEST, YEAR * (math.floor(last / YEAR) + 1))


def _draw_survival(ax: Axes, checks: tuple[LagCheck, ...], longest: int, colour: str) -> None:
    """Kaplan-Meier curve of all boards, and the band of the same levels along the drawn paths."""
    ax.set_xlim(0, longest)
    ax.set_xticks(range(0, longest + 1, YEAR // 2 if longest <= 2 * YEAR else YEAR))
    ax.set_ylim(0, 1)
    style.percent_axis(ax.yaxis)
    ax.set_ylabel("Levels not matched yet")
    if not checks:
        return
    check = checks[0]
    months = np.arange(0, longest + STEP, STEP)
    band = xr.DataArray(check.band(months), coords={"quantile": list(PROBABILITIES), "months": months})
    style.fan(ax, months, band, colour, "_")
    curve = check.survival
    at = np.concatenate([[0.0], curve.months])
    for shares, look in ((curve.shares, _SEEN), (curve.low, _LIMITS), (curve.high, _LIMITS)):
        ax.step(at, np.concatenate([[1.0], shares]), where="post", color=style.SEEN, **look)
    told = check.as_dict()
    card = {p: float(value) for p, value in told["forecast"].items()}
    seen = f"seen: half of {curve.levels} in {_months(curve.median, *curve.interval)}"
    drawn = f"card: half in {_months(card['0.5'], card['0.05'], card['0.95'])}"
    for height, words, ink in ((1.13, seen, style.SEEN), (1.03, drawn, colour)):
        ax.text(0.0, height, words, transform=ax.transAxes, fontsize=8, color=ink)


def _months(middle: float, low: float, high: float) -> str:
    """Months with an interval; a dash where half is not reached.

    Examples
    --------
    >>> _months(7.23, 4.7, 12.0)
    '7.2 [4.7, 12.0]'
    """
    texts = ("–" if math.isinf(value) else f"{value:.1f}" for value in (middle, low, high))
    return "{} [{}, {}]".format(*texts)


_MATCHED: dict[str, Any] = {"marker": "o", "markersize": 3.5, "alpha": 0.75}
_WAITING: dict[str, Any] = {"marker": "^", "markersize": 5.0, "markerfacecolor": "white", "markeredgewidth": 0.8}
_SEEN: dict[str, Any] = {"linewidth": 1.5}
_LIMITS: dict[str, Any] = {"linewidth": 0.7, "linestyle": "--"}


def _today(ax: Axes) -> list[Artist]:
    """The line of the date of asking, which has its name."""
    return list(ax.get_legend_handles_labels()[0])


def _handles() -> list[Artist]:
    """What the other signs are; colours are those of the followers."""
    return [
        Line2D([], [], color=style.NEUTRAL, linewidth=1.8, label="card: median, 50 % and 90 % band"),
        Line2D([], [], color=style.SEEN, label="seen: Kaplan-Meier and 95 % (dashed)", **_SEEN),
        Line2D([], [], color=style.SEEN, linestyle="", label="seen: a level matched, on that date", **_MATCHED),
        Line2D([], [], color=style.SEEN, linestyle="", label="seen: not matched yet", **_WAITING),
    ]
