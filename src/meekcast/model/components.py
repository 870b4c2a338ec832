"""What each component name on a card adds to the growth of an actor, and which parameters it needs.

A term is the growth of ln effective compute since the card's start and its present rate. It runs on
floats, NumPy, xarray and inside the PyMC graph, as the equations do. What both actors share is kept
apart, so that it cancels exactly in the lead. Each follower is looked at by itself, with its own parameters under their
general names (`meekcast.model.theory.parameters_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, override

import numpy as np

from meekcast.equations.price_per_token import inference_compute
from meekcast.equations.spending import (
    capped_spending,
    capped_spending_rate,
    piecewise_spending,
    piecewise_spending_rate,
)

if TYPE_CHECKING:
    from meekcast.cards.schema import FollowerEntry, ModelCard
    from meekcast.equations.types import Values
    from meekcast.vocabulary import components as named

type Parameters = Mapping[str, Values]


class Growth(NamedTuple):
    """Growth since the start in ln FLOP, and its rate in ln FLOP per year; one that is steady is the same at all dates."""

    total: Values
    rate: Values

    @override
    def __add__(self, other: object) -> Growth:
        """Add two terms."""
        if not isinstance(other, Growth):
            return NotImplemented
        if self is NOTHING or other is NOTHING:
            return self if other is NOTHING else other
        return Growth(self.total + other.total, self.rate + other.rate)

    def __sub__(self, other: Growth) -> Growth:
        """Subtract a term."""
        return self if other is NOTHING else Growth(self.total - other.total, self.rate - other.rate)


class Shares(NamedTuple):
    """What a component adds to the frontier alone and to the follower alone."""

    frontier: Growth
    follower: Growth


type Term = Callable[[ModelCard, Parameters, Values], Shares]

NOTHING = Growth(0.0, 0.0)


@dataclass(frozen=True)
class Component:
    """A named component: its parameters and its term."""

    parameters: tuple[str, ...]
    term: Term


def steady(t: Values, *factors: Values) -> Growth:
    """Constant growth by the product of yearly factors."""
    rate = sum(np.log(factor) for factor in factors)
    return Growth(rate * t, rate)


def ramp(t: Values, start: Values, height: Values) -> Growth:
    """Growth by `height` ln FLOP over the year that follows `start`."""
    since = t - start
    return Growth(height * (np.abs(since) - np.abs(since - 1) + 1) / 2, height * ((since >= 0) * (since < 1)))


def scaled(growth: Growth, factor: Values) -> Growth:
    """A term times a factor."""
    return Growth(growth.total * factor, growth.rate * factor)


def shifted(growth: Growth, by: Values) -> Growth:
    """A term with a constant offset."""
    return Growth(growth.total + by, growth.rate)


def _only_frontier(growth: Growth) -> Shares:
    return Shares(growth, NOTHING)


def _only_follower(growth: Growth) -> Shares:
    return Shares(NOTHING, growth)


def _pieces(ends: tuple[str, ...], factors: tuple[str, ...]) -> Term:
    """Piecewise spending whose dates and factors are parameters."""

    def term(card: ModelCard, p: Parameters, t: Values) -> Shares:
        dates = [p[name] for name in ends]
        growth = [p[name] if name else 1.0 for name in factors]
        return _only_frontier(Growth(piecewise_spending(t, dates, growth), piecewise_spending_rate(t, dates, growth)))

    return term


def _stated_pieces(card: ModelCard, p: Parameters, t: Values) -> Shares:
    """Piecewise spending whose later pieces are written on the card."""
    ends = [piece.after for piece in card.pieces]
    factors = [p["g_investment"], *(piece.factor for piece in card.pieces)]
    return _only_frontier(Growth(piecewise_spending(t, ends, factors), piecewise_spending_rate(t, ends, factors)))


def _capped(card: ModelCard, p: Parameters, t: Values) -> Shares:
    g, cap = p["g_investment"], p["spending_cap"]
    return _only_frontier(Growth(capped_spending(t, g, cap), capped_spending_rate(t, g, cap)))


def _inference(card: ModelCard, p: Parameters, t: Values) -> Shares:
    """Replace the training budget by what a fixed price per token buys (the paper's equation)."""
    price = (p["price_per_token"], p["flop_per_usd"], p["g_hardware"], p["g_inference"], p["g_algorithms"])
    shared = steady(t, p["g_hardware"], p["g_algorithms"])
    rate = 2 * (np.log(p["g_hardware"]) + np.log(p["g_inference"])) + np.log(p["g_algorithms"])
    total = inference_compute(t, *price) - np.log(p["C0"]) - shared.total
    return _only_follower(Growth(total, rate - shared.rate))


def _size_class(card: ModelCard, p: Parameters, t: Values) -> Shares:
    """Models of a fixed number of parameters: no hardware gain, but more tokens and distillation."""
    without_hardware = scaled(steady(t, p["g_hardware"]), -1.0)
    return _only_follower(without_hardware + steady(t, p["g_overtraining"]))


def _late_algorithms(card: ModelCard, p: Parameters, t: Values) -> Shares:
    """The follower gets a share of algorithmic progress, and gets it late."""
    algorithms = steady(t, p["g_algorithms"])
    behind = p["algorithm_share"] * p["algorithm_delay"] * algorithms.rate
    return _only_follower(shifted(scaled(algorithms, p["algorithm_share"] - 1.0), -behind))


def _own_algorithms(card: ModelCard, p: Parameters, t: Values) -> Shares:
    """Each actor has its own rate of algorithmic progress."""
    return _only_follower(steady(t, p["g_algorithms_budget"]) + scaled(steady(t, p["g_algorithms"]), -1.0))


def _test_time(card: ModelCard, p: Parameters, t: Values) -> Shares:
    """Inference spending as a second source of effective compute; the follower has a share of it."""
    gained = scaled(steady(t, p["g_test_time"]), p["test_time_exchange"])
    return Shares(gained, scaled(gained, p["test_time_share"]))


def _paradigm(card: ModelCard, p: Parameters, t: Values) -> Shares:
    """A dated jump of the frontier, shared after a delay."""
    start, jump = p["paradigm_time"], p["paradigm_jump"]
    return Shares(ramp(t, start, jump), ramp(t, start + p["paradigm_delay"], jump))


INVESTMENT: dict[named.Investment, Component] = {
    "constant": Component(("g_investment",), _pieces((), ("g_investment",))),
    "stop": Component(("g_investment", "investment_end"), _pieces(("investment_end",), ("g_investment", ""))),
    "slow_down": Component(
        ("g_investment", "investment_end", "g_investment_late"),
        _pieces(("investment_end",), ("g_investment", "g_investment_late")),
    ),
    "cap": Component(("g_investment", "spending_cap"), _capped),
    "piecewise": Component(("g_investment",), _stated_pieces),
}
"""How the frontier's spending grows."""

GROWTH: dict[named.Growth, Component] = {
    "training": Component((), lambda card, p, t: _only_follower(NOTHING)),
    "price_band": Component(("g_price",), lambda card, p, t: _only_follower(steady(t, p["g_price"]))),
    "inference": Component(("price_per_token", "flop_per_usd", "g_inference"), _inference),
    "size_class": Component(("g_overtraining",), _size_class),
    "spending": Component(("g_spending",), lambda card, p, t: _only_follower(steady(t, p["g_spending"]))),
}
"""What a follower's effective compute grows by."""

ALGORITHMS: dict[named.Algorithms, Component] = {
    "shared": Component((), lambda card, p, t: _only_follower(NOTHING)),
    "late": Component(("algorithm_share", "algorithm_delay"), _late_algorithms),
    "own": Component(("g_algorithms_budget",), _own_algorithms),
}
"""How algorithmic progress reaches the followers."""

EXTRAS: dict[named.Extra, Component] = {
    "test_time_compute": Component(("g_test_time", "test_time_exchange", "test_time_share"), _test_time),
    "new_paradigm": Component(("paradigm_time", "paradigm_jump", "paradigm_delay"), _paradigm),
    "data_wall": Component(("data_wall_time", "data_gap"), lambda card, p, t: _only_follower(NOTHING)),
}
"""What a story adds; the data wall acts on loss, not on compute (`meekcast.model.theory.loss_floor`)."""


def components(card: ModelCard, follower: FollowerEntry) -> list[Component]:
    """Components that a card names, the growth of one of its followers among them."""
    chosen = [INVESTMENT[card.investment], GROWTH[follower.growth], ALGORITHMS[card.algorithms]]
    return chosen + [EXTRAS[name] for name in card.extras]
