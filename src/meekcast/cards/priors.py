"""What a card and a prior set may say of priors."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import FAMILIES, Prior, parse
from meekcast.errors import nearest
from meekcast.observations.schema import LONGEST_NAME, LONGEST_TITLE

Text = Annotated[str, Field(min_length=1)]
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=LONGEST_NAME)]
Title = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]


def _readable(prior: str | float) -> str | float:
    parse(prior)
    return prior


class Entry(BaseModel):
    """Base of everything read from TOML: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)


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

    sd: Annotated[float, Field(ge=0, le=1)]
    pivot_compute: Annotated[float, Field(gt=0, le=1e100)] = 1e20
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

    parameters: Annotated[dict[str, PriorEntry], Field(max_length=1000)] = {}
    joint: Annotated[list[JointEntry], Field(max_length=100)] = []
    correlations: Annotated[list[CorrelationEntry], Field(max_length=1000)] = []

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
    title: Title
    description: Text
    extends: Text | None = Field(default=None, exclude=True)  # already merged; no part of what the set says
