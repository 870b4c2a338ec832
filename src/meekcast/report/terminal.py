"""The two streams of a command: results on stdout, progress and errors on stderr; what users wrote is never markup."""

from __future__ import annotations

import codecs
import io
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from meekcast.errors import MeekcastError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PLAIN = {"–": "-", "—": "-", "±": "~"}
"""Signs that tables use, for terminals that know no more than ASCII; each as wide as before, so that columns stand."""


def out_console() -> Console:
    """Console of results: stdout. Square brackets and colons in names stay what they are."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def err_console(quiet: bool = False) -> Console:
    """Console of progress and errors: stderr."""
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, highlight=False, markup=False, emoji=False)


def print_json(document: Any) -> None:
    """Write a document to stdout; in escapes where the stream cannot hold its letters."""
    from meekcast.files import to_json

    text = to_json(document)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2)
    print(text)


def show(document: Any, report: Callable[[], RenderableType], *, as_json: bool, quiet: bool = False) -> None:
    """Print a result as the user wants it: a report for people, its document, or nothing.

    Parameters
    ----------
    document : any
        What ``--json`` prints.
    report : callable
        Makes the report, if it is wanted.
    as_json, quiet : bool
        The options of that name.
    """
    if as_json:
        print_json(document)
    elif not quiet:
        out_console().print(report(), crop=False)


def print_error(error: MeekcastError) -> None:
    """Tell a mistake and its remedy on stderr."""
    from rich.text import Text

    console = err_console()
    console.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.remedy:
        console.print(f"  {error.remedy}", soft_wrap=True)


def accept_any_letter() -> None:
    """Let both streams replace letters that their encoding does not have, instead of failing after the work."""
    codecs.register_error("meekcast", _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="meekcast")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in wrong), error.end
