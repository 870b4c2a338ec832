"""Calendar dates as decimal years, and back."""

import calendar
import datetime as dt


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
