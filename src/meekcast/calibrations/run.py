"""Simulate, fit and rank, as many times as wanted; what is there already is not made again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from meekcast.calibrations.asked import asked
from meekcast.calibrations.ranks import rank
from meekcast.calibrations.simulate import Process, simulated, truth
from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.inference import posterior
from meekcast.inference.posterior import Posterior
from meekcast.inference.sampler import Progress, Settings, Silent
from meekcast.inputs import Inputs
from meekcast.mapper.spreading import spread

type Fit = Callable[[Inputs, Settings, Progress], Posterior]

SETTINGS = Settings(chains=2, tune=300, draws=400, exact=True)
"""Each fit; ranks among some draws need fewer than quantiles do."""
DRAWS = 99
"""Draws among which a truth is ranked: so few that they are nearly independent, and 50 and 90 % are whole ranks."""
_STREAM = 40  # of the seed; streams 0 to 4 are forecast's, 30 is of backtests


class Simulation(NamedTuple):
    """What is left of one simulation: the rank of every quantity, and the health of the fit.

    Where the sampler found no point to start from there is no rank and no health.
    """

    number: int
    ranks: dict[str, int]
    divergences: int | None
    r_hat_max: float | None
    ess_bulk_min: float | None


@dataclass(frozen=True, eq=False)
class Calibration:
    """Everything that a calibration of one card found.

    Parameters
    ----------
    inputs : Inputs
        The card with its evidence.
    settings : Settings
        How each fit was sampled.
    process : {"predictions", "likelihood"}
        How scores were simulated.
    simulations : tuple of Simulation
        In order of their numbers.
    """

    inputs: Inputs
    settings: Settings
    process: Process
    simulations: tuple[Simulation, ...]


def calibration(
    inputs: Inputs,
    simulations: int,
    settings: Settings = SETTINGS,
    process: Process = "predictions",
    progress: Progress | None = None,
    known: Sequence[Simulation] = (),
    fit: Fit | None = None,
    done: Callable[[Simulation], object] = lambda simulation: None,
) -> Calibration:
    """Simulate evidence, fit it and rank the truth, over and over.

    Parameters
    ----------
    inputs : Inputs
        A card with evidence.
    simulations : int
        How many.
    settings : Settings
        How to sample each fit; the seed is that of everything.
    process : {"predictions", "likelihood"}
        How scores are simulated.
    progress : Progress, optional
        Is told of each step.
    known : sequence of Simulation
        Those of an earlier run with the same arguments, as many or as few as there are.
    fit : callable, optional
        From inputs to a posterior, `meekcast.inference.posterior.sampled` by default; a function of a module.
    done : callable, optional
        Is given each new simulation as soon as it is there.

    Returns
    -------
    Calibration
        What was found; each simulation depends on its number and the seed alone.

    Raises
    ------
    InputError
        If the card reads no scores.
    """
    check(inputs)
    kept = {found.number: found for found in known}
    missing = [number for number in range(simulations) if number not in kept]
    work = partial(_simulation, inputs, settings, process, fit or posterior.sampled)
    telling = _Telling(inputs.card.name, len(missing), settings, progress or Silent(), done)
    kept |= {found.number: found for found in spread(work, missing, Silent(), telling)}
    return Calibration(inputs, settings, process, tuple(kept[number] for number in range(simulations)))


def check(inputs: Inputs) -> None:
    """Refuse a card of which nothing is fitted.

    Raises
    ------
    InputError
        If it reads no scores.
    """
    if not inputs.data:
        raise InputError(
            f"card {inputs.card.name!r} reads no scores: its draws are those of the prior, and no fit is to be checked",
            "Calibrate a card with evidence, such as leaderboard.",
        )


class _Telling:
    """Tells how many draws of all fits are there, and hands each simulation on."""

    def __init__(
        self, card: str, fits: int, settings: Settings, progress: Progress, done: Callable[[Simulation], object]
    ) -> None:
        self._each, self._fits = settings.chains * (settings.tune + settings.draws), fits
        self._progress, self._done = progress, done
        self._made = self._divergences = 0
        if fits:
            progress.step(f"{card}: fitting {fits} simulations")

    def __call__(self, simulation: Simulation) -> None:
        """Count one."""
        self._made, self._divergences = self._made + 1, self._divergences + (simulation.divergences or 0)
        self._progress.sampling(self._made * self._each, self._fits * self._each, self._divergences)
        self._done(simulation)


def _simulation(
    inputs: Inputs, settings: Settings, process: Process, fit: Fit, number: int, progress: Progress
) -> Simulation:
    """One truth, its evidence, the fit to that, and where the truth lies among the draws."""
    truths, noise, ties, seeds = (_stream(settings.seed, number, part) for part in range(4))
    sampling, predicting = (int(seed) for seed in seeds.integers(2**32, size=2))
    true = truth(inputs, truths)
    evidence = simulated(inputs, true, process, noise)
    try:
        found = fit(evidence, dataclasses.replace(settings, seed=sampling), progress)
    except InputError:  # all else was checked before: the sampler found no point to start from
        return Simulation(number, {}, None, None, None)
    values = asked(inputs, _beside(true, found.draws()), predicting)
    ranks = {name: rank(value, ties) for name, value in values.items()}
    health = found.diagnostics
    return Simulation(number, ranks, health.divergences, health.r_hat_max, health.ess_bulk_min)


def _beside(true: Mapping[str, Array], draws: Mapping[str, Array]) -> dict[str, Array]:
    """The truth, and after it so many draws as it is ranked among, as far from each other as they can be."""
    n = len(next(iter(draws.values())))
    chosen = np.arange(DRAWS) * n // DRAWS
    return {name: np.concatenate([value, draws[name][chosen]]) for name, value in true.items()}


def _stream(seed: int, number: int, part: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM, number, part)))
