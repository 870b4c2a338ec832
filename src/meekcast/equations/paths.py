"""Effective compute of the two actors against time (Gundlach et al. 2025, section 2).

Time is in years since the start t0; compute is the natural logarithm of FLOP.
"""

import numpy as np

from meekcast.equations.types import Values


def log_growth(*factors: Values) -> Values:
    """Growth rate of ln compute: the sum of the logarithms of yearly growth factors.

    Parameters
    ----------
    *factors : array_like
        Growth factors per year, positive; 1.4 means 40 % more each year.

    Returns
    -------
    array_like
        Growth rate, in ln FLOP per year.

    Examples
    --------
    >>> round(log_growth(1.4, 2.8), 4)
    np.float64(1.3661)
    """
    return sum(np.log(factor) for factor in factors)


def log_compute(t: Values, C0: Values, rate: Values) -> Values:
    """Logarithm of compute under constant growth, ``ln C0 + rate t``.

    Parameters
    ----------
    t : array_like
        Years since t0.
    C0 : array_like
        Compute at t0, in FLOP.
    rate : array_like
        Growth rate, in ln FLOP per year (see `log_growth`).

    Returns
    -------
    array_like
        ln FLOP, of the broadcast shape.

    Examples
    --------
    >>> round(log_compute(2.0, 1e20, log_growth(1.4, 2.8)), 4)
    np.float64(48.7839)
    """
    return np.log(C0) + rate * t


def log_lead(t: Values, R: Values, lead_rate: Values) -> Values:
    """Lead of the frontier: ln of the ratio of effective compute, ``ln R + lead_rate t``.

    Parameters
    ----------
    t : array_like
        Years since t0.
    R : array_like
        Ratio of the frontier's to the budget actor's compute at t0; below 1 the budget
        actor starts ahead.
    lead_rate : array_like
        Growth rate of the frontier minus that of the budget actor, per year.

    Returns
    -------
    array_like
        Lead in ln FLOP, of the broadcast shape; negative where the budget actor is ahead.

    Examples
    --------
    >>> round(log_lead(2.0, 1.0, np.log(5 / 1.4)), 4)
    np.float64(2.5459)
    """
    return np.log(R) + lead_rate * t
