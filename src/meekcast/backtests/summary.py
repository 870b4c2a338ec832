"""What a backtest found, as plain values: every target, and scores averaged over blocks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from meekcast import cache
from meekcast.backtests import baselines, blocks, pool, targets
from meekcast.backtests.documents import (
    BacktestDocument,
    EditionDocument,
    MadeBy,
    PoolWeights,
    Row,
    SkippedDocument,
    rounded,
)
from meekcast.backtests.resampling import BLOCK, PROBABILITY, RESAMPLES
from meekcast.backtests.run import Backtest, Edition, Scored
from meekcast.backtests.shelf import BACKTEST as SCHEMA
from meekcast.backtests.shelf import source

DEFINITIONS = {
    "target": (
        "best score of all models so far minus best of the follower so far, at month ends "
        f"{', '.join(map(str, targets.HORIZONS.values()))} months after the origin; a benchmark is asked from "
        f"{targets.ENOUGH_RECORDS} records of each actor on"
    ),
    "seen": "the gap that the board showed at the target's date, in its edition of then",
    "true": (
        "what stands for the gap of the two paths: the gap at the target's date by the edition since that knows most "
        "models of that date (the newest of such; a board may drop old models when it changes its scale), each model "
        "counting from the day on which it was there, not from that on which the board showed it. Coverage and late "
        "runs are removed, the noise of published scores is not, so the card's latent gap gets that of two scores. "
        "Baselines are as for seen gaps"
    ),
    **blocks.DEFINITIONS,
    **pool.DEFINITIONS,
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
        Keys ``schema``, ``cards`` (scores of seen gaps by series and horizon over all origins), ``periods`` (the
        same for earlier and later origins), ``true`` (both, of true gaps), ``followers`` (both, of seen gaps by
        follower, where there are several), ``weights`` (of the pool), ``rows`` (one a target), ``skipped``, ``fits``,
        ``editions``, ``scales``, ``baselines``, ``definitions``, ``interval``, ``settings`` and ``provenance``.
    """
    card, seed = result.inputs.card.name, result.settings.seed
    rows = [_row(card, scored) for scored in result.scored]
    names = [series.name for series in result.inputs.card.series]
    seen, true = ([row for row in rows if row["of"] == of] for of in targets.KINDS)
    scales = blocks.scales_of(seen)
    found = blocks.blocks_of(seen, scales, names, seed)
    averaged = {
        "cards": [block for block in found if block["period"] == blocks.ALL],
        "periods": [block for block in found if block["period"] != blocks.ALL],
        "true": blocks.blocks_of(true, blocks.scales_of(true), names, seed),
        "followers": blocks.follower_blocks(seen, scales, seed),
        "weights": [_weights(card, learnt) for learnt in result.weights],
        "rows": rows,
    }
    plain: Row = {
        "schema": SCHEMA,
        **rounded(averaged),
        "skipped": [_skipped(card, s) for s in result.skipped],
        "fits": [{"card": card, **_health(f)} for f in result.fits],
        "editions": [_edition(card, e) for e in result.editions],
        "scales": [{"card": card, "benchmark": name, "crps_of_persistence": scale} for name, scale in scales.items()],
        "baselines": baselines.DEFINITIONS,
        "definitions": DEFINITIONS,
        "interval": {
            "kind": f"bootstrap over origins in circular blocks of {BLOCK} months, widened as much as overlap warrants",
            "probability": PROBABILITY,
            "resamples": RESAMPLES,
        },
        "settings": asdict(result.settings),
        "provenance": [provenance(result)],
    }
    return cast("BacktestDocument", plain)


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
    lists = (
        "cards", "periods", "true", "followers", "weights", "rows", "skipped", "fits", "editions", "scales",
        "provenance",
    )  # fmt: skip
    plain: Sequence[Mapping[str, Any]] = documents
    joined = {key: [entry for d in plain for entry in d[key]] for key in lists}
    return cast("BacktestDocument", {**documents[0], **joined, "comparison": comparison(documents)})


def comparison(documents: Sequence[BacktestDocument]) -> list[Row]:
    """Pooled scores of several cards on the seen targets that all of them forecast.

    Returns
    -------
    list of dict
        One a card; empty if they share no target.
    """
    seen = [[row for row in d["rows"] if row["of"] == targets.SEEN] for d in documents]
    shared = set.intersection(*({question(row) for row in rows} for rows in seen))
    found = []
    for d, own in zip(documents, seen, strict=True):
        rows = [row for row in own if question(row) in shared]
        if rows:
            found.append(rounded(blocks.one_block(rows, d["settings"]["seed"])))
    return found


def question(row: Row) -> tuple[Any, ...]:
    """What a target asks, and what came: cards that agree on it can be compared."""
    return row["origin"], row["target_date"], row["benchmark"], row["follower"], row["of"], row["observed"]


def _weights(card: str, learnt: pool.Learnt) -> PoolWeights:
    origin = learnt.origin.isoformat() if learnt.origin else None
    return {
        "card": card,
        "horizon": learnt.horizon,
        "origin": origin,
        "targets": learnt.targets,
        "weights": learnt.weights,
    }


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
        "follower": t.follower,
        "of": t.of,
        "horizon": t.horizon,
        "standing": scored.standing,
        "observed": t.observed,
        **own,
        "diverging": scored.diverging,
        "pool": asdict(scored.pool),
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
