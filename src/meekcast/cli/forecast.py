"""``meekcast forecast``: read the request, run it, write the files, print the report."""

from __future__ import annotations

import datetime as dt
import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import InputError, nearest
from meekcast.files import to_json
from meekcast.inference.sampler import Progress, Settings, Silent
from meekcast.report.progress import LiveProgress
from meekcast.report.tables import Document, comparison_report, err_console, forecast_report, out_console

if TYPE_CHECKING:
    from rich.console import Console

    from meekcast.inputs import Inputs, Override

EXIT_OK, EXIT_FAILED = 0, 3
SAMPLERS = ("nutpie", "pymc")


@dataclass(frozen=True)
class Request:
    """Options of the command, as typed."""

    cards: list[str]
    priors: list[str]
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
    settings, today = _settings(request), read_date(request.today)
    overrides = read_overrides(request.fixed, request.changed)
    err = err_console(quiet=request.quiet)
    return _run(request, settings, overrides, today, err)


def _run(request: Request, settings: Settings, overrides: list[Override], today: dt.date, err: Console) -> int:
    jobs = _jobs(request, overrides)
    if request.stack:
        from meekcast.cli.stack import run_stack

        return run_stack(request, jobs, settings, today, err)
    if request.weights:
        raise InputError("--weight is about the cards of a stack", "Add --stack, or leave --weight out.")
    with nullcontext(Silent()) if request.quiet else LiveProgress(err) as progress:
        runs = [obtain(request, job, settings, today, progress) for job in jobs]
        documents = [{**run.document, "label": job.label} for job, run in zip(jobs, runs, strict=True)]
        documents += _mixtures(request, jobs, progress)
    picture = _picture(request, documents) if len(runs) > 1 else None
    if request.json:
        print(to_json(documents if picture else runs[0].document))
    elif not request.quiet and picture:
        out_console().print(comparison_report(documents, picture))
    elif not request.quiet:
        out_console().print(forecast_report(documents[0], runs[0].files, runs[0].note))
    return max(exit_code(run.document) for run in runs)


@dataclass(frozen=True)
class Job:
    """One card under one prior set, as asked."""

    card: str
    priors: str | None
    inputs: Inputs
    folder: Path
    label: str


def _jobs(request: Request, overrides: list[Override]) -> list[Job]:
    """Every card under every prior set; several sets of one card have a folder and a label each."""
    from meekcast.inputs import gather

    jobs = []
    chosen: list[str | None] = [*request.priors] or [None]
    for card in request.cards:
        for priors in chosen:
            inputs = gather(card, priors, overrides, request.evidence)
            name = inputs.card.name
            if len(request.priors) > 1:
                name += f"-{inputs.priors.name}"
            label = inputs.priors.name if len(request.cards) == 1 < len(request.priors) else name
            jobs.append(Job(card, priors, inputs, request.out / name, label))
    folders = [job.folder.name for job in jobs]
    for name in folders:
        if folders.count(name) > 1:
            raise InputError(
                f"two of the forecasts asked for would both be written to {request.out / name}",
                "Give each card and each prior set once, and prior sets of different names.",
            )
    return jobs


def _mixtures(request: Request, jobs: list[Job], progress: Progress) -> list[Document]:
    """Where there are several prior sets: for each card their equal mixture."""
    if len(request.priors) < 2:
        return []
    from meekcast.runs.read import open_run
    from meekcast.stacks.prior_mixture import write_mixture

    progress.step("mixing the prior sets")
    documents = []
    for card in dict.fromkeys(job.inputs.card.name for job in jobs):
        runs = [open_run(job.folder) for job in jobs if job.inputs.card.name == card]
        label = "equal mixture" if len(request.cards) == 1 else f"{card}, equal mixture"
        documents.append({**write_mixture(runs, request.out / f"{card}-mixture.json"), "label": label})
    return documents


@dataclass(frozen=True)
class Run:
    """A forecast in its folder."""

    document: Document
    files: list[Path]
    note: str = ""


def obtain(request: Request, job: Job, settings: Settings, today: dt.date, progress: Progress) -> Run:
    """Take the run that stands in its folder, or compute it."""
    from meekcast.files import check_writable
    from meekcast.runs.write import run_id, standing

    run = run_id(job.inputs, settings, until=request.until, today=today.isoformat(), check=request.check)
    found = None if request.fresh else standing(job.folder, run)
    if found:
        return Run(*found, note="unchanged since the last run; --fresh computes it again")
    check_writable(job.folder)
    return Run(*_compute(request, job, settings, today, run, progress))


def _picture(request: Request, documents: list[Document]) -> Path:
    """Draw the comparison of several cards."""
    from meekcast.plots.compare import write_comparison

    return write_comparison(documents, request.out)


def _compute(
    request: Request, job: Job, settings: Settings, today: dt.date, run: str, progress: Progress
) -> tuple[Document, list[Path]]:
    """Forecast, draw and write."""
    progress.step(f"{job.folder.name}: loading")
    from meekcast.forecasts.forecast import forecast
    from meekcast.plots.forecast import draw_run
    from meekcast.runs.write import write_run

    result = forecast(job.inputs, settings, until=request.until, today=today, fresh=request.fresh, progress=progress)
    progress.step("drawing and writing")
    command = _command(request, job, today)
    return write_run(result, job.folder, run, draw=draw_run, checks=request.check, until=request.until, command=command)


def _command(request: Request, job: Job, today: dt.date) -> list[str]:
    """Arguments that ask for this run again; where it is written and what is printed decide nothing."""
    single = {
        "--priors": job.priors, "--until": request.until, "--seed": request.seed, "--today": today,
        "--sampler": request.sampler, "--draws": request.draws, "--tune": request.tune,
        "--target-accept": request.target_accept,
    }  # fmt: skip
    listed = {"--set": request.fixed, "--prior": request.changed, "--evidence": request.evidence}
    listed |= {option: [str(value)] for option, value in single.items() if value is not None}
    options = [word for option, values in listed.items() for value in values for word in (option, value)]
    return ["forecast", job.card, *options, *(["--check"] if request.check else [])]


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


def read_date(text: str | None, option: str = "--today") -> dt.date:
    """The date of an option; the current one by default.

    Raises
    ------
    InputError
        If it is not a date.
    """
    if text is None:
        return dt.date.today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} {text!r} is not a date", "Write YEAR-MONTH-DAY, such as 2026-11-21.") from None


def read_overrides(fixed: list[str], changed: list[str]) -> list[Override]:
    """Fixed values (``--set``) and changed priors (``--prior``); each parameter once.

    Raises
    ------
    InputError
        If one cannot be read, or a parameter is changed twice.
    """
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
