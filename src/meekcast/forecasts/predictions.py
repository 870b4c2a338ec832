"""Draws of parameters sent through the equations: every quantity of a card over draws and dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from meekcast.equations.types import Array
from meekcast.inputs import Inputs
from meekcast.model.leaderboard import best_so_far
from meekcast.model.realised import lags, realised
from meekcast.model.theory import Paths, loss_floor, parameters_of, rates, score
from meekcast.vocabulary.quantities import State

if TYPE_CHECKING:
    from meekcast.cards.schema import FollowerEntry

STEPS_PER_YEAR = 12
_PATHS_STREAM, _OBSERVED_STREAM = 1, 2  # streams of the seed; 0 draws from the prior


def time_grid(inputs: Inputs, horizon: float) -> Array:
    """Monthly dates in the card's clock, from the start to the end of the horizon.

    A calendar horizon of 2040 ends with 2040, that is at 2041.0; an elapsed one at so many years.
    """
    end = horizon + 1 if inputs.card.clock == "calendar" else horizon
    return np.linspace(inputs.start, end, round((end - inputs.start) * STEPS_PER_YEAR) + 1)


def predict(inputs: Inputs, draws: Mapping[str, Array], times: Array, seed: int) -> xr.Dataset:
    """Send draws through the equations.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    draws : mapping of str to ndarray, shape (n, ...)
        Parameters, and departures where the card has a discrepancy.
    times : ndarray, shape (m,)
        Dates in the card's clock.
    seed : int
        Seed; departures and observed scores have streams of their own.

    Returns
    -------
    xarray.Dataset
        Every quantity of the card over ``sample`` and ``time``.
    """
    parameters = {name: draws[name] for name in inputs.belief.names}
    paths = paths_of(inputs, draws, times, seed)
    shown = _observed_gaps(inputs, parameters, paths, times, _stream(seed, _OBSERVED_STREAM))
    states = {
        follower.name: {**_state(inputs, follower, parameters, paths, times), **shown}
        for follower in inputs.card.followers
    }
    return _labelled(inputs, states, times)


def _state(
    inputs: Inputs, follower: FollowerEntry, parameters: Mapping[str, Array], paths: Paths, times: Array
) -> State:
    """What quantities of a follower read, and the frontier's with it."""
    card, elapsed = inputs.card, times - inputs.start
    own = parameters_of(card, follower, parameters)
    columns = {name: value[:, None] for name, value in own.items()}
    lead = paths.leads[card.followers.index(follower)]
    first, last = (rates(card, follower, own, elapsed[end]) for end in (0, -1))
    return {
        **columns,
        "time": elapsed[None, :],
        "rates": rates(card, follower, columns, elapsed[None, :]),
        "x_frontier": paths.frontier,
        "lead": lead,
        "loss_floor": loss_floor(card, columns, elapsed[None, :]),
        **lags(paths.frontier, paths.frontier - lead, elapsed, first, last),
    }


def _observed_gaps(
    inputs: Inputs, parameters: Mapping[str, Array], paths: Paths, times: Array, rng: np.random.Generator
) -> State:
    """Scores of all actors on all benchmarks, and the gaps between them: latent, and as leaderboards show them."""
    card = inputs.card
    state: State = {}
    x = dict(zip(("frontier", *card.follower_names), paths.actors(), strict=True))
    columns = {name: value[:, None] for name, value in parameters.items()}
    for b in card.benchmarks:
        with np.errstate(over="ignore"):
            state |= {f"{b.name}_{actor}": score(b, columns, compute) for actor, compute in x.items()}
        for follower in card.followers:
            gap = state[f"{b.name}_frontier"] - state[f"{b.name}_{follower.name}"]
            state[f"{card.prefix(follower)}{b.name}_gap"] = gap
    for b, table in zip(card.observed, inputs.known_tables, strict=True):
        best = {
            actor: best_so_far(table, actor, parameters[f"{b.name}_noise"], state[f"{b.name}_{actor}"], times, rng)
            for actor in ("frontier", *(follower.name for follower in card.read_of(b)))
        }
        for follower in card.read_of(b):  # a follower's model that tops the board is the frontier
            shown = np.maximum(best["frontier"] - best[follower.name], 0.0)
            state[f"{card.prefix(follower)}{b.name}_gap_observed"] = shown
    return state


def paths_of(inputs: Inputs, draws: Mapping[str, Array], times: Array, seed: int) -> Paths:
    """Realised paths of draws, as `predict` has them: the same seed gives the same departures."""
    parameters = {name: draws[name] for name in inputs.belief.names}
    rng = _stream(seed, _PATHS_STREAM)
    return realised(inputs.card, parameters, draws, inputs.evidence_times, times - inputs.start, rng)


def _stream(seed: int, key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,)))


def _labelled(inputs: Inputs, states: Mapping[str, State], times: Array) -> xr.Dataset:
    """Evaluate every quantity of the card and give it its labels."""
    first = inputs.card.followers[0].name
    calendar = inputs.card.clock == "calendar"  # no unit "years since ...": xarray would decode it as a date
    with np.errstate(over="ignore"):  # a sigmoid far from its middle is 0, whatever the exponential says
        variables = {
            name: xr.Variable(("sample", "time"), q.compute(states[q.follower or first]), q.attributes)
            for name, q in inputs.card.quantities.items()
        }
    attrs = {
        "units": "decimal year" if calendar else "years",
        "long_name": "date" if calendar else "time since both actors spent the same",
    }
    time = xr.Variable("time", times, attrs)
    return xr.Dataset(variables, {"time": time})
