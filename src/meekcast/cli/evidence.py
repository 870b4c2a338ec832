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
    today: Today = None
    json: Json = False


@command(Options)
def evidence(options: Options) -> None:
    """List the evidence and how many records it holds, or show one table with every row, source and licence.

    `meekcast evidence import FILE --as NAME` brings in other people's files: see `meekcast evidence import -h`.
    """
    from meekcast.cards import library
    from meekcast.cards.overview import board_document, overview
    from meekcast.observations import ScoreTable
    from meekcast.report.evidence import board_report, evidence_report, overview_report
    from meekcast.report.terminal import show

    today = read_date(options.today)
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
