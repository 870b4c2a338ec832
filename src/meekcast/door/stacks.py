"""Several cards averaged, from Python."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, override

from meekcast.door.backtests import held_out_of
from meekcast.door.events import event_cells, event_columns, event_row
from meekcast.door.making import Told, asked, forecast_of, gathered, listening, settings_of
from meekcast.door.named import Named
from meekcast.door.shown import Sheet, Shown, frame
from meekcast.files import to_json
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.door.pictures import StackPlots
    from meekcast.stacks.documents import StackDocument


class Stack(Shown):
    """Several cards averaged, each weighed by how it did on past dates.

    `meekcast.stack` makes one, `meekcast.open` reads one from its folder.

    Parameters
    ----------
    document : dict
        As the stack's ``summary.json`` holds it.
    """

    def __init__(self, document: StackDocument) -> None:
        self.document = document

    @property
    def table(self) -> pd.DataFrame:
        """Each card's weight, its group, prior weight and mean log score."""
        rows = [
            {
                "card": card["card"],
                "weight": card["weight"],
                "group": card["group"],
                "prior weight": card["prior_weight"],
                "log score": card["score"]["log_score"] if card["score"] else None,
            }
            for card in self.document["weights"]["cards"]
        ]
        return frame(rows, "card")

    @property
    def events(self) -> pd.DataFrame:
        """When the events that all cards ask happen, as of a forecast."""
        return frame([event_row(event, self.document) for event in self.document["events"]], "event")

    @property
    def plot(self) -> StackPlots:
        """The picture: ``.events()``."""
        from meekcast.door.pictures import StackPlots

        return StackPlots(self.document)

    def save(self, folder: str | Path) -> Path:
        """Write summary.json and stack.png, as ``meekcast forecast --stack`` does; returns the folder.

        Raises
        ------
        OutputError
            If they cannot be written; earlier files stay.
        """
        from meekcast.plots.stack import draw_stack
        from meekcast.stacks.summary import write_stack

        write_stack(self.document, Path(folder), draw_stack)
        return Path(folder)

    @override
    def _sheet(self) -> Sheet:
        document: StackDocument = {**self.document, "point": False}
        rows = [event_cells(event, document) for event in document["events"]]
        weights = ", ".join(f"{c['card']} {100 * c['weight']:.0f} %" for c in document["weights"]["cards"])
        notes = [f"weights: {weights}", f"asked on {document['today']}"]
        return Sheet(document["title"], event_columns(document), rows, notes)


def stack(
    cards: Sequence[Named] = (),
    weights: Mapping[str, float] | None = None,
    *,
    priors: Named | None = None,
    set: Mapping[str, float] | None = None,
    prior: Mapping[str, str | float] | None = None,
    evidence: Named | Iterable[Named] = (),
    until: float | None = None,
    today: dt.date | str | None = None,
    seed: int = 0,
    draws: int = Settings.draws,
    fresh: bool = False,
    progress: Told = None,
) -> Stack:
    """Average the forecasts of several cards.

    Cards are weighed by how they did on past dates, where these can tell them apart, and by `weights` where they
    cannot. A card that was never backtested is backtested first, which takes minutes, once.

    Parameters
    ----------
    cards : sequence of str or path
        Two cards or more; leaderboard and its variants by default.
    weights : mapping of str to float, optional
        Prior weights by the name of the card, positive; 1 where nothing is said.
    priors, set, prior, evidence, until, today, seed, draws, fresh, progress
        As in `meekcast.forecast`, for all cards.

    Returns
    -------
    Stack
        Dates of the events that all cards ask.

    Raises
    ------
    InputError
        If the cards cannot be averaged, or a weight is wrong.
    """
    from meekcast.cards.library import variants
    from meekcast.stacks.obtain import check_stackable, read_weights
    from meekcast.stacks.summary import stack_summary
    from meekcast.stacks.weighing import weigh

    settings = settings_of(seed=seed, draws=draws)
    chosen = cards or variants("leaderboard")
    dated = [asked(gathered(card, priors, set, prior, evidence), today) for card in chosen]
    every, asked_on = [inputs for inputs, _ in dated], dated[0][1]
    check_stackable(every, until)
    stated = [f"{name}={weight!r}" for name, weight in (weights or {}).items()]
    prior_weights = read_weights(stated, [inputs.card.name for inputs in every])
    with listening(progress) as listener:
        held = {i.card.name: held_out_of(i, seed, listener) if i.tables else None for i in every}
        runs = [forecast_of(inputs, settings, until, asked_on, fresh, listener).source for inputs in every]
        listener.step("weighing and averaging")
        return Stack(json.loads(to_json(stack_summary(runs, weigh(held, prior_weights, seed)))))
