"""What of a table enters a likelihood: each datum with the actors whose scores it is about."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meekcast.clock import decimal_year, quarter_ends
from meekcast.observations.schema import FRONTIER, EvidenceTable, Reading, RecordRow


class Observation(NamedTuple):
    """One datum of a likelihood: weights on the actors' scores, the value seen, its standard error, its share.

    Weights are those of the frontier, then of the followers: a record of the frontier has (1, 0), of the only
    follower (0, 1), a gap (1, -1). Where no standard error is published it is 0, and the noise parameter covers it.
    A model that is a record of k actors is one datum: it is seen by each of them, with a k-th of its log density.
    """

    year: float
    label: str
    weights: tuple[float, ...]
    value: float
    se: float = 0.0
    share: float = 1.0


def observations(
    table: EvidenceTable, followers: Sequence[str], since: dt.date | None = None, rule: Reading = "records"
) -> tuple[Observation, ...]:
    """Rows of a table that enter a likelihood, in order of date.

    Of an actor's models of one date only the best is a record, and only if no earlier model beats
    it; the rows themselves may come in any order.

    By ``"quarter_ends"`` each actor's best score so far is an observation at every quarter end since
    the frontier and it have one, known on that day. A record that stands for a year is counted four times.

    Parameters
    ----------
    table : EvidenceTable
        The table.
    followers : sequence of str
        Which actors are followed, in order; published gaps are those to the first.
    since : datetime.date, optional
        Leave out what is older.
    rule : {"records", "quarter_ends"}
        Which scores are observations; published gaps are observations as they stand by either rule.

    Returns
    -------
    tuple of Observation
        The data.

    Examples
    --------
    >>> from meekcast.cards.library import load_evidence
    >>> found = observations(load_evidence("mmlu-pro-summary"), ["budget"])
    >>> [(round(o.year, 1), o.weights, o.value) for o in found]
    [(2023.5, (1.0, -1.0), 20.0), (2024.1, (1.0, -1.0), 12.0), (2024.8, (1.0, -1.0), 7.0)]
    """
    found = _gaps(table, len(followers)) if table.kind == "gaps" else _scores(table, followers, rule)
    return tuple(sorted(o for o in found if since is None or o.year >= decimal_year(since)))


def _gaps(table: EvidenceTable, followers: int) -> Iterator[Observation]:
    weights = (1.0, -1.0, *[0.0] * (followers - 1))
    for gap in table.gaps:
        yield Observation(decimal_year(gap.date), f"gap {gap.date}", weights, gap.frontier - gap.budget)


def _scores(table: EvidenceTable, followers: Sequence[str], rule: Reading) -> Iterator[Observation]:
    """Scores of all actors; one that is a record of several is shared among them."""
    actors = (FRONTIER, *followers)
    read = records_of if rule == "records" else _standing_at_quarter_ends
    seen = [(actor, row, date) for actor in actors for row, date in read(table, actor)]

    def datum(row: RecordRow, date: dt.date) -> tuple[object, ...]:
        return (row.model, row.score) if rule == "records" else (row.model, row.score, date)

    times = Counter(datum(row, date) for _, row, date in seen)
    for actor, row, date in seen:
        weights = tuple(float(actor == other) for other in actors)
        share = 1 / times[datum(row, date)]
        yield Observation(decimal_year(date), row.model, weights, row.score, row.score_se or 0.0, share)


def records_of(table: EvidenceTable, actor: str) -> Iterator[tuple[RecordRow, dt.date]]:
    """Best-so-far scores of one actor, each with the date from which it counts."""
    best = -math.inf
    # By date, the best of a date first: what follows on the same date is no record.
    for row in sorted(table.records_of(actor), key=lambda r: (r.date, -r.score)):
        if row.score > best:
            best = row.score
            yield row, row.date


def _standing_at_quarter_ends(table: EvidenceTable, actor: str) -> Iterator[tuple[RecordRow, dt.date]]:
    """Best score so far of one actor at every quarter end since frontier and it have one."""
    # The best first, and of equals the earlier one: it holds the record.
    rows = sorted(table.records_of(actor), key=lambda r: (-r.score, r.date))
    firsts = [min((r.date for r in table.records_of(a)), default=None) for a in (FRONTIER, actor, *table.followers[:1])]
    both = [date for date in firsts if date]
    if rows and both:
        for end in quarter_ends(max(both), table.complete_until):
            yield next(row for row in rows if row.date <= end), end
