"""``meekcast evidence``: the tables of evidence, and what each says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, Today, known, read_date


def _names(incomplete: str) -> list[str]:
    """Complete names of tables, and the command below this one."""
    return [*known("evidence")(incomplete), *(["import"] if incomplete and "import".startswith(incomplete) else [])]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    name: Annotated[str | None, typer.Argument(help="Show one table, by name or path.", autocompletion=_names)] = None
    lags: Annotated[
        bool, typer.Option("--lags", help="How long the usual followers took to match each level of the frontier.")
    ] = False
    today: Today = None
    json: Json = False


@command(Options)
def evidence(options: Options) -> None:
    """List the evidence and how many records it holds, or show one table with every row, source and licence.

    With --lags a board tells how many months the usual followers took to match each level that the frontier set.

    `meekcast evidence import FILE --as NAME` brings in other people's files: see `meekcast evidence import -h`.
    """
    from meekcast.cards import library
    from meekcast.cards.overview import board_document, overview
    from meekcast.errors import InputError
    from meekcast.observations import USUAL_ACTORS, ScoreTable
    from meekcast.observations.lags import board_lags
    from meekcast.report.evidence import board_report, evidence_report, overview_report
    from meekcast.report.lags import board_lags_report
    from meekcast.report.terminal import show

    today = read_date(options.today)
    if options.lags:
        table = library.load_any_evidence(options.name) if options.name else None
        if not isinstance(table, ScoreTable):
            what = f"evidence {table.name!r} does not list all scored models" if table else "no board is named"
            raise InputError(f"--lags is about one board: {what}", "Ask for example `meekcast evidence gpqa --lags`.")
        told = board_lags(table, library.load_prices(), USUAL_ACTORS)
        show(told, lambda: board_lags_report(told), as_json=options.json)
        return
    if options.name is None:
        boards, others = overview(today)
        show([*boards, *others], lambda: overview_report(boards, others), as_json=options.json)
        return
    table = library.load_any_evidence(options.name)
    if isinstance(table, ScoreTable):
        board = board_document(table, library.load_prices())
        show(board, lambda: board_report(board), as_json=options.json)
    else:
        show(library.document_of(table), lambda: evidence_report(table), as_json=options.json)
