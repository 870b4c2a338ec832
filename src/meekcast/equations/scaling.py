"""The scaling law: loss against effective compute (Gundlach et al. 2025, section 2)."""

import numpy as np

from meekcast.equations.types import Values

TRAIN_FLOP = 6.0
"""Training compute of one parameter on one token, in FLOP."""


def reducible_loss(x: Values, alpha: Values, A: Values) -> Values:
    """Loss above the irreducible entropy, ``A exp(-alpha x)``.

    Parameters
    ----------
    x : array_like
        Natural logarithm of effective compute, in ln FLOP.
    alpha : array_like
        Scaling exponent, positive, per ln FLOP.
    A : array_like
        Scale of the reducible loss at one FLOP, in nats per token.

    Returns
    -------
    array_like
        Reducible loss in nats per token, of the broadcast shape.

    Examples
    --------
    >>> round(reducible_loss(np.log(1e20), 0.155, 1070.0), 4)
    np.float64(0.8499)
    """
    return A * np.exp(-alpha * x)


def loss(x: Values, alpha: Values, A: Values, L0: Values) -> Values:
    """Loss in nats per token, ``L0 + A exp(-alpha x)``.

    Parameters
    ----------
    x, alpha, A : array_like
        As in `reducible_loss`.
    L0 : array_like
        Irreducible loss, in nats per token.

    Returns
    -------
    array_like
        Loss in nats per token, of the broadcast shape.

    Examples
    --------
    >>> round(loss(np.log(1e20), 0.155, 1070.0, 1.7), 4)
    np.float64(2.5499)
    """
    return L0 + reducible_loss(x, alpha, A)


def exponent_in_compute(a: Values, b: Values) -> Values:
    """Exponent of the loss in compute, at the best split of compute over parameters N and tokens D.

    The loss is ``E + A N**-a + B D**-b`` and compute ``6 N D``. The irreducible loss stays E.

    Parameters
    ----------
    a, b : array_like
        Exponents of the loss in parameters and in tokens, positive.

    Returns
    -------
    array_like
        Exponent per ln FLOP, of the broadcast shape.

    Examples
    --------
    >>> round(exponent_in_compute(0.34, 0.28), 5)
    0.15355
    """
    return a * b / (a + b)


def scale_in_compute(A: Values, B: Values, a: Values, b: Values) -> Values:
    """Reducible loss at one FLOP, at the best split, where ``a A N**-a = b B D**-b``.

    Parameters
    ----------
    A, B : array_like
        Scales of the loss by parameters and by tokens, in nats per token, positive.
    a, b : array_like
        As in `exponent_in_compute`.

    Returns
    -------
    array_like
        Scale in nats per token, of the broadcast shape.

    Examples
    --------
    >>> round(scale_in_compute(406.4, 410.7, 0.34, 0.28), 1)
    np.float64(1071.4)
    """
    balance = np.log(a * A / (b * B)) / (a + b)
    return (A * np.exp(-a * balance) + B * np.exp(b * balance)) * np.exp(exponent_in_compute(a, b) * np.log(TRAIN_FLOP))
