"""What a grid of forecasts says of its first event, as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from meekcast.whatif.sweeps.run import AXES

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.equations.types import Array

GRID = AXES[:-1]


class SweepRow(TypedDict):
    """A forecast, its seeds together."""

    at: dict[str, str]
    status: list[str]
    probability: list[float | None]
    between_seeds: list[float | None]
    r_hat: float | None


class SweepDocument(TypedDict):
    """A grid in brief: its axes, each forecast, and what each axis does to the answer."""

    schema: str
    axes: dict[str, list[str]]
    forecasts: int
    places: int
    event: str
    by: list[float]
    clock: str
    rows: list[SweepRow]
    along: dict[str, dict[str, list[float | None]]]
    files: list[str]


def sweep_document(dataset: xr.Dataset, files: Sequence[Path] = ()) -> SweepDocument:
    """The first event of a grid.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `meekcast.whatif.sweeps.run.sweep`.
    files : sequence of pathlib.Path
        Where it stands.

    Returns
    -------
    dict
        ``rows`` has one entry a forecast, with the mean over seeds of the probability by each year, half the range
        between seeds, and each verdict once; ``along`` the mean probability at each value of an axis, over all
        forecasts that exist at every value of it.
    """
    chances = dataset["probability"].isel(event=0)
    axes = {axis: [str(value) for value in dataset[axis].to_numpy()] for axis in AXES}
    made = [str(status) for status in dataset["status"].to_numpy().ravel() if not _is_missing(str(status))]
    return {
        "schema": "meekcast.sweep/1",
        "axes": axes,
        "forecasts": len(made),
        "places": int(dataset["status"].size),
        "event": str(dataset["event"].to_numpy()[0]),
        "by": [float(year) for year in dataset["by"].to_numpy()],
        "clock": "calendar" if dataset["by"].attrs["units"] == "year" else "elapsed",
        "rows": [_row(dataset, place) for place in np.ndindex(*(len(axes[name]) for name in GRID))],
        "along": {axis: means for axis in AXES if len(axes[axis]) > 1 and (means := _along(chances, axis))},
        "files": [str(file) for file in files],
    }


def _is_missing(status: str) -> bool:
    return status.startswith("does not exist")


def _row(dataset: xr.Dataset, place: tuple[int, ...]) -> SweepRow:
    here = dataset.isel(dict(zip(GRID, place, strict=True)))
    chances = here["probability"].isel(event=0).to_numpy()
    return {
        "at": {axis: str(here[axis].item()) for axis in GRID},
        "status": sorted({str(status) for status in here["status"].to_numpy()}),
        "probability": _numbers(chances.mean(axis=0)),
        "between_seeds": _numbers(np.ptp(chances, axis=0) / 2),
        "r_hat": _number(here["r_hat"].max().item()),
    }


def _along(chances: xr.DataArray, axis: str) -> dict[str, list[float | None]]:
    """Means over what exists at every value of the axis: only so are they of the same forecasts."""
    everywhere = chances.where(chances.notnull().all(axis))
    if everywhere.isnull().all():
        return {}  # nothing can be compared
    means = everywhere.mean([name for name in AXES if name != axis])
    return {str(value): _numbers(means.sel({axis: value}).to_numpy()) for value in chances[axis].to_numpy()}


def _numbers(values: Array) -> list[float | None]:
    return [_number(float(value)) for value in values]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
