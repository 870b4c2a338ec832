"""Tables of scores: every scored model of a board, and what the board said on a date."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from meekcast.observations.schema import Date, Table, Text, Word, check_score, refuse_later
from meekcast.observations.sheet import CsvDate, CsvPositive, CsvRow, RowFault, each
from meekcast.vocabulary.components import ScoreUnit

YES_OR_NO = {"yes": True, "no": False}


def _yes_or_no(value: object) -> object:
    if isinstance(value, str):
        if value not in YES_OR_NO:
            raise ValueError("write yes, no, or nothing where it is not known")
        return YES_OR_NO[value]
    return value


class Score(CsvRow):
    """A scored model: a row of a CSV file.

    ``released`` is the model's own date; ``known_on`` that on which the board, or its archive, first showed the score.
    ``cost_per_task`` is in USD, ``parameters`` counts all of them; None is what nobody published.
    """

    model: Text
    developer: str = ""
    released: CsvDate | None = None
    known_on: CsvDate | None = None
    score: float
    score_se: CsvPositive | None = None
    open_weights: Annotated[bool, BeforeValidator(_yes_or_no)] | None = None
    parameters: CsvPositive | None = None
    cost_per_task: CsvPositive | None = None
    vintage: CsvDate | None = None

    @model_validator(mode="after")
    def _dated(self) -> Score:
        if not (self.released or self.known_on):
            raise ValueError(f"{self.model}: neither released nor known_on is given")
        return self

    @property
    def date(self) -> dt.date:
        """Date of the model: its release, or when it was first seen."""
        found = self.released or self.known_on
        assert found  # a row has one or the other
        return found

    @property
    def known(self) -> dt.date:
        """Date from which anybody could know the score."""
        found = self.known_on or self.released
        assert found
        return found


class ScoreTable(Table):
    """All scored models of a board: a TOML file, with its rows in a CSV file beside it."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "model", "developer", "released", "known_on", "score", "score_se", "open_weights", "parameters",
        "cost_per_task",
    )  # fmt: skip
    OPTIONAL: ClassVar[tuple[str, ...]] = ("vintage",)
    ROW: ClassVar[type[Score]] = Score

    benchmark: Word
    kind: Literal["scores"]
    unit: ScoreUnit
    chance: Annotated[float, Field(ge=0, lt=100)] | None = None
    questions: Annotated[int, Field(gt=0)] | None = None
    date_precision: Literal["day", "month"]
    as_of: Date | None = None
    scales: tuple[Date, ...] = Field(default=(), strict=False)
    rows: tuple[Score, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _consistent(self) -> ScoreTable:
        if self.unit == "points" and self.chance is None:
            raise ValueError("chance is missing: what a guess scores, such as 25.0 points for four options, or 0.0")
        if self.unit != "points" and self.chance is not None:
            raise ValueError(f'chance = {self.chance:g}, but only points have one, not unit = "{self.unit}"')
        each(self.rows, "score", self._check_score)
        for column in ("released", "known_on", "vintage"):
            each(self.rows, column, partial(self._check_date, column))
        self._check_vintages()
        return self

    def _check_score(self, row: Score) -> None:
        check_score(row.score, self.unit, row.model)
        if row.score < 0:
            raise ValueError(f"a score is 0 or more, got {row.score:g} ({row.model})")

    def _check_date(self, column: str, row: Score) -> None:
        date = getattr(row, column)
        if self.as_of and date:
            refuse_later(self.as_of, [(date, row.model)])

    def _check_vintages(self) -> None:
        """Vintages on all rows or on none, each model once in each; scales change between vintages."""
        with_vintages = self.rows[0].vintage is not None
        seen: set[tuple[str, dt.date | None]] = set()
        for number, row in enumerate(self.rows):
            if (row.vintage is not None) != with_vintages:
                raise RowFault(number, "vintage", f"a vintage stands on all rows or on none, not so on {row.model}")
            if (row.model, row.vintage) in seen:
                again = f"{row.model} of vintage {row.vintage}" if row.vintage else row.model
                raise RowFault(number, "model", f"duplicate row: {again} (keep one, or tell them apart by name)")
            seen.add((row.model, row.vintage))
        for date in self.scales:
            if not self.vintages or date > self.vintages[-1]:
                raise ValueError(f"scales: no vintage is of the scale of {date} (leave it out, or add its vintage)")

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def vintages(self) -> tuple[dt.date, ...]:
        """Dates of the editions of the board that the rows are from, in order; none where only one is known."""
        return tuple(sorted({row.vintage for row in self.rows if row.vintage}))

    @property
    def last_date(self) -> dt.date:
        """Newest date in the rows."""
        return max(max(row.released or row.known, row.known, row.vintage or row.known) for row in self.rows)

    @property
    def complete_until(self) -> dt.date:
        """Date up to which the board is known: what the table says, or the newest date in its rows."""
        return self.as_of or self.last_date

    def vintage_on(self, date: dt.date) -> dt.date | None:
        """Newest vintage by a date, of the scale of that date.

        Returns
        -------
        datetime.date or None
            None where there is none: then `at` falls back to the final scores.
        """
        since = self._scale_of(date)
        return max((v for v in self.vintages if since <= v <= date), default=None)

    def at(self, date: dt.date | None = None) -> tuple[Score, ...]:
        """Scores that the board showed on a date, one a model.

        Parameters
        ----------
        date : datetime.date, optional
            Without it the final scores.

        Returns
        -------
        tuple of Score
            Of each model known by then its row of the newest vintage by then, if the scale has not changed since.
            If there is no such vintage at all, the final rows of the models known by then.
        """
        final = date is None or self.vintage_on(date) is None
        high = dt.date.max if final or date is None else date
        low = self._scale_of(high)
        newest: dict[str, Score] = {}
        for row in self.rows:
            vintage = row.vintage or high
            held = newest.get(row.model)
            if low <= vintage <= high and (held is None or (held.vintage or high) < vintage):
                newest[row.model] = row
        return tuple(row for row in newest.values() if date is None or row.known <= date)

    def _scale_of(self, date: dt.date) -> dt.date:
        """Date from which the scale of a date holds."""
        return max((changed for changed in self.scales if changed <= date), default=dt.date.min)
