"""What users name: files and dates."""

from __future__ import annotations

import datetime as dt
from os import PathLike

from meekcast.errors import InputError

type Named = str | PathLike[str]
"""A file that ships by its name, or one's own by its path."""


def read_date(date: dt.date | str | None, name: str) -> dt.date | None:
    """A date as it was given, or None.

    Raises
    ------
    InputError
        If it is not a date.
    """
    if date is None or isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(date)
    except (TypeError, ValueError):
        raise InputError(f"{name} = {date!r} is not a date", "Write 'YEAR-MONTH-DAY', or a datetime.date.") from None
