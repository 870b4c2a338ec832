"""The program, and how a command joins it: a dataclass of options becomes its signature."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Annotated, Any, get_type_hints, override

import typer
from typer.core import TyperCommand, TyperGroup

from meekcast.errors import EXIT_INTERRUPTED

INTERRUPTED = "interrupted: nothing is half-written, what was finished before stands"


def interrupted() -> int:
    """Say that a command was interrupted; the exit code of that."""
    from meekcast.report.terminal import say

    say(INTERRUPTED, error=True)
    return EXIT_INTERRUPTED


class Interruptible(TyperGroup):
    """Commands that end on Ctrl-C with one message and the usual exit code."""

    @override
    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read what was asked."""
        with _interruptible():
            return super().make_context(*arguments, **options)

    @override
    def invoke(self, ctx: Any) -> object:
        """Run the command."""
        with _interruptible():
            return super().invoke(ctx)


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(interrupted()) from None


LOOK: dict[str, Any] = {
    "context_settings": {"help_option_names": ["-h", "--help"]},
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
}
"""How every command looks."""

app = typer.Typer(
    name="meekcast",
    cls=Interruptible,
    help="When do low-budget ('meek') AI models catch up with the frontier, and how sure can anyone be?",
    no_args_is_help=True,
    **LOOK,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from meekcast.report.terminal import say

        say(f"meekcast {version('meekcast')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold options of the whole program."""


BELOW: dict[tuple[str | None, str], typer.Typer] = {}
"""Commands below others: ``meekcast evidence import FILE`` beside ``meekcast evidence [NAME]``."""


class Above(TyperCommand):
    """A command that makes way where its first argument names a command below it."""

    @override
    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand over to the command below, if it is one."""
        if args and (below := BELOW.get((self.name, args[0]))):
            name = f"{info_name} {args[0]}"
            return typer.main.get_command(below).make_context(name, args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


def command[O](
    options: type[O], below: tuple[str, str] | None = None
) -> Callable[[Callable[[O], int | None]], Callable[[O], int | None]]:
    """Make a function of one dataclass a command; each field, with its Typer annotation, is an option.

    Parameters
    ----------
    options : type
        A frozen dataclass, its fields by keyword.
    below : tuple of str, optional
        The command that it stands below, and its name there.

    Returns
    -------
    callable
        A decorator; the name of the function is that of the command (of one at the top), its docstring the help text,
        and what it returns the exit code (None: 0). The function itself stays as it is.
    """

    def join(work: Callable[[O], int | None]) -> Callable[[O], int | None]:
        def filled(profile: bool, **values: Any) -> None:
            if profile:
                from meekcast.report.profile import watch

                watch()
            chosen = options(**values)
            with _on_cluster(getattr(chosen, "scheduler", None)):
                raise typer.Exit(work(chosen) or 0)

        filled.__signature__ = inspect.Signature([*_parameters(options), PROFILE])  # type: ignore[attr-defined]
        filled.__doc__ = work.__doc__
        if below is None:
            app.command(work.__name__, cls=Above)(filled)
        else:
            BELOW[below] = typer.Typer(add_completion=False, **LOOK)
            BELOW[below].command(below[1])(filled)
        return work

    return join


def _on_cluster(named: str | None) -> AbstractContextManager[None]:
    """Have the cluster that was named do the work of a command; without one it stays here."""
    if not named:
        return nullcontext()
    from meekcast.mapper.scheduler import using

    return using(named)


PROFILE = inspect.Parameter(
    "profile",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--profile", help="Print where the time went, on stderr.")],
)
"""The option that every command has."""


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
