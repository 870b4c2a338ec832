"""What the closed forms prove never to happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations import dates
from meekcast.equations.sprt import decision_nats
from meekcast.equations.types import Array, Mask
from meekcast.model.theory import parameters_of, rates
from meekcast.vocabulary.expression import Comparison, Level

if TYPE_CHECKING:
    from meekcast.cards.schema import ModelCard
    from meekcast.vocabulary.expression import Expression


def never(card: ModelCard, question: Expression, p: Mapping[str, Array]) -> Mask | None:
    """Draws in which a question's condition does not come to hold for good, where the closed forms prove it.

    They do for a loss gap (and for the tokens and the trend that follow from it) under constant growth
    without discrepancy. It may still hold for a while, and so up to a horizon.

    Parameters
    ----------
    card : ModelCard
        Names the components.
    question : Expression
        The question.
    p : mapping of str to ndarray, shape (n,)
        Draws of the parameters.

    Returns
    -------
    ndarray of bool, shape (n,), or None
        None where nothing is proved.
    """
    asked = question.condition
    plain = isinstance(asked, Comparison) and isinstance(asked.right, Level) and asked.left.at is None
    if not card.constant_growth or not plain or question.lasting != "stays":
        return None
    assert isinstance(asked, Comparison)
    name, level = card.scope.name(asked.left, question.text), card.scope.level(asked, question.text)
    whose = card.quantities[name].follower
    follower = next((f for f in card.followers if f.name == whose), card.followers[0])
    p = parameters_of(card, follower, p)
    growth = rates(card, follower, p, 0.0)
    match name.removeprefix(card.prefix(follower)), asked.operator:
        case "loss_gap_slope", "<" if level == 0:
            return ~_ends_falling(*growth, p["R"])
        case "loss_gap", "<" if level > 0:
            eps: Array | float = level
        case "tokens", ">" if level > 0:
            eps = p["slowdown"] * decision_nats(p["type_1"], p["type_2"]) / level
        case _:
            return None
    s, g = np.exp(growth.follower), np.exp(growth.lead)
    shrinks = g < 1  # the lead itself ends
    g = np.where(shrinks, 1.0, g)
    last = dates.end_time(p["alpha"], p["A"], p["C0"], s, g, p["R"], eps)
    return np.asarray((last == np.inf) & ~shrinks)


def _ends_falling(follower: Array, frontier: Array, lead: Array, R: Array) -> Mask:
    """Whether the loss gap falls for good in the end, from the rates of growth.

    In the limit a growing lead leaves the follower's loss, a shrinking one the frontier's.
    """
    constant_lead = np.log(R) * follower > 0
    settled = (frontier < 0) | ((frontier == 0) & (follower > 0))
    return np.select([lead > 0, lead < 0], [follower > 0, settled], constant_lead)
