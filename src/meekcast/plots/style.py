"""How every picture looks: sizes for half a page, colours that the colour-blind tell apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from meekcast import files

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from matplotlib.axes import Axes

# Okabe and Ito's palette
FRONTIER, BUDGET, GAP, NEUTRAL, SEEN = "#D55E00", "#0072B2", "#009E73", "#767676", "#000000"

WIDTH = 6.9  # inches: a text column
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
    "legend.frameon": False,
    "legend.fontsize": 9,
    "savefig.bbox": "standard",  # whatever another library set: the same figure, the same bytes
}


def fan(ax: Axes, time: np.ndarray, band: xr.DataArray, colour: str, label: str) -> None:
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
    """
    low, q1, median, q3, high = (band.sel(quantile=q).to_numpy() for q in (0.05, 0.25, 0.5, 0.75, 0.95))
    ax.fill_between(time, low, high, color=colour, alpha=0.18, linewidth=0)
    ax.fill_between(time, q1, q3, color=colour, alpha=0.32, linewidth=0)
    ax.plot(time, median, color=colour, linewidth=1.8, label=label)


def mark(ax: Axes, x: float, text: str) -> None:
    """Mark a date by a dotted line with its name on top."""
    ax.axvline(x, color=SEEN, linewidth=0.9, linestyle=":")
    ax.annotate(
        text,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -3),
        textcoords="offset points",
        va="top",
        ha="left",
        fontsize=8.5,
        color=SEEN,
    )


def save(figure: Figure, file: Path) -> None:
    """Write a PNG, whole or not at all; the same figure gives the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written; an earlier one stays.
    """
    with files.replacing(file) as temporary, rc_context(RC):
        figure.savefig(temporary, format="png", dpi=200, metadata={"Software": None})
