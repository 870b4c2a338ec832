"""Investment paths: ln of the frontier's spending relative to t0, each integrated in closed form.

Growth factors are per year, time is in years since t0. Before t0 each path goes on as it begins.
"""

from collections.abc import Sequence

import numpy as np

from meekcast.equations.discrepancy import softplus
from meekcast.equations.types import Values


def piecewise_spending(t: Values, ends: Sequence[Values], factors: Sequence[Values]) -> Values:
    """Ln of spending that grows by `factors[k]` until `ends[k]`, and by the last factor afterwards.

    A path that stops has the factors (g, 1), one that slows down (g, g_late), a constant one (g,).

    Parameters
    ----------
    t : array_like
        Years since t0.
    ends : sequence of array_like
        Years since t0 at which the growth changes, increasing.
    factors : sequence of array_like
        Growth factors per year, one more than `ends`.

    Returns
    -------
    array_like
        ln of the ratio of spending at t to spending at t0, 0 at t = 0 if no end is negative.

    Examples
    --------
    >>> round(piecewise_spending(8.0, [5.0], [3.5, 1.0]) / np.log(3.5), 6)
    np.float64(5.0)
    """
    spending = t * np.log(factors[0])
    for end, before, after in zip(ends, factors, factors[1:], strict=False):
        since = t - end
        spending = spending + (since + np.abs(since)) / 2 * (np.log(after) - np.log(before))
    return spending


def piecewise_spending_rate(t: Values, ends: Sequence[Values], factors: Sequence[Values]) -> Values:
    """Slope of `piecewise_spending`, ln per year; at an end, the slope that begins there.

    Parameters
    ----------
    t, ends, factors
        As in `piecewise_spending`.

    Returns
    -------
    array_like
        ln growth per year; without ends that of the factor, the same at all dates.

    Examples
    --------
    >>> float(piecewise_spending_rate(8.0, [5.0], [3.5, 1.0]))
    0.0
    """
    rate = np.log(factors[0])
    for end, before, after in zip(ends, factors, factors[1:], strict=False):
        rate = rate + (t >= end) * (np.log(after) - np.log(before))
    return rate


def capped_spending(t: Values, g: Values, cap: Values) -> Values:
    """Ln of spending that grows by `g` at t0 and approaches a ceiling logistically.

    ``ln cap - ln(1 + (cap - 1) exp(-r t))`` with ``r = ln g cap / (cap - 1)``.

    Parameters
    ----------
    t : array_like
        Years since t0.
    g : array_like
        Growth factor per year at t0.
    cap : array_like
        Ceiling, as a multiple of spending at t0, above 1.

    Returns
    -------
    array_like
        ln of the ratio of spending at t to spending at t0.

    Examples
    --------
    >>> round(np.exp(capped_spending(100.0, 3.5, 1000.0)), 6)
    np.float64(1000.0)
    """
    approach = np.log(g) * cap / (cap - 1)
    return np.log(cap) - softplus(np.log(cap - 1) - approach * t)


def capped_spending_rate(t: Values, g: Values, cap: Values) -> Values:
    """Slope of `capped_spending`, ln per year.

    Parameters
    ----------
    t, g, cap : array_like
        As in `capped_spending`.

    Returns
    -------
    array_like
        ln growth per year; ``ln g`` at t0.

    Examples
    --------
    >>> round(np.exp(capped_spending_rate(0.0, 3.5, 1000.0)), 6)
    np.float64(3.5)
    """
    approach = np.log(g) * cap / (cap - 1)
    return approach * np.exp(-softplus(approach * t - np.log(cap - 1)))  # a sigmoid that does not overflow
