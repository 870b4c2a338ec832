"""A run folder opened again: every file held against its hash first, and nothing in it is ever executed."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.equations.types import Array
from meekcast.errors import InputError, nearest

if TYPE_CHECKING:
    import xarray as xr

SUMMARY, MANIFEST, FORECAST = "summary.json", "manifest.json", "forecast.nc"
MANIFEST_SCHEMA = "meekcast.manifest/1"
READABLE = {MANIFEST: MANIFEST_SCHEMA, SUMMARY: "meekcast.summary/1"}
SEAL = "sha256_of_this_manifest"

_AGAIN = "Make the run again with `meekcast forecast`, or `meekcast replay` an intact manifest of it."


@dataclass(frozen=True, eq=False)
class EventDates:
    """Dates of one event, draw by draw.

    Parameters
    ----------
    about : dict
        The event's entry in the summary: name, quantity, side, threshold, unit, quantiles, probabilities.
    dates : ndarray, shape (n,)
        In the card's clock; ``inf`` where it has not happened by the horizon.
    """

    about: dict[str, Any]
    dates: Array

    @property
    def name(self) -> str:
        """Name of the event."""
        return str(self.about["name"])

    @property
    def happened(self) -> Array:
        """The finite dates, increasing."""
        return np.sort(self.dates[np.isfinite(self.dates)])

    @property
    def not_by_horizon(self) -> float:
        """Share of draws without a date."""
        return float(np.mean(np.isinf(self.dates)))


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A checked run folder.

    Parameters
    ----------
    folder : pathlib.Path
        Where it lies.
    manifest, summary : dict
        Its documents.
    """

    folder: Path
    manifest: dict[str, Any]
    summary: dict[str, Any]

    @cached_property
    def tree(self) -> xr.DataTree:
        """The arrays, read when they are needed (`meekcast.runs.netcdf`)."""
        import xarray as xr

        return xr.open_datatree(self.folder / FORECAST, engine="h5netcdf")

    @property
    def calendar(self) -> bool:
        """Whether dates are calendar years, not years since both actors spent the same."""
        return bool(self.summary["clock"] == "calendar")

    @property
    def time_unit(self) -> str:
        """Unit of dates."""
        return "decimal year" if self.calendar else "years since both actors spent the same"

    @property
    def end(self) -> float:
        """Last date that was looked at: the end of the horizon's year, or so many years."""
        return float(self.summary["horizon"]) + self.calendar

    @cached_property
    def events(self) -> tuple[EventDates, ...]:
        """Every event with its dates."""
        dates = self.tree["events"]["date"].to_numpy()
        return tuple(EventDates(about, row) for about, row in zip(self.summary["events"], dates, strict=True))

    def event(self, which: str) -> EventDates:
        """Find an event by its name, or by its number counted from 1.

        Raises
        ------
        InputError
            If there is none; lists what there is.
        """
        names = [event.name for event in self.events]
        if which in names:
            return self.events[names.index(which)]
        if re.fullmatch(r"[0-9]{1,9}", which) and 1 <= int(which) <= len(names):
            return self.events[int(which) - 1]
        numbered = ", ".join(f"{i} = {name!r}" for i, name in enumerate(names, start=1))
        raise InputError(f"this run has no event {which!r}", f"Name one, or give its number: {numbered}.")

    def quantity(self, name: str) -> str:
        """Check the name of a quantity.

        Raises
        ------
        InputError
            If the run has no such quantity; lists what there is.
        """
        if name not in self.summary["bands"]:
            raise InputError(f"this run has no quantity {name!r}", nearest(name, self.summary["bands"]))
        return name


def open_run(folder: Path) -> StoredRun:
    """Open a run folder, whoever made it.

    Parameters
    ----------
    folder : pathlib.Path
        The folder, or its manifest.

    Returns
    -------
    StoredRun
        Its documents; arrays are read later.

    Raises
    ------
    InputError
        If it is no run folder, was written by a newer version, is truncated, or a file is not the one that was written.
    """
    folder = folder.parent if folder.name == MANIFEST else folder
    if not folder.is_dir():
        raise InputError(
            f"there is no run folder {folder}", "Give the folder that a forecast wrote, such as out/leaderboard."
        )
    manifest = read_manifest(folder / MANIFEST)
    for name, digest in manifest["outputs"].items():
        _check_output(folder, name, digest)
    return StoredRun(folder, manifest, _document(folder / SUMMARY))


def read_manifest(file: Path) -> dict[str, Any]:
    """Read a manifest and hold it and the texts that it carries against their hashes.

    Raises
    ------
    InputError
        If it is missing, truncated, changed or from a newer version.
    """
    if not file.is_file():
        raise InputError(f"there is no {file}", "Name a run folder with a manifest.json. " + _AGAIN)
    manifest = _document(file)
    if manifest.get(SEAL) != seal(manifest):
        raise InputError(f"{file} was changed after it was written: its own hash does not match", _AGAIN)
    for kind, entry in texts(manifest):
        if entry["text"] is not None and text_hash(entry["text"]) != entry["sha256"]:
            raise InputError(f"{file}: the text of {kind} {entry['name']!r} does not match its hash", _AGAIN)
    return manifest


def texts(manifest: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Texts that a manifest carries: card, priors, evidence, what card and priors extend, each with its kind."""
    inputs = manifest["inputs"]
    evidence = [*inputs["evidence"], *inputs.get("informing", [])]
    bases = [("base", entry) for entry in inputs.get("bases", [])]
    bases += [("prior base", entry) for entry in inputs.get("prior_bases", [])]
    return [("card", inputs["card"]), ("priors", inputs["priors"]), *(("evidence", e) for e in evidence), *bases]


def seal(manifest: dict[str, Any]) -> str:
    """Hash of all that a manifest says but this hash."""
    content = {key: value for key, value in manifest.items() if key != SEAL}
    return text_hash(json.dumps(content, sort_keys=True))


def text_hash(text: str) -> str:
    """SHA-256 of a text.

    Examples
    --------
    >>> text_hash("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(file: Path) -> str:
    """SHA-256 of a file's bytes."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _check_output(folder: Path, name: str, digest: str) -> None:
    """Hold one file against the manifest; a name cannot lead out of the folder."""
    if not re.fullmatch(r"[\w-][\w.-]*", name):
        raise InputError(f"{folder / MANIFEST} names an output {name!r} that is no plain file name", _AGAIN)
    file = folder / name
    if not file.is_file():
        raise InputError(f"{folder} is incomplete: {name} is missing", _AGAIN)
    found = file_hash(file)
    if found != digest:
        raise InputError(
            f"{file} is not the file that was written: its SHA-256 is {found[:12]}..., "
            f"the manifest says {digest[:12]}...",
            "It was changed or cut short. " + _AGAIN,
        )


def _document(file: Path) -> dict[str, Any]:
    """Read a JSON document of a schema that this version knows."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {file}: {error}", "It is truncated, or no JSON. " + _AGAIN) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    known, _, version = READABLE[file.name if file.name in READABLE else MANIFEST].partition("/")
    name, _, number = str(schema).partition("/")
    if name != known or not number.isdecimal():
        raise InputError(f"{file} is no {known}: its schema is {schema!r}", _AGAIN)
    if int(number) > int(version):
        raise InputError(
            f"{file} has schema {schema}, this version of meekcast reads {known}/{version}",
            "It was written by a newer meekcast: upgrade, or make the run again with this one.",
        )
    return dict(document)
