"""The grammar of questions, and nothing else: text to `Expression` and back.

::

    question   := condition ["first" | "for" number ("years" | "months" | "days")]
    condition  := clause ("or" clause)*
    clause     := part ("and" part)*
    part       := comparison | "(" condition ")"
    comparison := reading OPERATOR (reading | number [unit] ["at" date])
    reading    := quantity ["at" date]
    OPERATOR   := <  <=  >  >=
    number     := 1000, 1_000, 0.05, 1e26, -2.5
    date       := YEAR-MONTH-DAY, or a number: a whole one on a calendar is the end of that year

An ``at`` after a number belongs to the quantity before it. Conditions are combined date by date, and the whole is
dated: from when on it holds up to the horizon, or ``first`` or ``for`` so long. What a name, a unit or a date means
is another's business (`meekcast.vocabulary.scope`); this module imports nothing heavy.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, override

from meekcast.clock import When, when_text
from meekcast.errors import InputError

OPERATORS = ("<", "<=", ">", ">=")
RESERVED = ("at", "and", "or", "first", "for")
"""Words that name no quantity and no unit."""
DURATIONS = {"years": 1.0, "months": 1 / 12, "days": 1 / 365.25}
"""Units of time that may be written in place of years, and what one of them is worth."""

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
_WORDS = {"<=": "at-most", ">=": "at-least", "<": "below", ">": "above"}
_LONGEST_STEM = 150
_DEEPEST = 30


@dataclass(frozen=True)
class Reading:
    """A quantity, moving or read at a fixed date.

    Parameters
    ----------
    quantity : str
        Its name.
    at : datetime.date or float, optional
        The date at which it is fixed.
    column, at_column : int
        Where it stands in the text, for errors; not compared.
    """

    quantity: str
    at: When | None = None
    column: int = field(default=0, compare=False)
    at_column: int = field(default=0, compare=False)

    @override
    def __str__(self) -> str:
        return f"{self.quantity}{_at(self)}"


@dataclass(frozen=True)
class Level:
    """A number with its unit, if one is given.

    Parameters
    ----------
    value : float
        The number.
    unit : str
        As written; empty for the quantity's own.
    column, unit_column : int
        Where they stand in the text, for errors; not compared.
    """

    value: float
    unit: str = ""
    column: int = field(default=0, compare=False)
    unit_column: int = field(default=0, compare=False)

    @override
    def __str__(self) -> str:
        return f"{number_text(self.value)} {self.unit}".rstrip()


@dataclass(frozen=True)
class Comparison:
    """A quantity on one side of a number or of another quantity.

    Parameters
    ----------
    left : Reading
        What is asked about.
    operator : {"<", "<=", ">", ">="}
        On which side it has to be.
    right : Reading or Level
        Of what.
    """

    left: Reading
    operator: str
    right: Reading | Level

    @property
    def is_fixed(self) -> bool:
        """Whether nothing in it moves: true or false in each draw, at every date."""
        return self.left.at is not None and (isinstance(self.right, Level) or self.right.at is not None)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Its quantities."""
        return (self.left,) if isinstance(self.right, Level) else (self.left, self.right)

    @override
    def __str__(self) -> str:
        if isinstance(self.right, Level):
            return f"{self.left.quantity} {self.operator} {self.right}{_at(self.left)}"
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True)
class Joined:
    """Conditions of which all, or any, have to hold at a date.

    Parameters
    ----------
    word : {"and", "or"}
        All or any.
    parts : tuple
        Two conditions or more; none of them joined by the same word.
    """

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]

    @override
    def __str__(self) -> str:
        bracketed = [f"({p})" if isinstance(p, Joined) and p.word == "or" else str(p) for p in self.parts]
        return f" {self.word} ".join(bracketed)


type Condition = Comparison | Joined


@dataclass(frozen=True)
class Duration:
    """How long a condition has to hold.

    Parameters
    ----------
    value : float
        Positive.
    unit : {"years", "months", "days"}
        Of what.
    column : int
        Where it stands in the text, for errors; not compared.
    """

    value: float
    unit: str
    column: int = field(default=0, compare=False)

    @property
    def years(self) -> float:
        """In years."""
        return self.value * DURATIONS[self.unit]

    @override
    def __str__(self) -> str:
        return f"for {number_text(self.value)} {self.unit.removesuffix('s') if self.value == 1 else self.unit}"


@dataclass(frozen=True)
class Expression:
    """A question: a condition, and when it counts as having happened.

    Parameters
    ----------
    condition : Comparison or Joined
        What has to hold.
    lasting : {"stays", "first"} or Duration
        Up to the horizon, for a moment, or for so long.
    text : str
        As written, for errors; not compared.
    """

    condition: Condition
    lasting: Literal["stays", "first"] | Duration = "stays"
    text: str = field(default="", compare=False)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All that it compares, from left to right."""
        return _comparisons(self.condition)

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the quantities that it reads, each once."""
        return tuple(dict.fromkeys(r.quantity for c in self.comparisons for r in c.readings))

    @property
    def is_proposition(self) -> bool:
        """Whether nothing in it moves: true or false in each draw, without a date."""
        return all(comparison.is_fixed for comparison in self.comparisons)

    @override
    def __str__(self) -> str:
        """Canonical text, which `parse` reads back."""
        return str(self.condition) if self.lasting == "stays" else f"{self.condition} {self.lasting}"


def _comparisons(condition: Condition) -> tuple[Comparison, ...]:
    if isinstance(condition, Comparison):
        return (condition,)
    return tuple(c for part in condition.parts for c in _comparisons(part))


def _at(reading: Reading) -> str:
    return "" if reading.at is None else f" at {when_text(reading.at)}"


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number.

    Examples
    --------
    >>> number_text(1000.0), number_text(1e26), number_text(0.05)
    ('1000', '1e+26', '0.05')
    """
    return when_text(float(value))


def file_stem(question: str) -> str:
    """A question, or the name of an event, as the name of a file: two of them never share one.

    Examples
    --------
    >>> file_stem("lag < 0.5 given loss_gap > 0.1 at 2027-01-01")
    'lag-below-0.5-given-loss_gap-above-0.1-at-2027-01-01'
    """
    text = question.replace("/", " per ")
    for operator, word in _WORDS.items():
        text = text.replace(f" {operator} ", f" {word} ")
    if len(text) <= _LONGEST_STEM and re.fullmatch(r"[A-Za-z0-9][\w.+-]*( [\w.+-]+)*", text, re.ASCII):
        return text.replace(" ", "-")
    shortened = re.sub(r"[^\w.+]+", "-", text, flags=re.ASCII).strip("-.")[:_LONGEST_STEM]
    return f"{shortened}-{hashlib.sha256(question.encode()).hexdigest()[:8]}"


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
        reading = Reading(word.text, column=word.column)
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
