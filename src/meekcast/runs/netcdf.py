"""The whole forecast as one labelled tree, which ArviZ and xarray read without meekcast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from meekcast import files
from meekcast.cards import library
from meekcast.forecasts.draws import single
from meekcast.forecasts.forecast import Forecast
from meekcast.runs.verify import SUMMARY_SCHEMA

if TYPE_CHECKING:
    from meekcast.cards.schema import BenchmarkEntry, ModelCard
    from meekcast.observations import Observation


def tree(result: Forecast) -> xr.DataTree:
    """Gather posterior, predictions, bands, events and evidence.

    Parameters
    ----------
    result : Forecast
        The forecast.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior``, ``sample_stats`` (where chains were run), ``predictions`` (those from which
        `meekcast.runs.read.StoredRun.draws` computes the others), ``bands``, ``events`` and ``evidence``.
    """
    groups = {f"/{name}": node.to_dataset() for name, node in result.posterior.tree.children.items()}
    groups["/predictions"] = _drawn(result)
    groups["/bands"] = result.bands
    groups["/events"] = _events(result)
    if result.inputs.data:
        groups["/evidence"] = _evidence(result)
    gathered = xr.DataTree.from_dict(groups)
    gathered.attrs = {
        "schema": SUMMARY_SCHEMA,
        "card": result.inputs.card.name,
        "priors": result.inputs.priors.name,
        "today": result.today.isoformat(),
        "provenance": json.dumps(result.provenance, sort_keys=True),
    }
    return gathered


def write(result: Forecast, file: Path) -> None:
    """Write the tree as NetCDF."""
    files.write_netcdf(tree(result), file)


def _drawn(result: Forecast) -> xr.Dataset:
    """What of the predictions follows from nothing else: departures from theory, and gaps as boards show them.

    A card that was made in Python has no text from which a reader could compute the rest: all of it is stored.
    """
    card, predictions = result.inputs.card, result.predictions
    shown = [f"{series.name}_gap_observed" for series in card.series]
    kept = predictions[shown] if library.text_of(card) else predictions
    paths = {
        name: xr.Variable(("sample", "time"), path, result.posterior.tree["posterior"][name].attrs)
        for name, path in result.departures.items()
    }
    return kept.assign(paths).map(lambda values: values.copy(data=single(values.to_numpy())), keep_attrs=True)


def _events(result: Forecast) -> xr.Dataset:
    dates = np.stack([event.dates for event in result.events])
    attrs = {
        "units": result.predictions["time"].attrs["units"],
        "long_name": "date of the event, inf if not by the horizon",
    }
    names = [event.name for event in result.events]
    return xr.Dataset({"date": xr.Variable(("event", "sample"), dates, attrs)}, {"event": names})


def _evidence(result: Forecast) -> xr.Dataset:
    rows = [(benchmark, o) for benchmark, observed in result.inputs.data for o in observed]
    card = result.inputs.card
    columns = {
        "year": ([o.year for _, o in rows], "decimal year", "date of the record"),
        "value": ([o.value for _, o in rows], "see unit", "value seen"),
        "standard_error": ([o.se for _, o in rows], "see unit", "published standard error, 0 if there is none"),
        "share": ([o.share for _, o in rows], "1", "share of the log density; a datum of k actors stands in k rows"),
    }
    for actor in ("frontier", *card.follower_names):
        weights = [_weight(card, benchmark, o, actor) for benchmark, o in rows]
        columns[f"weight_{actor}"] = (weights, "1", f"weight of the score of {actor} in the value")
    variables = {
        name: xr.Variable("record", values, {"units": unit, "long_name": meaning})
        for name, (values, unit, meaning) in columns.items()
    }
    labels = {
        "label": ("record", [o.label for _, o in rows]),
        "benchmark": ("record", [benchmark.name for benchmark, _ in rows]),
        "unit": ("record", [benchmark.unit for benchmark, _ in rows]),
    }
    return xr.Dataset(variables, labels)


def _weight(card: ModelCard, benchmark: BenchmarkEntry, seen: Observation, actor: str) -> float:
    """Weight of an actor's score in a datum; 0 for a follower that is not read on the benchmark."""
    read = ("frontier", *(follower.name for follower in card.read_of(benchmark)))
    return seen.weights[read.index(actor)] if actor in read else 0.0
