"""The compact record that a forecast carries: how the same card did on past dates.

A backtest takes a minute or more, so a forecast does not run one: it looks its scorecard up, in the
user's cache or among those that ship with meekcast.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast import cache
from meekcast.backtest.run import METHODS, SETTINGS
from meekcast.backtest.summary import ALL, CHOSEN_UNTIL, PERIODS, PROBABILITY, SCHEMA, Document, source

if TYPE_CHECKING:
    from meekcast.inputs import Inputs

SCORECARD_SCHEMA = "meekcast.scorecard/1"
SHELF = Path(__file__).parent / "scorecards"
MEASURES = ("n", "origins", "crps", "log_score", "coverage50", "coverage90", "skill", "intervals")
NOTHING_FOUND = "no scorecard for this combination of card, priors and evidence: run meekcast backtest"


def scorecard(document: Document) -> Document:
    """Condense the backtest of one card.

    Parameters
    ----------
    document : dict
        From `meekcast.backtest.summary.document`.

    Returns
    -------
    dict
        Keys ``schema``, ``card``, ``first_origin``, ``last_origin``, ``pooled``, ``by_horizon``,
        ``by_benchmark``, ``earlier`` and ``later`` (blocks of scores), ``fits`` (their health),
        ``baselines``, ``chosen_until``, ``interval_probability``, and what it was made from: ``hashes``,
        ``source``, ``versions``, ``settings``.
    """
    made_by = document["provenance"][0]
    origins = sorted({row["origin"] for row in document["rows"]})
    blocks = document["cards"]
    titles = {name: b["title"] for name, b in made_by["benchmarks"].items()}
    return {
        "schema": SCORECARD_SCHEMA,
        "card": made_by["card"],
        "first_origin": origins[0],
        "last_origin": origins[-1],
        "pooled": _brief(_find(blocks, ALL, ALL)),
        "by_horizon": [_brief(b, "horizon") for b in blocks if b["benchmark"] == ALL and b["horizon"] != ALL],
        "by_benchmark": [
            {**_brief(b, "benchmark"), "title": titles[b["benchmark"]]}
            for b in blocks
            if b["horizon"] == ALL and b["benchmark"] != ALL
        ],
        "earlier": _brief(_find(document["periods"], ALL, ALL, PERIODS[1])),
        "later": _brief(_find(document["periods"], ALL, ALL, PERIODS[2])),
        "fits": fits_health(document["fits"]),
        "baselines": list(METHODS),
        "chosen_until": CHOSEN_UNTIL.isoformat(),
        "interval_probability": PROBABILITY,
        "hashes": made_by["hashes"],
        "source": made_by["source"],
        "versions": made_by["versions"],
        "settings": document["settings"],
    }


def _find(blocks: Sequence[Document], benchmark: str, horizon: float | str, period: str = ALL) -> Document:
    wanted = (benchmark, horizon, period)
    return next(b for b in blocks if (b["benchmark"], b["horizon"], b["period"]) == wanted)


def _brief(block: Document, *labels: str) -> Document:
    return {key: block[key] for key in (*labels, *MEASURES)}


def fits_health(fits: Sequence[Document]) -> Document:
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


def store(found: Document) -> Path | None:
    """Keep a scorecard in the user's cache; returns None where it cannot be written."""
    from meekcast.errors import OutputError

    file = _file(found["hashes"])
    try:
        _write(found, file)
    except OutputError:  # a backtest is not lost for want of a cache
        return None
    return file


def ship(found: Document) -> Path:
    """Write a scorecard among those that ship with meekcast.

    Raises
    ------
    OutputError
        If the package's folder cannot be written.
    """
    file = SHELF / f"{found['card']}.json"
    _write(found, file)
    return file


def find_scorecard(inputs: Inputs) -> Document | None:
    """Scorecard of the same card, priors and evidence, if there is one.

    Parameters
    ----------
    inputs : Inputs
        What is about to be forecast.

    Returns
    -------
    dict or None
        As `scorecard`, with ``key`` (of the file in the cache), ``where`` ("cache" or "shipped") and
        ``earlier_version``, true if the code or a library has changed since. None if no backtest of this
        combination is known.
    """
    places = (("cache", _file(inputs.hashes)), ("shipped", SHELF / f"{inputs.card.name}.json"))
    candidates = [
        {**found, "key": key(inputs.hashes), "where": where, "earlier_version": _earlier(found)}
        for where, file in places
        if (found := _read(file)) and found.get("hashes") == inputs.hashes
    ]
    return min(candidates, key=lambda found: bool(found["earlier_version"]), default=None)


def key(hashes: Document) -> str:
    """Hash of the card, priors and evidence that a scorecard is about, and of how it is made.

    The code is not part of it: a scorecard of an earlier version is better than none, and says so.
    """
    made_of = json.dumps([SCORECARD_SCHEMA, SCHEMA, SETTINGS.sampler, hashes], sort_keys=True)
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def _file(hashes: Document) -> Path:
    return cache.folder() / f"scorecard-{key(hashes)}.json"


def _earlier(found: Document) -> bool:
    return bool(found["source"] != source() or found["versions"] != cache.versions())


def _write(found: Document, file: Path) -> None:
    with cache.replacing(file) as temporary:
        temporary.write_text(json.dumps(found, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _read(file: Path) -> Document | None:
    """Read a scorecard; a damaged one is as good as none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCORECARD_SCHEMA else None
