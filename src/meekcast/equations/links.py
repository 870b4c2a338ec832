"""From loss or compute to a benchmark score (Gundlach et al. 2025, section 4)."""

import numpy as np

from meekcast.equations.discrepancy import softplus
from meekcast.equations.types import Values


def bounded_link(loss: Values, k: Values, x0: Values, floor: Values, ceiling: Values) -> Values:
    """Score of a bounded benchmark, a falling sigmoid of loss.

    ``floor + (ceiling - floor) / (1 + exp(k (loss - x0)))``.

    Parameters
    ----------
    loss : array_like
        Loss in nats per token.
    k : array_like
        Steepness, positive, per nat.
    x0 : array_like
        Loss at which the score is half way, in nats per token.
    floor, ceiling : array_like
        Score by chance and best possible score, in the unit of the score.

    Returns
    -------
    array_like
        Score, between floor and ceiling.

    Examples
    --------
    >>> round(bounded_link(1.9739, 23.77, 1.9739, 0.2540, 0.8107), 4)
    np.float64(0.5324)
    """
    return floor + (ceiling - floor) / (1 + np.exp(k * (loss - x0)))


def bounded_link_of_compute(
    x: Values, alpha: Values, difficulty: Values, discrimination: Values, floor: Values, ceiling: Values
) -> Values:
    """Score of a bounded benchmark against ln effective compute.

    The same link as `bounded_link`, with midpoint and steepness given where they can be
    known: `difficulty` is the ln compute at which the score is half way, `discrimination`
    the logits gained there per ln FLOP. With ``x0 = L(difficulty)`` and
    ``k = discrimination / (alpha A exp(-alpha difficulty))`` the loss level L0 and its scale
    A cancel, which is why scores alone say nothing about them.

    Parameters
    ----------
    x : array_like
        ln effective compute, in ln FLOP.
    alpha : array_like
        Scaling exponent, per ln FLOP.
    difficulty : array_like
        ln FLOP at the half-way score.
    discrimination : array_like
        Slope of the logit at the half-way score, per ln FLOP, positive.
    floor, ceiling : array_like
        Score by chance and best possible score, in the unit of the score.

    Returns
    -------
    array_like
        Score, between floor and ceiling.

    Examples
    --------
    >>> bounded_link_of_compute(60.0, 0.155, 60.0, 1.0, 10.0, 90.0)
    np.float64(50.0)
    """
    logit = -discrimination * np.expm1(-alpha * (x - difficulty)) / alpha
    return floor + (ceiling - floor) / (1 + np.exp(-logit))


def unbounded_link(x: Values, intercept: Values, slope: Values) -> Values:
    """Score of an unbounded measure (Elo, capability index), linear in ln compute.

    Parameters
    ----------
    x : array_like
        ln effective compute, in ln FLOP.
    intercept : array_like
        Score at one FLOP, in the unit of the score.
    slope : array_like
        Score gained per ln FLOP.

    Returns
    -------
    array_like
        Score.

    Examples
    --------
    >>> unbounded_link(60.0, -500.0, 30.0)
    1300.0
    """
    return intercept + slope * x


def consecutive_steps(score: Values, steps: Values) -> Values:
    """Probability that `steps` steps in a row succeed, ``score ** steps``.

    Parameters
    ----------
    score : array_like
        Probability of one step, between 0 and 1.
    steps : array_like
        Number of steps, 1 or more.

    Returns
    -------
    array_like
        Probability, between 0 and 1.

    Examples
    --------
    >>> round(consecutive_steps(0.9, 10), 4)
    np.float64(0.3487)
    """
    return np.power(score, steps)


def saturating_link(score: Values, ceiling: Values, rounding: Values) -> Values:
    """Score that is linear far below a ceiling and bends into it: play that nears perfection.

    ``ceiling - rounding ln(1 + exp((ceiling - score) / rounding))``.

    Parameters
    ----------
    score : array_like
        Score on the straight line, from `unbounded_link`.
    ceiling : array_like
        Score of perfect play.
    rounding : array_like
        Width of the bend, in the unit of the score, positive.

    Returns
    -------
    array_like
        Score, below the ceiling.

    Examples
    --------
    >>> round(saturating_link(1000.0, 3600.0, 100.0), 4)
    np.float64(1000.0)
    >>> round(saturating_link(9999.0, 3600.0, 100.0), 4)
    np.float64(3600.0)
    """
    return ceiling - rounding * softplus((ceiling - score) / rounding)
