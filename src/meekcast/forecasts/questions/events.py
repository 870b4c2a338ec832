"""When something happens: from paths to a distribution of dates.

The date of an event on a path is the first date from which its condition holds up to the horizon. On a
random path "stays below" can only be asked up to a horizon; a condition that does not hold at the
horizon has the date ``inf``, "not by the horizon", and no date is ever extrapolated beyond it. A
condition that holds from the start is dated at the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations import dates
from meekcast.equations.sprt import decision_nats
from meekcast.equations.types import Array, Mask
from meekcast.model.theory import rates

if TYPE_CHECKING:
    from meekcast.cards.schema import EventEntry, ModelCard
    from meekcast.equations.types import Values


PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of every summary: the median, the central 50 % and the central 90 % interval."""

ASKED_YEARS = {"calendar": (2027, 2030, 2035), "elapsed": (5, 10, 20)}
"""Years at which probabilities are stated unless others are asked for."""


@dataclass(frozen=True, eq=False)
class Event:
    """A dated event and its distribution.

    Parameters
    ----------
    name, quantity, unit : str
        As on the card.
    threshold : float
        In the unit.
    side : {"below", "above"}
        Where the quantity has to stay.
    dates : ndarray, shape (n,)
        Date of each draw in the card's clock, ``inf`` if not by the horizon.
    quantiles : dict of str to float
        Quantiles of the date, infinite ones included.
    probability_by : dict of str to float
        Probability that it has happened by the end of a year (calendar), or within so many years.
    probability_not_by_horizon : float
        Share of draws in which it has not happened by the horizon.
    probability_never : float or None
        Where the closed form proves it; else None.
    """

    name: str
    quantity: str
    threshold: float
    unit: str
    side: str
    dates: Array
    quantiles: dict[str, float]
    probability_by: dict[str, float]
    probability_not_by_horizon: float
    probability_never: float | None


def first_lasting(times: Array, values: Array, threshold: float, side: str) -> Array:
    """First date from which values stay on one side of a threshold up to the last date.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates, increasing.
    values : ndarray, shape (n, m)
        Paths.
    threshold : float
        The threshold.
    side : {"below", "above"}
        Where the values have to stay.

    Returns
    -------
    ndarray, shape (n,)
        Dates, interpolated linearly between the grid's; ``inf`` where the last value is not there.

    Examples
    --------
    >>> times = np.array([0.0, 1.0, 2.0])
    >>> paths = np.array([[3.0, 2.0, 0.0], [3.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    >>> first_lasting(times, paths, 1.0, "below").tolist()
    [1.5, inf, 0.0]
    """
    holds = values < threshold if side == "below" else values > threshold
    m = len(times)
    last_broken = m - 1 - np.argmax(~holds[:, ::-1], axis=1)
    always = holds.all(axis=1)
    before = np.minimum(last_broken, m - 2)
    rows = np.arange(len(values))
    low, high = values[rows, before], values[rows, before + 1]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = np.nan_to_num((threshold - low) / (high - low), nan=1.0)  # NaN: a path that falls from infinity
    crossing = times[before] + np.clip(share, 0.0, 1.0) * (times[before + 1] - times[before])
    return np.where(always, times[0], np.where(last_broken == m - 1, np.inf, crossing))


def comparable(values: Values, unit: str) -> Values:
    """Values on the scale on which they are compared: compute by its logarithm, all else as it is.

    Growth is steady in ln FLOP, so that a date between two of the grid's is exact.
    """
    with np.errstate(divide="ignore"):  # the logarithm of no compute is -inf
        return np.log(values) if unit == "FLOP" else values


def happened(when: Array, year: float, calendar: bool) -> Mask:
    """Whether dates lie before the end of a calendar year, or within so many years.

    Examples
    --------
    >>> happened(np.array([2030.9, 2031.0]), 2030, calendar=True).tolist()
    [True, False]
    """
    return when < year + 1 if calendar else when <= year


def date_quantiles(when: Array) -> dict[str, float]:
    """Quantiles of dates, each a date itself: infinity has no average."""
    ordered = np.quantile(when, PROBABILITIES, method="inverted_cdf")
    return {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, ordered, strict=True)}


def dated(
    entry: EventEntry,
    times: Array,
    values: Array,
    by: Sequence[int],
    calendar: bool,
    never: float | None,
) -> Event:
    """Ask a card's event of paths.

    Parameters
    ----------
    entry : EventEntry
        The event.
    times : ndarray, shape (m,)
        Dates in the card's clock, from the start to the horizon.
    values : ndarray, shape (n, m)
        The quantity's paths.
    by : sequence of int
        Years at which the probability is asked.
    calendar : bool
        Whether "by 2030" means before 2031-01-01.
    never : float or None
        Probability that it never happens, where known.

    Returns
    -------
    Event
        With its distribution.
    """
    side = "below" if entry.below is not None else "above"
    when = first_lasting(times, comparable(values, entry.unit), comparable(entry.threshold, entry.unit), side)
    return Event(
        entry.name,
        entry.quantity,
        entry.threshold,
        entry.unit,
        side,
        when,
        date_quantiles(when),
        {str(year): float(np.mean(happened(when, year, calendar))) for year in by},
        float(np.mean(np.isinf(when))),
        never,
    )


def probability_never(card: ModelCard, entry: EventEntry, p: Mapping[str, Array]) -> float | None:
    """Probability that an event never happens, where the closed forms prove it.

    They do for a loss gap (and for the tokens and the trend that follow from it) under constant growth
    without discrepancy.

    Parameters
    ----------
    card : ModelCard
        Names the components.
    entry : EventEntry
        The event.
    p : mapping of str to ndarray, shape (n,)
        Draws of the parameters.

    Returns
    -------
    float or None
        Share of draws, or None where nothing is proved.
    """
    if not card.constant_growth:
        return None
    growth = rates(card, p, 0.0)
    if entry.quantity == "loss_gap_slope" and entry.below == 0:
        return float(np.mean(~_ends_falling(*growth, p["R"])))
    if entry.quantity == "loss_gap" and entry.below is not None and entry.below > 0:
        eps: Array | float = entry.below
    elif entry.quantity == "tokens" and entry.above is not None and entry.above > 0:
        eps = p["slowdown"] * decision_nats(p["type_1"], p["type_2"]) / entry.above
    else:
        return None
    s, g = np.exp(growth.budget), np.exp(growth.lead)
    shrinks = g < 1  # the lead itself ends
    g = np.where(shrinks, 1.0, g)
    last = dates.end_time(p["alpha"], p["A"], p["C0"], s, g, p["R"], eps)
    return float(np.mean((last == np.inf) & ~shrinks))


def _ends_falling(budget: Array, frontier: Array, lead: Array, R: Array) -> Mask:
    """Whether the loss gap falls for good in the end, from the rates of growth.

    In the limit a growing lead leaves the budget actor's loss, a shrinking one the frontier's.
    """
    constant_lead = np.log(R) * budget > 0
    settled_budget = (frontier < 0) | ((frontier == 0) & (budget > 0))
    return np.select([lead > 0, lead < 0], [budget > 0, settled_budget], constant_lead)
