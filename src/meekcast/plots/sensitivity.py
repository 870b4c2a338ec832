"""Pictures of what drives the answer: tornado, shares over time, the inputs that matter, what is leaned on."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from meekcast.files import Document
from meekcast.plots import style
from meekcast.sensitivities.basis import ranks
from meekcast.sensitivities.groups import REST, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from meekcast.sensitivities.analysis import Question


COLOURS = (
    style.BUDGET,
    style.FRONTIER,
    style.GAP,
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#F0E442",
    "#882255",
    style.NEUTRAL,
)
CHANCE = "#D9D9D9"
BARS, LEANED_ON, PANELS = 8, 5, 8
PAIRED = 3
POINTS = 500
ALIKE = 0.8
OUTCOMES = ((style.FRONTIER, "has not happened"), (style.BUDGET, "has happened"))


def write_pictures(q: Question, document: Document, folder: Path) -> list[Path]:
    """Write tornado.png, shares_over_time.png, inputs_that_matter.png and power_scaling.png, where there is something.

    Parameters
    ----------
    q : Question
        What was asked.
    document : dict
        The answer.
    folder : pathlib.Path
        Where.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    figures = {}
    if len(document["over_time"]["years"]) > 1:
        figures["shares_over_time.png"] = over_time_figure(document)
    if document.get("tornado"):
        figures["tornado.png"] = tornado_figure(document)
    figures["inputs_that_matter.png"] = pairs_figure(q, document)
    if "power_scaling" in document:
        figures["power_scaling.png"] = power_scaling_figure(document)
    for name, figure in figures.items():
        style.save(figure, folder / name)
    return [folder / name for name in figures]


def over_time_figure(document: Document) -> Figure:
    """Stacked areas: the share of each group, and of chance, in the variance of a quantity at every year."""
    along = document["over_time"]
    names, shares = _shares_along(along)
    with style.look():
        figure = Figure(figsize=(style.WIDTH, 3.9), layout="constrained")
        ax = figure.subplots()
        colours = [*(COLOURS[i % len(COLOURS)] for i in range(len(names) - 1)), CHANCE]
        ax.stackplot(along["years"], shares, colors=colours, labels=names, linewidth=0)
        if document.get("twin_over_time"):
            twin = 100 * np.clip(np.array(document["twin_over_time"], dtype=float), 0, 1)
            label = "all inputs, by a\nsecond forecast"
            ax.plot(along["years"], twin, color=style.SEEN, linestyle="--", linewidth=1.1, label=label)
        _year_axis(ax, document)
        ax.set_xlim(along["years"][0], along["years"][-1])
        ax.set_ylim(0, 100)
        ax.set_ylabel("Share of the variance (%)")
        scale = "the logarithm of " if along["unit"].startswith("ln ") else ""
        ax.set_title(f"What {scale}{along['quantity']} depends on, year by year")
        handles, labels = ax.get_legend_handles_labels()
        ax.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def _shares_along(along: Document) -> tuple[list[str], np.ndarray]:
    """Names and shares in percent, over years: the groups that matter, all others as one, and chance."""
    every = {name: np.array(share["value"]) for name, share in along["shapley"].items()}
    names = shown({name: float(share.max()) for name, share in every.items()})
    areas = [every[name] for name in names]
    if len(names) < len(every):
        areas.append(np.sum([share for name, share in every.items() if name not in names], axis=0))
        names = [*names, REST]
    shares = np.clip([*areas, along["chance"]["value"]], 0, None)
    return [*names, "chance"], 100 * shares / shares.sum(axis=0)


def _year_axis(ax: Axes, document: Document) -> None:
    calendar = document["clock"] == "calendar"
    ax.set_xlabel("Start of the year" if calendar else "Years since both actors spent the same")
    style.time_axis(ax.xaxis, calendar, 9)


def tornado_figure(document: Document) -> Figure:
    """One panel an answer: each input from its 5 % to its 95 % quantile, the others in two ways."""
    found = dict(list(document["tornado"].items())[:PANELS])
    bars = {name: _ranked(entry["bars"], document) for name, entry in found.items()}
    with style.look({"axes.grid.axis": "x"}):
        heights = [len(rows) + 1.6 for rows in bars.values()]
        figure = Figure(figsize=(style.WIDTH, 0.6 + 0.27 * sum(heights)), layout="constrained")
        axes = figure.subplots(len(found), 1, squeeze=False, height_ratios=heights)[:, 0]
        kinds = {output["name"]: output for output in document["outputs"]}
        for ax, (name, entry) in zip(axes, found.items(), strict=True):
            _draw_tornado(ax, entry, bars[name], document, kinds[name])
            ax.set_title(style.words(name.removesuffix(", if by the horizon"), 80, 2), fontsize=9.5)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
        figure.supxlabel(
            "Each input from its 5 % quantile to its 95 % quantile (dot), on the path without chance.\n"
            "Line: all inputs at their medians. Arrow: not by the horizon."
            + ("" if document["clock"] == "calendar" else "\nDates are years since both actors spent the same."),
            fontsize=8.5,
        )
    return figure


def _ranked(bars: Document, document: Document) -> list[str]:
    """Inputs that move the answer most, the strongest first."""

    def reach(name: str) -> float:
        return max(abs(_end(b, document) - _end(a, document)) for a, b in bars[name].values())

    return sorted((name for name in bars if reach(name) > 0), key=lambda name: -reach(name))[:BARS]


def _end(value: float | str, document: Document) -> float:
    """A finite place for a date that does not come: the end of the horizon."""
    last = document["horizon"] + (document["clock"] == "calendar")
    return min(float(value), last) if math.isinf(float(value)) else float(value)


def _draw_tornado(ax: Axes, entry: Document, names: list[str], document: Document, output: Document) -> None:
    ways = (
        ("together", style.BUDGET, -0.18, "others as the evidence ties them"),
        ("apart", "#E69F00", 0.18, "others at their medians"),
    )
    for y, name in enumerate(names):
        for way, colour, shift, label in ways:
            low, high = (_end(value, document) for value in entry["bars"][name][way])
            ax.plot(
                [low, high],
                [y + shift] * 2,
                color=colour,
                linewidth=4,
                solid_capstyle="butt",
                label=label if y == 0 else None,
            )
            ax.plot([high], [y + shift], "o", color=colour, markersize=6)
            if any(math.isinf(float(value)) for value in entry["bars"][name][way]):
                ax.plot(_end(math.inf, document), y + shift, ">", color=colour, markersize=7, clip_on=False)
    ax.axvline(_end(entry["base"], document), color=style.SEEN, linewidth=0.9)
    ax.set_yticks(range(len(names)), names, fontsize=8.5)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    if output["kind"] == "date":
        style.time_axis(ax.xaxis, document["clock"] == "calendar", 9)
    else:
        ax.set_xlabel(output["unit"])


def pairs_figure(q: Question, document: Document) -> Figure:
    """Draws of the three inputs that say most of the most open answer, coloured by it."""
    chances = [o for o in q.outputs if o.kind == "probability"]
    output = min(chances, key=lambda o: abs(o.values.mean() - 0.5)) if chances else q.outputs[0]
    names = _that_matter(q, next(e for e in document["measure_first"] if e["output"] == output.name))
    keep = np.flatnonzero(output.defined)
    keep = keep[:: max(1, len(keep) // POINTS)]
    with style.look({"axes.grid": False}):
        pairs = [(0, 1), (0, 2), (1, 2)][: max(1, len(names) * (len(names) - 1) // 2)]
        figure = Figure(figsize=(style.WIDTH, 3.1), layout="constrained")
        axes = figure.subplots(1, len(pairs), squeeze=False)[0]
        for ax, (i, j) in zip(axes, pairs, strict=True):
            _draw_pair(ax, q, (names[i], names[min(j, len(names) - 1)]), output.values[keep], keep, output.kind)
        if output.kind == "probability":
            figure.legend(handles=_outcomes(), loc="outside lower left", ncols=2)
        else:
            bar = figure.colorbar(axes[-1].collections[0], ax=axes, label=output.unit)
            if output.kind == "date":
                style.time_axis(bar.ax.yaxis, document["clock"] == "calendar", 6)
        style.heading(figure, style.words(f"Inputs that matter: {output.name}", 82, 2), fontsize=9.5)
    return figure


def _that_matter(q: Question, entry: Document) -> list[str]:
    """Inputs that say most; of two that say the same thing, one."""
    chosen: list[str] = []
    for name in (row["input"] for row in entry["inputs"]):
        if all(_alike(q.run.inputs[name], q.run.inputs[other]) < ALIKE for other in chosen):
            chosen.append(name)
        if len(chosen) == PAIRED:
            break
    return chosen


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """Size of the rank correlation."""
    return abs(float(np.corrcoef(ranks(one), ranks(other))[0, 1]))


def _draw_pair(ax: Axes, q: Question, names: tuple[str, str], values: np.ndarray, keep: np.ndarray, kind: str) -> None:
    x, y = (q.run.inputs[name][keep] for name in names)
    if kind == "probability":
        colours = np.array([colour for colour, _ in OUTCOMES])[values.astype(int)]
        ax.scatter(x, y, c=colours, s=6, alpha=0.7, linewidths=0)  # in the order of draws: no outcome covers the other
    else:
        ax.scatter(x, y, c=values, s=6, cmap="viridis", linewidths=0)
    for axis, data, name in ((ax.xaxis, x, names[0]), (ax.yaxis, y, names[1])):
        axis.set_label_text(f"{name} ({_unit(q, name)})", fontsize=9)
        if data.min() > 0 and np.quantile(data, 0.95) > 5 * np.quantile(data, 0.05):
            style.log_scale(ax, "x" if axis is ax.xaxis else "y")


def _outcomes() -> list[Line2D]:
    return [Line2D([], [], color=c, marker="o", linestyle="", markersize=5, label=label) for c, label in OUTCOMES]


def _unit(q: Question, name: str) -> str:
    """Unit of an input; what is no parameter is a departure of a path."""
    known = q.run.summary.get("parameters", {}).get(name)
    return known["unit"] if known else "ln FLOP"


def power_scaling_figure(document: Document) -> Figure:
    """Change of each chance, or mean, for each doubling of the weight of a prior or of the data."""
    doubling = document["power_scaling"]["doubling"]
    kinds = {output["name"]: output["kind"] for output in document["outputs"]}
    names = ([name for name in doubling if kinds[name] == "probability"] or list(doubling))[:PANELS]
    sources = _leaned_on(doubling, names)
    percent = kinds[names[0]] == "probability"
    with style.look({"axes.grid.axis": "x"}):
        height = 1.4 + 0.2 * len(names) + 0.13 * len(names) * len(sources)
        figure = Figure(figsize=(style.WIDTH, height), layout="constrained")
        ax = figure.subplots()
        for k, name in enumerate(names):
            places = np.arange(len(sources)) - 0.4 + 0.8 / len(names) * (k + 0.5)
            ends = np.array([[doubling[name][s][key] for s in sources] for key in ("low", "value", "high")])
            low, value, high = (100 if percent else 1) * ends
            colour = COLOURS[k % len(COLOURS)]
            ax.hlines(places, low, high, color=colour, linewidth=1.2)
            ax.plot(value, places, "o", color=colour, markersize=4.5, label=style.words(name, 80, 1))
        ax.axvline(0, color=style.SEEN, linewidth=0.9)
        labels = [s if s == "the data" else style.words(f"prior of {s}", 34, 2) for s in sources]
        ax.set_yticks(range(len(sources)), labels, fontsize=8.5)
        ax.set_ylim(len(sources) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(f"{'Percentage points' if percent else 'Change'} for each doubling of the weight")
        ax.set_title("What the answers lean on", loc="left")
        figure.legend(loc="outside lower left", fontsize=8)
    return figure


def _leaned_on(doubling: Document, names: list[str]) -> list[str]:
    """Priors that move any of the answers most, then the data."""
    sources = [source for source in doubling[names[0]] if source != "the data"]
    reach = {source: max(abs(doubling[name][source]["value"]) for name in names) for source in sources}
    first = sorted(sources, key=lambda source: -reach[source])[:LEANED_ON]
    return [*first, *(["the data"] if "the data" in doubling[names[0]] else [])]
