"""What a model card and a prior set may say.

Cards are data: TOML read into these frozen types, checked once here and trusted afterwards. Names of
components form a closed registry (`meekcast.vocabulary.components`); the mathematics behind each name is in
`meekcast.model`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import FAMILIES, Prior, parse
from meekcast.clock import decimal_year
from meekcast.errors import InputError, naming, nearest
from meekcast.observations.schema import Rule
from meekcast.vocabulary.components import Algorithms, Budget, Discrepancy, Extra, Investment, Link, ScoreUnit
from meekcast.vocabulary.expression import Expression
from meekcast.vocabulary.grammar import parse as parse_question
from meekcast.vocabulary.quantities import Measure, Quantity, available
from meekcast.vocabulary.scope import Scope

Clock = Literal["elapsed", "calendar"]

Text = Annotated[str, Field(min_length=1)]
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
Name = Annotated[str, Field(pattern=NAME)]


def _readable(prior: str | float) -> str | float:
    parse(prior)
    return prior


class Entry(BaseModel):
    """Base of everything read from TOML: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class PriorEntry(Entry):
    """One parameter's prior with its unit and where it comes from."""

    prior: Annotated[float | str, AfterValidator(_readable)]
    unit: Text
    source: Text
    rationale: str = ""

    @property
    def parsed(self) -> Prior:
        """The prior as a normal distribution on its scale."""
        return parse(self.prior)


class Widening(Entry):
    """Spread between corpora: one draw d moves alpha by d and ln A by d ln(pivot_compute).

    The reducible loss at the pivot stays put, so the spread does not explode with compute.
    """

    sd: Annotated[float, Field(ge=0)]
    pivot_compute: Annotated[float, Field(gt=0)] = 1e20
    source: Text
    rationale: str = ""


class JointEntry(Entry):
    """A joint prior: mean and covariance of several parameters on their scales."""

    parameters: Annotated[list[str], Field(min_length=2)]
    families: list[str]
    units: list[str]
    mean: list[float]
    covariance: list[list[float]]
    source: Text
    rationale: str = ""
    widening: Widening | None = None

    @model_validator(mode="after")
    def _consistent(self) -> JointEntry:
        n = len(self.parameters)
        for key in ("families", "units", "mean", "covariance"):
            if len(getattr(self, key)) != n:
                raise ValueError(f"{key} has {len(getattr(self, key))} entries for {n} parameters")
        for family in self.families:
            if family not in {"Normal", "LogNormal"}:
                raise ValueError(f"unknown family {family!r}; {nearest(family, {'Normal', 'LogNormal'})}")
        square = all(len(row) == n for row in self.covariance)
        matrix = np.array(self.covariance) if square else np.empty((0, 0))
        if not square or not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0):
            raise ValueError(f"covariance is not a symmetric {n} by {n} matrix")
        lowest = np.linalg.eigvalsh(matrix)[0]
        if lowest <= 0:
            raise ValueError(f"covariance is not positive definite (smallest eigenvalue {lowest:.3g})")
        if self.widening and not {"alpha", "A"} <= set(self.parameters):
            raise ValueError("widening needs alpha and A among the parameters")
        return self

    @property
    def belief(self) -> Belief:
        """The joint prior, widened."""
        covariance = np.array(self.covariance)
        if self.widening:
            moved = {"alpha": 1.0, "A": math.log(self.widening.pivot_compute)}
            direction = np.array([moved.get(name, 0.0) for name in self.parameters])
            covariance = covariance + self.widening.sd**2 * np.outer(direction, direction)
        order = np.argsort(self.parameters)
        return Belief(
            tuple(self.parameters[i] for i in order),
            tuple(FAMILIES[self.families[i]](0.0, 1.0) for i in order),
            np.array(self.mean)[order],
            covariance[np.ix_(order, order)],
        )


class CorrelationEntry(Entry):
    """Correlation of two parameters on their scales."""

    between: Annotated[tuple[str, str], Field(strict=False)]  # TOML has lists, no tuples
    value: Annotated[float, Field(gt=-1, lt=1)]
    source: Text
    rationale: str = ""

    @field_validator("between")
    @classmethod
    def _two(cls, value: tuple[str, str]) -> tuple[str, str]:
        if value[0] == value[1]:
            raise ValueError("a correlation is between two parameters")
        return value


class Priors(Entry):
    """Statements about parameters: single, joint and correlations."""

    parameters: dict[str, PriorEntry] = {}
    joint: list[JointEntry] = []
    correlations: list[CorrelationEntry] = []

    @model_validator(mode="after")
    def _each_once(self) -> Priors:
        names = [*self.parameters, *(name for entry in self.joint for name in entry.parameters)]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} has two priors")
        pairs = [frozenset(entry.between) for entry in self.correlations]
        for pair in pairs:
            if pairs.count(pair) > 1:
                raise ValueError(f"{' and '.join(sorted(pair))} have two correlations")
        _ = self.belief  # refuses correlations that do not fit together
        return self

    @property
    def belief(self) -> Belief:
        """All statements as one normal distribution."""
        belief = Belief.independent({name: entry.parsed for name, entry in self.parameters.items()})
        for joint in self.joint:
            belief = belief.joined(joint.belief)
        return belief.correlated({entry.between: entry.value for entry in self.correlations})

    def units(self) -> dict[str, str]:
        """Stated unit of every parameter."""
        single = {name: entry.unit for name, entry in self.parameters.items()}
        return single | {n: u for j in self.joint for n, u in zip(j.parameters, j.units, strict=True)}

    def sources(self) -> dict[str, str]:
        """Source of every parameter."""
        single = {name: entry.source for name, entry in self.parameters.items()}
        return single | {name: joint.source for joint in self.joint for name in joint.parameters}


class PriorSet(Priors):
    """A belief with a name: a TOML file in ``priors/``."""

    schema_: Literal[1] = Field(alias="schema")
    name: Name
    title: Text
    description: Text
    extends: Text | None = Field(default=None, exclude=True)  # already merged; no part of what the set says


class BenchmarkEntry(Entry):
    """A benchmark that the card reads, and its link from compute to score.

    ``rule`` says which scores are observations (`meekcast.observations.observations`); ``prices_within``, in
    days, leaves out models of the price band whose price was seen later than that after their release.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    link: Link
    unit: ScoreUnit = "points"
    evidence: Text | None = None
    since: dt.date | None = None
    rule: Rule = "records"
    prices_within: Annotated[int, Field(ge=0)] | None = None
    floor: Annotated[float, Field(ge=0)] = 0.0
    steps: Annotated[int, Field(ge=1)] = 1
    reference: float | Literal["start"] = 0.0
    rationale: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> BenchmarkEntry:
        if self.steps > 1 and self.unit != "points":
            raise ValueError("several steps in a row need a score that is a probability: unit points")
        if self.since and not self.evidence:
            raise ValueError("since says which evidence to read, and there is none")
        if (self.rule != "records" or self.prices_within is not None) and not self.evidence:
            raise ValueError("rule and prices_within say how evidence is read, and there is none")
        return self


class Piece(Entry):
    """A later piece of an investment path: from `after` years since the start it grows by `factor`."""

    after: Annotated[float, Field(ge=0)]
    factor: Annotated[float, Field(gt=0)]


class EventEntry(Entry):
    """Something that happens at a date: a question with a name."""

    name: Text
    ask: Text

    @model_validator(mode="before")
    @classmethod
    def _one_line(cls, data: Any) -> Any:
        old = {"quantity", "below", "above", "unit"}
        if isinstance(data, dict) and data.keys() & old:
            sign, level = ("<", data["below"]) if "below" in data else (">", data.get("above", "NUMBER"))
            line = f"{data.get('quantity', 'QUANTITY')} {sign} {level} {data.get('unit', '')}".strip()
            raise ValueError(
                f'{", ".join(key for key in data if key in old)} became one question: write ask = "{line}" instead'
            )
        return data

    @field_validator("ask")
    @classmethod
    def _canonical(cls, value: str) -> str:
        return str(parse_question(value))

    @property
    def expression(self) -> Expression:
        """The question."""
        return parse_question(self.ask)


class ModelCard(Priors):
    """A story about the two actors: a TOML file in ``models/``."""

    schema_: Literal[1] = Field(alias="schema")
    name: Name
    title: Text
    story: Text
    wrong_if: Text
    clock: Clock
    start: dt.date | None = None
    horizon: Annotated[float, Field(gt=0)]
    priors: Text
    extends: Text | None = Field(default=None, exclude=True)  # already merged; no part of what the card says
    budget: Budget
    budget_usd: Annotated[float, Field(gt=0)] | None = None
    investment: Investment = "constant"
    pieces: list[Piece] = []
    algorithms: Algorithms = "shared"
    extras: list[Extra] = []
    discrepancy: Discrepancy = "none"
    benchmarks: list[BenchmarkEntry] = []
    trends: list[Text] = []
    losses: Text | None = None
    events: Annotated[list[EventEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> ModelCard:
        if (self.clock == "calendar") != (self.start is not None):
            raise ValueError('clock = "calendar" needs a start date, clock = "elapsed" has none')
        if self.observed and self.clock != "calendar":
            raise ValueError('evidence is dated: it needs clock = "calendar"')
        if (self.investment == "piecewise") != bool(self.pieces):
            raise ValueError('investment = "piecewise" needs pieces, and only it has them')
        if any(late.after <= early.after for early, late in itertools.pairwise(self.pieces)):
            raise ValueError("pieces are not in order of `after`")
        if self.budget_usd is not None and self.budget != "training":
            raise ValueError('budget_usd, the sum of money that C0 stands for, needs budget = "training"')
        if len(set(self.extras)) < len(self.extras):
            raise ValueError("an extra is named twice")
        if len(set(self.trends)) < len(self.trends):
            raise ValueError("a trend is named twice")
        if self.start and not self.start.year < self.horizon < 2200:
            raise ValueError(f"horizon is a year after the start {self.start} and before 2200, got {self.horizon:g}")
        if len(set(self.benchmark_names)) < len(self.benchmarks):
            raise ValueError("two benchmarks have the same name")
        names = [event.name for event in self.events]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two events have the name {min(twice)!r}")
        for event in self.events:
            with naming(f"event {event.name!r}"):
                self.scope.check_dated(event.expression)
        return self

    @property
    def benchmark_names(self) -> tuple[str, ...]:
        """Names of the benchmarks, in order."""
        return tuple(benchmark.name for benchmark in self.benchmarks)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Everything that can be asked of this card, by name."""
        measures = [Measure(b.name, b.title, b.unit, bool(b.evidence)) for b in self.benchmarks]
        return available(self.budget, self.discrepancy, measures)

    @property
    def scope(self) -> Scope:
        """What can be asked of this card, up to its own horizon."""
        calendar = self.clock == "calendar"
        labels = {name: quantity.attributes for name, quantity in self.quantities.items()}
        start = decimal_year(self.start) if self.start else 0.0
        return Scope(self.name, labels, calendar, start, self.horizon + calendar)

    @property
    def observed(self) -> tuple[BenchmarkEntry, ...]:
        """Benchmarks with evidence."""
        return tuple(benchmark for benchmark in self.benchmarks if benchmark.evidence)

    @property
    def constant_growth(self) -> bool:
        """Whether both actors grow at constant rates, so that the closed forms hold."""
        steady = self.investment == "constant" and self.budget in {"training", "price_band"}
        return steady and self.algorithms == "shared" and not self.extras and self.discrepancy == "none"


__all__ = ["BenchmarkEntry", "EventEntry", "InputError", "ModelCard", "PriorSet", "Priors"]
