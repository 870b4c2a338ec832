"""Cards and prior sets for readers: lists, one of them with every number, and two prior sets side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.report.calibration import calibration_line
from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text

if TYPE_CHECKING:
    from meekcast.beliefs.belief import Belief
    from meekcast.calibrations.documents import Calibrated
    from meekcast.cards.priors import Priors, PriorSet
    from meekcast.cards.schema import FollowerEntry, ModelCard

INTERVAL = (0.05, 0.5, 0.95)


def list_document(items: Iterable[Any]) -> list[dict[str, str]]:
    """Names and titles."""
    return [{"name": item.name, "title": item.title} for item in items]


def list_report(kind: str, items: Iterable[Any]) -> RenderableType:
    """Names and titles, and how to see one."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for item in items:
        table.add_row(item.name, item.title)
    return Group(table, Text(f"Show one with `meekcast {kind} NAME`.", style="dim"))


def card_report(card: ModelCard, calibration: Calibrated | None = None) -> RenderableType:
    """A card's story, components, events and priors, and how it did in simulations where that is known."""
    facts = _facts(card)
    if calibration:
        facts.add_row("calibration", calibration_line(calibration))
    return Group(heading(card.name, card.title), Text(flow(card.story) + "\n"), facts, Text(), *_priors(card))


def priors_report(prior_set: PriorSet) -> RenderableType:
    """Every prior of a set."""
    text = Text(flow(prior_set.description) + "\n")
    return Group(heading(prior_set.name, prior_set.title), text, *_priors(prior_set))


def compared_report(rows: Mapping[str, Mapping[str, Any]], names: Sequence[str], folder: Path) -> RenderableType:
    """Intervals of two prior sets side by side; the pictures are in the folder."""
    columns = [Column("parameter", words=True), Column("unit", rank=1, words=True)]
    table = FittingTable([*columns, *(Column(name, words=True) for name in names)])
    for name, row in rows.items():
        table.add_row(name, row["unit"], *(interval_text(row["quantiles"][of]) for of in names))
    return Group(table, Text(f"median [90 % interval]; pictures in {folder}", style="dim"))


def interval_text(values: Sequence[float]) -> str:
    """Median and central 90 % interval; a point is one number.

    Examples
    --------
    >>> interval_text([2.0, 2.4, 2.9]), interval_text([1.0, 1.0, 1.0])
    ('2.4 [2, 2.9]', '1')
    """
    low, median, high = map(number_text, values)
    return median if low == high else f"{median} [{low}, {high}]"


def heading(name: str, title: str) -> Text:
    """Name and title, to stand above."""
    return Text.assemble((name, "bold"), f": {title}\n")


def flow(text: str) -> str:
    """Text without the line breaks of its TOML file."""
    return " ".join(text.split())


def _facts(card: ModelCard) -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    facts.add_row("wrong if", flow(card.wrong_if))
    facts.add_row("clock", f"{card.clock}" + (f", from {card.start}" if card.start else "") + f", to {card.horizon:g}")
    for follower in card.followers:
        facts.add_row("follower", follower_text(follower))
    facts.add_row("discrepancy", card.discrepancy)
    facts.add_row("prior set", card.priors)
    for b in card.benchmarks:
        since = f", since {b.since}" if b.since else ""
        since += ", best so far at quarter ends" if b.rule == "quarter_ends" else ""
        since += f", prices seen within {b.prices_within} days" if b.prices_within is not None else ""
        facts.add_row(
            "benchmark", f"{b.name} from {b.evidence}{since}, {b.link} link, floor {b.floor:g}. {b.rationale}"
        )
    for name in (*card.trends, *([card.losses] if card.losses else [])):
        facts.add_row("evidence", f"{name}, on parameters")
    for e in card.events:
        facts.add_row("event", f"{e.name}: {e.ask}")
    return facts


def follower_text(follower: FollowerEntry) -> str:
    """A follower in one line: who counts, from when on, and what it grows by.

    Examples
    --------
    >>> from meekcast.cards.library import load_card
    >>> follower_text(load_card("paper").followers[0])
    'budget, grows by training'
    """
    entry = f", counted by {follower.entry}" if follower.rule and "price" in follower.rule else ""
    rule = f": {follower.rule}{entry}" if follower.rule else ""
    return f"{follower.name}{rule}, grows by {follower.growth}"


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
    return f"{entry.source}. {flow(entry.rationale)}".strip().rstrip(".") + "."


def _joint_note(joint: Any) -> Text:
    rows = "; ".join(" ".join(f"{v:.6g}" for v in row) for row in joint.covariance)
    text = f"joint ({', '.join(joint.parameters)}): mean {' '.join(f'{m:.6g}' for m in joint.mean)}; covariance {rows}"
    if joint.widening:
        w = joint.widening
        text += f"; widened: SD of alpha {w.sd:g} about {w.pivot_compute:g} FLOP ({w.source}. {w.rationale})"
    return Text(text, style="dim")


def _correlation(entry: Any) -> Text:
    return Text(f"correlation of {' and '.join(entry.between)}: {entry.value:g}. {_why(entry)}", style="dim")
