"""Realised paths on a grid of dates: theory, and the departures from it; and the lags between the two paths.

Between dates of evidence a departure is bridged, beyond them it is carried forward: both are draws
from the Ornstein-Uhlenbeck process given its states at the dates of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from meekcast.equations.discrepancy import ou_decay, ou_innovation, ou_steps, softplus
from meekcast.equations.types import Array
from meekcast.model.theory import Paths, Rates, theoretical_paths

if TYPE_CHECKING:
    from meekcast.cards.schema import ModelCard


type Positions = npt.NDArray[np.intp]


def ou_states(scores: Array, times: Array, sd: Array, time_scale: Array) -> Array:
    """States of the process at its dates, from standard normal scores: its Markov recursion.

    Parameters
    ----------
    scores : ndarray, shape (n, k)
        Scores of n paths at k dates.
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


def departures(card: ModelCard) -> dict[str, str]:
    """What departs from theory, each with the prefix of its standard deviation and memory.

    Examples
    --------
    >>> from meekcast.cards.library import load_card
    >>> departures(load_card("leaderboard"))
    {'frontier_departure': 'frontier', 'lead_departure': 'lead'}
    """
    if card.discrepancy == "none":
        return {}
    leads = [f"{card.prefix(follower)}lead" for follower in card.followers]
    return {f"{what}_departure": what for what in ("frontier", *leads)}


def realised(
    card: ModelCard,
    parameters: Mapping[str, Array],
    states: Mapping[str, Array],
    evidence_times: Array,
    times: Array,
    rng: np.random.Generator,
) -> Paths:
    """Paths of all actors on a grid of dates.

    Parameters
    ----------
    card : ModelCard
        Names the components.
    parameters : mapping of str to ndarray, shape (n,)
        Draws of every parameter.
    states : mapping of str to ndarray, shape (n, k)
        States of the card's `departures` at the dates of evidence.
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
    return departing(card, parameters, carried(card, parameters, states, evidence_times, times, rng), times)


def carried(
    card: ModelCard,
    parameters: Mapping[str, Array],
    states: Mapping[str, Array],
    evidence_times: Array,
    times: Array,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Departures on a grid of dates, given their states at the dates of evidence; arguments as in `realised`.

    Returns
    -------
    dict of str to ndarray, shape (n, m)
        In ln FLOP, by the names of the card's `departures`.
    """
    return {
        name: carry(evidence_times, states[name], times, parameters[f"{what}_sd"], parameters[f"{what}_memory"], rng)
        for name, what in departures(card).items()
    }


def departing(card: ModelCard, parameters: Mapping[str, Array], departed: Mapping[str, Array], times: Array) -> Paths:
    """Paths of all actors on a grid of dates, given their departures from theory on it.

    Parameters
    ----------
    card, parameters, times
        As in `realised`.
    departed : mapping of str to ndarray, shape (n, m)
        As `carried` has them.

    Returns
    -------
    Paths
        ln FLOP, arrays of shape (n, m).
    """
    columns = {name: value[:, None] for name, value in parameters.items()}
    theory = theoretical_paths(card, columns, times[None, :])
    if card.discrepancy == "none":
        return theory
    frontier, *leads = (departed[name] for name in departures(card))
    led = tuple(softplus(lead + departure) for lead, departure in zip(theory.leads, leads, strict=True))
    return Paths(theory.frontier + frontier, led)


def lag(frontier: Array, follower: Array, times: Array, first: Rates, last: Rates) -> Array:
    """Years until a follower reaches the frontier's present level: ``x_b(t + lag) = x_f(t)``, departures included.

    Negative where the follower is ahead. See `years_to_level` for paths that are at a level more than once.

    Parameters
    ----------
    frontier, follower : ndarray, shape (n, m)
        ln effective compute.
    times : ndarray, shape (m,)
        The grid, increasing.
    first, last : Rates
        Growth of theory at both ends of the grid, each of shape (n,).

    Returns
    -------
    ndarray, shape (n, m)
        Years.
    """
    return years_to_level(times, follower, frontier, first.follower, last.follower)


def lag_behind(frontier: Array, follower: Array, times: Array, first: Rates, last: Rates) -> Array:
    """Years since the frontier stood at a follower's present level, ``x_f(t - lag_behind) = x_b(t)``; else as `lag`."""
    return -years_to_level(times, frontier, follower, first.frontier, last.frontier)


LAGS = {"lag": lag, "lag_behind": lag_behind}
"""By the names of quantities."""


def years_to_level(times: Array, paths: Array, levels: Array, first_rate: Array, last_rate: Array) -> Array:
    """Years from each date to the nearest one at which a path stands at a level.

    A path that is above the level is followed back to the last date at which it was not, one that is below ahead to
    the first date at which it is not. Between dates of the grid paths are straight, before and after it they go on
    straight at a given rate.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates, increasing.
    paths, levels : ndarray, shape (n, m)
        Paths, and the level that is sought at each date.
    first_rate, last_rate : ndarray, shape (n,)
        Slopes before the first date and after the last.

    Returns
    -------
    ndarray, shape (n, m)
        Negative where it lies back; infinite where there is no such date.

    Examples
    --------
    >>> path, one = np.array([[0.0, 2.0, 1.0, 3.0]]), np.ones(1)
    >>> years_to_level(np.arange(4.0), path, path - 0.5, one, one).tolist()
    [[-0.5, -0.25, -1.75, -0.25]]
    """
    back = _years_above(times, paths, levels, first_rate)
    ahead = _years_above(-times[::-1], -paths[:, ::-1], -levels[:, ::-1], last_rate)[:, ::-1]
    return ahead - back


def _years_above(times: Array, paths: Array, levels: Array, rate: Array) -> Array:
    """Years since a path was last at or below a level, where it is above it; 0 elsewhere."""
    row, now = np.nonzero(paths > levels)
    years, sought = np.zeros(paths.shape), levels[row, now]
    at = _last_below(np.ascontiguousarray(paths), row, now, sought)
    with np.errstate(divide="ignore", invalid="ignore"):
        earlier = np.where(rate[row] > 0, (paths[row, 0] - sought) / rate[row], np.inf)
    ago, inside = times[now] - times[0] + earlier, at >= 0
    row_in, now_in, at = row[inside], now[inside], at[inside]
    low, high = paths[row_in, at], paths[row_in, at + 1]
    crossing = times[at] + (sought[inside] - low) / (high - low) * (times[at + 1] - times[at])
    ago[inside] = times[now_in] - crossing
    years[row, now] = ago
    return years


def _last_below(paths: Array, row: Positions, now: Positions, level: Array) -> Positions:
    """Last date up to `now` at which a path was at or below a level, as a position; negative where there is none.

    Minima over 1, 2, 4, ... dates up to each date are kept, so that the search leaps over stretches that lie above.
    """
    minima, width = [paths], 1
    while 2 * width <= paths.shape[1]:
        wider = minima[-1].copy()
        np.minimum(wider[:, width:], minima[-1][:, :-width], out=wider[:, width:])
        minima, width = [*minima, wider], 2 * width
    at, first = now.copy(), row * paths.shape[1]
    for lowest in reversed(minima):
        above = (at >= 0) & (lowest.take(first + at, mode="clip") > level)
        at -= width * above
        width //= 2
    return at
