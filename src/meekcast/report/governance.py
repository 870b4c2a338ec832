"""The table of FLOP rules: when a budget passes each, and how long that leaves."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.answers import origin, years_text
from meekcast.report.layout import Column, FittingTable
from meekcast.report.tables import by_column, date_text, not_by_column, probability_text
from meekcast.whatif.budgets import usd_text

if TYPE_CHECKING:
    from meekcast.whatif.documents import GovernanceDocument, PassingDocument

EFFECTIVE = "Effective: counted in FLOP of the algorithms to which the scaling law was fitted; laws count raw FLOP."


def governance_report(document: GovernanceDocument, files: Iterable[Path]) -> RenderableType:
    """When each budget passes each rule.

    Parameters
    ----------
    document : dict
        From `meekcast.whatif.documents.governance_document`.
    files : iterable of pathlib.Path
        What was written.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    notes = [EFFECTIVE]
    if not any(passing["counted"] == "raw" for passing in document["passings"]):
        notes.append('Raw compute is known only of followers of growth = "training": a price band buys inference.')
    if document["passings"][0]["lead_time"] is None:
        notes.append("Years since the start; --anchor DATE puts the start on the calendar and gives lead times.")
    else:
        notes.append(f"Lead time: years from {document['today']}; negative where the date is past.")
    lines = [Text(note, style="dim") for note in notes]
    return Group(
        Text("\nWhen a budget passes a FLOP rule", style="bold"), *lines, _table(document), origin(document, files)
    )


def _table(document: GovernanceDocument) -> FittingTable:
    passings = document["passings"]
    dated = passings[0]["lead_time"] is not None
    years = list(passings[0]["probability_by"])[:2]
    lead = [Column("lead time\n90 % interval", rank=2)] if dated else []
    table = FittingTable(
        [
            Column("rule, counted", words=True),
            Column("median\n90 % interval"),
            *lead,
            *(by_column(year, document["clock"] == "calendar") for year in years),
            not_by_column(document, rank=1),
        ]
    )
    flop = {rule["name"]: rule["flop"] for rule in document["rules"]}
    for usd in dict.fromkeys(passing["budget_usd"] for passing in passings):
        table.add_row(Text(usd_text(usd) if usd else "the card's own budget", style="bold"))
        for passing in (p for p in passings if p["budget_usd"] == usd):
            table.add_row(*_row(passing, flop[passing["rule"]], years, document))
        table.add_section()
    return table


def _row(passing: PassingDocument, flop: float, years: list[str], document: GovernanceDocument) -> list[str]:
    point = passing["draws"] == 1
    q = {p: date_text(value, document) for p, value in passing["quantiles"].items()}
    cells = [f"{passing['rule']}, {flop_text(flop)}, {passing['counted']}", _interval(q, point)]
    if passing["lead_time"] is not None:
        left = {p: "past" if q[p] == "at start" else years_text(value) for p, value in passing["lead_time"].items()}
        cells.append(_interval(left, point))
    chances = [passing["probability_by"][year] for year in years] + [passing["probability_not_by_horizon"]]
    return cells + [probability_text(p["value"], point) for p in chances]


def _interval(q: dict[str, str], point: bool) -> str:
    if point or q["0.05"] == q["0.95"]:
        return q["0.5"]
    return f"{q['0.5']}\n{q['0.05']} – {q['0.95']}"


def flop_text(flop: float) -> str:
    """A number of FLOP, short.

    Examples
    --------
    >>> flop_text(1e25), flop_text(2.5e23)
    ('1e25', '2.5e23')
    """
    return f"{flop:.3g}".replace("e+", "e")
