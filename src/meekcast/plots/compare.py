"""Pictures that compare: several cards' events, two sets of priors."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from meekcast.clock import decimal_year
from meekcast.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.beliefs.belief import Belief

type Shown = Mapping[str, Any]
"""A document of a forecast, or one like it: card, clock, horizon, today, events with name and quantiles."""

COLOURS = (style.BUDGET, style.FRONTIER, style.GAP, "#CC79A7", "#E69F00", "#56B4E9", style.NEUTRAL)
TAIL = 1e-3
LABEL_WIDTH = 36  # characters


def write_comparison(documents: Sequence[Shown], folder: Path, name: str = "compare.png") -> Path:
    """Write the picture of a comparison; answers to questions may stand for cards."""
    file = folder / name
    style.save(comparison_figure(documents), file)
    return file


def comparison_figure(documents: Sequence[Shown]) -> Figure:
    """Dates of every event under every card that asks it: median, 50 % and 90 % interval.

    Parameters
    ----------
    documents : list of dict
        Summaries of the cards; the date of asking is marked on a calendar clock.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a clock; an arrow where an interval passes the horizon.
    """
    clocks = sorted({document["clock"] for document in documents}, reverse=True)
    rows = {clock: _rows(documents, clock) for clock in clocks}
    with style.look({"axes.grid.axis": "x"}):
        lines = max(wrapped(document["card"]).count("\n") for document in documents) + 1
        height = 0.9 * len(clocks) + (0.18 + 0.08 * lines) * sum(len(r) for r in rows.values())
        figure = Figure(figsize=(style.WIDTH, height), layout="constrained")
        ratios = [len(rows[clock]) + 2 for clock in clocks]
        axes = figure.subplots(len(clocks), 1, squeeze=False, height_ratios=ratios)
        for ax, clock in zip(axes[:, 0], clocks, strict=True):
            _draw_rows(ax, rows[clock], [_label(d) for d in documents])
            ax.set_xlabel("Year" if clock == "calendar" else "Years since both actors spent the same")
            style.time_axis(ax.xaxis, clock == "calendar")
            if clock == "calendar":
                today = decimal_year(dt.date.fromisoformat(documents[0]["today"]))
                style.mark_today(ax, today)
                ax.set_xlim(left=min(ax.get_xlim()[0], today - 0.2))
                figure.legend(*ax.get_legend_handles_labels(), loc="outside lower right")
        style.heading(figure, "When: median, 50 % and 90 % interval; arrow: not by the horizon")
    return figure


def _rows(documents: Sequence[Shown], clock: str) -> list[tuple[str, Shown | None, Shown | None]]:
    """Lines of a panel: an event's name, then each card's answer."""
    here = [document for document in documents if document["clock"] == clock]
    rows: list[tuple[str, Shown | None, Shown | None]] = []
    for name in dict.fromkeys(event["name"] for document in here for event in document["events"]):
        rows.append((name, None, None))
        rows += [(_label(d), d, event) for d in here for event in d["events"] if event["name"] == name]
    return rows


def _label(document: Shown) -> str:
    """What to call a forecast: its card, unless several forecasts of one card were given names."""
    return str(document.get("label", document["card"]))


def wrapped(name: str) -> str:
    """A name on as many lines as leave room for the picture."""
    return style.words(name, LABEL_WIDTH)


def _draw_rows(ax: Axes, rows: list[Any], labels: list[str]) -> None:
    calendar = next(d["clock"] for _, d, _ in rows if d) == "calendar"
    horizon = max(d["horizon"] + calendar for _, d, _ in rows if d)
    for y, (_, document, event) in enumerate(rows):
        if document is None or event is None:
            continue
        colour = COLOURS[labels.index(_label(document)) % len(COLOURS)]
        q = {p: min(float(v), horizon) for p, v in event["quantiles"].items()}
        ax.plot([q["0.05"], q["0.95"]], [y, y], color=colour, linewidth=1.4)
        ax.plot([q["0.25"], q["0.75"]], [y, y], color=colour, linewidth=5, alpha=0.6, solid_capstyle="butt")
        if math.isinf(float(event["quantiles"]["0.95"])):
            ax.plot([horizon], [y], marker=">", color=colour, markersize=6, clip_on=False)
        if not math.isinf(float(event["quantiles"]["0.5"])):
            ax.plot([q["0.5"]], [y], "o", color=style.SEEN, markerfacecolor=colour, markersize=5)
    ax.set_yticks(range(len(rows)), [wrapped(label) if d else "" for label, d, _ in rows], fontsize=8.5)
    for y, (label, document, _) in enumerate(rows):
        if document is None:
            heading = ax.text(0, y, style.words(label, 60, 1), transform=ax.get_yaxis_transform())
            heading.set(va="center", fontsize=9, fontweight="bold", in_layout=False)
            heading.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    ax.set_ylim(len(rows) - 0.4, -0.8)
    dates = [float(v) for _, _, event in rows if event for v in event["quantiles"].values()]
    first = min((v for v in dates if math.isfinite(v)), default=horizon - 1)
    ax.set_xlim(first - 0.03 * (horizon - first) if calendar else 0.0, horizon)  # an elapsed clock starts at 0
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


def write_priors(
    first: tuple[str, Belief], second: tuple[str, Belief], units: dict[str, str], folder: Path
) -> list[Path]:
    """Write one picture for each parameter that both sets know."""
    shared = sorted(set(first[1].names) & set(second[1].names))
    files = []
    for name in shared:
        files.append(folder / f"{name}.png")
        style.save(prior_figure(name, units[name], first, second), files[-1])
    return files


def prior_figure(name: str, unit: str, first: tuple[str, Belief], second: tuple[str, Belief]) -> Figure:
    """Densities of one parameter under two sets; a known value is a line.

    Parameters
    ----------
    name, unit : str
        The parameter.
    first, second : tuple of str and Belief
        Name of the set, and what it believes.

    Returns
    -------
    matplotlib.figure.Figure
        The picture.
    """
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 3.0), layout="constrained")
        ax = figure.subplots()
        for (label, belief), colour, dashes in ((first, style.BUDGET, "-"), (second, style.FRONTIER, "--")):
            _draw_density(ax, name, label, belief, colour, dashes)
        ax.set_yticks([])
        ax.set_ylim(bottom=0)
        ax.set_ylabel("Density, each to its peak")
        ax.set_xlabel(f"{name} ({unit})")
        ax.set_title(f"Prior of {name}")
        figure.legend(loc="outside lower center", ncols=2)
        ends = [(belief.quantile(name, 0.01), belief.quantile(name, 0.99)) for _, belief in (first, second)]
        if all(low > 0 for low, _ in ends) and any(high > 20 * low for low, high in ends):
            style.log_scale(ax, "x")
    return figure


def _draw_density(ax: Axes, name: str, label: str, belief: Belief, colour: str, dashes: str) -> None:
    i = belief.index(name)
    label = style.words(label, 40, 1)
    median, low, high = (style.brief(belief.quantile(name, p)) for p in (0.5, 0.05, 0.95))
    if belief.sd[i] == 0:
        ax.axvline(belief.quantile(name, 0.5), color=colour, linestyle=dashes, label=f"{label}: {median}")
        return
    edge = NormalDist().inv_cdf(1 - TAIL)
    u = belief.mean[i] + belief.sd[i] * np.linspace(-edge, edge, 400)
    values = np.asarray(belief.scales[i].to_value(u))
    density = np.exp(-0.5 * ((u - belief.mean[i]) / belief.sd[i]) ** 2) * np.gradient(u, values)
    ax.fill_between(values, density / density.max(), color=colour, alpha=0.25, linewidth=0)
    named = f"{label}: {median} [{low}, {high}] 90 %"
    ax.plot(values, density / density.max(), color=colour, linestyle=dashes, label=named)
