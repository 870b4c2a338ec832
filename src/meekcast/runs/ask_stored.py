"""Questions to a run that stands in a folder: only what is asked for is read from its forecast.nc."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np

from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.forecasts.draws import Draws

FILE, READABLE = "forecast.nc", "meekcast.summary/2"
_LABELS = ("units", "long_name", "valid_min", "valid_max")


def stored(folder: Path) -> tuple[Draws, dict[str, Any]]:
    """Open a run for questions.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of a run, or its forecast.nc.

    Returns
    -------
    tuple of Draws and dict
        The draws, each quantity read when it is asked for; and what the run says of itself: ``card``,
        ``priors``, ``today``.

    Raises
    ------
    InputError
        If there is no run, it is damaged, or a newer meekcast wrote it.
    """
    path = folder if folder.is_file() else folder / FILE
    if not path.is_file():
        raise InputError(f"there is no run in {folder}: {FILE} is missing", "Name a folder such as out/leaderboard.")
    with _opened(path) as file:
        schema = file.attrs.get("schema")
        if schema != READABLE:
            raise InputError(
                f"{path} has schema {schema!r}, this meekcast reads {READABLE!r}",
                "Ask with the version that wrote it, or run the forecast again.",
            )
        group = file.groups["predictions"]
        time = group.variables["time"]
        labels = {name: _labels(v) for name, v in group.variables.items() if v.dimensions == ("sample", "time")}
        chains = file.groups["posterior"].dimensions["chain"].size if "sample_stats" in file.groups else None
        about = {name: str(file.attrs[name]) for name in ("card", "priors", "today")}
        times, calendar = np.asarray(time[:], float), time.attrs["units"] == "decimal year"

    def read(name: str) -> Array:
        with _opened(path) as file:
            return np.asarray(file.groups["predictions"].variables[name][:])

    return Draws(about["card"], times, calendar, chains, labels, read), about


def _labels(variable: Any) -> dict[str, Any]:
    return {name: variable.attrs[name] for name in _LABELS if name in variable.attrs}


@contextmanager
def _opened(path: Path) -> Iterator[h5netcdf.File]:
    try:
        with h5netcdf.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} cannot be read: {error}", "It is damaged: run the forecast again.") from None
