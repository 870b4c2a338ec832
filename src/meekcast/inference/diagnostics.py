"""Whether a posterior can be believed: a typed verdict, each finding with its remedy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict, cast

import numpy as np

from meekcast.equations.types import Array
from meekcast.files import Number
from meekcast.inference.convergence import convergence, e_bfmi

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.inference.reweighting import Weighted

Status = Literal["ok", "warn", "fail"]
_SEVERITY: tuple[Status, ...] = ("ok", "warn", "fail")

# Vehtari et al. 2021 (r-hat, ESS) and Betancourt 2016 (E-BFMI): (bound of ok, bound of warn)
R_HAT = (1.01, 1.05)
ESS = (400.0, 100.0)
DIVERGENT_SHARE = (0.0, 0.01)
BFMI = (0.3, 0.1)


class FindingDocument(TypedDict):
    """A `Finding` as documents hold it."""

    status: Status
    message: str
    remedy: str


class DiagnosticsDocument(TypedDict):
    """`Diagnostics` as documents hold them."""

    status: Status
    method: str
    draws: int
    r_hat_max: Number | None
    ess_bulk_min: float | None
    ess_tail_min: float | None
    bfmi_min: float | None
    divergences: int | None
    steps_per_draw: float | None
    pareto_k: NotRequired[Number | None]
    weights_ess: NotRequired[float | None]
    error_ratio: NotRequired[float | None]
    findings: list[FindingDocument]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, and what to do about it."""

    status: Status
    message: str
    remedy: str


@dataclass(frozen=True)
class Diagnostics:
    """Verdict on how the draws were obtained.

    Parameters
    ----------
    status : {"ok", "warn", "fail"}
        The worst finding.
    method : str
        "nutpie", "pymc", "exact draws from the prior" or "point values".
    draws : int
        Number of kept draws.
    r_hat_max, ess_bulk_min, ess_tail_min, bfmi_min : float or None
        Worst over all variables; None where nothing was sampled.
    divergences : int or None
        Divergent transitions after warm-up.
    steps_per_draw : float or None
        Mean leapfrog steps of a draw.
    findings : tuple of Finding
        What is not as it should be.
    pareto_k, weights_ess : float or None
        Where draws under the card's own priors were weighted for other ones: shape of the tail of the weights, and
        effective draws of the worst known parameter that they leave. If they left too few, these were sampled anew.
    error_ratio : float or None
        How many times larger weights make the Monte Carlo error of that parameter's mean.
    """

    status: Status
    method: str
    draws: int
    r_hat_max: float | None = None
    ess_bulk_min: float | None = None
    ess_tail_min: float | None = None
    bfmi_min: float | None = None
    divergences: int | None = None
    steps_per_draw: float | None = None
    findings: tuple[Finding, ...] = ()
    pareto_k: float | None = None
    weights_ess: float | None = None
    error_ratio: float | None = None

    def as_dict(self) -> DiagnosticsDocument:
        """Plain values, as `summary.json` holds them."""
        return cast("DiagnosticsDocument", asdict(self))

    @classmethod
    def from_dict(cls, values: DiagnosticsDocument) -> Diagnostics:
        """Read what `as_dict` wrote."""
        findings = tuple(Finding(**finding) for finding in values["findings"])
        plain: Mapping[str, Any] = values
        return cls(**{**plain, "findings": findings})


def unsampled(method: str, draws: int) -> Diagnostics:
    """Verdict where nothing was sampled by a Markov chain."""
    return Diagnostics("ok", method, draws)


def reweighted(own: Diagnostics, weights: Weighted) -> Diagnostics:
    """Verdict on weighted draws: that on the draws themselves, and what the weights leave of them."""
    return replace(
        own,
        method="weights of the draws under the card's own priors",
        ess_bulk_min=weights.ess,
        ess_tail_min=None,
        pareto_k=weights.k,
        weights_ess=weights.ess,
        error_ratio=math.sqrt(weights.ess_before / weights.ess),
    )


def judge(tree: xr.DataTree, method: str) -> Diagnostics:
    """Judge Markov chains.

    Parameters
    ----------
    tree : xarray.DataTree
        Groups ``posterior`` and ``sample_stats``, as the sampler returned them.
    method : str
        Name of the sampler.

    Returns
    -------
    Diagnostics
        The verdict.
    """
    stats = tree["sample_stats"].to_dataset()
    divergences, draws = int(stats["diverging"].sum()), int(stats["diverging"].size)
    variables = [v.to_numpy() for v in tree["posterior"].to_dataset().data_vars.values()]
    found = convergence(np.concatenate([v.reshape(*v.shape[:2], -1) for v in variables], axis=2))
    r_hat = _worst(found.r_hat, "max")
    bulk, tail = _worst(found.ess_bulk, "min"), _worst(found.ess_tail, "min")
    bfmi = float(e_bfmi(stats["energy"].to_numpy()).min())
    more = "Raise --draws, or look at the trace: arviz.plot_rank_dist of the posterior in forecast.nc."
    smaller = "Raise --target-accept (for example 0.99), or narrow the prior that the divergences sit in."
    findings = [
        _finding(r_hat, R_HAT, f"chains disagree: r-hat up to {r_hat:.3f}", more),
        _finding(-bulk, (-ESS[0], -ESS[1]), f"few effective draws: bulk ESS down to {bulk:.0f}", more),
        _finding(-tail, (-ESS[0], -ESS[1]), f"few effective draws in the tails: ESS down to {tail:.0f}", more),
        _finding(divergences / draws, DIVERGENT_SHARE, f"{divergences} of {draws} transitions diverged", smaller),
        _finding(-bfmi, (-BFMI[0], -BFMI[1]), f"energy is explored slowly: E-BFMI {bfmi:.2f}", smaller),
    ]
    faults = tuple(f for f in findings if f)
    status: Status = max((f.status for f in faults), key=_SEVERITY.index, default="ok")
    steps = float(stats["n_steps"].mean())
    return Diagnostics(status, method, draws, r_hat, bulk, tail, bfmi, divergences, steps, faults)


def _worst(values: Array, which: Literal["min", "max"]) -> float:
    """Worst value over all variables; a NaN (a chain that did not move) is the worst of all."""
    if np.isnan(values).any():
        return math.inf if which == "max" else 0.0
    return float(values.max() if which == "max" else values.min())


def _finding(value: float, bounds: tuple[float, float], message: str, remedy: str) -> Finding | None:
    """Hold a figure of which more is worse against its bounds."""
    ok, warn = bounds
    if value <= ok:
        return None
    return Finding("warn" if value <= warn else "fail", message, remedy)
