"""The closed registry of parameters: name, unit, meaning and the values they may take."""

import math
from dataclasses import dataclass, replace
from typing import get_args

from meekcast.errors import InputError, nearest
from meekcast.vocabulary.components import Kind


@dataclass(frozen=True)
class Parameter:
    """A quantity on which a prior can stand.

    Parameters
    ----------
    name : str
        Name on cards and on the command line.
    unit : str
        Unit of its values.
    meaning : str
        What one value says, in one sentence.
    low, high : float
        Open support.
    """

    name: str
    unit: str
    meaning: str
    low: float = 0.0
    high: float = math.inf


GENERAL = {
    p.name: p
    for p in (
        Parameter("alpha", "per ln FLOP", "exponent of the scaling law"),
        Parameter("A", "nats/token", "reducible loss at one FLOP of effective compute"),
        Parameter("L0", "nats/token", "irreducible loss"),
        Parameter("g_hardware", "per year", "growth factor of FLOP per USD"),
        Parameter("g_algorithms", "per year", "growth factor of algorithmic efficiency"),
        Parameter("g_investment", "per year", "growth factor of the frontier's spending"),
        Parameter("g_inference", "per year", "growth factor of inference efficiency beyond hardware"),
        Parameter(
            "g_price", "per year", "growth factor of what a fixed price band buys, beyond g_hardware g_algorithms"
        ),
        Parameter("C0", "FLOP", "effective compute of the first follower at the card's start"),
        Parameter("R", "ratio", "effective compute at the card's start, frontier over follower"),
        Parameter("g_investment_late", "per year", "growth factor of the frontier's spending after it slows"),
        Parameter("investment_end", "years", "when the frontier's spending stops or slows, after the start"),
        Parameter("spending_cap", "ratio", "ceiling of the frontier's spending over that at the start", 1.0),
        Parameter("g_overtraining", "per year", "growth factor of what training buys at a fixed number of parameters"),
        Parameter("g_spending", "per year", "growth factor of the follower's own spending"),
        Parameter("price_per_token", "USD/token", "fixed price that the follower pays"),
        Parameter("flop_per_usd", "FLOP/USD", "price-performance at the start"),
        Parameter("g_algorithms_budget", "per year", "growth factor of algorithmic efficiency at small scale"),
        Parameter("algorithm_share", "share", "share of algorithmic progress that reaches the followers"),
        Parameter("algorithm_delay", "years", "delay with which algorithms reach the followers"),
        Parameter("g_test_time", "per year", "growth factor of inference compute spent on an answer"),
        Parameter("test_time_exchange", "ln FLOP per ln FLOP", "training compute that inference compute is worth"),
        Parameter("test_time_share", "share", "share of the gain from inference compute that the followers have"),
        Parameter("paradigm_time", "years", "when the frontier finds a new paradigm, after the start"),
        Parameter("paradigm_jump", "ln FLOP", "what the new paradigm is worth"),
        Parameter("paradigm_delay", "years", "delay with which the new paradigm reaches the followers"),
        Parameter("data_wall_time", "years", "when public text runs out, after the start"),
        Parameter("data_gap", "nats/token", "loss that data which money alone buys keeps from the followers"),
        Parameter("frontier_sd", "ln FLOP", "stationary SD of the frontier's departure from theory"),
        Parameter("frontier_memory", "years", "correlation time of the frontier's departure from theory"),
        Parameter("lead_sd", "ln FLOP", "stationary SD of the lead's departure from theory"),
        Parameter("lead_memory", "years", "correlation time of the lead's departure from theory"),
        Parameter("type_1", "probability", "chance to prefer the worse model by mistake", 0.0, 0.5),
        Parameter("type_2", "probability", "chance to miss the better model", 0.0, 0.5),
        Parameter("slowdown", "ratio", "how many times slower than the ideal test a judge is"),
    )
}
"""Parameters that any card may use."""

PLAUSIBLE = {
    "per year": (1e-2, 1e3),
    "per ln FLOP": (1e-4, 10.0),
    "nats/token": (1e-9, 1e15),
    "FLOP": (1.0, 1e50),
    "ratio": (1e-15, 1e15),
    "share": (0.0, 1e3),
    "ln FLOP per ln FLOP": (0.0, 1e3),
    "years": (1e-3, 1e3),
    "ln FLOP": (-1e3, 1e3),
    "USD/token": (1e-20, 1e6),
    "FLOP/USD": (1.0, 1e40),
    "score": (-1e6, 1e6),
    "score per ln FLOP": (1e-6, 1e6),
    "logit per ln FLOP": (1e-4, 1e3),
}
"""Values beyond which nothing means anything, by unit: a number there is a slip, and what follows may overflow."""

LEAST_NOISE = 1e-3
"""Least SD of a published score: a sampler finds no way through less."""

LINK_ROLES = {
    "ceiling": ("score", "best possible score", 0.0, math.inf),
    "difficulty": ("ln FLOP", "ln effective compute at the half-way score", -math.inf, math.inf),
    "discrimination": ("logit per ln FLOP", "slope of the logit at the half-way score", 0.0, math.inf),
    "level": ("score", "score at the reference compute", -math.inf, math.inf),
    "slope": ("score per ln FLOP", "score gained per ln FLOP", 0.0, math.inf),
    "rounding": ("score", "width of the bend below the ceiling", 0.0, math.inf),
    "noise": ("score", "SD of a published score about the link, harness and rounding included", 0.0, math.inf),
    "taste_sd": ("ln FLOP", "stationary SD of how much better an actor is here than its path says", 0.0, math.inf),
    "taste_memory": ("years", "correlation time of how much better an actor is here than its path says", 0.0, math.inf),
}
"""Parameters that each benchmark has of its own, named ``<benchmark>_<role>``."""

ANY_BOARD = "board"
KINDS: dict[str, str] = dict.fromkeys((ANY_BOARD, *get_args(Kind.__value__)), "points")
KINDS |= {"preference": "elo", "index": "index"}
"""Kinds of boards, and any board; each with the unit of its scores."""

OF_KINDS = {
    f"{kind}_{role}": Parameter(
        f"{kind}_{role}", unit.replace("score", score), f"{meaning}; of any such board", *limits
    )
    for kind, score in KINDS.items()
    for role, (unit, meaning, *limits) in LINK_ROLES.items()
}
"""What is believed of a benchmark's parameter where nothing else is said of it: ``<kind>_<role>``, ``board_<role>``."""

POOLED = ("discrimination", "slope", "noise", "taste_sd", "taste_memory")
"""Roles in which boards that nothing is said of are alike: what one shows tells of the others."""


def usual(kind: str | None, role: str) -> tuple[str, ...]:
    """Names under which a benchmark's parameter may be believed, the nearest first.

    Examples
    --------
    >>> usual("code", "noise"), usual(None, "noise")
    (('code_noise', 'board_noise'), ('board_noise',))
    """
    return tuple(f"{of}_{role}" for of in (kind, ANY_BOARD) if of)


def plausible(known: Parameter) -> tuple[float, float]:
    """Limits of what a parameter can plausibly be, inside its support.

    Examples
    --------
    >>> plausible(find("g_investment")), plausible(find("type_1"))
    ((0.01, 1000.0), (0.0, 0.5))
    """
    low, high = PLAUSIBLE.get(known.unit, (known.low, known.high))
    least = LEAST_NOISE if known.name.endswith("_noise") else known.low
    return max(low, least), min(high, known.high)


OF_FOLLOWERS = (
    "R", "lead_sd", "lead_memory", "g_price", "g_overtraining", "g_spending", "g_inference", "price_per_token",
    "flop_per_usd",
)  # fmt: skip
"""Parameters that each follower has of its own: those of a card's second follower are named ``<follower>_<name>``."""


def find(name: str, benchmarks: tuple[str, ...] = (), followers: tuple[str, ...] = ()) -> Parameter:
    """Look a parameter up by name.

    Parameters
    ----------
    name : str
        A general name, ``<benchmark>_<role>`` or ``<follower>_<name>``.
    benchmarks : tuple of str
        Benchmarks of the card; their roles are known names too.
    followers : tuple of str
        Followers of the card after the first; their own parameters are known names too.

    Returns
    -------
    Parameter
        The registry's entry.

    Raises
    ------
    InputError
        If the name is unknown; lists what is allowed, the nearest match first.

    Examples
    --------
    >>> find("alpha").unit
    'per ln FLOP'
    >>> find("mmlu_pro_noise", ("mmlu_pro",)).meaning
    'SD of a published score about the link, harness and rounding included'
    """
    if general := GENERAL.get(name) or OF_KINDS.get(name):
        return general
    known = {f"{b}_{role}": Parameter(f"{b}_{role}", *LINK_ROLES[role]) for b in benchmarks for role in LINK_ROLES}
    for follower in followers:
        known |= {f"{follower}_{own}": _of_follower(follower, GENERAL[own]) for own in OF_FOLLOWERS}
    if name in known:
        return known[name]
    raise InputError(f"unknown parameter {name!r}", nearest(name, GENERAL.keys() | known.keys()))


def _of_follower(follower: str, shared: Parameter) -> Parameter:
    meaning = f"{shared.meaning}; of {follower.replace('_', ' ')}"
    return replace(shared, name=f"{follower}_{shared.name}", meaning=meaning)
