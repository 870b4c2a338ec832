"""``meekcast models``: the model cards, and what each says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, known
from meekcast.errors import InputError

if TYPE_CHECKING:
    from meekcast.calibrations.documents import Calibrated


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
        card, named = library.load_card(options.name), options.name
        show(
            library.document_of(card),
            lambda: card_report(card, _calibration(card.name, named)),
            as_json=options.json,
        )


def _calibration(name: str, named: str) -> Calibrated | None:
    """How a card did in simulations, if that is known of its evidence as it is now."""
    from meekcast.calibrations import shelf
    from meekcast.inputs import gather

    if not shelf.any_of(name):
        return None
    try:
        return shelf.find(gather(named))
    except InputError:  # a card is shown also where its evidence is not there
        return None
