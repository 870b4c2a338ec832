"""Realised paths on a grid of dates: theory, and the departures from it; and the lags between the two paths.

Between dates of evidence a departure is bridged, beyond them it is carried forward: both are draws
from the Ornstein-Uhlenbeck process given its states at the dates of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations.discrepancy import ou_decay, softplus
from meekcast.equations.types import Array
from meekcast.model.theory import Paths, Rates

if TYPE_CHECKING:
    from meekcast.cards.schema import BenchmarkEntry, ModelCard
    from meekcast.equations.types import Values

type Positions = np.ndarray[tuple[int, ...], np.dtype[np.intp]]

PATHS_AT_ONCE = 256
"""Of a table of paths by dates, where each step reads all of the last one: as many as the processor's cache holds."""


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
        Stationary standard deviation in ln FLOP and correlation time in years.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (n, m)
        States at the new dates.
    """
    drawn = np.empty((len(sd), len(times)))
    previous_time, previous = -np.inf, np.zeros(len(sd))
    for j, time in enumerate(times):
        k = int(np.searchsorted(known_times, time))
        if k > 0 and known_times[k - 1] > previous_time:
            previous_time, previous = known_times[k - 1], states[:, k - 1]
        if k < len(known_times) and known_times[k] == time:
            drawn[:, j] = states[:, k]
        else:
            # Given its neighbours (Markov); a correlation of zero stands for a missing one.
            before = ou_decay(time - previous_time, time_scale)
            mean, left = before * previous, 1 - before**2
            if k < len(known_times):
                after = ou_decay(known_times[k] - time, time_scale)
                shrink = 1 - (before * after) ** 2
                mean = (mean * (1 - after**2) + after * left * states[:, k]) / shrink
                left = left * (1 - after**2) / shrink
            drawn[:, j] = mean + sd * np.sqrt(left) * rng.standard_normal(len(sd))
        previous_time, previous = time, drawn[:, j]
    return drawn


def departures(card: ModelCard) -> dict[str, str]:
    """What departs from theory, paths and what boards make of them, with the prefix of its SD and memory."""
    return path_departures(card) | tastes(card)


def path_departures(card: ModelCard) -> dict[str, str]:
    """Paths that depart from theory, each with the prefix of its standard deviation and memory.

    Examples
    --------
    >>> from meekcast.cards.library import load_card
    >>> path_departures(load_card("leaderboard"))
    {'frontier_departure': 'frontier', 'lead_departure': 'lead'}
    """
    if card.discrepancy == "none":
        return {}
    leads = [f"{card.prefix(follower)}lead" for follower in card.followers]
    return {f"{what}_departure": what for what in ("frontier", *leads)}


def tastes(card: ModelCard) -> dict[str, str]:
    """What boards make of actors, each with the prefix of its standard deviation and memory."""
    if card.discrepancy != "boards":
        return {}
    return {taste(board, actor): f"{board.name}_taste" for board in card.observed for actor in card.actors_on(board)}


def taste(board: BenchmarkEntry, actor: str) -> str:
    """Name of how much better an actor is on a board than its path says."""
    return f"{board.name}_{actor}_departure"


def carried(
    card: ModelCard,
    parameters: Mapping[str, Array],
    states: Mapping[str, Array],
    evidence_times: Array,
    times: Array,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Departures on a grid of dates, given their states at the dates of evidence.

    Parameters
    ----------
    card : ModelCard
        Names what departs.
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
    dict of str to ndarray, shape (n, m)
        In ln FLOP, by the names of the card's `departures`.
    """
    return {
        name: carry(evidence_times, states[name], times, parameters[f"{what}_sd"], parameters[f"{what}_memory"], rng)
        for name, what in departures(card).items()
    }


def departing(card: ModelCard, theory: Paths, departed: Mapping[str, Values]) -> Paths:
    """Paths of all actors, given theory's and the departures from them; of floats, arrays or in the graph.

    Parameters
    ----------
    card : ModelCard
        Names what departs.
    theory : Paths
        ln FLOP.
    departed : mapping of str to array_like
        By the names of the card's `departures`, on the dates of the paths.

    Returns
    -------
    Paths
        ln FLOP.
    """
    if card.discrepancy == "none":
        return theory
    departed_leads = (departed[name] for name in list(path_departures(card))[1:])
    led = tuple(softplus(lead + own) for lead, own in zip(theory.leads, departed_leads, strict=True))
    return Paths(theory.frontier + departed["frontier_departure"], led)


def on_board(card: ModelCard, paths: Paths, departed: Mapping[str, Array], board: BenchmarkEntry) -> dict[str, Array]:
    """Ln effective compute of each actor that a board makes of the paths; the frontier is the best of all there too.

    Parameters
    ----------
    card : ModelCard
        Names the actors.
    paths : Paths
        Realised paths.
    departed : mapping of str to ndarray
        By the names of the card's `departures`, on the dates of the paths.
    board : BenchmarkEntry
        One of the card's.

    Returns
    -------
    dict of str to ndarray
        ln FLOP, by actor.
    """
    x = dict(zip(("frontier", *card.follower_names), paths.actors(), strict=True))
    if not tastes(card):
        return x
    seen = {actor: own + departed.get(taste(board, actor), 0.0) for actor, own in x.items()}
    return seen | {"frontier": np.maximum.reduce([*seen.values()])}


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
    years = np.zeros(paths.shape)
    for start in range(0, len(paths), PATHS_AT_ONCE):
        some = slice(start, start + PATHS_AT_ONCE)
        if (paths[some] > levels[some]).any():
            years[some] = _years_of_some(times, paths[some], levels[some], rate[some, None])
    return years


def _years_of_some(times: Array, paths: Array, levels: Array, rate: Array) -> Array:
    """The same of so few paths that they stay in the processor's cache."""
    last = _last_at_or_below(paths, levels)
    at = np.maximum(last, 0)
    place, steps = np.arange(len(paths))[:, None] * len(times) + at, np.diff(times, append=times[-1])
    low, high = np.take(paths, place), np.take(paths, place + 1, mode="clip")
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = times[at] + (levels - low) / (high - low) * steps[at]
        earlier = np.where(rate > 0, (paths[:, :1] - levels) / rate, np.inf)
    years = np.where(last < 0, times - times[0] + earlier, times - crossing)
    years[last == np.arange(len(times))] = 0.0
    return years


def _last_at_or_below(paths: Array, levels: Array) -> Positions:
    """Last date, up to each one, at which a path was not above the level that is sought then; -1 if at none.

    Of windows of 2^k dates the minimum is known; from each date those are jumped back over in which all is above.
    """
    n, m = paths.shape
    sentinel = np.full((n, 1), -np.inf)  # stands before the first date, so that nothing jumps beyond
    lowest = [np.hstack([sentinel, paths])]
    while 2 ** len(lowest) <= m:
        half, least = 2 ** (len(lowest) - 1), lowest[-1].copy()
        np.minimum(least[:, half:], lowest[-1][:, :-half], out=least[:, half:])
        least[:, :half] = -np.inf
        lowest.append(least)
    before = np.arange(n)[:, None] * (m + 1)
    at = before + np.arange(1, m + 1)
    for k, least in reversed(list(enumerate(lowest))):
        at -= np.left_shift(np.take(least, at) > levels, k, dtype=np.intp)
    return np.asarray(at - before - 1)
