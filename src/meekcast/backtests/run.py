"""Fit a card at every origin, forecast every target, score it beside the baselines."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import NamedTuple

import numpy as np

from meekcast.backtests import baselines
from meekcast.backtests.scores import Scores, score, score_point
from meekcast.backtests.targets import HORIZONS, Skipped, Target, month_end, monthly_past, targets
from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.forecasts.predictions import predict
from meekcast.inference import posterior
from meekcast.inference.posterior import Posterior
from meekcast.inference.sampler import Placed, Progress, Settings, Silent
from meekcast.inference.workers import spread
from meekcast.inputs import Inputs
from meekcast.model.theory import required_parameters

type Fit = Callable[[Inputs, Settings, Progress, bool], Posterior]

SETTINGS = Settings(exact=True)
"""Those of a forecast, each fit sampled: half the draws would suffice for scores."""
METHODS = ("persistence", "trend", "paper", "constant_growth")
"""The baselines, in the order in which they are shown."""
_PIT_STREAM = 30  # streams 0 to 2 of the seed are forecast's


@dataclass(frozen=True)
class Scored:
    """A target with the card's scores and the baselines'.

    Parameters
    ----------
    target : Target
        What was asked.
    standing : float
        Gap at the origin.
    card : Scores
        Of the card.
    baselines : dict of str to Scores or None
        By method; None where the method has nothing to say.
    diverging : int or None
        Divergent transitions of the card's fit at this origin.
    """

    target: Target
    standing: float
    card: Scores
    baselines: Mapping[str, Scores | None]
    diverging: int | None


@dataclass(frozen=True)
class FitHealth:
    """Whether one fit can be believed, and where it came from."""

    origin: dt.date
    variant: str
    status: str
    divergences: int | None
    r_hat_max: float | None
    ess_bulk_min: float | None
    ess_tail_min: float | None
    from_cache: bool


@dataclass(frozen=True)
class Edition:
    """Which edition of a board an origin read; one after the origin stands in where none is known from then."""

    origin: dt.date
    evidence: str
    edition: dt.date


@dataclass(frozen=True, eq=False)
class Backtest:
    """Everything that a backtest of one card found.

    Parameters
    ----------
    inputs : Inputs
        The card with all its evidence.
    settings : Settings
        How each fit was sampled.
    scored : tuple of Scored
        In order of origin, benchmark, horizon.
    skipped : tuple of Skipped
        What was not asked, and why.
    fits : tuple of FitHealth
        Two an origin: the card, and the card without discrepancy.
    editions : tuple of Edition
        Of each origin, those of the boards that re-estimate their scores.
    """

    inputs: Inputs
    settings: Settings
    scored: tuple[Scored, ...]
    skipped: tuple[Skipped, ...]
    fits: tuple[FitHealth, ...]
    editions: tuple[Edition, ...]


class _Task(NamedTuple):
    """One fit: a card as of an origin."""

    known: Inputs
    origin: dt.date
    variant: str
    settings: Settings
    fresh: bool
    where: str


class _Fitted(NamedTuple):
    """What is left of a fit: its health, and draws of the observed gap of every series at every target's date."""

    health: FitHealth
    gaps: dict[tuple[str, dt.date], Array]


def backtest(
    inputs: Inputs,
    settings: Settings = SETTINGS,
    progress: Progress | None = None,
    fresh: bool = False,
    fit: Fit | None = None,
    done: Callable[[FitHealth], object] = lambda health: None,
) -> Backtest:
    """Forecast the past from what was known before it, as many fits at once as there are cores.

    Each fit goes through the posterior cache, so a run that was stopped goes on where it was.

    Parameters
    ----------
    inputs : Inputs
        A card with its evidence.
    settings : Settings
        How to sample each fit.
    progress : Progress, optional
        Is told of each step.
    fresh : bool, default False
        Sample even what the cache has.
    fit : callable, optional
        From inputs to a posterior, `meekcast.inference.posterior.infer` by default; a function of a module.
    done : callable, optional
        Is told of each fit when it is finished.

    Returns
    -------
    Backtest
        What was found.

    Raises
    ------
    InputError
        If the card reads no evidence, or no origin is left.
    """
    asked, skipped = targets(inputs)
    origins = sorted({target.origin for target in asked})
    work = partial(_fitted, fit or posterior.infer)
    tasks = _tasks(inputs, settings, fresh, origins)
    fits = spread(work, tasks, progress or Silent(), lambda fitted: done(fitted.health))
    scored: list[Scored] = []
    editions: list[Edition] = []
    for origin, pair in zip(origins, batched(fits, 2), strict=True):
        known, draws = inputs.at(origin), {fitted.health.variant: fitted.gaps for fitted in pair}
        editions += [Edition(origin, table.name, table.edition) for table in known.known_tables if table.edition]
        here = [target for target in asked if target.origin == origin]
        scored += [_scored(known, settings, target, draws, pair[0].health.divergences) for target in here]
    return Backtest(inputs, settings, tuple(scored), skipped, tuple(f.health for f in fits), tuple(editions))


def without_discrepancy(inputs: Inputs) -> Inputs:
    """Return the same card as if its paths followed theory exactly.

    Parameters
    ----------
    inputs : Inputs
        A card with its evidence.

    Returns
    -------
    Inputs
        With ``discrepancy = "none"`` and the parameters that it still needs.
    """
    card = inputs.card.model_copy(update={"discrepancy": "none"})
    return dataclasses.replace(inputs, card=card, stated=inputs.stated.only(required_parameters(card)), own=None)


def forecast_dates(origin: dt.date) -> tuple[dt.date, ...]:
    """Month ends from an origin to the last target: contenders appear month by month.

    Examples
    --------
    >>> [str(date) for date in forecast_dates(dt.date(2024, 6, 30))[:3]]
    ['2024-06-30', '2024-07-31', '2024-08-31']
    """
    return tuple(month_end(origin, later) for later in range(max(HORIZONS.values()) + 1))


def _tasks(inputs: Inputs, settings: Settings, fresh: bool, origins: Sequence[dt.date]) -> list[_Task]:
    """Two fits an origin: the card, and the card without discrepancy."""
    variants = {"card": inputs, "constant_growth": without_discrepancy(inputs)}
    fits = [(origin, variant) for origin in origins for variant in variants]
    return [
        _Task(
            variants[variant].at(origin), origin, variant, settings, fresh,
            f"{inputs.card.name}, fit {number} of {len(fits)} ({origin})",
        )
        for number, (origin, variant) in enumerate(fits, start=1)
    ]  # fmt: skip


def _fitted(fit: Fit, task: _Task, progress: Progress) -> _Fitted:
    """Fit, and draw the observed gap of every series at every month end."""
    found = fit(task.known, task.settings, Placed(progress, task.where), task.fresh)
    dates = forecast_dates(task.origin)
    times = np.array([decimal_year(date) for date in dates])
    predicted = predict(task.known, found.draws(), times, task.settings.seed)
    gaps = {
        (series.name, dates[months]): predicted[f"{series.name}_gap_observed"].to_numpy()[:, months]
        for series in task.known.card.series
        for months in HORIZONS.values()
    }
    return _Fitted(_health(task.origin, task.variant, found), gaps)


def _health(origin: dt.date, variant: str, posterior: Posterior) -> FitHealth:
    d = posterior.diagnostics
    return FitHealth(
        origin, variant, d.status, d.divergences, d.r_hat_max, d.ess_bulk_min, d.ess_tail_min, posterior.from_cache
    )


def _scored(
    known: Inputs,
    settings: Settings,
    target: Target,
    draws: Mapping[str, Mapping[tuple[str, dt.date], Array]],
    diverging: int | None,
) -> Scored:
    """Score every method on one target."""
    index, series = next((i, s) for i, s in enumerate(known.card.series) if s.name == target.benchmark)
    benchmark, table = series.benchmark, known.known_table_of(series)
    past = monthly_past(table, series.follower.name, target.origin, benchmark.since)
    predicted = {
        "card": draws["card"][target.benchmark, target.date],
        "persistence": baselines.persistence(past, target.horizon),
        "trend": baselines.trend(past, target.horizon),
        "constant_growth": draws["constant_growth"][target.benchmark, target.date],
    }
    rngs = _streams(settings.seed, target, index)
    reach = float(np.ptp(past))
    found = {
        name: None if drawn is None else score(drawn, target.observed, reach, rng)
        for (name, drawn), rng in zip(predicted.items(), rngs, strict=False)
    }
    bounded = benchmark.link == "sigmoid"
    found["paper"] = score_point(baselines.paper(past, target.horizon), target.observed) if bounded else None
    card = found.pop("card")
    assert card is not None
    return Scored(target, float(past[-1]), card, {name: found[name] for name in METHODS}, diverging)


def _streams(seed: int, target: Target, benchmark: int) -> Iterator[np.random.Generator]:
    """Generators of a target's own, so that another target does not change its PIT."""
    where = (_PIT_STREAM, target.origin.toordinal(), target.date.toordinal(), benchmark)
    return (np.random.default_rng(s) for s in np.random.SeedSequence(seed, spawn_key=where).spawn(len(METHODS)))
