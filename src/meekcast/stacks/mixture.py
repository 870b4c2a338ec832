"""Forecasts of several cards averaged: events, bands, and what each card contributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from meekcast.equations.types import Array
from meekcast.forecasts.bands import weighted_quantiles
from meekcast.forecasts.questions.answer import PROBABILITIES, Answer, mixed, pooled

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws
    from meekcast.runs.documents import Summary
    from meekcast.stacks.documents import Contribution


class Averaged(Protocol):
    """A forecast that can be a part of an average: a stored run (`meekcast.runs.read.StoredRun`), or one at hand."""

    @property
    def summary(self) -> Summary:
        """What it says of itself."""

    @property
    def draws(self) -> Draws:
        """Draws of quantities."""

    @property
    def events(self) -> tuple[Answer, ...]:
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
    events : mapping of str to Answer
        By name.
    paths : callable
        From the name of a quantity to its draws, shape (n, m).
    """

    card: str
    weight: float
    events: Mapping[str, Answer]
    paths: Callable[[str], Array]

    @classmethod
    def of(cls, run: Averaged, weight: float, named_by: Literal["card", "priors"] = "card") -> Member:
        """A forecast as a part of an average, named by its card or by its priors."""
        return cls(run.summary[named_by], weight, {event.name: event for event in run.events}, run.draws.read)


def mixed_event(name: str, members: Sequence[Member]) -> Answer:
    """An event averaged over cards."""
    return mixed([member.events[name] for member in members], [member.weight for member in members])


def contributions(name: str, members: Sequence[Member], times: Array) -> list[Contribution]:
    """What each card says of an event, and what that adds to the average.

    Parameters
    ----------
    name : str
        The event.
    members : sequence of Member
        The cards.
    times : ndarray, shape (m,)
        Dates at which the contributions are told, in the cards' clock.

    Returns
    -------
    list of dict
        Each card's own answer and its ``contribution_by`` to the average's; ``contribution`` over ``time`` is weight
        times the probability that it has happened before that date.
    """
    return [_part(member, member.events[name], times) for member in members]


def _part(member: Member, answer: Answer, times: Array) -> Contribution:
    happened = np.searchsorted(np.sort(answer.dates), times, side="right") / len(answer.dates)
    by = {year: member.weight * p.value for year, p in answer.probability_by.items()}
    return {
        "card": member.card,
        "weight": member.weight,
        **answer.as_dict(),
        "contribution_by": by,
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
        One row a probability of `meekcast.forecasts.questions.answer.PROBABILITIES`; NaN where nothing is defined yet.
    """
    paths = [member.paths(name) for member in members]
    drawn, weights = pooled(paths, [member.weight for member in members])
    return np.array([weighted_quantiles(column, weights, PROBABILITIES) for column in np.ascontiguousarray(drawn.T)]).T
