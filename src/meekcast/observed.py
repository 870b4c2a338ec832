"""What a leaderboard would show: noisy records, and the best of them so far."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from meekcast.cards import BenchmarkEntry
from meekcast.clock import decimal_year
from meekcast.evidence import EvidenceTable
from meekcast.inputs import BEST_SCORES

Array = npt.NDArray[np.float64]


def observed_gap(
    benchmark: BenchmarkEntry,
    table: EvidenceTable,
    parameters: Mapping[str, Array],
    scores: Mapping[str, Array],
    years: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw the gap that the leaderboard shows at each date of a grid.

    Up to the last record it is what stands in the evidence. Afterwards each actor brings out contenders
    at random, as often as the evidence had records; a contender's score is the latent one plus the noise
    of a published score, and the leaderboard shows the best so far, starting from the standing records.

    Parameters
    ----------
    benchmark : BenchmarkEntry
        Entry of the card.
    table : EvidenceTable
        Its evidence.
    parameters : mapping of str to ndarray, shape (n,)
        Draws of the parameters.
    scores : mapping of str to ndarray, shape (n, m)
        Latent scores of ``frontier`` and ``budget``.
    years : ndarray, shape (m,)
        The grid, decimal years.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (n, m)
        Points; NaN before both actors have a record.
    """
    noise = parameters[f"{benchmark.name}_noise"]
    budget = _best_so_far(table, "budget", noise, scores["budget"], years, rng)
    frontier = _best_so_far(table, "frontier", noise, scores["frontier"], years, rng)
    return np.maximum(frontier - budget, 0.0)  # a budget model that tops the board is the frontier


def _best_so_far(
    table: EvidenceTable, actor: str, noise: Array, score: Array, years: Array, rng: np.random.Generator
) -> Array:
    """Best score of one actor at each date."""
    dates, standing = standing_records(table, actor)
    last_record = decimal_year(table.complete_until)
    seen = np.searchsorted(dates, years, side="right")
    record = np.concatenate([[np.nan], standing])[np.where(years <= last_record, seen, len(standing))]
    best = np.broadcast_to(record, score.shape).copy()
    interval = (dates[-1] - dates[0]) / max(len(dates) - 1, 1) or 1.0
    highest = BEST_SCORES.get(table.unit, np.inf)
    held, since = np.full(len(noise), standing[-1]), last_record
    for j in np.flatnonzero(years > last_record):
        released = rng.random(len(noise)) < -np.expm1(-(years[j] - since) / interval)
        contender = np.minimum(score[:, j] + noise * rng.standard_normal(len(noise)), highest)
        held, since = np.where(released, np.maximum(held, contender), held), years[j]
        best[:, j] = held
    return best


def standing_records(table: EvidenceTable, actor: str) -> tuple[Array, Array]:
    """Dates and values of an actor's best-so-far score, in order.

    Parameters
    ----------
    table : EvidenceTable
        Scores or gaps.
    actor : {"frontier", "budget"}
        Whose.

    Returns
    -------
    tuple of ndarray, shape (k,)
        Decimal years, and the best score from that date on.
    """
    if table.kind == "gaps":
        rows = sorted((decimal_year(g.date), getattr(g, actor)) for g in table.gaps)
    else:
        rows = sorted((decimal_year(r.date), r.score) for r in table.records if r.actor == actor)
    years, scores = np.array(rows).T
    unique = np.unique(years)
    return unique, np.maximum.accumulate(scores)[np.searchsorted(years, unique, side="right") - 1]
