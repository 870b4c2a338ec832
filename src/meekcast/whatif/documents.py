"""Answers to questions as JSON documents with versioned schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from meekcast.forecasts.questions.answer import DEFINITION

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.whatif.comparing import Compared, Comparison
    from meekcast.whatif.governance import Passing, Rule

WHEN, SCENARIOS, GOVERNANCE = "meekcast.when/1", "meekcast.scenarios/1", "meekcast.governance/1"


def when_document(
    answers: Sequence[tuple[float | None, Answer]], source: Draws, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Answers to one question, for one or several budgets.

    Parameters
    ----------
    answers : sequence of tuple of float or None and Answer
        Budget in USD, None for the card's own, and its answer.
    source : Draws
        What was asked; any of them.
    about : mapping
        What else identifies the forecast: ``priors``, ``today``, ``seed``, ``hashes`` and the like.

    Returns
    -------
    dict
        Keys ``schema``, ``expression``, ``given``, ``definition``, ``card``, ``clock``, ``start``,
        ``horizon``, those of `about`, and ``answers``. Dates are decimal years, or years since the start
        on an elapsed clock; probabilities have their Monte Carlo standard error. A question on a date has
        its ``probability``, and no quantiles.
    """
    first = answers[0][1]
    return {
        "schema": WHEN,
        "expression": first.expression,
        "given": list(first.given),
        "definition": DEFINITION,
        **described(source),
        **about,
        "answers": [{"budget_usd": usd, **_without_question(answer)} for usd, answer in answers],
    }


def described(source: Draws) -> dict[str, Any]:
    """Card, clock and span of a source."""
    return {"card": source.card, "clock": source.clock, "start": source.start, "horizon": source.horizon}


def _without_question(answer: Answer) -> dict[str, Any]:
    return {key: value for key, value in answer.as_dict().items() if key not in {"name", "expression", "given"}}


def governance_document(
    passings: Sequence[Passing], rules: Sequence[Rule], source: Draws, about: Mapping[str, Any]
) -> dict[str, Any]:
    """When budgets pass FLOP rules.

    Parameters
    ----------
    passings : sequence of Passing
        From `meekcast.whatif.governance.governance`.
    rules : sequence of Rule
        All rules, with their sources.
    source : Draws
        What was asked; any of them.
    about : mapping
        What else identifies the forecast.

    Returns
    -------
    dict
        As `when_document`, with ``rules`` and ``passings``; ``lead_time`` is in years from ``today``.
    """
    return {
        "schema": GOVERNANCE,
        "definition": DEFINITION,
        **described(source),
        **about,
        "rules": [asdict(rule) for rule in rules],
        "passings": [
            {
                "rule": passing.rule.name,
                "budget_usd": passing.budget_usd,
                "counted": passing.counted,
                "lead_time": passing.lead_time,
                **passing.answer.as_dict(),
            }
            for passing in passings
        ],
    }


def scenarios_document(comparisons: Sequence[Comparison], source: Draws, about: Mapping[str, Any]) -> dict[str, Any]:
    """Scenarios against the base.

    Parameters
    ----------
    comparisons : sequence of Comparison
        From `meekcast.whatif.scenarios.compare`.
    source : Draws
        The base.
    about : mapping
        What else identifies the forecast, and the scenarios as they were stated.

    Returns
    -------
    dict
        As `when_document`, with ``events``; ``shift`` is in years, changes of probabilities are
        scenario minus base.
    """
    return {
        "schema": SCENARIOS,
        "definition": DEFINITION,
        **described(source),
        **about,
        "events": [
            {**comparison.base.as_dict(), "scenarios": [_compared(c) for c in comparison.scenarios]}
            for comparison in comparisons
        ],
    }


def _compared(c: Compared) -> dict[str, Any]:
    return {
        "scenario": c.scenario,
        "paired": c.paired,
        **_without_question(c.answer),
        "change": {
            "shift": c.shift,
            "probability_by": {year: asdict(p) for year, p in c.probability_by.items()},
            "probability": asdict(c.probability),
            "probability_not_by_horizon": asdict(c.probability_not_by_horizon),
        },
    }
