"""Prior and posterior of every parameter: panels in one pair of axes, because dozens of axes take long to draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from meekcast.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.plots.forecast import Drawn

COLUMNS, ROW = 4, 1.45
HEAD, FOOT = 0.3, 0.36
LEFT, WORDS, PEAK, BASE, TICK, LABEL = 0.04, 0.27, 0.35, 1.16, 0.05, 0.18
"""Inches: height of a row, room for heading and legend; in a cell its edge, title, peak, base; below, ticks, labels."""
TITLE, CHARACTERS = 8.5, 23
"""Size of a title, and how many characters are as wide as a panel; what is longer is written smaller."""
TICK_ROOM = 0.21
"""Share of a panel's width that the label of a tick takes."""
REACH, POINTS, BINS, MARGIN = 3.2, 200, 48, 0.05
"""Prior SD that are shown, points of its curve, bins of the posterior, share of the range that is left on each side."""


class Panel(NamedTuple):
    """Densities of one parameter on the scale on which its prior is normal, so that a log-normal looks normal."""

    name: str
    unit: str
    u: np.ndarray  # shape (m,)
    prior: np.ndarray  # shape (m,), density
    edges: np.ndarray  # shape (k + 1,), of the bins of the posterior
    posterior: np.ndarray | None  # shape (k,), density; None without evidence
    ticks: dict[float, str]  # place on the scale, and value


def parameter_panels(result: Drawn) -> list[Panel]:
    """Densities of every parameter that is not known exactly.

    Parameters
    ----------
    result : Forecast
        The forecast.

    Returns
    -------
    list of Panel
        In the order of the belief.
    """
    free, draws = result.inputs.stated.free, result.draws.posterior
    return [_panel(result, name, draws[name] if result.inputs.learns else None) for name in free]


def _panel(result: Drawn, name: str, draws: np.ndarray | None) -> Panel:
    belief = result.inputs.stated
    i = belief.index(name)
    mean, sd, scale = belief.mean[i], belief.sd[i], belief.scales[i]
    low, high = mean - REACH * sd, mean + REACH * sd
    if draws is not None:  # a posterior may leave the prior behind
        low, high = min(low, scale.from_value(draws.min())), max(high, scale.from_value(draws.max()))
    u, edges = np.linspace(low, high, POINTS), np.linspace(low, high, BINS + 1)
    posterior = None
    if draws is not None:
        bins = np.searchsorted(np.asarray(scale.to_value(edges[1:-1])), draws)
        posterior = np.bincount(bins, minlength=BINS) / (len(draws) * (edges[1] - edges[0]))
    quantiles = [belief.quantile(name, p) for p in (0.05, 0.5, 0.95)]
    places = [scale.from_value(value) for value in quantiles]
    if min(np.diff(places)) < TICK_ROOM * (1 + 2 * MARGIN) * (high - low):  # no room for the middle one
        places, quantiles = places[::2], quantiles[::2]
    ticks = {place: style.brief(value) for place, value in zip(places, quantiles, strict=True)}
    prior = np.exp(-0.5 * ((u - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
    return Panel(name, result.inputs.card.parameter(name).unit, u, prior, edges, posterior, ticks)


def prior_posterior_figure(result: Drawn) -> Figure:
    """Prior and posterior of every parameter that is not known exactly."""
    panels = parameter_panels(result)
    height = HEAD + ROW * max(1, math.ceil(len(panels) / COLUMNS)) + FOOT
    with style.look({"font.size": 8}):
        figure = Figure(figsize=(style.WIDTH, height))
        if not panels:
            figure.text(
                0.5, 0.5, "Every parameter is a point value: there is nothing to learn.", ha="center", fontsize=11
            )
            return figure
        ax = figure.add_axes((0, 0, 1, 1), xlim=(0, style.WIDTH), ylim=(height, 0))  # inches from the upper left corner
        ax.set_axis_off()
        _draw(ax, panels)
        figure.legend(*ax.get_legend_handles_labels(), loc="lower center", ncols=2, fontsize=9)
        seen = "" if result.inputs.learns else " (no evidence: the posterior is the prior)"
        style.heading(figure, f"Prior and posterior{seen}", y=1 - LEFT / height)
    return figure


class Cell:
    """Where a panel lies: inches of its scale and its densities.

    Parameters
    ----------
    panel : Panel
        What is drawn.
    row, column : int
        Of its place.
    """

    def __init__(self, panel: Panel, row: int, column: int) -> None:
        self.left, self.top = style.WIDTH / COLUMNS * column + LEFT, HEAD + ROW * row
        self.right, self.base = self.left + style.WIDTH / COLUMNS - 2 * LEFT, self.top + BASE
        self._low, self._high = panel.u[0], panel.u[-1]
        known = panel.prior if panel.posterior is None else [*panel.prior, *panel.posterior]
        self._peak = max(known)

    def x(self, u: Any) -> Any:
        """Of places on the scale."""
        share = (u - self._low) / (self._high - self._low)
        return self.left + (self.right - self.left) * (share + MARGIN) / (1 + 2 * MARGIN)

    def curve(self, u: np.ndarray, density: np.ndarray) -> np.ndarray:
        """Points of a curve that starts and ends at the base, shape (m + 2, 2)."""
        height = np.concatenate([[0], density, [0]]) / self._peak
        return np.column_stack([self.x(np.concatenate([u[:1], u, u[-1:]])), self.base - (BASE - PEAK) * height])


def _draw(ax: Axes, panels: Sequence[Panel]) -> None:
    """All curves of a kind are one artist; texts stand one by one."""
    priors, posteriors, frames = [], [], []
    for i, panel in enumerate(panels):
        cell = Cell(panel, *divmod(i, COLUMNS))
        priors.append(cell.curve(panel.u, panel.prior))
        if panel.posterior is not None:
            posteriors.append(cell.curve(np.repeat(panel.edges, 2)[1:-1], np.repeat(panel.posterior, 2)))
        frames.append([(cell.left, cell.base), (cell.right, cell.base)])
        title = f"{panel.name}\n[{panel.unit}]"
        size = TITLE * min(1, CHARACTERS / max(map(len, title.split("\n"))))
        ax.text(cell.left, cell.top + WORDS, title, fontsize=size)
        for place, label in panel.ticks.items():
            x = cell.x(place)
            frames.append([(x, cell.base), (x, cell.base + TICK)])
            ax.text(x, cell.base + LABEL, label, ha="center")
    ax.add_collection(PolyCollection(priors, color=style.NEUTRAL, alpha=0.35, linewidth=0, label="prior"))
    if posteriors:
        lines = LineCollection(posteriors, color=style.BUDGET, linewidth=1.4, joinstyle="miter", label="posterior")
        ax.add_collection(lines)
    ax.add_collection(LineCollection(frames, color=style.SEEN, linewidth=0.8))
