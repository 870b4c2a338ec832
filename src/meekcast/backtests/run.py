"""Fit a card at every origin, forecast every target, score it beside the baselines."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import NamedTuple

import numpy as np

from meekcast.backtests import baselines, pool
from meekcast.backtests.scores import Scores, score, score_point
from meekcast.backtests.targets import HORIZONS, KINDS, SEEN, Skipped, Target, month_end, monthly_past, targets
from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.forecasts.predictions import Latent, computed
from meekcast.inference import posterior
from meekcast.inference.posterior import Posterior
from meekcast.inference.sampler import Placed, Progress, Settings, Silent
from meekcast.inputs import Inputs
from meekcast.mapper.spreading import spread
from meekcast.model.theory import required_parameters

type Fit = Callable[[Inputs, Settings, Progress, bool], Posterior]

SETTINGS = Settings(draws=800, exact=True)
"""Each fit sampled; fewer draws than of a forecast suffice for scores."""
METHODS = ("persistence", "damped_persistence", "trend", "paper", "constant_growth")
"""The baselines, in the order in which they are shown."""
MONTHS = 12
_PIT_STREAM = 30  # streams 0 to 2 of the seed are forecast's
_DRAWN = ("card", "pool", *METHODS)


@dataclass(frozen=True)
class Scored:
    """A target with the scores of the card, of the pool and of the baselines.

    Parameters
    ----------
    target : Target
        What was asked.
    standing : float
        Gap that the board showed at the origin.
    card, pool : Scores
        Of the card, and of the card pooled with damped persistence.
    baselines : dict of str to Scores or None
        By method; None where the method has nothing to say.
    diverging : int or None
        Divergent transitions of the card's fit at this origin.
    """

    target: Target
    standing: float
    card: Scores
    pool: Scores
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
        In order of origin, series, seen before true, horizon.
    skipped : tuple of Skipped
        What was not asked, and why.
    fits : tuple of FitHealth
        Two an origin: the card, and the card without discrepancy.
    editions : tuple of Edition
        Of each origin, those of the boards that re-estimate their scores.
    weights : tuple of Learnt
        Of the pool.
    """

    inputs: Inputs
    settings: Settings
    scored: tuple[Scored, ...]
    skipped: tuple[Skipped, ...]
    fits: tuple[FitHealth, ...]
    editions: tuple[Edition, ...]
    weights: tuple[pool.Learnt, ...]


class _Task(NamedTuple):
    """One fit: a card as of an origin, and what it is asked."""

    known: Inputs
    asked: tuple[Target, ...]
    variant: str
    settings: Settings
    fresh: bool
    where: str


class _Drawn(NamedTuple):
    """What is left of a forecast of one target: its scores, and the quantiles that a pool needs."""

    scores: Scores
    grid: Array


class _Fitted(NamedTuple):
    """What is left of a fit: its health, and its forecast of every target."""

    health: FitHealth
    forecasts: tuple[_Drawn, ...]


class _Made(NamedTuple):
    """A target with all forecasts but the pool's; persistence's CRPS is the unit in which weights are learnt."""

    target: Target
    standing: float
    reach: float
    scores: Mapping[str, Scores | None]
    grids: Array
    unit: float
    diverging: int | None


def backtest(
    inputs: Inputs,
    settings: Settings = SETTINGS,
    progress: Progress | None = None,
    fresh: bool = False,
    fit: Fit | None = None,
    done: Callable[[FitHealth], object] = lambda health: None,
    origins: Container[dt.date] | None = None,
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
    origins : container of datetime.date, optional
        Only these, so that the pool learns from no others; all by default.

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
    asked = tuple(t for t in asked if origins is None or t.origin in origins)
    by_origin = {origin: tuple(t for t in asked if t.origin == origin) for origin in sorted({t.origin for t in asked})}
    work = partial(_fitted, fit or posterior.infer)
    tasks = _tasks(inputs, settings, fresh, by_origin)
    fits = spread(work, tasks, progress or Silent(), lambda fitted: done(fitted.health))
    made: list[_Made] = []
    editions: list[Edition] = []
    for (origin, here), pair in zip(by_origin.items(), batched(fits, 2), strict=True):
        known = inputs.at(origin)
        editions += [Edition(origin, table.name, table.edition) for table in known.known_tables if table.edition]
        own, plain = (fitted.forecasts for fitted in pair)
        diverging = pair[0].health.divergences
        made += [_made(known, settings, *each, diverging) for each in zip(here, own, plain, strict=True)]
    past = [pool.Member(m.target, m.grids, m.unit) for m in made if m.target.of == SEEN]
    weights = pool.learnt(past, by_origin)
    scored = _pooled(made, weights, inputs, settings)
    return Backtest(inputs, settings, scored, skipped, tuple(f.health for f in fits), tuple(editions), weights)


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


def _tasks(
    inputs: Inputs, settings: Settings, fresh: bool, by_origin: Mapping[dt.date, tuple[Target, ...]]
) -> list[_Task]:
    """Two fits an origin: the card, and the card without discrepancy."""
    variants = {"card": inputs, "constant_growth": without_discrepancy(inputs)}
    fits = [(origin, variant) for origin in by_origin for variant in variants]
    return [
        _Task(
            variants[variant].at(origin), by_origin[origin], variant, settings, fresh,
            f"{inputs.card.name}, fit {number} of {len(fits)} ({origin})",
        )
        for number, (origin, variant) in enumerate(fits, start=1)
    ]  # fmt: skip


def _fitted(fit: Fit, task: _Task, progress: Progress) -> _Fitted:
    """Fit, forecast every target, and keep no more than scores and quantiles: draws would fill the pipes."""
    found = fit(task.known, task.settings, Placed(progress, task.where), task.fresh)
    origin = task.asked[0].origin
    times = np.array([decimal_year(date) for date in forecast_dates(origin)])
    latent = Latent.drawn(task.known, found.draws(), times, task.settings.seed)
    drawn = computed(task.known, latent, times, task.settings.seed, dict.fromkeys(map(_quantity, task.asked)))
    forecasts = []
    for target in task.asked:
        rng = _stream(task.known, task.settings, target, task.variant)
        gaps = drawn[_quantity(target)][:, HORIZONS[target.horizon]]
        if target.of != SEEN:
            gaps = gaps + _noise(task.known, target, latent.parameters, rng)
        draws = np.maximum(gaps, 0.0)  # a gap is never negative
        reach = float(np.ptp(_past(task.known, target)))
        scores = score(draws, target.observed, reach, rng)
        forecasts.append(_Drawn(scores, pool.grid(draws)))
    return _Fitted(_health(origin, task.variant, found), tuple(forecasts))


def _quantity(target: Target) -> str:
    """What a card says of a target."""
    return f"{target.benchmark}_gap_observed" if target.of == SEEN else f"{target.benchmark}_gap"


def _noise(known: Inputs, target: Target, parameters: Mapping[str, Array], rng: np.random.Generator) -> Array:
    """Noise of the two published scores between which a true gap is read."""
    series = next(s for s in known.card.series if s.name == target.benchmark)
    sd = np.sqrt(2) * parameters[f"{series.benchmark.name}_noise"]
    return np.asarray(sd * rng.standard_normal(len(sd)))


def _past(known: Inputs, target: Target) -> Array:
    """Gaps at month ends up to the origin, as the board showed them."""
    series = next(s for s in known.card.series if s.name == target.benchmark)
    return monthly_past(known.known_table_of(series), target.follower, target.origin, series.benchmark.since)


def _health(origin: dt.date, variant: str, posterior: Posterior) -> FitHealth:
    d = posterior.diagnostics
    return FitHealth(
        origin, variant, d.status, d.divergences, d.r_hat_max, d.ess_bulk_min, d.ess_tail_min, posterior.from_cache
    )


def _made(
    known: Inputs, settings: Settings, target: Target, card: _Drawn, plain: _Drawn, diverging: int | None
) -> _Made:
    """The forecasts of the baselines beside the card's."""
    series = next(s for s in known.card.series if s.name == target.benchmark)
    past, years = _past(known, target), HORIZONS[target.horizon] / MONTHS
    damped = baselines.damped_persistence(past, years)
    drawn = {
        "persistence": baselines.persistence(past, years),
        "damped_persistence": damped,
        "trend": baselines.trend(past, years),
    }
    reach = float(np.ptp(past))
    found = {
        name: None if draws is None else score(draws, target.observed, reach, _stream(known, settings, target, name))
        for name, draws in drawn.items()
    }
    bounded = series.benchmark.link == "sigmoid"
    found["paper"] = score_point(baselines.paper(past, years), target.observed) if bounded else None
    found |= {"card": card.scores, "constant_growth": plain.scores}
    persistence = found["persistence"]
    assert persistence is not None  # it always has something to say
    grids = np.array([card.grid, pool.grid(damped)])
    return _Made(target, float(past[-1]), reach, found, grids, persistence.crps, diverging)


def _pooled(
    made: Sequence[_Made], weights: Sequence[pool.Learnt], inputs: Inputs, settings: Settings
) -> tuple[Scored, ...]:
    """Every target, with the pool's forecast by the weights that were known at its origin."""
    known = {(found.origin, found.horizon): found.weights for found in weights}

    def pooled(m: _Made) -> Scores:
        draws = pool.mixture(m.grids, known[m.target.origin, m.target.horizon])
        return score(draws, m.target.observed, m.reach, _stream(inputs, settings, m.target, "pool"))

    return tuple(_scored(m, pooled(m)) for m in made)


def _scored(made: _Made, pooled: Scores) -> Scored:
    card = made.scores["card"]
    assert card is not None
    rivals = {name: made.scores[name] for name in METHODS}
    return Scored(made.target, made.standing, card, pooled, rivals, made.diverging)


def _stream(inputs: Inputs, settings: Settings, target: Target, method: str) -> np.random.Generator:
    """A generator of a target's own, so that another target does not change its PIT."""
    index = next(i for i, s in enumerate(inputs.card.series) if s.name == target.benchmark)
    dates = target.origin.toordinal(), target.date.toordinal()
    where = (_PIT_STREAM, *dates, index, KINDS.index(target.of), _DRAWN.index(method))
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=where))
