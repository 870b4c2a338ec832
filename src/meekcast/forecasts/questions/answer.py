"""The answer to a question: the distribution of a date, or a probability, with its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

import numpy as np

from meekcast.clock import When, instant
from meekcast.equations.types import Array, Mask
from meekcast.files import Number
from meekcast.forecasts.bands import weighted_quantiles
from meekcast.forecasts.questions.monte_carlo import Probability, ProbabilityDocument

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of every summary: the median, the central 50 % and the central 90 % interval."""

ASKED_YEARS = {"calendar": (2027, 2030, 2035), "elapsed": (5, 10, 20)}
"""Years at which probabilities are stated unless others are asked for."""

DEFINITION = "first date from which the condition holds up to the horizon, or as long as the question says"

_ARRAYS = frozenset({"dates", "true"})


class Answered(TypedDict):
    """What an `Answer` says, without the question."""

    quantiles: dict[str, Number]
    probability: ProbabilityDocument
    probability_by: dict[str, ProbabilityDocument]
    cdf: dict[str, ProbabilityDocument]
    probability_not_by_horizon: ProbabilityDocument
    probability_passing: ProbabilityDocument
    probability_never: ProbabilityDocument | None
    probability_given: ProbabilityDocument | None
    draws: int
    effective_draws: float | None


class AnswerDocument(Answered):
    """An `Answer` as documents hold it."""

    name: str
    expression: str
    given: list[str]


class Span(TypedDict):
    """The clock of a document's dates, and what lies between its first and its last."""

    clock: str
    start: float
    horizon: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What draws say of a question.

    Parameters
    ----------
    name : str
        Of a card's event; the question itself where it has no other.
    expression : str
        What was asked, in the grammar of `meekcast.vocabulary.grammar`.
    given : tuple of str
        Conditions; only draws in which all are true count.
    dates : ndarray, shape (n,)
        Date of each draw in the card's clock, ``inf`` if not by the horizon; empty for a question on a date.
    true : ndarray of bool, shape (n,)
        Whether it happens by the horizon, or is true on its date, in each draw.
    quantiles : dict of str to float
        Quantiles of the date, infinite ones included; empty for a question on a date, as `probability_by` and `cdf`.
    probability : Probability
        That it happens by the horizon, or is true on its date.
    probability_by : dict of str to Probability
        By the dates that were asked for.
    cdf : dict of str to Probability
        By the end of every year (calendar), or within every number of years.
    probability_not_by_horizon : Probability
        That it has not happened by the horizon, or is not true on its date.
    probability_passing : Probability
        That it holds at some date, but not as long as it is asked to: it comes and goes, and has no date.
    probability_never : Probability or None
        That it has not happened by the horizon and, as the closed form proves, never will; None where none does.
    probability_given : Probability or None
        Of the conditions; None where there are none.
    draws : int
        Number of draws in which the conditions are true.
    effective_draws : float or None
        Independent draws that they are worth; None where there are no conditions.
    """

    name: str
    expression: str
    given: tuple[str, ...]
    dates: Array
    true: Mask
    quantiles: dict[str, float]
    probability: Probability
    probability_by: dict[str, Probability]
    cdf: dict[str, Probability]
    probability_not_by_horizon: Probability
    probability_passing: Probability
    probability_never: Probability | None
    probability_given: Probability | None
    draws: int
    effective_draws: float | None

    def as_dict(self) -> AnswerDocument:
        """Plain values, as every document holds them; without the draws."""
        plain = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__ if name not in _ARRAYS}
        return cast("AnswerDocument", plain)

    @classmethod
    def from_dict(cls, about: AnswerDocument, dates: Array) -> Answer:
        """A dated answer as a document tells it, with its draws from elsewhere.

        Parameters
        ----------
        about : dict
            From `as_dict`; infinities may be the strings that JSON has for them.
        dates : ndarray, shape (n,)
            Its dates.
        """
        plain: Mapping[str, Any] = about
        chances = {name: _read(plain[name]) for name in cls.__dataclass_fields__ if name.startswith("probability")}
        return cls(
            **{name: plain[name] for name in ("name", "expression", "draws", "effective_draws")},
            given=tuple(about["given"]),
            dates=dates,
            true=np.isfinite(dates),
            quantiles={p: float(value) for p, value in about["quantiles"].items()},
            cdf=_read(about["cdf"]),
            **chances,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Probability):
        return value.as_dict()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _read(value: Any) -> Any:
    if value is None or "value" in value:
        return value and Probability(**value)
    return {key: Probability(**inner) for key, inner in value.items()}


def happened(dates: Array, when: When, calendar: bool) -> Mask:
    """Whether dates lie before the end of a calendar year or before another date, or within so many years.

    Examples
    --------
    >>> happened(np.array([2030.9, 2031.0]), 2030, calendar=True).tolist()
    [True, False]
    """
    end = instant(when, calendar)
    return dates < end if calendar else dates <= end


def date_quantiles(dates: Array, weights: Array | None = None) -> dict[str, float]:
    """Quantiles of dates, each a date itself: infinity has no average.

    Parameters
    ----------
    dates : ndarray, shape (n,)
        Infinite ones included.
    weights : ndarray, shape (n,), optional
        Adding up to 1; equal by default.
    """
    if weights is None:
        found = np.quantile(dates, PROBABILITIES, method="inverted_cdf")
    else:
        found = weighted_quantiles(dates, weights, PROBABILITIES)
    return {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, found, strict=True)}


def mixed(answers: Sequence[Answer], weights: Sequence[float]) -> Answer:
    """Answers of several forecasts to one dated question, averaged.

    Parameters
    ----------
    answers : sequence of Answer
        Without conditions, asked by the same dates.
    weights : sequence of float
        One each, adding up to 1.

    Returns
    -------
    Answer
        Probabilities are weighted means, and so are independent errors; quantiles are those of all draws, each with
        its forecast's weight over the number of its draws.
    """
    first = answers[0]
    dates, each = pooled([answer.dates for answer in answers], weights)

    def mean(of: Callable[[Answer], Probability]) -> Probability:
        parts = [(w, of(answer)) for w, answer in zip(weights, answers, strict=True)]
        return Probability(sum(w * p.value for w, p in parts), math.hypot(*(w * p.error for w, p in parts)))

    proved = [answer.probability_never for answer in answers]
    return Answer(
        first.name,
        first.expression,
        (),
        dates,
        np.isfinite(dates),
        date_quantiles(dates, each),
        mean(lambda a: a.probability),
        {when: mean(lambda a, when=when: a.probability_by[when]) for when in first.probability_by},  # type: ignore[misc]
        {when: mean(lambda a, when=when: a.cdf[when]) for when in first.cdf},  # type: ignore[misc]
        mean(lambda a: a.probability_not_by_horizon),
        mean(lambda a: a.probability_passing),
        None if None in proved else mean(lambda a: a.probability_never or Probability(0.0, 0.0)),
        None,
        sum(answer.draws for answer in answers),
        None,
    )


def pooled(draws: Sequence[Array], weights: Sequence[float]) -> tuple[Array, Array]:
    """Draws of all forecasts one after another, each with its forecast's weight over the number of its draws.

    Examples
    --------
    >>> drawn, weights = pooled([np.array([1.0]), np.array([2.0, 3.0])], [0.5, 0.5])
    >>> drawn.tolist(), weights.tolist()
    ([1.0, 2.0, 3.0], [0.5, 0.25, 0.25])
    """
    each = [np.full(len(d), w / len(d)) for d, w in zip(draws, weights, strict=True)]
    return np.concatenate(draws), np.concatenate(each)
