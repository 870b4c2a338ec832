"""Calendar dates as decimal years, and back."""

import calendar
import datetime as dt
from collections.abc import Iterator

QUARTER_ENDS = ((3, 31), (6, 30), (9, 30), (12, 31))
"""Month and day of the last day of each quarter."""


def decimal_year(date: dt.date) -> float:
    """Year and fraction of a date: 2024-07-01 is 2024 + 182/366.

    Examples
    --------
    >>> decimal_year(dt.date(2025, 1, 1))
    2025.0
    """
    days = 366 if calendar.isleap(date.year) else 365
    return date.year + (date.timetuple().tm_yday - 1) / days


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
