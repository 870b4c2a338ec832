"""What went wrong, and how to mend it.

Every mistake that a user can make ends here: the command line prints the message
and the remedy, without a traceback, and exits with ``exit_code``.
"""

import difflib
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, override

EXIT_INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

MOST_TOLD = 10
"""How many problems of one file are told at a time."""

LONGEST_LINE = 2000
"""Characters of a line of a message: a list of all that is allowed fits."""


class MeekcastError(Exception):
    """A fault that is told to the user in one message with its remedy.

    Parameters
    ----------
    message : str
        What is wrong: the file, the key and the value, as far as they are known.
    remedy : str, optional
        What the user can do about it.
    """

    exit_code = 2

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    @override
    def __str__(self) -> str:
        """Return message and remedy, as the command line prints them."""
        return shortened(f"{self.message}\n  {self.remedy}" if self.remedy else self.message)


class InputError(MeekcastError, ValueError):
    """A value, a name or a file that meekcast cannot use."""


class OutputError(MeekcastError):
    """A result that cannot be written where it was asked for."""


@contextmanager
def naming(place: object) -> Iterator[None]:
    """Say in an input error where it arose: a file, or a parameter."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}: {error.message}", error.remedy) from None


def shortened(message: str) -> str:
    """A message of bearable length, which says how much is left out of it.

    Examples
    --------
    >>> shortened(f"no file {'x' * 5000}")[1990:]
    'xxxxxxxxxx ... (3008 characters more)'
    """
    return "\n".join(
        f"{line[:LONGEST_LINE]} ... ({len(line) - LONGEST_LINE} characters more)" if len(line) > LONGEST_LINE else line
        for line in told(message.split("\n"), str, 3 * MOST_TOLD, "lines")
    )


def check_length(text: str, most: int, what: str) -> None:
    """Refuse a text of more characters than anybody would write.

    Raises
    ------
    InputError
        If it is longer than `most`.

    Examples
    --------
    >>> check_length("x" * 1000, 300, "a prior")
    Traceback (most recent call last):
    meekcast.errors.InputError: a prior has 1000 characters, more than 300: 'xxxxxxxxxxxxxxxxxxxx' ...
      Shorten it.
    """
    if len(text) > most:
        raise InputError(f"{what} has {len(text)} characters, more than {most}: {text[:20]!r} ...", "Shorten it.")


def told[T](
    problems: Sequence[T], tell: Callable[[T], str], most: int = MOST_TOLD, what: str = "problems"
) -> list[str]:
    """The first problems, a line each, and how many there are more.

    Examples
    --------
    >>> told(range(1000), str, most=2)
    ['0', '1', 'and 998 problems more']
    """
    lines = [tell(problem) for problem in problems[:most]]
    return [*lines, f"and {len(problems) - most} {what} more"] if len(problems) > most else lines


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Say which names are allowed, the nearest match to `name` first.

    Examples
    --------
    >>> nearest("leaderbord", ["paper", "leaderboard"])
    "Did you mean 'leaderboard'? Allowed: leaderboard, paper."
    """
    names = sorted(allowed)
    match = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {match[0]!r}? " if match else ""
    return f"{hint}Allowed: {', '.join(names) or 'none'}."


def optional(module: str, extra: str) -> Any:
    """Import a library that only some commands need.

    Parameters
    ----------
    module : str
        Its name.
    extra : str
        The optional group of meekcast that brings it.

    Returns
    -------
    module
        The library.

    Raises
    ------
    InputError
        If it is not installed; names the group.

    Examples
    --------
    >>> optional("math", "exports").sqrt(4.0)
    2.0
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(f"this needs {module}, which is not installed", f"pip install 'meekcast[{extra}]'") from None
