"""Commands about files: exports, the audit trail, priors from stated quantiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import app
from meekcast.cli.options import Json


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as out/leaderboard.")],
    to: Annotated[str, typer.Option(help="netcdf, zarr, csv, parquet, json, sipmath, metaculus, squiggle or scipy.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="File; named by what is in it by default.")] = None,
    event: Annotated[
        str | None, typer.Option(metavar="EVENT", help="One event, by name or number from 1, or 'gpqa_gap < 3'.")
    ] = None,
    quantity: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Quantities; all by default.")] = None,
    table: Annotated[str | None, typer.Option(help="csv, parquet: bands (default), draws or dates.")] = None,
    range_: Annotated[
        tuple[str, str] | None,
        typer.Option("--range", metavar="LOW HIGH", help="metaculus: the question's range, dates or years."),
    ] = None,
    lower: Annotated[str | None, typer.Option(help="metaculus: lower bound, closed (default) or open.")] = None,
    upper: Annotated[str | None, typer.Option(help="metaculus: upper bound, open (default) or closed.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export of the same name.")] = False,
) -> None:
    """Write a run in the format of another tool."""
    from meekcast.cli.export import run as write
    from meekcast.export.formats import Wanted

    low, high = range_ or (None, None)
    write(run, to, out, Wanted(event, tuple(quantity or ()), table, low, high, lower, upper), force)


@app.command()
def replay(
    manifest: Annotated[Path, typer.Argument(help="manifest.json of a run, or its folder.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the new files in DIR.")] = None,
    cached: Annotated[bool, typer.Option("--cached", help="Take the posterior from the cache if it is there.")] = False,
    json: Json = False,
) -> None:
    """Make a run again from its manifest alone and say which outputs are identical, byte for byte."""
    from meekcast.cli.audit import run_replay

    raise typer.Exit(run_replay(manifest, out, cached, json))


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, such as out/leaderboard.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the other.")],
    json: Json = False,
) -> None:
    """Explain what changed between two runs: inputs first, then dates and probabilities."""
    from meekcast.cli.audit import run_diff

    run_diff(first, second, json)


@app.command()
def elicit(
    name: Annotated[str, typer.Argument(help="Parameter, such as g_investment.")],
    quantile: Annotated[
        list[str], typer.Option(metavar="LEVEL=VALUE", help="What you believe: 0.05=2.0, two or more.")
    ],
    source: Annotated[str, typer.Option(metavar="TEXT", help="Who believes it, and why.")],
    family: Annotated[str, typer.Option(help="Normal, LogNormal, LogitNormal, or auto: the best.")] = "auto",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add the prior to this prior set; a new one if there is none.")
    ] = None,
    picture: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the picture.")] = Path("out/priors"),
    compare: Annotated[
        bool, typer.Option("--compare", help="Fit other families too (PreliZ), to see what ours leave out.")
    ] = False,
    json: Json = False,
) -> None:
    """Turn stated quantiles into a prior: fitted, drawn, and written as an entry of a prior set."""
    from meekcast.cli.elicit import run

    run(name, quantile, family, source, out, picture, compare, json)
