"""Commands that show what ships, and read files of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import app
from meekcast.cli.options import Json


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Show one card, by name or path.")] = None, json: Json = False
) -> None:
    """List the model cards, or show one with its story, components and priors."""
    from meekcast.cli.show import show

    show("models", name, json)


@app.command()
def priors(
    name: Annotated[str | None, typer.Argument(help="Show one set, by name or path.")] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(metavar="SET SET", help="Draw both sets, one picture a parameter.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Pictures of --compare go to DIR/priors/.")] = Path("out"),
    json: Json = False,
) -> None:
    """List the prior sets, show one with every number, unit and source, or compare two."""
    from meekcast.cli.show import compare_priors, show

    if compare:
        compare_priors(*compare, out / "priors", json)
    else:
        show("priors", name, json)


@app.command()
def evidence(
    name: Annotated[str | None, typer.Argument(help="Show one table, by name or path.")] = None, json: Json = False
) -> None:
    """List the evidence tables, or show one with every record, source and licence."""
    from meekcast.cli.show import show

    show("evidence", name, json)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="TOML file of a card, a prior set or evidence.")]) -> None:
    """Check a file of your own and say what it is."""
    from meekcast.cli.show import check_file

    check_file(file)


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete all cached posteriors.")] = False, json: Json = False
) -> None:
    """Show the posteriors kept on disk, or clear them."""
    from meekcast.cli.show import show_cache

    show_cache(clear, json)
