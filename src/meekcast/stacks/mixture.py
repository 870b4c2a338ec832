"""Forecasts of several cards averaged: dates of events, bands, and what each card contributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from meekcast.equations.types import Array
from meekcast.forecasts.bands import weighted_quantiles
from meekcast.forecasts.questions.events import PROBABILITIES

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws
    from meekcast.runs.read import EventDates

type Document = dict[str, Any]


class Averaged(Protocol):
    """A forecast that can be a part of an average: a stored run (`meekcast.runs.read.StoredRun`), or one at hand."""

    @property
    def summary(self) -> Document:
        """What it says of itself."""

    @property
    def draws(self) -> Draws:
        """Draws of quantities."""

    @property
    def events(self) -> tuple[EventDates, ...]:
        """Dates of the card's events."""


@dataclass(frozen=True, eq=False)
class Member:
    """A card's forecast as a part of an average.

    Parameters
    ----------
    card : str
        Its name.
    weight : float
        Of the card; the weights of all members add up to 1.
    dates : mapping of str to ndarray, shape (n,)
        Date of each draw by event, ``inf`` if not by the horizon.
    paths : callable
        From the name of a quantity to its draws, shape (n, m).
    """

    card: str
    weight: float
    dates: Mapping[str, Array]
    paths: Callable[[str], Array]

    @classmethod
    def of(cls, run: Averaged, weight: float, named_by: str = "card") -> Member:
        """A forecast as a part of an average, named by its card or by its priors."""
        dates = {event.name: event.dates for event in run.events}
        return cls(run.summary[named_by], weight, dates, run.draws.read)


def mixed_event(event: Document, members: Sequence[Member], times: Array, calendar: bool) -> Document:
    """Average an event over cards.

    Parameters
    ----------
    event : dict
        As in a card's summary: what is asked, and the years of ``probability_by``.
    members : sequence of Member
        The cards.
    times : ndarray, shape (m,)
        Dates at which the contributions are told, in the cards' clock.
    calendar : bool
        Whether "by 2030" means before 2031-01-01.

    Returns
    -------
    dict
        As in a summary, and ``cards``: each card's own probabilities, and its ``contribution_by`` to the average's;
        ``contribution`` over ``time`` is weight times the probability that it has happened before that date.
    """
    dates = [member.dates[event["name"]] for member in members]
    drawn, weights = pooled(dates, [member.weight for member in members])
    years = list(event["probability_by"])
    cards = [_part(m, when, years, times, calendar) for m, when in zip(members, dates, strict=True)]
    quantiles = weighted_quantiles(drawn, weights, PROBABILITIES)
    asked = {key: event[key] for key in ("name", "quantity", "side", "threshold", "unit")}
    return {
        **asked,
        "quantiles": {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, quantiles, strict=True)},
        "probability_by": {y: sum(c["contribution_by"][y] for c in cards) for y in years},
        "probability_not_by_horizon": float(weights[np.isinf(drawn)].sum()),
        "cards": cards,
    }


def _part(member: Member, when: Array, years: Sequence[str], times: Array, calendar: bool) -> Document:
    """What one card says of an event, and what that adds to the average."""
    by = {y: float(np.mean(when < int(y) + 1 if calendar else when <= int(y))) for y in years}
    quantiles = np.quantile(when, PROBABILITIES, method="inverted_cdf")
    happened = np.searchsorted(np.sort(when), times, side="right") / len(when)
    return {
        "card": member.card,
        "weight": member.weight,
        "quantiles": {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, quantiles, strict=True)},
        "probability_by": by,
        "probability_not_by_horizon": float(np.mean(np.isinf(when))),
        "contribution_by": {y: member.weight * p for y, p in by.items()},
        "contribution": (member.weight * happened).tolist(),
    }


def mixed_band(name: str, members: Sequence[Member]) -> Array:
    """Quantiles of a quantity's average at every date.

    Parameters
    ----------
    name : str
        The quantity.
    members : sequence of Member
        The cards.

    Returns
    -------
    ndarray, shape (5, m)
        One row a probability of `meekcast.forecasts.questions.events.PROBABILITIES`; NaN where nothing is defined yet.
    """
    paths = [member.paths(name) for member in members]
    drawn, weights = pooled(paths, [member.weight for member in members])
    return np.array([weighted_quantiles(column, weights, PROBABILITIES) for column in np.ascontiguousarray(drawn.T)]).T


def pooled(draws: Sequence[Array], weights: Sequence[float]) -> tuple[Array, Array]:
    """Draws of all cards one after another, each with its card's weight over the number of its draws.

    Examples
    --------
    >>> drawn, weights = pooled([np.array([1.0]), np.array([2.0, 3.0])], [0.5, 0.5])
    >>> drawn.tolist(), weights.tolist()
    ([1.0, 2.0, 3.0], [0.5, 0.25, 0.25])
    """
    each = [np.full(len(d), w / len(d)) for d, w in zip(draws, weights, strict=True)]
    return np.concatenate(draws), np.concatenate(each)
