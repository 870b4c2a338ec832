"""The picture of the predictive checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from meekcast.forecasts.checks import PredictiveCheck
from meekcast.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.observations import Observation

KINDS = {
    "record seen, frontier": style.FRONTIER,
    "record seen, followers": style.BUDGET,
    "gap seen": style.GAP,
}


def write_checks(checks: Sequence[PredictiveCheck], folder: Path) -> Path:
    """Write predictive_check.png: each record seen against what the model would have shown."""
    file = folder / "predictive_check.png"
    style.save(check_figure(checks), file)
    return file


def check_figure(checks: Sequence[PredictiveCheck]) -> Figure:
    """Intervals of the replicates and the records seen: a row a benchmark, prior beside posterior."""
    names = list(dict.fromkeys(check.benchmark.name for check in checks))
    kinds = list(dict.fromkeys(check.kind for check in checks))
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 1.2 + 2.2 * len(names)), layout="constrained")
        axes = figure.subplots(len(names), len(kinds), squeeze=False, sharey="row", sharex=True)
        for check in checks:
            _draw(axes[names.index(check.benchmark.name), kinds.index(check.kind)], check)
        for row, name in zip(axes, names, strict=True):
            entry = next(check.benchmark for check in checks if check.benchmark.name == name)
            row[0].set_ylabel(f"{style.words(entry.title, 26, 2)}\n({entry.unit})")
            if entry.unit == "points":  # replicates of a score may pass what a board can show
                row[0].set_ylim(max(0.0, row[0].get_ylim()[0]), min(100.0, row[0].get_ylim()[1]))
        for ax in axes[-1]:
            ax.set_xlabel("Year")
        style.heading(figure, "Records seen, and what the card would have shown")
        _legend(figure, checks)
    return figure


def _draw(ax: Axes, check: PredictiveCheck) -> None:
    """One panel: at the date of each record its intervals, and what was seen."""
    years = np.array([o.year for o in check.rows])
    low, q1, q3, high = np.quantile(check.replicates, (0.05, 0.25, 0.75, 0.95), axis=0)
    for kind, colour in KINDS.items():
        at = np.array([_kind(o) == kind for o in check.rows])
        if at.any():
            ax.vlines(years[at], low[at], high[at], color=colour, linewidth=1.2, alpha=0.8)
            ax.vlines(years[at], q1[at], q3[at], color=colour, linewidth=4, alpha=0.45)
            seen = [o.value for o, here in zip(check.rows, at, strict=True) if here]
            ax.plot(
                years[at],
                seen,
                "o",
                color=style.SEEN,
                markerfacecolor=colour,
                markersize=3.8,
                markeredgewidth=0.7,
                clip_on=False,
                zorder=3,
            )
    inside = f"{100 * check.inside(0.9):.0f} % of {len(check.rows)} records in 90 % bars"
    ax.set_title(f"{check.kind.capitalize()}: {inside}", fontsize=9, fontweight="normal")
    style.time_axis(ax.xaxis, True, 6)


def _kind(observation: Observation) -> str:
    """What a datum is about."""
    if min(observation.weights) < 0:
        return "gap seen"
    return "record seen, frontier" if observation.weights[0] else "record seen, followers"


def _legend(figure: Figure, checks: Sequence[PredictiveCheck]) -> None:
    shown = {_kind(o) for check in checks for o in check.rows}
    handles = [
        Line2D([], [], color=style.SEEN, marker="o", markerfacecolor=colour, markersize=5, linestyle="", label=label)
        for label, colour in KINDS.items()
        if label in shown
    ]
    handles += [
        Line2D([], [], color=style.NEUTRAL, linewidth=4, alpha=0.6, label="50 % bar of replicates"),
        Line2D([], [], color=style.NEUTRAL, linewidth=1.2, label="90 % bar"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
