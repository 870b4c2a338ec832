"""Weights of cards from their backtests: what the data say, and what they leave to prior weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.backtests.resampling import BLOCK, Bootstrap, Futures, bootstrap
from meekcast.backtests.summary import question
from meekcast.equations.types import Array
from meekcast.stacks.stacking import TAILS, Stacked, stack

if TYPE_CHECKING:
    from meekcast.backtests.documents import HeldOut, Row
    from meekcast.stacks.documents import Behind, CardWeight, Group, Weights

ENOUGH_TARGETS, ENOUGH_ORIGINS = 10, BLOCK + 1
"""Held-out targets that cards must share, and origins of these, before the data weigh them."""
BY_SCORE, BY_PRIOR = "held-out score", "prior"


def weigh(backtests: Mapping[str, HeldOut | None], prior: Mapping[str, float], seed: int = 0) -> Weights:
    """Weigh cards by what they would have forecast.

    Parameters
    ----------
    backtests : mapping of str to dict or None
        Each card's held-out scores (`meekcast.backtests.scorecard.held_out`); None for a card that reads no evidence.
    prior : mapping of str to float
        Prior weight of each card, positive, in any unit.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    dict
        ``cards`` (weight, group, prior weight, share of the group, mean log score less the best's), ``groups`` (weight,
        interval, and whether it is weighted by score or by prior), ``targets`` and ``origins`` (how many are shared),
        ``of_earlier_version`` (cards whose scores are of an earlier version of meekcast).
    """
    total = sum(prior[card] for card in backtests)
    held_out = comparable(backtests)
    if not held_out:
        groups = [_prior_group(card, prior[card] / total) for card in backtests]
        return _document(groups, backtests, prior, {}, [])
    shared = _shared(held_out)
    mass = sum(prior[card] for card in held_out) / total
    table = np.array([[-row["log_score"] for row in _rows(held_out[card], shared)] for card in held_out]).T
    rows = _rows(next(iter(held_out.values())), shared)
    drawn = bootstrap(Futures.of(rows), seed)
    found = stack(table, drawn, np.array([prior[card] for card in held_out]))
    groups = _groups(list(held_out), found, mass)
    groups += [_prior_group(card, prior[card] / total) for card in backtests if card not in held_out]
    behind = dict(zip(held_out, _behind(table, drawn), strict=True))
    return _document(groups, backtests, prior, behind, [row["origin"] for row in rows])


def comparable(backtests: Mapping[str, HeldOut | None]) -> dict[str, HeldOut]:
    """Cards that share held-out targets with the card that has most of them; empty if too few are left."""
    known = {card: found for card, found in backtests.items() if found}
    if not known:
        return {}
    most = {question(row) for row in max(known.values(), key=lambda found: len(found["rows"]))["rows"]}
    alike = {
        card: found
        for card, found in known.items()
        if len(most & {question(row) for row in found["rows"]}) >= ENOUGH_TARGETS
    }
    shared = _shared(alike) if alike else set()
    enough = len(shared) >= ENOUGH_TARGETS and len({origin for origin, *_ in shared}) >= ENOUGH_ORIGINS
    return alike if len(alike) > 1 and enough else {}


def _shared(backtests: Mapping[str, HeldOut]) -> set[tuple[Any, ...]]:
    return set.intersection(*({question(row) for row in found["rows"]} for found in backtests.values()))


def _rows(found: HeldOut, shared: set[tuple[Any, ...]]) -> list[Row]:
    """Rows of the shared targets, in an order that is the same for every card."""
    return sorted((row for row in found["rows"] if question(row) in shared), key=question)


def _behind(table: Array, drawn: Bootstrap) -> list[Behind]:
    """How far each card's mean log score lies behind the best card's, in nats a target, with its interval."""
    times = drawn.weights[:, drawn.place]
    best = int(np.argmax(table.mean(axis=0)))
    means = (times @ (table[:, [best]] - table)) / times.sum(axis=1, keepdims=True)
    low, high = means[0] + drawn.reach * (np.quantile(means[1:], TAILS, axis=0) - means[0])
    return [
        {"log_score": -float(table[:, k].mean()), "behind_best": float(means[0, k]), "interval": [low[k], high[k]]}
        for k in range(table.shape[1])
    ]


def _groups(cards: Sequence[str], found: Stacked, mass: float) -> list[Group]:
    """Groups that the data weigh, each with the interval of its weight."""
    several = found.group.max() > 0
    groups: list[Group] = []
    for number in range(found.group.max() + 1):
        here = np.flatnonzero(found.group == number)
        share = float(found.prior[here[0]] / found.prior[here].sum())  # a card's interval is its share of the group's
        groups.append(
            {
                "cards": [cards[k] for k in here.tolist()],
                "weight": mass * float(found.weights[here].sum()),
                "interval": [mass * float(v) / share for v in found.intervals[here[0]]] if several else None,
                "weighted_by": BY_SCORE if several else BY_PRIOR,
            }
        )
    return groups


def _prior_group(card: str, weight: float) -> Group:
    return {"cards": [card], "weight": weight, "interval": None, "weighted_by": BY_PRIOR}


def _document(
    groups: list[Group],
    backtests: Mapping[str, HeldOut | None],
    prior: Mapping[str, float],
    behind: Mapping[str, Behind],
    origin: Sequence[str],
) -> Weights:
    cards: dict[str, CardWeight] = {}
    for number, group in enumerate(groups):
        in_group = sum(prior[card] for card in group["cards"])
        for card in group["cards"]:
            share = prior[card] / in_group
            cards[card] = {
                "card": card,
                "weight": group["weight"] * share,
                "group": number + 1,
                "prior_weight": prior[card],
                "share_of_group": share,
                "score": behind.get(card),
            }
    return {
        "cards": [cards[card] for card in backtests],
        "groups": [{"group": number + 1, **group} for number, group in enumerate(groups)],
        "targets": len(origin),
        "origins": len(set(origin)),
        "of_earlier_version": [card for card, found in backtests.items() if found and found.get("earlier_version")],
    }
