"""What a card's component names mean: from parameters and time to the paths of theory.

Runs on floats, NumPy, xarray and inside the PyMC graph; the only place where the names on a card
(`budget`, `link`) meet the equations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meekcast.equations.links import bounded_link_of_compute
from meekcast.equations.paths import log_compute, log_growth, log_lead

if TYPE_CHECKING:
    from meekcast.cards import BenchmarkEntry, ModelCard
    from meekcast.equations._types import Values

type Parameters = Mapping[str, Values]

COMMON = ("alpha", "A", "L0", "g_hardware", "g_algorithms", "g_investment", "C0", "R", "type_1", "type_2", "slowdown")

BUDGET_FACTORS = {
    "training": ("g_hardware", "g_algorithms"),
    "price_band": ("g_hardware", "g_algorithms", "g_price"),
}
"""Growth factors of the budget actor: a training budget of fixed size, or a fixed price per token."""

FRONTIER_FACTORS = ("g_hardware", "g_algorithms", "g_investment")

DISCREPANCY_PARAMETERS = {
    "none": (),
    "ou": ("frontier_sd", "frontier_memory", "lead_sd", "lead_memory"),
}

LINK_PARAMETERS = {"sigmoid": ("ceiling", "difficulty", "discrimination", "noise")}


class Rates(NamedTuple):
    """Growth rates in ln FLOP per year: budget actor, frontier, and lead (their difference)."""

    budget: Values
    frontier: Values
    lead: Values


class Paths(NamedTuple):
    """ln effective compute of the frontier, and the lead over the budget actor, in ln FLOP."""

    frontier: Values
    lead: Values


def required_parameters(card: ModelCard) -> frozenset[str]:
    """Names of all parameters that a card needs a prior for."""
    links = (f"{b.name}_{role}" for b in card.benchmarks for role in LINK_PARAMETERS[b.link])
    discrepancy = DISCREPANCY_PARAMETERS[card.discrepancy]
    return frozenset((*COMMON, *BUDGET_FACTORS[card.budget], *discrepancy, *links))


def rates(card: ModelCard, p: Parameters) -> Rates:
    """Growth rates of the two actors.

    Parameters
    ----------
    card : ModelCard
        Names the components.
    p : mapping of str to array_like
        Parameters.

    Returns
    -------
    Rates
        In ln FLOP per year.
    """
    factors = BUDGET_FACTORS[card.budget]
    # Shared factors cancel in the lead: leave them out of the difference, to keep its digits.
    lead = log_growth(*(p[name] for name in FRONTIER_FACTORS if name not in factors))
    lead = lead - sum(np.log(p[name]) for name in factors if name not in FRONTIER_FACTORS)
    return Rates(log_growth(*(p[n] for n in factors)), log_growth(*(p[n] for n in FRONTIER_FACTORS)), lead)


def theoretical_paths(card: ModelCard, p: Parameters, t: Values) -> Paths:
    """Paths of theory, without discrepancy.

    Parameters
    ----------
    card : ModelCard
        Names the components.
    p : mapping of str to array_like
        Parameters.
    t : array_like
        Years since the card's start.

    Returns
    -------
    Paths
        In ln FLOP.
    """
    growth = rates(card, p)
    return Paths(log_compute(t, p["C0"] * p["R"], growth.frontier), log_lead(t, p["R"], growth.lead))


def score(benchmark: BenchmarkEntry, p: Parameters, x: Values) -> Values:
    """Score of an actor on a benchmark, through the link that the card names.

    Parameters
    ----------
    benchmark : BenchmarkEntry
        Entry of the card.
    p : mapping of str to array_like
        Parameters.
    x : array_like
        ln effective compute of the actor, in ln FLOP.

    Returns
    -------
    array_like
        Score, in the unit of the evidence.
    """
    return _LINKS[benchmark.link](benchmark, p, x)


def _sigmoid(benchmark: BenchmarkEntry, p: Parameters, x: Values) -> Values:
    role = {role: p[f"{benchmark.name}_{role}"] for role in ("ceiling", "difficulty", "discrimination")}
    return bounded_link_of_compute(
        x, p["alpha"], role["difficulty"], role["discrimination"], benchmark.floor, role["ceiling"]
    )


_LINKS: dict[str, Callable[[BenchmarkEntry, Parameters, Values], Values]] = {"sigmoid": _sigmoid}
