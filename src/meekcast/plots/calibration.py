"""The picture of a calibration: how far ranks are from uniform, a panel for each kind of quantity."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from meekcast.calibrations.documents import KINDS
from meekcast.calibrations.ranks import difference
from meekcast.plots import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from meekcast.calibrations.documents import CalibrationDocument, EcdfBand, QuantityRow
    from meekcast.equations.types import Array

COLOURS = (style.FRONTIER, style.BUDGET, style.GAP)
"""Of quantities that are off, in each panel; of more than these the rest has the last colour, and no name."""


def write_pictures(document: CalibrationDocument, folder: Path) -> list[Path]:
    """Write calibrate.png.

    Parameters
    ----------
    document : dict
        The calibration of one card (`meekcast.calibrations.summary`).
    folder : pathlib.Path
        Where.

    Returns
    -------
    list of pathlib.Path
        The file; none where nothing could be ranked.
    """
    if not document["quantities"]:
        return []
    style.save(ranks_figure(document), folder / "calibrate.png")
    return [folder / "calibrate.png"]


def ranks_figure(document: CalibrationDocument) -> Figure:
    """ECDF of ranks minus that of uniform ones, a line a quantity, and the band in which it stays if all is right."""
    kinds = [kind["kind"] for kind in document["kinds"]]
    with style.look():
        figure, axes = style.panels(len(kinds), 2.8, 1.6, "Share of draws below the truth")
        figure.supylabel("ECDF minus that of uniform ranks", fontsize=10)
        for ax, kind in zip(axes, kinds, strict=True):
            rows = [row for row in document["quantities"] if row["kind"] == kind]
            _draw(ax, rows, document["band"])
            ax.set_title(f"{KINDS[kind].capitalize()} ({len(rows)})", fontweight="normal", fontsize=9.5)
        _limits(axes[0], document)
        _legend(figure, document)
        name, n = document["card"], document["simulations"]
        style.heading(figure, f"Card {name}, {n} simulations: is the truth anywhere among the draws?")
    return figure


def _away(row: QuantityRow) -> Array:
    return np.concatenate([[0.0], difference(np.array(row["counts"])), [0.0]])


def _draw(ax: Axes, rows: Sequence[QuantityRow], band: EcdfBand) -> None:
    ax.fill_between(band["rank"], band["low"], band["high"], color=style.NEUTRAL, alpha=0.22, linewidth=0)
    ax.axhline(0.0, color=style.NEUTRAL, linewidth=0.8)
    at = [0.0, *band["rank"], 1.0]
    for row in rows:
        if not row["off"]:
            ax.plot(at, _away(row), color=style.SEEN, linewidth=0.6, alpha=0.45)
    for i, row in enumerate(row for row in rows if row["off"]):
        label = style.words(row["name"], 30, 1) if i < len(COLOURS) else None
        ax.plot(at, _away(row), color=COLOURS[min(i, len(COLOURS) - 1)], linewidth=1.4, label=label)
    ax.set_xlim(0, 1)
    style.percent_axis(ax.xaxis)
    if any(row["off"] for row in rows):
        ax.legend(loc="upper right", fontsize=7.5, borderaxespad=0, labelspacing=0.2, handlelength=1.2)


def _limits(ax: Axes, document: CalibrationDocument) -> None:
    """The same in all panels, with room for names above the lines."""
    lines = [np.abs(_away(row)).max() for row in document["quantities"]]
    most = 1.1 * max(*lines, *document["band"]["high"])
    ax.set_ylim(-most, most * (2.0 if document["off"] else 1))


def _legend(figure: Figure, document: CalibrationDocument) -> None:
    band = f"{100 * document['probability']:.0f} % of them stay inside if all is right"
    handles = [
        Line2D([], [], color=style.SEEN, linewidth=0.6, alpha=0.6, label="a quantity"),
        Patch(color=style.NEUTRAL, alpha=0.22, linewidth=0, label=band),
    ]
    if document["off"]:
        label = "one that is off"
        handles.append(Line2D([], [], color=COLOURS[0], linewidth=1.4, label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
