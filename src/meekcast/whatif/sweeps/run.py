"""Every forecast of a grid, and its answers in one labelled dataset."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast import cache
from meekcast.equations.types import Array
from meekcast.errors import InputError, naming
from meekcast.forecasts.bands import sorted_quantiles
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.evaluate import values_at
from meekcast.forecasts.questions.when import when
from meekcast.inference.sampler import Placed, Progress, Settings
from meekcast.inputs import Inputs
from meekcast.mapper.spreading import spread
from meekcast.whatif.sweeps.cells import Plan
from meekcast.whatif.world import World, blank

if TYPE_CHECKING:
    import xarray as xr

AXES = ("card", "priors", "followers", "without", "seed")
"""Dimensions of every variable; those of what is asked come after them."""

_HEALTH = {
    "r_hat": ("r_hat_max", "1", "largest R-hat of all variables"),
    "ess_bulk": ("ess_bulk_min", "draws", "smallest bulk effective sample size"),
    "ess_tail": ("ess_tail_min", "draws", "smallest tail effective sample size"),
    "divergences": ("divergences", "transitions", "divergent transitions after warm-up"),
}


@dataclass(frozen=True)
class _Asked:
    """What every forecast is asked."""

    quantities: Sequence[str]
    events: Sequence[str]
    years: Sequence[float]
    quantiles: Sequence[float]
    until: float | None


@dataclass(frozen=True)
class _Told:
    """What one forecast says; NaN where it does not know what is asked."""

    quantiles: Array
    probability: Array
    error: Array
    health: Mapping[str, float]
    status: str


type _Task = tuple[str, Inputs, Settings]


def sweep(plan: Plan, progress: Progress) -> xr.Dataset:
    """Make every forecast of a grid, as many at once as the mapper can.

    Posteriors go through the cache, so a sweep that was stopped goes on where it was.

    Parameters
    ----------
    plan : Plan
        From `meekcast.whatif.sweeps.cells.plan`.
    progress : Progress
        Is told of each step.

    Returns
    -------
    xarray.Dataset
        Over `AXES`: ``quantiles`` (quantity, date, quantile), ``probability`` and its Monte Carlo ``error`` (event,
        by), diagnostics, and ``status``, which says of a forecast that does not exist why.
    """
    file = plan.file
    asked = _Asked(plan.quantities, plan.events, file.years, file.quantiles, file.until)
    places: list[tuple[int, ...]] = []
    tasks: list[_Task] = []
    for cell in plan.cells:
        for number, seed in enumerate(file.seeds):
            if cell.inputs:
                places.append((*cell.place, number))
                tasks.append((f"{cell.label}, seed {seed}", cell.inputs, file.settings(seed)))
    told = spread(partial(_told, asked), tasks, progress)
    return _labelled(plan, dict(zip(places, told, strict=True)))


def _told(asked: _Asked, task: _Task, progress: Progress) -> _Told:
    name, inputs, settings = task
    with naming(name):
        world = World.of(inputs, settings, until=asked.until, progress=Placed(progress, name))
    source, verdict = world.source(), world.posterior.diagnostics
    quantiles = np.array([_quantiles(source, quantity, asked) for quantity in asked.quantities])
    chances = np.array([_chances(source, event, asked) for event in asked.events])
    health = {name: _number(getattr(verdict, key)) for name, (key, *_) in _HEALTH.items()}
    return _Told(quantiles, chances[:, 0], chances[:, 1], health, verdict.status)


def _quantiles(source: Draws, quantity: str, asked: _Asked) -> Array:
    """Shape (dates, quantiles)."""
    if quantity not in source.labels:
        return np.full((len(asked.years), len(asked.quantiles)), np.nan)
    paths, dates = source.read(quantity).astype(float), map(source.scope.position, asked.years)
    at = [np.sort(values_at(source.times, paths, date)) for date in dates]
    return sorted_quantiles(np.array(at), asked.quantiles)


def _chances(source: Draws, event: str, asked: _Asked) -> Array:
    """Probabilities by the years, and their errors, shape (2, years)."""
    try:
        by = when(event, source, asked.years).probability_by.values()
    except InputError:  # that no forecast of the grid knows the event, was looked at before
        return np.full((2, len(asked.years)), np.nan)
    return np.array([[chance.value for chance in by], [chance.error for chance in by]])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _labelled(plan: Plan, told: Mapping[tuple[int, ...], _Told]) -> xr.Dataset:
    import xarray as xr

    file, shape = plan.file, tuple(plan.file.shape.values())
    sizes = {"quantity": len(plan.quantities), "date": len(file.years), "quantile": len(file.quantiles)}
    sizes |= {"event": len(plan.events), "by": len(file.years)}

    def filled(dims: tuple[str, ...], read: Any) -> tuple[tuple[str, ...], Array]:
        values = np.full((*shape, *(sizes[name] for name in dims)), np.nan)
        for place, said in told.items():
            values[place] = read(said)
        return (*AXES, *dims), values

    chance = {"units": "1", "long_name": "probability that the event has happened by the end of the year"}
    variables: dict[str, Any] = {
        "quantiles": (*filled(("quantity", "date", "quantile"), lambda t: t.quantiles), {"long_name": "quantiles"}),
        "probability": (*filled(("event", "by"), lambda t: t.probability), chance),
        "error": (*filled(("event", "by"), lambda t: t.error), {"units": "1", "long_name": "Monte Carlo error"}),
    }
    for name, (_, units, meaning) in _HEALTH.items():
        read = partial(_health_of, name)
        variables[name] = (*filled((), read), {"units": units, "long_name": meaning})
    variables["status"] = AXES, _status(plan, shape, told), {"long_name": "verdict, or why there is no such forecast"}
    return xr.Dataset(variables, _coordinates(plan), _about(plan))


def _health_of(name: str, told: _Told) -> float:
    return told.health[name]


def _status(plan: Plan, shape: tuple[int, ...], told: Mapping[tuple[int, ...], _Told]) -> Array:
    status = np.empty(shape, object)
    for cell in plan.cells:
        status[cell.place] = f"does not exist: {cell.why}"
    for place, said in told.items():
        status[place] = said.status
    return status


def _coordinates(plan: Plan) -> dict[str, Any]:
    file = plan.file
    sources = [blank(cell.inputs, file.until) for cell in plan.cells if cell.inputs]
    labels = {name: label for source in reversed(sources) for name, label in source.labels.items()}
    years = {"units": "year" if plan.calendar else "years", "long_name": "end of the year" if plan.calendar else "time"}
    texts: dict[str, Sequence[str]] = {
        "card": file.cards,
        "priors": file.priors,
        "followers": ["+".join(names) or "all" for names in file.followers],
        "without": ["+".join(names) or "none" for names in file.without],
        "quantity": plan.quantities,
        "event": plan.events,
    }
    found: dict[str, Any] = {name: (name, np.array(values, object)) for name, values in texts.items()}
    found |= {name: ("quantity", _texts(labels, plan.quantities, name)) for name in ("units", "long_name")}
    found |= {name: (name, np.array(file.years), years) for name in ("date", "by")}
    return {**found, "seed": ("seed", np.array(file.seeds)), "quantile": ("quantile", np.array(file.quantiles))}


def _texts(labels: Mapping[str, Mapping[str, Any]], names: Sequence[str], which: str) -> Array:
    return np.array([str(labels[name][which]) for name in names], object)


def _about(plan: Plan) -> dict[str, str]:
    """What makes the same again."""
    stated = plan.file.model_dump(mode="json", by_alias=True)
    hashes = {cell.label: cell.inputs.hashes for cell in plan.cells if cell.inputs}
    return {
        "title": "Forecasts over a grid",
        "grid": json.dumps(stated),
        "inputs": json.dumps(hashes),
        "versions": json.dumps(cache.versions()),
        "source": cache.source_hash(),
    }
