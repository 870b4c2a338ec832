"""The pictures that every forecast writes: the gap, both losses, and what the evidence taught."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.figure import Figure

from meekcast.clock import decimal_year, to_date
from meekcast.model.leaderboard import standing_gaps, standing_records
from meekcast.plots import style

if TYPE_CHECKING:
    import datetime as dt

    import xarray as xr
    from matplotlib.axes import Axes

    from meekcast.cards.schema import Series
    from meekcast.forecasts.draws import Draws
    from meekcast.inference.diagnostics import Diagnostics
    from meekcast.inputs import Inputs
    from meekcast.observations import EvidenceTable

CLOSED_SHARE = 0.02
"""A picture of a gap ends where its 95 % quantile has fallen to this share of its peak,"""
LOOK_AHEAD = 8.0
"""or, on a calendar clock, this many years after the date of asking: the evidence stays legible."""
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
    """The gaps that the picture shows, a panel each: of the benchmarks, or of loss, to the first follower."""
    return [f"{name}_gap" for name in result.inputs.card.benchmark_names] or ["loss_gap"]


def drawable_gaps(result: Drawn) -> list[str]:
    """The gaps of which there is a picture: those to any follower."""
    card = result.inputs.card
    return [f"{card.prefix(follower)}{name}" for follower in card.followers for name in gap_quantities(result)]


def gap_figure(result: Drawn, names: Sequence[str] = ()) -> Figure:
    """Bands of the gaps against time, with the evidence and today; of `gap_quantities` unless some are named."""
    names = names or gap_quantities(result)
    columns = min(2, len(names))
    rows = math.ceil(len(names) / columns)
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 4.4 if rows == 1 else 1.1 + 2.6 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, name in zip(axes, names, strict=False):
            draw_gap(ax, result, name)
        for ax in axes[len(names) :]:
            ax.set_axis_off()
        style.heading(figure, style.words(result.inputs.card.title, 75, 2))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def draw_gap(ax: Axes, result: Drawn, name: str) -> Axes:
    """Draw one gap: its band, what was seen, and what a leaderboard would show."""
    band = result.bands[name]
    time = band["time"].to_numpy()
    style.fan(ax, time, band, style.GAP, _named("gap", result))
    for series in result.inputs.card.series:
        if name == f"{series.name}_gap":
            _draw_observed(ax, result, series)
    end = _last_open(time, band.sel(quantile=0.95).to_numpy())
    if result.inputs.card.clock == "calendar":
        end = min(end, max(decimal_year(result.today), time[0]) + LOOK_AHEAD)
    ax.set_xlim(time[0], end)
    _limit_gap(ax)
    _frame(ax, result, style.words(f"{_capital(band.attrs['long_name'].split(',')[0])} ({band.attrs['units']})", 30))
    return ax


def _limit_gap(ax: Axes) -> None:
    """Fit the axis to what is seen of the curves; it goes below zero only where the follower leads."""
    left, right = ax.get_xlim()
    lines = [np.array(line.get_xydata(), dtype=float) for line in ax.get_lines()]
    edges = [np.array(path.vertices, dtype=float) for band in ax.collections for path in band.get_paths()]
    x, y = np.concatenate([*lines, *edges]).T
    shown = y[(x >= left) & (x <= right) & np.isfinite(y)]
    low, high = float(shown.min()), float(shown.max())
    if low >= -BELOW_ZERO * max(high, 0.0):
        ax.set_ylim(0.0, 1.05 * high if high > 0 else 1.0)
        return
    ax.set_ylim(1.05 * low, max(1.05 * high, 0.0))
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


def _draw_observed(ax: Axes, result: Drawn, series: Series) -> None:
    """The evidence as a step line over the time that it covers, and where a leaderboard would stand after it."""
    table = result.inputs.known_table_of(series)
    if not table.has_gap(series.follower.name):
        return
    band, end = result.bands[f"{series.name}_gap_observed"], decimal_year(table.complete_until)
    shown = band.where(band["time"] > end)
    for q, label in ((0.05, "90 % band of what a leaderboard would show"), (0.95, None)):
        ax.plot(band["time"], shown.sel(quantile=q), color=style.NEUTRAL, linestyle="--", linewidth=1.1, label=label)
    years, gaps = evidence_gap(table, series.follower.name)
    known = years <= end
    years, gaps = years[known], gaps[known]
    one = len(result.inputs.tables) == 1
    ax.axvspan(
        float(band["time"][0]),
        end,
        color=style.COVERED,
        linewidth=0,
        zorder=0,
        label=f"time with evidence, to {to_date(end):%Y-%m}" if one else "time with evidence",
    )
    ax.step([*years, end], [*gaps, gaps[-1]], where="post", color=style.SEEN, linewidth=0.9)
    seen = f"seen: {style.words(table.name, 40, 1)}" if one else "seen: gap of the records"
    ax.plot(years, gaps, "o", color=style.SEEN, markersize=3.2, mfc="white", mew=0.8, label=seen)


def evidence_gap(table: EvidenceTable, follower: str) -> tuple[np.ndarray, np.ndarray]:
    """Best-so-far gap of a table at each date on which it changed.

    Parameters
    ----------
    table : EvidenceTable
        The evidence.
    follower : str
        Whose gap.

    Returns
    -------
    tuple of ndarray, shape (k,)
        Decimal years, and the gap in the table's unit from each on.
    """
    years = np.union1d(*(standing_records(table, actor)[0] for actor in ("frontier", follower)))
    gaps = standing_gaps(table, follower, years)
    both = np.isfinite(gaps)
    return years[both], gaps[both]


def loss_figure(result: Drawn) -> Figure:
    """Bands of the loss of the frontier and of its first follower against time."""
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 4.4), layout="constrained")
        ax = draw_loss(figure.subplots(), result)
        style.heading(figure, "Loss of both actors")
        if not _exact(result):
            note = "Both bands share their doubt about the scaling law: the gap is known better than either level."
            ax.set_title(note, fontsize=8.5, fontweight="normal", color=style.NEUTRAL)
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def draw_loss(ax: Axes, result: Drawn) -> Axes:
    """Draw the bands of both actors' loss."""
    first = result.inputs.card.followers[0]
    for actor, called, colour in ((first.name, first.called, style.BUDGET), ("frontier",) * 2 + (style.FRONTIER,)):
        band = result.bands[f"loss_{actor}"]
        style.fan(ax, band["time"].to_numpy(), band, colour, _named(called, result))
    _frame(ax, result, "Loss (nats per token)")
    ax.margins(x=0)
    return ax


def _exact(result: Drawn) -> bool:
    return result.diagnostics.method == "point values"


def _named(what: str, result: Drawn) -> str:
    """Legend of a fan; point values have no bands."""
    return f"{what}, at the card's point values" if _exact(result) else f"{what}: median, 50 % and 90 % band"


def _frame(ax: Axes, result: Drawn, ylabel: str) -> None:
    """Axis labels, and today on a calendar clock."""
    calendar = result.inputs.card.clock == "calendar"
    ax.set_ylabel(ylabel)
    ax.set_xlabel("Year" if calendar else "Years since both actors spent the same")
    style.time_axis(ax.xaxis, calendar, 9 if len(ax.figure.axes) == 1 else 6)
    if calendar:
        style.mark_today(ax, decimal_year(result.today))


def _last_open(time: np.ndarray, high: np.ndarray) -> float:
    """Date at which to end the picture of a gap."""
    still_open = np.flatnonzero(high > CLOSED_SHARE * np.max(high))
    last = int(still_open[-1]) if len(still_open) else len(time) - 1
    return float(time[min(last + 12, len(time) - 1)])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
