"""A forecast as sensitivity analysis sees it: draws of inputs, and paths of quantities."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.errors import InputError, nearest
from meekcast.forecasts.draws import Draws

if TYPE_CHECKING:
    from meekcast.forecasts.forecast import Forecast
    from meekcast.inputs import Inputs

type Paths = Callable[[str], Array]

DEPARTURES = {"frontier_departure": "frontier_now", "lead_departure": "lead_now"}
"""Departures from theory at the last date of evidence: all that the future knows of them."""


@dataclass(frozen=True, eq=False)
class Run:
    """Draws of a forecast.

    Parameters
    ----------
    document : dict
        The summary (`meekcast.runs.summary`).
    posterior : mapping of str to ndarray, shape (n, ...)
        All draws: parameters, and departures at the dates of evidence.
    chains : int
        Number of chains whose draws follow each other.
    times : ndarray, shape (m,)
        Dates in the card's clock.
    quantities : dict of str to str
        Unit of each quantity.
    paths : callable
        From the name of a quantity to its paths, shape (n, m).
    """

    document: dict[str, Any]
    posterior: Mapping[str, Array]
    chains: int
    times: Array
    quantities: dict[str, str]
    paths: Paths

    @property
    def calendar(self) -> bool:
        """Whether dates are calendar years."""
        return bool(self.document["clock"] == "calendar")

    @property
    def source(self) -> Draws:
        """Its predictions, as questions read them."""
        return self.reading(self.paths)

    def reading(self, paths: Paths) -> Draws:
        """Other predictions of the same quantities at the same dates, as questions read them."""
        labels = {name: {"units": unit} for name, unit in self.quantities.items()}
        return Draws(self.document["card"], self.times, self.calendar, None, labels, paths)

    @property
    def inputs(self) -> dict[str, Array]:
        """Draws of every input that is not known exactly, by name, sorted; departures last."""
        scalars = {name: v for name, v in sorted(self.posterior.items()) if v.ndim == 1}
        last = {now: self.posterior[name][:, -1] for name, now in DEPARTURES.items() if self._departs(name)}
        return {name: v for name, v in (scalars | last).items() if np.ptp(v) > 0}

    def _departs(self, name: str) -> bool:
        return name in self.posterior and self.posterior[name].shape[1] > 0

    @property
    def known(self) -> tuple[str, ...]:
        """Parameters that are known exactly, and so drive nothing."""
        return tuple(sorted(name for name, v in self.posterior.items() if v.ndim == 1 and np.ptp(v) == 0))

    @property
    def last_evidence(self) -> float:
        """Date of the last evidence; the start where there is none."""
        dates = [decimal_year(dt.date.fromisoformat(e["last_date"])) for e in self.document["evidence"]]
        return max(dates, default=float(self.document["start"]))


def run_of(result: Forecast) -> Run:
    """Take a forecast that is at hand."""
    predictions = result.predictions
    return Run(
        _told(result),
        result.posterior.draws(),
        result.posterior.tree["posterior"].sizes["chain"],
        predictions["time"].to_numpy(),
        {str(name): v.attrs["units"] for name, v in predictions.data_vars.items()},
        lambda name: predictions[name].to_numpy(),
    )


def _told(result: Forecast) -> dict[str, Any]:
    """What a summary says of a forecast, as far as it is needed here."""
    inputs = result.inputs
    return {
        "card": inputs.card.name,
        "title": inputs.card.title,
        "priors": inputs.priors.name,
        "overrides": {o.name: o.prior for o in inputs.overrides},
        "clock": inputs.card.clock,
        "start": inputs.start,
        "horizon": result.horizon,
        "today": result.today.isoformat(),
        "seed": result.settings.seed,
        "evidence": [{"name": t.name, "last_date": t.last_date.isoformat()} for t in inputs.tables],
        "events": [event.as_dict() for event in result.events],
        "provenance": dict(result.provenance),
    }


def read_run(folder: Path) -> Run:
    """Open a run folder; paths are read when they are asked for.

    Raises
    ------
    InputError
        If the folder holds no whole run.
    """
    import h5netcdf

    file = folder / "forecast.nc"
    try:
        document = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        with h5netcdf.File(file) as stored:
            posterior = {
                name: _flat(variable[...])
                for name, variable in stored["posterior"].variables.items()
                if variable.dimensions[:2] == ("chain", "draw")
            }
            chains = stored["posterior"].dimensions["chain"].size
            predictions = stored["predictions"].variables
            times = np.asarray(predictions["time"][...], dtype=float)
            units = {name: str(v.attrs["units"]) for name, v in predictions.items() if name != "time"}
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{folder} holds no run that can be read: {error}", "Make one with `meekcast forecast`."
        ) from None

    @cache
    def paths(name: str) -> Array:
        with h5netcdf.File(file) as stored:
            return np.asarray(stored["predictions"].variables[name][...], dtype=float)

    return Run(document, posterior, chains, times, units, paths)


def _flat(values: Array) -> Array:
    """Chains and draws on one axis."""
    return np.asarray(values.reshape(-1, *values.shape[2:]), dtype=float)


def inputs_of(run: Run) -> Inputs:
    """Card, belief and evidence from which a run was made.

    Raises
    ------
    InputError
        If they are not what they were.
    """
    from meekcast.inputs import Override, gather

    document = run.document
    overrides = [Override(name, prior) for name, prior in document["overrides"].items()]
    gathered = gather(document["card"], document["priors"], overrides, [e["name"] for e in document["evidence"]])
    made_of = document["provenance"]["hashes"]
    changed = sorted(key for key, value in gathered.hashes.items() if made_of.get(key, value) != value)
    if changed:
        raise InputError(
            f"the run was made from another {' and another '.join(changed)}", "Make it again with `meekcast forecast`."
        )
    return gathered


def quantity_paths(run: Run, name: str) -> Array:
    """Paths of a quantity.

    Raises
    ------
    InputError
        If the run has no such quantity.
    """
    if name not in run.quantities:
        raise InputError(f"unknown quantity {name!r}", nearest(name, run.quantities))
    return run.paths(name)
