"""The paper's point values, and its curve of MMLU: the one thing of the paper that others are held against.

Gundlach, Lynch & Thompson 2025, arXiv:2507.07931. Time is in years since both actors spent the same.
"""

from __future__ import annotations

import numpy as np

from meekcast.equations.links import bounded_link, consecutive_steps
from meekcast.equations.paths import log_compute, log_growth
from meekcast.equations.scaling import loss
from meekcast.equations.turning import Peak, local_maxima
from meekcast.equations.types import Array

PAPER = {
    "alpha": 0.155,
    "A": 1070.0,
    "L0": 1.7,
    "g_hardware": 1.4,
    "g_algorithms": 2.8,
    "g_investment": 5 / 1.4,
    "C0": 1e20,
    "R": 1.0,
    "eps": 0.05,
    "error_rate": 0.05,
    "slowdown": 1.0,
}
"""The published point values (Gundlach, Lynch & Thompson 2025); C0 is the budget actor's."""

MMLU_ALPHA = 0.154
"""Exponent of the released code, on which the published MMLU figures stand."""

MMLU_SIGMOID = (0.55, 1.97, 23.77, 0.25)
"""Height (share), midpoint (nats per token), slope (per nat) and floor (share), as the plots round them."""

MMLU_LAW = (MMLU_ALPHA, PAPER["A"], PAPER["L0"])

MMLU_END = 20.0
"""Years within which the largest gap is looked for."""


def sigmoid(loss: Array, S: Array | float, x0: Array | float, k: Array | float, b: Array | float) -> Array:
    """MMLU as a share against loss.

    Parameters
    ----------
    loss : ndarray
        Nats per token.
    S, x0, k, b : ndarray or float
        As in `MMLU_SIGMOID`.

    Returns
    -------
    ndarray
        Share.

    Examples
    --------
    >>> float(sigmoid(np.array(1.97), *MMLU_SIGMOID))
    0.525
    """
    return np.asarray(bounded_link(loss, k, x0, b, S + b))


def mmlu_scores(
    t: Array | float, lead: float, curve: tuple[float, ...] = MMLU_SIGMOID, law: tuple[float, ...] = MMLU_LAW
) -> Array:
    """MMLU as a share at a date, of the frontier (lead 1) or the budget actor (lead 0)."""
    alpha, scale, floor = law
    s = PAPER["g_hardware"] * PAPER["g_algorithms"]
    x = log_compute(t, PAPER["C0"], log_growth(s) + lead * np.log(PAPER["g_investment"]))
    return sigmoid(np.asarray(loss(x, alpha, scale, floor)), *curve)


def mmlu_gap(
    t: Array | float, steps: int, curve: tuple[float, ...] = MMLU_SIGMOID, law: tuple[float, ...] = MMLU_LAW
) -> Array:
    """Gap in points when `steps` steps in a row must succeed.

    Examples
    --------
    >>> round(float(mmlu_gap(4.1, 1)), 1)
    46.4
    """
    shares = (np.asarray(consecutive_steps(mmlu_scores(t, lead, curve, law), steps)) for lead in (1.0, 0.0))
    frontier, budget = shares
    return np.asarray(100 * (frontier - budget))


def largest_mmlu_gap(steps: int, curve: tuple[float, ...] = MMLU_SIGMOID, law: tuple[float, ...] = MMLU_LAW) -> Peak:
    """The largest gap within 20 years."""
    return max(local_maxima(lambda t: mmlu_gap(t, steps, curve, law), 0.0, MMLU_END), key=lambda peak: peak.height)
