"""The sigmoid from loss to MMLU, fitted to Owen's 30 models under any scaling law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import curve_fit

from meekcast.cards import library
from meekcast.equations.links import bounded_link_of_compute
from meekcast.equations.types import Array, Mask
from meekcast.model.published import sigmoid

type Truth = Mask

HOFFMANN = (1.69, 406.4, 410.7, 0.34, 0.28)
BESIROGLU = (1.8172, 482.0, 2085.4, 0.3478, 0.3658)
"""E, A, B, a and b of E + A / N^a + B / D^b."""

START = (0.55, 1.97, 20.0, 0.25)
PROPOSALS, TAILS = 8000, 4.0
TRAIN_FLOP = 6.0  # C = 6 N D


@dataclass(frozen=True, eq=False)
class Fit:
    """Least squares estimate of span S, midpoint x0, steepness k and floor b, in this order.

    Parameters
    ----------
    values : ndarray, shape (4,)
        Estimates; k is positive here, the paper writes it negative.
    covariance : ndarray, shape (4, 4)
        Of the estimates.
    losses, scores : ndarray, shape (n,)
        The points.
    residual_sd : float
        Over n - 4 degrees of freedom.
    """

    values: Array
    covariance: Array
    losses: Array
    scores: Array
    residual_sd: float

    @property
    def errors(self) -> Array:
        """Standard errors."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlations(self) -> Array:
        """Correlation matrix."""
        return self.covariance / np.outer(self.errors, self.errors)

    @property
    def ceiling(self) -> tuple[float, float]:
        """S + b and its standard error."""
        cov = self.covariance
        return float(self.values[0] + self.values[3]), float(np.sqrt(cov[0, 0] + cov[3, 3] + 2 * cov[0, 3]))

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """Draw the four numbers from their joint posterior under a flat prior, ceilings above 1 excluded."""

        def possible(drawn: Array) -> Truth:
            return (drawn[:, 0] > 0) & (drawn[:, 2] > 0) & (drawn[:, 3] > 0) & (drawn[:, 0] + drawn[:, 3] <= 1)

        return posterior(sigmoid, self.losses, self.scores, (self.values, self.covariance), possible, n, rng)


def posterior(
    curve: Callable[..., Array],
    x: Array,
    scores: Array,
    fitted: tuple[Array, Array],
    possible: Callable[[Array], Truth],
    n: int,
    rng: np.random.Generator,
) -> Array:
    """Draw a curve's parameters by importance resampling; the error of a sigmoid's ceiling is far from normal.

    Parameters
    ----------
    curve : callable
        From x and the parameters to scores.
    x, scores : ndarray, shape (m,)
        The points.
    fitted : tuple of ndarray
        Estimates and covariance: the proposal is a Student t about them.
    possible : callable
        Which draws may be; from an array of shape (k, p) to k truth values.
    n : int
        Number of draws.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (n, p)
        Draws of the posterior with a flat prior and 1/sigma for the noise.
    """
    values, covariance = fitted
    normal = rng.multivariate_normal(np.zeros(len(values)), covariance, size=PROPOSALS)
    drawn = values + normal * np.sqrt(TAILS / rng.chisquare(TAILS, size=(PROPOSALS, 1)))
    drawn = drawn[possible(drawn)]
    squares = np.sum((scores - curve(x, *(column[:, None] for column in drawn.T))) ** 2, axis=1)
    distance = np.einsum("ij,jk,ik->i", drawn - values, np.linalg.inv(covariance), drawn - values)
    log_weight = -len(x) / 2 * np.log(squares) + (TAILS + len(values)) / 2 * np.log1p(distance / TAILS)
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(drawn[rng.choice(len(drawn), size=n, p=weight / weight.sum())])


def _slopes(loss: Array, S: float, x0: float, k: float, b: float) -> Array:
    """Derivatives of `sigmoid` by its four numbers: standard errors to all digits."""
    share = sigmoid(loss, 1.0, x0, k, 0.0)
    bend = S * share * (1 - share)
    return np.stack([share, bend * k, -bend * (loss - x0), np.ones_like(loss)], axis=1)


def chinchilla_loss(N: Array, D: Array, law: tuple[float, float, float, float, float]) -> Array:
    """Loss from parameters and tokens."""
    E, A, B, a, b = law
    return E + A * N**-a + B * D**-b


@cache
def fit(law: tuple[float, float, float, float, float] = HOFFMANN) -> Fit:
    """Fit the sigmoid to the 30 points under a law of loss."""
    N, D, scores = library.load_points("owen2024-mmlu").columns()
    losses = chinchilla_loss(N, D, law)
    values, covariance = curve_fit(sigmoid, losses, scores, p0=START, jac=_slopes, ftol=1e-13, xtol=1e-13)
    residuals = scores - sigmoid(losses, *values)
    return Fit(values, covariance, losses, scores, float(np.sqrt(residuals @ residuals / (len(scores) - 4))))


def draws_given_alpha(alpha: Array, rng: np.random.Generator, cells: int = 15) -> dict[str, Array]:
    """Draw the sigmoid refitted to each draw of the scaling law, with the fit's own error.

    Written against ln compute (C = 6 N D), the sigmoid depends on the law through alpha alone: L0 and A cancel
    (`meekcast.equations.links.bounded_link_of_compute`). So it is refitted at `cells` quantiles of alpha,
    and each draw takes its error from the nearest.

    Parameters
    ----------
    alpha : ndarray, shape (n,)
        Draws.
    rng : numpy.random.Generator
        Source of randomness.
    cells : int, default 15
        Number of refits.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        ``difficulty``, ``discrimination``, ``floor`` and ``ceiling``.
    """
    N, D, scores = library.load_points("owen2024-mmlu").columns()
    x = np.log(TRAIN_FLOP * N * D)
    centres = np.quantile(alpha, (np.arange(cells) + 0.5) / cells)
    nearest = np.abs(alpha[:, None] - centres).argmin(axis=1)
    out = np.empty((4, len(alpha)))
    for j, centre in enumerate(centres):
        where = np.flatnonzero(nearest == j)
        out[:, where] = _compute_fit(x, scores, float(centre), len(where), rng)
    difficulty, log_slope, floor, span = out
    return {"difficulty": difficulty, "discrimination": np.exp(log_slope), "floor": floor, "ceiling": floor + span}


def _compute_fit(x: Array, scores: Array, alpha: float, n: int, rng: np.random.Generator) -> Array:
    """Draws of midpoint, ln slope, floor and span for one exponent."""

    def curve(x: Array, difficulty: Array, log_slope: Array, floor: Array, span: Array) -> Array:
        return np.asarray(bounded_link_of_compute(x, alpha, difficulty, np.exp(log_slope), floor, floor + span))

    def possible(drawn: Array) -> Truth:
        return (drawn[:, 3] > 0) & (drawn[:, 2] > 0) & (drawn[:, 2] + drawn[:, 3] <= 1)

    fitted = curve_fit(curve, x, scores, p0=(54.0, 0.0, 0.25, 0.55), maxfev=20_000)
    return posterior(curve, x, scores, fitted, possible, n, rng).T
