"""Where calibrations are kept: each simulation as it is made, and what cards and forecasts show of all of them.

In the user's cache, or among what ships: a calibration takes the best part of an hour. Nothing heavy is loaded here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from meekcast import cache

if TYPE_CHECKING:
    from meekcast.calibrations.documents import Calibrated
    from meekcast.inputs import Inputs

SCHEMA, DOCUMENT = "meekcast.calibrated/1", "meekcast.calibration/1"
"""Of what is shown elsewhere, and of calibrate.json."""
SHELF = Path(__file__).parent / "cards"
SOURCES = (*cache.SOURCES, "forecasts", *(f"calibrations/{name}.py" for name in ("asked", "ranks", "run", "simulate")))
"""Code that decides what a calibration finds."""
FEWEST = 100
"""Simulations from which on a calibration is shown elsewhere: fewer find gross faults only."""


def source() -> str:
    """Hash of the code that decides what a calibration finds."""
    return cache.source_hash(SOURCES)


class Kept:
    """Simulations of one card and some settings in the cache, a line each, so that a run that was stopped goes on.

    A line that was not written whole is left out: each begins on a line of its own.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    settings : mapping
        All else that decides what a simulation finds.
    """

    def __init__(self, inputs: Inputs, settings: Mapping[str, Any]) -> None:
        key = cache.key({**inputs.hashes, "settings": dict(settings)}, SOURCES)
        self._file = cache.folder() / f"simulations-{key}.jsonl"
        self.lost = ""

    def read(self) -> list[dict[str, Any]]:
        """All that are there."""
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        return [found for line in lines if isinstance(found := _parsed(line), dict)]

    def add(self, simulation: Mapping[str, Any]) -> None:
        """Keep one more; a calibration is not lost for want of a cache, but `lost` says why nothing is kept."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"\n{json.dumps(simulation)}\n")
        except OSError as error:
            self.lost = f"{self._file}: {error.strerror}"


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def store(found: Calibrated) -> Path | None:
    """Keep what others show of a calibration in the user's cache; returns None where it cannot be written."""
    return cache.store_document(found, _file(found["hashes"]))


def ship(found: Calibrated) -> Path:
    """Write the same among what ships with meekcast.

    Raises
    ------
    OutputError
        If the package's folder cannot be written.
    """
    return cache.write_document(found, SHELF / f"{found['card']}.json")


def find(inputs: Inputs) -> Calibrated | None:
    """Calibration of the same card, priors and evidence, if there is one.

    Parameters
    ----------
    inputs : Inputs
        What is about to be forecast.

    Returns
    -------
    dict or None
        As `meekcast.calibrations.summary.calibrated`, without its sample, with ``earlier_version``, true if the code or
        a library has changed since. Of the user's own and the shipped one that of today's code, and then that of more
        simulations.
    """
    places = (_file(inputs.hashes), SHELF / f"{inputs.card.name}.json")
    candidates = [
        {**_shown(found), "earlier_version": cache.changed_since(found, SOURCES)}
        for file in places
        if (found := cache.read_document(file, SCHEMA)) and found.get("hashes") == inputs.hashes
    ]
    best = min(candidates, key=lambda found: (found["earlier_version"], -found["simulations"]), default=None)
    return cast("Calibrated | None", best)


def any_of(card: str) -> bool:
    """Whether `find` may find anything for a card of this name: to gather evidence for it takes a second."""
    return (SHELF / f"{card}.json").is_file() or any(cache.folder().glob("calibrated-*.json"))


def _file(hashes: Mapping[str, str]) -> Path:
    """Whatever the code: a calibration by an earlier version is better than none, and says so."""
    made_of = json.dumps([SCHEMA, hashes], sort_keys=True)
    return cache.folder() / f"calibrated-{hashlib.sha256(made_of.encode()).hexdigest()[:32]}.json"


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != "sample"}
