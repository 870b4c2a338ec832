"""``meekcast sensitivity``: find or make the run, ask what drives it, write the files, print the tables."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.errors import InputError
from meekcast.report.progress import LiveProgress
from meekcast.report.tables import err_console, out_console

if TYPE_CHECKING:
    from meekcast.inputs import Inputs
    from meekcast.sensitivities.analysis import Question
    from meekcast.sensitivities.runs import Run

type Document = dict[str, Any]
type Step = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """Options of the command, as typed."""

    target: str
    events: list[str]
    at: list[str]
    by: str
    prior: bool
    base_points: int
    leaning: bool
    alternatives: str | None
    decision: Path | None
    out: Path
    seed: int
    json: bool


def run(request: Request) -> int:
    """Run the command; returns its exit code."""
    with nullcontext() if request.json else LiveProgress(err_console()) as progress:
        step: Step = progress.step if progress else lambda text: None
        return _run(request, step)


def _run(request: Request, step: Step) -> int:
    from meekcast.sensitivities.analysis import question, shares_document

    step("reading the run")
    found, inputs, folder = _target(request, step)
    asked = question(found, request.events, request.at, request.by, request.seed)
    decision = _decision(request)  # a wrong table is refused before anything is computed
    step("sharing out the variance")
    document = shares_document(asked)
    if not request.json:
        from meekcast.report.sensitivity import shares_report

        out_console().print(shares_report(document))
    document, notes = _rest(request, asked, document, inputs, decision, step)
    files = _written(asked, document, folder, step)
    if request.json:
        from meekcast.files import to_json

        print(to_json(document))
    else:
        from meekcast.report.sensitivity import rest_report

        out_console().print(rest_report(document, files, notes))
    return 0


def _decision(request: Request) -> Any:
    if request.decision is None:
        return None
    from meekcast.sensitivities.decision import load_decision

    return load_decision(request.decision)


def _target(request: Request, step: Step) -> tuple[Run, Inputs | None, Path]:
    """The run that was named, or the card's standing one, or one that is made now."""
    from meekcast.sensitivities.runs import read_run

    named = Path(request.target)
    if (named / "summary.json").is_file() or (named.is_dir() and not _is_built_in(request.target)):
        return read_run(named), None, named
    if (request.out / request.target / "summary.json").is_file() and _is_built_in(request.target):
        from meekcast.inputs import gather

        inputs = gather(request.target)
        folder = request.out / inputs.card.name
        if _made_from(folder, inputs):
            return read_run(folder), inputs, folder
    return _forecast(request, step)


def _is_built_in(target: str) -> bool:
    from meekcast.cards.library import names

    return target in names("models")


def _made_from(folder: Path, inputs: Inputs) -> bool:
    """Whether a folder holds a run of just these inputs."""
    try:
        document = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return bool(document["provenance"]["hashes"] == inputs.hashes)
    except (OSError, ValueError, KeyError):
        return False


def _forecast(request: Request, step: Step) -> tuple[Run, Inputs, Path]:
    from meekcast.inputs import gather

    inputs = gather(request.target)
    folder = request.out / inputs.card.name
    from meekcast.files import check_writable
    from meekcast.inference.sampler import Settings
    from meekcast.plots.forecast import draw_run
    from meekcast.runs.write import run_id, write_run
    from meekcast.sensitivities.runs import read_run

    check_writable(folder)
    step(f"{inputs.card.name}: forecasting first")
    from meekcast.forecasts.forecast import forecast

    settings, today = Settings(), dt.date.today()
    result = forecast(inputs, settings, today=today)
    run = run_id(inputs, settings, until=None, today=today.isoformat(), check=False)
    write_run(result, folder, run, draw=draw_run)
    return read_run(folder), inputs, folder


def _rest(
    request: Request, asked: Question, document: Document, inputs: Inputs | None, decision: Any, step: Step
) -> tuple[Document, list[str]]:
    """What needs the card again; where it has changed since the run, that is said."""
    from meekcast.sensitivities import analysis
    from meekcast.sensitivities.runs import inputs_of

    notes = []
    if decision is not None:
        step("valuing information")
        document = {**document, "decision": analysis.decision_document(asked, decision)}
    try:
        inputs = inputs or inputs_of(asked.run)
    except InputError as error:
        if request.prior or request.alternatives or request.leaning:
            raise
        notes.append(f"no tornado, no check by a second forecast, no leaning: {error.message}")
    if inputs is None:
        return document, notes
    step("tornado, and a second forecast as a check")
    document = analysis.judged({**document, **analysis.path_document(asked, inputs)})
    step("what the answers lean on")
    document["leaning"] = analysis.leaning_document(asked, inputs, request.leaning)
    if request.prior:
        step("Sobol indices under the prior")
        document["prior"] = analysis.prior_document(asked, inputs, request.base_points)
    if request.alternatives:
        document["alternatives"] = _alternatives(request, asked, inputs, step)
    return document, notes


def _alternatives(request: Request, asked: Question, inputs: Inputs, step: Step) -> list[Document]:
    from meekcast.forecasts.forecast import forecast
    from meekcast.inference.sampler import Settings
    from meekcast.sensitivities.prior import alternatives

    before = asked.run.document
    settings = Settings(**before["provenance"]["settings"])

    def refit(other: Inputs) -> Any:
        step(f"fitting under {other.priors.name}")
        until = before["horizon"]
        return forecast(other, settings, until=until, today=dt.date.fromisoformat(before["today"]))

    sets = [name.strip() for name in str(request.alternatives).split(",") if name.strip()]
    return alternatives(inputs, asked.run, sets, asked.outputs, refit)


def _written(asked: Question, document: Document, folder: Path, step: Step) -> list[Path]:
    """Write sensitivity.json and the pictures beside the run."""
    from meekcast.files import staged, to_json
    from meekcast.plots.sensitivity import write_pictures

    step("drawing and writing")
    with staged(folder) as stage:
        write_pictures(asked, document, stage)
        (stage / "sensitivity.json").write_text(to_json(document) + "\n", encoding="utf-8")
        names = sorted(file.name for file in stage.iterdir())
    return [folder / name for name in names]
