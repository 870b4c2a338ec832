"""A backtest made and kept: its files, the backtest and its scorecard in the cache; or the one that is kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from meekcast.errors import InputError
from meekcast.files import by_entries, check_writable, staged, to_json

if TYPE_CHECKING:
    from meekcast.backtests.documents import BacktestDocument, HeldOut
    from meekcast.backtests.run import FitHealth
    from meekcast.inference.sampler import Progress, Settings
    from meekcast.inputs import Inputs

type Draw = Callable[[BacktestDocument, Path], object]

DOCUMENT = "backtest.json"


class Counted:
    """Counts fits: how many were made, and how many of them the cache had."""

    def __init__(self) -> None:
        self.done = self.cached = 0

    def __call__(self, health: FitHealth) -> None:
        """Count one."""
        self.done += 1
        self.cached += health.from_cache


def settings_of(seed: int) -> Settings:
    """How each fit of a backtest is sampled."""
    from meekcast.backtests.run import SETTINGS

    return dataclasses.replace(SETTINGS, seed=seed)


def check_backtests(every: Sequence[Inputs], out: Path) -> None:
    """Refuse what cannot be backtested, before the first fit of the first card.

    Raises
    ------
    InputError
        If a card is named twice, or one has no targets.
    OutputError
        If a folder cannot be written.
    """
    from meekcast.backtests.targets import targets

    check_once(every)
    for inputs in every:
        targets(inputs)
        check_writable(out / inputs.card.name)


def check_once(every: Iterable[Inputs]) -> None:
    """Refuse a card that is named twice."""
    names = [inputs.card.name for inputs in every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"card {', '.join(twice)} is named twice", "Name each card once.")


def obtain_backtest(
    inputs: Inputs,
    folder: Path,
    seed: int,
    progress: Progress,
    draw: Draw,
    *,
    counted: Counted | None = None,
    fresh: bool = False,
    ship: bool = False,
) -> BacktestDocument:
    """Backtest one card, write its files, keep the backtest and its scorecard.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    folder : pathlib.Path
        Where; files of an earlier backtest are replaced when all new ones are whole.
    seed : int
        Of everything random.
    progress : Progress
        Is told of each step.
    draw : callable
        Draws the pictures of a document into a folder (`meekcast.plots.backtest.write_pictures`).
    counted : Counted, optional
        Counts the fits.
    fresh : bool, default False
        Sample even if a posterior is in the cache.
    ship : bool, default False
        Keep the scorecard, and what weighs the card in a stack, also with those that ship with meekcast.

    Returns
    -------
    dict
        The document as the file holds it.
    """
    found = make_backtest(inputs, seed, progress, counted=counted, fresh=fresh)
    progress.step("drawing and writing")
    if ship:
        ship_backtest(found)
    return write_backtest(found, folder, draw)


def make_backtest(
    inputs: Inputs, seed: int, progress: Progress, *, counted: Counted | None = None, fresh: bool = False
) -> BacktestDocument:
    """Backtest one card; keep the backtest and its scorecard. See `obtain_backtest`, which also writes files."""
    from meekcast.backtests import shelf
    from meekcast.backtests.run import backtest
    from meekcast.backtests.scorecard import scorecard
    from meekcast.backtests.summary import document

    found = document(backtest(inputs, settings_of(seed), progress, fresh, done=counted or Counted()))
    shelf.store_backtest(found)
    shelf.store(scorecard(found))
    return found


def ship_backtest(found: BacktestDocument) -> None:
    """Write what forecasts and stacks look up of a backtest among what ships with meekcast.

    Raises
    ------
    OutputError
        If the package's folder cannot be written.
    """
    from meekcast.backtests import shelf
    from meekcast.backtests.scorecard import held_out, scorecard

    shelf.ship(scorecard(found))
    shelf.ship_held_out(held_out(found))


def known_scores(inputs: Inputs, seed: int) -> HeldOut | None:
    """Held-out scores of the same inputs, if there are any: of the backtest that is kept, or of one that ships."""
    from meekcast.backtests.scorecard import held_out
    from meekcast.backtests.shelf import find_held_out

    kept = kept_backtest(inputs, seed)
    return held_out(kept) if kept else find_held_out(inputs, dataclasses.asdict(settings_of(seed)))


def kept_backtest(inputs: Inputs, seed: int) -> BacktestDocument | None:
    """The backtest of the same inputs by the same code, if one is kept."""
    from meekcast.backtests.shelf import find_backtest

    return find_backtest(inputs, dataclasses.asdict(settings_of(seed)))


def write_backtest(found: BacktestDocument, folder: Path, draw: Draw) -> BacktestDocument:
    """Write backtest.json and the pictures, all files or none; returns the document as the file holds it."""
    with staged(folder) as stage:
        draw(found, stage)
        names = sorted([*(file.name for file in stage.iterdir()), DOCUMENT])
        plain = json.loads(to_json({**found, "files": names}))
        (stage / DOCUMENT).write_text(by_entries(plain), encoding="utf-8")
    return cast("BacktestDocument", plain)
