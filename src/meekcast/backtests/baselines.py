"""What a forecast has to beat: persistence, damped persistence, a linear trend, the paper's point curve.

Each is made of the gaps up to the origin alone, of the same table that the card reads. A gap is never
negative, and baselines know it: their draws are floored at zero.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from meekcast.equations.types import Array

N_DRAWS = 2000
MONTHS = 12
QUARTER = 3
ENOUGH_QUARTERS = 4
"""Quarter ends below which a trend is not fitted: its t distribution would have no mean error."""
PERSISTENCE_FREEDOM, DAMPED_FREEDOM = 4, 5
"""Degrees of freedom: changes of a gap have heavy tails."""
DAMPING = 0.9
"""What is left after a month of a gap's distance from its mean."""
PAPER_END = 100.0

DEFINITIONS = {
    "persistence": (
        "the gap at the origin stays, but for a change with a t distribution of "
        f"{PERSISTENCE_FREEDOM} degrees of freedom; its variance is the mean squared change of the gap over the same "
        "time, every window of month ends up to the origin, or, where that is more than half of the past, over half of "
        "it, times the ratio of the times"
    ),
    "damped_persistence": (
        f"the gap goes back to the mean of its past month ends: its distance from there is times {DAMPING:g} a month "
        f"later, and its spread is the past's SD times sqrt(1 - {DAMPING:g}^(2 months)), as a t distribution with "
        f"{DAMPED_FREEDOM} degrees of freedom"
    ),
    "trend": (
        "least-squares line through the gaps at quarter ends up to the origin, with its predictive t distribution; "
        f"null with fewer than {ENOUGH_QUARTERS} quarter ends"
    ),
    "paper": (
        "the paper's published MMLU gap, one step, at its point values (46.4 points at 4.1 years at most), on its way "
        "down: anchored where it equals the gap at the origin (at its peak if that is larger) and followed from there; "
        "a point, so its CRPS is the absolute error; null where a score has no ceiling"
    ),
    "constant_growth": 'the same card with discrepancy = "none", fitted to the same evidence',
}


def persistence(past: Array, horizon: float) -> Array:
    """Draw from the forecast that nothing changes but by chance.

    Parameters
    ----------
    past : ndarray, shape (m,)
        Gaps at month ends; the last one stands at the origin.
    horizon : float
        Years ahead.

    Returns
    -------
    ndarray, shape (2000,)
        At equally spaced probabilities; the standing gap alone if there is no past.

    Examples
    --------
    >>> draws = persistence(np.array([10.0, 11.0, 12.0, 11.0, 10.0]), 0.25)
    >>> round(float(np.median(draws)), 6)
    10.0
    """
    months = max(1, min(round(horizon * MONTHS), (len(past) - 1) // 2))
    changes = past[months:] - past[:-months]
    if not np.any(changes):
        return np.full(N_DRAWS, past[-1])
    variance = float(np.mean(changes**2)) * horizon * MONTHS / months
    matched = (PERSISTENCE_FREEDOM - 2) / PERSISTENCE_FREEDOM  # of a t distribution, whose own variance is above 1
    return _t_draws(past[-1], math.sqrt(variance * matched), PERSISTENCE_FREEDOM)


def damped_persistence(past: Array, horizon: float) -> Array:
    """Draw from the forecast that the gap goes back to its mean.

    Parameters
    ----------
    past, horizon
        As in `persistence`.

    Returns
    -------
    ndarray, shape (2000,)
        At equally spaced probabilities.

    Examples
    --------
    >>> draws = damped_persistence(np.array([10.0, 20.0, 30.0]), 1 / 12)
    >>> round(float(np.median(draws)), 6)
    29.0
    """
    mean, left = float(past.mean()), DAMPING ** (horizon * MONTHS)
    spread = float(past.std()) * math.sqrt(1 - left**2)
    return _t_draws(mean + left * (past[-1] - mean), spread, DAMPED_FREEDOM)


def trend(past: Array, horizon: float) -> Array | None:
    """Draw from a least-squares line through quarter ends, carried on.

    Parameters
    ----------
    past, horizon
        As in `persistence`.

    Returns
    -------
    ndarray, shape (2000,), or None
        None with too few quarter ends.
    """
    gaps = past[::-QUARTER][::-1]
    n = len(gaps)
    if n < ENOUGH_QUARTERS:
        return None
    t = np.arange(n) - (n - 1) / 2  # centred: mean and slope are independent
    slope = float(t @ gaps / (t @ t))
    residuals = gaps - gaps.mean() - slope * t
    ahead = t[-1] + horizon * MONTHS / QUARTER
    spread = math.sqrt(float(residuals @ residuals) / (n - 2) * (1 + 1 / n + ahead**2 / float(t @ t)))
    return _t_draws(float(gaps.mean()) + slope * ahead, spread, n - 2)


def paper(past: Array, horizon: float) -> float:
    """Follow the paper's point curve of the MMLU gap, anchored at the standing gap.

    Parameters
    ----------
    past, horizon
        As in `persistence`; points of a bounded score.

    Returns
    -------
    float
        Points.

    Examples
    --------
    >>> round(paper(np.array([20.0]), 0.0), 6), paper(np.array([20.0]), 1.0) < 20
    (20.0, True)
    """
    from meekcast.equations.turning import last_time_at_least
    from meekcast.model.published import mmlu_gap

    if past[-1] <= 0:
        return 0.0
    peak = _paper_peak()
    anchor = max(last_time_at_least(lambda t: mmlu_gap(t, 1), float(past[-1]), peak, PAPER_END), peak)
    return float(mmlu_gap(min(anchor, PAPER_END) + horizon, 1))


@cache
def _paper_peak() -> float:
    """Years at which the paper's MMLU gap is largest."""
    from meekcast.model.published import largest_mmlu_gap

    return largest_mmlu_gap(1).time


def _t_draws(centre: float, scale: float, freedom: int) -> Array:
    """Quantiles of a scaled t distribution at equally spaced probabilities, none below zero."""
    return np.asarray(np.maximum(centre + scale * _t_quantiles(freedom), 0.0))


@cache
def _t_quantiles(freedom: int) -> Array:
    """Those of the standard distribution, which take longer than all else."""
    from scipy.special import stdtrit  # scipy.stats would take two seconds to load

    return np.asarray(stdtrit(freedom, (np.arange(N_DRAWS) + 0.5) / N_DRAWS))
