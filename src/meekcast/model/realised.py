"""Realised paths on a grid of dates: theory, and the departures from it.

Between dates of evidence a departure is bridged, beyond them it is carried forward: both are draws
from the Ornstein-Uhlenbeck process given its states at the dates of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations.discrepancy import ou_decay, ou_innovation, ou_steps, softplus
from meekcast.equations.types import Array
from meekcast.model.theory import Paths, theoretical_paths

if TYPE_CHECKING:
    from meekcast.cards.schema import ModelCard


def ou_states(scores: Array, times: Array, sd: Array, time_scale: Array) -> Array:
    """States of the process at its dates, from the standard normal scores that were sampled.

    The Markov recursion whose closed form is `meekcast.equations.discrepancy.ou_path`.

    Parameters
    ----------
    scores : ndarray, shape (n, k)
        Scores of n draws at k dates.
    times : ndarray, shape (k,)
        Dates in years, increasing.
    sd, time_scale : ndarray, shape (n,)
        Stationary standard deviation in ln FLOP and correlation time in years.

    Returns
    -------
    ndarray, shape (n, k)
        Departures, in ln FLOP.

    Examples
    --------
    >>> one = np.ones(1)
    >>> ou_states(np.array([[1.0, 0.0]]), np.array([0.0, 1.0]), 0.5 * one, 2.0 * one).round(4).tolist()
    [[0.5, 0.3033]]
    """
    states = np.empty_like(scores)
    state: Array = np.zeros(len(scores))
    for j, step in enumerate(ou_steps(times)):
        state = ou_decay(step, time_scale) * state + ou_innovation(step, sd, time_scale) * scores[:, j]
        states[:, j] = state
    return states


def carry(
    known_times: Array, states: Array, times: Array, sd: Array, time_scale: Array, rng: np.random.Generator
) -> Array:
    """Draw the process at new dates given its states at known ones.

    Parameters
    ----------
    known_times : ndarray, shape (k,)
        Dates at which the states are known, increasing; may be empty.
    states : ndarray, shape (n, k)
        Known states of n draws.
    times : ndarray, shape (m,)
        New dates, increasing.
    sd, time_scale : ndarray, shape (n,)
        As in `ou_states`.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (n, m)
        States at the new dates.
    """
    drawn = np.empty((len(sd), len(times)))
    previous_time, previous = -np.inf, np.zeros(len(sd))
    nothing = np.zeros(len(sd))
    for j, time in enumerate(times):
        k = int(np.searchsorted(known_times, time))
        if k > 0 and known_times[k - 1] > previous_time:
            previous_time, previous = known_times[k - 1], states[:, k - 1]
        if k < len(known_times) and known_times[k] == time:
            drawn[:, j] = states[:, k]
        else:
            # Given both neighbours (Markov); a correlation of zero stands for a missing one.
            before = ou_decay(time - previous_time, time_scale)
            after = ou_decay(known_times[k] - time, time_scale) if k < len(known_times) else nothing
            following = states[:, k] if k < len(known_times) else nothing
            shrink = 1 - (before * after) ** 2
            mean = (before * (1 - after**2) * previous + after * (1 - before**2) * following) / shrink
            spread = sd * np.sqrt((1 - before**2) * (1 - after**2) / shrink)
            drawn[:, j] = mean + spread * rng.standard_normal(len(sd))
        previous_time, previous = time, drawn[:, j]
    return drawn


def realised(
    card: ModelCard,
    parameters: Mapping[str, Array],
    departures: Mapping[str, Array],
    evidence_times: Array,
    times: Array,
    rng: np.random.Generator,
) -> Paths:
    """Paths of both actors on a grid of dates.

    Parameters
    ----------
    card : ModelCard
        Names the components.
    parameters : mapping of str to ndarray, shape (n,)
        Draws of every parameter.
    departures : mapping of str to ndarray, shape (n, k)
        States ``frontier_departure`` and ``lead_departure`` at the dates of evidence; empty for a
        card without discrepancy.
    evidence_times : ndarray, shape (k,)
        Those dates, in years since the start.
    times : ndarray, shape (m,)
        The grid, in years since the start.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Paths
        ln FLOP, arrays of shape (n, m).
    """
    columns = {name: value[:, None] for name, value in parameters.items()}
    theory = theoretical_paths(card, columns, times[None, :])
    if card.discrepancy == "none":
        return theory

    def departure(actor: str) -> Array:
        sd, memory = parameters[f"{actor}_sd"], parameters[f"{actor}_memory"]
        return carry(evidence_times, departures[f"{actor}_departure"], times, sd, memory, rng)

    return Paths(theory.frontier + departure("frontier"), softplus(theory.lead + departure("lead")))
