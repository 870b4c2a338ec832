"""The calculator: the paper's closed forms at point values, with nothing sampled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from meekcast.equations import dates
from meekcast.equations.paths import log_compute, log_growth, log_lead
from meekcast.equations.scaling import loss
from meekcast.equations.sprt import tokens
from meekcast.errors import InputError, nearest
from meekcast.model.published import PAPER


class Known(NamedTuple):
    """A name of the calculator: what it is, and between which values it means anything."""

    meaning: str
    low: float
    high: float


NAMES = {
    "alpha": Known("exponent of the scaling law", 1e-6, 10.0),
    "A": Known("reducible loss at one FLOP, nats/token", 1e-30, 1e30),
    "L0": Known("irreducible loss, nats/token", 0.0, 1e3),
    "g_hardware": Known("growth of FLOP per USD, per year", 0.01, 1e3),
    "g_algorithms": Known("growth of algorithmic efficiency, per year", 0.01, 1e3),
    "g_investment": Known("growth of the frontier's spending, per year, 1 or more", 0.01, 1e3),
    "C0": Known("compute of the budget actor at t0, FLOP", 1.0, 1e40),
    "R": Known("ratio of compute at t0, frontier over budget", 1e-20, 1e20),
    "eps": Known("loss gap that counts as closed, nats/token", 1e-20, 1e3),
    "error_rate": Known("both error rates of the sequential test", 1e-12, 0.5),
    "type_1": Known("chance to prefer the worse model (not with error_rate)", 1e-12, 0.999),
    "type_2": Known("chance to miss the better model (not with error_rate)", 1e-12, 0.999),
    "slowdown": Known("how many times slower than the ideal test a judge is", 1e-6, 1e12),
}
MOST_YEARS = 1000.0


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
    known = NAMES[name]
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{name} = {text!r} is not a number", f"{name} is {known.meaning}.") from None
    if not known.low <= value <= known.high:
        raise InputError(
            f"{name} = {text} is out of range",
            f"{name} is {known.meaning}: from {known.low:g} to {known.high:g}.",
        )
    return value


def read_times(at: Iterable[float]) -> list[float]:
    """Check the years since t0 at which both actors are compared.

    Raises
    ------
    InputError
        If one lies before t0, where the equations say nothing, or is none of a forecast.
    """
    times = list(at)
    for time in times:
        if not 0 <= time <= MOST_YEARS:
            raise InputError(
                f"--at {time:g} is not between 0 and {MOST_YEARS:g} years after t0", "Give years, such as --at 10."
            )
    return times


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
