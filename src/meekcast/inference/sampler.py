"""Draw from the posterior of a PyMC model, with live progress and a clean stop."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, cast

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.inputs import Inputs

MOST_SAMPLED, MOST_EXACT = 10_000, 25_000_000
"""Draws of each chain: all paths of four chains of so many take some 2 GB; of exact draws more leave their bands."""

Sampler = Literal["nutpie", "pymc"]
"""Who samples."""


@dataclass(frozen=True)
class Settings:
    """How to sample.

    Parameters
    ----------
    sampler : {"nutpie", "pymc"}
        nutpie with low-rank adaptation, or PyMC's own NUTS.
    chains, tune, draws : int
        Chains, warm-up draws and kept draws of each; where nothing is sampled, bands are of all draws, also of those
        beyond `MOST_SAMPLED` that are not kept.
    target_accept : float
        Aimed acceptance; higher takes smaller steps.
    seed : int
        Seed of everything random in a forecast; 0 is a seed.
    exact : bool
        Whether to sample anew under changed priors even where weights of the card's own draws would do.
    """

    sampler: Sampler = "nutpie"
    chains: int = 4
    tune: int = 500
    draws: int = 1000
    target_accept: float = 0.9
    seed: int = 0
    exact: bool = False


class Progress(Protocol):
    """Listener to the steps of a forecast."""

    def step(self, text: str) -> None:
        """A step begins."""

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Draws done of all chains, warm-up included, and divergent transitions after it."""


class Silent:
    """A listener that says nothing."""

    def step(self, text: str) -> None:
        """Ignore the step."""

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Ignore the draws."""


class Placed:
    """A listener that says, before each step, which fit or run it belongs to."""

    def __init__(self, progress: Progress, where: str) -> None:
        self._progress, self._where = progress, where

    def step(self, text: str) -> None:
        """Say where we are, and the step."""
        self._progress.step(f"{self._where}: {text}")

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Hand on the draws."""
        self._progress.sampling(done, total, divergences)


def sample(inputs: Inputs, settings: Settings, progress: Progress) -> xr.DataTree:
    """Sample the free variables of a card's model.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    settings : Settings
        How to sample.
    progress : Progress
        Is told of the compilation and of the draws.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior`` and ``sample_stats``.
    """
    if settings.sampler == "pymc":
        return _sample_pymc(inputs, settings, progress)
    import xarray as xr

    from meekcast.inference import nuts
    from meekcast.inference.compiling import compiled
    from meekcast.inference.numbers import numbers, pack

    code = compiled(inputs, progress)
    progress.step("sampling")
    chains = nuts.run(code, pack(numbers(inputs)), settings, progress)
    posterior = {name: (("chain", "draw", f"{name}_dim"), values) for name, values in chains.variables.items()}
    statistics = {name: (("chain", "draw"), values) for name, values in chains.statistics.items()}
    return xr.DataTree.from_dict({"/posterior": xr.Dataset(posterior), "/sample_stats": xr.Dataset(statistics)})


def _sample_pymc(inputs: Inputs, settings: Settings, progress: Progress) -> xr.DataTree:
    from meekcast.inference.compiling import COMPILER, room_to_compile
    from meekcast.inference.nuts import no_start

    progress.step("compiling and sampling with PyMC's own NUTS (a minute or so)")
    room_to_compile()
    import pymc as pm
    import pytensor
    from pymc.exceptions import SamplingError

    from meekcast.inference.graph import build

    with (
        pytensor.config.change_flags(**COMPILER),
        warnings.catch_warnings(),
    ):  # diagnostics are judged in one place, after sampling
        warnings.simplefilter("ignore", UserWarning)
        try:
            sampled = pm.sample(
                model=build(inputs),
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                random_seed=settings.seed,
                nuts_sampler="pymc",
                progressbar=False,
                compute_convergence_checks=False,
                target_accept=settings.target_accept,
            )
        except SamplingError as error:
            raise no_start(str(error).partition("\n")[0]) from None
    return cast("xr.DataTree", sampled)
