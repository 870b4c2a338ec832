"""The pictures that every forecast writes: the gap, both losses, and what the evidence taught."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.figure import Figure

from meekcast.clock import decimal_year, to_date
from meekcast.model.leaderboard import standing_gaps
from meekcast.plots import style

if TYPE_CHECKING:
    import datetime as dt

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from meekcast.cards.schema import Series
    from meekcast.forecasts.draws import Draws
    from meekcast.inference.diagnostics import Diagnostics
    from meekcast.inputs import Inputs

CLOSED_SHARE = 0.02
"""A picture of a gap ends where its 95 % quantile has fallen to this share of its peak,"""
LOOK_AHEAD = 5.0
"""or, on a calendar clock, this many years after the date of asking: the evidence stays legible."""
SMALL = {"font.size": 9, "axes.labelsize": 8.5, "axes.titlesize": 9, "lines.markersize": 2.6}
"""Settings of a grid of panels."""
MOST_ROWS = 20
"""Rows of panels that somebody looks at, and that are drawn within seconds; further gaps are counted in the title."""
TICKS = {1: 9, 2: 6, 3: 5, 4: 4}
"""Dates on an axis at most, by how many panels are beside each other."""
BELOW_ZERO = 0.01
"""Share of the axis by which a gap must be negative for its axis to go there."""


class Drawn(Protocol):
    """What is drawn: a forecast that was just made, or one that was opened again."""

    @property
    def inputs(self) -> Inputs:
        """Card, belief and evidence."""

    @property
    def bands(self) -> xr.Dataset:
        """Quantiles of every quantity over time."""

    @property
    def draws(self) -> Draws:
        """Draws of parameters."""

    @property
    def today(self) -> dt.date:
        """The date of asking."""

    @property
    def diagnostics(self) -> Diagnostics:
        """How the draws were obtained."""


def gap_quantities(result: Drawn) -> list[str]:
    """The gaps that there are pictures of: on every board, or of loss where there is none, to every follower."""
    card = result.inputs.card
    return [f"{card.prefix(f)}{what}_gap" for what in card.benchmark_names or ["loss"] for f in card.followers]


def gap_figure(result: Drawn, names: Sequence[str] = ()) -> Figure:
    """Bands of the gaps against time, with the evidence and today; of `gap_quantities` unless some are named.

    A panel a board, two in a row. Of several followers a row a board, on one scale, and a column a follower.
    """
    grid = not names and len(result.inputs.card.followers) > 1
    rows = _grid(result) if grid else list(batched(names or gap_quantities(result), 2))
    rows, left_out = rows[:MOST_ROWS], sum(map(len, rows[MOST_ROWS:]))
    columns = len(rows[0])
    end = max(_end(result, name) for row in rows for name in row)
    with style.look(SMALL if grid else {}):
        height = 4.4 if len(rows) == 1 else 1.2 + (1.45 if grid else 2.4) * len(rows)
        figure = Figure(figsize=(style.WIDTH, height), layout="constrained")
        axes = figure.subplots(len(rows), columns, squeeze=False, sharex=True, sharey="row" if grid else False)
        for row, beside in zip(rows, axes, strict=True):
            for ax, name in zip(beside, row, strict=False):
                _draw_gap(ax, result, name, end)
            for together in [beside[: len(row)]] if grid else beside[: len(row), None]:
                fit_to_curves(*together)
        if columns > 1:
            _label_panels(axes, rows, result, grid)
        style.time_axis(axes[0, 0].xaxis, result.inputs.card.clock == "calendar", TICKS[columns])
        more = f"\n({left_out} gaps more have no room here: f.plot.gap(NAME) draws each)" if left_out else ""
        style.heading(figure, style.words(result.inputs.card.title, 75, 2) + more)
        signs = {label: sign for ax in figure.axes for sign, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        figure.legend(list(signs.values()), list(signs), loc="outside lower center", ncols=2)
    return figure


def _grid(result: Drawn) -> list[tuple[str, ...]]:
    """Rows of a board each, with a gap to every follower; of many followers several rows a board."""
    followers = len(result.inputs.card.followers)
    columns = math.ceil(followers / math.ceil(followers / max(TICKS)))
    return [row for board in batched(gap_quantities(result), followers) for row in batched(board, columns)]


def _label_panels(axes: np.ndarray, rows: list[tuple[str, ...]], result: Drawn, grid: bool) -> None:
    """Names of panels, above them; of a grid those of followers above and those of boards to the left."""
    called = [follower.called for follower in result.inputs.card.followers]
    rows_a_board = math.ceil(len(called) / len(rows[0]))
    for i, beside in enumerate(axes):
        for ax in beside[len(rows[i]) :]:
            ax.remove()
        for j, (ax, name) in enumerate(zip(beside, rows[i], strict=False)):
            last = all(j >= len(row) for row in rows[i + 1 :])
            ax.tick_params(labelbottom=last)
            ax.set_xlabel(ax.get_xlabel() if last else "")
            band = result.bands[name]
            if not grid:
                ax.set_title(style.words(_called(band), 34, 1), fontsize=9.5)
                ax.set_ylabel(band.attrs["units"])
                continue
            ax.set_ylabel("" if j else f"{style.words(_called(band), 19, 2)}\n({band.attrs['units']})")
            if i == 0 or rows_a_board > 1:
                ax.set_title(style.words(called[i % rows_a_board * len(rows[0]) + j], 22, 2))


def draw_gap(ax: Axes, result: Drawn, name: str) -> Axes:
    """Draw one gap: its band, what was seen, and what a leaderboard would show."""
    _draw_gap(ax, result, name, _end(result, name))
    fit_to_curves(ax)
    return ax


def _draw_gap(ax: Axes, result: Drawn, name: str, end: float) -> None:
    band = result.bands[name]
    time = band["time"].to_numpy()
    style.fan(ax, time, band, style.GAP, _named("gap", result))
    for series in result.inputs.card.series:
        if name == f"{series.name}_gap":
            _draw_observed(ax, result, series)
    ax.set_xlim(time[0], end)
    _frame(ax, result, style.words(f"{_called(band)} ({band.attrs['units']})", 30))


def _called(band: xr.DataArray) -> str:
    text = band.attrs["long_name"].split(",")[0]
    return str(text[0].upper() + text[1:])


def _end(result: Drawn, name: str) -> float:
    """Date at which to end the picture of a gap: where it has closed; on a calendar some years after today at most."""
    high = result.bands[name].sel(quantile=0.95)
    time, still_open = high["time"].to_numpy(), np.flatnonzero(high > CLOSED_SHARE * high.max())
    last = int(still_open[-1]) if len(still_open) else len(time) - 1
    end = float(time[min(last + 12, len(time) - 1)])
    if result.inputs.card.clock == "calendar":
        end = min(end, max(decimal_year(result.today), float(time[0])) + LOOK_AHEAD)
    return end


def fit_to_curves(*axes: Axes) -> None:
    """Fit axes on one scale to what is seen of the curves; they go below zero only where a follower leads."""
    left, right = axes[0].get_xlim()
    lines = [np.array(line.get_xydata(), dtype=float) for ax in axes for line in _curves(ax)]
    bands = [band for ax in axes for band in ax.collections]
    edges = [np.array(path.vertices, dtype=float) for band in bands for path in band.get_paths()]
    x, y = np.concatenate([*lines, *edges]).T
    shown = y[(x >= left) & (x <= right) & np.isfinite(y)]
    low, high = float(shown.min()), float(shown.max())
    if low >= -BELOW_ZERO * max(high, 0.0):
        axes[0].set_ylim(0.0, 1.05 * high if high > 0 else 1.0)
        return
    axes[0].set_ylim(1.05 * low, max(1.05 * high, 0.0))
    for ax in axes:
        ax.axhline(0.0, color=style.SEEN, linewidth=0.9)
        ax.annotate(
            "below 0: the follower leads",
            (0, 0),
            xycoords="axes fraction",
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=8.5,
            color=style.NEUTRAL,
        )


def _curves(ax: Axes) -> list[Line2D]:
    """Lines in the units of the axes; that of today is none."""
    return [line for line in ax.get_lines() if line.get_transform() == ax.transData]


def _draw_observed(ax: Axes, result: Drawn, series: Series) -> None:
    """What a board showed at each date of the bands while it was known, and where it would stand afterwards."""
    table = result.inputs.known_table_of(series)
    if not table.has_gap(series.follower.name):
        return
    band, end = result.bands[f"{series.name}_gap_observed"], decimal_year(table.complete_until)
    time = band["time"].to_numpy()
    shown = band.where(band["time"] > end)
    for q, label in ((0.05, "90 % band of what a leaderboard would show"), (0.95, None)):
        ax.plot(time, shown.sel(quantile=q), color=style.NEUTRAL, linestyle="--", linewidth=1.1, label=label)
    one = len(result.inputs.tables) == 1
    style.mark_covered(
        ax, time[0], end, f"time with evidence, to {to_date(end):%Y-%m}" if one else "time with evidence"
    )
    known = np.append(time[time < end], end)
    gaps = standing_gaps(table, series.follower.name, known)
    seen = f"seen: {style.words(table.name, 40, 1)}" if one else "seen: gap of the records"
    ax.plot(known, gaps, color=style.SEEN, linestyle="", label=seen, zorder=3, **style.POINTS)


def loss_figure(result: Drawn) -> Figure:
    """Bands of the loss of the frontier and of its first follower against time."""
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 4.4), layout="constrained")
        ax = draw_loss(figure.subplots(), result)
        style.heading(figure, "Loss of both actors")
        if not _exact(result):
            note = "Both bands share their doubt about the scaling law: the gap is known better than either level."
            ax.set_title(note, fontsize=8.5, fontweight="normal", color=style.NEUTRAL)
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center")
    return figure


def draw_loss(ax: Axes, result: Drawn) -> Axes:
    """Draw the bands of both actors' loss, which lie over each other: the wider ones as lines at their limits."""
    first = result.inputs.card.followers[0]
    for actor, called, colour in ((first.name, first.called, style.BUDGET), ("frontier",) * 2 + (style.FRONTIER,)):
        band = result.bands[f"loss_{actor}"]
        style.fan(ax, band["time"].to_numpy(), band, colour, _named(called, result, " (dashed)"), outlined=True)
    _frame(ax, result, "Loss (nats per token)")
    ax.margins(x=0)
    return ax


def _exact(result: Drawn) -> bool:
    return result.diagnostics.method == "point values"


def _named(what: str, result: Drawn, drawn: str = "") -> str:
    """Legend of a fan, and how its wider band is drawn; point values have no bands."""
    return f"{what}, at the card's point values" if _exact(result) else f"{what}: median, 50 % and 90 % band{drawn}"


def _frame(ax: Axes, result: Drawn, ylabel: str) -> None:
    """Axis labels, and today on a calendar clock."""
    calendar = result.inputs.card.clock == "calendar"
    ax.set_ylabel(ylabel)
    ax.set_xlabel("Year" if calendar else "Years since both actors spent the same")
    style.time_axis(ax.xaxis, calendar, 9 if len(ax.figure.axes) == 1 else 6)
    if calendar:
        style.mark_today(ax, decimal_year(result.today))
