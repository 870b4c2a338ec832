"""A posterior that can be asked many things: of the card as it is, of other budgets, of changed draws."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations.types import Array, Mask
from meekcast.errors import naming
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.forecast import checked_horizon, provenance
from meekcast.forecasts.predictions import paths_of, reading, time_grid
from meekcast.inference.posterior import Posterior, infer
from meekcast.inference.sampler import Placed, Progress, Settings, Silent
from meekcast.inputs import Inputs
from meekcast.mapper.spreading import spread
from meekcast.model.realised import LAGS
from meekcast.model.theory import parameters_of, rates
from meekcast.whatif.budgets import with_budget

if TYPE_CHECKING:
    from meekcast.whatif.documents import About


def blank(inputs: Inputs, until: float | None = None) -> Draws:
    """A source with labels and dates but no draws: questions are checked on it before anything is sampled."""

    def read(name: str) -> Array:
        raise LookupError(f"nothing is known of {name} yet")

    times = time_grid(inputs, checked_horizon(inputs, until))
    labels = {name: quantity.attributes for name, quantity in inputs.card.quantities.items()}
    return Draws(inputs.card.name, times, inputs.card.clock == "calendar", None, labels, read)


@dataclass(frozen=True, eq=False)
class World:
    """Inputs and their posterior; predictions are made when they are asked for.

    All predictions use the same stream of the seed, so that two of them differ by what was changed and
    by nothing else (common random numbers).

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    settings : Settings
        How the posterior was sampled.
    posterior : Posterior
        The draws.
    times : ndarray, shape (m,)
        Dates in the card's clock.
    """

    inputs: Inputs
    settings: Settings
    posterior: Posterior
    times: Array

    @classmethod
    def of(
        cls,
        inputs: Inputs,
        settings: Settings | None = None,
        *,
        until: float | None = None,
        progress: Progress | None = None,
    ) -> World:
        """Obtain the posterior.

        Parameters
        ----------
        inputs : Inputs
            From `meekcast.inputs.gather`.
        settings : Settings, optional
            How to sample.
        until : float, optional
            Horizon; the card's own by default.
        progress : Progress, optional
            Is told of each step.

        Raises
        ------
        InputError
            If the horizon is not after the start.
        """
        settings, progress = settings or Settings(), progress or Silent()
        times = time_grid(inputs, checked_horizon(inputs, until))
        posterior = infer(inputs, settings, progress)
        progress.step("computing paths")
        return cls(inputs, settings, posterior, times)

    def source(self, usd: float | None = None) -> Draws:
        """Predictions of the card as it is, or of another budget in USD (`meekcast.whatif.budgets`)."""
        draws = self.posterior.draws()
        return self.predicted(draws if usd is None else with_budget(self.inputs.card, draws, usd))

    def predicted(self, draws: Mapping[str, Array]) -> Draws:
        """Predictions of given draws."""
        return replace(
            blank(self.inputs),
            times=self.times,
            chains=self.posterior.chains,
            read=reading(self.inputs, draws, self.times, self.settings.seed),
            read_posterior=lambda: draws,
        )

    def lags_of_course(self, draws: Mapping[str, Array], later: Mapping[str, Array], before: Mask) -> dict[str, Array]:
        """Lags along a course that is that of some draws at first, and of others where `before` is over."""
        card, elapsed = self.inputs.card, self.times - self.inputs.start
        own, new = (paths_of(self.inputs, p, self.times, self.settings.seed) for p in (draws, later))
        frontier, *followers = (
            np.where(before, old, changed) for old, changed in zip(own.actors(), new.actors(), strict=True)
        )
        found: dict[str, Array] = {}
        for follower, path in zip(card.followers, followers, strict=True):
            first, last = (
                rates(card, follower, parameters_of(card, follower, p), elapsed[end])
                for p, end in ((draws, 0), (later, -1))
            )
            for name, years in LAGS.items():
                found[f"{card.prefix(follower)}{name}"] = years(frontier, path, elapsed, first, last)
        return found

    def about(self, today: dt.date) -> About:
        """What identifies the posterior, and the date on which it is asked, as plain values."""
        inputs = self.inputs
        return {
            "priors": inputs.priors.name,
            "overrides": {o.name: o.prior for o in inputs.overrides},
            "evidence": [table.name for table in (*inputs.tables, *inputs.informing)],
            "seed": self.settings.seed,
            "diagnostics": self.posterior.diagnostics.as_dict(),
            "provenance": provenance(inputs, self.settings),
            "today": today.isoformat(),
        }


def worlds(
    every: Mapping[str, Inputs], settings: Settings, *, until: float | None = None, progress: Progress | None = None
) -> dict[str, World]:
    """Obtain several posteriors, as many at once as the mapper can (`meekcast.mapper.spreading.spread`).

    Parameters
    ----------
    every : mapping of str to Inputs
        By a name, which steps and errors say.
    settings : Settings
        How to sample.
    until : float, optional
        Horizon; the cards' own by default.
    progress : Progress, optional
        Is told of each step.

    Returns
    -------
    dict of str to World
        By name.

    Raises
    ------
    InputError
        If the horizon is not after a start.
    """
    found = spread(partial(_obtained, settings, until), list(every.items()), progress or Silent())
    return dict(zip(every, found, strict=True))


def _obtained(settings: Settings, until: float | None, task: tuple[str, Inputs], progress: Progress) -> World:
    name, inputs = task
    with naming(name):
        return World.of(inputs, settings, until=until, progress=Placed(progress, name))
