"""What an import could not use, line by line, and why."""

from __future__ import annotations

from typing import Any, NamedTuple, override


class Place(NamedTuple):
    """Where a row stands: the file, and its line, or its number among the entries or rows of the file."""

    file: str
    number: int | None = None
    counted: str = "line"

    @override
    def __str__(self) -> str:
        """As it is told to the user."""
        return self.file if self.number is None else f"{self.file}, {self.counted} {self.number}"


class Problem(NamedTuple):
    """One row, or one cell of it, that was not used, or that was used and should be looked at.

    Examples
    --------
    >>> print(Problem(Place("gpqa.csv", 12), "it is not a number", "score", "n. a."))
    gpqa.csv, line 12, column score: it is not a number (got 'n. a.')
    """

    place: Place
    why: str
    column: str | None = None
    value: str | None = None

    @override
    def __str__(self) -> str:
        """As it is told to the user."""
        column = "" if self.column is None else f", column {self.column}"
        got = "" if not self.value else f" (got {shortened(self.value)!r})"
        return f"{self.place}{column}: {self.why}{got}"

    @property
    def document(self) -> dict[str, Any]:
        """The same for ``--json``."""
        place = {"file": self.place.file, self.place.counted: self.place.number}
        return {**place, "column": self.column, "value": self.value, "why": self.why}


class Refused(Exception):
    """A row that cannot be used; becomes a problem where its place is known."""

    def __init__(self, why: str, column: str | None = None, value: str | None = None) -> None:
        super().__init__(why)
        self.why, self.column, self.value = why, column, value

    def at(self, place: Place) -> Problem:
        """The problem, with its place."""
        return Problem(place, self.why, self.column, self.value)


def shortened(text: str, most: int = 60) -> str:
    """A text that fits into a message.

    Examples
    --------
    >>> shortened("a" * 100, most=10)
    'aaaaaaa...'
    """
    return text if len(text) <= most else text[: most - 3] + "..."
