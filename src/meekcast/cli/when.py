"""``meekcast when``: ask a forecast, or a run that stands, when something happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.clock import decimal_year
from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.forecasts.questions.answer import Answer
from meekcast.forecasts.questions.when import check_question, when
from meekcast.vocabulary.expression import Expression, file_stem, number_text
from meekcast.vocabulary.grammar import parse
from meekcast.whatif.documents import when_document

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws


@dataclass(frozen=True)
class Request:
    """Options of the command, as typed."""

    expression: str
    card: str
    by: list[str]
    given: list[str]
    budget: list[float]
    anchor: str | None
    run: Path | None
    priors: str | None
    fixed: list[str]
    changed: list[str]
    evidence: list[str]
    until: float | None
    today: str | None
    seed: int
    draws: int
    out: Path | None
    json: bool


type Asked = list[tuple[float | None, Draws]]


def run(request: Request) -> None:
    """Read the question, ask, write the files, print."""
    event, given = parse(request.expression), [parse(text) for text in request.given]
    sources, about = _from_run(request) if request.run else _from_inputs(request, event, given)
    answers = [(usd, when(event, source, request.by, given)) for usd, source in sources]
    document = when_document(answers, sources[0][1], about)
    files = [] if request.run and request.out is None else _write(request, event, given, answers, sources, document)
    if request.json:
        print(to_json(document))
        return
    from meekcast.report.answers import when_report
    from meekcast.report.tables import out_console

    out_console().print(when_report(document, files, by_asked=bool(request.by)))


def _from_run(request: Request) -> tuple[Asked, dict[str, Any]]:
    """Sources of a run that stands; it cannot be changed."""
    from meekcast.runs.ask_stored import stored

    changes = {
        "--priors": request.priors, "--set": request.fixed, "--prior": request.changed, "--budget": request.budget,
        "--evidence": request.evidence, "--until": request.until, "--today": request.today,
    }  # fmt: skip
    given = [option for option, value in changes.items() if value]
    if given:
        raise InputError(
            f"{', '.join(given)} would change the run in {request.run}, which stands as it is",
            "Drop --run, and the forecast is made anew.",
        )
    source, about = stored(request.run or Path())
    return [(None, _anchored(source, request))], {**about, "run": str(request.run)}


def _from_inputs(request: Request, event: Expression, given: Sequence[Expression]) -> tuple[Asked, dict[str, Any]]:
    """Sources of a forecast that is made now, one for each budget; all is checked before it is sampled."""
    from meekcast.cli.forecast import read_date, read_overrides
    from meekcast.files import check_writable
    from meekcast.inference.sampler import Settings
    from meekcast.inputs import gather
    from meekcast.report.progress import LiveProgress
    from meekcast.report.tables import err_console
    from meekcast.whatif.budgets import check_budgets
    from meekcast.whatif.world import World, blank

    today, overrides = read_date(request.today), read_overrides(request.fixed, request.changed)
    inputs = gather(request.card, request.priors, overrides, request.evidence)
    budgets: list[float | None] = [*check_budgets(inputs.card, request.budget)] or [None]
    check_question(event, _anchored(blank(inputs, request.until), request), request.by, given)
    check_writable(_folder(request, inputs.card.name))
    with LiveProgress(err_console()) as progress:
        settings = Settings(draws=request.draws, seed=request.seed)
        world = World.of(inputs, settings, until=request.until, progress=progress)
        sources: Asked = [(usd, _anchored(world.source(usd), request)) for usd in budgets]
    return sources, {**world.about(), "today": today.isoformat()}


def _anchored(source: Draws, request: Request) -> Draws:
    if not request.anchor:
        return source
    from meekcast.cli.forecast import read_date

    return source.anchored(read_date(request.anchor, "--anchor"))


def _folder(request: Request, card: str) -> Path:
    return (request.out or Path("out")) / card / "when"


def _write(
    request: Request,
    event: Expression,
    given: Sequence[Expression],
    answers: Sequence[tuple[float | None, Answer]],
    sources: Asked,
    document: dict[str, Any],
) -> list[Path]:
    """Picture and document, named by the question."""
    from meekcast.files import staged
    from meekcast.plots.when import Curve, write_when
    from meekcast.whatif.budgets import usd_text

    source = sources[0][1]
    folder = _folder(request, source.card)
    name = file_name(event, given, [usd for usd, _ in answers if usd])
    curves = [Curve(usd_text(usd) if usd else "", answer) for usd, answer in answers]
    with staged(folder) as stage:
        (stage / f"{name}.json").write_text(to_json(document) + "\n", encoding="utf-8")
        if not event.is_proposition:  # a probability is no picture
            write_when(curves, source, stage / f"{name}.png", decimal_year(dt.date.fromisoformat(document["today"])))
        names = sorted(file.name for file in stage.iterdir())
    return [folder / name for name in names]


def file_name(event: Expression, given: Sequence[Expression], budgets: Sequence[float]) -> str:
    """Name of a question's files.

    Examples
    --------
    >>> file_name(parse("lag < 0.5"), [parse("loss_gap > 0.1 at 2027-01-01")], [])
    'lag-below-0.5-given-loss_gap-above-0.1-at-2027-01-01'
    """
    stated = [str(event), *(f"given {condition}" for condition in given)]
    if budgets:
        stated.append("budget " + " ".join(number_text(usd) for usd in budgets))
    return file_stem(" ".join(stated))
