"""A prior from what a person says about quantiles: families fitted, compared, and written as an entry of a prior set.

Every family is normal on some scale, so the fit is a straight line through the stated quantiles on that scale: exact
for two, least squares for more; the best family is the one with the smallest error in cumulative probability. PreliZ's
fit of quantiles has the same objective, solved numerically; what it adds are families beyond this project's grammar,
and whether one of them would have met the statement better.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from meekcast.beliefs.prior import FAMILIES, Prior, Scale, parse
from meekcast.errors import InputError, nearest, optional
from meekcast.vocabulary.parameters import Parameter

FITTED = ("Normal", "LogNormal", "LogitNormal")
SHOWN = (0.01, 0.5, 0.99)
"""Levels at which families that meet the same quantiles are told apart."""

_BEYOND: dict[str, dict[str, bool]] = {  # by the family of the same support; whether limits have to be given
    "LogNormal": {"Gamma": False, "Weibull": False, "InverseGamma": False, "LogLogistic": False},
    "Normal": {"Logistic": False, "Gumbel": False, "SkewNormal": False},
    "LogitNormal": {"BetaScaled": True},
}

OUTSIDE_TOLERANCE = 1e-6
"""Probability that a fit may put outside the parameter's support, as for every prior (`meekcast.inputs`)."""


@dataclass(frozen=True)
class Fit:
    """A family fitted to stated quantiles.

    Parameters
    ----------
    prior : Prior
        The fitted prior; ``prior.text`` is its line of the grammar.
    asked : dict of float to float
        Stated value by cumulative probability.
    error : float
        Largest difference between a stated quantile's level and its level under the fit.
    """

    prior: Prior
    asked: dict[float, float]
    error: float

    @property
    def fitted(self) -> dict[float, float]:
        """Fitted value by cumulative probability."""
        return {p: self.prior.quantile(p) for p in self.asked}


def read_quantiles(texts: Sequence[str]) -> dict[float, float]:
    """Read ``LEVEL=VALUE`` pairs.

    Parameters
    ----------
    texts : sequence of str
        Two or more.

    Returns
    -------
    dict of float to float
        Value by cumulative probability, increasing.

    Raises
    ------
    InputError
        If a pair cannot be read, a level is not inside 0 and 1 or stated twice, or values are out of order.

    Examples
    --------
    >>> read_quantiles(["0.95=2.9", "0.05=2.0"])
    {0.05: 2.0, 0.95: 2.9}
    """
    found: dict[float, float] = {}
    for text in texts:
        level, value = _pair(text)
        if level in found:
            raise InputError(f"the quantile {level:g} is stated twice", "State each quantile once.")
        found[level] = value
    if len(found) < 2:
        raise InputError(
            "a prior needs at least two quantiles", "Write --quantile 0.05=2.0 --quantile 0.95=2.9, for example."
        )
    stated = dict(sorted(found.items()))
    if any(later <= earlier for earlier, later in itertools.pairwise(stated.values())):
        shown = ", ".join(f"{p:g}={v:g}" for p, v in stated.items())
        raise InputError(f"the quantiles {shown} are out of order", "Larger levels have larger values.")
    return stated


def _pair(text: str) -> tuple[float, float]:
    level_text, equals, value_text = text.partition("=")
    try:
        level, value = float(level_text), float(value_text)
    except ValueError:
        level = value = math.nan
    if not equals or not math.isfinite(value) or math.isnan(level):
        raise InputError(f"cannot read --quantile {text!r}", "Write LEVEL=VALUE, such as 0.05=2.0.")
    if not 0 < level < 1:
        raise InputError(f"--quantile {text!r}: the level is not between 0 and 1", "Write 0.05 for 5 %.")
    return level, value


def fits(parameter: Parameter, asked: Mapping[float, float], family: str = "auto") -> list[Fit]:
    """Fit families to stated quantiles of a parameter.

    Parameters
    ----------
    parameter : Parameter
        Whose support the values and the fit must respect.
    asked : mapping of float to float
        From `read_quantiles`.
    family : str, default "auto"
        One of `FITTED`, or "auto" for all that the support allows.

    Returns
    -------
    list of Fit
        The best first: the smallest error; among equals the family whose support is the parameter's.

    Raises
    ------
    InputError
        If the family is unknown, a value lies outside the support, or no family stays inside it.

    Examples
    --------
    >>> from meekcast.vocabulary.parameters import find
    >>> fits(find("g_investment"), {0.05: 2.0, 0.95: 2.9})[0].prior.text
    'LogNormal(2.40832, sd 0.112947)'
    """
    if family not in {*FITTED, "auto"}:
        raise InputError(f"unknown family {family!r}", nearest(family, (*FITTED, "auto")))
    for level, value in asked.items():
        if not parameter.low < value < parameter.high:
            raise InputError(
                f"{parameter.name}: the quantile {level:g}={value:g} lies outside "
                f"{parameter.low:g}..{parameter.high:g}",
                f"This is the {parameter.meaning} ({parameter.unit}).",
            )
    candidates = [name for name in FITTED if _scale(name, parameter)] if family == "auto" else [family]
    made = [_fit(name, parameter, asked) for name in candidates]
    inside = [fit for fit in made if _outside(fit.prior, parameter) <= OUTSIDE_TOLERANCE]
    if not inside:
        outside = min(_outside(fit.prior, parameter) for fit in made)
        raise InputError(
            f"{' and '.join(candidates)} would put probability {outside:.2g} of {parameter.name} outside "
            f"{parameter.low:g}..{parameter.high:g}",
            "Choose --family auto, or state narrower quantiles.",
        )
    natural = _natural(parameter)
    return sorted(inside, key=lambda fit: (round(fit.error, 4), fit.prior.family != natural))


def _natural(parameter: Parameter) -> str:
    """Family whose support is the parameter's."""
    if math.isfinite(parameter.high) and math.isfinite(parameter.low):
        return "LogitNormal"
    return "LogNormal" if parameter.low == 0 else "Normal"


def _scale(family: str, parameter: Parameter) -> Scale | None:
    """Scale of a family within the parameter's support; None where the family cannot stand on it."""
    if family == "LogNormal" and parameter.low < 0:
        return None
    if family == "LogitNormal":
        bounded = math.isfinite(parameter.low) and math.isfinite(parameter.high)
        return FAMILIES[family](parameter.low, parameter.high) if bounded else None
    return FAMILIES[family](0.0, 1.0)


def _fit(family: str, parameter: Parameter, asked: Mapping[float, float]) -> Fit:
    scale = _scale(family, parameter)
    if scale is None:
        raise InputError(
            f"{family} cannot stand on {parameter.name}, which lies in {parameter.low:g}..{parameter.high:g}",
            "Choose --family auto.",
        )
    u = np.array([scale.from_value(value) for value in asked.values()])
    sd, mean = np.polyfit([NormalDist().inv_cdf(p) for p in asked], u, 1)
    limits = f", within {scale.low:.6g}..{scale.high:.6g}" if family == "LogitNormal" else ""
    prior = parse(f"{family}({float(scale.to_value(mean)):.6g}, sd {sd:.6g}{limits})")  # what the file will say
    error = max(abs(prior.probability_below(value) - p) for p, value in asked.items())
    return Fit(prior, dict(asked), error)


def _outside(prior: Prior, parameter: Parameter) -> float:
    return prior.probability_below(parameter.low) + 1 - prior.probability_below(parameter.high)


class Beyond(NamedTuple):
    """A family outside the grammar: its largest error in cumulative probability, and the values at `SHOWN`."""

    family: str
    error: float
    implied: dict[float, float]


def beyond(parameter: Parameter, asked: Mapping[float, float]) -> list[Beyond]:
    """Fit families outside the grammar with PreliZ, to see whether the grammar distorts what was said.

    Parameters
    ----------
    parameter : Parameter
        Chooses families by its support.
    asked : mapping of float to float
        From `read_quantiles`.

    Returns
    -------
    list of Beyond
        The best first.

    Raises
    ------
    InputError
        If PreliZ is not installed.
    """
    pz = optional("preliz", "elicitation")
    levels, values = np.array(list(asked)), np.array(list(asked.values()))
    found = []
    for family, options in _BEYOND[_natural(parameter)].items():
        limits = {"lower": parameter.low, "upper": parameter.high} if options else {}
        fitted = getattr(pz, family)(**limits)
        with warnings.catch_warnings():  # a poor fit is what the table shows
            warnings.simplefilter("ignore")
            pz.match_quantiles(_sample(levels, values), fitted, quantiles=levels, plot=False)
        error = float(np.abs(fitted.cdf(values) - levels).max())
        if math.isfinite(error):
            found.append(Beyond(family, error, {p: float(fitted.ppf(p)) for p in SHOWN}))
    return sorted(found, key=lambda row: row.error)


def _sample(levels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A sample that has just the stated quantiles: even between them, and as steep beyond as beside."""
    slopes = np.diff(values) / np.diff(levels)
    ends = values[0] - slopes[0] * levels[0], values[-1] + slopes[-1] * (1 - levels[-1])
    grid = np.union1d(np.linspace(0, 1, 10_001), levels)
    through = np.interp(grid, [0, *levels, 1], [ends[0], *values, ends[1]])
    return np.asarray(np.interp(np.linspace(0, 1, 10_001), grid, through))


def entry(parameter: Parameter, fit: Fit, source: str) -> str:
    """The fitted prior as TOML that a prior set may hold.

    Parameters
    ----------
    parameter : Parameter
        Name and unit.
    fit : Fit
        The fit.
    source : str
        Who said so, and when.

    Returns
    -------
    str
        A table ``[parameters.NAME]``.

    Raises
    ------
    InputError
        If there is no source.
    """
    if not source.strip():
        raise InputError("a prior needs a source", "Say with --source who believes this, and since when.")
    said = ", ".join(f"{p:g} = {value:g}" for p, value in fit.asked.items())
    rationale = f"Elicited quantiles: {said}. Largest error of the fit in probability: {fit.error:.2g}"
    lines = [f"[parameters.{parameter.name}]", f"prior = {_quoted(fit.prior.text)}"]
    lines += [f"unit = {_quoted(parameter.unit)}", f"source = {_quoted(source)}", f"rationale = {_quoted(rationale)}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, whatever the text holds."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escapes.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text) + '"'
