"""``meekcast evidence``: the tables of evidence, and what each says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, known


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    name: Annotated[
        str | None, typer.Argument(help="Show one table, by name or path.", autocompletion=known("evidence"))
    ] = None
    json: Json = False


@command(Options)
def evidence(options: Options) -> None:
    """List the evidence tables, or show one with every record, source and licence."""
    from meekcast.cards import library
    from meekcast.report.cards import list_document, list_report
    from meekcast.report.evidence import evidence_report
    from meekcast.report.terminal import show

    if options.name is None:
        tables = [library.load_any_evidence(name) for name in library.evidence_names()]
        show(list_document(tables), lambda: list_report("evidence", tables), as_json=options.json)
    else:
        table = library.load_any_evidence(options.name)
        show(library.document_of(table), lambda: evidence_report(table), as_json=options.json)
