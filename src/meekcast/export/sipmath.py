"""Draws as a SIPmath 3.0 library, the JSON standard of ProbabilityManagement.org.

Every event becomes two coherent SIPs (stored trials, function ``SIP_Array``, indexed by the trial number):
``<event>_happens`` is 1 where it happens by the horizon, else 0; ``<event>_date`` is the date. SIPs are numbers, and
infinity is none in JSON: a date that is not reached by the horizon is given as the end of the horizon, so look at
``_happens`` before averaging; the share is in the metadata. A quantity that is asked for becomes one SIP a
year. Trial i of every SIP is the same draw, so their dependence is kept. ``dateCreated`` is the date of asking.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.errors import InputError
from meekcast.files import to_json

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.runs.read import StoredRun

SCHEMA_FILE = Path(__file__).parent / "schemas" / "sipmath-3.schema.json"

_BINS = 25  # the standard's readers draw a SIP's density from so many numbers


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write the library."""
    file.write_text(to_json(library(run, wanted)) + "\n", encoding="utf-8")


def library(run: StoredRun, wanted: Wanted) -> dict[str, Any]:
    """Gather the library.

    Raises
    ------
    InputError
        If a quantity is infinite or undefined in some draw, which no SIP can hold.
    """
    events = wanted.events_of(run)
    sips = [sip for event in events for sip in _of_event(run, event)]
    for name in wanted.quantities:
        sips += _of_quantity(run, run.quantity(name))
    summary = run.summary
    provenance = f"meekcast {run.manifest['version']}, card {summary['card']}, priors {summary['priors']}"
    return {
        "name": f"meekcast_{_identifier(summary['card'])}",
        "objectType": "sipModel",
        "libraryType": "SIPmath_3_0",
        "dateCreated": summary["today"],
        "provenance": f"{provenance}, seed {summary['seed']}, run {summary['run']}",
        "globalVariables": [],
        "U01": {"rng": [{"name": "trial", "function": "Index", "arguments": {"counter": "PM_Index"}}]},
        "sips": sips,
        "version": "1",
    }


def _of_event(run: StoredRun, event: Answer) -> list[dict[str, Any]]:
    stem, never = _identifier(event.name), event.probability_not_by_horizon.value
    about = {"event": event.name, "not_by_horizon": never}
    dates = np.minimum(event.dates, run.end)
    date = {**about, "unit": run.time_unit, "given_where_not_by_horizon": run.end}
    return [
        _sip(f"{stem}_happens", event.true.astype(float), {**about, "unit": "1"}),
        _sip(f"{stem}_date", dates, date),
    ]


def _of_quantity(run: StoredRun, name: str) -> list[dict[str, Any]]:
    """One SIP for each whole number of years; on a calendar it is named by the year that ends then."""
    variable = run.draws.table([name])[name]
    times = variable["time"].to_numpy()
    dates = range(int(np.ceil(times[0] - 1e-9)), int(np.floor(times[-1] + 1e-9)) + 1)
    found = []
    for date in dates:
        year, at = date - run.calendar, variable.isel(time=int(np.abs(times - date).argmin()))
        values = at.to_numpy().astype(float)
        if not np.isfinite(values).all():
            raise InputError(
                f"{name} is infinite or undefined in some draws at {year}, which no SIP can hold",
                "Choose another quantity; netcdf, parquet and csv hold all of them.",
            )
        about = {"quantity": name, "unit": variable.attrs["units"], "time": float(at["time"])}
        found.append(_sip(f"{_identifier(name)}_{year}", values, about))
    return found


def _sip(name: str, values: np.ndarray, about: dict[str, Any]) -> dict[str, Any]:
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    counts, _ = np.histogram(values, bins=_BINS)
    statistics = {"count": len(values), "mean": float(values.mean()), "min": float(values.min())}
    statistics |= {f"P{p}": float(q) for p, q in zip((25, 50, 75), quartiles, strict=True)}
    return {
        "name": name,
        "ref": {"source": "rng", "name": "trial"},
        "function": "SIP_Array",
        "arguments": {"type": "array", "value": values.tolist()},
        "metadata": {
            **about,
            **statistics,
            "max": float(values.max()),
            "density": (counts / len(values)).tolist(),
        },
    }


def _identifier(text: str) -> str:
    """A name that every reader of SIP libraries takes as a name of a variable.

    Examples
    --------
    >>> _identifier("the gap stays below 0.5 points")
    'the_gap_stays_below_0_5_points'
    """
    return re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
