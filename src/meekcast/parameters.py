"""The closed registry of parameters: name, unit, meaning and the values they may take."""

import math
from dataclasses import dataclass

from meekcast.errors import InputError, nearest


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
        Parameter("C0", "FLOP", "effective compute of the budget actor at the card's start"),
        Parameter("R", "ratio", "effective compute at the card's start, frontier over budget"),
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

LINK_ROLES = {
    "ceiling": ("score", "best possible score", 0.0, math.inf),
    "difficulty": ("ln FLOP", "ln effective compute at the half-way score", -math.inf, math.inf),
    "discrimination": ("logit per ln FLOP", "slope of the logit at the half-way score", 0.0, math.inf),
    "noise": ("score", "SD of a published score about the link, harness and rounding included", 0.0, math.inf),
}
"""Parameters that each benchmark has of its own, named ``<benchmark>_<role>``."""


def find(name: str, benchmarks: tuple[str, ...] = ()) -> Parameter:
    """Look a parameter up by name.

    Parameters
    ----------
    name : str
        A general name or ``<benchmark>_<role>``.
    benchmarks : tuple of str
        Benchmarks of the card; their roles are known names too.

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
    if name in GENERAL:
        return GENERAL[name]
    of_links = {f"{b}_{role}": Parameter(f"{b}_{role}", *LINK_ROLES[role]) for b in benchmarks for role in LINK_ROLES}
    if name in of_links:
        return of_links[name]
    raise InputError(f"unknown parameter {name!r}", nearest(name, GENERAL.keys() | of_links.keys()))
