"""A forecast as files in a folder: all of them, or none."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast import cache
from meekcast.errors import OutputError
from meekcast.stored import FORECAST, MANIFEST
from meekcast.stored import SUMMARY as DOCUMENT

if TYPE_CHECKING:
    from meekcast.forecast import Forecast
    from meekcast.inference.sampler import Settings
    from meekcast.inputs import Inputs


def run_id(inputs: Inputs, settings: Settings, **asked: Any) -> str:
    """Hash of everything that decides what a run folder holds, code and scorecard included.

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
    from meekcast.backtest.shelf import find_scorecard

    ingredients = {**inputs.hashes, "settings": dataclasses.asdict(settings), "scorecard": find_scorecard(inputs)}
    return cache.key({**ingredients, "asked": asked}, everything=True)


def standing(folder: Path, run: str) -> tuple[dict[str, Any], list[Path]] | None:
    """Summary and files of a folder, if it holds just this run."""
    try:
        document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
        files = [folder / name for name in document["files"]]
        return (document, files) if document["run"] == run and all(f.is_file() for f in files) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written, before minutes are spent.

    Raises
    ------
    OutputError
        If so.
    """
    with staged(folder):
        pass


def write_run(
    result: Forecast,
    folder: Path,
    run: str,
    *,
    checks: bool = False,
    until: float | None = None,
    command: Sequence[str] | None = None,
) -> tuple[dict[str, Any], list[Path]]:
    """Write every file of a forecast.

    Parameters
    ----------
    result : Forecast
        The forecast.
    folder : pathlib.Path
        Where; files of an earlier run are replaced when all new ones are whole.
    run : str
        From `run_id`.
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
    from meekcast.checks import predictive_checks
    from meekcast.export import netcdf
    from meekcast.export.json_text import to_json
    from meekcast.export.summary import summary
    from meekcast.manifest import write_manifest
    from meekcast.plots.checks import write_checks
    from meekcast.plots.forecast import write_pictures

    document = summary(result)
    with staged(folder) as stage:
        if checks:
            found = predictive_checks(result)
            document["predictive_checks"] = [check.as_dict() for check in found]
            if found:
                write_checks(found, stage)
        write_pictures(result, stage)
        netcdf.write(result, stage / FORECAST)
        names = sorted([*(file.name for file in stage.iterdir()), DOCUMENT, MANIFEST])
        document |= {"run": run, "files": names}
        text = to_json(document)
        (stage / DOCUMENT).write_text(text + "\n", encoding="utf-8")
        write_manifest(result, document, stage, until=until, command=command)
    return json.loads(text), [folder / name for name in names]


def write_stack(document: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[Path]]:
    """Write summary.json and stack.png of a stack, both or none.

    Returns
    -------
    tuple of dict and list of pathlib.Path
        The document as the file holds it, and the files.
    """
    from meekcast.export.json_text import to_json
    from meekcast.plots.stack import stack_figure
    from meekcast.plots.style import save

    names = ["stack.png", DOCUMENT]
    with staged(folder) as stage:
        save(stack_figure(document), stage / names[0])
        text = to_json({**document, "files": names})
        (stage / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    return json.loads(text), [folder / name for name in names]


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Collect files beside the target folder and move them in when all are there."""
    stage = folder / f".{os.getpid()}.part"
    try:
        stage.mkdir(parents=True, exist_ok=True)
        yield stage
        for file in stage.iterdir():
            file.replace(folder / file.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write to {folder}: {reason}", "Choose a folder that you may write to, with --out DIR."
        ) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
