"""Where the loss gap turns, inside the smooth range (Gundlach et al. 2025, appendix).

The paper's formula at R = 1; it calls the peak an inflection, but the derivative of the gap is
zero there. The edges (no growth, no lead) are handled in `meekcast.equations.dates`.
"""

import numpy as np

from meekcast.equations.types import Values


def stationary_time(alpha: Values, s: Values, g: Values, R: Values) -> Values:
    """Time at which the loss gap is largest, ``[ln(ln(s g)/ln s)/alpha - ln R] / ln g``.

    Parameters
    ----------
    alpha : array_like
        Scaling exponent, per ln FLOP.
    s : array_like
        Growth factor of the budget actor per year, above 1.
    g : array_like
        Growth factor of the lead per year (the paper's g_investment), not 1.
    R : array_like
        Ratio of compute at t0, frontier over budget.

    Returns
    -------
    array_like
        Years since t0.

    Examples
    --------
    >>> round(stationary_time(0.155, 1.4 * 2.8, 5 / 1.4, 1.0), 4)
    np.float64(3.3372)
    """
    return (np.log1p(np.log(g) / np.log(s)) / alpha - np.log(R)) / np.log(g)


def inflection_point(alpha: Values, s: Values, g: Values, R: Values) -> Values:
    """Time at which the loss gap bends, ``[2 ln(ln(s g)/ln s)/alpha - ln R] / ln g``.

    Parameters
    ----------
    alpha, s, g, R : array_like
        As in `stationary_time`.

    Returns
    -------
    array_like
        Years since t0; twice the stationary time at R = 1.

    Examples
    --------
    >>> round(inflection_point(0.155, 1.4 * 2.8, 5 / 1.4, 1.0), 4)
    np.float64(6.6745)
    """
    return (2 * np.log1p(np.log(g) / np.log(s)) / alpha - np.log(R)) / np.log(g)
