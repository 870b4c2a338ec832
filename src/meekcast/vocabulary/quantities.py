"""What can be asked of a forecast: every quantity with its unit, its meaning and its equation.

A quantity reads the *state* of a follower: its parameters by name, ``time`` in years since the card's start, and the
realised paths ``x_frontier`` and ``lead`` with the present growth ``rates`` and the ``loss_floor``. Scores of
benchmarks, and the lags, which are read off whole paths (`meekcast.model.realised.lag`), are part of it.

A name says whose it is: ``loss_open_weights``, ``open_weights_lag``. What is between the frontier and a card's first
follower has no prefix: ``lag``, ``loss_gap``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
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
    follower : str
        Whose state it reads; empty for the frontier's own, which is part of every state.
    """

    name: str
    unit: str
    long_name: str
    compute: Callable[[State], Values]
    only_with: str | None = None
    low: float = -math.inf
    high: float = math.inf
    follower: str = ""

    @property
    def attributes(self) -> dict[str, str | float]:
        """Labels of its values as NetCDF's conventions name them; a limit that is infinite is left out."""
        limits = {"valid_min": self.low, "valid_max": self.high}
        finite = {name: limit for name, limit in limits.items() if math.isfinite(limit)}
        return {"units": self.unit, "long_name": self.long_name, **finite}


def _loss_gap_slope(s: State) -> Values:
    follower, frontier, lead = s["rates"]
    law, x_follower = (s["alpha"], s["A"]), s["x_frontier"] - s["lead"]
    # Seen from the actor that is behind, as below.
    led = gap.loss_gap_slope(s["x_frontier"], np.maximum(s["lead"], 0), *law, follower, lead)
    trailed = gap.loss_gap_slope(x_follower, np.maximum(-s["lead"], 0), *law, frontier, -lead)
    return np.where(s["lead"] >= 0, led, -trailed) + s["loss_floor"].rate


def _loss_follower(s: State) -> Values:
    return scaling.loss(s["x_frontier"] - s["lead"], s["alpha"], s["A"], s["L0"]) + s["loss_floor"].total


def _tokens(s: State) -> Values:
    return sprt.tokens(_loss_gap(s), s["type_1"], s["type_2"], s["slowdown"])


def _loss_gap(s: State) -> Values:
    law = s["alpha"], s["A"]
    # Seen from the actor that is behind, so that no lead, however large, overflows: one of the two is zero.
    led = gap.loss_gap(s["x_frontier"], np.maximum(s["lead"], 0), *law)
    if np.all(s["lead"] >= 0):
        return led + s["loss_floor"].total
    trailed = gap.loss_gap(s["x_frontier"] - s["lead"], np.maximum(-s["lead"], 0), *law)
    return led - trailed + s["loss_floor"].total


class Followed(NamedTuple):
    """A follower as the registry sees it: its name, what its quantities are prefixed with, title and growth."""

    name: str
    prefix: str = ""
    title: str = "the budget actor"
    growth: str = "training"


FRONTIER = (
    Quantity(
        "loss_frontier",
        "nats/token",
        "loss of the frontier",
        lambda s: scaling.loss(s["x_frontier"], s["alpha"], s["A"], s["L0"]),
        low=0.0,
    ),
    Quantity(
        "frontier_effective_compute",
        "FLOP",
        "effective compute of the frontier",
        lambda s: np.exp(s["x_frontier"]),
        low=0.0,
    ),
)
"""Quantities of the frontier alone."""


_OF_FOLLOWER: dict[str, tuple[str, str, Callable[[State], Values]]] = {
    "loss_{name}": ("nats/token", "loss of {title}", _loss_follower),
    "{prefix}loss_gap": ("nats/token", "loss gap, {title} minus frontier", _loss_gap),
    "{prefix}loss_gap_slope": ("nats/token/year", "change of the loss gap to {title}", _loss_gap_slope),
    "{prefix}tokens": ("tokens", "expected tokens to tell {title} from the frontier", _tokens),
    "{prefix}lead": (
        "ln FLOP", "lead of the frontier over {title}, ln of the ratio of effective compute", lambda s: s["lead"],
    ),
    "{prefix}lag": ("years", "years until the frontier's present level is reached by {title}", lambda s: s["lag"]),
    "{prefix}lag_behind": (
        "years", "years since the frontier stood at the present level of {title}", lambda s: s["lag_behind"],
    ),
    "{name}_effective_compute": (
        "FLOP", "effective compute of {title}", lambda s: np.exp(s["x_frontier"] - s["lead"]),
    ),
    "{name}_compute": (
        "FLOP", "raw compute of {title}, as laws count it",
        lambda s: s["C0"] * np.power(s["g_hardware"], s["time"]),
    ),
}  # fmt: skip
"""Quantities of a follower and between the frontier and it: name, then unit, meaning and equation."""

_NEVER_NEGATIVE = ("loss_{name}", "{prefix}tokens", "{name}_effective_compute", "{name}_compute")
_ONLY_WITH = {"{prefix}loss_gap_slope": "none", "{name}_compute": "training"}


def of_follower(followed: Followed) -> tuple[Quantity, ...]:
    """Quantities of a follower, and between the frontier and it.

    Examples
    --------
    >>> [q.name for q in of_follower(Followed("pennies", "pennies_", "pennies", "price_band"))][:3]
    ['loss_pennies', 'pennies_loss_gap', 'pennies_loss_gap_slope']
    """
    words = followed._asdict()
    return tuple(
        Quantity(
            name.format(**words), unit, meaning.format(**words), equation, _ONLY_WITH.get(name),
            0.0 if name in _NEVER_NEGATIVE else -math.inf, follower=followed.name,
        )
        for name, (unit, meaning, equation) in _OF_FOLLOWER.items()
    )  # fmt: skip


GENERAL = {q.name: q for q in (*FRONTIER, *of_follower(Followed("budget")))}
"""Quantities of the paper's card, where the follower is called ``budget``."""

OF_WHOLE_PATHS = ("lag", "lag_behind")
"""Quantities that are read off whole paths: the same state at a date may follow on another past."""

LEADS = ("lead", "loss_gap", "gap")
"""Endings of quantities that are never negative where the frontier is the best of all models (discrepancy "ou")."""

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


class Measure(NamedTuple):
    """A benchmark as the registry sees it: name, title, unit, and the followers of whom it has evidence."""

    name: str
    title: str
    unit: str
    observed: tuple[str, ...] = ()


def of_benchmark(measure: Measure, followers: Sequence[Followed]) -> list[Quantity]:
    """Quantities of one benchmark: scores of all actors, gaps, and where there is evidence the gaps observed.

    Examples
    --------
    >>> [q.name for q in of_benchmark(Measure("gpqa", "GPQA", "points", ("budget",)), [Followed("budget")])]
    ['gpqa_frontier', 'gpqa_budget', 'gpqa_gap', 'gpqa_gap_observed']
    """
    key, title, unit, observed = measure
    low, high = SCORES.get(unit, (-math.inf, math.inf))
    found = [_of_state(f"{key}_frontier", unit, f"{title} score of the frontier", low, high)]
    for name, prefix, whose, _ in followers:
        gap_limits, own = (low - high, high - low), prefix + key
        found.append(_of_state(f"{key}_{name}", unit, f"{title} score of {whose}", low, high))
        found.append(_of_state(f"{own}_gap", unit, f"{title} gap, frontier minus {whose}", *gap_limits))
        if name in observed:
            meaning = f"{title} gap to {whose} as a leaderboard shows it, noise and running best included"
            found.append(_of_state(f"{own}_gap_observed", unit, meaning, 0.0, high - low))
    return found


def _of_state(name: str, unit: str, meaning: str, low: float, high: float) -> Quantity:
    return Quantity(name, unit, meaning, lambda s: s[name], low=low, high=high)


def available(followers: Sequence[Followed], discrepancy: str, benchmarks: Iterable[Measure]) -> dict[str, Quantity]:
    """All quantities that a card can answer.

    Parameters
    ----------
    followers : sequence of Followed
        The card's followers.
    discrepancy : str
        How its paths depart from theory.
    benchmarks : iterable of Measure
        The card's benchmarks.

    Returns
    -------
    dict of str to Quantity
        By name.
    """
    found = list(FRONTIER)
    for followed in followers:
        found += [q for q in of_follower(followed) if q.only_with in {None, followed.growth, discrepancy}]
    found += [q for measure in benchmarks for q in of_benchmark(measure, followers)]
    leads = tuple(f"_{ending}" for ending in LEADS) if discrepancy != "none" else ()
    return {q.name: replace(q, low=0.0) if f"_{q.name}".endswith(leads) else q for q in found}


_BETWEEN = ("loss_gap", "loss_gap_slope", "tokens", "lead", "lag", "lag_behind", "_gap", "_gap_observed")
_LEVEL = "_effective_compute"


def aliases(names: Collection[str]) -> dict[str, str]:
    """Other names of quantities, by which questions may call them.

    An actor's level is its effective compute, on which every score depends. What is an actor's may begin with its
    name (``price_band_lag``, ``frontier_loss``), so that ``lag of price_band`` can be read; a card's first follower may
    be called ``budget``, whatever it is.

    Parameters
    ----------
    names : collection of str
        Names of all quantities of a card.

    Returns
    -------
    dict of str to str
        From other names to names.

    Examples
    --------
    >>> names = [q.name for q in (*FRONTIER, *of_follower(Followed("price_band")))]
    >>> [aliases(names)[name] for name in ("budget_level", "price_band_lag", "frontier_loss", "loss_budget")]
    ['price_band_effective_compute', 'lag', 'loss_frontier', 'loss_price_band']
    """
    actors = [name.removesuffix(_LEVEL) for name in names if name.endswith(_LEVEL)]
    later = [actor for actor in actors if f"{actor}_lag" in names]
    found = {f"{actor}_level": f"{actor}{_LEVEL}" for actor in actors}
    for actor in actors:
        found |= {f"{actor}_{n.removesuffix(f'_{actor}')}": n for n in names if n.endswith(f"_{actor}")}
    for first in [actor for actor in actors if actor not in (*later, "frontier")]:
        others = tuple(f"{actor}_" for actor in later)
        between = [n for n in names if n.endswith(_BETWEEN) and not n.startswith(others)]
        found |= {f"{first}_{n}": n for n in between}
        if "budget" not in actors:
            whose = {**found, **{n: n for n in names}}
            found |= {_renamed(n, first): meant for n, meant in whose.items() if _renamed(n, first) != n}
    return {alias: name for alias, name in found.items() if alias not in names}


def _renamed(name: str, actor: str) -> str:
    """What something of an actor's is called where the actor is called ``budget``."""
    if name.startswith(f"{actor}_"):
        return f"budget_{name.removeprefix(f'{actor}_')}"
    return f"{name.removesuffix(f'_{actor}')}_budget" if name.endswith(f"_{actor}") else name
