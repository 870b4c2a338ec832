"""What is asked about: one number a draw.

The date of an event can be infinite, and infinity has no variance. So an event is asked in two parts: whether it
has happened by a date, and when, in the draws in which it happens by the horizon. A question on a date is one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from meekcast.clock import When, read_when, when_text
from meekcast.equations.types import Array, Mask
from meekcast.errors import InputError, naming, nearest
from meekcast.forecasts.questions.answer import AnswerDocument, happened
from meekcast.forecasts.questions.evaluate import outcome, values_at
from meekcast.sensitivities.runs import Run, quantity_paths
from meekcast.vocabulary.expression import Expression
from meekcast.vocabulary.grammar import parse

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws

OPEN = 0.02
"""A probability below this, or above one minus this, is not shared out: nearly all draws agree."""

LONG_TAIL = 30.0
"""A positive quantity whose 95 % quantile is so many times its 5 % quantile is asked about on the log scale."""


@dataclass(frozen=True, eq=False)
class Output:
    """A scalar that a forecast answers.

    Parameters
    ----------
    name, unit : str
        What it is.
    kind : {"probability", "date", "value"}
        Whether an event has happened, when, or a quantity at a date.
    quantities : tuple of str
        Quantities from whose paths it is read.
    read : callable
        From draws to values; NaN where it is not defined.
    values : ndarray, shape (n,)
        One a draw of the run.
    """

    name: str
    unit: str
    kind: str
    quantities: tuple[str, ...]
    read: Callable[[Draws], Array]
    values: Array

    @property
    def defined(self) -> Mask:
        """Draws in which it is defined."""
        return np.isfinite(self.values)

    @property
    def is_open(self) -> bool:
        """Whether its draws differ enough for their variance to mean something."""
        values = self.values[self.defined]
        if len(values) < 2 or np.ptp(values) == 0:
            return False
        return bool(self.kind != "probability" or OPEN <= values.mean() <= 1 - OPEN)


def find_outputs(run: Run, text: str, by: Sequence[When]) -> list[Output]:
    """Outputs that one ``--event`` names.

    Parameters
    ----------
    run : Run
        The forecast.
    text : str
        An event of the card, by name, by a part of its name that no other has, or by number from 1; a question
        such as ``mmlu_pro_gap < 3``, as `meekcast when` reads it; or ``QUANTITY@DATE``.
    by : sequence of float or datetime.date
        Dates by which an event may have happened.

    Returns
    -------
    list of Output
        Of an event the probability by each date, and its date given that it happens.

    Raises
    ------
    InputError
        If there is no such event or quantity, or a date is not inside the run.
    """
    found = _matching(run, text)
    if set(text) & set("<>") and not found:
        return event_outputs(run, parse(text), by)
    quantity, at, when = text.rpartition("@")
    if at and (quantity in run.draws.labels or not found):
        with naming(text):
            return [value_at(run, quantity.strip(), read_when(when))]
    if len(found) != 1:
        names = [event["name"] for event in run.summary["events"]]
        others = " Or QUANTITY < NUMBER, or QUANTITY@DATE, with one of: " + ", ".join(run.draws.labels) + "."
        raise InputError(
            f"{text!r} names {'no event' if not found else 'several events'} of this run",
            nearest(text, names) + others,
        )
    return event_outputs(run, parse(found[0]["expression"]), by, found[0]["name"])


def _matching(run: Run, text: str) -> list[AnswerDocument]:
    events = run.summary["events"]
    if text.isdecimal():
        return events[int(text) - 1 : int(text)] if int(text) > 0 else []
    exact = [event for event in events if event["name"] == text]
    return exact or [event for event in events if text.lower() in event["name"].lower()]


def event_outputs(run: Run, question: Expression, by: Sequence[When], name: str = "") -> list[Output]:
    """Whether an event has happened by each date, and when it happens if it does; or whether a proposition is true."""

    def true(source: Draws) -> Array:
        return outcome(question, source).true.astype(float)

    def date(source: Draws) -> Array:
        dates = outcome(question, source).dates
        return np.where(np.isinf(dates), np.nan, dates)

    def earlier(when: When) -> Callable[[Draws], Array]:
        return lambda source: happened(outcome(question, source).dates, when, source.calendar).astype(float)

    name, said = name or str(question), "by {}" if run.draws.calendar else "by year {}"
    readings: list[tuple[str, str, str, Callable[[Draws], Array]]]
    if question.is_proposition:
        readings = [(name, "probability", "probability", true)]
    else:
        readings = [
            (f"{name}: {said.format(when_text(when))}", "probability", "probability", earlier(when)) for when in by
        ]
        readings.append((f"{name}: date, if by the horizon", "years", "date", date))
    return [Output(told, unit, kind, question.quantities, read, read(run.draws)) for told, unit, kind, read in readings]


def value_at(run: Run, quantity: str, when: When, logarithmic: bool | None = None) -> Output:
    """A quantity at a date, or its logarithm; where it can be infinite, given that it is not.

    By default the logarithm is taken of what has a long tail: else the variance would be that of a few draws.
    """
    paths, date = quantity_paths(run, quantity), run.draws.scope.position(when)
    if logarithmic is None:
        logarithmic = has_long_tail(values_at(run.draws.times, paths, date))

    def read(source: Draws) -> Array:
        at = values_at(source.times, source.read(quantity).astype(float), date)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.log(at) if logarithmic else at
        return np.where(np.isfinite(at), at, np.nan)

    unit = str(run.draws.labels[quantity]["units"])
    name = f"{'ln ' * logarithmic}{quantity} at {when_text(when)}"
    return Output(name, f"ln {unit}" if logarithmic else unit, "value", (quantity,), read, read(run.draws))


def has_long_tail(values: Array) -> bool:
    """Whether draws of a quantity are better asked about on the log scale."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0 or finite.min() <= 0:
        return False
    low, high = np.quantile(finite, (0.05, 0.95))
    return bool(high > LONG_TAIL * low)


def default_years(run: Run) -> list[When]:
    """The year, of those that a forecast reports, in which most is open: chances nearest to even."""
    chances = [event["probability_by"] for event in run.summary["events"]]
    asked = {year for by in chances for year in by}
    if not asked:
        return [float(run.summary["horizon"])]
    apart = {year: sum(abs(by[year]["value"] - 0.5) for by in chances) for year in asked}
    return [read_when(min(sorted(apart), key=lambda year: (apart[year], float(year))))]
