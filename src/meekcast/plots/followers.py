"""The picture of a card with several followers: how far behind each is, and the gap of each on every board."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from meekcast.clock import decimal_year
from meekcast.plots import style
from meekcast.plots.forecast import LOOK_AHEAD, fit_to_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.cards.schema import FollowerEntry
    from meekcast.plots.forecast import Drawn

COLOURS = ("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, one a follower, again from the first where there are more."""
MONTHS = 12


def followers_figure(result: Drawn) -> Figure:
    """Months that each follower trails, median and 50 % band, and medians of its gaps: all followers on the same axes.

    What was seen has room in the pictures that have a panel a follower, `meekcast.plots.lags` and
    `meekcast.plots.forecast`.
    """
    card = result.inputs.card
    rows = math.ceil(len(card.benchmarks) / 2)
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 3.4 + 2.1 * rows), layout="constrained")
        grid = figure.add_gridspec(1 + rows, 2, height_ratios=[1.4, *[1.0] * rows])
        _draw_lags(figure.add_subplot(grid[0, :]), result)
        for i, board in enumerate(card.benchmarks):
            ax = figure.add_subplot(grid[1 + i // 2, i % 2])
            _draw_gaps(ax, result, board.name)
            ax.set_title(style.words(f"{board.title}: gap", 34, 1), fontsize=9.5)
        style.heading(figure, style.words(card.title, 75, 2))
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _coloured(result: Drawn) -> list[tuple[FollowerEntry, str]]:
    return [(follower, COLOURS[i % len(COLOURS)]) for i, follower in enumerate(result.inputs.card.followers)]


def _draw_lags(ax: Axes, result: Drawn) -> None:
    """How many months ago the frontier stood where each follower stands."""
    for follower, colour in _coloured(result):
        band = MONTHS * result.bands[f"{result.inputs.card.prefix(follower)}lag_behind"]
        low, middle, high = (band.sel(quantile=q).to_numpy() for q in (0.25, 0.5, 0.75))
        ax.fill_between(band["time"], low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(band["time"], middle, color=colour, linewidth=1.8, label=f"{follower.called}: median, 50 % band")
    ax.set_title("How far behind the frontier")
    _frame(ax, result, "Months behind")


def _draw_gaps(ax: Axes, result: Drawn, board: str) -> None:
    """Medians of the latent gaps on one board."""
    for follower, colour in _coloured(result):
        band = result.bands[f"{result.inputs.card.prefix(follower)}{board}_gap"]
        ax.plot(band["time"], band.sel(quantile=0.5), color=colour, linewidth=1.6)
    _frame(ax, result, band.attrs["units"])


def _frame(ax: Axes, result: Drawn, ylabel: str) -> None:
    """From the start to some years after the date of asking, on both kinds of clock."""
    card, time = result.inputs.card, result.bands["time"].to_numpy()
    calendar = card.clock == "calendar"
    end = min(time[-1], max(decimal_year(result.today), time[0]) + LOOK_AHEAD) if calendar else time[-1]
    ax.set_xlim(time[0], end)
    fit_to_curves(ax)
    ax.set_ylabel(ylabel)
    style.time_axis(ax.xaxis, calendar, 6)
    if calendar:
        style.mark_today(ax, decimal_year(result.today))
