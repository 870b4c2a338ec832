"""How far departures are centred when they are sampled."""

from __future__ import annotations

from meekcast.equations.types import Values

CENTRED = 0.75
"""Sampled are states = departures / sd^(1 - CENTRED). At 0 (standard normal scores) as at 1 (the departures themselves) the
sampler meets a funnel in the SD: much evidence prefers the latter, little the former. What lies between was chosen by trial."""


def departed(states: Values, sd: Values) -> Values:
    """Departures from the states that are sampled.

    Examples
    --------
    >>> float(departed(2.0, 1.0)), float(departed(2.0, 16.0))
    (2.0, 4.0)
    """
    return states * sd ** (1 - CENTRED)
