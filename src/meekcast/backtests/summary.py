"""The scorecard's numbers: scores averaged over targets, with intervals over origins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from meekcast import cache
from meekcast.backtests import baselines, scores, targets
from meekcast.backtests.documents import BacktestDocument, EditionDocument, MadeBy, Row, SkippedDocument
from meekcast.backtests.run import METHODS, Backtest, Edition, Scored
from meekcast.backtests.shelf import BACKTEST as SCHEMA
from meekcast.backtests.shelf import source
from meekcast.equations.types import Array

CHOSEN_UNTIL = dt.date(2025, 3, 31)
"""Variants of a card are chosen on origins up to here; later ones are kept for an honest look."""
PERIODS = ("all", f"up to {CHOSEN_UNTIL}", "later")
RESAMPLES, PROBABILITY = 2000, 0.90
_BOOTSTRAP_STREAM = 31
ALL = "all"

DEFINITIONS = {
    "target": (
        "best score of all models so far minus best of the follower so far, at quarter ends 3, 6 and 12 months "
        f"after the origin; a benchmark is asked from {targets.ENOUGH_RECORDS} records of each actor on"
    ),
    **scores.DEFINITIONS,
    "skill": "1 - CRPS / CRPS of the baseline, over the targets that both forecast; above 0 the card is better",
    "pooled": (
        "over benchmarks, each CRPS is divided by persistence's mean CRPS on that benchmark (1 is as good as "
        "persistence), and log scores are of the gap in that unit"
    ),
    "intervals": (
        f"central {PROBABILITY:.0%} percentile bootstrap over whole origins; the origins are few and dependent (their "
        "horizons overlap, the benchmarks move together), so the true intervals are wider"
    ),
    "period": f"variants were chosen on origins up to {CHOSEN_UNTIL}; later origins are reported apart",
}


def document(result: Backtest) -> BacktestDocument:
    """Everything about a backtest of one card, as plain values.

    Parameters
    ----------
    result : Backtest
        The backtest.

    Returns
    -------
    dict
        Keys ``schema``, ``cards`` (scores by benchmark and horizon over all origins), ``periods`` (the
        same for earlier and later origins), ``rows`` (one a target), ``skipped``, ``fits``, ``editions``, ``scales``,
        ``baselines``, ``definitions``, ``interval``, ``settings`` and ``provenance``.
    """
    rows = [_row(result.inputs.card.name, scored) for scored in result.scored]
    scales = scales_of(rows)
    names = [series.name for series in result.inputs.card.series]
    blocks = {period: _blocks(rows, scales, names, period, result.settings.seed) for period in PERIODS}
    card = result.inputs.card.name
    return {
        "schema": SCHEMA,
        "cards": blocks[ALL],
        "periods": [block for period in PERIODS[1:] for block in blocks[period]],
        "rows": rows,
        "skipped": [_skipped(card, s) for s in result.skipped],
        "fits": [{"card": card, **_health(f)} for f in result.fits],
        "editions": [_edition(card, e) for e in result.editions],
        "scales": [{"card": card, "benchmark": name, "crps_of_persistence": scale} for name, scale in scales.items()],
        "baselines": baselines.DEFINITIONS,
        "definitions": DEFINITIONS,
        "interval": {"kind": "percentile bootstrap over origins", "probability": PROBABILITY, "resamples": RESAMPLES},
        "settings": asdict(result.settings),
        "provenance": [provenance(result)],
    }


def provenance(result: Backtest) -> MadeBy:
    """What made a backtest: hashes of inputs and code, versions."""
    inputs = result.inputs
    return {
        "card": inputs.card.name,
        "title": inputs.card.title,
        "benchmarks": {
            s.name: {"title": inputs.card.title_of(s), "unit": s.benchmark.unit} for s in inputs.card.series
        },
        "priors": inputs.priors.name,
        "evidence": [table.name for table in (*inputs.tables, *inputs.informing)],
        "hashes": inputs.hashes,
        "source": source(),
        "versions": cache.versions(),
    }


def merged(documents: Sequence[BacktestDocument]) -> BacktestDocument:
    """Several cards in one document, with their comparison on the targets that all of them forecast.

    Parameters
    ----------
    documents : sequence of dict
        One a card, from `document`.

    Returns
    -------
    dict
        As `document`, and ``comparison``.
    """
    lists = ("cards", "periods", "rows", "skipped", "fits", "editions", "scales", "provenance")
    plain: Sequence[Mapping[str, Any]] = documents
    joined = {key: [entry for d in plain for entry in d[key]] for key in lists}
    return cast("BacktestDocument", {**documents[0], **joined, "comparison": comparison(documents)})


def comparison(documents: Sequence[BacktestDocument]) -> list[Row]:
    """Pooled scores of several cards on the targets that all of them forecast.

    Returns
    -------
    list of dict
        One a card; empty if they share no target.
    """
    keys = [{question(row) for row in d["rows"]} for d in documents]
    shared = set.intersection(*keys)
    found = []
    for d in documents:
        rows = [row for row in d["rows"] if question(row) in shared]
        if rows:
            found.append(_block(Table(rows, scales_of(rows)), rows[0]["card"], ALL, ALL, ALL, d["settings"]["seed"]))
    return found


def question(row: Row) -> tuple[Any, ...]:
    """What a target asks, and what was seen: cards that agree on it can be compared."""
    return row["origin"], row["target_date"], row["benchmark"], row["observed"]


def _skipped(card: str, skipped: targets.Skipped) -> SkippedDocument:
    origin = skipped.origin.isoformat()
    return {"card": card, "origin": origin, "benchmark": skipped.benchmark, "reason": skipped.reason}


def _row(card: str, scored: Scored) -> Row:
    """One target as it stands in the file."""
    t = scored.target
    own = asdict(scored.card)
    return {
        "card": card,
        "origin": t.origin.isoformat(),
        "target_date": t.date.isoformat(),
        "benchmark": t.benchmark,
        "horizon": t.horizon,
        "standing": scored.standing,
        "observed": t.observed,
        **own,
        "diverging": scored.diverging,
        "baselines": {name: None if s is None else asdict(s) for name, s in scored.baselines.items()},
    }


def _edition(card: str, read: Edition) -> EditionDocument:
    origin, edition = read.origin.isoformat(), read.edition.isoformat()
    stands_in = read.edition > read.origin
    return {"card": card, "origin": origin, "evidence": read.evidence, "edition": edition, "stands_in": stands_in}


def _health(fit: Any) -> Row:
    found = {**asdict(fit), "origin": fit.origin.isoformat()}
    del found["from_cache"]  # the same inputs give the same bytes, whether sampled now or before
    return found


def scales_of(rows: Iterable[Row]) -> dict[str, float]:
    """Mean CRPS of persistence on each benchmark, by which scores are divided before pooling."""
    by_name: dict[str, list[float]] = {}
    for row in rows:
        by_name.setdefault(row["benchmark"], []).append(row["baselines"]["persistence"]["crps"])
    return {name: max(float(np.mean(crps)), scores.TIE) for name, crps in by_name.items()}


class Table:
    """Rows as columns: one array a score, NaN where there is none.

    Parameters
    ----------
    rows : sequence of dict
        Of a document.
    scales : mapping of str to float
        From `scales_of`; what a score is divided by when benchmarks are pooled.
    """

    def __init__(self, rows: Sequence[Row], scales: Mapping[str, float]) -> None:
        self.rows = rows
        self.scale = np.array([scales[row["benchmark"]] for row in rows])
        self.origins, self.origin = np.unique([row["origin"] for row in rows], return_inverse=True)

    def column(self, key: str, method: str = "card") -> Array:
        """Values of a score, of the card or a baseline."""
        of = [row if method == "card" else row["baselines"][method] for row in self.rows]
        return np.array([np.nan if o is None or o[key] is None else float(o[key]) for o in of])


def _blocks(
    rows: Sequence[Row], scales: Mapping[str, float], names: Sequence[str], period: str, seed: int
) -> list[Row]:
    """Scores of every benchmark and horizon, each and all of them."""
    card = rows[0]["card"]
    horizons: tuple[float | str, ...] = (ALL, *targets.HORIZONS)
    within = [row for row in rows if _in_period(row, period)]
    found = []
    for benchmark in (ALL, *[name for name in names if name in scales]):
        for horizon in horizons:
            chosen = [
                row for row in within if benchmark in (ALL, row["benchmark"]) and horizon in (ALL, row["horizon"])
            ]
            found.append(_block(Table(chosen, scales), card, benchmark, horizon, period, seed))
    return found


def _in_period(row: Row, period: str) -> bool:
    early = dt.date.fromisoformat(row["origin"]) <= CHOSEN_UNTIL
    return period == ALL or early == (period == PERIODS[1])


def _block(table: Table, card: str, benchmark: str, horizon: float | str, period: str, seed: int) -> Row:
    """Averages over the targets of one block, each with its interval."""
    weights = resampled(len(table.origins), seed)[:, table.origin]
    unit = table.scale if benchmark == ALL else np.ones(len(table.rows))
    of_card, of_rivals = _measures(table, unit, "card"), {m: _measures(table, unit, m) for m in METHODS}
    skills = {m: _skill(of_card["crps"], of_rivals[m]["crps"], weights) for m in METHODS}
    own = {key: _mean(values, weights) for key, values in of_card.items()}
    return {
        "card": card,
        "benchmark": benchmark,
        "horizon": horizon,
        "period": period,
        "n": len(table.rows),
        "origins": len(table.origins),
        **{key: value.centre for key, value in own.items()},
        "skill": {m: value.centre for m, value in skills.items()},
        "intervals": {
            **{key: value.interval for key, value in own.items()},
            "skill": {m: value.interval for m, value in skills.items()},
        },
        "baselines": {
            m: {
                **{key: _mean(values, weights).centre for key, values in of_rivals[m].items()},
                "skill_over_persistence": _skill(
                    of_rivals[m]["crps"], of_rivals["persistence"]["crps"], weights
                ).centre,
            }
            for m in METHODS
        },
    }


def _measures(table: Table, unit: Array, method: str) -> dict[str, Array]:
    """Columns that are averaged, of the card or a baseline."""
    return {
        "crps": table.column("crps", method) / unit,
        "log_score": table.column("log_score", method) - np.log(unit),
        "coverage50": table.column("inside50", method),
        "coverage90": table.column("inside90", method),
    }


def resampled(n: int, seed: int) -> Array:
    """How often each of n origins is drawn: first once each, then in the bootstrap's samples.

    Returns
    -------
    ndarray, shape (1 + RESAMPLES, n)
        Counts.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_BOOTSTRAP_STREAM, n)))
    drawn = rng.multinomial(n, np.full(n, 1 / n), RESAMPLES) if n else np.empty((RESAMPLES, 0))
    return np.vstack([np.ones((1, n)), drawn])


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; None where there is nothing to average."""

    centre: float | None
    interval: list[float] | None


def _mean(values: Array, weights: Array) -> Estimate:
    """Weighted means: the first weights are the data's, the others the bootstrap's."""
    known = np.isfinite(values)
    return _estimate(weights[:, known] @ values[known], weights[:, known].sum(axis=1), np.divide)


def _skill(card: Array, rival: Array, weights: Array) -> Estimate:
    """One minus a ratio of means over the targets that both forecast."""
    known = np.isfinite(card) & np.isfinite(rival)
    w = weights[:, known]
    return _estimate(w @ card[known], w @ rival[known], lambda a, b: 1 - a / b)


def _estimate(above: Array, below: Array, combine: Callable[[Array, Array], Array]) -> Estimate:
    """Combine sums; the interval leaves out resamples in which nothing was drawn."""
    if not len(below) or below[0] <= 0:
        return Estimate(None, None)
    values = combine(above[below > 0], below[below > 0])
    tail = (1 - PROBABILITY) / 2
    several = len(np.unique(values)) > 1
    interval = [float(v) for v in np.quantile(values[1:], [tail, 1 - tail])] if several else None
    return Estimate(float(values[0]), interval)
