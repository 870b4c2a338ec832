"""The main job: inputs to posterior, draws through the equations, labelled results."""

from __future__ import annotations

import dataclasses
import datetime as dt
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import xarray as xr

from meekcast import cache
from meekcast.clock import When
from meekcast.equations.types import Array
from meekcast.errors import InputError, naming
from meekcast.forecasts.bands import tables_bands
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.predictions import Latent, completed, time_grid
from meekcast.forecasts.prior_bands import prior_bands
from meekcast.forecasts.questions.answer import PROBABILITIES, Answer
from meekcast.forecasts.questions.never import never
from meekcast.forecasts.questions.when import when
from meekcast.inference.compiling import COMPILER
from meekcast.inference.diagnostics import Diagnostics
from meekcast.inference.exact import MOST_KEPT
from meekcast.inference.posterior import Posterior, infer
from meekcast.inference.sampler import Progress, Settings, Silent
from meekcast.inputs import Inputs


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
    departures : mapping of str to ndarray, shape (n, m)
        Of their paths from theory (`meekcast.forecasts.predictions.Latent`).
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
    departures: Mapping[str, Array]
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
        If the horizon is not after the start, an event of the card is asked beyond it, or more draws are wanted than
        the card can have.
    """
    settings, progress = settings or Settings(), progress or Silent()
    horizon = checked_horizon(inputs, until)
    times = time_grid(inputs, horizon)
    check_events(inputs, times)
    posterior = infer(inputs, settings, progress, fresh)
    progress.step("computing paths, bands and events")
    draws = posterior.draws()
    latent = Latent.drawn(inputs, draws, times, settings.seed)
    predictions = completed(inputs, latent, times, settings.seed)
    bands = bands_of(predictions)
    if predictions.sizes["sample"] == MOST_KEPT < settings.chains * settings.draws:
        posterior, bands = _of_more(inputs, settings, posterior, predictions["time"], progress)
    return Forecast(
        inputs,
        settings,
        today or dt.date.today(),
        horizon,
        posterior,
        predictions,
        latent.departures,
        bands,
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
    found = tables_bands([variable.to_numpy() for variable in predictions.data_vars.values()], PROBABILITIES)
    variables = {
        name: xr.Variable(("quantile", "time"), bands, variable.attrs)
        for (name, variable), bands in zip(predictions.data_vars.items(), found, strict=True)
    }
    return xr.Dataset(variables, {"quantile": list(PROBABILITIES), "time": predictions["time"]})


def _of_more(
    inputs: Inputs, settings: Settings, posterior: Posterior, time: xr.DataArray, progress: Progress
) -> tuple[Posterior, xr.Dataset]:
    """Bands of all exact draws, of which the posterior keeps the first, and the posterior that says so."""
    draws = settings.chains * settings.draws
    progress.step(f"computing bands of {draws:,} draws")
    names = tuple(inputs.card.quantities)
    bands = prior_bands(inputs, names, time.to_numpy(), draws, settings.seed, PROBABILITIES).assign_coords(time=time)
    told = f"{posterior.diagnostics.method} (bands from {draws:,}; events and files hold the first {MOST_KEPT:,})"
    diagnostics = dataclasses.replace(posterior.diagnostics, method=told)
    return dataclasses.replace(posterior, diagnostics=diagnostics), bands


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
