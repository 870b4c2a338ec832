"""The main job: inputs to posterior, draws through the equations, labelled results."""

from __future__ import annotations

import dataclasses
import datetime as dt
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import xarray as xr

from meekcast import cache
from meekcast.clock import When
from meekcast.equations.types import Array
from meekcast.errors import InputError, naming
from meekcast.forecasts.bands import quantile_bands
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.answer import PROBABILITIES, Answer
from meekcast.forecasts.questions.never import never
from meekcast.forecasts.questions.when import when
from meekcast.inference.diagnostics import Diagnostics
from meekcast.inference.posterior import Posterior, infer
from meekcast.inference.sampler import COMPILER, Progress, Settings, Silent
from meekcast.inputs import Inputs
from meekcast.model.leaderboard import best_so_far
from meekcast.model.realised import lags, realised
from meekcast.model.theory import Paths, loss_floor, parameters_of, rates, score
from meekcast.vocabulary.quantities import State

if TYPE_CHECKING:
    from meekcast.cards.schema import FollowerEntry

STEPS_PER_YEAR = 12
_PATHS_STREAM, _OBSERVED_STREAM = 1, 2  # streams of the seed; 0 draws from the prior


class Provenance(TypedDict):
    """Versions, hashes and settings that made a result."""

    versions: dict[str, str]
    source: str
    hashes: dict[str, str]
    settings: dict[str, Any]
    compiler: dict[str, bool]


@dataclass(frozen=True, eq=False)
class Forecast:
    """A dated, labelled answer with its provenance.

    Parameters
    ----------
    inputs : Inputs
        What it was made from.
    settings : Settings
        How it was sampled.
    today : datetime.date
        The date on which it was asked.
    horizon : float
        Last year (calendar) or number of years (elapsed) up to which events are asked.
    posterior : Posterior
        Draws of the parameters.
    predictions : xarray.Dataset
        Quantities over ``sample`` and ``time``, in the card's clock.
    bands : xarray.Dataset
        Their quantiles over ``quantile`` and ``time``.
    events : tuple of Answer
        The card's events.
    provenance : dict
        Versions, seed, sampler settings and hashes.
    """

    inputs: Inputs
    settings: Settings
    today: dt.date
    horizon: float
    posterior: Posterior
    predictions: xr.Dataset
    bands: xr.Dataset
    events: tuple[Answer, ...]
    provenance: Provenance

    @property
    def diagnostics(self) -> Diagnostics:
        """The sampler's verdict."""
        return self.posterior.diagnostics

    @property
    def draws(self) -> Draws:
        """What questions are put to."""
        return Draws.of(self.inputs.card.name, self.predictions, self.posterior)

    def when(self, expression: str, by: Iterable[str | When] = (), given: Sequence[str] = ()) -> Answer:
        """Ask when something happens, or how probable it is on a date, as ``meekcast when`` does.

        Parameters
        ----------
        expression : str
            The question, such as ``"loss_gap < 0.05"``; `meekcast.vocabulary.grammar` has the grammar.
        by : iterable of str, float or datetime.date, optional
            Dates by which the probability is asked (`meekcast.clock.read_when`).
        given : sequence of str, optional
            Conditions; only draws in which all are true count.

        Returns
        -------
        Answer
            The distribution of the date, or the probability.

        Raises
        ------
        InputError
            If the question cannot be read, does not fit, or its conditions leave too few draws.

        Examples
        --------
        >>> from meekcast.inputs import gather
        >>> answer = forecast(gather("paper")).when("loss_gap < 0.05", by=[12, 15])
        >>> round(answer.quantiles["0.5"], 3), [p.value for p in answer.probability_by.values()]
        (13.002, [0.0, 1.0])
        """
        return when(expression, self.draws, by, given)


def forecast(
    inputs: Inputs,
    settings: Settings | None = None,
    *,
    until: float | None = None,
    today: dt.date | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Forecast:
    """Forecast when the followers catch up with the frontier.

    Parameters
    ----------
    inputs : Inputs
        From `meekcast.inputs.gather`.
    settings : Settings, optional
        How to sample.
    until : float, optional
        Horizon; the card's own by default.
    today : datetime.date, optional
        Stored with the result; the current date by default.
    fresh : bool, default False
        Sample even if the cache has the posterior.
    progress : Progress, optional
        Is told of each step.

    Returns
    -------
    Forecast
        The result.

    Raises
    ------
    InputError
        If the horizon is not after the start, or an event of the card is asked beyond it.
    """
    settings, progress = settings or Settings(), progress or Silent()
    horizon = checked_horizon(inputs, until)
    times = time_grid(inputs, horizon)
    check_events(inputs, times)
    posterior = infer(inputs, settings, progress, fresh)
    progress.step("computing paths, bands and events")
    draws = posterior.draws()
    predictions = predict(inputs, draws, times, settings.seed)
    return Forecast(
        inputs,
        settings,
        today or dt.date.today(),
        horizon,
        posterior,
        predictions,
        bands_of(predictions),
        ask(inputs, Draws.of(inputs.card.name, predictions, posterior), draws),
        provenance(inputs, settings),
    )


def checked_horizon(inputs: Inputs, until: float | None) -> float:
    """The horizon that was asked for, or the card's own.

    Raises
    ------
    InputError
        If it is not 1 to 200 years after the start.
    """
    horizon = inputs.card.horizon if until is None else float(until)
    if not np.isfinite(horizon) or not inputs.start + 1 <= horizon <= inputs.start + 200:
        raise InputError(
            f"the horizon {horizon:g} is not between 1 and 200 years after the start, {inputs.start:.1f}",
            "Give --until as a calendar year, or as a number of years for a card on an elapsed clock.",
        )
    return horizon


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


def bands_of(predictions: xr.Dataset) -> xr.Dataset:
    """Quantiles of every quantity at every date.

    Parameters
    ----------
    predictions : xarray.Dataset
        Quantities over ``sample`` and ``time``.

    Returns
    -------
    xarray.Dataset
        Over ``quantile`` and ``time``.
    """
    variables = {
        name: xr.Variable(("quantile", "time"), quantile_bands(variable.to_numpy(), PROBABILITIES), variable.attrs)
        for name, variable in predictions.data_vars.items()
    }
    return xr.Dataset(variables, {"quantile": list(PROBABILITIES), "time": predictions["time"]})


def check_events(inputs: Inputs, times: Array) -> None:
    """Refuse events of a card that do not fit the dates of a forecast: its horizon need not be the card's own.

    Raises
    ------
    InputError
        If so; names the event.
    """
    scope = dataclasses.replace(inputs.card.scope, end=float(times[-1]))
    for event in inputs.card.events:
        with naming(f"event {event.name!r}"):
            scope.check(event.expression)


def ask(inputs: Inputs, source: Draws, draws: Mapping[str, Array]) -> tuple[Answer, ...]:
    """Ask the card's events.

    Parameters
    ----------
    inputs : Inputs
        The card.
    source : Draws
        Its predictions.
    draws : mapping of str to ndarray, shape (n, ...)
        The parameters that they were made from.
    """
    card = inputs.card
    return tuple(
        when(event.expression, source, name=event.name, never=never(card, event.expression, draws))
        for event in card.events
    )


def provenance(inputs: Inputs, settings: Settings) -> Provenance:
    """Versions, hashes and settings that made a result."""
    return {
        "versions": {**cache.versions(), "python": platform.python_version()},
        "source": cache.source_hash(),
        "hashes": inputs.hashes,
        "settings": dataclasses.asdict(settings),
        "compiler": COMPILER,
    }
