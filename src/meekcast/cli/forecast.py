"""``meekcast forecast``: one card or several, under one prior set or several, side by side or as a stack."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from meekcast.cli.app import command
from meekcast.cli.drawing import draw_backtest, draw_run, draw_stack
from meekcast.cli.options import (
    AsOf,
    Cards,
    Changes,
    Evidence,
    Exact,
    Fresh,
    Json,
    Out,
    Quiet,
    Scheduler,
    Seed,
    Today,
    Until,
    as_asked,
    command_line,
    known,
)
from meekcast.errors import InputError
from meekcast.inference.sampler import MOST_EXACT, MOST_SAMPLED, Sampler, Settings

if TYPE_CHECKING:
    from meekcast.runs.documents import Summary
    from meekcast.runs.obtain import Order
    from meekcast.stacks.documents import MixtureDocument

EXIT_OK, EXIT_FAILED = 0, 3


@dataclass(frozen=True, kw_only=True)
class Options(Changes):
    """Options of the command, as typed."""

    cards: Cards = field(default_factory=list)
    priors: Annotated[
        list[str],
        typer.Option(
            metavar="SET",
            help="Prior set, by name or path; the card's own by default. Several: side by side, and mixed.",
            autocompletion=known("priors"),
        ),
    ] = field(default_factory=list)
    evidence: Evidence = field(default_factory=list)
    until: Until = None
    seed: Seed = Settings.seed
    out: Out = Path("out")
    today: Today = None
    as_of: AsOf = None
    sampler: Annotated[Sampler, typer.Option(help="nutpie, or PyMC's own NUTS.")] = Settings.sampler
    draws: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=50,
            max=MOST_EXACT,
            help=f"Kept draws of each of four chains, 50 to {MOST_SAMPLED}; where no scores are read, bands are of all "
            f"draws, up to {MOST_EXACT}.",
        ),
    ] = Settings.draws
    tune: Annotated[
        int, typer.Option(metavar="N", min=50, max=10_000, help="Warm-up draws of each chain, 50 to 10000.")
    ] = Settings.tune
    target_accept: Annotated[
        float, typer.Option(metavar="P", min=0.5, max=0.999, help="Aimed acceptance of the sampler.")
    ] = Settings.target_accept
    fresh: Fresh = False
    exact: Exact = False
    check: Annotated[bool, typer.Option("--check", help="Add prior and posterior predictive checks.")] = False
    stack: Annotated[
        bool, typer.Option("--stack", help="Average the cards; default: leaderboard and its variants.")
    ] = False
    weight: Annotated[
        list[str], typer.Option(metavar="CARD=W", help="Prior weight of a card in the stack; 1 by default.")
    ] = field(default_factory=list)
    scheduler: Scheduler = None
    json: Json = False
    quiet: Quiet = False

    @property
    def settings(self) -> Settings:
        """How to sample."""
        return Settings(
            sampler=self.sampler,
            draws=self.draws,
            tune=self.tune,
            target_accept=self.target_accept,
            seed=self.seed,
            exact=self.exact,
        )


class Job(NamedTuple):
    """A run that is wanted: how the user names its card, what a comparison calls it, how it is backtested."""

    label: str
    order: Order
    backtest: str


@command(Options)
def forecast(options: Options) -> int:
    """Forecast when meek models catch up with the frontier, with bands, events and pictures.

    With --stack cards are weighted by how they did on past dates, where these can tell them apart, and by --weight
    where they cannot. A card that was never backtested is backtested first, which takes minutes, once.
    """
    from meekcast.runs.obtain import check_orders

    jobs = _jobs(options)
    orders = [job.order for job in jobs]
    if options.stack:
        return _stack(options, orders)
    if options.weight:
        raise InputError("--weight is about the cards of a stack", "Add --stack, or leave --weight out.")
    check_orders(orders, options.fresh)
    return _compared(options, jobs) if len(jobs) > 1 else _single(options, jobs[0])


def _jobs(options: Options) -> list[Job]:
    """Every card under every prior set; several sets of one card have a folder and a label each."""
    from meekcast.cards.library import variants

    cards = options.cards or (list(variants("leaderboard")) if options.stack else ["leaderboard"])
    if options.stack and len(options.priors) > 1:
        raise InputError("a stack is of cards, under one prior set", "Give --priors once, or leave --stack out.")
    chosen: list[str | None] = [*options.priors] or [None]
    jobs = [_job(options, card, priors, len(cards)) for card in cards for priors in chosen]
    folders = [job.order.folder for job in jobs]
    for folder in folders:
        if folders.count(folder) > 1:
            raise InputError(
                f"two of the forecasts asked for would both be written to {folder}",
                "Give each card and each prior set once, and prior sets of different names.",
            )
    return jobs


def _job(options: Options, card: str, priors: str | None, cards: int) -> Job:
    from meekcast.inputs import gather
    from meekcast.runs.obtain import Order

    gathered = gather(card, priors, options.overrides(), options.evidence)
    inputs, today = as_asked(gathered, options.today, options.as_of)
    several = len(options.priors) > 1
    name = f"{inputs.card.name}-{inputs.priors.name}" if several else inputs.card.name
    stated = {"priors": priors, "set": options.fixed, "prior": options.changed, "evidence": options.evidence}
    order = Order(
        inputs=inputs,
        folder=options.out / name,
        settings=options.settings,
        today=today,
        until=options.until,
        checks=options.check,
        command=command_line(
            "forecast", card, **stated, until=options.until, seed=options.seed, today=today, as_of=options.as_of,
            sampler=options.sampler, draws=options.draws, tune=options.tune, target_accept=options.target_accept,
            check=options.check, exact=options.exact,
        ),
    )  # fmt: skip
    label = inputs.priors.name if several and cards == 1 else name
    return Job(label, order, shlex.join(["meekcast", *command_line("backtest", card, **stated)]))


def _single(options: Options, job: Job) -> int:
    """One forecast with its report."""
    from meekcast.report.progress import showing
    from meekcast.report.tables import forecast_report
    from meekcast.report.terminal import show
    from meekcast.runs.obtain import obtain_run

    with showing(options.quiet) as progress:
        run = obtain_run(job.order, progress, draw_run, fresh=options.fresh)
    note = "unchanged since the last run; --fresh computes it again" if run.stood else ""
    show(
        run.document,
        lambda: forecast_report(run.document, run.files, note, backtest=job.backtest),
        as_json=options.json,
        quiet=options.quiet,
    )
    return exit_code([run.document])


def _compared(options: Options, jobs: Sequence[Job]) -> int:
    """Several forecasts side by side; those of one card under several prior sets also mixed."""
    from meekcast.report.progress import showing
    from meekcast.report.tables import comparison_report
    from meekcast.report.terminal import show
    from meekcast.runs.obtain import obtain_runs

    with showing(options.quiet) as progress:
        runs = obtain_runs([job.order for job in jobs], progress, draw_run, fresh=options.fresh)
        documents: list[Summary | MixtureDocument] = [
            {**run.document, "label": job.label} for job, run in zip(jobs, runs, strict=True)
        ]
        if len(options.priors) > 1:
            progress.step("mixing the prior sets")
            documents += _mixtures(options, [job.order for job in jobs])
        from meekcast.plots.compare import write_comparison

        picture = write_comparison(documents, options.out)
    show(documents, lambda: comparison_report(documents, picture), as_json=options.json, quiet=options.quiet)
    return exit_code([run.document for run in runs])


def _mixtures(options: Options, orders: Sequence[Order]) -> list[MixtureDocument]:
    """For each card the equal mixture of its prior sets."""
    from meekcast.runs.read import open_run
    from meekcast.stacks.prior_mixture import write_mixture

    documents: list[MixtureDocument] = []
    cards = list(dict.fromkeys(order.inputs.card.name for order in orders))
    for card in cards:
        runs = [open_run(order.folder) for order in orders if order.inputs.card.name == card]
        label = "equal mixture" if len(cards) == 1 else f"{card}, equal mixture"
        documents.append({**write_mixture(runs, options.out / f"{card}-mixture.json"), "label": label})
    return documents


def _stack(options: Options, orders: Sequence[Order]) -> int:
    """The average of several cards."""
    from meekcast.report.progress import showing
    from meekcast.report.stack import stack_report
    from meekcast.report.terminal import show
    from meekcast.runs.obtain import check_orders
    from meekcast.stacks.obtain import Drawing, check_stack, obtain_stack

    prior = check_stack(orders, options.weight, options.out)
    check_orders(orders, options.fresh)
    with showing(options.quiet) as progress:
        drawing = Drawing(draw_run, draw_backtest, draw_stack)
        found = obtain_stack(orders, prior, options.out, progress, drawing, fresh=options.fresh)
    show(found.document, lambda: stack_report(found.document, found.files), as_json=options.json, quiet=options.quiet)
    return exit_code(found.members)


def exit_code(documents: Sequence[Summary]) -> int:
    """Exit code of forecasts: of failure if a posterior cannot be believed, which is said on stderr."""
    from meekcast.report.terminal import err_console

    failed = [document["diagnostics"] for document in documents if document["diagnostics"]["status"] == "fail"]
    for diagnostics in failed:
        for finding in diagnostics["findings"]:
            err_console().print(f"diagnostics failed: {finding['message']}. {finding['remedy']}")
    return EXIT_FAILED if failed else EXIT_OK
