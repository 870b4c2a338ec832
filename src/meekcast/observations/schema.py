"""What an evidence table may say, and which of its rows enter a likelihood."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from meekcast.clock import decimal_year, quarter_ends
from meekcast.errors import InputError
from meekcast.vocabulary.components import ScoreUnit

Actor = Literal["frontier", "budget"]
Rule = Literal["records", "quarter_ends"]

EARLIEST = dt.date(1950, 1, 1)
"""No table starts before computers do."""

LARGEST_SCORE = 1e6
"""Scores without limits of their own (indices, Elo) stay far within this."""


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("it is blank")
    return text


Date = Annotated[dt.date, Field(ge=EARLIEST)]
Text = Annotated[str, AfterValidator(_written)]


class Row(BaseModel):
    """Base of rows: frozen, unknown keys are errors, scores are numbers of points."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Table(Row):
    """What every table says: what it is, where it is from, and what to know before using it."""

    schema_: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    title: str
    source: Text
    licence: Text
    caveats: str = ""


def refuse_duplicates(identities: Iterable[str]) -> None:
    """Refuse a row that stands twice.

    Raises
    ------
    ValueError
        Names the first one.

    Examples
    --------
    >>> refuse_duplicates(["a", "b", "a"])
    Traceback (most recent call last):
    ValueError: duplicate row: a
    """
    seen: set[str] = set()
    for identity in identities:
        if identity in seen:
            raise ValueError(f"duplicate row: {identity}")
        seen.add(identity)


def refuse_later(as_of: dt.date | None, rows: Iterable[tuple[dt.date, str]]) -> None:
    """Refuse rows from after the date up to which a table is known.

    Raises
    ------
    ValueError
        Names the first one.

    Examples
    --------
    >>> refuse_later(dt.date(2025, 1, 1), [(dt.date(2025, 2, 1), "GPT")])
    Traceback (most recent call last):
    ValueError: as_of = 2025-01-01, but a row is later: GPT, 2025-02-01 (move as_of to the date of the newest row)
    """
    for date, label in rows:
        if as_of and date > as_of:
            raise ValueError(
                f"as_of = {as_of}, but a row is later: {label}, {date} (move as_of to the date of the newest row)"
            )


class ScoreRow(Row):
    """A model that set a record for an actor.

    ``price_seen_after`` is how many days after its release the price was first seen; negative if it was
    listed before the recorded release. A price seen long afterwards and applied backwards is a look-ahead.
    """

    actor: Actor
    date: Date
    model: Text
    score: float
    score_se: Annotated[float, Field(gt=0, lt=LARGEST_SCORE)] | None = None
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    price_seen_after: Annotated[int, Field(ge=-3650, le=3650)] | None = None


class GapRow(Row):
    """Best scores of the two actors at a date, published side by side."""

    date: Date
    frontier: float
    budget: float


class EvidenceTable(Table):
    """A table of observed scores: a TOML file."""

    benchmark: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Literal["scores", "gaps"]
    unit: ScoreUnit
    budget_rule: str
    date_precision: Literal["day", "month"]
    as_of: Date | None = None
    records: list[ScoreRow] = []
    gaps: list[GapRow] = []

    @model_validator(mode="after")
    def _consistent(self) -> EvidenceTable:
        rows, other = (self.records, self.gaps) if self.kind == "scores" else (self.gaps, self.records)
        key, other_key = ("records", "gaps") if self.kind == "scores" else ("gaps", "records")
        if not rows:
            raise ValueError(f'the table is empty: kind = "{self.kind}" needs rows under {key}')
        if other:
            raise ValueError(f'kind = "{self.kind}" has no {other_key}')
        silent = {"frontier", "budget"} - {row.actor for row in self.records}
        if self.records and silent:
            raise ValueError(f"no record of the {silent.pop()}: a gap needs both actors")
        for row in self.records:
            _check_score(row.score, self.unit, f"{row.model}, {row.date}")
        for gap in self.gaps:
            _check_score(gap.frontier, self.unit, f"frontier, {gap.date}")
            _check_score(gap.budget, self.unit, f"budget, {gap.date}")
        refuse_later(self.as_of, ((row.date, row.model) for row in self.records))
        refuse_later(self.as_of, ((gap.date, "gap") for gap in self.gaps))
        identities = [f"{row.actor}, {row.model!r}, {row.date}" for row in self.records]
        identities += [f"gap, {gap.date}" for gap in self.gaps]
        refuse_duplicates(identities)
        return self

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.records) + len(self.gaps)

    @property
    def last_date(self) -> dt.date:
        """Date of the newest row."""
        return max([*(row.date for row in self.records), *(gap.date for gap in self.gaps)])

    @property
    def complete_until(self) -> dt.date:
        """Date up to which both series are known: what the table says, or its newest row."""
        return self.as_of or self.last_date

    def until(self, date: dt.date) -> EvidenceTable:
        """What the table said on a date: rows released by then.

        Raises
        ------
        InputError
            If an actor had no record yet, so that there was no gap.
        """
        records = [row for row in self.records if row.date <= date]
        gaps = [gap for gap in self.gaps if gap.date <= date]
        silent = set() if gaps else {"frontier", "budget"} - {row.actor for row in records}
        if silent:
            raise InputError(
                f"evidence {self.name!r} has no gap on {date}: no record yet of {' and '.join(sorted(silent))}",
                f"Ask for a later date; the table ends on {self.complete_until}.",
            )
        return self.model_copy(update={"records": records, "gaps": gaps, "as_of": min(date, self.complete_until)})

    def priced_within(self, days: int) -> EvidenceTable:
        """What the table would say without prices that were seen late.

        Models of the budget actor whose price was first seen more than some days after their release are
        left out; one of which nobody knows when its price was seen stays. A table lists records only, so
        what a model left out had beaten is missing too: the budget actor is somewhat too low then.

        Parameters
        ----------
        days : int
            Latest sight of a price, in days after release.

        Returns
        -------
        EvidenceTable
            The rows that are left.

        Raises
        ------
        InputError
            If the budget actor has no row left.
        """
        kept = [
            row
            for row in self.records
            if row.actor == "frontier" or row.price_seen_after is None or row.price_seen_after <= days
        ]
        if self.records and not any(row.actor == "budget" for row in kept):
            raise InputError(
                f"evidence {self.name!r} has no model of the budget actor whose price was seen within {days} days",
                "Allow more days with `prices_within`, or leave it out.",
            )
        return self.model_copy(update={"records": kept, "as_of": self.complete_until})


def _check_score(value: float, unit: str, where: str) -> None:
    if not math.isfinite(value):
        raise ValueError(f"a score is a finite number, got {value:g} ({where})")
    if abs(value) > LARGEST_SCORE:
        raise ValueError(f"a score lies between -{LARGEST_SCORE:g} and {LARGEST_SCORE:g}, got {value:g} ({where})")
    if unit == "points" and not 0 <= value <= 100:
        raise ValueError(f"a score in points lies between 0 and 100, got {value:g} ({where})")


class Observation(NamedTuple):
    """One datum of a likelihood: weights on the two actors' scores, the value seen, its standard error.

    Where no standard error is published it is 0, and the noise parameter covers it.

    A record of the frontier has weights (1, 0), of the budget actor (0, 1), a gap (1, -1).
    """

    year: float
    label: str
    frontier: float
    budget: float
    value: float
    se: float = 0.0


def observations(table: EvidenceTable, since: dt.date | None = None, rule: Rule = "records") -> tuple[Observation, ...]:
    """Rows of a table that enter a likelihood, in order of date.

    Of an actor's models of one date only the best is a record, and only if no earlier model beats
    it; the rows themselves may come in any order. A model that is a record of both actors is one
    datum, the budget actor's: the frontier, which is never behind, follows.

    By ``"quarter_ends"`` each actor's best score so far is an observation at every quarter end since
    both actors have one, known on that day. A record that stands for a year is counted four times.

    Parameters
    ----------
    table : EvidenceTable
        The table.
    since : datetime.date, optional
        Leave out what is older.
    rule : {"records", "quarter_ends"}
        Which scores are observations; published gaps are observations as they stand by either rule.

    Returns
    -------
    tuple of Observation
        The data.

    Raises
    ------
    InputError
        If nothing is left.
    """
    if table.kind == "gaps":
        found = [
            Observation(decimal_year(g.date), f"gap {g.date}", 1.0, -1.0, g.frontier - g.budget)
            for g in table.gaps
            if since is None or g.date >= since
        ]
    else:
        read = _records if rule == "records" else _standing_at_quarter_ends
        frontier, budget = (read(table, actor, since) for actor in ("frontier", "budget"))
        twice = {(o.year, o.label) for o in budget}
        found = [*(o for o in frontier if (o.year, o.label) not in twice), *budget]
    if not found:
        raise InputError(
            f"evidence {table.name!r} has no row since {since}", "Choose an earlier `since`, or other evidence."
        )
    return tuple(sorted(found))


def _records(table: EvidenceTable, actor: str, since: dt.date | None) -> list[Observation]:
    """Best-so-far scores of one actor, each at the date on which it was reached."""
    best = -math.inf
    kept: list[Observation] = []
    # By date, the best of a date first: what follows on the same date is no record.
    for row in sorted((r for r in table.records if r.actor == actor), key=lambda r: (r.date, -r.score)):
        if row.score > best:
            best = row.score
            if since is None or row.date >= since:
                kept.append(_seen(row, row.date))
    return kept


def _standing_at_quarter_ends(table: EvidenceTable, actor: str, since: dt.date | None) -> list[Observation]:
    """Best score so far of one actor at every quarter end since both have one."""
    both = max(min(r.date for r in table.records if r.actor == a) for a in ("frontier", "budget"))
    # The best first, and of equals the earlier one: it holds the record.
    rows = sorted((r for r in table.records if r.actor == actor), key=lambda r: (-r.score, r.date))
    ends = quarter_ends(max(both, since or both), table.complete_until)
    return [_seen(next(row for row in rows if row.date <= end), end) for end in ends]


def _seen(row: ScoreRow, date: dt.date) -> Observation:
    """A model's score as an observation at a date."""
    weights = (1.0, 0.0) if row.actor == "frontier" else (0.0, 1.0)
    return Observation(decimal_year(date), row.model, *weights, row.score, row.score_se or 0.0)
