"""Calendar dates as decimal years, and back."""

import calendar
import datetime as dt
import math
import re
from collections.abc import Iterator

from meekcast.errors import InputError

DAYS_A_MONTH = 365.25 / 12
QUARTER_ENDS = ((3, 31), (6, 30), (9, 30), (12, 31))
"""Month and day of the last day of each quarter."""

type When = dt.date | float
"""A date as a user names it: a whole number is a year, see `instant`."""


def decimal_year(date: dt.date) -> float:
    """Year and fraction of a date: 2024-07-01 is 2024 + 182/366.

    Examples
    --------
    >>> decimal_year(dt.date(2025, 1, 1))
    2025.0
    """
    days = 366 if calendar.isleap(date.year) else 365
    return date.year + (date.timetuple().tm_yday - 1) / days


def months_between(first: dt.date, last: dt.date) -> float:
    """Months from a date to a later one; negative the other way round.

    Examples
    --------
    >>> round(months_between(dt.date(2026, 9, 30), dt.date(2026, 11, 30)), 1)
    2.0
    """
    return (last - first).days / DAYS_A_MONTH


def mid_month(year: float) -> float:
    """Middle of the month that holds a decimal year.

    Examples
    --------
    >>> round(mid_month(decimal_year(dt.date(2024, 12, 1))), 4)
    2024.9583
    """
    date = to_date(year)
    return date.year + (date.month - 0.5) / 12


def quarter_ends(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Last days of quarters from a date to another, both included.

    Examples
    --------
    >>> [str(date) for date in quarter_ends(dt.date(2024, 5, 1), dt.date(2025, 1, 31))]
    ['2024-06-30', '2024-09-30', '2024-12-31']
    """
    days = (dt.date(year, *end) for year in range(first.year, last.year + 1) for end in QUARTER_ENDS)
    return (day for day in days if first <= day <= last)


def to_date(year: float) -> dt.date:
    """Date of a decimal year, rounded down to the day.

    Examples
    --------
    >>> to_date(2024.5).isoformat()
    '2024-07-02'
    """
    whole = int(year // 1)
    days = 366 if calendar.isleap(whole) else 365
    return dt.date(whole, 1, 1) + dt.timedelta(days=min(round((year - whole) * days, 6) // 1, days - 1))


def read_when(text: str | When) -> When:
    """Read a date as a user types it.

    Parameters
    ----------
    text : str, float or datetime.date
        YEAR-MONTH-DAY, or a number; what is no text is taken as it is.

    Returns
    -------
    datetime.date or float
        What it names; `instant` says when that is.

    Raises
    ------
    InputError
        If it is neither a date nor a finite number.

    Examples
    --------
    >>> read_when("2027"), read_when("2027-06-30").isoformat()
    (2027.0, '2027-06-30')
    """
    try:
        if isinstance(text, dt.date):
            return text
        if isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d?-\d\d?", text.strip()):
            return dt.date(*map(int, text.split("-")))
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{text!r} is not a date", "Write 2027 (its end), 2027-06-30 or 2027.5.")
    return value


def instant(when: When, calendar: bool) -> float:
    """When it is, in a card's clock: the one place that says what "2027" means.

    Parameters
    ----------
    when : datetime.date or float
        As it was named.
    calendar : bool
        Whether the clock has a calendar; else it counts years since the start.

    Returns
    -------
    float
        On a calendar a whole number names a year and means its end, a date its first moment, any other number
        itself. Without one every number means itself.

    Raises
    ------
    InputError
        If a date is named on a clock that has none.

    Examples
    --------
    >>> instant(2027, True), instant(2027.5, True), instant(dt.date(2027, 1, 1), True), instant(5, False)
    (2028.0, 2027.5, 2027.0, 5.0)
    """
    if isinstance(when, dt.date):
        if not calendar:
            raise InputError(
                f"{when} means nothing: the clock knows no calendar, it counts years", "Write a number such as 7.5."
            )
        return decimal_year(when)
    return float(when) + (calendar and float(when).is_integer())


def when_text(when: When) -> str:
    """A date as a user names it, which `read_when` reads back.

    Examples
    --------
    >>> when_text(2027.0), when_text(0.5), when_text(dt.date(2027, 6, 30))
    ('2027', '0.5', '2027-06-30')
    """
    return when.isoformat() if isinstance(when, dt.date) else repr(float(when)).removesuffix(".0")
