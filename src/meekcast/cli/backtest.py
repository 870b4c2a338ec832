"""``meekcast backtest``: hold cards against past dates, write the files, print the scorecard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meekcast.cli.app import command
from meekcast.cli.drawing import draw_backtest
from meekcast.cli.forecast import EXIT_FAILED, EXIT_OK
from meekcast.cli.options import Cards, Changes, Evidence, Fresh, Json, Out, Priors, Quiet, Scheduler, Seed, check_ship
from meekcast.errors import EXIT_INTERRUPTED
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType

    from meekcast.backtests.documents import BacktestDocument
    from meekcast.backtests.obtain import Counted
    from meekcast.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class Options(Changes):
    """Options of the command, as typed."""

    cards: Cards = field(default_factory=list)
    priors: Priors = None
    evidence: Evidence = field(default_factory=list)
    seed: Seed = Settings.seed
    out: Out = Path("out")
    fresh: Fresh = False
    ship: Annotated[
        bool,
        typer.Option("--ship", help="Also keep what forecasts and stacks look up with what ships with meekcast."),
    ] = False
    scheduler: Scheduler = None
    json: Json = False
    quiet: Quiet = False


@command(Options)
def backtest(options: Options) -> int:
    """Hold a card against past dates: what it would have forecast, scored beside what it has to beat.

    Each month end from 2024-06-30 on is an origin: only evidence known by then is used. Gaps 1 to 18 months later are
    forecast, as boards showed them and true ones, by the card, by simpler forecasts, and by a pool of both. Fits are
    kept in the cache, so a run that was stopped goes on where it was.
    """
    from meekcast.backtests.obtain import Counted, check_backtests
    from meekcast.inputs import gather
    from meekcast.report.terminal import err_console

    overrides = options.overrides()
    check_ship(options.ship, overrides, options.priors, options.evidence)
    every = [gather(card, options.priors, overrides, options.evidence) for card in options.cards or ["leaderboard"]]
    check_backtests(every, options.out)
    counted = Counted()
    try:
        return _backtested(options, every, counted)
    except KeyboardInterrupt:
        err_console().print(
            f"interrupted: {counted.done} fits are kept in the cache, the same command goes on after them"
        )
        return EXIT_INTERRUPTED


def _backtested(options: Options, every: Sequence[Inputs], counted: Counted) -> int:
    from meekcast.backtests.obtain import obtain_backtest
    from meekcast.backtests.summary import merged
    from meekcast.report.progress import showing
    from meekcast.report.terminal import err_console, show

    with showing(options.quiet) as progress:
        documents = [
            obtain_backtest(
                inputs, options.out / inputs.card.name, options.seed, progress, draw_backtest,
                counted=counted, fresh=options.fresh, ship=options.ship,
            )
            for inputs in every
        ]  # fmt: skip
    whole = merged(documents) if len(documents) > 1 else documents[0]
    show(whole, lambda: _report(options, documents, whole, counted), as_json=options.json, quiet=options.quiet)
    failed = [f for f in whole["fits"] if f["status"] == "fail" and f["variant"] == "card"]
    for bad in failed:
        err_console().print(f"diagnostics failed: {bad['card']} at {bad['origin']}. Run meekcast forecast to see why.")
    return EXIT_FAILED if failed else EXIT_OK


def _report(
    options: Options, documents: Sequence[BacktestDocument], whole: BacktestDocument, counted: Counted
) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from meekcast.report.backtest import backtest_report, cards_report

    parts: list[Any] = []
    for found in documents:
        folder = options.out / found["cards"][0]["card"]
        parts.append(backtest_report(found, [folder / name for name in found["files"]]))
    if len(documents) > 1:
        parts.append(cards_report(whole))
    if counted.cached:
        cached = f"{counted.cached} of {counted.done} fits were in the cache; --fresh samples them again"
        parts.append(Text(cached, style="dim"))
    return Group(*parts)
