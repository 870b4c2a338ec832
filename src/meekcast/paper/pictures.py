"""What a picture shows, as plain data: drawn by `meekcast.plots.paper`, written as a table beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meekcast.equations.types import Array

type Colour = str | float
"""A role (frontier, budget, gap, neutral, seen, other), or a position between 0 and 1 in an ordered series."""


@dataclass(frozen=True, eq=False)
class Line:
    """A curve with its name, and a 90 % band if it is uncertain.

    Parameters
    ----------
    label : str
        In the legend; empty for none.
    x, y : ndarray, shape (n,)
        The curve.
    colour : str or float
        A role, or a position in an ordered series.
    band : tuple of ndarray, optional
        Lower and upper end.
    style : {"-", "--", ":", "step", "o", "peak"}
        Dashes, steps after each date, points, or marks of a peak.
    """

    label: str
    x: Array
    y: Array
    colour: Colour
    band: tuple[Array, Array] | None = None
    style: str = "-"


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes.

    Parameters
    ----------
    title, x, y : str
        What it shows, and what the axes are, with units.
    lines : tuple of Line
        Curves and points.
    levels : tuple of (float, str)
        Named horizontal lines.
    span : tuple of float, optional
        Highlighted range on the y axis.
    log : str
        Which axes are logarithmic: "", "x", "y" or "xy".
    limits : tuple of float, optional
        Range of the y axis.
    zero : bool
        Whether to start the y axis at zero.
    legend : str
        Where; empty for none.
    ticks : tuple of float
        On a logarithmic x axis, instead of the decades.
    level_side : {"right", "left", "outside"}
        Where the names of the levels stand.
    calendar : bool
        Whether the x axis holds decimal years.
    """

    title: str
    x: str
    y: str
    lines: tuple[Line, ...]
    levels: tuple[tuple[float, str], ...] = ()
    span: tuple[float, float] | None = None
    log: str = ""
    limits: tuple[float, float] | None = None
    zero: bool = False
    legend: str = "best"
    ticks: tuple[float, ...] = ()
    level_side: str = "right"
    calendar: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure: a file name without its ending, a title, panels, and a line below."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    caption: str = ""
    columns: int = 2

    def table(self) -> Iterator[tuple[str, ...]]:
        """Every point of the picture as rows of text, the heading first."""
        yield ("panel", "series", "x", "y", "y_05", "y_95")
        for panel in self.panels:
            for line in panel.lines:
                low, high = line.band or (None, None)
                for i, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
                    ends = [f"{end[i]:.8g}" if end is not None else "" for end in (low, high)]
                    yield (panel.title, line.label, f"{x:.8g}", f"{y:.8g}", *ends)
