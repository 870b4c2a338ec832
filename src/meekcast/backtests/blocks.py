"""Scores averaged over the targets of a block: a benchmark or a follower, a horizon, a period."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from meekcast.backtests import resampling, scores, targets
from meekcast.backtests.documents import Row
from meekcast.backtests.resampling import Bootstrap, Estimate, Futures, Sums
from meekcast.backtests.run import METHODS
from meekcast.equations.types import Array, Mask

CHOSEN_UNTIL = dt.date(2025, 6, 30)
"""Variants of a card are chosen on origins up to here; later ones are the proof."""
PERIODS = ("all", f"up to {CHOSEN_UNTIL}", "later")
ALL = "all"
FORECASTS = ("card", "pool")
AVERAGED = {
    "crps": resampling.POSITIVE,
    "crps_log": resampling.POSITIVE,
    "log_score": resampling.ANY,
    "coverage50": resampling.SHARE,
    "coverage90": resampling.SHARE,
}
"""Scores, and what each can be."""
LEFT_OUT = ("persistence", "damped_persistence")
"""Baselines over which the skill is told when one origin is left out."""
PIT_BINS = 10

DEFINITIONS = {
    **scores.DEFINITIONS,
    "skill": "1 - CRPS / CRPS of the baseline, over the targets that both forecast; above 0 the card is better",
    "skill_log": "the same by the CRPS of ln(1 + gap)",
    "relative_skill": (
        "geometric mean of the ratios of a method's mean CRPS to that of every other method, over the targets "
        "that both forecast; below 1 is better"
    ),
    "pooled": (
        "over series, each CRPS is divided by persistence's mean CRPS on that series (1 is as good as "
        "persistence), and log scores are of the gap in that unit; CRPS of ln(1 + gap) are averaged as they are"
    ),
    **resampling.DEFINITIONS,
    "period": f"variants were chosen on origins up to {CHOSEN_UNTIL}; later origins are the proof",
}


def scales_of(rows: Iterable[Row]) -> dict[str, float]:
    """Mean CRPS of persistence on each series, by which scores are divided before pooling."""
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
        From `scales_of`.
    scaled : bool
        Whether scores are divided by them: where series are pooled.
    """

    def __init__(self, rows: Sequence[Row], scales: Mapping[str, float], scaled: bool) -> None:
        self.rows = rows
        self.scale = np.array([scales[row["benchmark"]] for row in rows])
        self.unit = self.scale if scaled else np.ones(len(rows))
        self.origins, self.origin = np.unique([row["origin"] for row in rows], return_inverse=True)

    def column(self, key: str, method: str = "card") -> Array:
        """Values of a score, of the card, the pool or a baseline."""
        of = [self._of(row, method) for row in self.rows]
        return np.array([np.nan if o is None or o[key] is None else float(o[key]) for o in of])

    def _of(self, row: Row, method: str) -> Row | None:
        found: Row | None = row if method == "card" else row["pool"] if method == "pool" else row["baselines"][method]
        return found

    def measures(self, method: str) -> dict[str, Array]:
        """Columns that are averaged."""
        return {
            "crps": self.column("crps", method) / self.unit,
            "crps_log": self.column("crps_log", method),
            "log_score": self.column("log_score", method) - np.log(self.unit),
            "coverage50": self.column("inside50", method),
            "coverage90": self.column("inside90", method),
        }

    def sums(self, values: Array, known: Mask) -> Sums:
        """Values added up by origin, of the rows that count."""
        size = len(self.origins)
        total = np.bincount(self.origin[known], values[known], size)
        return Sums(total, np.bincount(self.origin[known], minlength=size).astype(float))

    def common(self, one: Array, other: Array) -> tuple[Sums, Sums]:
        """Two columns added up by origin, over the rows that have both."""
        known = np.isfinite(one) & np.isfinite(other)
        return self.sums(one, known), self.sums(other, known)


def blocks_of(rows: Sequence[Row], scales: Mapping[str, float], names: Sequence[str], seed: int) -> list[Row]:
    """Blocks of every series and of all, by horizon and of all, by period and of all.

    Parameters
    ----------
    rows : sequence of dict
        Of one card and one kind of gap.
    scales : mapping of str to float
        From `scales_of`.
    names : sequence of str
        Series, in the order of the card.
    seed : int
        Of the bootstrap.

    Returns
    -------
    list of dict
        In order of the series.
    """
    benchmarks = (ALL, *[name for name in names if name in scales])
    return [
        {"card": rows[0]["card"], "benchmark": benchmark, **labels}
        | block(Table(_chosen(rows, labels, "benchmark", benchmark), scales, benchmark == ALL), seed)
        for benchmark, labels in itertools.product(benchmarks, _parts())
    ]


def follower_blocks(rows: Sequence[Row], scales: Mapping[str, float], seed: int) -> list[Row]:
    """Blocks of every follower, where a card has several; its series pooled. The rest as in `blocks_of`."""
    followers = list(dict.fromkeys(row["follower"] for row in rows))
    return [
        {"card": rows[0]["card"], "follower": follower, **labels}
        | block(Table(_chosen(rows, labels, "follower", follower), scales, True), seed)
        for follower, labels in itertools.product(followers if len(followers) > 1 else (), _parts())
    ]


def _parts() -> list[Row]:
    """Labels of every period and horizon, and of all of them."""
    horizons = (ALL, *targets.HORIZONS)
    return [{"horizon": horizon, "period": period} for period in PERIODS for horizon in horizons]


def _chosen(rows: Sequence[Row], labels: Row, key: str, value: str) -> list[Row]:
    return [
        row
        for row in rows
        if value in (ALL, row[key]) and labels["horizon"] in (ALL, row["horizon"]) and _in_period(row, labels["period"])
    ]


def _in_period(row: Row, period: str) -> bool:
    early = dt.date.fromisoformat(row["origin"]) <= CHOSEN_UNTIL
    return period == ALL or early == (period == PERIODS[1])


def block(table: Table, seed: int) -> Row:
    """Averages over the targets of one block, each with its interval: of the card, and of the pool under its name."""
    drawn = resampling.bootstrap(Futures.of(table.rows), seed)
    once = replace(drawn, weights=drawn.weights[:1])  # no interval is told of a baseline
    measures = {method: table.measures(method) for method in (*FORECASTS, *METHODS)}
    card, pool = (_of_forecast(table, measures, method, drawn) for method in FORECASTS)
    return {
        "n": len(table.rows),
        "origins": len(table.origins),
        **card,
        "pool": pool,
        "relative_skill": _relative_skill(table, {method: found["crps"] for method, found in measures.items()}),
        "baselines": {method: _of_baseline(table, measures, method, once) for method in METHODS},
    }


type Measures = Mapping[str, Mapping[str, Array]]


def _of_forecast(table: Table, measures: Measures, method: str, drawn: Bootstrap) -> Row:
    """Averages of the card or the pool."""
    own = _means(table, measures[method], drawn)
    skills = {key: _skills(table, measures, method, key, drawn) for key in ("crps", "crps_log")}
    pits = table.column("pit", method)
    sums = {rival: table.common(measures[method]["crps"], measures[rival]["crps"]) for rival in LEFT_OUT}
    return {
        **{key: value.centre for key, value in own.items()},
        "skill": {rival: value.centre for rival, value in skills["crps"].items()},
        "skill_log": {rival: value.centre for rival, value in skills["crps_log"].items()},
        "intervals": {
            **{key: value.interval for key, value in own.items()},
            "skill": {rival: value.interval for rival, value in skills["crps"].items()},
            "skill_log": {rival: value.interval for rival, value in skills["crps_log"].items()},
        },
        "pit": {
            "mean": float(pits.mean()) if len(pits) else None,
            "bins": np.histogram(pits, bins=PIT_BINS, range=(0, 1))[0].tolist(),
        },
        "effective_origins": _effective_origins(table, method),
        "leave_one_out": {rival: resampling.leave_one_out(*both) for rival, both in sums.items()},
    }


def _of_baseline(table: Table, measures: Measures, method: str, drawn: Bootstrap) -> Row:
    means = _means(table, measures[method], drawn)
    over = resampling.skill(*table.common(measures[method]["crps"], measures["persistence"]["crps"]), drawn)
    return {**{key: value.centre for key, value in means.items()}, "skill_over_persistence": over.centre}


def _means(table: Table, columns: Mapping[str, Array], drawn: Bootstrap) -> dict[str, Estimate]:
    return {
        key: resampling.mean(table.sums(columns[key], np.isfinite(columns[key])), drawn, possible)
        for key, possible in AVERAGED.items()
    }


def _skills(table: Table, measures: Measures, method: str, key: str, drawn: Bootstrap) -> dict[str, Estimate]:
    return {
        rival: resampling.skill(*table.common(measures[method][key], measures[rival][key]), drawn) for rival in METHODS
    }


def _effective_origins(table: Table, method: str) -> float | None:
    """Effective number of origins, by the mean difference of scaled CRPS between a forecast and persistence."""
    if not len(table.rows):
        return None
    difference = (table.column("crps", method) - table.column("crps", "persistence")) / table.scale
    sums = table.sums(difference, np.isfinite(difference))
    return resampling.effective_number(sums.total / sums.count)


def _relative_skill(table: Table, crps: Mapping[str, Array]) -> dict[str, float | None]:
    """Geometric mean of the ratios of each method's mean CRPS to those of all others, on common targets."""
    ratios: dict[str, list[float]] = {method: [] for method in crps}
    for one, other in itertools.permutations(crps, 2):
        known = np.isfinite(crps[one]) & np.isfinite(crps[other])
        if known.any():
            own, rival = (max(float(crps[method][known].mean()), scores.TIE) for method in (one, other))
            ratios[one].append(own / rival)
    return {method: float(np.exp(np.mean(np.log(found)))) if found else None for method, found in ratios.items()}


def one_block(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """All targets in one block, pooled, by scales of their own."""
    labels = {"card": rows[0]["card"], "benchmark": ALL, "horizon": ALL, "period": ALL}
    return labels | block(Table(rows, scales_of(rows), True), seed)
