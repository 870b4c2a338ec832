"""The picture of an answer: distribution and density of a date, and what lies beyond the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from meekcast.plots import style
from meekcast.plots.compare import COLOURS
from meekcast.vocabulary.grammar import parse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.questions.answer import Answer

WHOLE_YEARS_FROM = 8.0
"""Length of the picture, in years, from which the density is shown by whole years."""


class Curve(NamedTuple):
    """An answer with its name in the legend."""

    label: str
    answer: Answer


def write_when(curves: Sequence[Curve], source: Draws, file: Path, today: float | None = None) -> Path:
    """Write the picture of one question as PNG."""
    style.save(when_figure(curves, source, today), file)
    return file


def when_figure(curves: Sequence[Curve], source: Draws, today: float | None = None) -> Figure:
    """Distribution of the date above its density, one colour an answer.

    Parameters
    ----------
    curves : sequence of Curve
        Answers to one question.
    source : Draws
        What was asked; gives the clock and the span.
    today : float, optional
        Marked on a calendar clock, in decimal years.

    Returns
    -------
    matplotlib.figure.Figure
        The mass that has no date up to the horizon stands apart, at the right.
    """
    first = curves[0].answer
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 5.0), layout="constrained")
        widths = [9, 0.7 + 0.6 * len(curves)]
        axes = figure.subplots(2, 2, sharex="col", sharey="row", width_ratios=widths, height_ratios=[1.3, 1])
        end = last_shown(curves, source)
        _draw_cdf(axes[0, 0], curves, source, end)
        _draw_density(axes[1, 0], curves, source, end)
        _draw_beyond(axes[:, 1], curves, source)
        style.heading(figure, _title(first, source.card))
        axes[1, 0].set_xlabel("Year" if source.calendar else "Years since both actors spent the same")
        style.time_axis(axes[1, 0].xaxis, source.calendar, 9)
        axes[1, 0].set_xlim(source.start, end)
        if today is not None and source.calendar and today < end:
            style.mark_today(axes[0, 0], today)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        if handles:
            figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def _title(answer: Answer, card: str) -> str:
    lines = [f"When: {answer.expression}  (card {card})", *(f"given {condition}" for condition in answer.given)]
    return "\n".join(style.words(line, 75, 2) for line in lines)


def last_shown(curves: Sequence[Curve], source: Draws) -> float:
    """Where the picture ends: a year after the last date that matters, the horizon at most."""
    dates = np.concatenate([curve.answer.dates for curve in curves])
    dates = dates[np.isfinite(dates)]
    late = np.quantile(dates, 0.995) if len(dates) else source.times[-1]
    return float(min(max(np.ceil(late) + 1, source.start + 2), source.times[-1]))


def _draw_cdf(ax: Axes, curves: Sequence[Curve], source: Draws, end: float) -> None:
    for (label, answer), colour in zip(curves, _colours(curves), strict=True):
        dates = np.sort(answer.dates)
        steps = np.concatenate([[source.start], np.minimum(dates, end), [end]])
        seen = np.arange(len(dates) + 1) / len(dates)
        finite = int(np.searchsorted(dates, end, side="right"))
        height = np.concatenate([np.minimum(seen, finite / len(dates)), [finite / len(dates)]])
        named = style.words(label, 40, 2) or None
        ax.step(steps, height, where="post", color=colour, linewidth=1.8, label=named, clip_on=False)
    ax.set_ylim(0, 1)
    style.percent_axis(ax.yaxis)
    stays = parse(curves[0].answer.expression).lasting == "stays"
    ax.set_ylabel("Probability that it has\nhappened" + " for good" * stays)


def _draw_density(ax: Axes, curves: Sequence[Curve], source: Draws, end: float) -> None:
    width = 1.0 if end - source.start > WHOLE_YEARS_FROM else 0.25
    first = np.floor(source.start / width) * width
    edges = np.arange(first, end + width, width)
    for (_, answer), colour in zip(curves, _colours(curves), strict=True):
        shares = np.histogram(answer.dates[np.isfinite(answer.dates)], edges)[0] / len(answer.dates)
        ax.stairs(shares, edges, color=colour, linewidth=1.4)
        ax.stairs(shares, edges, color=colour, alpha=0.3 / len(curves), fill=True)
    ax.set_ylim(0, min(1.0, ax.get_ylim()[1]))
    style.percent_axis(ax.yaxis)
    ax.set_ylabel("Probability a year" if width == 1 else "Probability a quarter")


def _draw_beyond(axes: np.ndarray, curves: Sequence[Curve], source: Draws) -> None:
    """Bars of the mass without a date, on the scale of the distribution."""
    ax, empty = axes
    empty.set_axis_off()
    for i, ((_, answer), colour) in enumerate(zip(curves, _colours(curves), strict=True)):
        p = answer.probability_not_by_horizon.value
        ax.bar(i, p, width=0.8, color=colour, alpha=0.35, hatch="///", edgecolor=colour, linewidth=0.8)
        shown = "<1 %" if p < 0.01 and len(answer.dates) > 1 else f"{100 * p:.0f} %"
        ax.annotate(shown, (i, p), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=8)
    ax.set_xticks([])
    ax.set_xlim(-0.7, len(curves) - 0.3)
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_title(
        f"not by\n{source.horizon:g}{'' if source.calendar else ' y'}", loc="center", fontsize=9, fontweight="normal"
    )


def _colours(curves: Sequence[Curve]) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(len(curves))]
