"""Measured losses: models with their size, training data and loss, and the scaling law that they say.

A law ``E + A N^-a + B D^-b`` is fitted to the rows and carried to compute. Its bootstrap covariance makes
a joint normal measurement of the irreducible loss, the exponent and the scale.
"""

from __future__ import annotations

import datetime as dt
import math
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from meekcast.beliefs.prior import FAMILIES
from meekcast.equations.scaling import exponent_in_compute, scale_in_compute
from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.observations.measurement import MIN_SD, Measurement
from meekcast.observations.schema import Date, Row, Table, refuse_duplicates

PARAMETERS = ("L0", "alpha", "A")
MIN_ROWS, MIN_SIZES = 10, 3  # five constants are fitted
HUBER = 1e-3  # residuals of ln loss beyond this count linearly, as in Hoffmann et al. 2022
RESAMPLES = 200
RESAMPLE_STEPS = 40  # from the fit of all rows; more only wander where the rows determine nothing
LEAST_SD = np.array([MIN_SD, MIN_SD / 10, MIN_SD])  # the exponent multiplies 60 ln FLOP
PIVOT = math.log(1e20)
LARGEST_EXPONENT_SD = 0.1
STARTS = ((0.3, 0.3), (0.3, 0.6), (0.6, 0.3), (0.15, 0.15))

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class LossRow(Row):
    """A trained model; without a date it counts as known always."""

    params: Positive
    tokens: Positive
    loss: Positive
    model: str = ""
    date: Date | None = None


class LossTable(Table):
    """A table of measured losses: a TOML file.

    `corpus_sd` is the standard deviation of the exponent between this table's corpus and the one that
    the forecast is about. It turns the law about its loss at 1e20 FLOP, as the widening of prior sets does.
    """

    kind: Literal["losses"]
    unit: Literal["nats/token"]
    corpus_sd: Annotated[float, Field(ge=0, le=1)] = 0.025
    rows: list[LossRow]

    @model_validator(mode="after")
    def _consistent(self) -> LossTable:
        refuse_duplicates(f"params {r.params}, tokens {r.tokens}, loss {r.loss}" for r in self.rows)
        problem = _too_few(self.rows)
        if problem:
            raise ValueError(problem)
        return self

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the table informs."""
        return PARAMETERS

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def used(self, as_of: dt.date | None = None) -> list[LossRow]:
        """Rows known by a date, in order of size."""
        known = [r for r in self.rows if as_of is None or r.date is None or r.date <= as_of]
        return sorted(known, key=lambda r: (r.params, r.tokens, r.loss))

    def last_date(self, as_of: dt.date | None = None) -> dt.date | None:
        """Date of the newest row that is used, if rows are dated."""
        return max((r.date for r in self.used(as_of) if r.date), default=None)

    def measurement(self, as_of: dt.date | None = None) -> Measurement | None:
        """What the rows say about irreducible loss, exponent and ln scale of the law in compute.

        Parameters
        ----------
        as_of : datetime.date, optional
            Leave out later rows.

        Returns
        -------
        Measurement or None
            None as of a date at which there were too few rows.

        Raises
        ------
        InputError
            If the rows do not determine the law.
        """
        rows = self.used(as_of)
        if _too_few(rows):
            return None
        found, covariance = measured_law(tuple((r.params, r.tokens, r.loss) for r in rows))
        if math.sqrt(covariance[1, 1]) > LARGEST_EXPONENT_SD:
            raise InputError(
                f"evidence {self.name!r} does not determine a scaling law: the exponent in compute is {found[1]:.3g} "
                f"with a standard error of {math.sqrt(covariance[1, 1]):.2g}",
                "Add models of more different sizes and amounts of training data, or leave the table out.",
            )
        turn = np.array([0.0, 1.0, PIVOT])
        scales = tuple(FAMILIES[family](0.0, 1.0) for family in ("Normal", "Normal", "LogNormal"))
        widened = covariance + self.corpus_sd**2 * np.outer(turn, turn) + np.diag(LEAST_SD**2)
        return Measurement(PARAMETERS, scales, found, widened, len(rows))


def _too_few(rows: list[LossRow]) -> str:
    """What is lacking for a fit; empty if nothing."""
    if len(rows) < MIN_ROWS:
        return f"a scaling law needs {MIN_ROWS} rows or more, got {len(rows)}"
    for what, sizes in (("params", {r.params for r in rows}), ("tokens", {r.tokens for r in rows})):
        if len(sizes) < MIN_SIZES:
            return f"a scaling law needs {MIN_SIZES} different {what} or more, got {len(sizes)}"
    return ""


@lru_cache(maxsize=32)
def measured_law(rows: tuple[tuple[float, float, float], ...]) -> tuple[Array, Array]:
    """Fit the law, carry it to compute, and bootstrap over rows.

    Parameters
    ----------
    rows : tuple of (params, tokens, loss)
        Models; loss in nats per token.

    Returns
    -------
    found : ndarray, shape (3,)
        Irreducible loss, exponent in compute and ln of the scale.
    covariance : ndarray, shape (3, 3)
        Over 200 resamples of the rows.
    """
    n, d, loss = np.log(np.array(rows)).T
    centre = np.array([n.mean(), d.mean()])
    n, d = n - centre[0], d - centre[1]
    starts = [np.log([0.7 * np.exp(loss.min()), *(0.15 * np.exp(loss.mean()),) * 2, *ab]) for ab in STARTS]
    best = min((_fit(n, d, loss, start) for start in starts), key=lambda fit: fit[1])[0]
    rng = np.random.default_rng(0)  # a fit is a number, not a draw: the same for every seed
    resampled = []
    for _ in range(RESAMPLES):
        at = rng.integers(len(n), size=len(n))
        resampled.append(in_compute(_fit(n[at], d[at], loss[at], best, RESAMPLE_STEPS)[0], centre))
    return in_compute(best, centre), np.cov(np.array(resampled), rowvar=False)


def in_compute(theta: Array, centre: Array) -> Array:
    """Irreducible loss, exponent and ln scale in compute of fitted logarithms (E, A, B, a, b)."""
    irreducible, _, _, a, b = np.exp(theta)
    by_size, by_data = np.exp(theta[1:3] + np.array([a, b]) * centre)
    scale = scale_in_compute(by_size, by_data, a, b)
    return np.array([irreducible, exponent_in_compute(a, b), np.log(scale)])


def _fit(n: Array, d: Array, loss: Array, start: Array, steps: int = 300) -> tuple[Array, float]:
    """Fit ln (E + A exp(-a n) + B exp(-b d)) to ln loss; returns the logarithms of the constants, and the cost."""
    from scipy.optimize import least_squares

    def terms(theta: Array) -> tuple[Array, Array, Array]:
        a, b = np.exp(theta[3:])
        return np.full_like(n, np.exp(theta[0])), np.exp(theta[1] - a * n), np.exp(theta[2] - b * d)

    def residual(theta: Array) -> Array:
        return np.log(sum(terms(theta))) - loss

    def jacobian(theta: Array) -> Array:
        irreducible, by_size, by_data = terms(theta)
        a, b = np.exp(theta[3:])
        columns = [irreducible, by_size, by_data, -a * n * by_size, -b * d * by_data]
        return np.stack(columns, axis=1) / (irreducible + by_size + by_data)[:, None]

    box = (np.array([-12.0, -12, -12, -4, -4]), np.array([4.0, 8, 8, 1.5, 1.5]))
    inside = np.clip(start, box[0] + 1e-6, box[1] - 1e-6)
    found = least_squares(residual, inside, jac=jacobian, bounds=box, loss="huber", f_scale=HUBER, max_nfev=steps)
    return found.x, float(found.cost)
