"""The calculator: the paper's closed forms at point values, with nothing sampled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from meekcast.equations import dates
from meekcast.equations.paths import log_compute, log_growth, log_lead
from meekcast.equations.scaling import loss
from meekcast.equations.sprt import tokens
from meekcast.errors import InputError, nearest
from meekcast.model.published import PAPER

NAMES = {
    "alpha": "exponent of the scaling law",
    "A": "reducible loss at one FLOP, nats/token",
    "L0": "irreducible loss, nats/token",
    "g_hardware": "growth of FLOP per USD, per year",
    "g_algorithms": "growth of algorithmic efficiency, per year",
    "g_investment": "growth of the frontier's spending, per year, 1 or more",
    "C0": "compute of the budget actor at t0, FLOP",
    "R": "ratio of compute at t0, frontier over budget",
    "eps": "loss gap that counts as closed, nats/token",
    "error_rate": "both error rates of the sequential test",
    "type_1": "chance to prefer the worse model (not with error_rate)",
    "type_2": "chance to miss the better model (not with error_rate)",
    "slowdown": "how many times slower than the ideal test a judge is",
}


def read_values(assignments: Iterable[str]) -> dict[str, float]:
    """Read ``NAME=VALUE`` pairs over the paper's values.

    Parameters
    ----------
    assignments : iterable of str
        Pairs.

    Returns
    -------
    dict of str to float
        Every name of `NAMES` but ``error_rate``, which has become ``type_1`` and ``type_2``.

    Raises
    ------
    InputError
        If a name is unknown or given twice, a value is not a positive finite number (L0 may be 0), or
        error_rate stands together with type_1 or type_2.

    Examples
    --------
    >>> read_values(["R=10"])["R"]
    10.0
    """
    given: dict[str, float] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"cannot read {assignment!r}", "Write NAME=VALUE, such as g_investment=2.4.")
        if name not in NAMES:
            raise InputError(f"unknown name {name!r}", nearest(name, NAMES))
        if name in given:
            raise InputError(f"{name} is given twice", "Give each name once.")
        given[name] = _number(name, text)
    both = {"type_1", "type_2"} & given.keys()
    if "error_rate" in given and both:
        raise InputError(
            f"error_rate together with {' and '.join(sorted(both))}", "Give error_rate, or type_1 and type_2."
        )
    values = {**PAPER, **given}
    rate = values.pop("error_rate")
    return {**values, "type_1": given.get("type_1", rate), "type_2": given.get("type_2", rate)}


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{name} = {text!r} is not a number", f"{name} is {NAMES[name]}.") from None
    if not math.isfinite(value) or value < 0 or (value == 0 and name != "L0"):
        raise InputError(
            f"{name} = {text} is out of range", f"{name} is {NAMES[name]}; it must be positive and finite."
        )
    return value


def point(values: dict[str, float], at: Sequence[float] = ()) -> dict[str, Any]:
    """Evaluate the closed forms.

    Parameters
    ----------
    values : dict of str to float
        From `read_values`.
    at : sequence of float, optional
        Years since t0 at which both actors are compared; order is kept.

    Returns
    -------
    dict
        ``peak_time``, ``peak_gap``, ``inflection_time``, ``end_time``, ``tokens_at_peak`` and ``at``, a
        list of ``time``, ``loss_frontier``, ``loss_budget``, ``loss_gap``, ``tokens`` and ``lag``.

    Raises
    ------
    InputError
        If g_investment is below 1, or the error rates are impossible.

    Examples
    --------
    >>> round(point(read_values([]))["peak_time"], 5)
    np.float64(3.33723)
    """
    v = values
    s, g = v["g_hardware"] * v["g_algorithms"], v["g_investment"]
    law = (v["alpha"], v["A"], v["C0"], s, g, v["R"])
    peak_gap = dates.peak_gap(*law)
    return {
        "peak_time": dates.peak_time(v["alpha"], s, g, v["R"]),
        "peak_gap": peak_gap,
        "inflection_time": dates.inflection_time(v["alpha"], s, g, v["R"]),
        "end_time": dates.end_time(*law, v["eps"]),
        "tokens_at_peak": _tokens(peak_gap, v),
        "at": [_at(float(t), v) for t in at],
    }


def _at(t: float, v: dict[str, float]) -> dict[str, float]:
    """Compare both actors at one date."""
    s, g = v["g_hardware"] * v["g_algorithms"], v["g_investment"]
    budget_rate = log_growth(v["g_hardware"], v["g_algorithms"])
    gap = dates.gap_at(t, v["alpha"], v["A"], v["C0"], s, g, v["R"])
    with np.errstate(over="ignore"):
        frontier = loss(log_compute(t, v["C0"] * v["R"], budget_rate + np.log(g)), v["alpha"], v["A"], v["L0"])
        budget = loss(log_compute(t, v["C0"], budget_rate), v["alpha"], v["A"], v["L0"])
    return {
        "time": t,
        "loss_frontier": frontier,
        "loss_budget": budget,
        "loss_gap": gap,
        "tokens": _tokens(gap, v),
        "lag": dates.lag(log_lead(t, v["R"], np.log(g)), budget_rate),
    }


def _tokens(gap: float, v: dict[str, float]) -> float:
    return float(tokens(gap, v["type_1"], v["type_2"], v["slowdown"]))
