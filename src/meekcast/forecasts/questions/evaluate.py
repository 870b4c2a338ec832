"""What a question means in draws: the date of each, or whether it is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meekcast.equations.types import Array, Mask
from meekcast.forecasts.questions.dating import Comparing, compared, date_of, last_change, pieces
from meekcast.vocabulary.expression import Comparison, Condition, Expression, Reading
from meekcast.vocabulary.grammar import fault

if TYPE_CHECKING:
    from meekcast.equations.types import Values
    from meekcast.forecasts.draws import Draws

_BLOCK = 256  # draws that are dated at once: the pieces of all of them would not fit the processor's cache


class Outcome(NamedTuple):
    """What became of a question in each draw.

    Parameters
    ----------
    dates : ndarray, shape (n,)
        Dates in the card's clock, ``inf`` if not by the horizon; empty where the question is on a date.
    true : ndarray of bool, shape (n,)
        Whether it is true, or happens by the horizon.
    ever : ndarray of bool, shape (n,)
        Whether it holds at any date at all.
    """

    dates: Array
    true: Mask
    ever: Mask


def outcome(expression: Expression, source: Draws) -> Outcome:
    """Put a question to draws.

    Comparisons are combined date by date, one that is fixed by ``at`` as what it is at every date; the whole is dated
    if anything in it moves, and is else true or false.

    Parameters
    ----------
    expression : Expression
        The question.
    source : Draws
        The draws.

    Returns
    -------
    Outcome
        Draw by draw.

    Raises
    ------
    InputError
        If a name, unit, date or threshold does not fit the source.
    """
    source.scope.check(expression)
    sides = [(*_sides(c, expression.text, source), c.operator) for c in expression.comparisons]
    if expression.is_proposition:
        true = _joined(expression.condition, (compared(source.times[:1], *side).holds[:, 0] for side in sides))
        return Outcome(np.empty(0), true, true)
    found = []
    for start in range(0, len(sides[0][0]), _BLOCK):
        rows = slice(start, start + _BLOCK)
        parts = [compared(source.times, left[rows], right[rows], operator) for left, right, operator in sides]
        found.append(_dated(source.times, parts, expression))
    dates, ever = (np.concatenate(column) for column in zip(*found, strict=True))
    return Outcome(dates, np.isfinite(dates), ever)


def _dated(times: Array, parts: Sequence[Comparing], expression: Expression) -> tuple[Array, Mask]:
    """Dates of some draws, and whether the condition holds at any time."""
    if len(parts) == 1 and expression.lasting == "stays":  # most questions, and much faster
        return last_change(times, parts[0]), parts[0].holds.any(axis=1)
    found = pieces(times, parts, lambda holds: _joined(expression.condition, iter(holds)))
    return date_of(found, expression.lasting), found.holds.any(axis=1)


def _joined(condition: Condition, holds: Iterator[Mask]) -> Mask:
    """Whether a condition holds, from whether each of its comparisons does, from left to right."""
    if isinstance(condition, Comparison):
        return next(holds)
    join = np.logical_and if condition.word == "and" else np.logical_or
    parts = [_joined(part, holds) for part in condition.parts]
    return np.asarray(join.reduce(parts), dtype=bool)


def _sides(comparison: Comparison, text: str, source: Draws) -> tuple[Array, Array]:
    """Both sides on the scale of comparison, shape (n, m) or (n, 1)."""
    left = _values(comparison.left, text, source)
    if isinstance(comparison.right, Reading):
        return left, _values(comparison.right, text, source)
    level = comparable(source.scope.level(comparison, text), source.scope.unit(comparison.left, text))
    return left, np.full((len(left), 1), level)


def _values(reading: Reading, text: str, source: Draws) -> Array:
    name = source.scope.name(reading, text)
    values = np.asarray(comparable(source.read(name).astype(float), source.scope.unit(reading, text)))
    if reading.at is None:
        return values
    fixed = values_at(source.times, values, source.scope.date(reading, text))
    if np.isnan(fixed).any():
        raise fault(text, reading.at_column, f"{reading.quantity} is not known then", "Name a later date.")
    return fixed[:, None]


def comparable(values: Values, unit: str) -> Values:
    """Values on the scale on which they are compared: compute by its logarithm, all else as it is.

    Growth is steady in ln FLOP, so that a date between two of the grid's is exact.
    """
    with np.errstate(divide="ignore"):  # the logarithm of no compute is -inf
        return np.log(values) if unit == "FLOP" else values


def values_at(times: Array, values: Array, date: float) -> Array:
    """Values at a date, linear between those of the grid.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates, increasing.
    values : ndarray, shape (n, m)
        Paths.
    date : float
        Inside, in the card's clock (`meekcast.clock.instant`).

    Returns
    -------
    ndarray, shape (n,)
        An infinite neighbour does no harm to a date of the grid.

    Examples
    --------
    >>> values_at(np.array([0.0, 1.0]), np.array([[2.0, 4.0], [1.0, np.inf]]), 0.25).tolist()
    [2.5, inf]
    """
    after = int(np.clip(np.searchsorted(times, date), 1, len(times) - 1))
    share = (date - times[after - 1]) / (times[after] - times[after - 1])
    low, high = values[:, after - 1], values[:, after]
    with np.errstate(invalid="ignore"):
        return np.select([low == high, share == 0.0, share == 1.0], [low, low, high], low + share * (high - low))
