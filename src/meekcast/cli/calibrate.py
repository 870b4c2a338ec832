"""``meekcast calibrate``: fit evidence whose truth is known, write the files, print what that says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from meekcast.calibrations.obtain import MOST, SIMULATIONS
from meekcast.cli.app import command
from meekcast.cli.drawing import draw_calibration
from meekcast.cli.options import Cards, Changes, Evidence, Fresh, Json, Out, Priors, Quiet, Scheduler, Seed, check_ship
from meekcast.errors import EXIT_INTERRUPTED
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType

    from meekcast.calibrations.documents import CalibrationDocument
    from meekcast.calibrations.obtain import Counted
    from meekcast.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class Options(Changes):
    """Options of the command, as typed."""

    cards: Cards = field(default_factory=list)
    simulations: Annotated[
        int, typer.Option(metavar="N", min=1, max=MOST, help="Truths that are drawn, simulated and fitted.")
    ] = SIMULATIONS
    process: Annotated[
        Literal["predictions", "likelihood"],
        typer.Option(
            help="Simulate scores as forecasts predict them, or as the likelihood takes them (to first order)."
        ),
    ] = "predictions"
    priors: Priors = None
    evidence: Evidence = field(default_factory=list)
    seed: Seed = Settings.seed
    out: Out = Path("out")
    fresh: Fresh = False
    ship: Annotated[
        bool, typer.Option("--ship", help="Also keep what cards and forecasts show with what ships with meekcast.")
    ] = False
    scheduler: Scheduler = None
    json: Json = False
    quiet: Quiet = False


@command(Options)
def calibrate(options: Options) -> int:
    """Check a card's intervals on simulated evidence, of which the truth is known.

    A truth is drawn from the prior, scores are simulated from it at the dates of the real tables, the card is fitted to
    them, and the place of the truth among the draws is noted. If all is right every place is equally likely, so that
    90 % intervals hold the truth 9 times in 10. Simulations are kept in the cache as they are made, so a run that was
    stopped goes on where it was, and more can be added.
    """
    from meekcast.calibrations.obtain import Counted, check_calibrations
    from meekcast.inputs import gather
    from meekcast.report.terminal import err_console

    overrides = options.overrides()
    check_ship(options.ship, overrides, options.priors, options.evidence)
    every = [gather(card, options.priors, overrides, options.evidence) for card in options.cards or ["leaderboard"]]
    check_calibrations(every, options.simulations, options.out, options.process, options.ship)
    counted = Counted()
    try:
        _calibrated(options, every, counted)
    except KeyboardInterrupt:
        err_console().print(_left(counted))
        return EXIT_INTERRUPTED
    return 0


def _calibrated(options: Options, every: Sequence[Inputs], counted: Counted) -> None:
    from meekcast.calibrations.obtain import obtain_calibration
    from meekcast.report.progress import showing
    from meekcast.report.terminal import err_console, show

    with showing(options.quiet) as progress:
        documents = [
            obtain_calibration(
                inputs, options.out / inputs.card.name, options.simulations, options.seed, progress, draw_calibration,
                process=options.process, counted=counted, fresh=options.fresh, ship=options.ship,
            )
            for inputs in every
        ]  # fmt: skip
    if counted.lost and not options.quiet:
        err_console().print(f"simulations are not kept for next time: {counted.lost}")
    found = documents if len(documents) > 1 else documents[0]
    show(found, lambda: _report(options, documents, counted), as_json=options.json, quiet=options.quiet)


def _report(options: Options, documents: Sequence[CalibrationDocument], counted: Counted) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from meekcast.report.calibration import calibration_report

    parts = [calibration_report(d, [options.out / d["card"] / name for name in d["files"]]) for d in documents]
    if counted.known:
        kept = f"{counted.known} of {counted.known + counted.made} simulations were kept; --fresh makes them again"
        parts.append(Text(kept, style="dim"))
    return Group(*parts)


def _left(counted: Counted) -> str:
    """What an interrupted run leaves."""
    if counted.lost:
        return f"interrupted: simulations could not be kept: {counted.lost}"
    done = counted.known + counted.made
    return f"interrupted: {done} simulations are kept in the cache, the same command goes on after them"
