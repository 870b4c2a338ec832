"""What drives the answer, in the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.files import Document
from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text
from meekcast.report.tables import health_text
from meekcast.sensitivities.groups import shown

type Share = dict[str, float]

FIRST, COLUMNS = 3, 4
HEADINGS = {"discrepancy": "discre-\npancy", "growth rates": "growth\nrates", "scaling law": "scaling\nlaw"}
NOTHING = 0.01


def sensitivity_report(document: Document, files: Iterable[Path], notes: Iterable[str]) -> RenderableType:
    """Shares of every answer, what to measure first, and what else was asked.

    Parameters
    ----------
    document : dict
        From `meekcast.sensitivities.obtain.sensitivity_document`.
    files : iterable of pathlib.Path
        What was written.
    notes : iterable of str
        What the reader has to know.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    return Group(shares_report(document), rest_report(document, files, notes))


def shares_report(document: Document) -> RenderableType:
    """Shares of every answer, then what to measure first.

    Parameters
    ----------
    document : dict
        From `meekcast.sensitivities.analysis.shares_document`.

    Returns
    -------
    rich renderable
        For a terminal of 80 columns or more.
    """
    intro = (
        "Of the spread of each answer, how many per cent come from which inputs (Shapley effects; below, the central "
        "90 % interval, reaching on by what the regression misses). Inputs are as uncertain, and as correlated, as "
        "the evidence leaves them. "
        "Chance is what none of them explains: what is not decided yet (and what the regression misses: see check)."
    )
    return Group(
        Text(f"\nWhat drives the answer: {document['title']}", style="bold"),
        Text(intro, style="dim"),
        _shares(document),
        *_correlated(document),
        Text("\nMeasure this first", style="bold"),
        Text(
            "Expected fall of the variance (90 %), and of the width of the 90 % interval, if one input were known.",
            style="dim",
        ),
        _first(document),
    )


def _shares(document: Document) -> FittingTable:
    outputs = document["outputs"]
    largest = {g: max(o["shares"][g]["shapley"]["value"] for o in outputs) for g in document["groups"]}
    names = shown(largest, COLUMNS)
    hidden = [name for name in document["groups"] if name not in names]
    ranks = {name: rank for rank, name in enumerate(sorted(names, key=lambda name: -largest[name]))}
    table = FittingTable(
        [
            Column("answer", words=True),
            *(Column(HEADINGS.get(name, name.replace("_", "_\n", 1)), ranks[name], named=name) for name in names),
            *([Column("others", rank=len(names))] if hidden else []),
            Column("chance"),
        ],
        box=box.SIMPLE_HEAD,
        show_lines=True,
    )
    for output in outputs:
        cells = [_cell(output["shares"][name]["shapley"]) for name in names]
        if hidden:
            cells.append(Text(_percent(sum(output["shares"][name]["shapley"]["value"] for name in hidden))))
        table.add_row(f"{output['name']} ({_mean(output)})", *cells, _cell(output["chance"]))
    return table


def _mean(output: Document) -> str:
    if output["kind"] == "probability":
        return f"{100 * output['mean']:.0f} %"
    return f"mean {output['mean']:.1f}" if output["kind"] == "date" else f"mean {output['mean']:.3g} {output['unit']}"


def _cell(share: Share) -> Text:
    """Per cent, with the interval below; what is nothing is pale."""
    text = Text(f"{_percent(share['value'])}\n{_percent(share['low'])}..{_percent(share['high'])}")
    text.stylize("bold" if share["low"] > 0.1 else "dim" if share["value"] < NOTHING else "")
    return text


def _percent(share: float) -> str:
    return f"{max(100 * share, 0.0):.0f}"


def _correlated(document: Document) -> list[Text]:
    """Groups whose share is their correlation with others: known the rest, they add nothing."""
    found: dict[str, int] = {}
    for output in document["outputs"]:
        for name, share in output["shares"].items():
            marginal = share.get("proportional", share["last"])
            if share["shapley"]["low"] > NOTHING and marginal["high"] < NOTHING:
                found[name] = found.get(name, 0) + 1
    return [
        Text(
            f"{name}: in {_times(times)} the share comes from correlation with other inputs; once they are known it "
            "adds nothing (proportional marginal effect 0).",
            style="dim",
        )
        for name, times in found.items()
    ]


def _times(n: int) -> str:
    return "one answer" if n == 1 else f"{n} answers"


def _first(document: Document) -> FittingTable:
    places = [Column(place, rank, left=True) for rank, place in enumerate(("first", "second", "third"))]
    table = FittingTable([Column("answer", words=True), *places], box=box.SIMPLE_HEAD, show_lines=True)
    for entry in document["measure_first"]:
        table.add_row(entry["output"], *(_learned(row) for row in entry["inputs"][:FIRST]))
    return table


def _learned(row: Document) -> str:
    low, high = (_percent(row["variance"][end]) for end in ("low", "high"))
    text = f"{row['input']}\n-{_percent(row['variance']['value'])} % ({low}..{high})"
    return text + (f"\nwidth -{_percent(row['width']['value'])} %" if "width" in row else "")


def rest_report(document: Document, files: Iterable[Path], notes: Iterable[str]) -> RenderableType:
    """What follows the shares: priors leaned on, indices under the prior, alternatives, a decision, checks, files."""
    parts: list[RenderableType] = []
    if "power_scaling" in document:
        parts += _power_scaling(document)
    if "prior" in document:
        parts += _prior(document["prior"])
    if "alternatives" in document:
        parts += _alternatives(document["alternatives"])
    if "decision" in document:
        parts += _decision(document["decision"])
    return Group(*parts, _checks(document, files, notes))


def _heading(title: str, text: str) -> list[RenderableType]:
    return [Text(f"\n{title}", style="bold"), Text(text, style="dim")]


def _power_scaling(document: Document) -> list[RenderableType]:
    headings = [Column("moved most by the prior of", words=True), Column("then", rank=1, words=True)]
    table = FittingTable([Column("answer", words=True), *headings, Column("by the data", words=True)], show_lines=True)
    kinds = {output["name"]: output for output in document["outputs"]}
    doubling = document["power_scaling"]["doubling"]
    chances = [name for name in doubling if kinds[name]["kind"] == "probability"] or list(doubling)
    for name, moved in ((name, doubling[name]) for name in chances):
        priors = sorted((s for s in moved if s != "the data"), key=lambda s: -abs(moved[s]["value"]))
        cells = [f"{source}\n{_moved(moved[source], kinds[name])}" for source in priors[:2]]
        data = _moved(moved["the data"], kinds[name]) if "the data" in moved else "none"
        table.add_row(name, *cells, *[""] * (2 - len(cells)), data)
    text = "Change of the answer for each doubling of the weight of a prior, or of the data; in brackets 90 %."
    return [*_heading("Prior against data", text), table, *_diagnosed(document["power_scaling"])]


def _moved(share: Share, output: Document) -> str:
    scale, unit = (100, "points") if output["kind"] == "probability" else (1, output["unit"])
    low, value, high = (scale * share[key] for key in ("low", "value", "high"))
    digits = 0 if output["kind"] == "probability" else 2
    return f"{value:+.{digits}f} {unit} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _diagnosed(found: Document) -> list[RenderableType]:
    """Power-scaling of every input and answer, in words."""
    rows = found.get("diagnostics", [])
    if not rows:
        return []
    table = FittingTable(
        [Column("input or answer", words=True), Column("prior"), Column("data"), Column("what moves it", 1, words=True)]
    )
    for row in rows:
        table.add_row(row["name"], f"{row['prior']:.2f}", f"{row['likelihood']:.2f}", row["diagnosis"])
    return [Text("Power-scaling (ArviZ): distance for each doubling", style="dim"), table]


def _prior(prior: Document) -> list[RenderableType]:
    names = list(prior["groups"])
    ranked = {o["name"]: sorted(names, key=lambda n: -o["total"][n]["value"])[:4] for o in prior["outputs"]}
    places = [Column(place, rank, words=True) for rank, place in enumerate(("first", "second", "third", "fourth"))]
    table = FittingTable([Column("answer under the prior", words=True), *places], show_lines=True)
    for output in prior["outputs"]:
        cells = [
            f"{n}\nfirst order {_percent(output['first'][n]['value'])} %\n"
            f"total {_percent(output['total'][n]['value'])} % "
            f"({_percent(output['total'][n]['low'])}..{_percent(output['total'][n]['high'])})"
            for n in ranked[output["name"]]
        ]
        table.add_row(output["name"], *cells, *[""] * (4 - len(cells)))
    order = "; ".join(", ".join(block) for block in prior["order"]) or "none depend on each other"
    text = (
        f"Sobol indices, {prior['base_points']:,} base points, before any evidence. Of parameters that depend on each "
        f"other each counts for what it adds to those before it: {order}."
    )
    return [*_heading("Under the prior", text), table]


def _alternatives(rows: list[Document]) -> list[RenderableType]:
    sets = [Column(row["priors"], rank) for rank, row in enumerate(rows)]
    table = FittingTable([Column("answer", words=True), *sets], show_lines=True)
    for i, answer in enumerate(rows[0]["answers"]):
        table.add_row(answer["output"], *(_alternative(row["answers"][i]) for row in rows))
    own = [f"{row['priors']}: {row['diagnostics']['status']}, {health_text(row['diagnostics'])}" for row in rows[1:]]
    return [*_heading("Under other priors", "The same evidence; means, and their change."), table, *map(Text, own)]


def _alternative(answer: Document) -> str:
    if answer["mean"] is None:
        return "never"
    chance = answer["interval"] is None
    value = f"{100 * answer['mean']:.0f} %" if chance else f"{answer['mean']:.2f}"
    if answer["change"] is None:
        return value
    return f"{value}\n{100 * answer['change']:+.0f} points" if chance else f"{value}\n{answer['change']:+.2f}"


def _decision(decision: Document) -> list[RenderableType]:
    table = FittingTable([Column("learn", words=True), Column("saves"), Column("90 % interval", rank=1)])
    for row in decision["learning"][:8]:
        low, high = (number_text(row[end], 3) for end in ("low", "high"))
        table.add_row(row["input"], number_text(row["value"], 3), f"{low}..{high}")
    losses = ", ".join(f"{name} {number_text(loss, 3)}" for name, loss in decision["expected_loss"].items())
    text = (
        f"Without learning anything: {decision['best']} (expected losses in {decision['unit']}: {losses}). Knowing the "
        f"outcome itself ({decision['outcome']}) would save {number_text(decision['perfect']['value'], 3)}."
    )
    return [*_heading(f"Worth of learning: {decision['title']}", text), table]


def _checks(document: Document, files: Iterable[Path], notes: Iterable[str]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("", "")
    grid.add_row("card", f"{document['card']}, priors {document['priors']}, {document['draws']:,} draws")
    warned = [o for o in document["outputs"] if o["verdict"]["status"] != "ok"]
    for output in warned:
        grid.add_row("check", Text(f"{output['name']}: {output['verdict']['message']}", style="yellow"))
    if not warned:
        said = "intervals are narrow"
        if document.get("twin"):
            most = max(output["missed"] for output in document["outputs"])
            points = f"{100 * max(most, 0):.0f}"
            said = f"a second forecast with other chance says that the shares miss at most {points} points of 100"
        grid.add_row("check", Text(f"ok: {said}", style="green"))
    for name, members in document["groups"].items():
        grid.add_row("inputs", f"{name}: {', '.join(members)}")
    if document["known_exactly"]:
        grid.add_row("inputs", f"known exactly, so they drive nothing: {', '.join(document['known_exactly'])}")
    for name in document["left_out"]:
        grid.add_row("left out", f"{name} (nearly all draws agree, or too few to tell)")
    for note in notes:
        grid.add_row("note", Text(note, style="yellow"))
    grid.add_row("files", "\n".join(map(str, files)))
    return grid
