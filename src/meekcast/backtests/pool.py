"""Card and damped persistence in one forecast: a linear pool, weights by horizon learnt from targets that are past.

A pool draws from one of its members at random, each with its weight. Its CRPS is ``w a - w B w / 2``, with the members'
mean distances from what came (``a``) and from one another (``B``): weights are learnt without a draw of the pool.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meekcast.backtests import baselines
from meekcast.backtests.scores import TIE
from meekcast.backtests.targets import HORIZONS, Target, monthly_past
from meekcast.clock import decimal_year
from meekcast.equations.types import Array

if TYPE_CHECKING:
    from meekcast.cards.schema import Series
    from meekcast.inputs import Inputs

MEMBERS = ("card", "damped_persistence")
"""Persistence is none: on choosing data it added nothing to the two."""
GRID = 1000
"""Quantiles that stand for a member, and draws of the pool."""
PRIOR_ORIGINS = 1.0
"""Pull to equal weights: as one origin at which their squared distance is the error, in units of persistence's."""
THEORY_ALONE = 3.0
"""Years from which on the card stands alone: so far no data can weigh it, and theory rules."""

DEFINITIONS = {
    "pool": (
        f"linear pool of {', '.join(MEMBERS)}; weights by horizon minimise the mean CRPS of the pool over all seen "
        "targets of that horizon that were dated by the origin, each divided by persistence's mean on its series among "
        f"them, plus the squared distance from equal weights, times {PRIOR_ORIGINS:g} over the number of origins that "
        "do not overlap (origins over months ahead); equal where nothing is known yet. True gaps are pooled with the "
        "weights of seen ones"
    ),
}


class Member(NamedTuple):
    """A target that is past, what members said (sorted quantiles, shape (members, GRID)), and persistence's CRPS."""

    target: Target
    grids: Array
    unit: float


@dataclass(frozen=True)
class Learnt:
    """Weights of a horizon as of an origin.

    Parameters
    ----------
    origin : datetime.date or None
        Learnt from targets dated by then; None from all of them, which is what a forecast now may use.
    horizon : float
        Years ahead.
    targets : int
        From how many.
    weights : dict of str to float
        By member, in all 1.
    """

    origin: dt.date | None
    horizon: float
    targets: int
    weights: dict[str, float]


def grid(draws: Array) -> Array:
    """Draws that stand for all of them, sorted: at equally spaced probabilities; values drawn often stay what they are.

    Examples
    --------
    >>> grid(np.arange(3000.0))[:3]
    array([1., 4., 7.])
    """
    return _thinned(np.sort(draws), GRID)


def _thinned(ordered: Array, n: int) -> Array:
    places = np.floor((np.arange(n) + 0.5) / n * len(ordered)).astype(int)
    return np.asarray(ordered[places])


def mixture(grids: Array, weights: Mapping[str, float]) -> Array:
    """Draws of a pool, as many as its members' quantiles.

    Parameters
    ----------
    grids : ndarray, shape (members, n)
        Sorted quantiles of each member, in the order of `MEMBERS`.
    weights : mapping of str to float
        By member.

    Returns
    -------
    ndarray, shape (n,)
        Sorted; of each member as many quantiles as its weight says, to one draw.
    """
    ends = np.rint(np.cumsum([weights[member] for member in MEMBERS]) * grids.shape[1]).astype(int)
    counts = np.diff(ends, prepend=0)
    return np.sort(np.concatenate([_thinned(own, n) for own, n in zip(grids, counts, strict=True)]))


def distances(grids: Array, observed: float) -> tuple[Array, Array]:
    """Mean distances of members from what came, shape (members,), and from one another, shape (members, members).

    Examples
    --------
    >>> to, between = distances(np.array([[0.0, 2.0], [3.0, 3.0]]), 1.0)
    >>> to.tolist(), between.tolist()
    ([1.0, 2.0], [[1.0, 2.0], [2.0, 0.0]])
    """
    to = np.abs(grids - observed).mean(axis=1)
    between = np.array([[_apart(one, other) for other in grids] for one in grids])
    return to, between


def _apart(one: Array, other: Array) -> float:
    """Mean distance between draws of two members, both sorted."""
    sums = np.concatenate([[0.0], np.cumsum(other)])
    below = np.searchsorted(other, one)
    return float(np.mean(one * (2 * below - len(other)) + sums[-1] - 2 * sums[below]) / len(other))


def learnt(past: Sequence[Member], origins: Iterable[dt.date]) -> tuple[Learnt, ...]:
    """Weights of every horizon as of each origin, and of all that is known.

    Parameters
    ----------
    past : sequence of Member
        Seen targets.
    origins : iterable of datetime.date
        In order.

    Returns
    -------
    tuple of Learnt
        By horizon, then by origin; those of all targets last.
    """
    return tuple(_learnt_by_horizon(past, [*origins, None]))


def _learnt_by_horizon(past: Sequence[Member], origins: Sequence[dt.date | None]) -> Iterator[Learnt]:
    for horizon in HORIZONS:
        own = [member for member in past if member.target.horizon == horizon]
        apart = [distances(member.grids, member.target.observed) for member in own]
        for origin in origins:
            known = [i for i, m in enumerate(own) if origin is None or m.target.date <= origin]
            found = _weights([own[i] for i in known], [apart[i] for i in known], horizon)
            yield Learnt(origin, horizon, len(known), dict(zip(MEMBERS, found, strict=True)))


def _weights(known: Sequence[Member], apart: Sequence[tuple[Array, Array]], horizon: float) -> list[float]:
    """Weights that some targets of a horizon teach, in the order of the members."""
    errors: dict[str, list[float]] = {}
    for member in known:
        errors.setdefault(member.target.benchmark, []).append(member.unit)
    units = [float(np.mean(errors[member.target.benchmark])) for member in known]
    usable = [(to / unit, between / unit) for (to, between), unit in zip(apart, units, strict=True) if unit > TIE]
    if not usable:
        return [1 / len(MEMBERS)] * len(MEMBERS)
    to, between = (np.mean(side, axis=0) for side in zip(*usable, strict=True))
    apart_origins = len({member.target.origin for member in known}) / HORIZONS[horizon]
    return best_weights(to, between, PRIOR_ORIGINS / apart_origins)


def best_weights(to: Array, between: Array, pull: float) -> list[float]:
    """Weights of least CRPS plus a pull to equal ones.

    Parameters
    ----------
    to : ndarray, shape (k,)
        Mean distances of members from what came.
    between : ndarray, shape (k, k)
        Mean distances of members from one another.
    pull : float
        What the squared distance from equal weights costs.

    Returns
    -------
    list of float
        Not negative, in all 1: a convex problem, with one answer.

    Examples
    --------
    >>> [round(w, 4) for w in best_weights(np.array([1.0, 2.0]), np.zeros((2, 2)), 1.0)]
    [0.75, 0.25]
    """
    from scipy.optimize import minimize

    equal = np.full(len(to), 1 / len(to))

    def loss(w: Array) -> tuple[float, Array]:
        away = w - equal
        value = w @ to - w @ between @ w / 2 + pull * away @ away
        return float(value), to - between @ w + 2 * pull * away

    whole = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like}
    bounds = [(0.0, 1.0)] * len(to)
    found = minimize(loss, equal, jac=True, method="SLSQP", bounds=bounds, constraints=[whole], options={"ftol": 1e-10})
    clipped = np.clip(found.x, 0.0, 1.0)
    return [float(w) for w in clipped / clipped.sum()]


def weights_at(years: float, weights: Mapping[float, Mapping[str, float]]) -> dict[str, float]:
    """Weights at any horizon.

    Parameters
    ----------
    years : float
        Ahead of what is known.
    weights : mapping of float to mapping of str to float
        By horizon in years, then by member; those of a scorecard.

    Returns
    -------
    dict of str to float
        On straight lines between the horizons, as at the first one before it; beyond the last one on straight lines to
        the card alone at three years.

    Examples
    --------
    >>> half = {"card": 0.5, "damped_persistence": 0.5}
    >>> weights_at(2.25, {1.5: half}), weights_at(10.0, {1.5: half})["card"]
    ({'card': 0.75, 'damped_persistence': 0.25}, 1.0)
    """
    horizons = sorted(weights)
    alone = {member: float(member == "card") for member in MEMBERS}
    table = [*(weights[horizon] for horizon in horizons), alone]
    at = [*horizons, THEORY_ALONE]
    return {member: float(np.interp(years, at, [row[member] for row in table])) for member in MEMBERS}


def baseline_draws(known: Inputs, series: Series, years: Array) -> Array:
    """What damped persistence says of a series at any date.

    Parameters
    ----------
    known : Inputs
        As of the date of a forecast.
    series : Series
        One of its card's.
    years : ndarray, shape (m,)
        Dates, in decimal years.

    Returns
    -------
    ndarray, shape (2000, m)
        At equally spaced probabilities; up to the end of the evidence the gap that stands there.
    """
    table = known.known_table_of(series)
    end = table.complete_until
    past = monthly_past(table, series.follower.name, end, series.benchmark.since)
    ahead = np.maximum(years - decimal_year(end), 0.0)
    return np.stack([baselines.damped_persistence(past, float(h)) for h in ahead], axis=1)
