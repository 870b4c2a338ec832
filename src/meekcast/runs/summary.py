"""The summary of a forecast: one JSON document with a versioned schema."""

from __future__ import annotations

from typing import Any

import numpy as np

from meekcast.backtests.shelf import find_scorecard
from meekcast.calibrations import shelf as calibrations
from meekcast.cards.schema import ModelCard
from meekcast.clock import decimal_year, months_between
from meekcast.files import Number
from meekcast.forecasts.bands import sorted_quantiles
from meekcast.forecasts.forecast import Forecast
from meekcast.forecasts.lags import lags_document
from meekcast.forecasts.questions.answer import DEFINITION, PROBABILITIES
from meekcast.forecasts.questions.monte_carlo import share
from meekcast.observations import Measurement, ParameterTable
from meekcast.runs.documents import (
    AlreadyDocument,
    Band,
    FollowerDocument,
    InformingEntry,
    ParameterEntry,
    ScoresEntry,
    Summary,
)
from meekcast.runs.pooled import pool_document
from meekcast.runs.verify import SUMMARY_SCHEMA

MAY_HAVE_HAPPENED = 0.05
"""Probability from which a reader is told that an event may lie in the past."""


def summary(result: Forecast) -> Summary:
    """Everything a reader needs, as plain values.

    Parameters
    ----------
    result : Forecast
        The forecast.

    Returns
    -------
    dict
        Keys ``schema``, ``card``, ``priors``, ``followers``, ``clock``, ``start``, ``horizon``, ``today``, ``seed``,
        ``evidence``, ``evidence_until``, ``already`` (events that may lie in the past), ``diagnostics``,
        ``parameters``, ``lags`` (months behind of each follower, and the lags that boards have shown; None without a
        calendar or evidence), ``pool`` (gaps that boards will show, by card, damped persistence and the pool of both;
        None without a calendar or a seen gap), ``events`` (each an `Answer`), ``bands``, ``scorecard`` (how the card
        did on past dates; None if no backtest of it is known), ``calibration`` (likewise in simulations) and
        ``provenance``.
        Dates are decimal years (or years since the start on an elapsed clock), infinite ones the strings "inf"
        and "-inf".
    """
    inputs = result.inputs
    scorecard = find_scorecard(inputs) if inputs.tables else None
    return {
        "schema": SUMMARY_SCHEMA,
        "card": inputs.card.name,
        "title": inputs.card.title,
        "priors": inputs.priors.name,
        "overrides": {o.name: o.prior for o in inputs.overrides},
        "clock": inputs.card.clock,
        "start": inputs.start,
        "horizon": result.horizon,
        "today": result.today.isoformat(),
        "seed": result.settings.seed,
        "point": inputs.belief.is_point and inputs.card.discrepancy == "none",
        "followers": _followers(inputs.card),
        "evidence": _evidence(result),
        "evidence_until": max((t.last_date.isoformat() for t in inputs.known_tables), default=None),
        "already": _already(result) if inputs.tables else [],
        "diagnostics": result.diagnostics.as_dict(),
        "parameters": _parameters(result),
        "lags": lags_document(result),
        "pool": pool_document(inputs, result.draws, scorecard),
        "events": [event.as_dict() for event in result.events],
        "event_definition": DEFINITION,
        "bands": _bands(result),
        "scorecard": scorecard,
        "calibration": calibrations.find(inputs) if inputs.tables else None,
        "provenance": result.provenance,
    }


def _evidence(result: Forecast) -> list[ScoresEntry | InformingEntry]:
    pairs = zip(result.inputs.data, result.inputs.known_tables, strict=True)
    scores: list[ScoresEntry | InformingEntry] = [
        {
            "name": table.name,
            "benchmark": benchmark.name,
            "records_used": len(rows),
            "records_in_table": table.size,
            "last_date": table.last_date.isoformat() if table.size else None,
            "as_of": table.complete_until.isoformat(),
            "edition": table.edition.isoformat() if table.edition else None,
            "age_months": round(months_between(table.complete_until, result.today), 1),
            "source": table.source,
            "licence": table.licence,
        }
        for (benchmark, rows), table in pairs
    ]
    return scores + [_informing(result, *pair) for pair in result.inputs.measurements]


def _followers(card: ModelCard) -> list[FollowerDocument]:
    return [
        {
            "name": follower.name,
            "title": follower.called,
            "prefix": card.prefix(follower),
            "rule": follower.rule,
            "entry": follower.entry if follower.rule else None,
            "growth": follower.growth,
        }
        for follower in card.followers
    ]


def _already(result: Forecast) -> list[AlreadyDocument]:
    """Events that may have happened before the date of asking, each with its probability."""
    today, chains = decimal_year(result.today), result.draws.chains
    found: list[AlreadyDocument] = []
    for event in result.events:
        before = event.dates <= today
        if before.mean() >= MAY_HAVE_HAPPENED:
            chance = share(before, np.ones_like(before), chains)
            found.append({"event": event.name, "probability": chance.as_dict()})
    return found


def _informing(result: Forecast, table: ParameterTable, measurement: Measurement | None) -> InformingEntry:
    """Evidence on parameters: what it says by itself; the posterior also holds the prior and the scores."""
    last = table.last_date(result.inputs.as_of) if measurement else None
    quantiles = measurement.quantiles((0.05, 0.5, 0.95)) if measurement else {}
    return {
        "name": table.name,
        "kind": table.kind,
        "measured": {name: {"0.05": q[0], "0.5": q[1], "0.95": q[2]} for name, q in quantiles.items()},
        "known_exactly": [name for name in table.parameters if name not in result.inputs.belief.free],
        "records_used": measurement.rows if measurement else 0,
        "records_in_table": table.size,
        "last_date": last.isoformat() if last else None,
        "source": table.source,
        "licence": table.licence,
    }


def _parameters(result: Forecast) -> dict[str, ParameterEntry]:
    belief, draws = result.inputs.stated, result.posterior.draws()
    sources = result.inputs.sources()
    return {
        name: {
            "unit": result.inputs.card.parameter(name).unit,
            "prior": {f"{p:g}": belief.quantile(name, p) for p in PROBABILITIES},
            "posterior": _keyed(sorted_quantiles(np.sort(draws[name]), PROBABILITIES)),
            "source": sources[name],
        }
        for name in belief.names
    }


def _keyed(quantiles: Any) -> dict[str, float]:
    return {f"{p:g}": float(q) for p, q in zip(PROBABILITIES, quantiles, strict=True)}


def _bands(result: Forecast) -> dict[str, Band]:
    times = result.bands["time"].to_numpy().tolist()
    return {
        str(name): {
            "unit": band.attrs["units"],
            "long_name": band.attrs["long_name"],
            "time": times,
            "quantiles": {f"{p:g}": _defined(band.sel(quantile=p).to_numpy()) for p in PROBABILITIES},
        }
        for name, band in result.bands.data_vars.items()
    }


def _defined(values: Any) -> list[Number | None]:
    """Values over time; None where there is nothing to observe yet."""
    return [None if np.isnan(value) else float(value) for value in values]
