"""``meekcast models``: the model cards, and what each says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, known


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    name: Annotated[
        str | None, typer.Argument(help="Show one card, by name or path.", autocompletion=known("models"))
    ] = None
    json: Json = False


@command(Options)
def models(options: Options) -> None:
    """List the model cards, or show one with its story, components and priors."""
    from meekcast.cards import library
    from meekcast.report.cards import card_report, list_document, list_report
    from meekcast.report.terminal import show

    if options.name is None:
        cards = [library.load_card(name) for name in library.names("models")]
        show(list_document(cards), lambda: list_report("models", cards), as_json=options.json)
    else:
        card = library.load_card(options.name)
        show(library.document_of(card), lambda: card_report(card), as_json=options.json)
