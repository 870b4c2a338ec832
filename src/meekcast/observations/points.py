"""Points to fit a curve through: models with their size, training data and score."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from meekcast.equations.types import Array
from meekcast.observations.schema import Row, Table, Word


class Point(Row):
    """A model with what it was trained on and what it scored."""

    model: Annotated[str, Field(min_length=1)]
    params: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    tokens: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    score: Annotated[float, Field(ge=0, le=1)]


class PointTable(Table):
    """A table of points: a TOML file."""

    benchmark: Word
    unit: Literal["share"]
    points: Annotated[list[Point], Field(min_length=1)]

    def columns(self) -> tuple[Array, Array, Array]:
        """Parameters, training tokens and scores, each of shape (n,)."""
        rows = np.array([(p.params, p.tokens, p.score) for p in self.points], dtype=float)
        return rows[:, 0], rows[:, 1], rows[:, 2]
