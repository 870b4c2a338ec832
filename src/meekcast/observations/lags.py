"""Lags that boards show: how long it took a follower to match each level that the frontier set.

Nobody sees the moment of a match, only the first model of the follower that was good enough, and the last one before it
that was not: the time is known to lie between. What nobody has matched yet is known to take longer than until the
board's last date. The Kaplan-Meier estimate (Kaplan & Meier 1958) counts both.
"""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

import numpy as np

from meekcast.clock import months_between
from meekcast.files import Number
from meekcast.observations.likelihood import records_of
from meekcast.observations.prices import Prices
from meekcast.observations.records import admitted_from, records
from meekcast.observations.rules import Actor
from meekcast.observations.schema import FRONTIER, EvidenceTable, RecordRow
from meekcast.observations.scores import ScoreTable

WITHIN_ERRORS = 1.645
"""Standard errors of the difference within which two scores are taken for equal: one-sided 5 %."""
CONFIDENCE = 0.95


class Level(NamedTuple):
    """A score that the frontier set, and how long it took a follower to match it.

    ``left`` and ``right`` are months since ``date`` between which the match lies: those of the follower's last model
    that did not match, and of the first that did. Both are 0 where the follower was there before. Where nobody has
    matched it by the date up to which the board is known, ``left`` is that date, ``right`` infinite.
    """

    model: str
    date: dt.date
    score: float
    matched_by: str | None
    left: float
    right: float

    @property
    def matched(self) -> bool:
        """Whether it was matched; else its time is censored."""
        return self.matched_by is not None


class LevelDocument(TypedDict):
    """A `Level`."""

    model: str
    date: str
    score: float
    matched_by: str | None
    months: list[Number]


class SurvivalDocument(TypedDict):
    """A `Survival`, in brief: median and its 95 % interval in months, "inf" where it is not reached."""

    median: Number
    interval: list[Number]
    levels: int
    censored: int


class SeenLags(TypedDict):
    """What a board shows of a follower: lags counted exactly, within standard errors, and exactly one by one."""

    follower: str
    rule: str
    exactly: SurvivalDocument
    within_errors: SurvivalDocument
    levels: list[LevelDocument]


class BoardLags(TypedDict):
    """A board, and the lags of some followers on it."""

    name: str
    title: str
    unit: str
    as_of: str
    followers: list[SeenLags]


@dataclass(frozen=True, eq=False)
class Survival:
    """Share of levels that are not matched yet, so many months after they were set: Kaplan-Meier.

    Parameters
    ----------
    months : ndarray, shape (k,)
        Times at which a level was matched or censored, increasing.
    shares : ndarray, shape (k,)
        Share that is left from each of these times on; before the first it is 1.
    low, high : ndarray, shape (k,)
        Its 95 % interval, as if levels were independent (a model may match several, so it is somewhat too narrow).
    levels, censored : int
        How many levels, and how many of them nobody has matched.
    """

    months: np.ndarray
    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    levels: int
    censored: int

    @property
    def median(self) -> float:
        """Months by which half of the levels are matched; infinite where that is not reached."""
        return self._halved(self.shares)

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval: where the limits of the shares fall to one half."""
        return self._halved(self.low), self._halved(self.high)

    def _halved(self, shares: np.ndarray) -> float:
        reached = np.flatnonzero(shares <= 0.5)
        return float(self.months[reached[0]]) if len(reached) else math.inf

    def as_dict(self) -> SurvivalDocument:
        """Plain values."""
        return {
            "median": self.median,
            "interval": list(self.interval),
            "levels": self.levels,
            "censored": self.censored,
        }


def levels(
    table: EvidenceTable,
    follower: str,
    since: dt.date | None = None,
    errors: float = 0.0,
    tried: Iterable[dt.date] | None = None,
) -> tuple[Level, ...]:
    """Levels that the frontier set, each with the time until a follower's standing score matched it.

    Parameters
    ----------
    table : EvidenceTable
        Records; of published gaps nothing is known.
    follower : str
        Whose score.
    since : datetime.date, optional
        Leave out levels that were set before.
    errors : float, default 0
        A score matches that lies no more than so many published standard errors of the difference below.
    tried : iterable of datetime.date, optional
        Dates of all models of the follower that the board has scored; those of its records by default.

    Returns
    -------
    tuple of Level
        One for each record of the frontier, in order of date.

    Examples
    --------
    >>> from meekcast.cards.library import load_evidence
    >>> first, *_ = levels(load_evidence("mmlu-pro"), "budget")
    >>> first.model, first.matched_by, round(first.left, 1), round(first.right, 1)
    ('Claude 2.0', 'Llama 3 70B', 5.0, 9.0)
    """
    standing = list(records_of(table, follower))
    dates = sorted(tried if tried is not None else (date for _, date in standing))
    found = []
    for row, date in records_of(table, FRONTIER):
        if since and date < since:
            continue
        match = next(((by, on) for by, on in standing if _matches(by, row, errors)), None)
        if match is None:
            left, right = max(months_between(date, table.complete_until), 0.0), math.inf
        else:
            last = max((d for d in dates if d < match[1]), default=date)
            left, right = (max(months_between(date, d), 0.0) for d in (last, match[1]))
        found.append(Level(row.model, date, row.score, match and match[0].model, left, right))
    return tuple(found)


def _matches(by: RecordRow, level: RecordRow, errors: float) -> bool:
    """Whether a score is not below another, or not by more than so many standard errors of the difference."""
    return by.score >= level.score - errors * math.hypot(by.score_se or 0.0, level.score_se or 0.0)


def survival(found: Sequence[Level]) -> Survival:
    """Kaplan-Meier estimate of the share of levels that are not matched yet.

    A match counts at the date of the model that made it: that is when the board showed it.

    Parameters
    ----------
    found : sequence of Level
        Of one board or several.

    Returns
    -------
    Survival
        The estimate, with a log-log interval; of no levels nothing is known.

    Examples
    --------
    >>> day = dt.date(2025, 1, 1)
    >>> times = [(1.0, 1.0), (2.0, 3.0), (4.0, math.inf)]
    >>> seen = survival([Level("m", day, 50.0, "b" if math.isfinite(r) else None, l, r) for l, r in times])
    >>> seen.median, seen.levels, seen.censored, seen.shares.round(2).tolist()
    (3.0, 3, 1, [0.67, 0.33, 0.33])
    """
    from scipy.stats import CensoredData, ecdf

    if not found:
        nothing = np.empty(0)
        return Survival(nothing, nothing, nothing, nothing, 0, 0)
    matched = [level.right for level in found if level.matched]
    open_ = [level.left for level in found if not level.matched]
    estimate = ecdf(CensoredData(uncensored=matched, right=open_)).sf
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        interval = estimate.confidence_interval(CONFIDENCE, method="log-log")
    shares = estimate.probabilities
    low, high = interval.low.probabilities, interval.high.probabilities
    # Undefined before the first match, where all are left, and after the last of all, where none is: the upper limit
    # is then that of the time before.
    low, high = np.where(np.isnan(low), shares, low), np.where(shares == 1.0, 1.0, high)
    high = np.where(np.isnan(high), np.append(1.0, high)[:-1], high)
    return Survival(estimate.quantiles, shares, low, high, len(found), len(open_))


def tried_on(
    table: ScoreTable, prices: Prices, actor: Actor, as_of: dt.date | None = None, prices_within: int | None = None
) -> list[dt.date]:
    """Dates from which models of a follower count, records or not; arguments as in `meekcast.observations.records`."""
    until = min(as_of or dt.date.max, table.complete_until)
    dates = (admitted_from(score, prices, actor, prices_within) for score in table.at(until))
    return sorted(date for date in dates if date and date <= until)


def board_lags(table: ScoreTable, prices: Prices, actors: Sequence[Actor]) -> BoardLags:
    """Lags of some followers on a board, of all levels that its frontier set.

    Parameters
    ----------
    table : ScoreTable
        All scored models of the board.
    prices : Prices
        What they cost.
    actors : sequence of Actor
        The followers.

    Returns
    -------
    dict
        What the board is, and one entry a follower.
    """
    found = records(table, prices, actors)
    return {
        "name": table.name,
        "title": table.title,
        "unit": table.unit,
        "as_of": str(table.complete_until),
        "followers": [_seen(found, actor, tried_on(table, prices, actor)) for actor in actors],
    }


def _seen(found: EvidenceTable, actor: Actor, tried: Sequence[dt.date]) -> SeenLags:
    exactly, within = (levels(found, actor.name, errors=errors, tried=tried) for errors in (0.0, WITHIN_ERRORS))
    return {
        "follower": actor.name,
        "rule": str(actor.rule),
        "exactly": survival(exactly).as_dict(),
        "within_errors": survival(within).as_dict(),
        "levels": [_level(level) for level in exactly],
    }


def _level(level: Level) -> LevelDocument:
    return {
        "model": level.model,
        "date": str(level.date),
        "score": level.score,
        "matched_by": level.matched_by,
        "months": [level.left, level.right],
    }
