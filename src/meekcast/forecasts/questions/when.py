"""When something happens, given something else: the distribution of a date asked of a forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.equations.types import Array, Mask
from meekcast.errors import InputError
from meekcast.forecasts.questions.evaluate import check, check_moves, holding, read_years, true
from meekcast.forecasts.questions.events import ASKED_YEARS, date_quantiles, happened
from meekcast.forecasts.questions.grammar import Expression, number_text, parse
from meekcast.forecasts.questions.monte_carlo import Probability, share, size_of

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws


FEWEST = 100
"""Effective draws that a condition must leave."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Distribution of the date of an event.

    Parameters
    ----------
    expression : str
        What was asked.
    given : tuple of str
        Conditions.
    dates : ndarray, shape (n,)
        Date of each draw in which the conditions are true, in the card's clock, ``inf`` if not by the
        horizon.
    quantiles : dict of str to float
        Quantiles of the date, infinite ones included.
    probability_by : dict of str to Probability
        By the years that were asked for.
    cdf : dict of str to Probability
        By the end of every year (calendar), or within every number of years.
    probability_not_by_horizon : Probability
        That it has not happened by the horizon.
    probability_passing : Probability
        That it holds at some date, but not at the horizon: it comes and goes, and has no date.
    probability_given : Probability or None
        Of the conditions; None where there are none.
    draws : int
        Number of draws in which the conditions are true.
    effective_draws : float or None
        Independent draws that they are worth; None where there are no conditions.
    """

    expression: str
    given: tuple[str, ...]
    dates: Array
    quantiles: dict[str, float]
    probability_by: dict[str, Probability]
    cdf: dict[str, Probability]
    probability_not_by_horizon: Probability
    probability_passing: Probability
    probability_given: Probability | None
    draws: int
    effective_draws: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the JSON of ``meekcast when`` holds them; without the draws."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "dates"}
        return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Probability):
        return asdict(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def when(
    expression: str | Expression,
    source: Draws,
    by: Iterable[float] = (),
    given: Sequence[str | Expression] = (),
) -> Answer:
    """Ask when something happens.

    Parameters
    ----------
    expression : str or Expression
        The event, in the grammar of `meekcast.forecasts.questions.grammar`. Its date is the first from which it holds
        up to the horizon.
    source : Draws
        What it is asked of.
    by : iterable of float, optional
        Years at which the probability is asked; some round ones by default.
    given : sequence of str or Expression, optional
        Conditions; only draws in which all are true count. A condition without ``at`` is true where it
        holds from some date up to the horizon.

    Returns
    -------
    Answer
        The distribution.

    Raises
    ------
    InputError
        If the question cannot be read, does not fit the card, or the conditions leave too few draws.
    """
    event, conditions, years = check_question(expression, source, by, given)
    found, ever = holding(event, source)
    left = np.ones(len(found), dtype=bool)
    for condition in conditions:
        left &= true(condition, source)
    effective = _effective(left, conditions, source)

    def by_year(asked: Iterable[float]) -> dict[str, Probability]:
        in_time = {number_text(year): happened(found, year, source.calendar) for year in asked}
        return {year: share(held, left, source.chains) for year, held in in_time.items()}

    return Answer(
        str(event),
        tuple(map(str, conditions)),
        found[left],
        date_quantiles(found[left]),
        by_year(years),
        by_year(_every_year(source)),
        share(np.isinf(found), left, source.chains),
        share(ever & np.isinf(found), left, source.chains),
        share(left, np.ones_like(left), source.chains) if conditions else None,
        int(left.sum()),
        effective if conditions else None,
    )


def check_question(
    expression: str | Expression,
    source: Draws,
    by: Iterable[float] = (),
    given: Sequence[str | Expression] = (),
) -> tuple[Expression, tuple[Expression, ...], tuple[float, ...]]:
    """Read a question, and refuse what does not fit before any draw is read.

    Parameters
    ----------
    expression, source, by, given
        As in `when`; nothing is read of the source but its labels and dates.

    Returns
    -------
    tuple
        The event, its conditions, and the years.

    Raises
    ------
    InputError
        If something does not fit.
    """
    event, conditions = _read(expression), tuple(map(_read, given))
    check([event, *conditions], source)
    check_moves(event)
    return event, conditions, read_years(by or _usual(source), source)


def _read(expression: str | Expression) -> Expression:
    return parse(expression) if isinstance(expression, str) else expression


def _usual(source: Draws) -> list[float]:
    return [float(year) for year in ASKED_YEARS[source.clock] if source.start <= year <= source.horizon]


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
