"""``meekcast when``: ask a forecast, or a run that stands, when something happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.drawing import write_answer
from meekcast.cli.options import (
    Anchor,
    AsOf,
    By,
    Changes,
    Draws,
    Evidence,
    Exact,
    Json,
    Priors,
    Seed,
    Today,
    Until,
    anchored,
    as_asked,
    check_stands,
    known,
)
from meekcast.errors import InputError, naming
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType

    from meekcast.forecasts.draws import Draws as Source
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.vocabulary.expression import Expression
    from meekcast.whatif.documents import About, WhenDocument
    from meekcast.whatif.grid import Grid

type Asked = list[tuple[float | None, Source]]


@dataclass(frozen=True, kw_only=True)
class Options(Changes):
    """Options of the command, as typed."""

    expression: Annotated[
        str | None, typer.Argument(help="Such as 'loss_gap < 0.05' or 'budget_compute > 1e26'.", show_default=False)
    ] = None
    grid: Annotated[
        str | None,
        typer.Option(metavar="QUESTION", help="Thresholds by dates instead: 'gpqa_gap_observed < 1,3,5,10'."),
    ] = None
    card: Annotated[str, typer.Option(help="Card, by name or path.", autocompletion=known("models"))] = "leaderboard"
    by: By = field(default_factory=list)
    given: Annotated[
        list[str],
        typer.Option(metavar="EXPRESSION", help="Only draws in which this is true: 'loss_gap > 0.1 at 2027-01-01'."),
    ] = field(default_factory=list)
    budget: Annotated[
        list[float], typer.Option(metavar="USD", help="Budget of a training run; several are compared.")
    ] = field(default_factory=list)
    anchor: Anchor = None
    run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="Ask a run that stands, such as out/leaderboard.")
    ] = None
    priors: Priors = None
    evidence: Evidence = field(default_factory=list)
    until: Until = None
    today: Today = None
    as_of: AsOf = None
    seed: Seed = Settings.seed
    draws: Draws = Settings.draws
    exact: Exact = False
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Files go to DIR/<card>/when/. Default: out; with --run none are written."),
    ] = None
    json: Json = False

    def folder(self, card: str) -> Path:
        """Where the files go."""
        return (self.out or Path("out")) / card / "when"

    @property
    def writes(self) -> bool:
        """Whether files are written: of a run that stands, only where --out says so."""
        return self.run is None or self.out is not None


@command(Options)
def when(options: Options) -> None:
    """Ask when something happens, or how probable it is on a date: any question over known quantities.

    Such as QUANTITY OPERATOR NUMBER [UNIT]; `at DATE` fixes a quantity, 2027 means its end; `and`, `or`, brackets.
    The date is the first from which it holds up to the horizon; `first` or `for 6 months` asks for less.
    `meekcast quantities` lists the quantities of a card and the whole grammar.
    """
    from meekcast.vocabulary.grammar import parse

    given = [parse(text) for text in options.given]
    grid = _grid(options)
    if grid:
        _show_grid(options, grid, given)
    elif options.expression:
        _show_answers(options, parse(options.expression), given)
    else:
        raise InputError("no question is asked", "Write one, such as meekcast when 'gpqa_gap_observed < 5'.")


def _grid(options: Options) -> Grid | None:
    """The grid that is asked, if one is."""
    from meekcast.whatif.grid import read_grid

    if options.grid is None:
        return None
    if options.expression is not None:
        raise InputError(
            f"two things are asked: {options.expression!r} and --grid {options.grid!r}", "Drop one of them."
        )
    if len(options.budget) > 1:
        raise InputError(f"--grid takes one --budget, not {len(options.budget)}", "Ask a grid for each.")
    with naming("--grid"):
        return read_grid(options.grid)


def _show_answers(options: Options, event: Expression, given: Sequence[Expression]) -> None:
    """Answer one question, for one or several budgets."""
    from meekcast.forecasts.questions.when import check_question
    from meekcast.forecasts.questions.when import when as ask
    from meekcast.report.terminal import show
    from meekcast.whatif.documents import when_document

    sources, about = _sources(options, lambda blank: check_question(event, blank, options.by, given))
    answers = [(usd, ask(event, source, options.by, given)) for usd, source in sources]
    document = when_document(answers, sources[0][1], about)
    files = _write(options, event, given, answers, sources[0][1], document) if options.writes else []

    def report() -> RenderableType:
        from meekcast.report.answers import when_report

        return when_report(document, files, by_asked=bool(options.by))

    show(document, report, as_json=options.json)


def _show_grid(options: Options, grid: Grid, given: Sequence[Expression]) -> None:
    """Answer one question at several thresholds."""
    from meekcast.report.terminal import show
    from meekcast.whatif.documents import grid_document

    sources, about = _sources(options, lambda blank: grid.check(blank, options.by, given))
    ((_, source),) = sources
    document = grid_document(grid, grid.answers(source, options.by, given), source, about)
    name = stem([f"grid {grid.text}"], given, options.budget)
    files = write_answer(options.folder(source.card), name, document, None) if options.writes else []

    def report() -> RenderableType:
        from meekcast.report.grid import grid_report

        return grid_report(document, files)

    show(document, report, as_json=options.json)


def _sources(options: Options, check: Callable[[Source], object]) -> tuple[Asked, About]:
    """What is asked: a run that stands, or a forecast that is made now."""
    return _from_run(options, options.run) if options.run else _from_inputs(options, check)


def _from_run(options: Options, run: Path) -> tuple[Asked, About]:
    """Sources of a run that stands; it cannot be changed."""
    from meekcast.runs.read import open_run

    changes = {
        "--priors": options.priors, "--set": options.fixed, "--prior": options.changed, "--budget": options.budget,
        "--evidence": options.evidence, "--until": options.until, "--today": options.today, "--as-of": options.as_of,
        "--exact": options.exact,
    }  # fmt: skip
    check_stands(run, changes)
    stored = open_run(run)
    about: About = {"priors": stored.summary["priors"], "today": stored.summary["today"], "run": str(run)}
    return [(None, anchored(stored.draws, options.anchor))], about


def _from_inputs(options: Options, check: Callable[[Source], object]) -> tuple[Asked, About]:
    """Sources of a forecast that is made now, one for each budget; all is checked before it is sampled."""
    from meekcast.files import check_writable
    from meekcast.inputs import gather
    from meekcast.report.progress import showing
    from meekcast.whatif.budgets import check_budgets
    from meekcast.whatif.world import World, blank

    gathered = gather(options.card, options.priors, options.overrides(), options.evidence)
    inputs, today = as_asked(gathered, options.today, options.as_of)
    budgets: list[float | None] = [*check_budgets(inputs.card, options.budget)] or [None]
    check(anchored(blank(inputs, options.until), options.anchor))
    check_writable(options.folder(inputs.card.name))
    with showing() as progress:
        settings = Settings(draws=options.draws, seed=options.seed, exact=options.exact)
        world = World.of(inputs, settings, until=options.until, progress=progress)
        sources: Asked = [(usd, anchored(world.source(usd), options.anchor)) for usd in budgets]
    return sources, world.about(today)


def _write(
    options: Options,
    event: Expression,
    given: Sequence[Expression],
    answers: Sequence[tuple[float | None, Answer]],
    source: Source,
    document: WhenDocument,
) -> list[Path]:
    """Picture and document, named by the question."""
    from meekcast.clock import decimal_year
    from meekcast.plots.when import Curve, write_when
    from meekcast.whatif.budgets import usd_text

    name = file_name(event, given, [usd for usd, _ in answers if usd])
    curves = [Curve(usd_text(usd) if usd else "", answer) for usd, answer in answers]
    today = decimal_year(dt.date.fromisoformat(document["today"]))

    def draw(file: Path) -> None:
        write_when(curves, source, file, today)

    dated = None if event.is_proposition else draw  # a probability is no picture
    return write_answer(options.folder(source.card), name, document, dated)


def file_name(event: Expression, given: Sequence[Expression], budgets: Sequence[float]) -> str:
    """Name of a question's files.

    Examples
    --------
    >>> from meekcast.vocabulary.grammar import parse
    >>> file_name(parse("lag < 0.5"), [parse("loss_gap > 0.1 at 2027-01-01")], [])
    'lag-below-0.5-given-loss_gap-above-0.1-at-2027-01-01'
    """
    return stem([str(event)], given, budgets)


def stem(asked: Sequence[str], given: Sequence[Expression], budgets: Sequence[float]) -> str:
    """Name of the files of what is asked, on its conditions and for its budgets."""
    from meekcast.vocabulary.expression import file_stem, number_text

    stated = [*asked, *(f"given {condition}" for condition in given)]
    if budgets:
        stated.append("budget " + " ".join(number_text(usd) for usd in budgets))
    return file_stem(" ".join(stated))
