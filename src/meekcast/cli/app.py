"""The program, and how a command joins it: a dataclass of options becomes its signature."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints, override

import typer
from typer.core import TyperGroup

from meekcast.errors import EXIT_INTERRUPTED

INTERRUPTED = "interrupted: nothing is half-written, what was finished before stands"


class Interruptible(TyperGroup):
    """Commands that end on Ctrl-C with one message and the usual exit code."""

    @override
    def invoke(self, ctx: Any) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo(INTERRUPTED, err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None


app = typer.Typer(
    name="meekcast",
    cls=Interruptible,
    help="When do low-budget ('meek') AI models catch up with the frontier, and how sure can anyone be?",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
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


def command[O](options: type[O]) -> Callable[[Callable[[O], int | None]], Callable[[O], int | None]]:
    """Make a function of one dataclass a command; each field, with its Typer annotation, is an option.

    Parameters
    ----------
    options : type
        A frozen dataclass, its fields by keyword.

    Returns
    -------
    callable
        A decorator; the name of the function is that of the command, its docstring the help text, and what it
        returns the exit code (None: 0). The function itself stays as it is.
    """

    def join(work: Callable[[O], int | None]) -> Callable[[O], int | None]:
        def filled(**values: Any) -> None:
            raise typer.Exit(work(options(**values)) or 0)

        filled.__signature__ = inspect.Signature(_parameters(options))  # type: ignore[attr-defined]
        filled.__doc__ = work.__doc__
        app.command(work.__name__)(filled)
        return work

    return join


def _parameters(options: Any) -> list[inspect.Parameter]:
    """The fields of a dataclass as parameters of a function."""
    hints = get_type_hints(options, include_extras=True)
    found = []
    for field in dataclasses.fields(options):
        default: Any = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        elif default is dataclasses.MISSING:
            default = inspect.Parameter.empty
        found.append(
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
        )
    return found
