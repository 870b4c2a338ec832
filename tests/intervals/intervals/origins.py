"""Averages over past origins, which overlap: skills and weights of stacks; and lags that boards show."""

import datetime as dt
from functools import lru_cache
from math import inf, log

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from intervals.chains import held
from meekcast.backtests.resampling import POSITIVE, SHARE, Futures, Sums, bootstrap, mean, skill
from meekcast.observations.lags import Level, survival
from meekcast.stacks.stacking import stack

DAY = dt.date(2024, 1, 1)


def overlapping(rng, origins, horizon):
    """What happens between each origin, a month apart, and `horizon` months later: sums of what each month brings."""
    months = rng.standard_normal(origins + horizon - 1)
    return np.convolve(months, np.ones(horizon), "valid") / np.sqrt(horizon)


def drawn_of(origins, horizon, seed):
    """The same months, drawn anew."""
    days = (np.datetime64("2024-01") + np.arange(origins + horizon, dtype="timedelta64[M]")).astype("datetime64[D]")
    return bootstrap(Futures(days[:origins], days[horizon:]), seed)


def average(origins, horizon):
    """The mean of squared errors of forecasts whose futures overlap."""

    def hits(seed):
        errors = overlapping(np.random.default_rng(seed), origins, horizon)
        low, high = mean(Sums(errors**2, np.ones(origins)), drawn_of(origins, horizon, seed), POSITIVE).interval
        return held(low, high, 1.0)

    return hits


def share_within(origins, horizon):
    """The share of targets within central 50 % intervals of a forecast that is right; no interval where all or none are."""

    def hits(seed):
        inside = np.abs(overlapping(np.random.default_rng(seed), origins, horizon)) < norm.ppf(0.75)
        told = mean(Sums(inside.astype(float), np.ones(origins)), drawn_of(origins, horizon, seed), SHARE).interval
        return held(*(told or (inside.mean(), inside.mean())), 0.5)

    return hits


def skill_over(origins, horizon):
    """The skill of a forecast of half the error's variance over a rival that lacks a part of what comes."""

    def hits(seed):
        rng = np.random.default_rng(seed)
        own, more = (overlapping(rng, origins, horizon) for _ in range(2))
        ones = np.ones(origins)
        found = skill(Sums(own**2, ones), Sums((own + more) ** 2, ones), drawn_of(origins, horizon, seed))
        return held(*found.interval, 0.5)

    return hits


SHIFTS = np.array([0.0, 1.0])
"""Means of two cards' standard normal densities; what comes is standard normal around a third."""
CENTRE = 0.4


def log_densities(came):
    """Of what came, under each card."""
    return -0.5 * (came[:, None] - SHIFTS) ** 2


@lru_cache
def best_weight():
    """Weight of the first card with the highest mean log score over all that may come."""
    came = np.linspace(-8, 9, 20_001)
    chance = np.exp(-0.5 * (came - CENTRE) ** 2)
    density = np.exp(log_densities(came))
    return minimize_scalar(
        lambda w: -(chance @ np.log(density @ [w, 1 - w])), bounds=(0, 1), method="bounded", options={"xatol": 1e-9}
    ).x


def stacking(origins, horizon):
    """The weight of a card, against the weight that endless targets would give it."""

    def hits(seed):
        came = CENTRE + overlapping(np.random.default_rng(seed), origins, horizon)
        low, high = stack(log_densities(came), drawn_of(origins, horizon, seed), np.full(2, 0.5)).intervals[0]
        return held(low, high, best_weight())

    return hits


def median_lag(levels, censored):
    """The Kaplan-Meier median of exponential times of a median of 8 months, some not over yet."""

    def hits(seed):
        rng = np.random.default_rng(seed)
        months = rng.exponential(8 / log(2), levels)
        until = rng.exponential(8 / log(2) * (1 - censored) / censored, levels) if censored else np.full(levels, inf)
        found = [
            Level("m", DAY, 50.0, "b", m, m) if m <= u else Level("m", DAY, 50.0, None, u, inf)
            for m, u in zip(months, until, strict=True)
        ]
        return held(*survival(found).interval, 8.0)

    return hits
