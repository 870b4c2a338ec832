"""``meekcast backtest``: hold cards against past dates, write the files, print the scorecard."""

from __future__ import annotations

import dataclasses
import json
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.cli.forecast import EXIT_FAILED, EXIT_OK, read_overrides
from meekcast.errors import EXIT_INTERRUPTED, InputError
from meekcast.files import to_json
from meekcast.inference.sampler import Progress, Settings, Silent
from meekcast.report.progress import LiveProgress
from meekcast.report.tables import Document, err_console, out_console

if TYPE_CHECKING:
    from meekcast.backtests.run import Fit
    from meekcast.inference.posterior import Posterior
    from meekcast.inputs import Inputs

DOCUMENT = "backtest.json"


@dataclass(frozen=True)
class Request:
    """Options of the command, as typed."""

    cards: list[str]
    priors: str | None
    fixed: list[str]
    changed: list[str]
    evidence: list[str]
    seed: int
    out: Path
    fresh: bool
    ship: bool
    json: bool
    quiet: bool


class Counted:
    """A fit that counts how often it was made, and how often the cache had it."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self.done = self.cached = 0

    def __call__(self, inputs: Inputs, settings: Settings, progress: Progress, fresh: bool) -> Posterior:
        """Fit and count."""
        posterior = self._fit(inputs, settings, progress, fresh)
        self.done += 1
        self.cached += posterior.from_cache
        return posterior


def run(request: Request, fit: Fit | None = None) -> int:
    """Run the command; returns its exit code."""
    from meekcast.inference.posterior import infer

    counted = Counted(fit or infer)
    err = err_console(quiet=request.quiet)
    try:
        return _run(request, counted, LiveProgress(err))
    except KeyboardInterrupt:
        err.print(f"interrupted: {counted.done} fits are kept in the cache, the same command goes on after them")
        return EXIT_INTERRUPTED


def _run(request: Request, fit: Counted, live: LiveProgress) -> int:
    from meekcast.backtests.summary import merged

    every = _gather(request)
    with nullcontext(Silent()) if request.quiet else live as progress:
        documents = [
            obtain(inputs, request.seed, request.out, fit, progress, fresh=request.fresh, shipped=request.ship)
            for inputs in every
        ]
    whole = merged(documents) if len(documents) > 1 else documents[0]
    if request.json:
        print(to_json(whole))
    elif not request.quiet:
        _report(request, documents, whole, fit)
    failed = [f for f in whole["fits"] if f["status"] == "fail" and f["variant"] == "card"]
    for bad in failed:
        err_console().print(f"diagnostics failed: {bad['card']} at {bad['origin']}. Run meekcast forecast to see why.")
    return EXIT_FAILED if failed else EXIT_OK


def _gather(request: Request) -> list[Inputs]:
    """Check every card before the first one is fitted."""
    from meekcast.backtests.targets import targets
    from meekcast.inputs import gather

    overrides = read_overrides(request.fixed, request.changed)
    every = [gather(card, request.priors, overrides, request.evidence) for card in request.cards]
    check_once(every)
    for inputs in every:
        targets(inputs)
    return every


def check_once(every: list[Inputs]) -> None:
    """Refuse a card that is named twice."""
    names = [inputs.card.name for inputs in every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"card {', '.join(twice)} is named twice", "Name each card once.")


def obtain(
    inputs: Inputs, seed: int, out: Path, fit: Fit, progress: Progress, *, fresh: bool = False, shipped: bool = False
) -> Document:
    """Backtest one card, write its files, keep the backtest and its scorecard."""
    from meekcast.backtests.run import backtest
    from meekcast.backtests.scorecard import scorecard
    from meekcast.backtests.shelf import ship, store, store_backtest
    from meekcast.backtests.summary import document
    from meekcast.files import check_writable

    folder = out / inputs.card.name
    check_writable(folder)
    found = document(backtest(inputs, settings_of(seed), progress, fresh, fit))
    store_backtest(found)
    progress.step("drawing and writing")
    found = write(found, folder)
    compact = scorecard(found)
    store(compact)
    if shipped:
        ship(compact)
    return found


def settings_of(seed: int) -> Settings:
    """How each fit of a backtest is sampled."""
    from meekcast.backtests.run import SETTINGS

    return dataclasses.replace(SETTINGS, seed=seed)


def write(found: Document, folder: Path) -> dict[str, Any]:
    """Write backtest.json and the pictures; all files or none.

    Parameters
    ----------
    found : dict
        From `meekcast.backtests.summary.document`.
    folder : pathlib.Path
        Where; files of an earlier backtest are replaced when all new ones are whole.

    Returns
    -------
    dict
        The document as the file holds it.
    """
    from meekcast.files import staged
    from meekcast.plots.backtest import write_pictures

    with staged(folder) as stage:
        write_pictures(found, stage)
        names = sorted([*(file.name for file in stage.iterdir()), DOCUMENT])
        text = to_json({**found, "files": names})
        (stage / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    return dict(json.loads(text))


def _report(request: Request, documents: list[Document], whole: Document, fit: Counted) -> None:
    from meekcast.report.backtest import backtest_report, cards_report

    console = out_console()
    for found in documents:
        folder = request.out / found["cards"][0]["card"]
        console.print(backtest_report(found, [folder / name for name in found["files"]]))
    if len(documents) > 1:
        console.print(cards_report(whole))
    if fit.cached:
        console.print(f"{fit.cached} of {fit.done} fits were in the cache; --fresh samples them again", style="dim")


__all__ = ["Counted", "Request", "check_once", "obtain", "run", "settings_of", "write"]
