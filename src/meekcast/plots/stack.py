"""The picture of a stack: what each card contributes to the probability that an event has happened."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from meekcast.clock import decimal_year
from meekcast.plots import style
from meekcast.plots.compare import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.stacks.documents import StackDocument, StackedEvent

COLUMNS = 2


def draw_stack(document: StackDocument, file: Path) -> None:
    """Write the picture of a stack."""
    style.save(stack_figure(document), file)


def stack_figure(document: StackDocument) -> Figure:
    """Stacked contributions of the cards to each event's probability, over time.

    Parameters
    ----------
    document : dict
        From `meekcast.stacks.summary.stack_summary`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel an event; the upper edge is the stack's probability.
    """
    events = document["events"]
    rows = math.ceil(len(events) / COLUMNS)
    with style.look({"axes.titlesize": 9.5, "font.size": 9}):
        figure = Figure(figsize=(style.WIDTH, 1.95 * rows + 0.9), layout="constrained")
        axes = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True, sharey=True).ravel()
        for ax, event in zip(axes, events, strict=False):
            _draw_event(ax, event, document)
        highest = max(sum(card["contribution"][-1] for card in event["cards"]) for event in events)
        axes[0].set_ylim(0, min(1.0, max(0.1, 1.15 * highest)))  # shared: panels can be compared
        for ax in axes[len(events) :]:
            ax.set_axis_off()
        for ax in axes[max(0, len(events) - COLUMNS) : len(events)]:
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("Year" if document["clock"] == "calendar" else "Years since the start")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8.5)
        style.heading(figure, "Probability that it has happened, and each card's part in it")
    return figure


def _draw_event(ax: Axes, event: StackedEvent, document: StackDocument) -> None:
    time, cards = document["time"], event["cards"]
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(cards))]
    labels = [f"{style.words(card['card'], 40, 1)} ({100 * card['weight']:.0f} %)" for card in cards]
    parts = [card["contribution"] for card in cards]
    ax.stackplot(time, parts, colors=colours, labels=labels, alpha=0.8, linewidth=0)
    ax.plot(time, [sum(values) for values in zip(*parts, strict=True)], color=style.SEEN, linewidth=1.2)
    if document["clock"] == "calendar":
        style.mark_today(ax, decimal_year(dt.date.fromisoformat(document["today"])))
    ax.set_xlim(time[0], time[-1])
    style.time_axis(ax.xaxis, document["clock"] == "calendar", 6)
    style.percent_axis(ax.yaxis)
    ax.set_title(style.words(event["name"], 42, 2), fontweight="normal")
