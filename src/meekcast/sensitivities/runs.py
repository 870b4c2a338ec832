"""A forecast as sensitivity analysis sees it: which inputs there are, and what it was made from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.errors import InputError, nearest
from meekcast.forecasts.draws import Draws
from meekcast.runs.read import StoredRun

if TYPE_CHECKING:
    from meekcast.forecasts.forecast import Forecast
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary

DEPARTURE = "_departure"


def now(departure: str) -> str:
    """Name of a departure from theory at the last date of evidence: all that the future knows of it.

    Examples
    --------
    >>> now("lead_departure")
    'lead_now'
    """
    return f"{departure.removesuffix(DEPARTURE)}_now"


@dataclass(frozen=True, eq=False)
class Run:
    """A forecast, stored or at hand.

    Parameters
    ----------
    summary : dict
        What it says of itself (`meekcast.runs.summary`).
    draws : Draws
        Its draws.
    """

    summary: Summary
    draws: Draws

    @cached_property
    def inputs(self) -> dict[str, Array]:
        """Draws of every input that is not known exactly, by name, sorted; departures last."""
        posterior = self.draws.posterior
        scalars = {name: v for name, v in sorted(posterior.items()) if v.ndim == 1}
        last = {now(n): v[:, -1] for n, v in posterior.items() if n.endswith(DEPARTURE) and v.shape[1] > 0}
        return {name: v for name, v in (scalars | last).items() if np.ptp(v) > 0}

    @property
    def known(self) -> tuple[str, ...]:
        """Parameters that are known exactly, and so drive nothing."""
        posterior = self.draws.posterior
        return tuple(sorted(name for name, v in posterior.items() if v.ndim == 1 and np.ptp(v) == 0))

    @property
    def last_evidence(self) -> float:
        """Date of the last evidence; the start where there is none."""
        dates = [
            decimal_year(dt.date.fromisoformat(e["last_date"])) for e in self.summary["evidence"] if e["last_date"]
        ]
        return max(dates, default=float(self.summary["start"]))


def run_of(result: Forecast | StoredRun) -> Run:
    """Take a forecast that is at hand, or that stands in a folder (`meekcast.runs.read.open_run`)."""
    if isinstance(result, StoredRun):
        return Run(result.summary, result.draws)
    from meekcast.runs.summary import summary

    return Run(summary(result), Draws.of(result.inputs.card.name, result.predictions, result.posterior))


def inputs_of(run: Run) -> Inputs:
    """Card, belief and evidence from which a run was made.

    Raises
    ------
    InputError
        If they are not what they were.
    """
    from meekcast.inputs import Override, gather

    told = run.summary
    overrides = [Override(name, prior) for name, prior in told["overrides"].items()]
    gathered = gather(told["card"], told["priors"], overrides, [e["name"] for e in told["evidence"]])
    made_of = told["provenance"]["hashes"]
    if made_of["as_of"] != "None":
        gathered = gathered.as_known(dt.date.fromisoformat(made_of["as_of"]))
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
    if name not in run.draws.labels:
        raise InputError(f"unknown quantity {name!r}", nearest(name, run.draws.labels))
    return run.draws.read(name)
