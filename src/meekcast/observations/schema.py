"""What a table of published records or gaps may say; rows and tables that others share."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from meekcast.vocabulary.components import ScoreUnit

Reading = Literal["records", "quarter_ends"]
"""Which scores of an actor are observations."""

FRONTIER, BUDGET = "frontier", "budget"
"""The actor that leads, and what a published table calls the one that follows: a card's first follower."""

EARLIEST = dt.date(1950, 1, 1)
"""No table starts before computers do."""

LARGEST_SCORE = 1e6
"""Scores without limits of their own (indices, Elo) stay far within this."""

LONGEST_NAME, LONGEST_TITLE = 100, 300
"""Characters: a name becomes part of the names of files."""


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("it is blank")
    return text


Date = Annotated[dt.date, Field(ge=EARLIEST)]
Text = Annotated[str, AfterValidator(_written)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_NAME)]


class Row(BaseModel):
    """Base of rows: frozen, unknown keys are errors, scores are numbers of points."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Table(Row):
    """What every table says: what it is, where it is from, and what to know before using it."""

    schema_: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=LONGEST_NAME)]
    title: Annotated[str, Field(max_length=LONGEST_TITLE)]
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


class RecordRow(Row):
    """A model that set a record for an actor.

    ``date`` is that from which it counts; ``known_on``, where it is later, that on which the board showed it.
    """

    actor: Word
    date: Date
    known_on: Date | None = None
    model: Text
    score: float
    score_se: Annotated[float, Field(gt=0, lt=LARGEST_SCORE)] | None = None
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @property
    def known(self) -> dt.date:
        """Date from which anybody could know that it counts."""
        return max(self.date, self.known_on or self.date)


class GapRow(Row):
    """Best scores of the two actors at a date, published side by side."""

    date: Date
    frontier: float
    budget: float


class EvidenceTable(Table):
    """Records of actors, or published gaps: a TOML file, or what rules make of a table of scores.

    ``edition`` is the date of the edition of the board whose scores these are, where a board re-estimates them. One
    after ``as_of`` means that no edition is known from then: later scores stand in. ``by_rules`` marks what the rules
    of a card found: of an actor, or altogether, that may be nothing yet.
    """

    benchmark: Word
    kind: Literal["records", "gaps"]
    unit: ScoreUnit
    rule: str
    date_precision: Literal["day", "month"]
    as_of: Date | None = None
    edition: Date | None = None
    by_rules: bool = False
    records: list[RecordRow] = []
    gaps: list[GapRow] = []

    @model_validator(mode="after")
    def _consistent(self) -> EvidenceTable:
        rows, other = (self.records, self.gaps) if self.kind == "records" else (self.gaps, self.records)
        key, other_key = ("records", "gaps") if self.kind == "records" else ("gaps", "records")
        if not rows and not self.by_rules:
            raise ValueError(f'the table is empty: kind = "{self.kind}" needs rows under {key}')
        if other:
            raise ValueError(f'kind = "{self.kind}" has no {other_key}')
        if self.records and not self.by_rules and not (self.records_of(FRONTIER) and self.followers):
            raise ValueError(
                f"no record of the {'budget' if self.records_of(FRONTIER) else FRONTIER}: a gap needs both actors"
            )
        for row in self.records:
            check_score(row.score, self.unit, f"{row.model}, {row.date}")
        for gap in self.gaps:
            check_score(gap.frontier, self.unit, f"frontier, {gap.date}")
            check_score(gap.budget, self.unit, f"budget, {gap.date}")
        refuse_later(self.as_of, ((row.known, row.model) for row in self.records))
        refuse_later(self.as_of, ((gap.date, "gap") for gap in self.gaps))
        identities = [f"{row.actor}, {row.model!r}, {row.date}" for row in self.records]
        identities += [f"gap, {gap.date}" for gap in self.gaps]
        refuse_duplicates(identities)
        return self

    @property
    def followers(self) -> tuple[str, ...]:
        """Actors other than the frontier, in order of their first rows."""
        named = (row.actor for row in self.records) if self.records else (BUDGET,)
        return tuple(dict.fromkeys(name for name in named if name != FRONTIER))

    def records_of(self, actor: str) -> list[RecordRow]:
        """Rows of one actor."""
        return [row for row in self.records if row.actor == actor]

    def has_gap(self, follower: str) -> bool:
        """Whether the frontier and a follower both have a row."""
        return bool(self.gaps) or bool(self.records_of(FRONTIER) and self.records_of(follower))

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.records) + len(self.gaps)

    @property
    def last_date(self) -> dt.date:
        """Date of the newest row."""
        return max([*(row.known for row in self.records), *(gap.date for gap in self.gaps)], default=EARLIEST)

    @property
    def complete_until(self) -> dt.date:
        """Date up to which every series is known: what the table says, or its newest row."""
        return self.as_of or self.last_date

    def of(self, follower: str) -> EvidenceTable:
        """The same table, its budget actor called by the name of a card's follower."""
        called = [row.model_copy(update={"actor": follower}) if row.actor == BUDGET else row for row in self.records]
        return self.model_copy(update={"records": called})

    def until(self, date: dt.date) -> EvidenceTable:
        """What the table said on a date: rows known by then, perhaps none."""
        records = [row for row in self.records if row.known <= date]
        gaps = [gap for gap in self.gaps if gap.date <= date]
        return self.model_copy(update={"records": records, "gaps": gaps, "as_of": min(date, self.complete_until)})


def check_score(value: float, unit: str, where: str) -> None:
    """Refuse a score that its scale does not have.

    Raises
    ------
    ValueError
        Names where it stands.

    Examples
    --------
    >>> check_score(101.0, "points", "GPT, 2025-01-01")
    Traceback (most recent call last):
    ValueError: a score in points lies between 0 and 100, got 101 (GPT, 2025-01-01)
    """
    if not math.isfinite(value):
        raise ValueError(f"a score is a finite number, got {value:g} ({where})")
    if abs(value) > LARGEST_SCORE:
        raise ValueError(f"a score lies between -{LARGEST_SCORE:g} and {LARGEST_SCORE:g}, got {value:g} ({where})")
    if unit == "points" and not 0 <= value <= 100:
        raise ValueError(f"a score in points lies between 0 and 100, got {value:g} ({where})")
