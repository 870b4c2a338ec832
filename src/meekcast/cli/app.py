"""The program that the commands join."""

from __future__ import annotations

from typing import Annotated, Any, override

import typer
from typer.core import TyperGroup

from meekcast.errors import EXIT_INTERRUPTED


class Interruptible(TyperGroup):
    """Commands that end on Ctrl-C with one message and the usual exit code."""

    @override
    def invoke(self, ctx: Any) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("interrupted: nothing is half-written, what was finished before stands", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None


app = typer.Typer(
    name="meekcast",
    cls=Interruptible,
    help="When do low-budget ('meek') AI models catch up with the frontier, and how sure can anyone be?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"meekcast {version('meekcast')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold options of the whole program."""
