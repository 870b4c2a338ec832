"""Tables of evidence for readers: every row with its source and licence, and what it says about parameters."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.observations import EvidenceTable, ParameterTable, TrendTable
from meekcast.report.cards import INTERVAL, flow, heading, interval_text
from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text


def evidence_report(table: EvidenceTable | ParameterTable) -> RenderableType:
    """Records of a leaderboard, values of a trend, or losses."""
    return _scores(table) if isinstance(table, EvidenceTable) else _informing(table)


def _scores(table: EvidenceTable) -> RenderableType:
    rows = _gaps(table) if table.kind == "gaps" else _records(table)
    units = f"unit: {table.unit}; dates to the {table.date_precision}; prices in USD per million tokens"
    if any(r.price_seen_after is not None for r in table.records):
        units += ", first seen that many days after release"
    facts = f"budget actor: {table.budget_rule}\n{units}"
    about = f"source: {table.source}\nlicence: {table.licence}\n{flow(table.caveats)}"
    return Group(heading(table.name, table.title), Text(facts), rows, Text(about))


def _gaps(table: EvidenceTable) -> FittingTable:
    rows = FittingTable([Column(name) for name in ("date", "frontier", "budget", "gap")])
    for g in sorted(table.gaps, key=lambda g: g.date):
        rows.add_row(str(g.date), *map(number_text, (g.frontier, g.budget, g.frontier - g.budget)))
    return rows


def _records(table: EvidenceTable) -> FittingTable:
    known_since = any(r.price_seen_after is not None for r in table.records)
    rows = FittingTable(
        [
            Column("actor", rank=1),
            Column("date"),
            Column("model", words=True),
            Column("score"),
            Column("SE", rank=3),
            Column("price", rank=2),
            *([Column("seen", rank=4)] if known_since else []),
        ]
    )
    for r in sorted(table.records, key=lambda r: (r.actor, r.date)):
        known = (r.score_se, r.price, *([r.price_seen_after] if known_since else []))
        rows.add_row(r.actor, str(r.date), r.model, f"{r.score:g}", *("" if v is None else f"{v:g}" for v in known))
    return rows


def _informing(table: ParameterTable) -> RenderableType:
    """Rows of a trend or of losses, and what they say about the parameters that they inform."""
    if isinstance(table, TrendTable):
        rows = FittingTable([Column("date"), Column("value"), Column("label", words=True)])
        for t in sorted(table.rows, key=lambda r: r.date):
            left_out = "" if t in table.used() else f" (before {table.since}: left out)"
            rows.add_row(str(t.date), number_text(t.value), t.label + left_out)
        why = f"extra SD of ln {table.parameter}: {table.extra_sd:g}. {flow(table.rationale)}"
    else:
        rows = FittingTable([Column("model", words=True), *map(Column, ("params", "tokens", "loss"))])
        for r in table.used():
            rows.add_row(r.model, *map(number_text, (r.params, r.tokens, r.loss)))
        why = f"SD of alpha between corpora: {table.corpus_sd:g}, turning the law about its loss at 1e20 FLOP"
    measurement = table.measurement()
    quantiles = measurement.quantiles(INTERVAL) if measurement else {}
    said = "; ".join(f"{name} {interval_text(values)}" for name, values in quantiles.items())
    facts = f"says, by itself: {said}, median and 90 %\nunit: {table.unit}"
    about = f"{why}\nsource: {table.source}\nlicence: {table.licence}\n{flow(table.caveats)}"
    return Group(heading(table.name, table.title), Text(facts), rows, Text(about))
