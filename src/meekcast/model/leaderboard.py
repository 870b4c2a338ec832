"""What a leaderboard would show: noisy records, and the best of them so far."""

from __future__ import annotations

import numpy as np

from meekcast.clock import decimal_year
from meekcast.equations.types import Array, Mask
from meekcast.observations import EvidenceTable
from meekcast.observations.schema import FRONTIER
from meekcast.vocabulary.quantities import best_score

USUAL_RATE = (2.0, 0.4)
"""Prior of the rate of records, a gamma distribution: as if 2 had come in 0.4 years (5 a year, 90 % 0.9 to 12)."""

OF_LATE = 1.0
"""Years of records that tell of the rate of the next: actors come to bring out more models, or a board to run fewer."""

CONTENDERS_PER_RECORD = 2.0
"""Models that an actor brings out for each that sets a record: about every second does."""

ACTIVE_SPELL, SILENT_SPELL = 3.0, 1.0
"""Mean years that a board runs an actor's models, and that it does not, before this changes.

Judgement: the hub's MMLU has no record after 2025-02, its cheap GPQA models paused in mid-2025; the boards live on."""

FILTER_STEP = 1 / 48
"""Years of a step in which a board's state is followed through a silence."""


def best_so_far(
    table: EvidenceTable, actor: str, noise: Array, score: Array, years: Array, rng: np.random.Generator
) -> Array:
    """Draw the best score of an actor that the leaderboard shows at each date of a grid.

    Up to the date on which the table is complete it is what stands in the evidence. Afterwards each actor brings
    out contenders at random, in proportion to its records of late; a contender's score is the latent one plus the
    noise and the standard error of a published score, and the leaderboard shows the best so far, starting from the
    standing records. A board may fall silent about an actor and come back: a long time without a record is either
    a score that is hard to beat or a board that runs no models, and the longer it lasts, the likelier the latter.

    Parameters
    ----------
    table : EvidenceTable
        Its evidence.
    actor : str
        Whose score.
    noise : ndarray, shape (n,)
        SD of a published score about the latent one.
    score : ndarray, shape (n, m)
        Latent scores.
    years : ndarray, shape (m,)
        The grid, decimal years.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (n, m)
        In the table's unit; NaN before the actor has a record.
    """
    dates, standing = standing_records(table, actor)
    if not len(dates):
        return np.full(score.shape, np.nan)
    known_until = decimal_year(table.complete_until)
    seen = np.searchsorted(dates, years, side="right")
    record = np.concatenate([[np.nan], standing])[np.where(years <= known_until, seen, len(standing))]
    best = np.broadcast_to(record, score.shape).copy()
    first = int(np.searchsorted(years, known_until, side="right"))
    looked_at = min(known_until - dates[0], OF_LATE)
    n = np.count_nonzero(dates[1:] > known_until - looked_at)  # the first of all begins the wait for the others
    records = rng.gamma(n + USUAL_RATE[0], 1 / (looked_at + USUAL_RATE[1]), len(noise))
    rate = CONTENDERS_PER_RECORD * records
    silent = rng.random(len(noise)) < _silent_now(rate, known_until - dates[-1])
    board = _Board(rate, np.hypot(noise, _typical_se(table, actor)), silent, standing[-1], best_score(table.unit), rng)
    rows = score[:, first:].T.copy()  # one a date, which is read as a whole
    for row, step in zip(rows, np.diff(years[first:], prepend=known_until), strict=True):
        row[:] = board.after(step, row)
    best[:, first:] = rows.T
    return best


class _Board:
    """What a board shows of an actor in each draw, step by step; in a step it is silent or not, and one model comes.

    Parameters
    ----------
    rate, noise : ndarray, shape (n,)
        Contenders a year; SD of a published score about the latent one.
    silent : ndarray, shape (n,)
        Whether the board is silent in the first step.
    standing, highest : float
        The score that stands, and the one that nobody can exceed.
    rng : numpy.random.Generator
        Source of randomness.
    """

    def __init__(
        self, rate: Array, noise: Array, silent: Mask, standing: float, highest: float, rng: np.random.Generator
    ) -> None:
        self._rate, self._noise, self._highest, self._rng = rate, noise, highest, rng
        self._held, self.silent = np.full(len(rate), standing), silent
        self._left = self._spells(silent)

    def after(self, step: float, score: Array) -> Array:
        """Best so far, shape (n,), after a step of so many years, at the end of which the latent score is so high."""
        comes = self._rng.random(len(score)) < -np.expm1(-self._rate * step)
        released = np.flatnonzero(comes & ~self.silent)  # noise is drawn for these alone: it is what takes longest
        contender = score[released] + self._noise[released] * self._rng.standard_normal(len(released))
        self._held[released] = np.maximum(self._held[released], np.minimum(contender, self._highest))
        self._left -= step
        over = np.flatnonzero(self._left <= 0)
        self.silent[over] = ~self.silent[over]
        self._left[over] = self._spells(self.silent[over])
        return self._held

    def _spells(self, silent: Mask) -> Array:
        """Years until the state changes, at the end of the step in which they are over: there a next spell begins."""
        return self._rng.standard_exponential(len(silent)) * np.where(silent, SILENT_SPELL, ACTIVE_SPELL)


def _typical_se(table: EvidenceTable, actor: str) -> float:
    """Published standard error of a next score: the median of those known, 0 if there are none."""
    known = [row.score_se for row in table.records_of(actor) if row.score_se]
    return float(np.median(known)) if known else 0.0


def _silent_now(rate: Array, silence: float) -> Array:
    """Probability that a board has fallen silent, given the rate of contenders and the time since the last record."""
    active, silent = np.ones_like(rate), np.zeros_like(rate)
    steps = max(1, round(silence / FILTER_STEP))
    dt = silence / steps
    fall, wake = (-np.expm1(-dt / spell) for spell in (ACTIVE_SPELL, SILENT_SPELL))
    without = np.exp(-rate * dt)
    for _ in range(steps):
        falls, wakes = active * fall, silent * wake
        active, silent = (active - falls + wakes) * without, silent + falls - wakes
    return silent / (active + silent)


def standing_records(table: EvidenceTable, actor: str) -> tuple[Array, Array]:
    """Dates and values of an actor's best-so-far score, in order.

    Parameters
    ----------
    table : EvidenceTable
        Records or gaps.
    actor : str
        Whose.

    Returns
    -------
    tuple of ndarray, shape (k,)
        Decimal years, and the best score from that date on; empty where the actor has no record.
    """
    if table.kind == "gaps":
        rows = sorted((decimal_year(g.date), g.frontier if actor == FRONTIER else g.budget) for g in table.gaps)
    else:
        rows = sorted((decimal_year(r.date), r.score) for r in table.records_of(actor))
    years, scores = np.array(rows).reshape(-1, 2).T
    unique = np.unique(years)
    return unique, np.maximum.accumulate(scores)[np.searchsorted(years, unique, side="right") - 1]


def standing_gaps(table: EvidenceTable, follower: str, years: Array) -> Array:
    """Gap between the frontier and a follower that the leaderboard showed on dates of the past.

    Parameters
    ----------
    table : EvidenceTable
        Records or gaps.
    follower : str
        Whose gap.
    years : ndarray, shape (m,)
        Decimal years.

    Returns
    -------
    ndarray, shape (m,)
        In the table's unit; 0 where a follower's model tops the board, NaN before both have a record.
    """
    best = []
    for actor in (FRONTIER, follower):
        since, values = standing_records(table, actor)
        best.append(np.concatenate([[np.nan], values])[np.searchsorted(since, years, side="right")])
    return np.asarray(np.maximum(best[0] - best[1], 0.0))
