"""``meekcast explore``: a forecast in the browser, and refits with the beliefs on its sliders."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import (
    AsOf,
    Changes,
    Draws,
    Evidence,
    Exact,
    Priors,
    Seed,
    Today,
    Until,
    as_asked,
    check_stands,
    known,
)
from meekcast.inference.sampler import Settings

if TYPE_CHECKING:
    from meekcast.cli.serving import Refit, Server
    from meekcast.files import Document
    from meekcast.inference.sampler import Progress
    from meekcast.inputs import Inputs, Override
    from meekcast.runs.documents import Read
    from meekcast.runs.read import StoredRun


@dataclass(frozen=True, kw_only=True)
class Options(Changes):
    """Options of the command, as typed."""

    card: Annotated[
        str | None,
        typer.Argument(
            metavar="CARD",
            help="Card, by name or path. Default: leaderboard.",
            autocompletion=known("models"),
            show_default=False,
        ),
    ] = None
    run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="Begin with a run that stands, such as out/leaderboard.")
    ] = None
    priors: Priors = None
    evidence: Evidence = field(default_factory=list)
    until: Until = None
    today: Today = None
    as_of: AsOf = None
    seed: Seed = Settings.seed
    draws: Draws = Settings.draws
    exact: Exact = False
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=1024, max=65535, help="Port of this machine; a free one by default."),
    ] = None
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser, only print the address.")] = False


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What all forecasts of a session share, and how the first comes about.

    Parameters
    ----------
    inputs : callable
        Gathers card and evidence with changed priors.
    overrides : sequence of Override
        What is changed from the start.
    settings : Settings
        How to sample.
    until : float, optional
        Horizon; the card's own by default.
    today : datetime.date
        Date of asking.
    run : StoredRun, optional
        The first forecast, where it stands already.
    drivers : dict, optional
        What drives its answer, where that is known; refits keep the sliders that follow from it.
    """

    inputs: Callable[[Sequence[Override]], Inputs]
    overrides: Sequence[Override]
    settings: Settings
    until: float | None
    today: dt.date
    run: StoredRun | None = None
    drivers: Document | None = None


@command(Options)
def explore(options: Options) -> None:
    """Explore a forecast in the browser: the page of `meekcast report`, on which Refit samples what you believe.

    The page is served to this machine alone until Ctrl-C; nothing is written. Each refit has an address of its own, so
    that the browser's Back leads to the forecast before.
    """
    from meekcast.cli.serving import Server

    begun = _from_run(options, options.run) if options.run else _from_card(options)
    with Server(options.port) as server:
        _serve(begun, server, not options.no_browser)


def _from_card(options: Options) -> Beginning:
    """Begin with a forecast that is made now."""
    from meekcast.inputs import gather

    card, stated = options.card or "leaderboard", options.overrides()
    _, today = as_asked(gather(card, options.priors, stated, options.evidence), options.today, options.as_of)

    def inputs(overrides: Sequence[Override]) -> Inputs:
        gathered = gather(card, options.priors, overrides, options.evidence)
        return as_asked(gathered, today.isoformat(), options.as_of)[0]

    settings = Settings(seed=options.seed, draws=options.draws, exact=options.exact)
    return Beginning(inputs=inputs, overrides=stated, settings=settings, until=options.until, today=today)


def _from_run(options: Options, folder: Path) -> Beginning:
    """Begin with a run that stands; its manifest has everything of which others are made."""
    from meekcast.door.page import drivers_beside
    from meekcast.inputs import Override
    from meekcast.runs.gathered import gather_again
    from meekcast.runs.read import open_run

    changes = {
        "CARD": options.card, "--priors": options.priors, "--set": options.fixed, "--prior": options.changed,
        "--evidence": options.evidence, "--until": options.until, "--today": options.today, "--as-of": options.as_of,
        "--seed": options.seed, "--draws": options.draws != Settings.draws, "--exact": options.exact,
    }  # fmt: skip
    check_stands(folder, changes)
    run = open_run(folder)
    manifest = run.manifest

    def inputs(overrides: Sequence[Override]) -> Inputs:
        changed: Read = {**manifest["inputs"], "overrides": [{"name": o.name, "prior": o.prior} for o in overrides]}
        with tempfile.TemporaryDirectory() as texts:
            return gather_again({**manifest, "inputs": changed}, Path(texts))

    return Beginning(
        inputs=inputs,
        overrides=[Override(**o) for o in manifest["inputs"]["overrides"]],
        settings=Settings(**manifest["settings"]),
        until=manifest["asked"]["until"],
        today=dt.date.fromisoformat(manifest["asked"]["today"]),
        run=run,
        drivers=drivers_beside(run.folder, run.summary),
    )


def _serve(begun: Beginning, server: Server, browser: bool) -> None:
    """Make the first page, then others as they are asked for, until Ctrl-C."""
    from meekcast.cli.serving import Told
    from meekcast.inputs import Override
    from meekcast.report.progress import showing
    from meekcast.report.terminal import say

    beliefs = {"/": {o.name: o.prior for o in begun.overrides}}
    with showing() as progress:
        server.pages["/"] = _first(begun, server.token, progress)

    def refit(asked: Refit) -> str:
        page, changed = asked
        priors = beliefs[page] | changed
        with showing() as terminal:
            told = Told(server, terminal)
            inputs = begun.inputs([Override.read(f"{name}={prior}") for name, prior in priors.items()])
            html = _made(begun, inputs, server.token, told, exact=True)
        path = f"/{len(beliefs)}"
        beliefs[path], server.pages[path] = priors, html
        return path

    say(f"{server.address} until Ctrl-C")
    if browser:  # in a thread: a browser of the terminal stays until it is left
        Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()
    try:
        server.serve(refit)
    except KeyboardInterrupt:
        say("stopped", error=True)


def _first(begun: Beginning, token: str, progress: Progress) -> bytes:
    """The page of the forecast with which a session begins."""
    if begun.run is None:
        return _made(begun, begun.inputs(begun.overrides), token, progress, exact=begun.settings.exact)
    from meekcast.door.page import page_of
    from meekcast.door.source import Opened

    progress.step("reading the run")
    return page_of(Opened(begun.run), token=token).encode()


def _made(begun: Beginning, inputs: Inputs, token: str, progress: Progress, *, exact: bool) -> bytes:
    """The page of a forecast that is made now; what a page believes is sampled, never weighed: it did that itself."""
    from meekcast.door.making import forecast_of
    from meekcast.door.page import page_of
    from meekcast.report.page.content import by_worth

    settings = dataclasses.replace(begun.settings, exact=exact)
    made = forecast_of(inputs, settings, begun.until, begun.today, False, progress)
    progress.step("drawing the page")
    return page_of(made.source, token=token, sliders=by_worth(begun.drivers)).encode()
