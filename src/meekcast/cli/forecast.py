"""``meekcast forecast``: read the request, run it, write the files, print the report."""

from __future__ import annotations

import datetime as dt
import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import InputError, nearest
from meekcast.export.json_text import to_json
from meekcast.inference.sampler import Progress, Settings, Silent
from meekcast.report.progress import LiveProgress
from meekcast.report.tables import Document, comparison_report, err_console, forecast_report, out_console

if TYPE_CHECKING:
    from rich.console import Console

    from meekcast.inputs import Inputs, Override

EXIT_OK, EXIT_FAILED, EXIT_INTERRUPTED = 0, 3, 130
SAMPLERS = ("nutpie", "pymc")


@dataclass(frozen=True)
class Request:
    """Options of the command, as typed."""

    cards: list[str]
    priors: str | None
    fixed: list[str]
    changed: list[str]
    evidence: list[str]
    until: float | None
    seed: int
    out: Path
    today: str | None
    sampler: str
    draws: int
    tune: int
    target_accept: float
    fresh: bool
    check: bool
    json: bool
    quiet: bool
    stack: bool = False
    weights: tuple[str, ...] = ()


def run(request: Request) -> int:
    """Run the command; returns its exit code."""
    settings, today = _settings(request), _date(request.today)
    overrides = read_overrides(request.fixed, request.changed)
    err = err_console(quiet=request.quiet)
    try:
        return _run(request, settings, overrides, today, err)
    except KeyboardInterrupt:
        err.print("interrupted: nothing was written, an earlier result is untouched")
        return EXIT_INTERRUPTED


def _run(request: Request, settings: Settings, overrides: list[Override], today: dt.date, err: Console) -> int:
    from meekcast.inputs import gather

    every = [gather(card, request.priors, overrides, request.evidence) for card in request.cards]
    if request.stack:
        from meekcast.cli.stack import run_stack

        return run_stack(request, every, settings, today, err)
    if request.weights:
        raise InputError("--weight is about the cards of a stack", "Add --stack, or leave --weight out.")
    with nullcontext(Silent()) if request.quiet else LiveProgress(err) as progress:
        runs = [obtain(request, inputs, settings, today, progress) for inputs in every]
    documents = [run.document for run in runs]
    picture = _picture(request, documents) if len(runs) > 1 else None
    if request.json:
        print(to_json(documents if picture else documents[0]))
    elif not request.quiet and picture:
        out_console().print(comparison_report(documents, picture))
    elif not request.quiet:
        out_console().print(forecast_report(documents[0], runs[0].files, runs[0].note))
    return max(exit_code(document) for document in documents)


@dataclass(frozen=True)
class Run:
    """A forecast in its folder."""

    document: Document
    files: list[Path]
    note: str = ""


def obtain(request: Request, inputs: Inputs, settings: Settings, today: dt.date, progress: Progress) -> Run:
    """Take the run that stands in its folder, or compute it."""
    from meekcast.backtest.shelf import find_scorecard
    from meekcast.run import check_writable, run_id, standing

    folder = request.out / inputs.card.name
    card = find_scorecard(inputs)
    run = run_id(inputs, settings, until=request.until, today=today.isoformat(), check=request.check, scorecard=card)
    found = None if request.fresh else standing(folder, run)
    if found:
        return Run(*found, note="unchanged since the last run; --fresh computes it again")
    check_writable(folder)
    return Run(*_compute(request, inputs, settings, today, folder, run, progress))


def _picture(request: Request, documents: list[Document]) -> Path:
    """Draw the comparison of several cards."""
    from meekcast.plots.compare import write_comparison

    return write_comparison(documents, request.out)


def _compute(
    request: Request, inputs: Inputs, settings: Settings, today: dt.date, folder: Path, run: str, progress: Progress
) -> tuple[Document, list[Path]]:
    """Forecast, draw and write."""
    progress.step(f"{inputs.card.name}: loading")
    from meekcast.forecast import forecast
    from meekcast.run import write_run

    result = forecast(inputs, settings, until=request.until, today=today, fresh=request.fresh, progress=progress)
    progress.step("drawing and writing")
    return write_run(result, folder, run, checks=request.check)


def exit_code(document: Document) -> int:
    """Exit code of a forecast: of failure if its posterior cannot be believed."""
    if document["diagnostics"]["status"] != "fail":
        return EXIT_OK
    for finding in document["diagnostics"]["findings"]:
        err_console().print(f"diagnostics failed: {finding['message']}. {finding['remedy']}")
    return EXIT_FAILED


def _settings(request: Request) -> Settings:
    if request.sampler not in SAMPLERS:
        raise InputError(f"unknown sampler {request.sampler!r}", nearest(request.sampler, SAMPLERS))
    return Settings(
        sampler=request.sampler,  # type: ignore[arg-type]
        draws=request.draws,
        tune=request.tune,
        target_accept=request.target_accept,
        seed=request.seed,
    )


def _date(text: str | None) -> dt.date:
    if text is None:
        return dt.date.today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--today {text!r} is not a date", "Write YEAR-MONTH-DAY, such as 2026-11-21.") from None


def read_overrides(fixed: list[str], changed: list[str]) -> list[Override]:
    """Read fixed values and changed priors; each parameter once."""
    from meekcast.inputs import Override

    overrides = []
    for text in fixed:
        override = Override.read(text)
        try:
            value = float(override.prior)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"--set {text!r}: {override.prior!r} is not a number", "For a distribution use --prior.")
        overrides.append(override)
    overrides += [Override.read(text) for text in changed]
    names = [override.name for override in overrides]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} is changed twice", "Give each parameter once, in --set or in --prior.")
    return overrides
