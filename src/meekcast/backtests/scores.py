"""Scores of a forecast given as draws: CRPS, log score, central intervals and PIT.

Draws of an observed gap have atoms: with some probability no record falls, and the gap stays exactly
where it is (or at zero). A kernel density estimate with one bandwidth would either smear the atom or see
spikes everywhere, and Silverman's rule gives no bandwidth at all where half the draws are equal. So a
value that was drawn more than once gets a kernel as wide as half a unit, to which leaderboards are shown,
and the others Silverman's bandwidth of themselves, never a narrower one. And M draws know nothing of
probabilities below 1/M: one more draw, as wide as the gap has ranged before, stands for what they cannot
know and keeps the log score finite. All methods are treated alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meekcast.equations.types import Array
from meekcast.forecasts.bands import sorted_quantiles

RESOLUTION = 0.5
"""Half a point, index or Elo unit: what a leaderboard shows is rounded to whole ones."""
TIE = 1e-9
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)

DEFINITIONS = {
    "crps": "continuous ranked probability score of the draws, in the benchmark's unit; lower is better",
    "crps_log": "the same of ln(1 + gap): errors in proportion to the gap",
    "log_score": (
        "minus ln density of the observed gap, kernels on the draws: half a unit wide for a value drawn more than "
        "once, else Silverman's bandwidth, no narrower; plus one draw as wide as the gap ranged before; lower is better"
    ),
    "coverage": "share of observed gaps inside the central interval, ends included",
    "pit": (
        "share of draws below the observed gap, ties split at random (seeded): uniform if calibrated; of a block its "
        "mean and counts in ten equal bins"
    ),
}


@dataclass(frozen=True)
class Scores:
    """How one forecast did on one target.

    Parameters
    ----------
    quantiles : dict of str to float
        At 5, 25, 50, 75 and 95 %.
    crps : float
        In the unit of the gap.
    crps_log : float
        Of ln(1 + gap).
    log_score, pit : float or None
        None for a point forecast.
    inside50, inside90 : bool or None
        Whether the observed gap lies in the central interval; None for a point forecast.
    """

    quantiles: dict[str, float]
    crps: float
    crps_log: float
    log_score: float | None = None
    pit: float | None = None
    inside50: bool | None = None
    inside90: bool | None = None


def score(draws: Array, observed: float, reach: float, rng: np.random.Generator) -> Scores:
    """Score draws against what was seen.

    Parameters
    ----------
    draws : ndarray, shape (n,)
        Of the observed gap.
    observed : float
        The gap that was seen.
    reach : float
        Range of the gap before the origin, in its unit.
    rng : numpy.random.Generator
        Splits ties of the PIT.

    Returns
    -------
    Scores
        The scores.

    Examples
    --------
    >>> found = score(np.linspace(0, 10, 101), 5.0, 10.0, np.random.default_rng(0))
    >>> round(found.crps, 2), found.inside50, found.quantiles["0.95"]
    (0.84, True, 9.5)
    """
    draws = np.sort(draws)
    q = sorted_quantiles(draws, PROBABILITIES)
    centres, widths, weights = kernels(draws, reach)
    return Scores(
        {f"{p:g}": float(v) for p, v in zip(PROBABILITIES, q, strict=True)},
        crps(draws, observed),
        crps(_logged(draws), float(_logged(observed))),
        log_score(observed, centres, widths, weights),
        pit(draws, observed, rng),
        bool(q[1] - TIE <= observed <= q[3] + TIE),
        bool(q[0] - TIE <= observed <= q[4] + TIE),
    )


def score_point(value: float, observed: float) -> Scores:
    """Score a point forecast: its CRPS is the absolute error, it has no density.

    Examples
    --------
    >>> score_point(3.0, 5.0).crps
    2.0
    """
    return Scores({"0.5": value}, abs(value - observed), abs(float(_logged(value) - _logged(observed))))


def _logged(gap: Array | float) -> Array:
    """ln(1 + gap); a gap is never negative."""
    return np.asarray(np.log1p(np.maximum(gap, 0.0)))


def crps(draws: Array, observed: float) -> float:
    """Continuous ranked probability score of sorted draws, by its decomposition into quantiles.

    Examples
    --------
    >>> round(crps(np.array([1.0, 2.0, 3.0]), 2.0), 4)
    0.2222
    """
    n = len(draws)
    ranks = np.arange(n) + 0.5
    return float(2 / n**2 * np.sum(np.where(draws > observed, n - ranks, ranks) * np.abs(draws - observed)))


def log_score(observed: float, centres: Array, widths: Array, weights: Array) -> float:
    """Minus the log density of a mixture of normals.

    Examples
    --------
    >>> round(log_score(0.0, np.zeros(1), np.ones(1), np.ones(1)), 4)
    0.9189
    """
    each = np.log(weights / widths) - 0.5 * ((observed - centres) / widths) ** 2
    return float(0.5 * np.log(2 * np.pi) - np.logaddexp.reduce(each))


def kernels(draws: Array, reach: float) -> tuple[Array, Array, Array]:
    """Kernels of the density that the log score reads: centre, SD and weight of each.

    Parameters
    ----------
    draws : ndarray, shape (n,)
        Sorted draws.
    reach : float
        SD of the one draw more that stands for what the draws cannot know.

    Returns
    -------
    tuple of ndarray, shape (k,)
        Of at most n + 1 kernels; equal draws share one.
    """
    values, counts = np.unique(draws, return_counts=True)
    single = counts == 1
    widths = np.full(len(values), RESOLUTION)
    widths[single] = max(RESOLUTION, silverman(values[single]))
    n = len(draws)
    return (
        np.append(values, np.median(draws)),
        np.append(widths, max(reach, 10 * RESOLUTION)),
        np.append(counts, 1) / (n + 1),
    )


def silverman(values: Array) -> float:
    """Bandwidth of a Gaussian kernel by Silverman's rule; 0 for fewer than two values.

    Examples
    --------
    >>> silverman(np.array([1.0]))
    0.0
    """
    if len(values) < 2:
        return 0.0
    q1, q3 = np.quantile(values, [0.25, 0.75])
    return float(1.06 * min(np.std(values), (q3 - q1) / 1.34) * len(values) ** -0.2)


def pit(draws: Array, observed: float, rng: np.random.Generator) -> float:
    """Probability integral transform, randomised over ties.

    Examples
    --------
    >>> 0.0 < pit(np.array([1.0, 2.0, 3.0]), 0.0, np.random.default_rng(0)) < 0.25
    True
    """
    below = np.count_nonzero(draws < observed - TIE)
    tied = np.count_nonzero(np.abs(draws - observed) <= TIE)
    return float((below + rng.uniform() * (tied + 1)) / (len(draws) + 1))
