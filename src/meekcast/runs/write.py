"""A forecast as files in a folder: all of them, or none."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast import cache
from meekcast.errors import InputError
from meekcast.files import staged
from meekcast.runs.read import open_run
from meekcast.runs.verify import FORECAST, MANIFEST, SUMMARY, file_hash

if TYPE_CHECKING:
    from meekcast.forecasts.checks import PredictiveCheck
    from meekcast.forecasts.forecast import Forecast
    from meekcast.inference.sampler import Settings
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary


type Draw = Callable[[Forecast, Sequence[PredictiveCheck], Summary, Path], None]


def run_id(inputs: Inputs, settings: Settings, **asked: Any) -> str:
    """Hash of everything that decides what a run folder holds, code, scorecard and calibration included.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    settings : Settings
        How to sample.
    **asked
        What else the user asked for: horizon, date, checks.

    Returns
    -------
    str
        Hexadecimal.
    """
    from meekcast.backtests.shelf import find_scorecard
    from meekcast.calibrations import shelf as calibrations

    told = {"scorecard": find_scorecard(inputs), "calibration": calibrations.find(inputs)}
    ingredients = {**inputs.hashes, "settings": dataclasses.asdict(settings), **told}
    return cache.key({**ingredients, "asked": asked}, cache.ALL)


def standing(folder: Path, run: str) -> tuple[Summary, list[Path]] | None:
    """Summary and files of a folder, if it holds just this run, every file as it was written."""
    try:
        found = open_run(folder)
        if found.manifest.get("run") != run or found.verified().summary["run"] != run:
            return None
    except InputError:
        return None
    return found.summary, found.files


def write_run(
    result: Forecast,
    folder: Path,
    run: str,
    *,
    draw: Draw,
    checks: bool = False,
    until: float | None = None,
    command: Sequence[str] | None = None,
) -> tuple[Summary, list[Path]]:
    """Write every file of a forecast.

    Parameters
    ----------
    result : Forecast
        The forecast.
    folder : pathlib.Path
        Where; the files of an earlier run go when all new ones are whole. Files of others stay.
    run : str
        From `run_id`.
    draw : callable
        Draws the pictures and the page into a folder (`meekcast.door.page.draw_run`); drawing is above this room.
    checks : bool, default False
        Whether to add the predictive checks.
    until : float, optional
        Horizon as it was asked, for the manifest.
    command : sequence of str, optional
        Arguments of the command line that ask for this run, for the manifest.

    Returns
    -------
    tuple of dict and list of pathlib.Path
        The summary, and the files.

    Raises
    ------
    OutputError
        If the folder cannot be written; earlier files stay.
    """
    from meekcast.files import to_json
    from meekcast.forecasts.checks import predictive_checks
    from meekcast.runs import netcdf
    from meekcast.runs.manifest import write_manifest
    from meekcast.runs.summary import summary

    document: Summary = {**summary(result), "run": run}
    found = predictive_checks(result) if checks else ()
    with staged(folder, MANIFEST, _earlier_pictures(folder)) as stage:
        if checks:
            document["predictive_checks"] = [check.as_dict() for check in found]
        with _beside(lambda: netcdf.write(result, stage / FORECAST)):
            draw(result, found, document, stage)
        names = sorted([*(file.name for file in stage.iterdir()), SUMMARY, MANIFEST])
        document["files"] = names
        text = to_json(document)
        (stage / SUMMARY).write_text(text + "\n", encoding="utf-8")
        write_manifest(result, document, stage, until=until, command=command)
    return json.loads(text), [folder / name for name in names]


@contextmanager
def _beside(write: Callable[[], None]) -> Iterator[None]:
    """Write in a thread of its own meanwhile; it has ended when this ends, and its error is raised here."""
    with warnings.catch_warnings(), ThreadPoolExecutor(1) as thread:  # both threads change filters of warnings
        written = thread.submit(write)
        yield
        written.result()


def _earlier_pictures(folder: Path) -> list[str]:
    """Pictures of the run that stands in a folder, as far as they are its own: the next run may have fewer."""
    try:
        pictures = {n: said for n, said in open_run(folder).manifest["outputs"].items() if n.endswith(".png")}
        return [name for name, digest in pictures.items() if file_hash(folder / name) == digest]
    except (InputError, OSError):  # there is none, or another process is just replacing it
        return []
