"""Trends: dated values that grow by a constant factor, and what they say about that factor.

The logarithm of the values is regressed on their dates. The slope, ln of the growth factor, becomes a
normal measurement by which a belief is conditioned; no graph changes.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from meekcast.beliefs.prior import FAMILIES
from meekcast.clock import decimal_year
from meekcast.observations.measurement import MIN_SD, Measurement
from meekcast.observations.schema import Date, Row, Table, Text, refuse_duplicates

MIN_ROWS, MIN_DATES = 4, 3  # with three dates, no single row decides the slope alone


class TrendRow(Row):
    """One dated value."""

    date: Date
    value: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    label: Text


class TrendTable(Table):
    """A table of dated values: a TOML file."""

    kind: Literal["trend"]
    parameter: Annotated[str, Field(pattern=r"^g_[a-z_]+$")]
    unit: Text
    since: dt.date | None = None
    extra_sd: Annotated[float, Field(ge=0, le=10)]
    rationale: Text
    rows: list[TrendRow]

    @model_validator(mode="after")
    def _consistent(self) -> TrendTable:
        refuse_duplicates(f"{row.label}, {row.date}" for row in self.rows)
        window = f" since {self.since}" if self.since else ""
        if len(self.used()) < MIN_ROWS:
            raise ValueError(f"a trend needs {MIN_ROWS} rows or more, got {len(self.used())}{window}")
        dates = len({row.date for row in self.used()})
        if dates < MIN_DATES:
            raise ValueError(f"a trend needs {MIN_DATES} different dates or more, got {dates}{window}")
        return self

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the table informs."""
        return (self.parameter,)

    @property
    def size(self) -> int:
        """Number of rows, those before `since` included."""
        return len(self.rows)

    def used(self, as_of: dt.date | None = None) -> list[TrendRow]:
        """Rows in order of date, from `since` on and released by a date."""
        low, high = self.since or dt.date.min, as_of or dt.date.max
        return sorted((r for r in self.rows if low <= r.date <= high), key=lambda r: (r.date, r.label))

    def last_date(self, as_of: dt.date | None = None) -> dt.date:
        """Date of the newest row that is used."""
        return self.used(as_of)[-1].date

    def measurement(self, as_of: dt.date | None = None) -> Measurement | None:
        """What the rows say about ln of the growth factor.

        Its error is that of `slope` with `extra_sd` added in square: selection, window and definition
        do not shrink with more rows.

        Parameters
        ----------
        as_of : datetime.date, optional
            Leave out later rows.

        Returns
        -------
        Measurement or None
            None as of a date at which there were too few rows for a trend.
        """
        rows = self.used(as_of)
        if len(rows) < MIN_ROWS or len({row.date for row in rows}) < MIN_DATES:
            return None
        x = np.array([decimal_year(row.date) for row in rows])
        found, error = slope(x, np.log([row.value for row in rows]))
        variance = max(math.hypot(error, self.extra_sd), MIN_SD) ** 2
        scale = FAMILIES["LogNormal"](0.0, 1.0)
        return Measurement(self.parameters, (scale,), np.array([found]), np.array([[variance]]), len(rows))


def slope(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope of a straight line by least squares, and a robust standard error.

    The error is that of White's HC3, which holds when the scatter changes along the line and for few
    rows, stretched so that a normal 90 % interval equals Student's with n - 2 degrees of freedom.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        At least three different `x`, n at least 4.

    Returns
    -------
    slope, error : float
        In units of y per unit of x.

    Examples
    --------
    >>> found, error = slope(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 2.0, 4.0]))
    >>> round(found, 6), round(error, 3)
    (1.2, 0.546)
    """
    from scipy.special import ndtri, stdtrit

    centred = x - x.mean()
    spread = centred @ centred
    found = centred @ y / spread
    residual = y - y.mean() - found * centred
    leverage = 1 / len(x) + centred**2 / spread
    variance = np.sum((centred * residual / (1 - leverage)) ** 2) / spread**2
    stretch = stdtrit(len(x) - 2, 0.95) / ndtri(0.95)
    return float(found), float(stretch * np.sqrt(variance))
