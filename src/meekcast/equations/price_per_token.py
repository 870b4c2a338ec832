"""Effective compute that a fixed price per token buys (Gundlach et al. 2025, section on inference)."""

import numpy as np

from meekcast.equations.types import Values

CORRECTION = 30.0
"""Factor that the published equation drops: c F = 2 N, C = 6 N D and D = 20 N give 30 (c F)^2."""


def inference_compute(
    t: Values, c: Values, F: Values, g_hardware: Values, g_inference: Values, g_algorithms: Values
) -> Values:
    """Ln of effective training compute of a model sold at a fixed price, as published.

    ``C_eff = (c F (g_hardware g_inference)^t)^2 g_algorithms^t``. The corrected form is
    ``ln(CORRECTION)`` larger.

    Parameters
    ----------
    t : array_like
        Years since t0.
    c : array_like
        Price, in USD per token.
    F : array_like
        FLOP per USD at t0.
    g_hardware, g_inference, g_algorithms : array_like
        Growth factors per year.

    Returns
    -------
    array_like
        ln FLOP.

    Examples
    --------
    >>> round(inference_compute(0.0, 1e-8, 1e17, 1.4, 2.8, 3.6) / np.log(10), 6)
    np.float64(18.0)
    """
    yearly = 2 * (np.log(g_hardware) + np.log(g_inference)) + np.log(g_algorithms)
    return 2 * (np.log(c) + np.log(F)) + yearly * t


def matching_price(C0: Values, F: Values) -> Values:
    """Price per token whose inference compute equals a training budget at t0, ``sqrt(C0) / F``.

    Parameters
    ----------
    C0 : array_like
        Effective compute at t0, in FLOP.
    F : array_like
        FLOP per USD at t0.

    Returns
    -------
    array_like
        USD per token.

    Examples
    --------
    >>> round(matching_price(1e20, 1e17) * 1e6, 6)
    np.float64(0.1)
    """
    return np.sqrt(C0) / F
