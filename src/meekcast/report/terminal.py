"""The two streams of a command: results on stdout, progress and errors on stderr.

Whatever is printed goes through here, because much of it was written by somebody else: cards, evidence, runs, names of
files. It is never markup, and what would command the terminal or reorder its letters is shown as an escape.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from meekcast.errors import MeekcastError, shortened

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PLAIN = {"–": "-", "—": "-", "±": "~"}
"""Signs that tables use, for terminals that know no more than ASCII; each as wide as before, so that columns stand."""

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, separators of lines, and what turns the direction of a text."""


def visible(text: str) -> str:
    r"""Make of any text one that a terminal shows and does not obey.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The same with control characters and changes of direction as escapes.

    Examples
    --------
    >>> print(visible("\x1b[31mred\x07"))
    \x1b[31mred\x07
    """
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(text: str, *, error: bool = False) -> None:
    """Print plain words, on stdout or stderr."""
    print(visible(text), file=sys.stderr if error else sys.stdout)


def out_console() -> Console:
    """Console of results: stdout. Square brackets and colons in names stay what they are."""
    from meekcast.report.console import VisibleConsole

    return VisibleConsole(highlight=False, markup=False, emoji=False)


def err_console(quiet: bool = False) -> Console:
    """Console of progress and errors: stderr."""
    from meekcast.report.console import VisibleConsole

    return VisibleConsole(stderr=True, quiet=quiet, highlight=False, markup=False, emoji=False)


def print_json(document: Any) -> None:
    """Write a document to stdout; in JSON's escapes where the stream cannot hold its letters, or would obey them."""
    from meekcast.files import to_json

    text = CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", to_json(document))
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
    console.print(Text.assemble(("error: ", "bold red"), visible(shortened(error.message))), soft_wrap=True)
    if error.remedy:
        console.print(f"  {visible(shortened(error.remedy))}", soft_wrap=True)


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
