"""What is ranked: parameters, departures, gaps and lags now and a year on, and the dates of a card's events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from meekcast.equations.types import Array
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.predictions import Latent, time_grid
from meekcast.forecasts.questions.evaluate import outcome
from meekcast.model.realised import path_departures, tastes
from meekcast.vocabulary.grammar import parse

if TYPE_CHECKING:
    from meekcast.inputs import Inputs

type Kind = Literal["parameter", "board", "departure", "taste", "gap", "lag", "event"]

DATES = {"now": 0, "in a year": 12}
"""When gaps and lags are ranked: months after the last evidence, or at the horizon if that is earlier."""


class Ranked(NamedTuple):
    """A quantity that is ranked: its kind, what is read or asked, and where it is not dated, when."""

    kind: Kind
    of: str
    when: str = ""

    @property
    def name(self) -> str:
        """What it is called in results."""
        return f"{self.of} {self.when}".rstrip()


def quantities(inputs: Inputs) -> tuple[Ranked, ...]:
    """What is ranked of a card.

    Parameters
    ----------
    inputs : Inputs
        A card with evidence.

    Returns
    -------
    tuple of Ranked
        Parameters that are not known (those of boards by themselves), departures of paths and tastes of boards at the
        last date of evidence, gap on each board and lag of each follower then and a year on, events. Where an event is
        about a gap as a board shows it, the true gap is asked for: what a board shows goes on from the real records.
    """
    card = inputs.card
    gaps = [f"{series.name}_gap" for series in card.series]
    lags = [f"{card.prefix(follower)}lag" for follower in card.followers]
    boards = tuple(f"{name}_" for name in card.benchmark_names)
    events = dict.fromkeys(event.ask.replace("_gap_observed", "_gap") for event in card.events)
    return (
        *(Ranked("parameter", name) for name in inputs.belief.free if not name.startswith(boards)),
        *(Ranked("board", name) for name in inputs.belief.free if name.startswith(boards)),
        *(Ranked("departure", name) for name in path_departures(card)),
        *(Ranked("taste", name) for name in tastes(card)),
        *(Ranked("gap", name, when) for name in gaps for when in DATES),
        *(Ranked("lag", name, when) for name in lags for when in DATES),
        *(Ranked("event", question) for question in events),
    )


def asked(inputs: Inputs, draws: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Values of all that is ranked.

    Parameters
    ----------
    inputs : Inputs
        A card with evidence.
    draws : mapping of str to ndarray, shape (n,) or (n, k)
        As of `meekcast.inference.posterior.Posterior.draws`.
    seed : int
        Of how departures go on.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        By name; an event is its date, infinite where it does not happen by the horizon, or whether it is true.
    """
    times = time_grid(inputs, inputs.card.horizon)
    latent = Latent.drawn(inputs, draws, times, seed)
    labels = {name: quantity.attributes for name, quantity in latent.quantities.items()}
    source = Draws(inputs.card.name, times, inputs.card.clock == "calendar", None, labels, latent.read)
    now = int(np.searchsorted(times, inputs.evidence_times[-1] + inputs.start))

    def value(ranked: Ranked) -> Array:
        if ranked.kind in ("parameter", "board"):
            return draws[ranked.of]
        if ranked.kind in ("departure", "taste"):
            return draws[ranked.of][:, -1]
        if ranked.kind == "event":
            found = outcome(parse(ranked.of), source)
            return found.dates if found.dates.size else found.true.astype(float)
        return latent.read(ranked.of)[:, min(now + DATES[ranked.when], len(times) - 1)]

    return {ranked.name: value(ranked) for ranked in quantities(inputs)}
