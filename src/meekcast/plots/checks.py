"""The picture of the predictive checks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from meekcast.checks import PredictiveCheck
from meekcast.plots import style

KINDS = {
    "frontier": ((1.0, 0.0), style.FRONTIER),
    "budget": ((0.0, 1.0), style.BUDGET),
    "gap": ((1.0, -1.0), style.GAP),
}


def write_checks(checks: tuple[PredictiveCheck, ...], folder: Path) -> Path:
    """Write predictive_check.png: each record seen against what the model would have shown."""
    file = folder / "predictive_check.png"
    style.save(check_figure(checks), file)
    return file


def check_figure(checks: tuple[PredictiveCheck, ...]) -> Figure:
    """One panel a check: intervals of the replicates, and the records seen."""
    with rc_context(style.RC):
        rows = (len(checks) + 1) // 2
        figure = Figure(figsize=(style.WIDTH, 3.3 * rows), layout="constrained")
        axes = figure.subplots(rows, 2, squeeze=False, sharey="row").ravel()
        for ax, check in zip(axes, checks, strict=True):
            years = np.array([o.year for o in check.rows])
            low, q1, q3, high = np.quantile(check.replicates, (0.05, 0.25, 0.75, 0.95), axis=0)
            for kind, (weights, colour) in KINDS.items():
                at = np.array([(o.frontier, o.budget) == weights for o in check.rows])
                if at.any():
                    ax.vlines(years[at], low[at], high[at], color=colour, linewidth=1.2)
                    ax.vlines(years[at], q1[at], q3[at], color=colour, linewidth=4, alpha=0.6)
                    seen = [o.value for o, here in zip(check.rows, at, strict=True) if here]
                    ax.plot(years[at], seen, "o", color=style.SEEN, markerfacecolor=colour, markersize=5, label=kind)
            ax.set_title(f"{check.kind.capitalize()}: {check.inside(0.9):.0%} of the records in 90 %")
            ax.set_xlabel("Year")
            ax.ticklabel_format(axis="x", useOffset=False)
            ax.set_ylabel(f"{check.benchmark.name} (points)")
        axes[-1].legend(loc="lower right", title="record seen of")
    return figure
