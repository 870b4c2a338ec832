"""How far departures are centred when they are sampled.

Sampled are states = departures / sd^(1 - c). At c = 0 (standard normal scores) as at c = 1 (the departures themselves)
the sampler meets a funnel in the SD: much evidence prefers the latter, little evidence the former.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meekcast.model.realised import departures

if TYPE_CHECKING:
    from meekcast.equations.types import Values
    from meekcast.inputs import Inputs

HALF = 40
"""Observations from which on a departure is centred by more than a half.

On the default card (124 observations) fixed c of 0.5 to 0.85 sampled about alike; as of 2024-06 a c of 0.75 had an
E-BFMI of 0.2 to 0.25, one of 0.5 about 0.3. No other value was tried."""


def centring(inputs: Inputs) -> dict[str, float]:
    """How far each departure is centred, from the number of observations that tell of it.

    All tell of the frontier's, since every follower trails it; of a lead's those of its follower.
    """
    told = dict.fromkeys(("frontier", *inputs.card.follower_names), 0)
    for benchmark, rows in inputs.data:
        told["frontier"] += len(rows)
        for i, follower in enumerate(inputs.card.read_of(benchmark), start=1):
            told[follower.name] += sum(o.weights[i] != 0 for o in rows)
    return {what: n / (n + HALF) for what, n in zip(departures(inputs.card).values(), told.values(), strict=False)}


def departed(states: Values, sd: Values, centred: Values) -> Values:
    """Departures from the states that are sampled.

    Examples
    --------
    >>> float(departed(2.0, 16.0, 1.0)), float(departed(2.0, 16.0, 0.75)), float(departed(2.0, 16.0, 0.0))
    (2.0, 4.0, 32.0)
    """
    return states * sd ** (1 - centred)
