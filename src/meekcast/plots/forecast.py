"""The pictures that every forecast writes: the gap, both losses, and what the evidence taught."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from meekcast.beliefs.prior import Scale
from meekcast.clock import decimal_year, to_date
from meekcast.model.leaderboard import standing_records
from meekcast.plots import style
from meekcast.vocabulary.parameters import find

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.forecasts.checks import PredictiveCheck
    from meekcast.forecasts.forecast import Forecast
    from meekcast.observations import EvidenceTable

CLOSED_SHARE = 0.02
"""A picture of a gap ends where its 95 % quantile has fallen to this share of its peak."""


def draw_run(result: Forecast, checks: Sequence[PredictiveCheck], folder: Path) -> None:
    """Draw all pictures of a run: those of every forecast, and its predictive checks where there are any."""
    write_pictures(result, folder)
    if checks:
        from meekcast.plots.checks import write_checks

        write_checks(checks, folder)


def write_pictures(result: Forecast, folder: Path) -> list[Path]:
    """Write gap.png, loss.png and prior_posterior.png.

    Parameters
    ----------
    result : Forecast
        The forecast.
    folder : pathlib.Path
        Where.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    figures = {"gap.png": gap_figure, "loss.png": loss_figure, "prior_posterior.png": prior_posterior_figure}
    for name, draw in figures.items():
        style.save(draw(result), folder / name)
    return [folder / name for name in figures]


def gap_quantities(result: Forecast) -> list[str]:
    """The gaps that the picture shows, a panel each: of the benchmarks, or of loss."""
    return [f"{name}_gap" for name in result.inputs.card.benchmark_names] or ["loss_gap"]


def gap_figure(result: Forecast) -> Figure:
    """Bands of the gaps against time, with the evidence and today."""
    names = gap_quantities(result)
    columns = min(2, len(names))
    rows = math.ceil(len(names) / columns)
    with rc_context(style.RC):
        figure = Figure(figsize=(style.WIDTH, 3.9 if rows == 1 else 0.9 + 2.7 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, name in zip(axes, names, strict=False):
            _draw_gap(ax, result, name)
        for ax in axes[len(names) :]:
            ax.set_axis_off()
        if len(names) == 1:
            axes[0].set_title(result.inputs.card.title)
            axes[0].legend(loc="upper right", bbox_to_anchor=(1, 0.94))
        else:
            figure.suptitle(result.inputs.card.title, x=0.01, ha="left", fontsize=11, fontweight="bold")
            handles, labels = axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=1)
    return figure


def _draw_gap(ax: Axes, result: Forecast, name: str) -> None:
    """One gap: its band, what was seen, and what a leaderboard would show."""
    band = result.bands[name]
    time = band["time"].to_numpy()
    style.fan(ax, time, band, style.GAP, "gap: median, 50 % and 90 % band")
    tables = {f"{b.name}_gap": t for b, t in zip(result.inputs.card.observed, result.inputs.known_tables, strict=True)}
    if name in tables:
        _draw_observed(ax, result, name, tables[name])
    _frame(ax, result, f"{_capital(band.attrs['long_name'].split(',')[0])} ({band.attrs['units']})")
    ax.set_xlim(time[0], _last_open(time, band.sel(quantile=0.95).to_numpy()))
    ax.set_ylim(bottom=min(0.0, float(band.sel(quantile=0.05).min())))


def _draw_observed(ax: Axes, result: Forecast, name: str, table: EvidenceTable) -> None:
    """The evidence as a step line, and where a leaderboard would stand after it."""
    band, end = result.bands[f"{name}_observed"], decimal_year(table.complete_until)
    shown = band.where(band["time"] > end)
    for q, label in ((0.05, "90 % band of what a leaderboard would show"), (0.95, None)):
        ax.plot(band["time"], shown.sel(quantile=q), color=style.NEUTRAL, linestyle="--", linewidth=1.1, label=label)
    years, gaps = evidence_gap(table)
    known = years <= end
    years, gaps = years[known], gaps[known]
    ax.step([*years, end], [*gaps, gaps[-1]], where="post", color=style.SEEN, linewidth=1.2)
    seen = (
        "seen: gap of the records" if len(result.inputs.tables) > 1 else f"seen: {table.name}, to {to_date(end):%Y-%m}"
    )
    ax.plot(years, gaps, "o", color=style.SEEN, markersize=4, label=seen)


def evidence_gap(table: EvidenceTable) -> tuple[np.ndarray, np.ndarray]:
    """Best-so-far gap of a table at each date on which it changed.

    Parameters
    ----------
    table : EvidenceTable
        The evidence.

    Returns
    -------
    tuple of ndarray, shape (k,)
        Decimal years, points.
    """
    (frontier_years, frontier), (budget_years, budget) = (standing_records(table, a) for a in ("frontier", "budget"))
    years = np.union1d(frontier_years, budget_years)
    years = years[years >= max(frontier_years[0], budget_years[0])]
    standing = [
        values[np.searchsorted(dates, years, side="right") - 1]
        for dates, values in ((frontier_years, frontier), (budget_years, budget))
    ]
    return years, np.maximum(standing[0] - standing[1], 0.0)


def loss_figure(result: Forecast) -> Figure:
    """Bands of both actors' loss against time."""
    with rc_context(style.RC):
        figure = Figure(figsize=(style.WIDTH, 3.9), layout="constrained")
        ax = figure.subplots()
        for actor, colour in (("budget", style.BUDGET), ("frontier", style.FRONTIER)):
            band = result.bands[f"loss_{actor}"]
            style.fan(ax, band["time"].to_numpy(), band, colour, f"{actor}: median, 50 % and 90 % band")
        _frame(ax, result, "Loss (nats per token)")
        ax.set_title("Loss of both actors")
        if result.diagnostics.method != "point values":
            ax.annotate(
                "Both bands share their doubt about the scaling law: the gap is known better than either level.",
                (0, 0),
                xycoords="axes fraction",
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=8.5,
                color=style.NEUTRAL,
            )
        ax.legend(loc="upper right", bbox_to_anchor=(1, 0.94))
        ax.margins(x=0)
    return figure


def prior_posterior_figure(result: Forecast) -> Figure:
    """Prior and posterior of every parameter that is not known exactly."""
    belief = result.inputs.stated
    names = belief.free
    columns = 4
    rows = max(1, math.ceil(len(names) / columns))
    with rc_context({**style.RC, "font.size": 8, "axes.titlesize": 8.5, "axes.grid": False}):
        figure = Figure(figsize=(style.WIDTH, 1.45 * rows + 0.7), layout="constrained")
        if not names:
            figure.text(
                0.5, 0.5, "Every parameter is a point value: there is nothing to learn.", ha="center", fontsize=11
            )
            return figure
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        draws = result.draws.posterior
        for ax, name in zip(axes, names, strict=False):
            _draw_parameter(ax, result, name, draws[name])
        for ax in axes[len(names) :]:
            ax.set_axis_off()
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9)
        seen = "" if result.inputs.learns else " (no evidence: the posterior is the prior)"
        figure.suptitle(f"Prior and posterior{seen}", x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _draw_parameter(ax: Axes, result: Forecast, name: str, draws: np.ndarray) -> None:
    """Densities over the parameter's own scale, so that a log-normal looks normal."""
    belief = result.inputs.stated
    i = belief.index(name)
    mean, sd, scale = belief.mean[i], belief.sd[i], belief.scales[i]
    u = mean + sd * np.linspace(-3.2, 3.2, 200)
    ax.fill_between(
        u,
        np.exp(-0.5 * ((u - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)),
        color=style.NEUTRAL,
        alpha=0.35,
        linewidth=0,
        label="prior",
    )
    if result.inputs.learns:
        on_scale = np.array([scale.from_value(v) for v in draws])
        density, edges = np.histogram(on_scale, bins=np.linspace(u[0], u[-1], 49), density=True)
        ax.stairs(density, edges, color=style.BUDGET, linewidth=1.4, label="posterior")
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    _value_ticks(ax, scale, [belief.quantile(name, p) for p in (0.05, 0.5, 0.95)])
    ax.set_title(f"{name}\n[{find(name, result.inputs.card.benchmark_names).unit}]", fontweight="normal")


def _value_ticks(ax: Axes, scale: Scale, values: list[float]) -> None:
    """Ticks at the prior's 5 %, 50 % and 95 % quantiles, in values."""
    ax.set_xticks([scale.from_value(v) for v in values], [_brief(v) for v in values])


def _brief(value: float) -> str:
    """A number short enough for a tick."""
    if 1e-3 < abs(value) < 1e5:
        return f"{float(f'{value:.3g}'):g}"  # 2730, not 2.73e+03
    return f"{value:.0e}".replace("e+", "e")


def _frame(ax: Axes, result: Forecast, ylabel: str) -> None:
    """Axis labels, and today on a calendar clock."""
    calendar = result.inputs.card.clock == "calendar"
    ax.set_ylabel(ylabel)
    ax.set_xlabel("Year" if calendar else "Years since both actors spent the same")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10 if len(ax.figure.axes) == 1 else 6))
    ax.ticklabel_format(axis="x", useOffset=False)
    if calendar:
        style.mark(ax, decimal_year(result.today), "today")


def _last_open(time: np.ndarray, high: np.ndarray) -> float:
    """Date at which to end the picture of a gap."""
    still_open = np.flatnonzero(high > CLOSED_SHARE * np.max(high))
    last = int(still_open[-1]) if len(still_open) else len(time) - 1
    return float(time[min(last + 12, len(time) - 1)])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
