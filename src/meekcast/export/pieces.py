"""A sample of dates as a few even pieces: equal probability spread evenly between neighbouring quantiles."""

from __future__ import annotations

import numpy as np

from meekcast.equations.types import Array
from meekcast.forecasts.questions.answer import Answer

LEVELS = np.array([0, 0.01, 0.025, *np.arange(0.05, 0.951, 0.05), 0.975, 0.99, 1.0]).round(3)
"""Cumulative probabilities at which pieces meet, for sources that people read."""


def edges(happened: Array, levels: Array = LEVELS) -> Array:
    """Dates at which pieces meet.

    Parameters
    ----------
    happened : ndarray, shape (n,)
        Finite dates, increasing.
    levels : ndarray
        Cumulative probabilities, from 0 to 1.

    Returns
    -------
    ndarray
        Quantiles at the levels, each of them a draw.

    Examples
    --------
    >>> edges(np.array([1.0, 2.0, 4.0]), np.array([0, 0.5, 1.0])).tolist()
    [1.0, 2.0, 4.0]
    """
    return np.asarray(np.quantile(happened, levels, method="inverted_cdf"))


def finite_dates(event: Answer) -> Array:
    """The dates of draws in which it happens by the horizon, increasing."""
    return np.sort(event.dates[event.true])
