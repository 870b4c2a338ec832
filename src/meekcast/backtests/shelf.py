"""Where backtests are kept for others: a forecast looks up its scorecard, a stack what weighs its cards.

In the user's cache, or among what ships: a backtest takes a minute or so. Nothing heavy is loaded here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from meekcast import cache

if TYPE_CHECKING:
    from meekcast.backtests.documents import BacktestDocument, HeldOut, Scorecard
    from meekcast.inputs import Inputs

SCHEMA = "meekcast.scorecard/3"
BACKTEST = "meekcast.backtest/1"
HELD_OUT = "meekcast.held-out/3"
SHELF = Path(__file__).parent / "scorecards"
HELD_OUT_SHELF = Path(__file__).parent / "held_out"
SOURCES = (*cache.SOURCES, "backtests", "forecasts")
"""Code that decides what a backtest finds."""


def source() -> str:
    """Hash of the code that decides what a backtest finds."""
    return cache.source_hash(SOURCES)


def store(found: Scorecard) -> Path | None:
    """Keep a scorecard in the user's cache; returns None where it cannot be written."""
    return cache.store_document(found, _file(found["hashes"]))


def ship(found: Scorecard) -> Path:
    """Write a scorecard among those that ship with meekcast.

    Raises
    ------
    OutputError
        If the package's folder cannot be written.
    """
    return cache.write_document(found, SHELF / f"{found['card']}.json")


def ship_held_out(found: HeldOut) -> Path:
    """Write what weighs a card in a stack among what ships with meekcast.

    Raises
    ------
    OutputError
        If the package's folder cannot be written.
    """
    return cache.write_document(found, HELD_OUT_SHELF / f"{found['card']}.json")


def find_held_out(inputs: Inputs, settings: Mapping[str, Any]) -> HeldOut | None:
    """What ships to weigh the same card, priors and evidence, backtested with the same settings.

    Returns
    -------
    dict or None
        As `meekcast.backtests.scorecard.held_out`, with ``earlier_version``, true if the code or a library has changed
        since.
    """
    found = cache.read_document(HELD_OUT_SHELF / f"{inputs.card.name}.json", HELD_OUT)
    if not found or found.get("hashes") != inputs.hashes or found.get("settings") != settings:
        return None
    return cast("HeldOut", {**found, "earlier_version": cache.changed_since(found, SOURCES)})


def store_backtest(found: BacktestDocument) -> Path | None:
    """Keep a whole backtest in the user's cache; returns None where it cannot be written."""
    made_by = found["provenance"][0]
    return cache.store_document(found, _backtest_file(made_by["hashes"], found["settings"]))


def find_backtest(inputs: Inputs, settings: Mapping[str, Any]) -> BacktestDocument | None:
    """Whole backtest of the same inputs and settings by the same code and libraries, if one is kept."""
    found = cache.read_document(_backtest_file(inputs.hashes, settings), BACKTEST)
    known = found and found["provenance"][0]
    same = known and known["hashes"] == inputs.hashes and not cache.changed_since(known, SOURCES)
    return cast("BacktestDocument", found) if same else None


def find_scorecard(inputs: Inputs) -> Scorecard | None:
    """Scorecard of the same card, priors and evidence, if there is one.

    Parameters
    ----------
    inputs : Inputs
        What is about to be forecast.

    Returns
    -------
    dict or None
        As `meekcast.backtests.scorecard.scorecard`, with ``key`` (of the file in the cache) and
        ``earlier_version``, true if the code or a library has changed since. The user's own comes before
        the shipped one, unless it is the older. None if no backtest of this combination is known.
    """
    places = (_file(inputs.hashes), SHELF / f"{inputs.card.name}.json")
    candidates = [
        {**found, "key": key(inputs.hashes), "earlier_version": cache.changed_since(found, SOURCES)}
        for file in places
        if (found := cache.read_document(file, SCHEMA)) and found.get("hashes") == inputs.hashes
    ]
    chosen = min(candidates, key=lambda found: bool(found["earlier_version"]), default=None)
    return cast("Scorecard | None", chosen)


def key(hashes: Mapping[str, Any]) -> str:
    """Hash of the card, priors and evidence that a scorecard is about.

    The code is not part of it: a scorecard of an earlier version is better than none, and says so.
    """
    made_of = json.dumps([SCHEMA, hashes], sort_keys=True)
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def _file(hashes: Mapping[str, Any]) -> Path:
    return cache.folder() / f"scorecard-{key(hashes)}.json"


def _backtest_file(hashes: Mapping[str, Any], settings: Mapping[str, Any]) -> Path:
    return cache.folder() / f"backtest-{key({**hashes, 'settings': settings})}.json"
