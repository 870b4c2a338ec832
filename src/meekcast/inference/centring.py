"""How far departures are centred when they are sampled.

Sampled are states of a process like that of the departures, whose SD and memory are powers of theirs: ``sd ** c`` and
``memory ** c``. At c = 0 the states are standard normal scores in other words, at c = 1 the departures themselves. At
both ends the sampler meets a funnel in SD and memory: much evidence prefers the latter, little evidence the former.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meekcast.equations.discrepancy import ou_path, ou_scores, ou_steps
from meekcast.model.realised import path_departures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meekcast.equations.types import Array, Values
    from meekcast.inputs import Inputs

HALF = 160
"""Observations from which on a departure is centred by more than a half.

Where boards have tastes, their rows say less of a common path than they seem to: of 10, 20, 40, 80, 160 and 400 this
samples best on the default card as of 2024-06, 2025-06 and 2026-06 (E-BFMI 0.28 at 20, 0.78 here)."""


class Centring(NamedTuple):
    """How far a departure is centred, and the memory to which its own is likened, in years."""

    share: float
    usual: float


def centring(inputs: Inputs) -> dict[str, Centring]:
    """How far each departure is centred, from the number of observations that tell of it.

    All tell of the frontier's, since every follower trails it; of a lead's those of its follower.
    """
    card = inputs.card
    if card.discrepancy == "none":
        return {}
    told = dict.fromkeys(path_departures(card), 0)
    for benchmark, rows in inputs.data:
        for i, follower in enumerate(card.read_of(benchmark), start=1):
            told[f"{card.prefix(follower)}lead_departure"] += sum(o.weights[i] != 0 for o in rows)
        told["frontier_departure"] += len(rows)
    return {
        name: Centring(n / (n + HALF), inputs.belief.quantile(f"{path_departures(card)[name]}_memory", 0.5))
        for name, n in told.items()
    }


def states_of(departure: str) -> str:
    """Name of the variable whose states are sampled for a departure."""
    return f"{departure.removesuffix('_departure')}_states"


def sampled_process(sd: Values, memory: Values, c: Values, usual: Values) -> tuple[Values, Values]:
    """SD and memory of the process whose states are sampled.

    Parameters
    ----------
    sd, memory : array_like
        Of the departure: ln FLOP and years.
    c : array_like
        How far they are centred, between 0 and 1.
    usual : array_like
        Memory to which its own is likened, in years.

    Examples
    --------
    >>> [round(float(x), 9) for x in sampled_process(16.0, 3.0, 0.5, 3.0)]
    [4.0, 3.0]
    """
    return sd**c, memory**c * usual ** (1 - c)


def departed(inputs: Inputs, name: str, states: Array, values: Mapping[str, Array]) -> Array:
    """Departures from the states that were sampled.

    Parameters
    ----------
    inputs : Inputs
        What was sampled.
    name : str
        Of the departure.
    states : ndarray, shape (n, k)
        Draws at the dates of evidence.
    values : mapping of str to ndarray, shape (n,)
        Parameters.

    Returns
    -------
    ndarray, shape (n, k)
        In ln FLOP.
    """
    times, what = inputs.evidence_times, path_departures(inputs.card)[name]
    steps, own = ou_steps(times), (values[f"{what}_sd"][:, None], values[f"{what}_memory"][:, None])
    before = np.concatenate([np.zeros((len(states), 1)), states[:, :-1]], axis=1)
    scores = ou_scores(states, before, steps, *sampled_process(*own, *centring(inputs)[name]))
    return np.asarray(ou_path(scores, times - times[0], steps, *own))
