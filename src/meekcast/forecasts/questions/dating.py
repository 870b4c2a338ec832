"""From a condition on paths to dates: when it begins to hold for good, for the first time, or for so long.

Between two dates of the grid a path is a straight line, so a comparison changes there at most once. A condition of
several is constant between all these changes; on each such piece it holds or not, and the pieces are what is dated.
What no longer holds at the horizon, or not for so long before it, has the date ``inf``: nothing is extrapolated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from meekcast.equations.types import Array, Mask
from meekcast.vocabulary.expression import Duration

TIES = {"<": 0.0, ">": 0.0, "<=": np.nextafter(0.0, 1.0), ">=": np.nextafter(0.0, -1.0)}
"""What a distance has to be below or above: with equality, zero itself is inside."""

_ROUNDING = 1e-9  # years: what rounding may take from a duration


class Comparing(NamedTuple):
    """A comparison on the grid: whether it holds, shape (n, m), and when it changes between, shape (n, m - 1)."""

    holds: Mask
    changes: Array


class Pieces(NamedTuple):
    """Times between which a condition does not change, and whether it holds there; each of shape (n, pieces)."""

    start: Array
    end: Array
    holds: Mask


def compared(times: Array, left: Array, right: Array, operator: str) -> Comparing:
    """Compare paths, or fixed values, with each other.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates, increasing.
    left, right : ndarray, shape (n, m) or (n, 1)
        Both sides on one scale; NaN, where nothing is known yet, holds nowhere.
    operator : {"<", "<=", ">", ">="}
        On which side the left has to be.

    Returns
    -------
    Comparing
        Changes are linear between the dates of the grid.
    """
    with np.errstate(invalid="ignore"):
        distance = np.where(left == right, 0.0, left - right)  # zero where both sides are infinite, too
    distance = np.broadcast_to(distance, (len(distance), len(times)))
    tie = TIES[operator]
    holds = distance < tie if operator.startswith("<") else distance > tie
    low, high = distance[:, :-1], distance[:, 1:]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = np.nan_to_num((tie - low) / (high - low), nan=1.0)  # NaN: a path that falls from infinity
    between = times[:-1] + np.clip(share, 0.0, 1.0) * np.diff(times)
    return Comparing(holds, np.where(holds[:, :-1] == holds[:, 1:], times[1:], between))


def pieces(times: Array, parts: Sequence[Comparing], join: Callable[[Sequence[Mask]], Mask]) -> Pieces:
    """Where a condition of several comparisons holds.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates, increasing.
    parts : sequence of Comparing
        The comparisons.
    join : callable
        From whether each of them holds to whether the condition does.

    Returns
    -------
    Pieces
        Each date of the grid is a piece of no length, so that a condition that holds for a moment is seen.
    """
    changes = np.sort(np.stack([part.changes for part in parts], axis=-1), axis=-1)
    n, m = len(changes), len(times)
    first = np.broadcast_to(times[:-1, None], (n, m - 1, 1))
    last = np.broadcast_to(times[1:, None], (n, m - 1, 1))
    edges = np.concatenate([first, changes, last], axis=-1)
    middle = (edges[..., :-1] + edges[..., 1:]) / 2
    after = [middle >= part.changes[..., None] for part in parts]  # of two that change at once none is earlier
    within = [
        np.where(late, part.holds[:, 1:, None], part.holds[:, :-1, None])
        for part, late in zip(parts, after, strict=True)
    ]
    on_grid = join([part.holds for part in parts])

    def flat[T: (Array, Mask)](at_dates: T, between: T, at_end: T) -> T:
        rows = np.concatenate([at_dates, between], axis=-1).reshape(n, -1)
        return np.concatenate([rows, at_end], axis=1)

    end = np.full((n, 1), times[-1])
    return Pieces(
        flat(first, edges[..., :-1], end),
        flat(first, edges[..., 1:], end),
        flat(on_grid[:, :-1, None], join(within), on_grid[:, -1:]),
    )


def last_change(times: Array, part: Comparing) -> Array:
    """What `date_of` says of a single comparison that has to stay, without looking at more than its last change.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates, increasing.
    part : Comparing
        The comparison.

    Returns
    -------
    ndarray, shape (n,)
        Dates; ``inf`` where it does not hold at the last date.
    """
    m = len(times)
    broken = m - 1 - np.argmax(~part.holds[:, ::-1], axis=1)  # the last date at which it does not hold, if there is one
    change = part.changes[np.arange(len(broken)), np.minimum(broken, m - 2)]
    return np.select([part.holds.all(axis=1), part.holds[:, -1]], [np.full(len(broken), times[0]), change], np.inf)


def date_of(found: Pieces, lasting: Literal["stays", "first"] | Duration) -> Array:
    """First date from which a condition holds as long as it is asked to.

    Parameters
    ----------
    found : Pieces
        Where it holds.
    lasting : {"stays", "first"} or Duration
        Up to the last date, for a moment, or for so long before the last date.

    Returns
    -------
    ndarray, shape (n,)
        Dates; ``inf`` where there is none.

    Examples
    --------
    >>> times = np.array([0.0, 1.0, 2.0, 3.0])
    >>> path = compared(times, np.array([[3.0, 1.0, 3.0, 1.0]]), np.array([[2.0]]), "<")
    >>> found = pieces(times, [path], lambda holds: holds[0])
    >>> [date_of(found, how).item() for how in ("stays", "first", Duration(1.0, "years"))]
    [2.5, 0.5, 0.5]
    """
    before = np.pad(found.holds[:, :-1], ((0, 0), (1, 0)))
    begun = np.maximum.accumulate(np.where(found.holds & ~before, found.start, -np.inf), axis=1)
    if lasting == "stays":
        enough = found.holds[:, -1:]
        begun = begun[:, -1:]
    elif lasting == "first":
        enough = found.holds
    else:
        enough = found.holds & (found.end - begun >= lasting.years - _ROUNDING)
    rows, place = np.arange(len(begun)), np.argmax(enough, axis=1)
    return np.where(enough.any(axis=1), begun[rows, place], np.inf)
