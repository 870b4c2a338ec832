"""What is asked about: one number a draw.

The date of an event can be infinite, and infinity has no variance. So an event is asked in two parts: whether it
has happened by a year, and when, in the draws in which it happens by the horizon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from meekcast.equations.types import Array, Mask
from meekcast.errors import InputError, nearest
from meekcast.forecasts.questions.events import first_lasting
from meekcast.sensitivities.runs import Run, quantity_paths

type Reading = Callable[[Array, Array], Array]

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
    quantity : str
        Quantity from whose paths it is read.
    read : callable
        From dates, shape (m,), and paths, shape (n, m), to values; NaN where it is not defined.
    values : ndarray, shape (n,)
        One a draw of the run.
    """

    name: str
    unit: str
    kind: str
    quantity: str
    read: Reading
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


def find_outputs(run: Run, text: str, years: Sequence[float]) -> list[Output]:
    """Outputs that one ``--event`` names.

    Parameters
    ----------
    run : Run
        The forecast.
    text : str
        An event of the card, by name, by a part of its name that no other has, or by number from 1; a question
        such as ``mmlu_pro_gap < 3``, as `meekcast when` reads it; or ``QUANTITY@YEAR``.
    years : sequence of float
        Years by which an event may have happened.

    Returns
    -------
    list of Output
        Of an event the probability by each year, and its date given that it happens.

    Raises
    ------
    InputError
        If there is no such event or quantity, or a year is not inside the run.
    """
    if set(text) & set("<>") and not _matching(run, text):
        return event_outputs(run, _asked(run, text), years)
    quantity, at, year = text.rpartition("@")
    if (at and quantity in run.draws.labels) or (at and not _matching(run, text)):
        return [value_at(run, quantity.strip(), _year(run, year))]
    found = _matching(run, text)
    if len(found) != 1:
        names = [event["name"] for event in run.summary["events"]]
        others = " Or QUANTITY < NUMBER, or QUANTITY@YEAR, with one of: " + ", ".join(run.draws.labels) + "."
        raise InputError(
            f"{text!r} names {'no event' if not found else 'several events'} of this run",
            nearest(text, names) + others,
        )
    return event_outputs(run, found[0], years)


def _matching(run: Run, text: str) -> list[dict[str, Any]]:
    events = run.summary["events"]
    if text.isdecimal():
        return events[int(text) - 1 : int(text)] if int(text) > 0 else []
    exact = [event for event in events if event["name"] == text]
    return exact or [event for event in events if text.lower() in event["name"].lower()]


def _asked(run: Run, text: str) -> dict[str, Any]:
    """An event that no card states: a question in the grammar of `meekcast when`."""
    from meekcast.forecasts.questions.evaluate import threshold
    from meekcast.forecasts.questions.grammar import parse

    expression = parse(text)
    quantity, value = threshold(expression, run.draws)
    side = "below" if expression.operator.startswith("<") else "above"
    return {"name": str(expression), "quantity": quantity, "threshold": value, "side": side}


def _year(run: Run, text: str) -> float:
    try:
        year = float(text)
    except ValueError:
        raise InputError(f"{text!r} is not a year", "Write QUANTITY@YEAR, such as loss_gap@2030.") from None
    return check_year(run, year)


def check_year(run: Run, year: float) -> float:
    """Refuse a year outside the run.

    Raises
    ------
    InputError
        If so.
    """
    first, last = run.draws.times[0], run.draws.times[-1]
    if not first <= year <= last:
        raise InputError(
            f"the run has no {year:g}", f"It goes from {first:.1f} to {last:.1f}: ask inside, or forecast --until YEAR."
        )
    return year


def event_outputs(run: Run, event: dict[str, Any], years: Sequence[float]) -> list[Output]:
    """Whether an event has happened by each year, and when it happens if it does.

    "By 2030" means before 2031 on a calendar clock.
    """
    threshold, side = float(event["threshold"]), event["side"]
    paths = quantity_paths(run, event["quantity"])

    def date(times: Array, values: Array) -> Array:
        when = first_lasting(times, values, threshold, side)
        return np.where(np.isinf(when), np.nan, when)

    def by(year: float) -> Reading:
        end = year + 1 if run.draws.calendar else year

        def happened(times: Array, values: Array) -> Array:
            when = first_lasting(times, values, threshold, side)
            return np.asarray((when < end) if run.draws.calendar else (when <= end), dtype=float)

        return happened

    said = "by {:g}" if run.draws.calendar else "by year {:g}"
    readings = [(f"{event['name']}: {said.format(year)}", "probability", "probability", by(year)) for year in years]
    readings.append((f"{event['name']}: date, if by the horizon", "years", "date", date))
    return [
        Output(name, unit, kind, event["quantity"], read, read(run.draws.times, paths))
        for name, unit, kind, read in readings
    ]


def value_at(run: Run, quantity: str, year: float, logarithmic: bool | None = None) -> Output:
    """A quantity at a date, or its logarithm; where it can be infinite, given that it is not.

    By default the logarithm is taken of what has a long tail: else the variance would be that of a few draws.
    """
    paths = quantity_paths(run, quantity)
    if logarithmic is None:
        logarithmic = has_long_tail(run, quantity, year)

    def read(times: Array, values: Array) -> Array:
        at = _at(times, values, year)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.log(at) if logarithmic else at
        return np.where(np.isfinite(at), at, np.nan)

    unit = str(run.draws.labels[quantity]["units"])
    name = f"{'ln ' * logarithmic}{quantity} at {year:g}"
    return Output(name, f"ln {unit}" if logarithmic else unit, "value", quantity, read, read(run.draws.times, paths))


def _at(times: Array, paths: Array, year: float) -> Array:
    """Paths at a date, linear between the dates of the grid."""
    j = int(np.clip(np.searchsorted(times, year, side="right") - 1, 0, len(times) - 2))
    share = (year - times[j]) / (times[j + 1] - times[j])
    if share in (0.0, 1.0):  # an infinite neighbour does no harm
        return np.asarray(paths[:, j + int(share)])
    with np.errstate(invalid="ignore"):
        return np.asarray((1 - share) * paths[:, j] + share * paths[:, j + 1])


def has_long_tail(run: Run, quantity: str, year: float) -> bool:
    """Whether a quantity at a date is better asked about on the log scale."""
    values = _at(run.draws.times, quantity_paths(run, quantity), year)
    finite = values[np.isfinite(values)]
    if len(finite) == 0 or finite.min() <= 0:
        return False
    low, high = np.quantile(finite, (0.05, 0.95))
    return bool(high > LONG_TAIL * low)


def default_years(run: Run, events: Sequence[dict[str, Any]]) -> list[float]:
    """The year, of those that a forecast reports, in which most is open: chances nearest to even."""
    asked = {year for event in events for year in event["probability_by"]}
    if not asked:
        return [float(run.summary["horizon"])]
    apart = {year: sum(abs(event["probability_by"][year] - 0.5) for event in events) for year in asked}
    return [float(min(sorted(apart), key=lambda year: (apart[year], float(year))))]
