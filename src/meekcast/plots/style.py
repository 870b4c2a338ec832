"""How every picture looks: sizes for half a page, colours that the colour-blind tell apart."""

from __future__ import annotations

import datetime as dt
import io
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

import numpy as np
from matplotlib import style as matplotlib_style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator
from PIL import Image

from meekcast import files
from meekcast.clock import decimal_year, to_date

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

# Okabe and Ito's palette
FRONTIER, BUDGET, GAP, NEUTRAL, SEEN = "#D55E00", "#0072B2", "#009E73", "#767676", "#000000"
COVERED = "#F1F1F1"  # the time that evidence covers

POINTS: dict[str, Any] = {"marker": "o", "markeredgecolor": "white", "markeredgewidth": 0.5}
"""What was seen: points that stay apart where they lie close, and are told from a band of any colour."""

WIDTH = 6.9  # inches: a text column
FILE_DPI, NOTEBOOK_DPI, NOTEBOOK_COLOURS = 200, 100, 128
HIGHEST = 2**16 - 1  # pixels that Agg can draw
COMPRESSION = 3  # of a PNG: a tenth larger than by 6 for half the time
RC: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.markersize": 3.4,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.parse_math": False,  # a dollar in a title is a dollar
    "text.hinting": "none",  # glyphs of 200 dpi need none, and it takes a third of the time to draw a text
}
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120, 240, 600, 1200)
"""Months between the ticks of a calendar axis."""


@contextmanager
def look(changes: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Draw as meekcast draws, whatever a user's matplotlibrc or another library says.

    Parameters
    ----------
    changes : mapping of str to object, optional
        Settings of one picture, such as ``{"axes.grid.axis": "x"}``.
    """
    with matplotlib_style.context(["default", {**RC, **(changes or {})}]):
        yield


def words(text: str, width: int = 80, lines: int = 3) -> str:
    r"""A user's text as a picture can hold it: no control characters, wrapped, cut where it is endless.

    Parameters
    ----------
    text : str
        A title or a name.
    width, lines : int
        Characters a line, and how many lines at most.

    Returns
    -------
    str
        The text, with line breaks.

    Examples
    --------
    >>> words("a gap of\x00 5 points", 10)
    'a gap of 5\npoints'
    >>> words("x" * 300, 10, 2)
    'xxxxxxxxxx\nxxxxxxxxx…'
    """
    printable = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", text[: 2 * width * lines])
    kept = textwrap.wrap(" ".join(printable.split()), width)
    if len(kept) > lines or len(text) > 2 * width * lines:
        kept = kept[:lines]
        kept[-1] = kept[-1][: width - 1] + "…"
    return "\n".join(kept)


def heading(figure: Figure, text: str, **changes: Any) -> None:
    """Title of a whole figure, at its left edge."""
    figure.suptitle(text, **({"x": 0.01, "ha": "left", "fontsize": 11, "fontweight": "bold"} | changes))


class CalendarLocator(Locator):
    """Ticks at the starts of years, or of months where the axis is short.

    Parameters
    ----------
    most : int
        Number of ticks at most.
    """

    def __init__(self, most: int = 8) -> None:
        self.most = most

    def limits(self) -> tuple[float, float]:
        """Ends of the axis, in order."""
        assert self.axis is not None
        low, high = sorted(self.axis.get_view_interval())
        return low, high

    def step(self) -> int:
        """Months from tick to tick, from the limits of the axis."""
        low, high = self.limits()
        return next((s for s in STEPS if 12 * (high - low) / s <= self.most - 1), STEPS[-1])

    @override
    def __call__(self) -> list[float]:
        """Ticks within the limits of the axis."""
        return self.tick_values(*self.limits())

    @override
    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Ticks within limits."""
        step = self.step()
        months = np.arange(np.ceil(12 * vmin / step - 1) * step, 12 * vmax + step, step).astype(int)
        ticks = [decimal_year(dt.date(month // 12, month % 12 + 1, 1)) for month in months if 12 <= month < 119988]
        return [tick for tick in ticks if vmin - 1e-9 <= tick <= vmax + 1e-9]


def calendar_tick(locator: CalendarLocator, value: float) -> str:
    """Label of a tick: the year, or year and month where the axis is short."""
    return f"{value:.0f}" if locator.step() >= 12 else f"{to_date(value + 1e-6):%Y-%m}"


def time_axis(axis: Axis, calendar: bool, most: int = 8) -> None:
    """Ticks of an axis in the clock of a card: calendar dates, or whole years.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Which.
    calendar : bool
        Whether its values are decimal years.
    most : int
        Number of ticks at most.
    """
    if calendar:
        locator = CalendarLocator(most)
        axis.set_major_locator(locator)
        axis.set_major_formatter(FuncFormatter(lambda value, _: calendar_tick(locator, value)))
    else:
        axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]))


def power_of_ten(value: float, _: object = None) -> str:
    """Tick of a logarithmic axis.

    Examples
    --------
    >>> power_of_ten(0.01), power_of_ten(2000.0), power_of_ten(1e25)
    ('0.01', '2,000', '10²⁵')
    """
    if 1e-3 <= value < 1e6:
        return f"{value:,.0f}" if value >= 1 else f"{value:g}"
    digits, exponent = f"{value:.0e}".split("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return power if digits == "1" else f"{digits}·{power}"


def brief(value: float) -> str:
    """A number short enough for a tick or a legend.

    Examples
    --------
    >>> brief(2732.4), brief(1.8e25), brief(0.0)
    ('2730', '2e25', '0')
    """
    if value == 0 or 1e-3 < abs(value) < 1e5:
        return f"{float(f'{value:.3g}'):g}"  # 2730, not 2.73e+03
    return f"{value:.0e}".replace("e+", "e")


def log_scale(ax: Axes, which: str) -> None:
    """Make the axis ``"x"`` or ``"y"`` logarithmic, with labels that people write."""
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    axis = ax.xaxis if which == "x" else ax.yaxis
    low, high = axis.get_view_interval()
    axis.set_major_formatter(FuncFormatter(power_of_ten))
    named = "" if high > 30 * low else "25"  # first digits; decades are enough on a long axis
    axis.set_minor_formatter(FuncFormatter(lambda value, _: power_of_ten(value) if f"{value:.0e}"[0] in named else ""))


def percent_axis(axis: Axis) -> None:
    """Ticks of shares, in percent as the tables write it."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))


def panels(count: int, alone: float, row: float, xlabel: str = "", ylabel: str = "") -> tuple[Figure, list[Axes]]:
    """A figure of panels on one scale, two in a row, with names on the outer axes.

    Parameters
    ----------
    count : int
        How many panels.
    alone, row : float
        Height of the figure in inches where all are in one row, and of each row where there are more.
    xlabel, ylabel : str, optional
        Names of the axes.

    Returns
    -------
    tuple of matplotlib.figure.Figure and list of matplotlib.axes.Axes
        The figure, and its panels row by row.
    """
    columns = min(2, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(WIDTH, alone if rows == 1 else 1.2 + row * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
    for ax in axes[count:]:
        ax.remove()
    for ax in axes[max(0, count - columns) : count]:
        ax.tick_params(labelbottom=True)
        ax.set_xlabel(xlabel)
    for ax in axes[:count:columns]:
        ax.set_ylabel(ylabel)
    return figure, axes[:count]


def fan(ax: Axes, time: np.ndarray, band: xr.DataArray, colour: str, label: str, outlined: bool = False) -> None:
    """Draw a band: 90 % light, 50 % darker, the median as a line.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    time : ndarray, shape (m,)
        Dates.
    band : xarray.DataArray
        Over ``quantile`` (0.05, 0.25, 0.5, 0.75, 0.95) and ``time``.
    colour : str
        Of the whole fan.
    label : str
        What it is; the median's line carries it in the legend.
    outlined : bool, default False
        Draw the 90 % band as dashed lines at its limits, so that what lies under it is seen.
    """
    low, q1, median, q3, high = (band.sel(quantile=q).to_numpy() for q in (0.05, 0.25, 0.5, 0.75, 0.95))
    if outlined:
        ax.plot(time, np.column_stack([low, high]), color=colour, linestyle="--", linewidth=0.9)
    else:
        ax.fill_between(time, low, high, color=colour, alpha=0.18, linewidth=0)
    ax.fill_between(time, q1, q3, color=colour, alpha=0.32, linewidth=0)
    ax.plot(time, median, color=colour, linewidth=1.8, label=label)


def mark_covered(ax: Axes, start: float, end: float, label: str = "time with evidence") -> None:
    """Shade the time that evidence covers, up to where the data end."""
    ax.axvspan(start, end, color=COVERED, linewidth=0, zorder=0, label=label)


def mark_today(ax: Axes, today: float) -> None:
    """Mark the date of asking by a dotted line under the curves; the legend names it, so that no word covers one."""
    label = f"today, {to_date(today + 1e-6):%Y-%m-%d}"
    ax.axvline(today, color=SEEN, linewidth=0.9, linestyle=":", label=label, zorder=0.9)


def displayed(figure: Figure) -> Figure:
    """Let a notebook show a figure that pyplot does not know, small enough to be kept in the notebook.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.

    Returns
    -------
    matplotlib.figure.Figure
        The same one.
    """

    def png() -> bytes:
        small = io.BytesIO()
        _drawn(figure, NOTEBOOK_DPI).quantize(NOTEBOOK_COLOURS).save(small, format="png", optimize=True)
        return small.getvalue()

    vars(figure)["_repr_png_"] = png
    return figure


def save(figure: Figure, file: Path) -> None:
    """Write a PNG, whole or not at all; the same figure gives the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written; an earlier one stays.
    """
    with files.replacing(file) as temporary:
        picture = _drawn(figure, FILE_DPI)
        picture.save(temporary, format="png", dpi=(FILE_DPI, FILE_DPI), compress_level=COMPRESSION)


def _drawn(figure: Figure, dpi: int) -> Image.Image:
    """Draw once and without transparency: `Figure.savefig` goes through all artists once more before it draws."""
    canvas: Any = FigureCanvasAgg(figure)  # its methods have no types
    earlier, figure.dpi = figure.dpi, min(dpi, int(HIGHEST / max(figure.get_size_inches())))
    try:
        with look(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)  # a box stands for it
            canvas.draw()
        return Image.frombytes("RGB", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBX")
    finally:
        figure.dpi = earlier
