"""Draw the pictures of `meekcast.paper`: data come ready, nothing is computed here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter

from meekcast.paper.pictures import Colour, Line, Panel, Picture
from meekcast.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROLES = {
    "frontier": style.FRONTIER,
    "budget": style.BUDGET,
    "gap": style.GAP,
    "neutral": style.NEUTRAL,
    "seen": style.SEEN,
    "other": "#CC79A7",
}
SERIES = "viridis"
LIGHTEST = 0.88  # of the series: what is lighter is lost on white
MARKERS = {"o": "o", "peak": "v"}


def write_picture(picture: Picture, folder: Path) -> Path:
    """Write a picture as a PNG under its own name."""
    file = folder / f"{picture.name}.png"
    style.save(paper_figure(picture), file)
    return file


def paper_figure(picture: Picture) -> Figure:
    """All panels of a picture, with its title above and its caption below."""
    columns = min(picture.columns, len(picture.panels))
    rows = math.ceil(len(picture.panels) / columns)
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 3.5 * rows + 0.55), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, panel in zip(axes, picture.panels, strict=True):
            _draw(ax, panel)
        style.heading(figure, picture.title)
        if picture.caption:
            figure.supxlabel(picture.caption, x=0.01, ha="left", fontsize=8.5, color=style.NEUTRAL)
    return figure


def _draw(ax: Axes, panel: Panel) -> None:
    for line in panel.lines:
        _line(ax, line)
    if panel.span:
        ax.axhspan(*panel.span, color="#F0E442", alpha=0.35, linewidth=0)
    _scales(ax, panel)
    for y, name in panel.levels:
        _level(ax, y, name, panel.level_side)
    ax.set_title(panel.title, fontsize=10, fontweight="normal")
    ax.set_xlabel(panel.x)
    ax.set_ylabel(panel.y)
    if panel.legend:
        ax.legend(
            loc=panel.legend,  # type: ignore[call-overload]
            fontsize=8,
            handlelength=1.6,
        )


def _scales(ax: Axes, panel: Panel) -> None:
    """Linear or logarithmic axes and their ranges."""
    if "y" in panel.log:
        style.log_scale(ax, "y")
        ax.yaxis.set_major_locator(LogLocator(numticks=8))
    if "x" in panel.log:
        style.log_scale(ax, "x")
        ax.xaxis.set_major_locator(FixedLocator(panel.ticks) if panel.ticks else LogLocator(numticks=8))
        ax.xaxis.set_minor_formatter(NullFormatter())
    elif panel.calendar:
        style.time_axis(ax.xaxis, True, 5)
        ax.margins(x=0.02)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 5, 10]))
        ax.ticklabel_format(axis="x", useOffset=False)
        ax.margins(x=0.02)
    if panel.zero:
        ax.set_ylim(bottom=0)
    if panel.limits:
        ax.set_ylim(*panel.limits)


def _line(ax: Axes, line: Line) -> None:
    colour = _colour(line.colour)
    if line.band:
        ax.fill_between(line.x, *line.band, color=colour, alpha=0.18, linewidth=0)
    label = line.label or "_nolegend_"
    if line.style in MARKERS:
        ax.plot(line.x, line.y, MARKERS[line.style], color=colour, markersize=5.5, label=label, zorder=3)
    elif line.style == "step":
        ax.step(line.x, line.y, where="post", color=colour, linewidth=1.8, label=label)
    else:
        ax.plot(line.x, line.y, line.style, color=colour, linewidth=1.8, label=label)


def _colour(colour: Colour) -> str | tuple[float, float, float, float]:
    """A role's colour, or one along the ordered series."""
    return ROLES[colour] if isinstance(colour, str) else colormaps[SERIES](LIGHTEST * colour)


def _level(ax: Axes, y: float, name: str, side: str) -> None:
    """A dotted line across, named above one of its ends, or beside the axes where curves leave no room."""
    ax.add_line(Line2D([0, 1], [y, y], transform=ax.get_yaxis_transform(), color=style.SEEN, linewidth=0.9, ls=":"))
    if not name:
        return
    x, align, offset, vertical = {
        "left": (0.0, "left", (3, 2), "bottom"),
        "right": (1.0, "right", (-2, 2), "bottom"),
        "outside": (1.0, "left", (3, 0), "center"),
    }[side]
    note = ax.annotate(name, (x, y), offset, xycoords=ax.get_yaxis_transform(), textcoords="offset points")
    note.set(ha=align, va=vertical, fontsize=8, color=style.SEEN)
    note.set_bbox({"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.5})
