"""What a table says about parameters before anything is sampled: a normal distribution on their scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meekcast.beliefs.prior import Scale
from meekcast.equations.types import Array

MIN_SD = 1e-3
"""Least standard error on a scale: a table without scatter still leaves a parameter uncertain."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Parameters measured together, with a joint normal error on their scales.

    Parameters
    ----------
    parameters : tuple of str
        What is measured.
    scales : tuple of Scale
        On what scale each is.
    mean : ndarray, shape (m,)
        Measured positions on the scales.
    covariance : ndarray, shape (m, m)
        Covariance of their errors, positive definite.
    rows : int
        How many rows of the table it rests on.
    """

    parameters: tuple[str, ...]
    scales: tuple[Scale, ...]
    mean: Array
    covariance: Array
    rows: int

    def quantiles(self, probabilities: tuple[float, ...]) -> dict[str, list[float]]:
        """Quantiles of each parameter by the table alone, without any prior."""
        from scipy.special import ndtri

        sd = np.sqrt(np.diag(self.covariance))
        positions = self.mean[:, None] + sd[:, None] * ndtri(np.array(probabilities))
        triples = zip(self.parameters, self.scales, positions, strict=True)
        return {name: [float(v) for v in scale.to_value(u)] for name, scale, u in triples}
