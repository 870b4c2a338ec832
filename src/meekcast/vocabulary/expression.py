"""What a question consists of, and its canonical text; `meekcast.vocabulary.grammar` reads it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal, override

from meekcast.clock import When, when_text

DURATIONS = {"years": 1.0, "months": 1 / 12, "days": 1 / 365.25}
"""Units of time that may be written in place of years, and what one of them is worth."""

_WORDS = {"<=": "at-most", ">=": "at-least", "<": "below", ">": "above"}
_LONGEST_STEM = 150


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
