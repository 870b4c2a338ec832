"""Pictures of a backtest: intervals against what was seen, calibration, and error beside the baselines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from meekcast.clock import decimal_year
from meekcast.plots import style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from meekcast.backtests.documents import BacktestDocument, Row

METHODS = {
    "card": ("this card", "o", style.SEEN),
    "pool": ("the pool", "*", style.SEEN),
    "damped_persistence": ("damped persistence", "v", style.NEUTRAL),
    "trend": ("linear trend", "s", style.FRONTIER),
    "paper": ("the paper's point curve", "^", style.GAP),
    "constant_growth": ("the card without discrepancy", "D", style.BUDGET),
}
ALL, SEEN = "all", "seen"
COLUMNS = (0.25, 0.5, 1.0)
"""Horizons that have a panel in the picture of intervals."""
WIDEST = 3.0
"""Errors beyond this multiple of persistence's are drawn as an arrow at the edge."""


def write_pictures(document: BacktestDocument, folder: Path) -> list[Path]:
    """Write backtest.png, calibration.png and errors.png.

    Parameters
    ----------
    document : dict
        The backtest of one card (`meekcast.backtests.summary`).
    folder : pathlib.Path
        Where.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    figures = {"backtest.png": intervals_figure, "calibration.png": calibration_figure, "errors.png": errors_figure}
    for name, draw in figures.items():
        style.save(draw(document), folder / name)
    return [folder / name for name in figures]


def intervals_figure(document: BacktestDocument) -> Figure:
    """What was forecast for each target date, and the gap seen; a row of panels a series, a column a horizon."""
    made_by, rows = document["provenance"][0], seen(document)
    asked = [name for name in made_by["benchmarks"] if any(row["benchmark"] == name for row in rows)]
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 1.5 + 1.45 * len(asked)), layout="constrained")
        panels = figure.subplots(len(asked), len(COLUMNS), squeeze=False, sharex=True, sharey="row")
        for name, beside in zip(asked, panels, strict=True):
            for ax, horizon in zip(beside, COLUMNS, strict=True):
                own = [row for row in rows if (row["benchmark"], row["horizon"]) == (name, horizon)]
                _draw_intervals(ax, sorted(own, key=lambda row: row["target_date"]))
            entry = made_by["benchmarks"][name]
            beside[0].set_ylabel(f"{style.words(entry['title'], 22, 3)}\n({entry['unit']})", fontsize=8.5)
            beside[0].set_ylim(bottom=0)
        for ax, horizon in zip(panels[0], COLUMNS, strict=True):
            ax.set_title(f"{_months(horizon)} before", fontweight="normal")
        for ax in panels[-1]:
            style.time_axis(ax.xaxis, calendar=True, most=4)
        _intervals_legend(figure)
        style.heading(figure, f"Card {made_by['card']} on past dates: the gap forecast and the gap seen")
    return figure


def seen(document: BacktestDocument) -> list[Row]:
    """Targets that boards showed."""
    return [row for row in document["rows"] if row["of"] == SEEN]


def _intervals_legend(figure: Figure) -> None:
    handles: list[Artist] = [
        Line2D([], [], color=style.SEEN, marker="o", markersize=3, linewidth=0.8, label="seen at that date"),
        Line2D([], [], color=style.BUDGET, linewidth=1.4, label="card: median"),
        Patch(color=style.BUDGET, alpha=0.45, linewidth=0, label="card: 50 % interval"),
        Patch(color=style.BUDGET, alpha=0.18, linewidth=0, label="card: 90 % interval"),
        Line2D([], [], color=style.FRONTIER, linewidth=1.0, linestyle="--", label="pool: 90 % interval"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


def _draw_intervals(ax: Axes, rows: Sequence[Row]) -> None:
    """Bands over target dates."""
    x = np.array([_year(row["target_date"]) for row in rows])
    low, q1, median, q3, high = (
        np.array([row["quantiles"][p] for row in rows]) for p in ("0.05", "0.25", "0.5", "0.75", "0.95")
    )
    ax.fill_between(x, low, high, color=style.BUDGET, alpha=0.18, linewidth=0)
    ax.fill_between(x, q1, q3, color=style.BUDGET, alpha=0.32, linewidth=0)
    ax.plot(x, median, color=style.BUDGET, linewidth=1.4)
    for p in ("0.05", "0.95"):
        limit = [row["pool"]["quantiles"][p] for row in rows]
        ax.plot(x, limit, color=style.FRONTIER, linewidth=1.0, linestyle="--")
    ax.plot(x, [row["observed"] for row in rows], "o-", color=style.SEEN, markersize=2, linewidth=0.8, zorder=3)


class Histogram(NamedTuple):
    """Counts of PIT values in equal bins, and the interval of a count if all were uniform and independent."""

    counts: np.ndarray
    edges: np.ndarray
    low: float
    high: float


def pit_histogram(rows: Sequence[Row]) -> Histogram:
    """Bin the PIT of every target.

    Parameters
    ----------
    rows : sequence of dict
        Of a backtest.

    Returns
    -------
    Histogram
        Five bins, or ten from a hundred targets on; the interval is central, 90 %.
    """
    from scipy.special import bdtr

    pits = [row["pit"] for row in rows]
    bins = 10 if len(pits) >= 100 else 5
    counts, edges = np.histogram(pits, bins=bins, range=(0, 1))
    at_most = bdtr(np.arange(len(pits) + 1), len(pits), 1 / bins)
    low, high = np.searchsorted(at_most, [0.05, 0.95])
    return Histogram(counts, edges, float(low), float(high))


def calibration_figure(document: BacktestDocument) -> Figure:
    """PIT histogram, and coverage of both intervals by horizon."""
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 4.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_pit(left, seen(document))
        _draw_coverage(right, document)
        style.heading(figure, f"Card {document['provenance'][0]['card']} on past dates: were its probabilities right?")
    return figure


def _draw_pit(ax: Axes, rows: Sequence[Row]) -> None:
    found = pit_histogram(rows)
    ax.axhspan(
        found.low,
        found.high,
        color=style.NEUTRAL,
        alpha=0.25,
        linewidth=0,
        label="90 % range if right\n(and independent)",
    )
    ax.axhline(len(rows) / len(found.counts), color=style.NEUTRAL, linewidth=1.0)
    ax.stairs(
        found.counts,
        found.edges,
        fill=True,
        color=style.BUDGET,
        alpha=0.75,
        label=f"{len(rows)} gaps seen, {len(found.counts)} bins",
    )
    ax.set_title("Where the seen gap fell", fontweight="normal", pad=10)
    ax.set_xlabel("Share of the forecast below it (PIT)")
    ax.set_ylabel("Number of targets")
    ax.set_xlim(0, 1)
    style.percent_axis(ax.xaxis)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    ax.set_ylim(0, 1.08 * max(found.counts.max(), found.high))
    ax.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.24), fontsize=8.5)


def _draw_coverage(ax: Axes, document: BacktestDocument) -> None:
    blocks = [b for b in document["cards"] if b["benchmark"] == ALL and b["n"]]
    labels = ["all" if b["horizon"] == ALL else f"{round(12 * b['horizon'])}" for b in blocks]
    for level, colour in ((50, style.FRONTIER), (90, style.BUDGET)):
        ax.axhline(level, color=colour, linewidth=1.0, linestyle="--")
        for x, block in enumerate(blocks):
            at = x + (0.15 if level == 90 else -0.15)
            interval = block["intervals"][f"coverage{level}"]
            if interval:
                ax.plot([at, at], [100 * v for v in interval], color=colour, linewidth=1.4)
            for own, place, fill, who in ((block, at, colour, "card"), (block["pool"], at + 0.12, "none", "pool")):
                label = f"{level} %, {who}" if x == 0 else None
                share = 100 * own[f"coverage{level}"]
                ax.plot([place], [share], "o", color=colour, mfc=fill, markersize=5, label=label, clip_on=False)
    ax.set_xticks(range(len(blocks)), [f"{t}\n{b['n']}" for t, b in zip(labels, blocks, strict=True)])
    ax.set_xlim(-0.6, len(blocks) - 0.4)
    ax.set_yticks(range(0, 101, 25))
    ax.set_ylim(0, 100)
    ax.set_title("Share of seen gaps inside", fontweight="normal", pad=10)
    ax.set_xlabel("Months ahead, and targets\n(bars: 90 % bootstrap)")
    ax.set_ylabel("% of targets")
    ax.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.29), ncols=2, fontsize=8.5)


class Relative(NamedTuple):
    """Errors of one block over persistence's, by method; None where a method has none."""

    label: str
    values: dict[str, float | None]
    interval: list[float] | None


def relative_errors(document: BacktestDocument) -> list[Relative]:
    """CRPS of the card and the baselines over that of persistence, on the same targets.

    Parameters
    ----------
    document : dict
        The backtest of one card.

    Returns
    -------
    list of Relative
        Of all series, pooled: all horizons, then each; then of every series. Of a lone series all horizons, then each.
    """
    titles = {ALL: "all, pooled"} | {n: b["title"] for n, b in document["provenance"][0]["benchmarks"].items()}
    found = []
    first = ALL if len(document["scales"]) > 1 else document["scales"][0]["benchmark"]  # pooling one says nothing new
    for block in document["cards"]:
        if not block["n"] or (block["benchmark"] == ALL) > (first == ALL):
            continue
        if block["benchmark"] != first and block["horizon"] != ALL:
            continue
        own = {"card": block["skill"]["persistence"], "pool": block["pool"]["skill"]["persistence"]}
        skills = own | {m: block["baselines"][m]["skill_over_persistence"] for m in METHODS if m not in own}
        interval = block["intervals"]["skill"]["persistence"]
        ahead = "" if block["horizon"] == ALL else f", {_months(block['horizon'])}"
        label = f"{titles[block['benchmark']]}{ahead} (n={block['n']})"
        values = {m: None if skill is None else 1 - skill for m, skill in skills.items()}
        found.append(Relative(label, values, [1 - v for v in reversed(interval)] if interval else None))
    return found


def errors_figure(document: BacktestDocument) -> Figure:
    """Error of the card and of each baseline over persistence's, by benchmark and horizon."""
    rows = relative_errors(document)
    with style.look({"axes.grid.axis": "x"}):
        figure = Figure(figsize=(style.WIDTH, 1.5 + 0.24 * len(rows)), layout="constrained")
        ax = figure.subplots()
        ax.axvline(1.0, color=style.NEUTRAL, linewidth=1.2)
        for y, row in enumerate(rows):
            if row.interval:
                ax.plot(np.clip(row.interval, 0, WIDEST), [y, y], color=style.SEEN, linewidth=1.2)
            for method, (_, marker, colour) in reversed(METHODS.items()):  # the card on top
                _draw_error(ax, row.values[method], y, marker, colour)
        ax.set_yticks(range(len(rows)), [row.label for row in rows], fontsize=8.5)
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ends = [end for row in rows for end in [*row.values.values(), *(row.interval or [])] if end is not None]
        ax.set_xlim(0, min(WIDEST, 1.05 * max(1.5, *ends)))
        ax.set_xlabel("CRPS over persistence's (below 1 is better)")
        style.heading(figure, f"Card {document['provenance'][0]['card']} on past dates: error beside simpler forecasts")
        _errors_legend(figure, {m for row in rows for m, value in row.values.items() if value is not None})
    return figure


def _draw_error(ax: Axes, value: float | None, y: int, marker: str, colour: str) -> None:
    """One marker; an arrow where it lies beyond the edge."""
    if value is None:
        return
    shown, shape = (value, marker) if value <= WIDEST else (WIDEST, ">")
    ax.plot([shown], [y], shape, color=colour, markersize=5 if marker == "o" else 6.5, clip_on=False, zorder=3)


def _errors_legend(figure: Figure, shown: set[str]) -> None:
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="-" if name == "card" else "", markersize=5, label=label)
        for name, (label, marker, colour) in METHODS.items()
        if name in shown
    ]
    handles[0].set_label("this card, 90 % bootstrap over origins")
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _months(horizon: float) -> str:
    months = round(12 * horizon)
    return f"{months} month{'s' * (months != 1)}"


def _year(date: str) -> float:
    return decimal_year(dt.date.fromisoformat(date))
