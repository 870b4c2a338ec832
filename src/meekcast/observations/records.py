"""From all scored models to records of actors: which models count, from when on, and which of them beat all before."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from meekcast.observations.prices import Prices, price_on
from meekcast.observations.rules import Actor, Rule
from meekcast.observations.schema import FRONTIER, EvidenceTable, RecordRow
from meekcast.observations.scores import Score, ScoreTable

KEPT = ("name", "title", "source", "licence", "caveats", "benchmark", "unit", "date_precision")
"""What a table of records takes over from its table of scores."""

type Admitted = tuple[dt.date, Score]
"""A model, and the date from which it counts for an actor."""


def admitted_from(score: Score, prices: Prices, actor: Actor, prices_within: int | None = None) -> dt.date | None:
    """Date from which a model counts for a follower.

    By the actor's entry a model of a rule on prices counts: ``"price"`` from the first date on which a price within the
    limit held; ``"first_price"`` from its release, if the first price that was seen is within it; ``"release"`` from
    its release, if any price ever seen is, which is hindsight. The first price holds from the release on.

    Parameters
    ----------
    score : Score
        The model.
    prices : Prices
        What models cost.
    actor : Actor
        The follower, with its rule.
    prices_within : int, optional
        Leave out of rules on prices what had its first price seen more than so many days after its release.

    Returns
    -------
    datetime.date or None
        None if it never counts, or what the rule asks for is not known of it.

    Examples
    --------
    >>> row = Score(model="m", released="2025-01-01", score=50)
    >>> cut = Prices({"m": ((dt.date(2025, 1, 9), 2.0), (dt.date(2025, 6, 1), 0.5))})
    >>> rule = Rule.read("price <= 1")
    >>> [str(admitted_from(row, cut, Actor("band", rule, entry))) for entry in ("price", "first_price", "release")]
    ['2025-06-01', 'None', '2025-01-01']
    """
    rule = actor.rule
    if not _has(score, rule):
        return None
    if rule.price is None:
        return score.date
    seen = prices.of(score.model)
    if not seen or (prices_within is not None and (seen[0][0] - score.date).days > prices_within):
        return None
    if seen[0][1] <= rule.price:
        return score.date
    within = next((date for date, usd in seen if usd <= rule.price), None)
    if within is None or actor.entry == "first_price":
        return None
    return score.date if actor.entry == "release" else max(within, score.date)


def _has(score: Score, rule: Rule) -> bool:
    """Whether a model is known to have what a rule asks for, its price left aside."""
    if rule.open_weights and not score.open_weights:
        return False
    if rule.parameters is not None and not (score.parameters and score.parameters <= rule.parameters):
        return False
    return rule.cost_per_task is None or bool(score.cost_per_task and score.cost_per_task <= rule.cost_per_task)


def records(
    table: ScoreTable,
    prices: Prices,
    actors: Sequence[Actor],
    as_of: dt.date | None = None,
    prices_within: int | None = None,
) -> EvidenceTable:
    """Records of the frontier, for which every model counts from its date on, and of followers.

    Parameters
    ----------
    table : ScoreTable
        All scored models of a board.
    prices : Prices
        What models cost.
    actors : sequence of Actor
        The followers.
    as_of : datetime.date, optional
        Only what was known then: models and scores that the board showed, and models that counted by then.
    prices_within : int, optional
        See `admitted_from`.

    Returns
    -------
    EvidenceTable
        Of each actor the models that beat all before, the frontier first; of one date only the best. An actor without a
        record has no rows.
    """
    until = min(as_of or dt.date.max, table.complete_until)
    scores = table.at(until)
    found = [_row(FRONTIER, date, score, prices) for date, score in _best(((s.date, s) for s in scores), until)]
    for actor in actors:
        dated = ((admitted_from(score, prices, actor, prices_within), score) for score in scores)
        admitted = ((date, score) for date, score in dated if date)
        found += [_row(actor.name, date, score, prices) for date, score in _best(admitted, until)]
    said: dict[str, Any] = {
        **{key: getattr(table, key) for key in KEPT},
        "schema": 1,
        "kind": "records",
        "by_rules": True,
        "rule": _told(actors, prices_within),
        "as_of": until,
        "records": found,
    }
    # Not validated: whether there is a record of everybody is the business of whoever reads them.
    return EvidenceTable.model_construct(**said)


def _best(admitted: Iterable[Admitted], until: dt.date) -> Iterator[Admitted]:
    """Models that beat all that counted before them, in order of date."""
    best = -math.inf
    # By date, the best of a date first: what follows on the same date is no record. Names decide between equals.
    for date, score in sorted(admitted, key=lambda a: (a[0], -a[1].score, a[1].model)):
        if date <= until and score.score > best:
            best = score.score
            yield date, score


def _row(actor: str, date: dt.date, score: Score, prices: Prices) -> RecordRow:
    known_on = score.known_on if score.known_on and score.known_on > date else None
    usd = price_on(prices.of(score.model), date)
    return RecordRow(
        actor=actor,
        date=date,
        known_on=known_on,
        model=score.model,
        score=score.score,
        score_se=score.score_se,
        price=usd,
    )


def _told(actors: Sequence[Actor], prices_within: int | None) -> str:
    """What counts for whom, in words."""
    entries = {
        "price": "",
        "first_price": ", by the first price seen, from its release",
        "release": ", by the lowest price ever seen, from its release",
    }
    told = [f"{FRONTIER}: every model"]
    for actor in actors:
        late = f", prices seen within {prices_within} days of release" if prices_within is not None else ""
        of_price = f"{entries[actor.entry]}{late}" if actor.rule.price is not None else ""
        told.append(f"{actor.name}: {actor.rule}{of_price}")
    return "; ".join(told)
