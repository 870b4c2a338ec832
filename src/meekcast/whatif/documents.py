"""Answers to questions as JSON documents with versioned schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, cast

from meekcast.forecasts.questions.answer import DEFINITION, AnswerDocument, Answered, Span

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.forecast import Provenance
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.forecasts.questions.monte_carlo import ProbabilityDocument
    from meekcast.inference.diagnostics import DiagnosticsDocument
    from meekcast.whatif.comparing import Compared, Comparison
    from meekcast.whatif.governance import Passing, Rule
    from meekcast.whatif.grid import Grid

WHEN, SCENARIOS, GOVERNANCE = "meekcast.when/1", "meekcast.scenarios/1", "meekcast.governance/1"
GRID = "meekcast.grid/1"


class About(TypedDict):
    """What identifies the forecast that was asked: its run, or what a posterior was made from."""

    priors: str
    today: str
    run: NotRequired[str]
    overrides: NotRequired[dict[str, str]]
    evidence: NotRequired[list[str]]
    seed: NotRequired[int]
    diagnostics: NotRequired[DiagnosticsDocument]
    provenance: NotRequired[Provenance]


class GovernanceAbout(About):
    """And on which date the start was put."""

    anchor: str | None


class ScenariosAbout(About):
    """And the scenarios as they were stated."""

    stated: dict[str, Any]


class Described(Span):
    """Card, clock and span of a source."""

    card: str


class BudgetAnswer(Answered):
    """The answer for a budget; None for the card's own."""

    budget_usd: float | None


class WhenDocument(About, Described):
    """Answers to one question."""

    schema: str
    expression: str
    given: list[str]
    definition: str
    answers: list[BudgetAnswer]


class GridRow(AnswerDocument):
    """The answer at a threshold, which is in the unit of the grid."""

    threshold: float


class GridDocument(About, Described):
    """Answers to a question at several thresholds, asked by the same dates."""

    schema: str
    grid: str
    quantity: str
    operator: str
    unit: str
    given: list[str]
    definition: str
    by: list[str]
    rows: list[GridRow]


class RuleDocument(TypedDict):
    """A `Rule`."""

    name: str
    flop: float
    source: str


class PassingDocument(AnswerDocument):
    """A `Passing`."""

    rule: str
    budget_usd: float | None
    counted: str
    lead_time: dict[str, float] | None


class GovernanceDocument(GovernanceAbout, Described):
    """When budgets pass FLOP rules."""

    schema: str
    definition: str
    rules: list[RuleDocument]
    passings: list[PassingDocument]


class Change(TypedDict):
    """Scenario minus base."""

    shift: dict[str, float]
    probability_by: dict[str, ProbabilityDocument]
    probability: ProbabilityDocument
    probability_not_by_horizon: ProbabilityDocument


class ComparedDocument(Answered):
    """An event under a scenario."""

    scenario: str
    paired: bool
    diagnostics: DiagnosticsDocument | None
    change: Change


class ComparedEvent(AnswerDocument):
    """An event under the base, and under every scenario."""

    scenarios: list[ComparedDocument]


class ScenariosDocument(ScenariosAbout, Described):
    """Scenarios against the base."""

    schema: str
    definition: str
    events: list[ComparedEvent]


def when_document(answers: Sequence[tuple[float | None, Answer]], source: Draws, about: About) -> WhenDocument:
    """Answers to one question, for one or several budgets.

    Parameters
    ----------
    answers : sequence of tuple of float or None and Answer
        Budget in USD, None for the card's own, and its answer.
    source : Draws
        What was asked; any of them.
    about : dict
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


def grid_document(grid: Grid, answers: Sequence[Answer], source: Draws, about: About) -> GridDocument:
    """Answers to a question at several thresholds.

    Parameters
    ----------
    grid : Grid
        The question.
    answers : sequence of Answer
        One a threshold.
    source : Draws
        What was asked.
    about : dict
        What else identifies the forecast.

    Returns
    -------
    dict
        As `when_document`, with ``rows``: of each ``threshold``, in the ``unit``, all that is known of its question;
        ``probability_by`` has the dates in ``by``.
    """
    return {
        "schema": GRID,
        "grid": grid.text,
        "quantity": grid.quantity,
        "operator": grid.operator,
        "unit": unit_of(grid, source),
        "given": list(answers[0].given),
        "definition": DEFINITION,
        **described(source),
        **about,
        "by": list(answers[0].probability_by),
        "rows": [{"threshold": t, **answer.as_dict()} for t, answer in zip(grid.thresholds, answers, strict=True)],
    }


def unit_of(grid: Grid, source: Draws) -> str:
    """Unit of the thresholds: as written, or the quantity's own."""
    return grid.unit or str(source.labels[source.scope.aliases.get(grid.quantity, grid.quantity)]["units"])


def described(source: Draws) -> Described:
    """Card, clock and span of a source."""
    return {"card": source.card, "clock": source.clock, "start": source.start, "horizon": source.horizon}


def _without_question(answer: Answer) -> Answered:
    plain = {key: value for key, value in answer.as_dict().items() if key not in {"name", "expression", "given"}}
    return cast("Answered", plain)


def governance_document(
    passings: Sequence[Passing], rules: Sequence[Rule], source: Draws, about: GovernanceAbout
) -> GovernanceDocument:
    """When budgets pass FLOP rules.

    Parameters
    ----------
    passings : sequence of Passing
        From `meekcast.whatif.governance.governance`.
    rules : sequence of Rule
        All rules, with their sources.
    source : Draws
        What was asked; any of them.
    about : dict
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
        "rules": [{"name": rule.name, "flop": rule.flop, "source": rule.source} for rule in rules],
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


def scenarios_document(comparisons: Sequence[Comparison], source: Draws, about: ScenariosAbout) -> ScenariosDocument:
    """Scenarios against the base.

    Parameters
    ----------
    comparisons : sequence of Comparison
        From `meekcast.whatif.scenarios.compare`.
    source : Draws
        The base.
    about : dict
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


def _compared(c: Compared) -> ComparedDocument:
    return {
        "scenario": c.scenario,
        "paired": c.paired,
        "diagnostics": c.diagnostics.as_dict() if c.diagnostics else None,
        **_without_question(c.answer),
        "change": {
            "shift": c.shift,
            "probability_by": {year: p.as_dict() for year, p in c.probability_by.items()},
            "probability": c.probability.as_dict(),
            "probability_not_by_horizon": c.probability_not_by_horizon.as_dict(),
        },
    }
