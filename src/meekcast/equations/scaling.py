"""The scaling law: loss against effective compute (Gundlach et al. 2025, section 2)."""

import numpy as np

from meekcast.equations._types import Values


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
