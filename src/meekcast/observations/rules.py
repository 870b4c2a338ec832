"""Rules that say which models count for an actor, and the grammar of their one line.

::

    rule  := part ("and" part)*
    part  := "open_weights" | limit "<=" number [unit]
    limit := "price" | "parameters" | "cost_per_task"

A limit is an upper one and is met by what equals it. Of what a model is not known to have, it has nothing: a model
without a known price meets no limit on prices.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, override

from meekcast.errors import InputError, nearest
from meekcast.vocabulary.expression import number_text
from meekcast.vocabulary.grammar import fault

Entry = Literal["price", "first_price", "release"]
"""From when on a model counts whose price a rule asks for, see `meekcast.observations.records.admitted_from`."""

UNITS = {
    "price": ("USD per million tokens", "USD"),
    "parameters": ("", "parameters"),
    "cost_per_task": ("USD", "USD per task"),
}
"""What a rule can limit, and how the unit may be written; the first is the one of the canonical text."""

OPEN_WEIGHTS = "open_weights"

_REMEDY = (
    "Write for example 'price <= 1 USD per million tokens', 'open_weights and parameters <= 40e9' or "
    "'cost_per_task <= 0.1 USD'."
)
_PART = re.compile(r"([^\s<>=!]*)\s*([<>=!]*)\s*(\S*)\s*(.*)")  # name, operator, number, unit: some or none of them
_AND = re.compile(r"\band\b")


@dataclass(frozen=True)
class Rule:
    """Which models count: all limits that are stated have to be met.

    Parameters
    ----------
    price : float, optional
        Highest blended price, in USD per million tokens.
    open_weights : bool, default False
        Whether only models with open weights count.
    parameters : float, optional
        Largest number of parameters, all of them, not those active at a time.
    cost_per_task : float, optional
        Highest cost of a task of the benchmark, in USD.

    Raises
    ------
    InputError
        If it states nothing, or a limit is not a positive number.

    Examples
    --------
    >>> str(Rule(open_weights=True, parameters=40e9))
    'open_weights and parameters <= 40e9'
    """

    price: float | None = None
    open_weights: bool = False
    parameters: float | None = None
    cost_per_task: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no model or every model would meet."""
        limits = {name: getattr(self, name) for name in UNITS}
        if not self.open_weights and all(value is None for value in limits.values()):
            raise InputError("the rule is empty: every model would count, as for the frontier", _REMEDY)
        for name, value in limits.items():
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"{name}: a limit is a positive number, got {value:g}", _REMEDY)

    @classmethod
    def read(cls, text: str) -> Rule:
        """Read a rule as a user types it.

        Parameters
        ----------
        text : str
            In the grammar above.

        Returns
        -------
        Rule
            What it says.

        Raises
        ------
        InputError
            If it is not of the grammar; points at the place.

        Examples
        --------
        >>> Rule.read("price <= 1 USD per million tokens and open_weights")
        Rule(price=1.0, open_weights=True, parameters=None, cost_per_task=None)
        """
        text = " ".join(text.split())
        if not text:
            raise InputError("the rule is empty", _REMEDY)
        stated: dict[str, float] = {}
        begin = 0
        for end, after in [*(match.span() for match in _AND.finditer(text)), (len(text), len(text))]:
            column = begin + len(text[begin:end]) - len(text[begin:end].lstrip())
            name, value = _part(text, column, text[begin:end].strip())
            if name in stated:
                raise fault(text, column, f"{name} is stated twice", "State each condition once.")
            stated[name] = value
            begin = after
        open_weights = stated.pop(OPEN_WEIGHTS, None) is not None
        return cls(open_weights=open_weights, **stated)

    @override
    def __str__(self) -> str:
        """Canonical text, which `read` reads back."""
        parts = [OPEN_WEIGHTS] if self.open_weights else []
        for name, (unit, *_) in UNITS.items():
            value = getattr(self, name)
            if value is not None:
                limit = f"{name} <= {_limit_text(name, value)} {unit}".rstrip()
                parts = [limit, *parts] if name == "price" else [*parts, limit]
        return " and ".join(parts)


class Actor(NamedTuple):
    """A follower: its name, which models count for it, and from when on."""

    name: str
    rule: Rule
    entry: Entry = "price"


USUAL_ACTORS = (
    Actor("price_band", Rule(price=1.0)),
    Actor("open_weights", Rule(open_weights=True)),
    Actor("home_computer", Rule(open_weights=True, parameters=40e9)),
    Actor("pennies", Rule(price=0.1)),
)
"""Followers that `meekcast evidence` counts the records of."""


def _part(text: str, column: int, part: str) -> tuple[str, float]:
    """One condition: its name, and its limit (nan for the one that has none)."""
    match = _PART.fullmatch(part)
    name, operator, number, unit = match.groups() if match else (part, "", "", "")
    if name not in (*UNITS, OPEN_WEIGHTS):
        what = f"unknown condition {name!r}" if name else "a condition is missing"
        raise fault(text, column, what, nearest(name, [*UNITS, OPEN_WEIGHTS]))
    if name == OPEN_WEIGHTS:
        if operator or number:
            raise fault(text, column, "open_weights takes no number", "Write 'open_weights' alone.")
        return name, math.nan
    if operator != "<=":
        got = f", got {operator!r}" if operator else ""
        raise fault(text, column, f"{name} needs an upper limit{got}", f"Write '{name} <= NUMBER'.")
    return name, _limit(text, column, name, number, unit)


def _limit(text: str, column: int, name: str, number: str, unit: str) -> float:
    """A number in the unit of its condition."""
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        what = f"a limit is a positive number, got {number!r}" if number else "a number is missing"
        raise fault(text, column, what, f"Write for example '{name} <= 1e9'." if name == "parameters" else _REMEDY)
    if unit and unit not in UNITS[name]:
        allowed = " or ".join(repr(u) for u in UNITS[name] if u)
        raise fault(text, column, f"unknown unit {unit!r} of {name}", f"Write {allowed}, or no unit.")
    return value


def _limit_text(name: str, value: float) -> str:
    """A limit that is read back as itself; parameters in billions, as people count them."""
    if name == "parameters" and value >= 1e9:
        billions = f"{number_text(value / 1e9)}e9"
        if "e" not in billions.removesuffix("e9") and float(billions) == value:
            return billions
    return number_text(value)
