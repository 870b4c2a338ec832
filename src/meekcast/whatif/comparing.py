"""What a scenario changes in the answer to a question, and how sure the difference is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from meekcast.clock import read_when
from meekcast.equations.types import Array
from meekcast.forecasts.questions.answer import Answer, date_quantiles, happened
from meekcast.forecasts.questions.monte_carlo import Probability
from meekcast.inference.convergence import size_of

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws
    from meekcast.inference.diagnostics import Diagnostics


@dataclass(frozen=True, eq=False)
class Compared:
    """One event under one scenario, against the base.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
    paired : bool
        Whether base and scenario share their draws, so that their noise cancels.
    answer : Answer
        The event under the scenario.
    shift : dict of str to float
        Years by which the date moves: quantiles over the draws that see it under either (paired), or
        the difference of the medians alone. Infinite where one has a date and the other none; empty for a
        question on a date.
    probability_by : dict of str to Probability
        Change of the probability by each date, with its Monte Carlo error.
    probability, probability_not_by_horizon : Probability
        Change of those probabilities.
    diagnostics : Diagnostics or None
        Verdict on the scenario's own draws; None where it shares those of the base.
    """

    scenario: str
    paired: bool
    answer: Answer
    shift: dict[str, float]
    probability_by: dict[str, Probability]
    probability: Probability
    probability_not_by_horizon: Probability
    diagnostics: Diagnostics | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """One event: the base, and every scenario against it."""

    base: Answer
    scenarios: tuple[Compared, ...]


def against(base: Answer, other: Answer, scenario: str, world: Draws, *, paired: bool) -> Compared:
    """Differences of an event's dates and probabilities.

    Parameters
    ----------
    base, other : Answer
        The event in the base and under the scenario, asked by the same dates.
    scenario : str
        Name of the scenario.
    world : Draws
        Those of the base.
    paired : bool
        Whether both share their draws.
    """
    change = _paired if paired else _unpaired
    by = {year: change(base, other, year, world) for year in base.probability_by}
    whole, none = change(base, other, None, world), change(other, base, None, world)
    return Compared(scenario, paired, other, _shift(base, other, paired=paired), by, whole, none)


def _shift(base: Answer, other: Answer, *, paired: bool) -> dict[str, float]:
    """Quantiles of the differences of dates, or the difference of the medians."""
    if not base.quantiles:
        return {}
    if paired:
        moved = _apart(other.dates, base.dates)
        return date_quantiles(moved if len(moved) else np.zeros(1))
    median = _apart(np.array([other.quantiles["0.5"]]), np.array([base.quantiles["0.5"]]))
    return {"0.5": float(median[0]) if len(median) else 0.0}


def _apart(dates: Array, base: Array) -> Array:
    """Differences of dates, without those of draws that never see the event."""
    seen = np.isfinite(dates) | np.isfinite(base)
    return dates[seen] - base[seen]


def _paired(base: Answer, other: Answer, by: str | None, world: Draws) -> Probability:
    """Change of the probability by a date, or by the horizon, over draws that both share."""
    one, two = (
        answer.true if by is None else happened(answer.dates, read_when(by), world.calendar) for answer in (base, other)
    )
    change = two.astype(float) - one
    return Probability(float(change.mean()), math.sqrt(float(change.var()) / size_of(change, world.chains)))


def _unpaired(base: Answer, other: Answer, by: str | None, world: Draws) -> Probability:
    one, two = ((a.probability if by is None else a.probability_by[by]) for a in (base, other))
    return Probability(two.value - one.value, math.hypot(one.error, two.error))
