"""The picture that holds a forecast against seen lags: how long levels of the frontier stayed unmatched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from meekcast.forecasts.lags import lag_checks
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.plots import style
from meekcast.plots.followers import COLOURS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from meekcast.forecasts.lags import LagCheck
    from meekcast.plots.forecast import Drawn

YEAR = 12  # months
LONGEST = 48
"""Months that the axis shows at most."""
STEP = 0.25  # months


def lag_check_figure(result: Drawn) -> Figure:
    """Levels of the frontier that a follower has not matched yet, by months since they were set; a panel a follower.

    The Kaplan-Meier curve of what boards have shown, and the band of the curves that the same levels have along the
    drawn paths.
    """
    followers = result.inputs.card.followers
    checks = [lag_checks(result.inputs, result.draws, follower) for follower in followers]
    with style.look():
        figure, axes = style.panels(
            len(followers), 4.4, 2.5, "Months after the frontier set them", "Levels not matched yet"
        )
        longest = _longest([check for of_one in checks for check in of_one])
        axes[0].set_xlim(0, longest)
        axes[0].set_xticks(range(0, longest + 1, YEAR // 2 if longest <= 2 * YEAR else YEAR))
        axes[0].set_ylim(0, 1)
        style.percent_axis(axes[0].yaxis)
        for i, (ax, follower, found) in enumerate(zip(axes, followers, checks, strict=True)):
            ax.set_title(style.words(follower.called, 40, 1), fontsize=9.5, pad=27)
            if found:
                _draw_survival(ax, found[0], longest, COLOURS[i % len(COLOURS)])
        style.heading(figure, "Have boards shown the lags that the card believes in?")
        figure.legend(handles=_handles(), loc="outside lower center", ncols=2)
    return figure


def _longest(checks: list[LagCheck]) -> int:
    """Whole years, in months, in which every level seen was matched or censored; not more than `LONGEST`."""
    last = max((float(check.survival.months[-1]) for check in checks), default=0.0)
    return min(LONGEST, YEAR * (math.floor(last / YEAR) + 1))


def _draw_survival(ax: Axes, check: LagCheck, longest: int, colour: str) -> None:
    """Kaplan-Meier curve, and the band of the same levels along the drawn paths; in words the time until half."""
    months = np.arange(0, longest + STEP, STEP)
    band = xr.DataArray(check.band(months), coords={"quantile": list(PROBABILITIES), "months": months})
    style.fan(ax, months, band, colour, "_")
    curve = check.survival
    at = np.concatenate([[0.0], curve.months])
    for shares, look in ((curve.shares, _SEEN), (curve.low, _LIMITS), (curve.high, _LIMITS)):
        ax.step(at, np.concatenate([[1.0], shares]), where="post", color=style.SEEN, **look)
    card = {p: float(value) for p, value in check.as_dict()["forecast"].items()}
    seen = f"seen: half of {curve.levels} in {_months(curve.median, *curve.interval)} months"
    drawn = f"card: half in {_months(card['0.5'], card['0.05'], card['0.95'])} months"
    for height, words, ink in ((15, seen, style.SEEN), (4, drawn, colour)):
        note = ax.annotate(words, (0, 1), (0, height), xycoords="axes fraction", textcoords="offset points", color=ink)
        note.set(fontsize=8, in_layout=False)  # the title above has the room for it


def _months(middle: float, low: float, high: float) -> str:
    """Months with an interval; a dash where half is not reached.

    Examples
    --------
    >>> _months(7.23, 4.7, 12.0)
    '7.2 [4.7, 12.0]'
    """
    texts = ("–" if math.isinf(value) else f"{value:.1f}" for value in (middle, low, high))
    return "{} [{}, {}]".format(*texts)


_SEEN: dict[str, Any] = {"linewidth": 1.5}
_LIMITS: dict[str, Any] = {"linewidth": 0.7, "linestyle": "--"}


def _handles() -> list[Artist]:
    """What the signs are; colours are those of the followers."""
    return [
        Line2D([], [], color=style.NEUTRAL, linewidth=1.8, label="card: median, 50 % and 90 % band"),
        Line2D([], [], color=style.SEEN, label="seen: Kaplan-Meier and 95 % (dashed)", **_SEEN),
    ]
