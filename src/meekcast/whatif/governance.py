"""FLOP rules: when a budget passes each of them, and how long that leaves a regulator."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from meekcast.clock import When
from meekcast.errors import InputError
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.answer import Answer
from meekcast.forecasts.questions.when import when
from meekcast.vocabulary.expression import number_text


@dataclass(frozen=True)
class Rule:
    """A threshold of training compute above which duties begin.

    Parameters
    ----------
    name : str
        What it is called.
    flop : float
        The threshold, in FLOP.
    source : str
        Where it is written.
    """

    name: str
    flop: float
    source: str


RULES = (
    Rule("EU AI Act", 1e25, "Regulation (EU) 2024/1689, Article 51(2): presumption of systemic risk"),
    Rule("US order of 2023", 1e26, "Executive Order 14110, section 4.2(b); revoked in January 2025"),
)
"""Rules that are shown by default. They count raw FLOP."""

COUNTED = {"raw": "budget_compute", "effective": "budget_effective_compute"}
"""How compute is counted: as laws do, or in FLOP of the algorithms to which the scaling law was fitted."""


@dataclass(frozen=True, eq=False)
class Passing:
    """When one budget passes one rule.

    Parameters
    ----------
    rule : Rule
        The rule.
    budget_usd : float or None
        The budget; None for the card's own.
    counted : {"raw", "effective"}
        How compute is counted.
    answer : Answer
        The date.
    lead_time : dict of str to float or None
        Quantiles of the years from today to that date, negative where it is past, infinite where it is
        not before the horizon; None on a clock without a calendar.
    """

    rule: Rule
    budget_usd: float | None
    counted: str
    answer: Answer
    lead_time: dict[str, float] | None


def read_rules(stated: Iterable[str]) -> tuple[Rule, ...]:
    """The built-in rules and those that a user states as ``NAME=FLOP``; the same name replaces.

    Raises
    ------
    InputError
        If one cannot be read, or is not a positive number.

    Examples
    --------
    >>> [rule.flop for rule in read_rules(["EU AI Act=1e24", "ours=1_000e21"])]
    [1e+24, 1e+26, 1e+24]
    """
    rules = {rule.name: rule for rule in RULES}
    for text in stated:
        name, equals, number = (part.strip() for part in text.partition("="))
        try:
            flop = float(number)
        except ValueError:
            flop = math.nan
        if not equals or not name or not (math.isfinite(flop) and flop > 0):
            raise InputError(f"cannot read the rule {text!r}", "Write NAME=FLOP, such as --rule 'Our rule=1e24'.")
        rules[name] = Rule(name, flop, "stated by the user")
    return tuple(rules.values())


def governance(
    source_of: Callable[[float | None], Draws],
    rules: Sequence[Rule],
    budgets: Sequence[float | None],
    by: Sequence[str | When] = (),
    today: float | None = None,
) -> list[Passing]:
    """When each budget passes each rule, counted raw where the card knows raw compute, and effective.

    Parameters
    ----------
    source_of : callable
        From a budget in USD (None: the card's own) to its draws.
    rules : sequence of Rule
        The rules.
    budgets : sequence of float or None
        The budgets.
    by : sequence of str, float or datetime.date, optional
        Dates by which the probability is asked; some round years by default.
    today : float, optional
        Decimal year from which lead time counts, on a calendar clock.

    Returns
    -------
    list of Passing
        By budget, rule and count.
    """
    passings = []
    for usd in budgets:
        source = source_of(usd)
        counts = [(counted, name) for counted, name in COUNTED.items() if source.scope.knows(name)]
        for rule in rules:
            for counted, name in counts:
                answer = when(f"{name} >= {number_text(rule.flop)} FLOP", source, by)
                left = None
                if source.calendar and today is not None:
                    left = {p: date - today for p, date in answer.quantiles.items()}
                passings.append(Passing(rule, usd, counted, answer, left))
    return passings
