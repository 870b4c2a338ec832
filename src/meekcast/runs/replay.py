"""A run made again from its own manifest, and whether the same bytes come out."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.runs.gathered import gather_again
from meekcast.runs.read import open_run
from meekcast.runs.verify import MANIFEST, file_hash, read_manifest

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Manifest
    from meekcast.runs.write import Draw


@dataclass(frozen=True)
class Replay:
    """What came out of a replay.

    Parameters
    ----------
    identical, different : tuple of str
        Outputs of the first run, by whether the same bytes came out again; the manifest itself is left out.
    changed : dict
        What is not as it was then: version, commit, code, Python, platform, libraries; then and now.
    folder : pathlib.Path or None
        Where the new files are, if they were kept.
    """

    identical: tuple[str, ...]
    different: tuple[str, ...]
    changed: dict[str, tuple[Any, Any]]
    folder: Path | None


def replay(file: Path, out: Path | None, progress: Progress, *, draw: Draw, fresh: bool = True) -> Replay:
    """Run a manifest again; the files that it was made from are not needed.

    Parameters
    ----------
    file : pathlib.Path
        A manifest, of which no other file is needed; or a run folder, whose files are held against it first.
    out : pathlib.Path or None
        Folder for the new files; None throws them away after the comparison.
    progress : Progress
        Is told of each step.
    draw : callable
        Draws the pictures, as in `meekcast.runs.write.write_run`.
    fresh : bool, default True
        Sample again, even if the cache has the posterior.

    Returns
    -------
    Replay
        Which outputs are identical.

    Raises
    ------
    InputError
        If the manifest cannot be read, or was changed, or a file of the folder was; or a text of an input is
        missing, or means something else to this version.
    OutputError
        If the folder cannot be written.
    """
    from meekcast.files import check_writable

    manifest = open_run(file).verified().manifest if file.is_dir() else read_manifest(file)
    if out is not None:
        check_writable(out)
    with tempfile.TemporaryDirectory() as name:
        inputs = gather_again(manifest, Path(name))
        folder = out or Path(name) / "outputs"
        _run(manifest, inputs, folder, progress, draw, fresh)
        same = {output: _is(folder / output, digest) for output, digest in manifest["outputs"].items()}
        again = read_manifest(folder / MANIFEST)
    identical, different = (tuple(n for n, found in same.items() if found is wanted) for wanted in (True, False))
    return Replay(identical, different, _changed(manifest, again), out)


def _run(manifest: Manifest, inputs: Inputs, folder: Path, progress: Progress, draw: Draw, fresh: bool) -> None:
    from meekcast.forecasts.forecast import forecast
    from meekcast.inference.sampler import Settings
    from meekcast.runs.write import run_id, write_run

    settings, asked = Settings(**manifest["settings"]), manifest["asked"]
    today, until, check = dt.date.fromisoformat(asked["today"]), asked["until"], asked["check"]
    result = forecast(inputs, settings, until=until, today=today, fresh=fresh, progress=progress)
    run = run_id(inputs, settings, until=until, today=asked["today"], check=check)
    progress.step("drawing and writing")
    write_run(result, folder, run, draw=draw, checks=check, until=until, command=manifest["command"])


def _is(file: Path, digest: str) -> bool:
    return file.is_file() and file_hash(file) == digest


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What of code and surroundings differs between two manifests."""
    found = {key: (then[key], now[key]) for key in ("version", "commit", "source", "python", "platform")}
    both = then["distributions"].keys() | now["distributions"].keys()
    found |= {name: (then["distributions"].get(name), now["distributions"].get(name)) for name in sorted(both)}
    return {key: pair for key, pair in found.items() if pair[0] != pair[1]}
