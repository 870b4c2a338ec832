"""What an expression means in draws: the dates from which it holds, or whether it is true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from meekcast.clock import decimal_year
from meekcast.equations.types import Array, Mask
from meekcast.errors import InputError, nearest
from meekcast.forecasts.questions.events import comparable, first_lasting
from meekcast.forecasts.questions.grammar import Expression, Level, Reading, fault, number_text
from meekcast.vocabulary.quantities import ALIASES, GENERAL

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws


CONVERTED = {"years": {"months": 1 / 12, "days": 1 / 365.25}}
"""Units that may be written in place of a quantity's own, and what one of them is worth."""


class Holding(NamedTuple):
    """When a condition holds: from which date on up to the horizon, and whether at any date at all."""

    dates: Array
    ever: Mask


def holding(expression: Expression, source: Draws) -> Holding:
    """First date of each draw from which the condition holds up to the horizon.

    Parameters
    ----------
    expression : Expression
        A condition, at least one side of which moves.
    source : Draws
        The draws.

    Returns
    -------
    Holding
        Dates in the card's clock, ``inf`` if not by the horizon, and whether it ever holds; shape (n,).

    Raises
    ------
    InputError
        If a name, unit, date or threshold does not fit the source, or nothing moves.
    """
    check_moves(expression)
    left, right = _sides(expression, source)
    return _first(source.times, left, right, expression.operator)


def check_moves(expression: Expression) -> None:
    """Refuse an event both sides of which are fixed.

    Raises
    ------
    InputError
        If so.
    """
    if expression.is_proposition:
        raise fault(
            expression.text,
            expression.left.at_column,
            "both sides are fixed: this is true or false, and has no date",
            "Drop the `at` to ask when it happens; with it, it can be a condition: --given.",
        )


def _first(times: Array, left: Array, right: Array, operator: str) -> Holding:
    side = "below" if operator.startswith("<") else "above"
    with np.errstate(invalid="ignore"):
        # The distance; zero where both sides are infinite. NaN (nothing to observe yet) holds nowhere.
        distance = np.where(left == right, 0.0, left - right)
    ties = {"<": 0.0, ">": 0.0, "<=": np.nextafter(0.0, 1.0), ">=": np.nextafter(0.0, -1.0)}
    tie = float(ties[operator])
    holds = distance < tie if side == "below" else distance > tie
    return Holding(first_lasting(times, distance, tie, side), holds.any(axis=1))


def true(expression: Expression, source: Draws) -> Mask:
    """Whether a condition is true in each draw.

    A proposition, both sides of which are fixed by ``at``, is true or false as it stands; any other
    condition is true where it holds from some date up to the horizon.

    Parameters
    ----------
    expression : Expression
        The condition.
    source : Draws
        The draws.

    Returns
    -------
    ndarray of bool, shape (n,)
        One answer a draw.
    """
    if not expression.is_proposition:
        return np.isfinite(holding(expression, source).dates)
    left, right = (side[:, 0] for side in _sides(expression, source))
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    return np.asarray(compare[expression.operator](left, right), dtype=bool)


def check(expressions: Iterable[Expression], source: Draws) -> None:
    """Refuse expressions whose names, units, dates or thresholds do not fit, before draws are read.

    Raises
    ------
    InputError
        If so; points at the column.
    """
    for expression in expressions:
        for reading in (expression.left, expression.right):
            if isinstance(reading, Reading):
                _name(reading, expression, source)
                _date(reading, expression, source)
        if isinstance(expression.right, Level):
            _level(expression, expression.right, source)
        else:
            _check_same_unit(expression, expression.right, source)


def threshold(expression: Expression, source: Draws) -> tuple[str, float]:
    """Quantity and threshold of an expression with a number on its right, in the quantity's own unit.

    Raises
    ------
    InputError
        If it compares two quantities, fixes a date, or does not fit the source.
    """
    check([expression], source)
    if not isinstance(expression.right, Level) or expression.left.at is not None:
        raise InputError(
            f"{str(expression)!r} has no threshold that stays", "Write QUANTITY < NUMBER, or ask `meekcast when`."
        )
    return _name(expression.left, expression, source), _level(expression, expression.right, source)


def _sides(expression: Expression, source: Draws) -> tuple[Array, Array]:
    """Both sides on the scale of comparison, shape (n, m), (n, 1) or (1, 1)."""
    check([expression], source)
    left = _values(expression.left, expression, source)
    if isinstance(expression.right, Level):
        unit = _label(expression.left, expression, source)["units"]
        right = np.array([[comparable(_level(expression, expression.right, source), unit)]])
        return left, np.broadcast_to(right, (len(left), 1))
    return left, _values(expression.right, expression, source)


def _values(reading: Reading, expression: Expression, source: Draws) -> Array:
    name = _name(reading, expression, source)
    values = np.asarray(comparable(source.read(name).astype(float), source.labels[name]["units"]))
    if reading.at is None:
        return values
    fixed = _at(source.times, values, _date(reading, expression, source))
    if np.isnan(fixed).any():
        raise fault(expression.text, reading.at_column, f"{reading.quantity} is not known then", "Name a later date.")
    return fixed


def _at(times: Array, values: Array, date: float) -> Array:
    """Values at a date, linear between those of the grid; shape (n, 1)."""
    after = int(np.clip(np.searchsorted(times, date), 1, len(times) - 1))
    share = (date - times[after - 1]) / (times[after] - times[after - 1])
    low, high = values[:, after - 1], values[:, after]
    with np.errstate(invalid="ignore"):
        between = np.select([low == high, share == 0.0, share == 1.0], [low, low, high], low + share * (high - low))
    return between[:, None]


def _name(reading: Reading, expression: Expression, source: Draws) -> str:
    name = ALIASES.get(reading.quantity, reading.quantity)
    if name not in source.labels:
        known = {*source.labels, *(alias for alias, meant in ALIASES.items() if meant in source.labels)}
        needs = GENERAL[name].only_with if name in GENERAL else None
        elsewhere = f': it needs a card with "{needs}"' if needs else ""
        raise fault(
            expression.text,
            reading.column,
            f"card {source.card!r} has no quantity {reading.quantity!r}{elsewhere}",
            nearest(reading.quantity, known),
        )
    return name


def _label(reading: Reading, expression: Expression, source: Draws) -> Mapping[str, Any]:
    return source.labels[_name(reading, expression, source)]


def _date(reading: Reading, expression: Expression, source: Draws) -> float:
    """Date of an ``at`` in the card's clock; the start where there is none."""
    if reading.at is None:
        return source.start
    if isinstance(reading.at, dt.date):
        if not source.calendar:
            raise fault(
                expression.text,
                reading.at_column,
                f"card {source.card!r} knows no calendar: its clock counts years since both actors spent the same",
                "Write a number of years, such as `at 7.5`.",
            )
        date = decimal_year(reading.at)
    else:
        date = reading.at
    if not source.start <= date <= source.times[-1]:
        raise fault(
            expression.text,
            reading.at_column,
            f"the date lies outside {source.start:.6g} .. {source.times[-1]:.6g}, which the forecast covers",
            "Name a date inside, or move the horizon with --until.",
        )
    return float(date)


def _level(expression: Expression, level: Level, source: Draws) -> float:
    """The threshold in the quantity's own unit, inside the quantity's range."""
    label = _label(expression.left, expression, source)
    unit = str(label["units"])
    factors = {unit: 1.0, "": 1.0, **CONVERTED.get(unit, {})}
    if level.unit not in factors:
        raise fault(
            expression.text,
            level.unit_column,
            f"{expression.left.quantity} is not in {level.unit!r}",
            f"Allowed: {', '.join(name for name in factors if name)}.",
        )
    value = level.value * factors[level.unit]
    low, high = (float(label.get(key, end)) for key, end in (("valid_min", -np.inf), ("valid_max", np.inf)))
    at_an_end = {low: ("<=", ">"), high: (">=", "<")}  # what is neither always true there nor never
    if not low < value < high and expression.operator not in at_an_end.get(value, ()):
        raise fault(
            expression.text,
            level.column,
            f"{expression.left.quantity} lies {_between(low, high)} {unit}: "
            f"'{expression.operator} {number_text(value)}' is always true or never",
            "Choose a threshold inside.",
        )
    return value


def _between(low: float, high: float) -> str:
    if np.isinf(high):
        return f"above {number_text(low)}"
    return f"between {number_text(low)} and {number_text(high)}"


def _check_same_unit(expression: Expression, right: Reading, source: Draws) -> None:
    units = [_label(reading, expression, source)["units"] for reading in (expression.left, right)]
    if units[0] != units[1]:
        raise fault(
            expression.text,
            right.column,
            f"{expression.left.quantity} is in {units[0]}, {right.quantity} in {units[1]}",
            "Compare quantities of one unit.",
        )


def read_years(by: Iterable[float], source: Draws) -> tuple[float, ...]:
    """Check the years at which probabilities are asked.

    Raises
    ------
    InputError
        If one is not a whole year on a calendar clock, or lies outside the forecast.
    """
    years = tuple(dict.fromkeys(float(year) for year in by))
    for year in years:
        if source.calendar and year != round(year):
            raise InputError(f"--by {year:g} is not a calendar year", "'By 2030' means before 2031-01-01: --by 2030.")
        if not (np.floor(source.start) if source.calendar else source.start) <= year <= source.horizon:
            raise InputError(
                f"--by {year:g} lies outside {source.start:.6g} .. {source.horizon:g}, which the forecast covers",
                "Ask for a year inside, or move the horizon with --until.",
            )
    return years
