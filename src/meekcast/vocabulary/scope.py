"""Whether a question fits what it is put to: names, units, thresholds, dates. No draw is read for it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from meekcast.clock import When, instant, to_date, when_text
from meekcast.errors import InputError, nearest
from meekcast.vocabulary.expression import DURATIONS, Comparison, Duration, Expression, Level, Reading, number_text
from meekcast.vocabulary.grammar import fault
from meekcast.vocabulary.quantities import GENERAL, aliases

_FEW = 30  # names that a message can list
_HELD = 1e-9  # years: what rounding may take from a duration


@dataclass(frozen=True, eq=False)
class Scope:
    """What a question can be about.

    Parameters
    ----------
    card : str
        The model card.
    labels : mapping of str to mapping
        Of each quantity: ``units``, and where they are finite the limits ``valid_min`` and ``valid_max``.
    calendar : bool
        Whether dates are calendar years; else years since the start.
    start, end : float
        First and last date, in the card's clock.
    """

    card: str
    labels: Mapping[str, Mapping[str, Any]]
    calendar: bool
    start: float
    end: float

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Other names of the quantities."""
        return aliases(self.labels.keys())

    def check(self, expression: Expression) -> None:
        """Refuse a question that does not fit.

        Raises
        ------
        InputError
            If a name, unit, date, threshold or duration does not; points at the column.
        """
        for comparison in expression.comparisons:
            for reading in comparison.readings:
                self.name(reading, expression.text)
                self.date(reading, expression.text)
            if isinstance(comparison.right, Level):
                self.level(comparison, expression.text)
            else:
                self._same_unit(comparison.left, comparison.right, expression.text)
        if expression.lasting != "stays":
            self._lasting(expression)

    def check_dated(self, expression: Expression) -> None:
        """Refuse a question that does not fit, or both sides of which are fixed: true or false, without a date.

        Raises
        ------
        InputError
            If so.
        """
        self.check(expression)
        if expression.is_proposition:
            raise fault(
                expression.text,
                expression.comparisons[0].left.at_column,
                "both sides are fixed: this is true or false, and has no date",
                "Drop the `at` to ask when it happens; `meekcast when` tells how probable it is on a date.",
            )

    def name(self, reading: Reading, text: str) -> str:
        """Name of a quantity as the labels have it.

        Raises
        ------
        InputError
            If there is no such quantity.
        """
        name = self.aliases.get(reading.quantity, reading.quantity)
        if name not in self.labels:
            needs = GENERAL[name].only_with if name in GENERAL else None
            elsewhere = f': it needs a card with "{needs}"' if needs else ""
            raise fault(
                text,
                reading.column,
                f"card {self.card!r} has no quantity {reading.quantity!r}{elsewhere}",
                self._alike(reading.quantity),
            )
        return name

    def _alike(self, asked: str) -> str:
        """Names that a user may have meant: all of a card that has few, else those that hold every word of it."""
        if len(self.labels) <= _FEW:
            return nearest(asked, self.labels.keys() | self.aliases.keys())
        words = set(asked.split("_"))
        holding = [name for name in self.labels if words <= set(name.split("_"))]
        close = difflib.get_close_matches(asked, [*self.labels, *self.aliases], n=3)
        meant = " or ".join(repr(name) for name in (holding or close)[:4])
        question = f"Did you mean {meant}? " if meant else ""
        return f"{question}`meekcast quantities {self.card}` lists what can be asked."

    def knows(self, name: str) -> bool:
        """Whether there is a quantity of this name, or of this other name."""
        return self.aliases.get(name, name) in self.labels

    def unit(self, reading: Reading, text: str) -> str:
        """Unit of a quantity."""
        return str(self.labels[self.name(reading, text)]["units"])

    def date(self, reading: Reading, text: str) -> float:
        """Date at which a quantity is read, in the card's clock; the start if it moves.

        Raises
        ------
        InputError
            If it lies outside, or the clock has no calendar.
        """
        if reading.at is None:
            return self.start
        try:
            return self.position(reading.at)
        except InputError as error:
            raise fault(text, reading.at_column, error.message, error.remedy) from None

    def position(self, when: When) -> float:
        """A date in the card's clock, inside what the forecast covers (`meekcast.clock.instant`).

        Raises
        ------
        InputError
            If it lies outside, or the clock has no calendar.
        """
        date = instant(when, self.calendar)
        if not self.start <= date <= self.end:
            raise InputError(
                f"the date {when_text(when)} lies outside {self.span}, which the forecast covers",
                "Name a date inside, or move the horizon with --until.",
            )
        return date

    @property
    def span(self) -> str:
        """First and last date, as a user names them."""
        if not self.calendar:
            return f"{number_text(self.start)} .. {number_text(self.end)} years"
        last = f"the end of {self.end - 1:g}" if self.end.is_integer() else str(to_date(self.end))
        return f"{to_date(self.start)} .. {last}"

    def level(self, comparison: Comparison, text: str) -> float:
        """The threshold of a comparison in the quantity's own unit, inside the quantity's range.

        Raises
        ------
        InputError
            If the unit is another's, or the threshold lies outside.
        """
        level, name = comparison.right, comparison.left.quantity
        assert isinstance(level, Level)
        label = self.labels[self.name(comparison.left, text)]
        unit = str(label["units"])
        factors = {"": 1.0, unit: 1.0, **(DURATIONS if unit == "years" else {})}
        if level.unit not in factors:
            allowed = ", ".join(name for name in factors if name)
            raise fault(text, level.unit_column, f"{name} is not in {level.unit!r}", f"Allowed: {allowed}.")
        value = level.value * factors[level.unit]
        low, high = float(label.get("valid_min", -math.inf)), float(label.get("valid_max", math.inf))
        at_an_end = {low: ("<=", ">"), high: (">=", "<")}  # what is neither always true there nor never
        if not low < value < high and comparison.operator not in at_an_end.get(value, ()):
            raise fault(
                text,
                level.column,
                f"{name} lies {_between(low, high)} {unit}: "
                f"'{comparison.operator} {number_text(value)}' is always true or never",
                "Choose a threshold inside.",
            )
        return value

    def _same_unit(self, left: Reading, right: Reading, text: str) -> None:
        units = [self.unit(reading, text) for reading in (left, right)]
        if units[0] != units[1]:
            raise fault(
                text,
                right.column,
                f"{left.quantity} is in {units[0]}, {right.quantity} in {units[1]}",
                "Compare quantities of one unit.",
            )

    def _lasting(self, expression: Expression) -> None:
        lasting, text = expression.lasting, expression.text
        if expression.is_proposition:
            word = "first" if lasting == "first" else "for"
            raise fault(
                text, max(text.rfind(word), 0), f"both sides are fixed: {word!r} means nothing", f"Drop {word!r}."
            )
        if isinstance(lasting, Duration) and lasting.years > self.end - self.start + _HELD:
            raise fault(
                text,
                lasting.column,
                f"the forecast covers no more than {self.end - self.start:.3g} years",
                "Ask for a shorter time, or move the horizon with --until.",
            )


def _between(low: float, high: float) -> str:
    if math.isinf(high):
        return f"above {number_text(low)}"
    return f"between {number_text(low)} and {number_text(high)}"
