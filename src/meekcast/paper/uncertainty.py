"""The paper's quantities under uncertain parameters: draws of the prior set `literature`."""

from __future__ import annotations

from functools import cache

import numpy as np

from meekcast.beliefs.prior import parse
from meekcast.cards import library
from meekcast.equations.types import Array
from meekcast.forecasts.bands import sorted_quantiles
from meekcast.model.published import PAPER

DRAWS = 4000
SEED = 0
SET = "literature"


@cache
def draws(**fixed: float) -> dict[str, Array]:
    """Draw parameters, some of them fixed (the members of a joint prior move along).

    The few draws in which the frontier's lead would shrink (g_investment of 1 or less, about 1 in 10,000) are
    left out: the gap has no peak there.

    Parameters
    ----------
    **fixed : float
        Known values by name.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        Values by name, with ``s = g_hardware g_algorithms``, and R and C0 of the paper.
    """
    belief = library.load_priors(SET).belief
    for name, value in fixed.items():
        belief = belief.with_marginal(name, parse(value))
    drawn = belief.draw(DRAWS, np.random.default_rng(SEED))
    kept = drawn["g_investment"] > 1
    values = {name: value[kept] for name, value in drawn.items()}
    n = int(kept.sum())
    return {
        **values,
        "s": values["g_hardware"] * values["g_algorithms"],
        "C0": np.full(n, PAPER["C0"]),
        "R": np.full(n, PAPER["R"]),
    }


def spread(values: Array, unit: str = "", digits: int = 3) -> str:
    """Median and central 90 % interval in a sentence.

    Examples
    --------
    >>> spread(np.linspace(0.0, 1.0, 101), "y")
    'Under the literature priors 0.5 y, 90 % [0.05, 0.95].'
    """
    low, median, high = (f"{q:.{digits}g}" for q in sorted_quantiles(np.sort(values), (0.05, 0.5, 0.95)))
    shown = f"{median} {unit}".strip()
    if low == high:  # such as a date that never comes
        return f"Under the {SET} priors {shown} too."
    return f"Under the {SET} priors {shown}, 90 % [{low}, {high}]."


def band(values: Array) -> tuple[Array, Array]:
    """Central 90 % interval at each date.

    Parameters
    ----------
    values : ndarray, shape (n, m)
        Draws by date; finite.

    Returns
    -------
    tuple of ndarray, shape (m,)
        Lower and upper end.
    """
    low, high = np.quantile(values, (0.05, 0.95), axis=0)
    return low, high


def last_above(t: Array, values: Array, eps: float) -> Array:
    """Last date on a grid at which each draw is at least `eps`; -inf if it never is.

    Examples
    --------
    >>> last_above(np.arange(3.0), np.array([[5.0, 6.0, 1.0], [0.0, 0.0, 0.0]]), 5.0).tolist()
    [1.0, -inf]
    """
    above = values >= eps
    last = values.shape[1] - 1 - above[:, ::-1].argmax(axis=1)
    return np.where(above.any(axis=1), t[last], -np.inf)
