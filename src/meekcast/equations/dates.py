"""Dates of the closed forms with every edge handled: no growth, no lead, no peak.

Years since t0, for floats, NumPy arrays and xarray. ``inf`` means never, ``-inf`` always before.
Growth is written as the paper writes it: `s` is the budget actor's growth factor per year, `g`
the factor by which the lead grows (the paper's g_investment), `R` the ratio of compute at t0.
"""

import numpy as np

from meekcast.equations._elementwise import elementwise
from meekcast.equations.gap import lag as finite_lag
from meekcast.equations.scaling import reducible_loss
from meekcast.equations.stationary import inflection_point, stationary_time
from meekcast.equations.types import Values
from meekcast.errors import InputError

NEWTON_STEPS = 200  # quadratic: fewer than 10 are used unless eps is the peak itself


def _check_positive(**inputs: Values) -> None:
    """Refuse zero, negative, infinite and missing values: a branch would make a date of them."""
    for name, value in inputs.items():
        if not np.all((value > 0) & np.isfinite(value)):
            raise InputError(f"{name} must be positive and finite", f"Give {name} above 0.")


def _check(alpha: Values, s: Values, g: Values, R: Values) -> None:
    """Refuse what has no answer."""
    _check_positive(alpha=alpha, s=s, g_investment=g, R=R)
    if np.any(g < 1):
        raise InputError(
            "g_investment is below 1: the frontier's lead shrinks, so the loss gap has no maximum",
            "Give g_investment of 1 or more.",
        )


@elementwise
def peak_time(alpha: Values, s: Values, g: Values, R: Values = 1.0) -> Values:
    """Time at which the loss gap is largest (Gundlach et al. 2025, with a starting ratio R).

    Parameters
    ----------
    alpha : array_like
        Scaling exponent, per ln FLOP.
    s : array_like
        Growth factor of the budget actor per year.
    g : array_like
        Growth factor of the lead per year, 1 or more.
    R : array_like, default 1
        Ratio of compute at t0, frontier over budget.

    Returns
    -------
    array_like
        Years since t0. At ``g = 1``: ``1/(alpha ln s)`` for R = 1, ``-inf`` for R > 1, ``inf``
        for R < 1. ``inf`` where ``s <= 1``: the gap rises for ever.

    Raises
    ------
    InputError
        If alpha, s or R is not positive and finite, or g is below 1 (the gap has no maximum).

    Examples
    --------
    >>> round(peak_time(0.155, 1.4 * 2.8, 5 / 1.4), 4)
    np.float64(3.3372)
    >>> peak_time(0.155, 1.0, 3.5)
    np.float64(inf)
    """
    return _turning_time(stationary_time(alpha, s, g, R), alpha, s, g, R, order=1)


@elementwise
def inflection_time(alpha: Values, s: Values, g: Values, R: Values = 1.0) -> Values:
    """Time at which the falling loss gap bends from concave to convex.

    Parameters
    ----------
    alpha, s, g, R : array_like
        As in `peak_time`.

    Returns
    -------
    array_like
        Years since t0; ``2 peak_time`` at R = 1. Edges as in `peak_time`.

    Raises
    ------
    InputError
        As in `peak_time`.

    Examples
    --------
    >>> round(inflection_time(0.155, 1.4 * 2.8, 5 / 1.4), 4)
    np.float64(6.6745)
    """
    return _turning_time(inflection_point(alpha, s, g, R), alpha, s, g, R, order=2)


def _turning_time(interior: Values, alpha: Values, s: Values, g: Values, R: Values, order: int) -> Values:
    """Replace the interior formula where its limit is needed."""
    _check(alpha, s, g, R)
    constant_lead = np.select([R == 1, R > 1], [order / (alpha * np.log(s)), -np.inf], np.inf)
    growing = np.where(g == 1, constant_lead, interior)
    never_turns = np.where((g == 1) & (R < 1), -np.inf, np.inf)
    return np.where(s <= 1, never_turns, growing)


@elementwise
def peak_gap(alpha: Values, A: Values, C0: Values, s: Values, g: Values, R: Values = 1.0) -> Values:
    """Largest loss gap over all time, its least upper bound where no date attains it.

    Parameters
    ----------
    alpha, s, g, R : array_like
        As in `peak_time`.
    A : array_like
        Scale of the reducible loss, in nats per token.
    C0 : array_like
        Compute of the budget actor at t0, in FLOP.

    Returns
    -------
    array_like
        Nats per token.

    Raises
    ------
    InputError
        As in `peak_time`, or if A or C0 is not positive and finite.

    Examples
    --------
    >>> round(peak_gap(0.155, 1070.0, 1e20, 1.4 * 2.8, 5 / 1.4), 6)
    np.float64(0.202238)
    """
    _check_positive(A=A, C0=C0)
    return gap_at(peak_time(alpha, s, g, R), alpha, A, C0, s, g, R)


@elementwise
def gap_at(t: Values, alpha: Values, A: Values, C0: Values, s: Values, g: Values, R: Values = 1.0) -> Values:
    """Loss gap at any date, infinite ones included: the limits, and never NaN.

    The budget actor's reducible loss times the share of it that the lead saves.

    Parameters
    ----------
    t : array_like
        Years since t0.
    alpha, A, C0, s, g, R : array_like
        As in `peak_gap`.

    Returns
    -------
    array_like
        Nats per token.

    Examples
    --------
    >>> gap_at(np.inf, 0.155, 1070.0, 1e20, 1.4 * 2.8, 5 / 1.4)
    np.float64(0.0)
    """
    budget_loss = reducible_loss(np.log(C0) + _times(np.log(s), t), alpha, A)
    saved = -np.expm1(-alpha * (np.log(R) + _times(np.log(g), t)))
    return _times(saved, budget_loss)


def _times(a: Values, b: Values) -> Values:
    """Product in which zero times infinity is zero: no growth stays no growth, no lead no gap."""
    return np.where((a == 0) | (b == 0), 0.0, a * b)


@elementwise
def end_time(alpha: Values, A: Values, C0: Values, s: Values, g: Values, R: Values = 1.0, eps: Values = 0.05) -> Values:
    """Last time at which the loss gap is at least `eps`.

    The logarithm of the gap is concave where the lead is positive, so Newton's method from the
    date on which the budget actor's whole reducible loss is `eps` falls monotonically to the
    root. It is written out here because SciPy's root finders take longer to import than the
    calculator may take to answer; a test holds it against them.

    Parameters
    ----------
    alpha, A, C0, s, g, R : array_like
        As in `peak_gap`.
    eps : array_like, default 0.05
        Loss gap, in nats per token, positive.

    Returns
    -------
    array_like
        Years since t0, over all real time; ``-inf`` if the gap never reaches `eps`, ``inf`` if it
        never falls below.

    Raises
    ------
    InputError
        As in `peak_gap`, or if eps is not positive.

    Examples
    --------
    >>> round(end_time(0.155, 1070.0, 1e20, 1.4 * 2.8, 5 / 1.4), 4)
    np.float64(13.0022)
    """
    if not np.all(eps > 0):
        raise InputError("eps must be positive", "Give a loss gap in nats per token, such as eps=0.05.")
    highest, peak = peak_gap(alpha, A, C0, s, g, R), peak_time(alpha, s, g, R)
    rate, lead_rate = np.log(s), np.log(g)
    start_excess = np.log(A) - alpha * np.log(C0) - np.log(eps)
    t = np.where(rate > 0, start_excess / (alpha * rate), np.nan)
    for _ in range(NEWTON_STEPS):
        lead = np.log(R) + lead_rate * t
        excess = start_excess - alpha * rate * t + np.log(-np.expm1(-alpha * lead))
        slope = -alpha * rate + alpha * lead_rate / np.expm1(alpha * lead)
        earlier = t - excess / slope
        if not np.any(earlier < t - 1e-13 * np.maximum(np.abs(t), 1)):
            break
        t = np.where(earlier < t, earlier, t)
    falls = np.where(highest > eps, np.maximum(t, peak), peak)  # rounding can step over a flat peak
    stays = (highest > eps) | ((highest == eps) & (g == 1))  # no growth: the supremum is its limit
    return np.where(highest < eps, -np.inf, np.where(s > 1, falls, np.where(stays, np.inf, -np.inf)))


@elementwise
def lag(lead: Values, budget_rate: Values) -> Values:
    """Years until the budget actor reaches the frontier's present level, edges included.

    Parameters
    ----------
    lead : array_like
        ln FLOP.
    budget_rate : array_like
        Growth rate in ln FLOP per year.

    Returns
    -------
    array_like
        Years; 0 without a lead, ``inf`` or ``-inf`` without growth.

    Examples
    --------
    >>> lag(1.0, 0.0)
    np.float64(inf)
    """
    return np.where(lead == 0, 0.0, finite_lag(lead, np.where(budget_rate == 0, 0.0, budget_rate)))


@elementwise
def rule_time(C_rule: Values, C0: Values, growth: Values) -> Values:
    """First date on which compute passes a FLOP rule.

    Raw compute (as laws count) grows by g_hardware, effective compute by s.

    Parameters
    ----------
    C_rule : array_like
        The rule, in FLOP (1e25 in the EU's AI Act, 1e26 in the US order of 2023).
    C0 : array_like
        Compute at t0, in FLOP.
    growth : array_like
        Growth factor per year.

    Returns
    -------
    array_like
        Years since t0; without growth ``-inf`` if C0 is past the rule already, else ``inf``; with
        shrinking compute ``inf``, or ``-inf`` if it stands above the rule at t0.

    Raises
    ------
    InputError
        If an argument is not positive and finite.

    Examples
    --------
    >>> round(rule_time(1e25, 1e20, 1.4), 2)
    np.float64(34.22)
    """
    _check_positive(C_rule=C_rule, C0=C0, growth=growth)
    distance = np.log(C_rule) - np.log(C0)
    without_growth = np.where(distance > 0, np.inf, -np.inf)
    return np.where(growth > 1, distance / np.log(growth), without_growth)
