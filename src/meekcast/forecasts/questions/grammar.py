"""The grammar of questions, and nothing else: text to `Expression` and back.

::

    expression := reading OPERATOR (reading | number [unit] ["at" date])
    reading    := quantity ["at" date]
    OPERATOR   := <  <=  >  >=
    number     := 1000, 1_000, 0.05, 1e26, -2.5
    date       := YEAR-MONTH-DAY, or a decimal year; years since the start on an elapsed clock

An ``at`` after a number belongs to the quantity before it. What a name, a unit or a date means is
another's business (`meekcast.forecasts.questions.evaluate`); this module imports nothing heavy.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple, override

from meekcast.errors import InputError

OPERATORS = ("<", "<=", ">", ">=")

_REMEDY = "Write for example 'loss_gap < 0.05', 'tokens > 1_000' or 'budget_level >= frontier_level at 2025-01-01'."
_TOKEN = re.compile(
    r"""\s*(?:(?P<date>\d{4}-\d\d?-\d\d?)
    |(?P<number>[+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z][A-Za-z0-9_/]*)
    |(?P<operator><=|>=|<|>)
    |(?P<wrong>\S))""",
    re.VERBOSE,
)

type Date = dt.date | float


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
    at: Date | None = None
    column: int = field(default=0, compare=False)
    at_column: int = field(default=0, compare=False)


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


@dataclass(frozen=True)
class Expression:
    """A condition on quantities.

    Parameters
    ----------
    left : Reading
        What is asked about.
    operator : {"<", "<=", ">", ">="}
        On which side it has to be.
    right : Reading or Level
        Of what.
    text : str
        As written, for errors; not compared.
    """

    left: Reading
    operator: str
    right: Reading | Level
    text: str = field(default="", compare=False)

    @property
    def is_proposition(self) -> bool:
        """Whether nothing in it moves: true or false in each draw, without a date."""
        return self.left.at is not None and (isinstance(self.right, Level) or self.right.at is not None)

    @override
    def __str__(self) -> str:
        """Canonical text, which `parse` reads back."""
        if isinstance(self.right, Level):
            level = f"{number_text(self.right.value)} {self.right.unit}".rstrip()
            return f"{self.left.quantity} {self.operator} {level}{_at(self.left)}"
        return f"{_reading(self.left)} {self.operator} {_reading(self.right)}"


def _reading(reading: Reading) -> str:
    return f"{reading.quantity}{_at(reading)}"


def _at(reading: Reading) -> str:
    if reading.at is None:
        return ""
    return f" at {reading.at.isoformat() if isinstance(reading.at, dt.date) else number_text(reading.at)}"


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number.

    Examples
    --------
    >>> number_text(1000.0), number_text(1e26), number_text(0.05)
    ('1000', '1e+26', '0.05')
    """
    return repr(float(value)).removesuffix(".0")


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
    """Read an expression.

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
    >>> parse("budget_compute>1e26 FLOP").right
    Level(value=1e+26, unit='FLOP', column=15, unit_column=20)
    >>> str(parse("loss_gap > .1 at 2027-01-01"))
    'loss_gap > 0.1 at 2027-01-01'
    """
    tokens = _Tokens(text)
    left = tokens.reading("a quantity")
    operator = tokens.take("operator", "an operator (<, <=, > or >=)").text
    if tokens.ahead.kind == "number":
        right: Reading | Level = tokens.level()
        if tokens.ahead.text == "at" and left.at is None:
            left = tokens.fixed(left)
    else:
        right = tokens.reading("a number or a quantity")
    tokens.take("end", "nothing more")
    return Expression(left, operator, right, text)


class _Tokens:
    """The tokens of a text, taken one by one."""

    def __init__(self, text: str) -> None:
        self.text = text
        found = [
            _Token(m.lastgroup or "", m[m.lastgroup or 0], m.start(m.lastgroup or 0)) for m in _TOKEN.finditer(text)
        ]
        self._left = [*found, _Token("end", "", len(text.rstrip()))]

    @property
    def ahead(self) -> _Token:
        return self._left[0]

    def take(self, kind: str, expected: str) -> _Token:
        token = self.ahead
        if token.kind != kind:
            got = repr(token.text) if token.kind != "end" else "the end"
            raise fault(self.text, token.column, f"expected {expected}, got {got}")
        return self._left.pop(0) if kind != "end" else token

    def reading(self, expected: str) -> Reading:
        word = self.take("word", expected)
        reading = Reading(word.text, column=word.column)
        return self.fixed(reading) if self.ahead.text == "at" else reading

    def fixed(self, reading: Reading) -> Reading:
        """Take ``at`` and the date of a reading."""
        self.take("word", "at")
        token = self.ahead
        if token.kind == "date":
            return replace(reading, at=self._date(), at_column=token.column)
        return replace(reading, at=self._number("a date: YEAR-MONTH-DAY or a decimal year"), at_column=token.column)

    def level(self) -> Level:
        column = self.ahead.column
        value = self._number("a number")
        unit_column = self.ahead.column
        words = []
        while self.ahead.kind == "word" and self.ahead.text != "at":
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
