"""The paths of theory: from a card's parameters and time to compute, lead, loss floor and scores.

Runs on floats, NumPy, xarray and inside the PyMC graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meekcast.equations.links import (
    bounded_link_of_compute,
    consecutive_steps,
    saturating_link,
    unbounded_link,
)
from meekcast.model.components import GROWTH, NOTHING, Growth, components, ramp, steady

if TYPE_CHECKING:
    from meekcast.cards.schema import BenchmarkEntry, FollowerEntry, ModelCard
    from meekcast.equations.types import Values
    from meekcast.vocabulary.components import Discrepancy, Link

type Parameters = Mapping[str, Values]

COMMON = ("alpha", "A", "L0", "g_hardware", "g_algorithms", "C0", "R", "type_1", "type_2", "slowdown")

DISCREPANCY_PARAMETERS: dict[Discrepancy, tuple[str, ...]] = {
    "none": (),
    "ou": ("frontier_sd", "frontier_memory"),
    "boards": ("frontier_sd", "frontier_memory"),
}

LINK_PARAMETERS: dict[Link, tuple[str, ...]] = {
    "sigmoid": ("ceiling", "difficulty", "discrimination"),
    "linear": ("level", "slope"),
    "saturating": ("level", "slope", "ceiling", "rounding"),
}
"""Parameters of each link, named ``<benchmark>_<role>``; with evidence a ``noise`` joins them."""

TASTE = ("taste_sd", "taste_memory")
"""Parameters of what a board makes of each actor, named likewise."""


class Rates(NamedTuple):
    """Present growth rates in ln FLOP per year: follower, frontier, and lead (their difference)."""

    follower: Values
    frontier: Values
    lead: Values


class Paths(NamedTuple):
    """ln effective compute of the frontier, and its lead over each follower, in ln FLOP."""

    frontier: Values
    leads: tuple[Values, ...]

    def actors(self) -> tuple[Values, ...]:
        """Ln effective compute of the frontier and of each follower."""
        return (self.frontier, *(self.frontier - lead for lead in self.leads))


def own_parameters(card: ModelCard, follower: FollowerEntry) -> tuple[str, ...]:
    """Parameters that each follower of a card has of its own, by their general names."""
    departs = ("lead_sd", "lead_memory") if card.discrepancy != "none" else ()
    return ("R", *GROWTH[follower.growth].parameters, *departs)


def parameters_of(card: ModelCard, follower: FollowerEntry, p: Parameters) -> Parameters:
    """Parameters as one follower sees them: under general names, those of its own are the follower's.

    All followers trail one frontier, so that C0, the follower's effective compute at the start, is C0 R of the first
    over its own R.

    Parameters
    ----------
    card : ModelCard
        Names the followers.
    follower : FollowerEntry
        One of them.
    p : mapping of str to array_like
        Parameters by the card's names.

    Returns
    -------
    mapping of str to array_like
        Those of the card's first follower as they are.
    """
    prefix = card.prefix(follower)
    if not prefix:
        return p
    own = {name: p[f"{prefix}{name}"] for name in own_parameters(card, follower)}
    return {**p, **own, "C0": p["C0"] * p["R"] / own["R"]}


def required_parameters(card: ModelCard) -> frozenset[str]:
    """Names of all parameters that a card needs a prior for."""
    links = [f"{b.name}_{role}" for b in card.benchmarks for role in LINK_PARAMETERS[b.link]]
    noises = [f"{b.name}_noise" for b in card.benchmarks if b.evidence]
    tastes = [f"{b.name}_{role}" for b in card.observed for role in TASTE if card.discrepancy == "boards"]
    named = [name for c in components(card, card.followers[0]) for name in c.parameters]
    own = [f"{card.prefix(f)}{name}" for f in card.followers for name in own_parameters(card, f)]
    return frozenset((*COMMON, *DISCREPANCY_PARAMETERS[card.discrepancy], *links, *noises, *tastes, *named, *own))


def _growth(card: ModelCard, follower: FollowerEntry, p: Parameters, t: Values) -> tuple[Growth, Growth, Growth]:
    """Growth of frontier, follower and lead; what both share cancels in the lead."""
    terms = [component.term(card, p, t) for component in components(card, follower)]
    shared = steady(t, p["g_hardware"], p["g_algorithms"])
    frontier, own = terms[0]
    for more in terms[1:]:
        frontier, own = frontier + more.frontier, own + more.follower
    return shared + frontier, shared + own, frontier - own


def rates(card: ModelCard, follower: FollowerEntry, p: Parameters, t: Values) -> Rates:
    """Present growth rates of the frontier and a follower.

    Parameters
    ----------
    card : ModelCard
        Names the components.
    follower : FollowerEntry
        One of the card's.
    p : mapping of str to array_like
        Parameters as the follower sees them (`parameters_of`).
    t : array_like
        Years since the card's start.

    Returns
    -------
    Rates
        In ln FLOP per year.
    """
    frontier, own, lead = _growth(card, follower, p, t)
    return Rates(own.rate, frontier.rate, lead.rate)


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
    seen = [(follower, parameters_of(card, follower, p)) for follower in card.followers]
    growths = [_growth(card, follower, own, t) for follower, own in seen]
    frontier = np.log(p["C0"]) + np.log(p["R"]) + growths[0][0].total
    pairs = zip(seen, growths, strict=True)
    return Paths(frontier, tuple(np.log(own["R"]) + lead.total for (_, own), (_, _, lead) in pairs))


def loss_floor(card: ModelCard, p: Parameters, t: Values) -> Growth:
    """Loss of the followers that no compute removes, because money alone buys the data.

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


class Shown(NamedTuple):
    """What a board is expected to show in each row, and how much more of it an actor's taste there makes."""

    mean: Values
    slope: Values


def shown(
    benchmark: BenchmarkEntry,
    actors: Sequence[str],
    p: Parameters,
    x: Mapping[str, Values],
    at: Values,
    weights: Values,
) -> Shown:
    """Expect rows of a board: scores of one actor each, or gaps between two.

    Parameters
    ----------
    benchmark : BenchmarkEntry
        Entry of the card.
    actors : sequence of str
        Whose scores it shows.
    p : mapping of str to array_like
        Parameters.
    x : mapping of str to array_like, shape (..., m)
        ln effective compute of each actor at dates, in ln FLOP.
    at : array_like of int, shape (k,)
        Date of each row.
    weights : array_like, shape (k, actors)
        Of the actors' scores in each row.

    Returns
    -------
    Shown
        In the unit of the benchmark, and in that per ln FLOP, each of shape (..., k).
    """
    own = [(weights[:, i], x[actor][..., at]) for i, actor in enumerate(actors)]
    mean = sum(w * score(benchmark, p, compute) for w, compute in own)
    return Shown(mean, sum((w > 0) * slope_of(benchmark, p, compute) for w, compute in own))


def slope_of(benchmark: BenchmarkEntry, p: Parameters, x: Values) -> Values:
    """Change of a score by ln effective compute; arguments as of `score`.

    Returns
    -------
    array_like
        In the unit of the benchmark per ln FLOP.
    """
    role = {role: p[f"{benchmark.name}_{role}"] for role in LINK_PARAMETERS[benchmark.link]}
    single, x = _linked(benchmark, role, p, x), _from_reference(benchmark, p, x)
    if benchmark.link == "sigmoid":
        rate = role["discrimination"] * np.exp(-p["alpha"] * (x - role["difficulty"]))
        slope = rate * (single - benchmark.floor) * (role["ceiling"] - single) / (role["ceiling"] - benchmark.floor)
    elif benchmark.link == "saturating":
        slope = role["slope"] * -np.expm1((single - role["ceiling"]) / role["rounding"])
    else:
        slope = role["slope"] + 0 * x
    return slope if benchmark.steps == 1 else benchmark.steps * np.power(single / 100, benchmark.steps - 1) * slope


def _linked(benchmark: BenchmarkEntry, role: Parameters, p: Parameters, x: Values) -> Values:
    """Score of one step; compute counts from the card's reference, or from the frontier at the start."""
    x = _from_reference(benchmark, p, x)
    if benchmark.link == "sigmoid":
        floor = benchmark.floor
        return bounded_link_of_compute(
            x, p["alpha"], role["difficulty"], role["discrimination"], floor, role["ceiling"]
        )
    straight = unbounded_link(x, role["level"], role["slope"])
    if benchmark.link == "saturating":
        return saturating_link(straight, role["ceiling"], role["rounding"])
    return straight


def _from_reference(benchmark: BenchmarkEntry, p: Parameters, x: Values) -> Values:
    return x - (np.log(p["C0"]) + np.log(p["R"]) if benchmark.reference == "start" else benchmark.reference)
