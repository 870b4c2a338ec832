"""One line that states a prior: its grammar, and the normal distribution that it stands for.

Every prior is a normal distribution on some scale: the identity (``Normal``), the logarithm
(``LogNormal``) or the logit between two limits (``LogitNormal``). So a whole set of priors is one
multivariate normal (see `meekcast.beliefs.belief`), and conditioning, correlation and sampling have closed
forms. The grammar, the same in TOML files and for ``--prior``::

    1.4  or  Point(1.4)                            known exactly
    LogNormal(2.4, 90% 2.0..2.9)                   median and a central interval
    LogNormal(90% 2.0..2.9)                        a central interval alone
    Normal(0.155, sd 0.02)                         median and SD (of ln x for LogNormal, of the logit ...)
    LogitNormal(92, 90% 86..97, within 80..100)    limits of the support (default 0..1)
"""

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from meekcast.equations.types import Array, Values
from meekcast.errors import InputError, check_length, nearest

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_ARGUMENTS = {
    "median": re.compile(rf"({_NUMBER})"),
    "interval": re.compile(rf"({_NUMBER})\s*%\s*({_NUMBER})\s*\.\.\s*({_NUMBER})"),
    "sd": re.compile(rf"sd\s+({_NUMBER})"),
    "within": re.compile(rf"within\s+({_NUMBER})\s*\.\.\s*({_NUMBER})"),
}
LEVELS = (1.0, 99.99)
"""Levels of a stated interval, in per cent: a narrower one says nothing of the spread, a wider one is no knowledge."""

REACH = {"identity": 1e100, "log": 690.0, "logit": 690.0}
"""How far six SD from the mean may lie from 0 on a scale, so that every draw is a number."""

LONGEST = 300
"""Characters of a line."""

_HELP = "Write for example 1.4, LogNormal(2.4, 90% 2.0..2.9), Normal(0.155, sd 0.02) or LogitNormal(90% 0.8..0.95)."


@dataclass(frozen=True)
class Scale:
    """The scale on which a prior is normal.

    Parameters
    ----------
    name : {"identity", "log", "logit"}
        Kind of scale.
    low, high : float
        Limits of the values; used by the logit.
    """

    name: str = "identity"
    low: float = -math.inf
    high: float = math.inf

    def to_value(self, u: Values) -> Values:
        """Map the normal scale to values; arithmetic and ufuncs, so it runs in the PyMC graph too."""
        if self.name == "log":
            return np.exp(u)
        if self.name == "logit":
            return self.low + (self.high - self.low) / (1 + np.exp(-u))
        return u

    def holds(self, value: float) -> bool:
        """Whether a value lies inside the limits."""
        return self.name == "identity" or self.low < value < self.high

    def positions(self, values: Array) -> Array:
        """Map values that lie inside the limits to the normal scale."""
        if self.name == "log":
            return np.log(values)
        if self.name == "logit":
            return np.log(values - self.low) - np.log(self.high - values)
        return values

    def from_value(self, value: float) -> float:
        """Map a value to the normal scale.

        Raises
        ------
        InputError
            If the value lies outside the limits.
        """
        if not self.holds(value):
            raise InputError(
                f"{value:g} lies outside {self.low:g}..{self.high:g}", "Move it inside, or move the limits."
            )
        if self.name == "log":
            return math.log(value)
        if self.name == "logit":
            return math.log((value - self.low) / (self.high - value))
        return float(value)


FAMILIES: dict[str, Callable[[float, float], Scale]] = {
    "Point": lambda low, high: Scale(),
    "Normal": lambda low, high: Scale(),
    "LogNormal": lambda low, high: Scale("log", 0.0, math.inf),
    "LogitNormal": lambda low, high: Scale("logit", low, high),
}


@dataclass(frozen=True)
class Prior:
    """A normal distribution on a scale.

    Parameters
    ----------
    family : str
        Name of the family, a key of `FAMILIES`.
    scale : Scale
        Where it is normal.
    mean, sd : float
        Mean and standard deviation on that scale; an sd of 0 is a point.
    text : str
        The line it was read from.
    fit_error : float or None
        Largest difference between a stated quantile's level and its level under the fitted
        distribution; None where parameters were given, not quantiles.
    """

    family: str
    scale: Scale
    mean: float
    sd: float
    text: str
    fit_error: float | None = None

    def quantile(self, p: float) -> float:
        """Value at cumulative probability `p`."""
        z = NormalDist().inv_cdf(p) if self.sd > 0 else 0.0
        return float(self.scale.to_value(self.mean + self.sd * z))

    def probability_below(self, value: float) -> float:
        """Cumulative probability of `value`."""
        if value <= self.scale.low or value >= self.scale.high:
            return float(value >= self.scale.high)
        u = self.scale.from_value(value)
        return NormalDist(self.mean, self.sd).cdf(u) if self.sd > 0 else float(u >= self.mean)


def parse(text: str | float) -> Prior:
    """Read one prior.

    Parameters
    ----------
    text : str or float
        A number, or a line of the grammar above.

    Returns
    -------
    Prior
        The normal distribution, fitted by least squares on its scale where quantiles are given.

    Raises
    ------
    InputError
        If the line is not of the grammar, names an unknown family, or its quantiles are out of
        order or outside the support.

    Examples
    --------
    >>> prior = parse("LogNormal(2.83, 95% 1.81..5.28)")
    >>> round(prior.quantile(0.5), 3), round(prior.fit_error, 3)
    (3.002, 0.085)
    >>> parse(1.4).sd
    0.0
    """
    line = str(text).strip()
    check_length(line, LONGEST, "a prior")
    if re.fullmatch(_NUMBER, line):
        line = f"Point({line})"
    call = re.fullmatch(r"(\w+)\s*\((.*)\)", line)
    if not call:
        raise InputError(f"cannot read the prior {str(text)!r}", _HELP)
    family, inner = call.groups()
    if family not in FAMILIES:
        raise InputError(f"unknown prior family {family!r} in {line!r}", nearest(family, FAMILIES))
    given = _arguments(inner, line)
    scale = FAMILIES[family](*given.get("within", (0.0, 1.0)))
    _check_arguments(family, given, line)
    try:
        if "interval" in given:
            prior = _fit(family, scale, given, line)
        else:
            prior = Prior(family, scale, scale.from_value(given["median"][0]), given.get("sd", (0.0,))[0], line)
        _check_reach(prior)
        return prior
    except InputError as error:
        raise InputError(f"in the prior {line!r}: {error.message}", error.remedy) from None


def _check_reach(prior: Prior) -> None:
    """Refuse a prior some draws of which are no numbers."""
    reach = abs(prior.mean) + 6 * prior.sd
    if prior.sd > 0 and not reach <= REACH[prior.scale.name]:
        raise InputError(
            f"its spread is beyond numbers: six SD from the middle are {reach:.3g} on the {prior.scale.name} scale",
            "Narrow it: an sd is that of ln x for LogNormal, of the logit for LogitNormal.",
        )


def _arguments(inner: str, line: str) -> dict[str, tuple[float, ...]]:
    """Split the arguments of a family; each may be given once."""
    given: dict[str, tuple[float, ...]] = {}
    for argument in inner.split(","):
        kinds = ((kind, rule.fullmatch(argument.strip())) for kind, rule in _ARGUMENTS.items())
        kind, match = next(((kind, match) for kind, match in kinds if match), (None, None))
        if match is None or kind is None or kind in given:
            raise InputError(f"cannot read {argument.strip()!r} in the prior {line!r}", _HELP)
        given[kind] = tuple(float(group) for group in match.groups())
        if not all(map(math.isfinite, given[kind])):
            raise InputError(f"{argument.strip()!r} in the prior {line!r} is too large for a number", _HELP)
    return given


def _check_arguments(family: str, given: dict[str, tuple[float, ...]], line: str) -> None:
    """Refuse arguments that do not belong to the family or to each other."""
    needed = {"median"} if family == "Point" else {"interval", "sd"}
    allowed = {"median"} if family == "Point" else {"median", "interval", "sd"} | ({"within"} & {*given})
    wrong_limits = "within" in given and (family != "LogitNormal" or given["within"][0] >= given["within"][1])
    both = {"interval", "sd"} <= given.keys()
    lone_sd = "sd" in given and "median" not in given
    if not needed & given.keys() or given.keys() - allowed or wrong_limits or both or lone_sd:
        raise InputError(f"the prior {line!r} has missing or surplus arguments", _HELP)
    if "sd" in given and given["sd"][0] <= 0:
        raise InputError(
            f"the prior {line!r} has an sd of {given['sd'][0]:g}", "An sd is positive; use Point(...) for 0."
        )


def _fit(family: str, scale: Scale, given: dict[str, tuple[float, ...]], line: str) -> Prior:
    """Fit mean and sd to the stated quantiles by least squares on the scale."""
    level, low, high = given["interval"]
    if not LEVELS[0] <= level <= LEVELS[1]:
        raise InputError(
            f"the interval's level is {level:g} %",
            f"Levels lie between {LEVELS[0]:g} and {LEVELS[1]:g} %, such as 90%.",
        )
    stated = {0.5 - level / 200: low, 0.5 + level / 200: high}
    if "median" in given:
        stated[0.5] = given["median"][0]
    ordered = [stated[p] for p in sorted(stated)]
    if any(b <= a for a, b in itertools.pairwise(ordered)):
        raise InputError(
            f"the quantiles {', '.join(f'{v:g}' for v in ordered)} are out of order",
            "Write LOW..HIGH with LOW < median < HIGH.",
        )
    z = np.array([NormalDist().inv_cdf(p) for p in stated])
    u = np.array([scale.from_value(value) for value in stated.values()])
    sd, mean = np.polyfit(z, u, 1)
    prior = Prior(family, scale, float(mean), float(sd), line)
    error = max(abs(prior.probability_below(value) - p) for p, value in stated.items())
    return Prior(family, scale, prior.mean, prior.sd, line, round(error, 12))
