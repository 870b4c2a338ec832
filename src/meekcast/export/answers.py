"""Answers to questions as JSON documents with versioned schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meekcast.ask.source import Source
    from meekcast.ask.when import Answer

WHEN = "meekcast.when/1"

DEFINITION = "first date from which the condition holds up to the horizon"


def when_document(
    answers: Sequence[tuple[float | None, Answer]], source: Source, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Answers to one question, for one or several budgets.

    Parameters
    ----------
    answers : sequence of tuple of float or None and Answer
        Budget in USD, None for the card's own, and its answer.
    source : Source
        What was asked; any of them.
    about : mapping
        What else identifies the forecast: ``priors``, ``today``, ``seed``, ``hashes`` and the like.

    Returns
    -------
    dict
        Keys ``schema``, ``expression``, ``given``, ``definition``, ``card``, ``clock``, ``start``,
        ``horizon``, those of `about`, and ``answers``. Dates are decimal years, or years since the start
        on an elapsed clock; probabilities have their Monte Carlo standard error.
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


def described(source: Source) -> dict[str, Any]:
    """Card, clock and span of a source."""
    return {"card": source.card, "clock": source.clock, "start": source.start, "horizon": source.horizon}


def _without_question(answer: Answer) -> dict[str, Any]:
    return {key: value for key, value in answer.as_dict().items() if key not in {"expression", "given"}}
