"""The picture of an elicited prior: what was stated, and what the families say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from meekcast.plots import style

if TYPE_CHECKING:
    from meekcast.beliefs.elicitation import Fit
    from meekcast.vocabulary.parameters import Parameter

COLOURS = (style.BUDGET, style.FRONTIER, style.GAP)


def write_elicited(parameter: Parameter, fits: list[Fit], file: Path) -> None:
    """Write the picture."""
    style.save(elicited_figure(parameter, fits), file)


def elicited_figure(parameter: Parameter, fits: list[Fit]) -> Figure:
    """Cumulative probability of each family, with the stated quantiles as points.

    Parameters
    ----------
    parameter : Parameter
        The parameter.
    fits : list of Fit
        The one that is taken first.

    Returns
    -------
    matplotlib.figure.Figure
        The picture.
    """
    asked = fits[0].asked
    low, high = min(f.prior.quantile(0.002) for f in fits), max(f.prior.quantile(0.998) for f in fits)
    at = np.linspace(low, high, 400)
    with style.look({"axes.grid.axis": "both"}):
        figure = Figure(figsize=(style.WIDTH, 3.6), layout="constrained")
        ax = figure.subplots()
        for i, fit in enumerate(fits):
            label = fit.prior.text + (" (taken)" if i == 0 else "")
            cumulative = [fit.prior.probability_below(float(x)) for x in at]
            ax.plot(at, cumulative, color=COLOURS[i], linewidth=1.8 if i == 0 else 1.1, label=label)
        ax.plot(list(asked.values()), list(asked), "o", color=style.SEEN, markersize=6, label="stated")
        ax.set_ylim(0, 1)
        style.percent_axis(ax.yaxis)
        ax.set_xlabel(f"{parameter.name} ({parameter.unit})")
        ax.set_ylabel("Probability below")
        ax.set_title(f"Elicited prior of {parameter.name}")
        figure.legend(loc="outside lower center", ncols=2)
        ax.margins(x=0)
    return figure
