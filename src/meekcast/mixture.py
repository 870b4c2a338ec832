"""Several people's forecasts of one card as one: an equal mixture of their draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from meekcast import cache
from meekcast.bands import sorted_quantiles
from meekcast.errors import InputError
from meekcast.events import PROBABILITIES
from meekcast.export.json_text import to_json
from meekcast.stored import SEAL

if TYPE_CHECKING:
    from meekcast.stored import StoredRun

Array = npt.NDArray[np.float64]

SCHEMA = "meekcast.mixture/1"
SAME = ("clock", "start", "horizon", "today")


def write_mixture(runs: Sequence[StoredRun], file: Path) -> dict[str, Any]:
    """Mix runs of one card under several prior sets, and write the result as JSON.

    Parameters
    ----------
    runs : sequence of StoredRun
        The runs.
    file : pathlib.Path
        Where.

    Returns
    -------
    dict
        What was written: ``of`` names the runs, their shares and the seals of their manifests; ``events``
        and ``bands`` have the form of a summary.

    Raises
    ------
    InputError
        If the runs do not ask the same events.
    OutputError
        If the file cannot be written.
    """
    document = mixture(runs)
    with cache.replacing(file) as temporary:
        temporary.write_text(to_json(document) + "\n", encoding="utf-8")
    return document


def mixture(runs: Sequence[StoredRun]) -> dict[str, Any]:
    """Mix runs of one card in equal shares, see `write_mixture`."""
    first = runs[0].summary
    names = [[event["name"] for event in run.summary["events"]] for run in runs]
    if any(other != names[0] for other in names):
        raise InputError("the runs do not ask the same events", "Mix runs of one card with one horizon.")
    counts = [run.events[0].dates.size for run in runs]
    return {
        "schema": SCHEMA,
        "card": first["card"],
        "title": first["title"],
        **{key: first[key] for key in SAME},
        "point": False,
        "of": [_member(run, len(runs)) for run in runs],
        "events": [_event(runs, counts, i) for i in range(len(names[0]))],
        "bands": _bands(runs, counts),
    }


def equal_shares(rows: Sequence[Array], counts: Sequence[int]) -> Array:
    """Put draws together so that each run has the same weight, whatever its number of draws.

    Parameters
    ----------
    rows : sequence of ndarray, shape (..., n_i)
        Draws of each run.
    counts : sequence of int
        Their numbers; a run of fewer draws (a point result has one) repeats them.

    Returns
    -------
    ndarray, shape (..., n)
        All draws; what is left over where a number does not divide the largest is dropped.

    Examples
    --------
    >>> equal_shares([np.array([1.0]), np.array([2.0, 3.0])], [1, 2]).tolist()
    [1.0, 1.0, 2.0, 3.0]
    """
    most = max(counts)
    return np.concatenate([row[..., np.arange(most) % count] for row, count in zip(rows, counts, strict=True)], axis=-1)


def _member(run: StoredRun, n: int) -> dict[str, Any]:
    return {
        "folder": run.folder.name,
        "priors": run.summary["priors"],
        "share": 1 / n,
        "manifest": run.manifest[SEAL],
    }


def _event(runs: Sequence[StoredRun], counts: Sequence[int], i: int) -> dict[str, Any]:
    """Quantiles of the mixed dates; probabilities of a mixture are means."""
    entries = [run.summary["events"][i] for run in runs]
    dates = equal_shares([run.events[i].dates for run in runs], counts)
    quantiles = np.quantile(dates, PROBABILITIES, method="inverted_cdf")
    never = [entry["probability_never"] for entry in entries]
    return {
        **{key: entries[0][key] for key in ("name", "quantity", "side", "threshold", "unit")},
        "quantiles": {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, quantiles, strict=True)},
        "probability_by": {
            year: float(np.mean([entry["probability_by"][year] for entry in entries]))
            for year in entries[0]["probability_by"]
        },
        "probability_not_by_horizon": float(np.mean([entry["probability_not_by_horizon"] for entry in entries])),
        "probability_never": None if None in never else float(np.mean(never)),
    }


def _bands(runs: Sequence[StoredRun], counts: Sequence[int]) -> dict[str, Any]:
    """Quantiles of the mixed draws at every date."""
    bands = {}
    for name, band in runs[0].summary["bands"].items():
        rows = [run.tree["predictions"][name].transpose("time", "sample").to_numpy() for run in runs]
        mixed = np.sort(equal_shares(rows, counts), axis=1).astype(float)
        found = np.array([sorted_quantiles(row, PROBABILITIES) for row in mixed])
        bands[name] = {
            **{key: band[key] for key in ("unit", "long_name", "time")},
            "quantiles": {f"{p:g}": _defined(found[:, j]) for j, p in enumerate(PROBABILITIES)},
        }
    return bands


def _defined(values: Array) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
