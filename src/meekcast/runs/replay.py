"""A run made again from its own manifest, and whether the same bytes come out."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.cards import library
from meekcast.errors import InputError
from meekcast.runs.read import open_run
from meekcast.runs.verify import MANIFEST, file_hash, read_manifest, texts

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


EXTENDED = {"base": "models", "prior base": "priors"}
"""Texts that a card and a prior set take over from, and the folder in which each is looked for."""


def gather_again(manifest: Manifest, folder: Path, *, exact: bool = True) -> Inputs:
    """Gather inputs from the texts that a manifest carries.

    Parameters
    ----------
    manifest : dict
        From `meekcast.runs.read.read_manifest`.
    folder : pathlib.Path
        An empty folder for the texts.
    exact : bool, default True
        Whether every text has to mean just what it meant to the version that made the run, as it must where results
        are to come out again.

    Returns
    -------
    Inputs
        The same as then.

    Raises
    ------
    InputError
        If a text is missing, or says something else to this version than it said then.
    """
    from meekcast.inputs import Override, gather

    files, bases = {}, {}
    for i, (kind, entry) in enumerate(texts(manifest)):
        if entry["text"] is None:
            raise InputError(
                f"the manifest has no text of {kind} {entry['name']!r}: it was made in Python, not read from a file",
                "Run the program again that made it; meekcast can replay what it read from files.",
            )
        files[i] = folder / f"{i}-{kind}.toml"
        files[i].write_text(entry["text"], encoding="utf-8")
        if kind in EXTENDED:
            bases[EXTENDED[kind], entry["name"]] = files.pop(i)
    card_file, priors_file, *tables = files.values()
    with library.standing_in(bases):
        card = library.load_card(str(card_file))
    read = [("evidence", str(benchmark.evidence)) for benchmark in card.observed]
    read += [("trends", name) for name in card.trends]
    read += [("losses", card.losses)] if card.losses else []
    added = [str(file) for file in tables[len(read) :]]
    with library.standing_in({**bases, **dict(zip(read, tables, strict=False))}):
        overrides = [Override(**override) for override in manifest["inputs"]["overrides"]]
        inputs = gather(str(card_file), str(priors_file), overrides, added)
    if exact:
        _check_same(manifest, inputs)
    as_of = manifest.get("asked", {}).get("as_of")
    return inputs.as_known(dt.date.fromisoformat(as_of)) if as_of else inputs


def _check_same(manifest: Manifest, inputs: Inputs) -> None:
    """Refuse texts that this version understands differently than the first one did."""
    contents = [inputs.card, inputs.priors, *inputs.tables, *inputs.informing]
    told = [text for text in texts(manifest) if text[0] not in EXTENDED]  # hashes cover what is taken over
    if len(told) != len(contents):
        raise InputError(
            f"the manifest has texts of {len(told)} files, what its card reads are {len(contents)}",
            "It was not written by meekcast. Make the run again with `meekcast forecast`.",
        )
    for (kind, entry), content in zip(told, contents, strict=True):
        if library.fingerprint(content) != entry["fingerprint"]:
            raise InputError(
                f"this version of meekcast reads {kind} {entry['name']!r} differently than version "
                f"{manifest['version']} did",
                "Install that version, or make the run again with `meekcast forecast`.",
            )


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
