"""Peaks and ends of a loss gap that has no closed form, by evaluation on a grid and refinement.

A gap along a path of any shape may have several local maxima, and a kink where spending stops: every
grid point that is not below its neighbours is a candidate, refined between its neighbours.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from meekcast.equations.types import Values


class Peak(NamedTuple):
    """A local maximum: date in years since t0, and its height."""

    time: float
    height: float


def local_maxima(gap: Callable[[Values], Values], start: float, end: float, steps: int = 4000) -> list[Peak]:
    """All local maxima of a gap over a range of dates, in order of date.

    Parameters
    ----------
    gap : callable
        From dates in years to the gap; takes arrays.
    start, end : float
        Range, in years since t0. A maximum at its edge counts.
    steps : int, default 4000
        Grid; maxima closer together than a step may be seen as one.

    Returns
    -------
    list of Peak
        Dates are good to about 1e-8 of the range.

    Examples
    --------
    >>> [round(peak.time, 6) for peak in local_maxima(lambda t: np.sin(t), 0.0, 10.0)]
    [1.570796, 7.853982]
    """
    from scipy.optimize import minimize_scalar

    times = np.linspace(start, end, steps + 1)
    values = np.asarray(gap(times))
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    candidates = np.flatnonzero((values > padded[:-2]) & (values >= padded[2:]))
    peaks = []
    for k in candidates:
        bounds = times[max(int(k) - 1, 0)], times[min(int(k) + 1, steps)]
        refined = minimize_scalar(lambda t: -gap(t), bounds=bounds, method="bounded", options={"xatol": 1e-10})
        best = max((float(values[k]), float(times[k])), (float(gap(refined.x)), float(refined.x)))
        peaks.append(Peak(best[1], best[0]))
    return peaks


def last_time_at_least(
    gap: Callable[[Values], Values], eps: float, start: float, end: float, steps: int = 4000
) -> float:
    """Last date in a range at which a gap is at least `eps`.

    Parameters
    ----------
    gap : callable
        From dates in years to the gap; takes arrays.
    eps : float
        Threshold, in the gap's unit.
    start, end : float
        Range, in years since t0.
    steps : int, default 4000
        Grid; an excursion above `eps` shorter than a step may be missed.

    Returns
    -------
    float
        Years since t0; ``-inf`` if the gap never reaches `eps` in the range, ``inf`` if it is still
        there at its end.

    Examples
    --------
    >>> round(last_time_at_least(lambda t: np.exp(-t), 0.5, 0.0, 10.0), 6)
    0.693147
    """
    from scipy.optimize import brentq

    times = np.linspace(start, end, steps + 1)
    above = np.flatnonzero(np.asarray(gap(times)) >= eps)
    if not len(above):
        return -np.inf
    if above[-1] == steps:
        return np.inf
    return float(brentq(lambda t: gap(t) - eps, times[above[-1]], times[above[-1] + 1], xtol=1e-12))
