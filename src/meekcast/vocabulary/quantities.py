"""What can be asked of a forecast: every quantity with its unit, its meaning and its equation.

A quantity reads a *state*: the parameters by name, ``time`` in years since the card's start, and the
realised paths ``x_frontier`` and ``lead`` with the present growth ``rates`` and the ``loss_floor``. Scores of
benchmarks, and the lags, which are read off whole paths (`meekcast.model.realised.lags`), are part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from meekcast.equations import gap, scaling, sprt

if TYPE_CHECKING:
    from meekcast.equations.types import Values

type State = dict[str, Any]


@dataclass(frozen=True)
class Quantity:
    """A quantity over time.

    Parameters
    ----------
    name, unit, long_name : str
        Labels of its values.
    compute : callable
        From a state to values.
    only_with : str, optional
        Component of a card without which the quantity means nothing: the raw compute of a price band
        is unknown (it buys inference), and a path that departs from theory at random has no slope.
    low, high : float
        Limits of the values it can take, in its unit.
    """

    name: str
    unit: str
    long_name: str
    compute: Callable[[State], Values]
    only_with: str | None = None
    low: float = -math.inf
    high: float = math.inf

    @property
    def attributes(self) -> dict[str, str | float]:
        """Labels of its values as NetCDF's conventions name them; a limit that is infinite is left out."""
        limits = {"valid_min": self.low, "valid_max": self.high}
        finite = {name: limit for name, limit in limits.items() if math.isfinite(limit)}
        return {"units": self.unit, "long_name": self.long_name, **finite}


def _loss_gap_slope(s: State) -> Values:
    budget, frontier, lead = s["rates"]
    law, x_budget = (s["alpha"], s["A"]), s["x_frontier"] - s["lead"]
    # Seen from the actor that is behind, as below.
    led = gap.loss_gap_slope(s["x_frontier"], np.maximum(s["lead"], 0), *law, budget, lead)
    trailed = gap.loss_gap_slope(x_budget, np.maximum(-s["lead"], 0), *law, frontier, -lead)
    return np.where(s["lead"] >= 0, led, -trailed) + s["loss_floor"].rate


def _loss_budget(s: State) -> Values:
    return scaling.loss(s["x_frontier"] - s["lead"], s["alpha"], s["A"], s["L0"]) + s["loss_floor"].total


def _tokens(s: State) -> Values:
    return sprt.tokens(_loss_gap(s), s["type_1"], s["type_2"], s["slowdown"])


def _loss_gap(s: State) -> Values:
    law, x_budget = (s["alpha"], s["A"]), s["x_frontier"] - s["lead"]
    # Seen from the actor that is behind, so that no lead, however large, overflows: one of the two is zero.
    led = gap.loss_gap(s["x_frontier"], np.maximum(s["lead"], 0), *law)
    trailed = gap.loss_gap(x_budget, np.maximum(-s["lead"], 0), *law)
    return led - trailed + s["loss_floor"].total


GENERAL = {
    q.name: q
    for q in (
        Quantity(
            "loss_frontier",
            "nats/token",
            "loss of the frontier",
            lambda s: scaling.loss(s["x_frontier"], s["alpha"], s["A"], s["L0"]),
            low=0.0,
        ),
        Quantity(
            "loss_budget",
            "nats/token",
            "loss of the budget actor",
            _loss_budget,
            low=0.0,
        ),
        Quantity("loss_gap", "nats/token", "loss gap, budget minus frontier", _loss_gap),
        Quantity("loss_gap_slope", "nats/token/year", "change of the loss gap", _loss_gap_slope, only_with="none"),
        Quantity("tokens", "tokens", "expected tokens to tell the two apart", _tokens, low=0.0),
        Quantity("lead", "ln FLOP", "lead of the frontier, ln of the ratio of effective compute", lambda s: s["lead"]),
        Quantity(
            "lag",
            "years",
            "years until the budget actor reaches the frontier's present level",
            lambda s: s["lag"],
        ),
        Quantity(
            "lag_behind",
            "years",
            "years since the frontier stood where the budget actor stands",
            lambda s: s["lag_behind"],
        ),
        Quantity(
            "frontier_effective_compute",
            "FLOP",
            "effective compute of the frontier",
            lambda s: np.exp(s["x_frontier"]),
            low=0.0,
        ),
        Quantity(
            "budget_effective_compute",
            "FLOP",
            "effective compute of the budget actor",
            lambda s: np.exp(s["x_frontier"] - s["lead"]),
            low=0.0,
        ),
        Quantity(
            "budget_compute",
            "FLOP",
            "raw compute of the budget actor, as laws count it",
            lambda s: s["C0"] * np.power(s["g_hardware"], s["time"]),
            only_with="training",
            low=0.0,
        ),
    )
}
"""Quantities of every card."""

OF_WHOLE_PATHS = ("lag", "lag_behind")
"""Quantities that are read off whole paths: the same state at a date may follow on another past."""

LEADS = ("lead", "loss_gap")
"""Quantities that are never negative where the frontier is the best of all models (discrepancy "ou")."""

ALIASES = {"frontier_level": "frontier_effective_compute", "budget_level": "budget_effective_compute"}
"""Short names in questions: an actor's level is its effective compute, on which every score depends."""

SCORES = {"points": (0.0, 100.0)}
"""Limits of scores, by unit; those of other units have none."""


def best_score(unit: str) -> float:
    """Score that nobody can exceed.

    Examples
    --------
    >>> best_score("points"), best_score("elo")
    (100.0, inf)
    """
    return SCORES.get(unit, (-math.inf, math.inf))[1]


_OF_BENCHMARKS = {
    "frontier": "{} score of the frontier",
    "budget": "{} score of the budget actor",
    "gap": "{} gap, frontier minus budget",
}
_OBSERVED = {"gap_observed": "{} gap as a leaderboard shows it, noise and running best included"}


class Measure(NamedTuple):
    """A benchmark as the registry sees it: name, title, unit, and whether it has evidence."""

    name: str
    title: str
    unit: str
    observed: bool


def of_benchmark(measure: Measure) -> dict[str, Quantity]:
    """Quantities of one benchmark: scores of both actors, their gap, and with evidence the observed gap.

    Examples
    --------
    >>> sorted(of_benchmark(Measure("mmlu_pro", "MMLU-Pro", "points", True)))
    ['mmlu_pro_budget', 'mmlu_pro_frontier', 'mmlu_pro_gap', 'mmlu_pro_gap_observed']
    """
    lowest, highest = SCORES.get(measure.unit, (-math.inf, math.inf))
    limits = {"gap": (lowest - highest, highest - lowest), "gap_observed": (0.0, highest - lowest)}

    def quantity(role: str, meaning: str) -> Quantity:
        key = f"{measure.name}_{role}"
        low, high = limits.get(role, (lowest, highest))
        return Quantity(key, measure.unit, meaning.format(measure.title), lambda s: s[key], low=low, high=high)

    roles = _OF_BENCHMARKS | (_OBSERVED if measure.observed else {})
    return {f"{measure.name}_{role}": quantity(role, meaning) for role, meaning in roles.items()}


def available(budget: str, discrepancy: str, benchmarks: Iterable[Measure]) -> dict[str, Quantity]:
    """All quantities that a card can answer.

    Parameters
    ----------
    budget, discrepancy : str
        The card's components.
    benchmarks : iterable of Measure
        The card's benchmarks.

    Returns
    -------
    dict of str to Quantity
        By name.
    """
    named, measures = {budget, discrepancy}, tuple(benchmarks)
    general = {name: q for name, q in GENERAL.items() if q.only_with is None or q.only_with in named}
    found = general | {key: q for measure in measures for key, q in of_benchmark(measure).items()}
    leads = (*LEADS, *(f"{measure.name}_gap" for measure in measures)) if discrepancy == "ou" else ()
    return found | {name: replace(found[name], low=0.0) for name in leads}
