"""The picture of a card with several followers: how far behind each is, and the gap of each on every board."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from meekcast.clock import decimal_year
from meekcast.plots import style
from meekcast.plots.forecast import LOOK_AHEAD, evidence_gap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.cards.schema import FollowerEntry
    from meekcast.plots.forecast import Drawn

COLOURS = ("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, one a follower, again from the first where there are more."""
MONTHS = 12


def followers_figure(result: Drawn) -> Figure:
    """Months that each follower trails, median and 50 % band; and its gap on each board, median and what was seen."""
    card = result.inputs.card
    boards = card.benchmarks
    rows = math.ceil(len(boards) / 2)
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 3.6 + 2.4 * rows), layout="constrained")
        grid = figure.add_gridspec(1 + rows, 2, height_ratios=[1.4, *[1.0] * rows])
        _draw_lags(figure.add_subplot(grid[0, :]), result)
        for i, board in enumerate(boards):
            _draw_gaps(figure.add_subplot(grid[1 + i // 2, i % 2]), result, board.name)
        style.heading(figure, style.words(card.title, 75, 2))
        handles, _ = figure.axes[0].get_legend_handles_labels()
        seen = Line2D(
            [], [], color=style.NEUTRAL, linewidth=0.7, drawstyle="steps-post", label="thin: gap of the records"
        )
        figure.legend(handles=[*handles, seen], loc="outside lower center", ncols=2)
    return figure


def _coloured(result: Drawn) -> list[tuple[FollowerEntry, str]]:
    return [(follower, COLOURS[i % len(COLOURS)]) for i, follower in enumerate(result.inputs.card.followers)]


def _draw_lags(ax: Axes, result: Drawn) -> None:
    """How many months ago the frontier stood where each follower stands."""
    for follower, colour in _coloured(result):
        band = MONTHS * result.bands[f"{result.inputs.card.prefix(follower)}lag_behind"]
        time = band["time"].to_numpy()
        low, middle, high = (band.sel(quantile=q).to_numpy() for q in (0.25, 0.5, 0.75))
        ax.fill_between(time, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(time, middle, color=colour, linewidth=1.8, label=f"{follower.called}: median, 50 % band")
    ax.set_title("How far behind the frontier")
    _frame(ax, result, "Months behind")


def _draw_gaps(ax: Axes, result: Drawn, board: str) -> None:
    """Medians of the latent gaps on one board, and the gaps of the records."""
    card = result.inputs.card
    title = next(b.title for b in card.benchmarks if b.name == board)
    for follower, colour in _coloured(result):
        band = result.bands[f"{card.prefix(follower)}{board}_gap"]
        ax.plot(band["time"], band.sel(quantile=0.5), color=colour, linewidth=1.6)
    colours = {follower.name: colour for follower, colour in _coloured(result)}
    for series in card.series:
        table = result.inputs.known_table_of(series)
        if series.benchmark.name == board and table.has_gap(series.follower.name):
            years, gaps = evidence_gap(table, series.follower.name)
            end = decimal_year(table.complete_until)
            ax.step([*years, end], [*gaps, gaps[-1]], where="post", color=colours[series.follower.name], linewidth=0.7)
    ax.set_title(style.words(f"{title}: gap", 30, 1), fontsize=9.5)
    _frame(ax, result, band.attrs["units"])


def _frame(ax: Axes, result: Drawn, ylabel: str) -> None:
    """From the start to some years after the date of asking, on both kinds of clock."""
    card, time = result.inputs.card, result.bands["time"].to_numpy()
    calendar = card.clock == "calendar"
    end = min(time[-1], max(decimal_year(result.today), time[0]) + LOOK_AHEAD) if calendar else time[-1]
    ax.set_xlim(time[0], end)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel(ylabel)
    style.time_axis(ax.xaxis, calendar, 6)
    if calendar:
        style.mark_today(ax, decimal_year(result.today))
