"""``meekcast models | priors | evidence | check | cache``: what there is, and what it says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast import cache
from meekcast.beliefs.belief import Belief
from meekcast.cards import library
from meekcast.cards.schema import ModelCard, Priors, PriorSet
from meekcast.files import to_json
from meekcast.observations import EvidenceTable, LossTable, ParameterTable, TrendTable
from meekcast.report.tables import out_console

INTERVAL = (0.05, 0.5, 0.95)

type Item = ModelCard | PriorSet | EvidenceTable | ParameterTable

LOADERS: dict[str, Callable[[str], Item]] = {
    "models": library.load_card,
    "priors": library.load_priors,
    "evidence": library.load_any_evidence,
}


def show(kind: str, name: str | None, json: bool) -> None:
    """List a kind of files, or show one of them."""
    load = LOADERS[kind]
    if name is None:
        names = library.evidence_names() if kind == "evidence" else library.names(kind)
        items = [load(n) for n in names]
        if json:
            print(to_json([{"name": item.name, "title": item.title} for item in items]))
        else:
            out_console().print(_listing(kind, items))
        return
    item = load(name)
    if json:
        print(to_json(item.model_dump(mode="json", by_alias=True, exclude_none=True)))
    else:
        out_console().print(_shown(item))


def compare_priors(first: str, second: str, folder: Path, json: bool) -> None:
    """Draw two prior sets, one picture a parameter, and print their intervals side by side."""
    from meekcast.plots.compare import write_priors

    sets = [library.load_priors(name) for name in (first, second)]
    one, two = sets
    beliefs = [prior_set.belief for prior_set in sets]
    units = one.units() | two.units()
    files = write_priors((one.name, beliefs[0]), (two.name, beliefs[1]), units, folder)
    names = [file.stem for file in files]
    rows = {
        n: {s.name: [b.quantile(n, p) for p in INTERVAL] for s, b in zip(sets, beliefs, strict=True)} for n in names
    }
    if json:
        print(to_json({name: {"unit": units[name], "quantiles": row} for name, row in rows.items()}))
        return
    table = Table()
    for column in ("parameter", "unit", one.name, two.name):
        table.add_column(column, overflow="fold")
    for name, row in rows.items():
        table.add_row(name, units[name], *(_interval(values) for values in row.values()))
    out_console().print(Group(table, Text(f"median [90 % interval]; pictures in {folder}", style="dim")))


def _interval(values: list[float]) -> str:
    low, median, high = values
    return f"{median:.4g}" if low == high else f"{median:.4g} [{low:.4g}, {high:.4g}]"


def check_file(file: Path) -> None:
    """Say what a file is, or what is wrong with it."""
    item = library.check(file)
    kinds = {ModelCard: "model card", PriorSet: "prior set", EvidenceTable: "evidence table", TrendTable: "trend"}
    kinds[LossTable] = "table of losses"
    kind = kinds.get(type(item), "table of points")
    if isinstance(item, ModelCard):
        from meekcast.inputs import gather

        gather(os.path.join(".", file))
    print(f"{file}: a valid {kind}, {item.name!r}")  # type: ignore[attr-defined]


def show_cache(clear: bool, json: bool) -> None:
    """List or clear the cached posteriors."""
    removed = cache.clear() if clear else 0
    files = [{"file": str(file), "bytes": file.stat().st_size} for file in cache.entries()]
    if json:
        print(to_json({"folder": str(cache.folder()), "removed": removed, "entries": files}))
        return
    if clear:
        print(f"removed {removed} posterior{'' if removed == 1 else 's'} from {cache.folder()}")
    else:
        size = sum(int(f["bytes"]) for f in files) / 1e6  # type: ignore[call-overload]
        print(f"{len(files)} posterior{'' if len(files) == 1 else 's'}, {size:.1f} MB, in {cache.folder()}")


def _listing(kind: str, items: Iterable[Any]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for item in items:
        table.add_row(item.name, item.title)
    return Group(table, Text(f"Show one with `meekcast {kind} NAME`.", style="dim"))


def _shown(item: Item) -> RenderableType:
    if isinstance(item, EvidenceTable):
        return _evidence(item)
    if isinstance(item, TrendTable | LossTable):
        return _informing(item)
    if isinstance(item, ModelCard):
        return Group(*_card(item), *_priors(item))
    return Group(_heading(item.name, item.title), Text(_flow(item.description) + "\n"), *_priors(item))


def _heading(name: str, title: str) -> Text:
    return Text.assemble((name, "bold"), f": {title}\n")


def _card(card: ModelCard) -> list[RenderableType]:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    facts.add_row("wrong if", _flow(card.wrong_if))
    facts.add_row("clock", f"{card.clock}" + (f", from {card.start}" if card.start else "") + f", to {card.horizon:g}")
    facts.add_row("budget actor", card.budget)
    facts.add_row("discrepancy", card.discrepancy)
    facts.add_row("prior set", card.priors)
    for b in card.benchmarks:
        since = f", since {b.since}" if b.since else ""
        since += ", best so far at quarter ends" if b.rule == "quarter_ends" else ""
        since += f", prices seen within {b.prices_within} days" if b.prices_within is not None else ""
        facts.add_row(
            "benchmark", f"{b.name} from {b.evidence}{since}, {b.link} link, floor {b.floor:g}. {b.rationale}"
        )
    for name in (*card.trends, *([card.points] if card.points else [])):
        facts.add_row("evidence", f"{name}, on parameters")
    for e in card.events:
        facts.add_row("event", f"{e.name}: {e.ask}")
    return [_heading(card.name, card.title), Text(_flow(card.story) + "\n"), facts, Text()]


def _priors(statements: Priors) -> list[RenderableType]:
    """Every number with its unit, source and rationale."""
    belief = statements.belief
    table = Table.grid(padding=(0, 2, 1, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, entry in statements.parameters.items():
        fit = entry.parsed.fit_error
        note = f" (fit error {fit:.1%} in probability)" if fit and fit >= 5e-4 else ""
        table.add_row(name, _stated(f"{entry.prior}{note}", belief, name, entry.unit, _why(entry)))
    for joint in statements.joint:
        for i, name in enumerate(joint.parameters):
            kind = f"{joint.families[i]}, joint with {', '.join(n for n in joint.parameters if n != name)}"
            why = _why(joint) if i == 0 else ""
            table.add_row(name, _stated(kind, belief, name, joint.units[i], why))
    return [table, *map(_joint_note, statements.joint), *map(_correlation, statements.correlations)]


def _stated(prior: str, belief: Belief, name: str, unit: str, why: str) -> Text:
    low, median, high = (belief.quantile(name, p) for p in INTERVAL)
    spread = f"{median:.10g} {unit}" if low == high else f"{median:.4g} [{low:.4g}, {high:.4g}] {unit}, median and 90 %"
    known = prior == f"{median:g}" or low == high
    head = spread if known else f"{prior}\n{spread}"
    return Text.assemble(head, ("\n" + why, "dim") if why else "")


def _why(entry: Any) -> str:
    return f"{entry.source}. {_flow(entry.rationale)}".strip().rstrip(".") + "."


def _flow(text: str) -> str:
    """Text without the line breaks of its TOML file."""
    return " ".join(text.split())


def _joint_note(joint: Any) -> Text:
    rows = "; ".join(" ".join(f"{v:.6g}" for v in row) for row in joint.covariance)
    text = f"joint ({', '.join(joint.parameters)}): mean {' '.join(f'{m:.6g}' for m in joint.mean)}; covariance {rows}"
    if joint.widening:
        w = joint.widening
        text += f"; widened: SD of alpha {w.sd:g} about {w.pivot_compute:g} FLOP ({w.source}. {w.rationale})"
    return Text(text, style="dim")


def _correlation(entry: Any) -> Text:
    return Text(f"correlation of {' and '.join(entry.between)}: {entry.value:g}. {_why(entry)}", style="dim")


def _evidence(table: EvidenceTable) -> RenderableType:
    rows = Table(pad_edge=False)
    if table.kind == "gaps":
        for column in ("date", "frontier", "budget", "gap"):
            rows.add_column(column, justify="right")
        for g in sorted(table.gaps, key=lambda g: g.date):
            rows.add_row(str(g.date), f"{g.frontier:g}", f"{g.budget:g}", f"{g.frontier - g.budget:g}")
    else:
        known_since = any(r.price_seen_after is not None for r in table.records)
        for column in ("actor", "date", "model"):
            rows.add_column(column, overflow="fold")
        for column in ("score", "SE", "price", *(["seen"] if known_since else [])):
            rows.add_column(column, justify="right")
        for r in sorted(table.records, key=lambda r: (r.actor, r.date)):
            known = (r.score_se, r.price, *([r.price_seen_after] if known_since else []))
            numbers = (f"{v:g}" if v is not None else "" for v in known)
            rows.add_row(r.actor, str(r.date), r.model, f"{r.score:g}", *numbers)
    units = f"unit: {table.unit}; dates to the {table.date_precision}; prices in USD per million tokens"
    if any(r.price_seen_after is not None for r in table.records):
        units += ", first seen that many days after release"
    facts = f"budget actor: {table.budget_rule}\n{units}"
    about = f"source: {table.source}\nlicence: {table.licence}\n{_flow(table.caveats)}"
    return Group(_heading(table.name, table.title), Text(facts), rows, Text(about))


def _informing(table: ParameterTable) -> RenderableType:
    """Rows of a trend or of losses, and what they say about the parameters that they inform."""
    rows = Table(pad_edge=False)
    if isinstance(table, TrendTable):
        for column in ("date", "value", "label"):
            rows.add_column(column, justify="right" if column == "value" else "left")
        for t in sorted(table.rows, key=lambda r: r.date):
            left_out = "" if t in table.used() else f" (before {table.since}: left out)"
            rows.add_row(str(t.date), f"{t.value:.4g}", t.label + left_out)
        why = f"extra SD of ln {table.parameter}: {table.extra_sd:g}. {_flow(table.rationale)}"
    else:
        for column in ("model", "params", "tokens", "loss"):
            rows.add_column(column, justify="left" if column == "model" else "right")
        for r in table.used():
            rows.add_row(r.model, f"{r.params:.4g}", f"{r.tokens:.4g}", f"{r.loss:.4g}")
        why = f"SD of alpha between corpora: {table.corpus_sd:g}, turning the law about its loss at 1e20 FLOP"
    measurement = table.measurement()
    quantiles = measurement.quantiles(INTERVAL) if measurement else {}
    said = "; ".join(f"{name} {_interval(values)}" for name, values in quantiles.items())
    facts = f"says, by itself: {said}, median and 90 %\nunit: {table.unit}"
    about = f"{why}\nsource: {table.source}\nlicence: {table.licence}\n{_flow(table.caveats)}"
    return Group(_heading(table.name, table.title), Text(facts), rows, Text(about))
