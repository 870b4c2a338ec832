"""``meekcast evidence import``: other people's files into the user's own evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, read_date
from meekcast.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    place: Annotated[
        str, typer.Argument(metavar="FILE|FOLDER|URL", help="CSV, JSON, parquet, or a zip archive or folder of them.")
    ]
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Name of the table in your evidence.")]
    board: Annotated[str | None, typer.Option(metavar="BOARD", help="Which board, where the file has several.")] = None
    column: Annotated[
        list[str],
        typer.Option(
            metavar="WHAT=COLUMN",
            help="score=Accuracy. What: model, date, known_on, score, score_se, open_weights, parameters, cost, "
            "developer, price, input, output, vintage.",
        ),
    ] = field(default_factory=list)
    benchmark: Annotated[str | None, typer.Option(metavar="ID", help="Benchmark, as cards call it: gpqa.")] = None
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the table.")] = None
    unit: Annotated[str | None, typer.Option(metavar="UNIT", help="points, index or elo.")] = None
    chance: Annotated[float | None, typer.Option(metavar="POINTS", help="What a guess scores, in points.")] = None
    questions: Annotated[int | None, typer.Option(metavar="N", help="How many questions there are.")] = None
    scale: Annotated[
        float | None, typer.Option(metavar="N", help="What scores are multiplied with: 100 makes points of fractions.")
    ] = None
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="Where it is from.")] = None
    licence: Annotated[str | None, typer.Option(metavar="TEXT", help="Under which licence.")] = None
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date of the file; by default that of its newest row.")
    ] = None
    add: Annotated[bool, typer.Option("--add", help="Keep what stood and is not in the file.")] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False
    yes: Annotated[bool, typer.Option("--yes", help="Write although it looks like the wrong file.")] = False
    json: Json = False


@command(Options, below=("evidence", "import"))
def evidence_import(options: Options) -> None:
    """Import scores or prices into your own evidence, and say what changes.

    Known are downloads of Epoch AI (a board, or the zip), LMArena, Artificial Analysis, models.dev, llm-prices and
    LiteLLM; of any other table name the columns with --column.
    """
    import datetime as dt

    from meekcast.cards.imports import import_evidence
    from meekcast.observations.importing.asked import Asked
    from meekcast.observations.importing.outcome import document
    from meekcast.report.evidence_import import import_report
    from meekcast.report.terminal import show

    asked = Asked(
        name=options.name,
        today=dt.date.today(),
        board=options.board,
        benchmark=options.benchmark,
        title=options.title,
        unit=options.unit,
        chance=options.chance,
        questions=options.questions,
        source=options.source,
        licence=options.licence,
        as_of=read_date(options.as_of, "--as-of") if options.as_of is not None else None,
        columns=_columns(options.column),
        scale=options.scale,
        add=options.add,
    )
    changes, written = import_evidence(options.place, asked, dry_run=options.dry_run, yes=options.yes)
    show(document(changes, written), lambda: import_report(changes, written), as_json=options.json)


def _columns(texts: Sequence[str]) -> dict[str, str]:
    """From what a column is to its name."""
    found: dict[str, str] = {}
    for text in texts:
        role, equals, column = text.partition("=")
        role = role.strip()
        if not (equals and role and column.strip()):
            raise InputError(f"--column {text!r} names no column", "Write WHAT=COLUMN, as in --column score=Accuracy")
        if role in found:
            raise InputError(f"--column {role}=... is given twice", "Give each column once.")
        found[role] = column.strip()
    return found
