"""``meekcast quantities``: what can be asked of a card, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, known


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    card: Annotated[
        str, typer.Argument(metavar="CARD", help="Card, by name or path.", autocompletion=known("models"))
    ] = "leaderboard"
    json: Json = False


@command(Options)
def quantities(options: Options) -> None:
    """List what can be asked of a card (name, unit, meaning, range) and the grammar of questions."""
    from meekcast.cards.library import load_card
    from meekcast.report.quantities import quantities_document, quantities_report
    from meekcast.report.terminal import show

    card = load_card(options.card)
    show(quantities_document(card), lambda: quantities_report(card), as_json=options.json)
