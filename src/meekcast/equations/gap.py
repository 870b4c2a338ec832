"""The gap between the two actors: in loss, and in time (Gundlach et al. 2025, section 3).

The lead is an argument of its own, not a difference of two large logarithms, so that small
gaps keep their digits.
"""

import numpy as np

from meekcast.equations.types import Values


def loss_gap(x_frontier: Values, lead: Values, alpha: Values, A: Values) -> Values:
    """Loss of the budget actor minus loss of the frontier.

    ``A exp(-alpha x_b) - A exp(-alpha x_f)`` with ``x_b = x_f - lead``.

    Parameters
    ----------
    x_frontier : array_like
        ln effective compute of the frontier, in ln FLOP.
    lead : array_like
        ``x_f - x_b``, in ln FLOP.
    alpha, A : array_like
        Scaling law, as in `meekcast.equations.scaling.reducible_loss`.

    Returns
    -------
    array_like
        Loss gap in nats per token; positive where the frontier is ahead.

    Examples
    --------
    >>> round(loss_gap(np.log(1e22), np.log(100.0), 0.155, 1070.0), 4)
    np.float64(0.4337)
    """
    budget_loss = A * np.exp(-alpha * (x_frontier - lead))  # no lead of the frontier overflows
    return -budget_loss * np.expm1(-alpha * lead)


def loss_gap_slope(
    x_frontier: Values, lead: Values, alpha: Values, A: Values, budget_rate: Values, lead_rate: Values
) -> Values:
    """Change of the loss gap per year under growth at the given rates.

    Parameters
    ----------
    x_frontier, lead, alpha, A : array_like
        As in `loss_gap`.
    budget_rate : array_like
        Growth rate of the budget actor, in ln FLOP per year.
    lead_rate : array_like
        Growth rate of the lead, in ln FLOP per year.

    Returns
    -------
    array_like
        Nats per token per year; zero at the peak of the gap.

    Examples
    --------
    >>> rates = np.log(1.4 * 2.8), np.log(5 / 1.4)
    >>> x, lead = np.log(1e20) + 3.33723 * sum(rates), 3.33723 * rates[1]
    >>> round(abs(loss_gap_slope(x, lead, 0.155, 1070.0, *rates)), 6)
    np.float64(0.0)
    """
    budget_loss = A * np.exp(-alpha * (x_frontier - lead))
    return alpha * budget_loss * (lead_rate * np.exp(-alpha * lead) + budget_rate * np.expm1(-alpha * lead))


def lag(lead: Values, budget_rate: Values) -> Values:
    """Years until the budget actor reaches the frontier's present level.

    Solves ``x_b(t + lag) = x_f(t)`` for a budget actor that grows at `budget_rate`.

    Parameters
    ----------
    lead : array_like
        ``x_f - x_b``, in ln FLOP.
    budget_rate : array_like
        Growth rate of the budget actor, in ln FLOP per year; must not be zero.

    Returns
    -------
    array_like
        Years; negative where the budget actor is ahead.

    Examples
    --------
    >>> round(lag(2.0, np.log(1.4 * 2.8)), 4)
    np.float64(1.464)
    """
    return lead / budget_rate
