"""The one reader of run folders: what is read of a file is held against the manifest first; nothing is executed."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

import numpy as np

from meekcast.cards.priors import NAME
from meekcast.equations.types import Array
from meekcast.errors import InputError, nearest
from meekcast.files import Document, locked
from meekcast.forecasts.bands import quantile_bands
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.answer import PROBABILITIES, Answer
from meekcast.forecasts.questions.when import when
from meekcast.runs.verify import (
    AGAIN,
    FORECAST,
    MANIFEST,
    SUMMARY,
    SUMMARY_SCHEMA,
    check_contained,
    check_plain,
    document,
    read_manifest,
    reading,
    stream_hash,
)
from meekcast.vocabulary.grammar import parse

if TYPE_CHECKING:
    import h5py
    import xarray as xr

    from meekcast.forecasts.predictions import Latent
    from meekcast.runs.documents import Manifest, Summary

_NUMBER = (int, float)
_SUMMARY: dict[str, type | tuple[type, ...]] = {
    "card": str, "title": str, "priors": str, "overrides": dict, "clock": str, "start": _NUMBER, "horizon": _NUMBER,
    "today": str, "seed": int, "point": bool, "evidence": list, "diagnostics": dict, "events": list, "bands": dict,
    "provenance": dict, "run": str, "files": list,
}  # fmt: skip
_DATES_HELD, _ROUNDING = 5, 1e-5  # of a quantity that is computed again, against its bands
_LABELS = ("units", "long_name", "valid_min", "valid_max")


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run folder; its files are opened when they are needed.

    Parameters
    ----------
    folder : pathlib.Path
        Where it lies.
    manifest : dict
        What vouches for the other files.
    """

    folder: Path
    manifest: Manifest
    _held: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Open a file of the run that is the one that was written; each is hashed once, as long as it stays the same.

        Raises
        ------
        InputError
            If it is not.
        """
        file = self.folder / name
        check_plain(file)
        with reading(file):
            source = file.open("rb")
        with source:
            found = os.fstat(source.fileno())
            state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if self._held.get(name) != state:
                self._check(file, source)
                self._held[name] = state
            yield source

    def _check(self, file: Path, source: BinaryIO) -> None:
        said, found = self.manifest["outputs"][file.name], stream_hash(source)
        if found != said:
            raise InputError(
                f"{file} is not the file that was written: its SHA-256 is {found[:12]}..., "
                f"the manifest says {said[:12]}...",
                "It was changed, cut short, or replaced meanwhile. " + AGAIN,
            )
        source.seek(0)
        if file.name == FORECAST:
            check_contained(file, source)
            source.seek(0)

    @property
    def files(self) -> list[Path]:
        """All files of the run, sorted; other commands may have put theirs beside."""
        return [self.folder / name for name in sorted([*self.manifest["outputs"], MANIFEST])]

    def verified(self) -> Self:
        """The run, after every file of it was held against the manifest.

        Raises
        ------
        InputError
            If one is missing or was changed.
        """
        for name in self.manifest["outputs"]:
            with self.opened(name):
                pass
        return self

    @cached_property
    def summary(self) -> Summary:
        """What summary.json says (`meekcast.runs.summary`)."""
        with self.opened(SUMMARY) as source:
            return _checked(self.folder / SUMMARY, document(self.folder / SUMMARY, SUMMARY_SCHEMA, source))

    @contextmanager
    def _arrays(self) -> Iterator[h5py.File]:
        import h5py

        with self.opened(FORECAST) as source, reading(self.folder / FORECAST), h5py.File(source, "r") as arrays:
            yield arrays

    @cached_property
    def tree(self) -> xr.DataTree:
        """All arrays of the file, in memory (`meekcast.runs.netcdf`); `draws` has every quantity."""
        import xarray as xr

        with (
            self.opened(FORECAST) as source,
            reading(self.folder / FORECAST),
            xr.open_datatree(source, engine="h5netcdf") as stored,
        ):
            tree = stored.load()
            tree["bands"].to_dataset()[list(self.summary["bands"])]  # all that is told of is there
            return tree

    @cached_property
    def draws(self) -> Draws:
        """Draws of quantities and parameters, each read or computed when it is asked for."""
        with self._arrays() as arrays:
            times = np.asarray(arrays["bands/time"][...], dtype=float)
            labels = {name: _labels(bands) for name, bands in arrays["bands"].items() if bands.ndim == 2}
            chains = arrays["posterior/chain"].size if "sample_stats" in arrays else None
        return Draws(
            self.summary["card"], times, self.calendar, chains, labels, cache(self._predicted), self._posterior
        )

    def _predicted(self, name: str) -> Array:
        """Draws of a quantity: those that are stored; earlier versions stored all, this one what nothing else tells."""
        with self._arrays() as arrays:
            if name in arrays["predictions"]:
                return np.asarray(arrays["predictions"][name][...], dtype=float)
            bands = np.asarray(arrays["bands"][name][...])
        if name in self._latent.quantities:
            values = self._latent.table([name])[name]
            if _are_of(values, bands):
                return values
        raise InputError(
            f"this version of meekcast computes {name} differently than version {self.manifest['version']}, "
            f"which made {self.folder}",
            "Install that version, or make the run again with `meekcast forecast`.",
        )

    @cached_property
    def _latent(self) -> Latent:
        """What computes the quantities that are not stored, by the card that the manifest carries."""
        from meekcast.forecasts.predictions import Latent
        from meekcast.model.realised import departures
        from meekcast.runs.gathered import card_again

        card = card_again(self.manifest)
        with self._arrays() as arrays:
            drawn = {name: np.asarray(arrays["predictions"][name][...], dtype=float) for name in departures(card)}
            parameters = {n: v for n, v in self.draws.posterior.items() if v.ndim == 1}
        return Latent(card, parameters, drawn, self.draws.times - self.draws.start)

    def _posterior(self) -> dict[str, Array]:
        with self._arrays() as arrays:
            drawn = {name: v[...] for name, v in arrays["posterior"].items() if v.ndim > 1}
        return {
            name: np.asarray(v, dtype=float).reshape(v.shape[0] * v.shape[1], *v.shape[2:]) for name, v in drawn.items()
        }

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
    def events(self) -> tuple[Answer, ...]:
        """The card's events with their dates."""
        with self._arrays() as arrays:
            dates = np.asarray(arrays["events/date"][...], dtype=float)
        with reading(self.folder / SUMMARY):
            return tuple(Answer.from_dict(about, row) for about, row in zip(self.summary["events"], dates, strict=True))

    def event(self, which: str) -> Answer:
        """Find an event of the card by its name or its number from 1, or put another question to the draws.

        Raises
        ------
        InputError
            If there is no such event, or the question does not fit or has no date.
        """
        names = [event.name for event in self.events]
        if which in names:
            return self.events[names.index(which)]
        if re.fullmatch(r"[0-9]{1,9}", which) and 1 <= int(which) <= len(names):
            return self.events[int(which) - 1]
        if set(which) & set("<>"):
            return self._asked(which)
        numbered = ", ".join(f"{i} = {name!r}" for i, name in enumerate(names, start=1))
        raise InputError(
            f"this run has no event {which!r}", f"Name one, give its number, or ask 'QUANTITY < NUMBER': {numbered}."
        )

    def _asked(self, question: str) -> Answer:
        expression = parse(question)
        self.draws.scope.check_dated(expression)
        return when(expression, self.draws)

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


def open_run(named: Path) -> StoredRun:
    """Open a run folder, whoever made it.

    Parameters
    ----------
    named : pathlib.Path
        The folder, or a file of it.

    Returns
    -------
    StoredRun
        Its manifest was read; other files are read later, and held against it first.

    Raises
    ------
    InputError
        If it is no run folder, is incomplete, was changed, or was written by a newer version.
    """
    folder = named.parent if named.is_file() else named
    if not folder.is_dir():
        raise InputError(
            f"there is no run folder {folder}", "Give the folder that a forecast wrote, such as out/leaderboard."
        )
    if not any((folder / name).exists() for name in (MANIFEST, SUMMARY, FORECAST)):
        raise InputError(f"there is no run in {folder}", "Make one with `meekcast forecast`.")
    with locked(folder, shared=True):
        check_plain(folder / MANIFEST)
        manifest = read_manifest(folder / MANIFEST)
        for name in manifest["outputs"]:
            check_plain(folder / name)
    return StoredRun(folder, manifest)


def _checked(file: Path, summary: Document) -> Summary:
    """Refuse a summary that lacks what is read of it, or whose names could be more than names."""
    for key, kind in _SUMMARY.items():
        if not isinstance(summary.get(key), kind):
            raise InputError(f"{file} says nothing of {key!r} that can be used", AGAIN)
    for key in ("card", "priors"):
        if not re.fullmatch(NAME, summary[key]):
            raise InputError(f"{file}: {key} {summary[key]!r} is no name", f"A name is like {NAME}. {AGAIN}")
    with reading(file):
        dt.date.fromisoformat(summary["today"])
    return cast("Summary", summary)


def _labels(variable: h5py.Dataset) -> dict[str, Any]:
    said = {name: variable.attrs[name] for name in _LABELS if name in variable.attrs}
    return {name: value if isinstance(value, str) else np.asarray(value).item() for name, value in said.items()}


def _are_of(values: Array, bands: Array) -> bool:
    """Whether draws have the bands that were told of them, on some dates and up to rounding."""
    dates = np.linspace(0, values.shape[1] - 1, _DATES_HELD).astype(int)
    found = quantile_bands(values[:, dates], PROBABILITIES)
    return np.allclose(found, bands[:, dates], rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True)
