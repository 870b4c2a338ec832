"""Put a question to draws: when something happens, or whether it is true on a date, given something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from meekcast.clock import When, read_when, when_text
from meekcast.equations.types import Mask
from meekcast.errors import InputError, naming
from meekcast.forecasts.questions.answer import ASKED_YEARS, Answer, date_quantiles, happened
from meekcast.forecasts.questions.evaluate import outcome
from meekcast.forecasts.questions.monte_carlo import Probability, share
from meekcast.inference.convergence import size_of
from meekcast.vocabulary.expression import Expression
from meekcast.vocabulary.grammar import parse

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws


FEWEST = 100
"""Effective draws that a condition must leave."""


def when(
    expression: str | Expression,
    source: Draws,
    by: Iterable[str | When] = (),
    given: Sequence[str | Expression] = (),
    *,
    name: str = "",
    never: Mask | None = None,
) -> Answer:
    """Ask when something happens, or how probable it is on a date.

    Parameters
    ----------
    expression : str or Expression
        The question, in the grammar of `meekcast.vocabulary.grammar`.
    source : Draws
        What it is asked of.
    by : iterable of str, float or datetime.date, optional
        Dates by which the probability is asked (`meekcast.clock.read_when`); some round years by default.
    given : sequence of str or Expression, optional
        Conditions; only draws in which all are true count. A condition without ``at`` is true where it
        happens by the horizon.
    name : str, optional
        What the question is called; itself by default.
    never : ndarray of bool, optional
        Draws in which it is proved that it does not come to hold for good.

    Returns
    -------
    Answer
        The distribution of the date, or the probability.

    Raises
    ------
    InputError
        If the question cannot be read, does not fit the card, or the conditions leave too few draws.
    """
    event, conditions, asked = check_question(expression, source, by, given)
    dates, true, ever = outcome(event, source)
    left = np.logical_and.reduce([np.ones_like(true), *(outcome(c, source).true for c in conditions)])
    effective = _effective(left, conditions, source)
    is_dated = not event.is_proposition

    def chance(held: Mask) -> Probability:
        return share(held, left, source.chains)

    def chances(whens: Iterable[When]) -> dict[str, Probability]:
        return {when_text(when): chance(happened(dates, when, source.calendar)) for when in whens}

    return Answer(
        name or str(event),
        str(event),
        tuple(map(str, conditions)),
        dates[left] if is_dated else dates,
        true[left],
        date_quantiles(dates[left]) if is_dated else {},
        chance(true),
        chances(asked if is_dated else ()),
        chances(_every_year(source) if is_dated else ()),
        chance(~true),
        chance(ever & ~true),
        None if never is None else chance(never & ~true),
        share(left, np.ones_like(left), source.chains) if conditions else None,
        int(left.sum()),
        effective if conditions else None,
    )


def check_question(
    expression: str | Expression,
    source: Draws,
    by: Iterable[str | When] = (),
    given: Sequence[str | Expression] = (),
) -> tuple[Expression, tuple[Expression, ...], tuple[When, ...]]:
    """Read a question, and refuse what does not fit before any draw is read.

    Parameters
    ----------
    expression, source, by, given
        As in `when`; nothing is read of the source but its labels and dates.

    Returns
    -------
    tuple
        The question, its conditions, and the dates by which it is asked.

    Raises
    ------
    InputError
        If something does not fit.
    """
    event, conditions = _read(expression), tuple(map(_read, given))
    for part in (event, *conditions):
        source.scope.check(part)
    asked = read_by(by, source)
    if asked and event.is_proposition:
        raise InputError(f"'{event}' is asked on a date, so --by means nothing", "Drop the `at`, or --by.")
    return event, conditions, asked or _usual(source)


def _read(expression: str | Expression) -> Expression:
    return parse(expression) if isinstance(expression, str) else expression


def read_by(by: Iterable[str | When], source: Draws, option: str = "--by") -> tuple[When, ...]:
    """Read the dates by which probabilities are asked, each once.

    Raises
    ------
    InputError
        If one cannot be read, or lies outside the forecast; names the option.
    """
    with naming(option):
        asked = tuple(dict.fromkeys(read_when(one) for one in by))
        for one in asked:
            source.scope.position(one)
    return asked


def _usual(source: Draws) -> tuple[When, ...]:
    return tuple(float(year) for year in ASKED_YEARS[source.clock] if source.start <= year <= source.horizon)


def _every_year(source: Draws) -> list[float]:
    first = np.floor(source.start) if source.calendar else source.start + 1
    return [float(year) for year in np.arange(first, source.horizon + 1e-9)]


def _effective(left: Mask, conditions: tuple[Expression, ...], source: Draws) -> float:
    """Effective draws that are left; refuses when they are too few."""
    if len(left) == 1 and left.all():
        return 1.0
    effective = float(left.mean() * size_of(left.astype(float), source.chains)) if left.any() else 0.0
    if conditions and effective < FEWEST:
        stated = " and ".join(f"'{condition}'" for condition in conditions)
        weaker = "Weaken the condition, or make the forecast with more draws (--draws)."
        raise InputError(
            f"too few draws are left: {stated} is true in {left.sum()} of {len(left)} draws "
            f"(probability {left.mean():.2g}), worth {effective:.0f} independent ones; {FEWEST} are needed",
            weaker if left.any() else "Ask for something that can be.",
        )
    return effective
