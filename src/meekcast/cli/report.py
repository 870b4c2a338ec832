"""``meekcast report``: a run as one HTML page."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import command


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, such as out/leaderboard.")]
    beside: Annotated[
        list[Path],
        typer.Option(metavar="RUN", help="Another run whose story stands beside it; several may be given."),
    ] = field(default_factory=list)
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where; CARD.html in the current folder.")] = None


@command(Options)
def report(options: Options) -> None:
    """Write a run as one HTML page: ask it, disagree with it, hand it on. It needs no network.

    What drives the answer is shown where `meekcast sensitivity RUN` has been run before.
    """
    from meekcast.door.page import page_of, write_page
    from meekcast.door.result import Forecast
    from meekcast.door.source import Opened
    from meekcast.errors import InputError
    from meekcast.files import check_writable
    from meekcast.report.terminal import say
    from meekcast.runs.read import open_run

    stored = open_run(options.run)
    out = options.out or Path(f"{stored.summary['card']}.html")
    if out.is_dir():
        raise InputError(f"{out} is a folder, not a file", "Give the name of a file with --out.")
    check_writable(out.parent)
    stories = [Forecast(Opened(open_run(run))) for run in options.beside]
    html = page_of(Opened(stored), stories=stories)
    say(f"{write_page(html, out)}: {len(html.encode()) / 1e6:.2f} MB, opens in any browser, offline")
