"""``meekcast sensitivity``: find or make the run, ask what drives it, write the files, print the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.drawing import draw_run
from meekcast.cli.options import MOST_SEED, Exact, Json, Scheduler, example, known, listed

if TYPE_CHECKING:
    from meekcast.sensitivities.obtain import Wishes


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    target: Annotated[
        str,
        typer.Argument(
            metavar="CARD|RUN",
            help="A card, by name or path, or the folder of a run.",
            autocompletion=known("models"),
        ),
    ] = "leaderboard"
    event: Annotated[
        list[str],
        typer.Option(metavar="EVENT", help="Event by name or number; 'gpqa_gap < 3'; QUANTITY@DATE. Default: all."),
    ] = field(default_factory=list)
    at: Annotated[
        list[str],
        typer.Option(metavar="DATE", callback=listed, help="Ask whether events have happened by 2027 (its end)."),
    ] = field(default_factory=list)
    by: Annotated[
        str, typer.Option(metavar="INPUTS", help="groups, parameters, or names of either: 'g_price,links'.")
    ] = "groups"
    prior: Annotated[bool, typer.Option("--prior", help="Add Sobol indices under the prior.")] = False
    base_points: Annotated[int, typer.Option(metavar="N", help="Base points of --prior, a power of two.")] = 1024
    power_scaling: Annotated[bool, typer.Option("--power-scaling", help="Add ArviZ's diagnostics.")] = False
    alternatives: Annotated[
        str | None, typer.Option(metavar="SET,SET", help="Take other prior sets too, and compare the answers.")
    ] = None
    exact: Exact = False
    decision: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="TOML table of actions and losses: what is learning worth? --example prints one."
        ),
    ] = None
    example: Annotated[
        bool,
        typer.Option("--example", is_eager=True, callback=example("decision"), help="Print a decision that works."),
    ] = False
    out: Annotated[Path, typer.Option(metavar="DIR", help="Runs are looked for, and made, in DIR/<card>/.")] = Path(
        "out"
    )
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=MOST_SEED, help="Seed of the resampling.")] = 0
    scheduler: Scheduler = None
    json: Json = False


@command(Options)
def sensitivity(options: Options) -> None:
    """Say what drives the answer, what it leans on, and what to measure first."""
    from meekcast.door.sensitivities import write_sensitivity
    from meekcast.report.progress import showing
    from meekcast.report.sensitivity import sensitivity_report
    from meekcast.report.terminal import show
    from meekcast.sensitivities.obtain import check_wishes, find_target, obtain_question, sensitivity_document

    wishes = _wishes(options)
    target = find_target(options.target, options.out)
    check_wishes(target, wishes)
    with showing() as progress:
        asked = obtain_question(target, wishes, progress, draw_run)
        document = sensitivity_document(asked, target.inputs, wishes, progress)
        progress.step("drawing and writing")
        files = write_sensitivity(asked, document, target.folder)
    notes = [f"no tornado, no check by a second forecast, no power-scaling: {target.note}"] if target.note else []
    show(document, lambda: sensitivity_report(document, files, notes), as_json=options.json)


def _wishes(options: Options) -> Wishes:
    from meekcast.sensitivities.decision import load_decision
    from meekcast.sensitivities.obtain import Wishes

    sets = [name.strip() for name in (options.alternatives or "").split(",")]
    return Wishes(
        events=options.event,
        at=options.at,
        by=options.by,
        seed=options.seed,
        base_points=options.base_points if options.prior else None,
        power_scaling=options.power_scaling,
        priors=[name for name in sets if name],
        exact=options.exact,
        decision=load_decision(options.decision) if options.decision else None,
    )
