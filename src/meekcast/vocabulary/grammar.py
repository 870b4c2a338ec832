"""The grammar of questions, and nothing else: text to `Expression` and back.

::

    question   := condition ["first" | "for" number ("years" | "months" | "days")]
    condition  := clause ("or" clause)*
    clause     := part ("and" part)*
    part       := comparison | "(" condition ")"
    comparison := reading OPERATOR (reading | number [unit] ["at" date])
    reading    := quantity ["of" actor] ["at" date]
    OPERATOR   := <  <=  >  >=
    number     := 1000, 1_000, 0.05, 1e26, -2.5
    date       := YEAR-MONTH-DAY, or a number: a whole one on a calendar is the end of that year

An ``at`` after a number belongs to the quantity before it, and ``lag of pennies`` is ``pennies_lag``. Conditions are
combined date by date, and the whole is dated: from when on it holds up to the horizon, or ``first`` or ``for`` so
long. What a name, a unit or a date means is another's business (`meekcast.vocabulary.scope`); this module imports
nothing heavy.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from meekcast.errors import InputError, check_length
from meekcast.vocabulary.expression import (
    DURATIONS,
    Comparison,
    Condition,
    Duration,
    Expression,
    Joined,
    Level,
    Reading,
)

OPERATORS = ("<", "<=", ">", ">=")
RESERVED = ("at", "of", "and", "or", "first", "for")
"""Words that name no quantity and no unit."""

_REMEDY = (
    "Write for example 'loss_gap < 0.05', 'tokens > 1_000 for 6 months', 'lag < 0.5 and loss_gap < 0.1' or "
    "'budget_level >= frontier_level at 2025-01-01'."
)
_TOKEN = re.compile(
    r"""\s*(?:(?P<date>\d{4}-\d\d?-\d\d?)
    |(?P<number>[+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z][A-Za-z0-9_/]*)
    |(?P<operator><=|>=|<|>)
    |(?P<bracket>[()])
    |(?P<wrong>\S))""",
    re.VERBOSE,
)
_DEEPEST, _LONGEST = 30, 2000


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


def fault(text: str, column: int, what: str, remedy: str = _REMEDY) -> InputError:
    """An input error that points at a column of an expression.

    Examples
    --------
    >>> print(fault("loss_gap", 8, "an operator is missing", "").message)
    column 9: an operator is missing
        loss_gap
                ^
    """
    return InputError(f"column {column + 1}: {what}\n    {text}\n    {' ' * column}^", remedy)


def parse(text: str) -> Expression:
    """Read a question.

    Parameters
    ----------
    text : str
        In the grammar above.

    Returns
    -------
    Expression
        With the columns at which its parts stand.

    Raises
    ------
    InputError
        If it is not of the grammar; points at the column.

    Examples
    --------
    >>> str(parse("loss_gap > .1 at 2027-01-01"))
    'loss_gap > 0.1 at 2027-01-01'
    >>> str(parse("(lag<1 and (tokens > 1_000)) or (lead < 2 or lag < .5) for 1 months"))
    'lag < 1 and tokens > 1000 or lead < 2 or lag < 0.5 for 1 month'
    """
    check_length(text, _LONGEST, "a question")
    tokens = _Tokens(text)
    condition = tokens.condition()
    lasting = tokens.lasting()
    tokens.take("end", "nothing more")
    return Expression(condition, lasting, text)


class _Tokens:
    """The tokens of a text, taken one by one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._depth = 0
        found = [
            _Token(m.lastgroup or "", m[m.lastgroup or 0], m.start(m.lastgroup or 0)) for m in _TOKEN.finditer(text)
        ]
        self._left = [*found, _Token("end", "", len(text.rstrip()))][::-1]

    @property
    def ahead(self) -> _Token:
        return self._left[-1]

    def take(self, kind: str, expected: str) -> _Token:
        token = self.ahead
        if token.kind != kind or token.text in RESERVED:
            got = repr(token.text) if token.kind != "end" else "the end"
            raise fault(self.text, token.column, f"expected {expected}, got {got}")
        return self._left.pop() if kind != "end" else token

    def passed(self, text: str) -> _Token | None:
        """Take a word or bracket of the grammar, if it comes next."""
        return self._left.pop() if self.ahead.text == text else None

    def condition(self) -> Condition:
        return self._joined("or", lambda: self._joined("and", self.part))

    def _joined(self, word: Literal["and", "or"], part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self.passed(word):
            parts.append(part())
        flat = [p for one in parts for p in (one.parts if isinstance(one, Joined) and one.word == word else (one,))]
        return flat[0] if len(flat) == 1 else Joined(word, tuple(flat))

    def part(self) -> Condition:
        opened = self.passed("(")
        if not opened:
            return self.comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise fault(self.text, opened.column, f"more than {_DEEPEST} brackets in each other")
        inside = self.condition()
        if self.ahead.text in {"first", "for"}:
            what = f"{self.ahead.text!r} counts for the whole question"
            raise fault(self.text, self.ahead.column, what, "Write it at the end, after the last bracket.")
        if not self.passed(")"):
            self.take("closing bracket", "'and', 'or' or ')'")
        self._depth -= 1
        return inside

    def comparison(self) -> Comparison:
        left = self.reading("a quantity")
        operator = self.take("operator", "an operator (<, <=, > or >=)").text
        if self.ahead.kind != "number":
            return Comparison(left, operator, self.reading("a number or a quantity"))
        right = self.level()
        if self.ahead.text == "at" and left.at is None:
            left = self.fixed(left)
        return Comparison(left, operator, right)

    def lasting(self) -> Literal["stays", "first"] | Duration:
        if self.passed("first"):
            return "first"
        stated = self.passed("for")
        if not stated:
            return "stays"
        number = self.ahead
        value = self._number("a number of years, months or days")
        if value <= 0:
            raise fault(
                self.text, number.column, f"nothing lasts for {number.text}", "Write for example 'for 6 months'."
            )
        word = self.take("word", "years, months or days")
        unit = word.text if word.text.endswith("s") else f"{word.text}s"
        if unit not in DURATIONS:
            raise fault(self.text, word.column, f"expected years, months or days, got {word.text!r}")
        return Duration(value, unit, stated.column)

    def reading(self, expected: str) -> Reading:
        word = self.take("word", expected)
        whose = f"{self.take('word', 'an actor').text}_" if self.passed("of") else ""
        reading = Reading(f"{whose}{word.text}", column=word.column)
        return self.fixed(reading) if self.ahead.text == "at" else reading

    def fixed(self, reading: Reading) -> Reading:
        """Take ``at`` and the date of a reading."""
        self.passed("at")
        token = self.ahead
        if token.kind == "date":
            return replace(reading, at=self._date(), at_column=token.column)
        return replace(reading, at=self._number("a date: YEAR-MONTH-DAY or a year"), at_column=token.column)

    def level(self) -> Level:
        column = self.ahead.column
        value = self._number("a number")
        unit_column = self.ahead.column
        words = []
        while self.ahead.kind == "word" and self.ahead.text not in RESERVED:
            words.append(self.take("word", "a unit").text)
        return Level(value, " ".join(words), column, unit_column)

    def _number(self, expected: str) -> float:
        token = self.take("number", expected)
        value = float(token.text)
        if not math.isfinite(value):
            raise fault(self.text, token.column, f"{token.text} is too large for a number")
        return value

    def _date(self) -> dt.date:
        token = self.take("date", "a date")
        try:
            return dt.date(*map(int, token.text.split("-")))
        except ValueError as error:
            raise fault(self.text, token.column, f"{token.text} is not a date: {error}") from None
