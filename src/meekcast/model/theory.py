"""The paths of theory: from a card's parameters and time to compute, lead, loss floor and scores.

Runs on floats, NumPy, xarray and inside the PyMC graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meekcast.equations.links import (
    bounded_link_of_compute,
    consecutive_steps,
    saturating_link,
    unbounded_link,
)
from meekcast.model.components import NOTHING, Growth, components, ramp, steady

if TYPE_CHECKING:
    from meekcast.cards.schema import BenchmarkEntry, ModelCard
    from meekcast.equations.types import Values
    from meekcast.vocabulary.components import Discrepancy, Link

type Parameters = Mapping[str, Values]

COMMON = ("alpha", "A", "L0", "g_hardware", "g_algorithms", "C0", "R", "type_1", "type_2", "slowdown")

DISCREPANCY_PARAMETERS: dict[Discrepancy, tuple[str, ...]] = {
    "none": (),
    "ou": ("frontier_sd", "frontier_memory", "lead_sd", "lead_memory"),
}

LINK_PARAMETERS: dict[Link, tuple[str, ...]] = {
    "sigmoid": ("ceiling", "difficulty", "discrimination"),
    "linear": ("level", "slope"),
    "saturating": ("level", "slope", "ceiling", "rounding"),
}
"""Parameters of each link, named ``<benchmark>_<role>``; with evidence a ``noise`` joins them."""


class Rates(NamedTuple):
    """Present growth rates in ln FLOP per year: budget actor, frontier, and lead (their difference)."""

    budget: Values
    frontier: Values
    lead: Values


class Paths(NamedTuple):
    """ln effective compute of the frontier, and the lead over the budget actor, in ln FLOP."""

    frontier: Values
    lead: Values


def required_parameters(card: ModelCard) -> frozenset[str]:
    """Names of all parameters that a card needs a prior for."""
    links = [f"{b.name}_{role}" for b in card.benchmarks for role in LINK_PARAMETERS[b.link]]
    noises = [f"{b.name}_noise" for b in card.benchmarks if b.evidence]
    named = [name for component in components(card) for name in component.parameters]
    return frozenset((*COMMON, *DISCREPANCY_PARAMETERS[card.discrepancy], *links, *noises, *named))


def _growth(card: ModelCard, p: Parameters, t: Values) -> tuple[Growth, Growth, Growth]:
    """Growth of frontier, budget actor and lead; what both share cancels in the lead."""
    terms = [component.term(card, p, t) for component in components(card)]
    shared = steady(t, p["g_hardware"], p["g_algorithms"])
    frontier, budget = terms[0]
    for more in terms[1:]:
        frontier, budget = frontier + more.frontier, budget + more.budget
    lead = Growth(frontier.total - budget.total, frontier.rate - budget.rate)
    return shared + frontier, shared + budget, lead


def rates(card: ModelCard, p: Parameters, t: Values) -> Rates:
    """Present growth rates of the two actors.

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
    Rates
        In ln FLOP per year.
    """
    frontier, budget, lead = _growth(card, p, t)
    return Rates(budget.rate, frontier.rate, lead.rate)


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
    frontier, _, lead = _growth(card, p, t)
    return Paths(np.log(p["C0"]) + np.log(p["R"]) + frontier.total, np.log(p["R"]) + lead.total)


def loss_floor(card: ModelCard, p: Parameters, t: Values) -> Growth:
    """Loss of the budget actor that no compute removes, because money alone buys the data.

    Returns
    -------
    Growth
        In nats per token, and its slope per year.
    """
    if "data_wall" not in card.extras:
        return NOTHING
    return ramp(t, p["data_wall_time"], p["data_gap"])


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
        Score, in the unit of the benchmark; after several steps in a row, in points.
    """
    role = {role: p[f"{benchmark.name}_{role}"] for role in LINK_PARAMETERS[benchmark.link]}
    single = _linked(benchmark, role, p, x)
    return single if benchmark.steps == 1 else 100 * consecutive_steps(single / 100, benchmark.steps)


def _linked(benchmark: BenchmarkEntry, role: Parameters, p: Parameters, x: Values) -> Values:
    """Score of one step; compute counts from the card's reference, or from the frontier at the start."""
    x = x - (np.log(p["C0"]) + np.log(p["R"]) if benchmark.reference == "start" else benchmark.reference)
    if benchmark.link == "sigmoid":
        floor = benchmark.floor
        return bounded_link_of_compute(
            x, p["alpha"], role["difficulty"], role["discrimination"], floor, role["ceiling"]
        )
    straight = unbounded_link(x, role["level"], role["slope"])
    if benchmark.link == "saturating":
        return saturating_link(straight, role["ceiling"], role["rounding"])
    return straight
