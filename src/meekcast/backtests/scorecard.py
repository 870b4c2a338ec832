"""What others look up of a backtest: the compact record that a forecast carries, and what weighs a card in a stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from meekcast.backtests.blocks import ALL, CHOSEN_UNTIL, PERIODS
from meekcast.backtests.documents import BacktestDocument, FitsHealth, HeldOut, Row, Scorecard
from meekcast.backtests.resampling import PROBABILITY
from meekcast.backtests.run import METHODS
from meekcast.backtests.shelf import HELD_OUT, SCHEMA
from meekcast.backtests.targets import SEEN

MEASURES = ("crps", "crps_log", "log_score", "coverage50", "coverage90", "skill", "intervals", "effective_origins")


def scorecard(document: BacktestDocument) -> Scorecard:
    """Condense the backtest of one card.

    Parameters
    ----------
    document : dict
        From `meekcast.backtests.summary.document`.

    Returns
    -------
    dict
        Keys ``schema``, ``card``, ``first_origin``, ``last_origin``, ``pooled``, ``by_horizon``,
        ``by_benchmark``, ``by_follower`` (where there are several), ``earlier`` and ``later`` (blocks of scores of seen
        gaps), ``true`` (the block of all true gaps), ``pool`` (its weights by horizon, and the same blocks), ``fits``
        (their health), ``baselines``, ``chosen_until``, ``interval_probability``, and what it was made from:
        ``hashes``, ``source``, ``versions``, ``settings``.
    """
    made_by = document["provenance"][0]
    origins = sorted({row["origin"] for row in document["rows"]})
    found: Row = {
        "schema": SCHEMA,
        "card": made_by["card"],
        "first_origin": origins[0],
        "last_origin": origins[-1],
        **_averages(document, _brief),
        "pool": {"weights": _weights_now(document), **_averages(document, _of_pool)},
        "fits": fits_health(document["fits"]),
        "baselines": list(METHODS),
        "chosen_until": CHOSEN_UNTIL.isoformat(),
        "interval_probability": PROBABILITY,
        "hashes": made_by["hashes"],
        "source": made_by["source"],
        "versions": made_by["versions"],
        "settings": document["settings"],
    }
    return cast("Scorecard", found)


def _averages(document: BacktestDocument, brief: Callable[..., Row]) -> Row:
    """Blocks of the card or the pool."""
    titles = {name: b["title"] for name, b in document["provenance"][0]["benchmarks"].items()}
    blocks, followers = document["cards"], document["followers"]
    by_benchmark = [b for b in blocks if b["horizon"] == ALL and b["benchmark"] != ALL]
    earlier, later = (_find(document["periods"], period) for period in PERIODS[1:])
    return {
        "pooled": brief(_find(blocks)),
        "by_horizon": [brief(b, "horizon") for b in blocks if b["benchmark"] == ALL and b["horizon"] != ALL],
        "by_benchmark": [{**brief(b, "benchmark"), "title": titles[b["benchmark"]]} for b in by_benchmark],
        "by_follower": [brief(b, "follower") for b in followers if b["horizon"] == b["period"] == ALL],
        "earlier": brief(earlier),
        "later": brief(later),
        "true": brief(_find(document["true"])),
    }


def _weights_now(document: BacktestDocument) -> list[Row]:
    """Weights of the pool from all targets, by horizon: those that a forecast may use."""
    last = [dict(found) for found in document["weights"] if found["origin"] is None]
    return [{key: found[key] for key in ("horizon", "targets", "weights")} for found in last]


def held_out(document: BacktestDocument) -> HeldOut:
    """Each seen target of the backtest of one card: what was seen, what card and pool had forecast, the log score.

    A stack weighs cards by it, and a report shows it.
    """
    made_by = document["provenance"][0]
    kept = ("origin", "target_date", "horizon", "benchmark", "follower", "of", "observed", "log_score")
    told = ("quantiles", "pit")
    return {
        "schema": HELD_OUT,
        "card": made_by["card"],
        "rows": [
            {**{key: row[key] for key in (*kept, *told)}, "pool": {key: row["pool"][key] for key in told}}
            for row in document["rows"]
            if row["of"] == SEEN
        ],
        "hashes": made_by["hashes"],
        "source": made_by["source"],
        "versions": made_by["versions"],
        "settings": document["settings"],
    }


def _find(blocks: Sequence[Row], period: str = ALL) -> Row:
    """The block of all targets of a period."""
    wanted = (ALL, ALL, period)
    return next(b for b in blocks if (b["benchmark"], b["horizon"], b["period"]) == wanted)


def _brief(block: Row, *labels: str) -> Row:
    return {key: block[key] for key in (*labels, "n", "origins", *MEASURES)}


def _of_pool(block: Row, *labels: str) -> Row:
    return _brief({**block, **block["pool"]}, *labels)


def fits_health(fits: Sequence[Row]) -> FitsHealth:
    """Worst of the card's own fits; None where nothing was sampled by a Markov chain.

    Examples
    --------
    >>> found = {"variant": "card", "r_hat_max": 1.01, "ess_bulk_min": 500.0, "divergences": 0, "status": "ok"}
    >>> fits_health([found])["r_hat_max"]
    1.01
    """
    own = [fit for fit in fits if fit["variant"] == "card"]

    def known(key: str) -> list[Any]:
        return [fit[key] for fit in own if fit[key] is not None]

    return {
        "n": len(own),
        "divergences": sum(known("divergences")),
        "origins_with_divergences": sum(d > 0 for d in known("divergences")),
        "r_hat_max": max(known("r_hat_max"), default=None),
        "ess_bulk_min": min(known("ess_bulk_min"), default=None),
        "not_ok": sum(fit["status"] != "ok" for fit in own),
    }
