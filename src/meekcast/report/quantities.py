"""What can be asked of a card: its quantities, and the grammar of questions with examples that work."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text

if TYPE_CHECKING:
    from meekcast.cards.schema import ModelCard
    from meekcast.vocabulary.quantities import Quantity

GRAMMAR = (
    ("QUANTITY < NUMBER [UNIT]", "from when on it holds, up to the horizon; also <= > >="),
    ("QUANTITY >= QUANTITY", "one quantity against another in the same unit"),
    ("... first", "the first date on which it holds, whatever comes after"),
    ("... for 6 months", "the first date from which it holds for that long; also years, days"),
    ("QUANTITY at DATE", "the quantity as it is on that date: 2027 (its end), 2027-06-30"),
    ("... and ..., ... or ...", "several conditions at once; brackets group them"),
)
"""Forms of a question, and what each asks."""

OBSERVED = "_observed: what a leaderboard will show, with noise and the best so far; without it: the latent score."


def examples(card: ModelCard) -> list[str]:
    """Questions that this card answers."""
    benchmark = next((f"{s.name}_gap_observed < 3" for s in card.series), "tokens > 1_000")
    date = "2027-06-30" if card.clock == "calendar" else "5"
    return [
        f"meekcast when 'loss_gap < 0.05' --card {card.name}",
        f"meekcast when '{benchmark} for 6 months' --card {card.name}",
        f"meekcast when 'loss_gap < 0.05 at {date}' --card {card.name}",
        f"meekcast when '(loss_gap < 0.05 or lag < 0.5) and tokens > 300' --card {card.name}",
        f"meekcast when 'level of {card.followers[0].name} >= frontier_level at {date}' --card {card.name}",
        f"meekcast when 'loss_gap < 0.05' --given 'lag > 0.5 at {date}' --card {card.name}",
    ]


def quantities_document(card: ModelCard) -> dict[str, Any]:
    """Quantities, other names of them, forms of questions, and examples, as plain values."""
    return {
        "card": card.name,
        "quantities": [
            {
                "name": name,
                "unit": quantity.unit,
                "meaning": quantity.long_name,
                "low": quantity.low,
                "high": quantity.high,
            }
            for name, quantity in card.quantities.items()
        ],
        "aliases": dict(card.scope.aliases),
        "grammar": [{"form": form, "asks": asks} for form, asks in GRAMMAR],
        "examples": examples(card),
    }


def quantities_report(card: ModelCard) -> RenderableType:
    """The same for people."""
    table = FittingTable(
        [
            Column("quantity", left=True),
            Column("unit", rank=1, left=True),
            Column("meaning", words=True),
            Column("range", rank=2),
        ],
        box=SIMPLE_HEAD,
    )
    for name, quantity in card.quantities.items():
        table.add_row(name, quantity.unit, quantity.long_name, _range(quantity))
    grammar = FittingTable([Column("question", left=True), Column("what it asks", words=True)], box=SIMPLE_HEAD)
    for form, asks in GRAMMAR:
        grammar.add_row(form, asks)
    aliases = "; ".join(f"{alias}: {name}" for alias, name in card.scope.aliases.items() if alias.endswith("_level"))
    return Group(
        Text(f"\nWhat can be asked of card {card.name}", style="bold"),
        table,
        Text(f"other names  {aliases}\n{OBSERVED}"),
        Text("\nHow to ask", style="bold"),
        grammar,
        Text("\n".join(examples(card)), no_wrap=True, overflow="ignore"),  # to be copied: no line is broken
    )


def _range(quantity: Quantity) -> str:
    if math.isinf(quantity.low) and math.isinf(quantity.high):
        return "any"
    low, high = number_text(quantity.low), number_text(quantity.high)
    return f"from {low}" if math.isinf(quantity.high) else f"{low} to {high}"
