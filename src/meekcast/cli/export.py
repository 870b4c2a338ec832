"""``meekcast export``: a run in the format of another tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Run


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    run: Run
    to: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="netcdf, zarr, csv, parquet, xlsx, json, hubverse, sipmath, metaculus, squiggle or scipy.",
        ),
    ]
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="File; named by what is in it by default.")] = None
    event: Annotated[str | None, typer.Option(metavar="EVENT", help="By name or number from 1, or 'gpqa_gap < 3'.")] = (
        None
    )
    quantity: Annotated[list[str], typer.Option(metavar="NAME", help="Quantities; all by default.")] = field(
        default_factory=list
    )
    table: Annotated[
        str | None, typer.Option(metavar="TABLE", help="csv, parquet: bands (default), draws or dates.")
    ] = None
    range_: Annotated[
        tuple[str, str] | None,
        typer.Option("--range", metavar="LOW HIGH", help="metaculus: the question's range, dates or years."),
    ] = None
    lower: Annotated[
        str | None, typer.Option(metavar="KIND", help="metaculus: lower bound, closed (default) or open.")
    ] = None
    upper: Annotated[
        str | None, typer.Option(metavar="KIND", help="metaculus: upper bound, open (default) or closed.")
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export of the same name.")] = False
    yes: Annotated[bool, typer.Option("--yes", help="Write a file of more than 100 MB.")] = False


@command(Options)
def export(options: Options) -> None:
    """Write a run in the format of another tool."""
    from meekcast.export.formats import Wanted
    from meekcast.export.formats import export as write
    from meekcast.report.terminal import say
    from meekcast.runs.read import open_run

    low, high = options.range_ or (None, None)
    wanted = Wanted(
        event=options.event,
        quantities=tuple(options.quantity),
        table=options.table,
        low=low,
        high=high,
        lower=options.lower,
        upper=options.upper,
    )
    file, note = write(open_run(options.run), options.to, options.out, wanted, force=options.force, large=options.yes)
    say(f"{file}  {_size(file)}" + (f"\n{note}" if note else ""))


def _size(file: Path) -> str:
    from meekcast.report.numbers import bytes_text

    return bytes_text(sum(f.stat().st_size for f in [file, *file.rglob("*")] if f.is_file()))
