"""How far departures are centred when they are sampled.

Sampled are states = departures / sd^(1 - c). At c = 0 (standard normal scores) as at c = 1 (the departures themselves)
the sampler meets a funnel in the SD: much evidence prefers the latter, little evidence the former.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meekcast.equations.types import Values
    from meekcast.inputs import Inputs

HALF = 40
"""Observations from which on departures are centred by more than a half; chosen by trial on cards of 13 to 210."""


def centring(inputs: Inputs) -> float:
    """How far the departures of these inputs are centred, from the number of their observations."""
    n = sum(len(rows) for _, rows in inputs.data)
    return n / (n + HALF)


def departed(states: Values, sd: Values, centred: Values) -> Values:
    """Departures from the states that are sampled.

    Examples
    --------
    >>> float(departed(2.0, 16.0, 1.0)), float(departed(2.0, 16.0, 0.75)), float(departed(2.0, 16.0, 0.0))
    (2.0, 4.0, 32.0)
    """
    return states * sd ** (1 - centred)
