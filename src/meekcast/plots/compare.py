"""Pictures that compare: several cards' events, two sets of priors."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from meekcast.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.beliefs.belief import Belief

COLOURS = (style.BUDGET, style.FRONTIER, style.GAP, "#CC79A7", "#E69F00", "#56B4E9", style.NEUTRAL)
TAIL = 1e-3
LABEL_WIDTH = 36  # characters


def write_comparison(
    documents: list[dict[str, Any]], folder: Path, name: str = "compare.png", today: float | None = None
) -> Path:
    """Write the picture of a comparison; answers to questions may stand for cards."""
    file = folder / name
    style.save(comparison_figure(documents, today), file)
    return file


def comparison_figure(documents: list[dict[str, Any]], today: float | None = None) -> Figure:
    """Dates of every event under every card that asks it: median, 50 % and 90 % interval.

    Parameters
    ----------
    documents : list of dict
        Summaries of the cards.
    today : float, optional
        Marked on a calendar clock, in decimal years.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a clock; an arrow where an interval passes the horizon.
    """
    clocks = sorted({document["clock"] for document in documents}, reverse=True)
    rows = {clock: _rows(documents, clock) for clock in clocks}
    with rc_context({**style.RC, "axes.grid.axis": "x"}):
        lines = max(wrapped(document["card"]).count("\n") for document in documents) + 1
        height = 0.9 * len(clocks) + (0.18 + 0.08 * lines) * sum(len(r) for r in rows.values())
        figure = Figure(figsize=(style.WIDTH, height), layout="constrained")
        ratios = [len(rows[clock]) + 2 for clock in clocks]
        axes = figure.subplots(len(clocks), 1, squeeze=False, height_ratios=ratios)
        for ax, clock in zip(axes[:, 0], clocks, strict=True):
            _draw_rows(ax, rows[clock], [_label(d) for d in documents])
            ax.set_xlabel("Year" if clock == "calendar" else "Years since both actors spent the same")
            if today is not None and clock == "calendar":
                style.mark(ax, today, "today")
        axes[0, 0].set_title("When: median, 50 % and 90 % interval")
    return figure


def _rows(
    documents: list[dict[str, Any]], clock: str
) -> list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]:
    """Lines of a panel: an event's name, then each card's answer."""
    here = [document for document in documents if document["clock"] == clock]
    rows: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]] = []
    for name in dict.fromkeys(event["name"] for document in here for event in document["events"]):
        rows.append((name, None, None))
        rows += [(_label(d), d, event) for d in here for event in d["events"] if event["name"] == name]
    return rows


def _label(document: dict[str, Any]) -> str:
    """What to call a forecast: its card, unless several forecasts of one card were given names."""
    return str(document.get("label", document["card"]))


def wrapped(name: str) -> str:
    """A name on as many lines as leave room for the picture."""
    return textwrap.fill(name, LABEL_WIDTH)


def _draw_rows(ax: Axes, rows: list[Any], labels: list[str]) -> None:
    horizon = max(d["horizon"] + (d["clock"] == "calendar") for _, d, _ in rows if d)
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
            heading = ax.text(0, y, label, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
            heading.set(fontweight="bold", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    ax.set_ylim(len(rows) - 0.4, -0.8)
    ax.set_xlim(right=horizon)
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
    with rc_context(style.RC):
        figure = Figure(figsize=(style.WIDTH, 2.8), layout="constrained")
        ax = figure.subplots()
        for (label, belief), colour in ((first, style.BUDGET), (second, style.FRONTIER)):
            _draw_density(ax, name, label, belief, colour)
        ax.set_yticks([])
        ax.set_xlabel(f"{name} ({unit})")
        ax.set_title(f"Prior of {name}")
        ax.legend(loc="upper right")
        if all(belief.quantile(name, 0.99) > 20 * abs(belief.quantile(name, 0.01)) for _, belief in (first, second)):
            ax.set_xscale("log")
    return figure


def _draw_density(ax: Axes, name: str, label: str, belief: Belief, colour: str) -> None:
    i = belief.index(name)
    median, low, high = (belief.quantile(name, p) for p in (0.5, 0.05, 0.95))
    if belief.sd[i] == 0:
        ax.axvline(median, color=colour, linewidth=1.8, label=f"{label}: {median:.4g}")
        return
    edge = NormalDist().inv_cdf(1 - TAIL)
    u = belief.mean[i] + belief.sd[i] * np.linspace(-edge, edge, 400)
    values = np.asarray(belief.scales[i].to_value(u))
    density = np.exp(-0.5 * ((u - belief.mean[i]) / belief.sd[i]) ** 2) * np.gradient(u, values)
    ax.fill_between(values, density / density.max(), color=colour, alpha=0.25, linewidth=0)
    ax.plot(values, density / density.max(), color=colour, label=f"{label}: {median:.4g} [{low:.4g}, {high:.4g}] 90 %")
