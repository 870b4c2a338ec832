"""``meekcast diff``: what changed between two runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, Run


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    first: Run
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the other.")]
    json: Json = False


@command(Options)
def diff(options: Options) -> None:
    """Explain what changed between two runs: inputs first, then dates and probabilities."""
    from meekcast.report.diff import diff_report
    from meekcast.report.terminal import show
    from meekcast.runs.diff import differences
    from meekcast.runs.read import open_run

    runs = open_run(options.first).verified(), open_run(options.second).verified()
    inputs, results = differences(*runs)
    document = {"inputs": [d._asdict() for d in inputs], "results": [d._asdict() for d in results]}
    show(document, lambda: diff_report(runs, inputs, results), as_json=options.json)
