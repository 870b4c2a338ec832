"""Texts of cells as numbers, dates and yes or no: what is plain is read, what could mean two things is refused."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable

from meekcast.errors import InputError
from meekcast.observations.importing.problems import Refused

UNKNOWN = {"", "-", "–", "—", "n/a", "na", "nan", "none", "null", "unknown", "tbd", "?", "#n/a"}
"""How tables say that something is not known."""

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}.*)?")
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_WORDS = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_MULTIPLES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}

YES = {"yes", "true", "1", "open", "y", "open weights"}
NO = {"no", "false", "0", "closed", "n", "proprietary", "closed weights"}


def known(text: str) -> bool:
    """Whether a cell says anything.

    Examples
    --------
    >>> known("N/A"), known("0")
    (False, True)
    """
    return text.strip().casefold() not in UNKNOWN


def words(text: str) -> str:
    r"""A name in one line.

    Raises
    ------
    Refused
        If it holds signs that are no letters, which no name has.

    Examples
    --------
    >>> words(" GPT-4\n Turbo ")
    'GPT-4 Turbo'
    """
    found = " ".join(text.split())
    if not found.isprintable():
        raise Refused("it holds signs that cannot be printed", value=text.encode("ascii", "backslashreplace").decode())
    return found


def number(text: str, comma: bool = False) -> float:
    """Read a number, with a percent or dollar sign if need be.

    Parameters
    ----------
    text : str
        The cell.
    comma : bool, optional
        Whether a comma is the decimal sign in this column; else it separates thousands.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    Refused
        If it is none.

    Examples
    --------
    >>> number("87.5 %"), number("87,5", comma=True), number("1,345"), number("$0.25")
    (87.5, 87.5, 1345.0, 0.25)
    """
    bare = text.strip().removesuffix("%").removeprefix("$").strip()
    if comma and _COMMA.fullmatch(bare):
        bare = bare.replace(",", ".")
    elif _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    value = float(bare) if _PLAIN.fullmatch(bare) else math.nan
    if not math.isfinite(value):
        raise Refused("it is not a number", value=text)
    return value


def count(text: str, comma: bool = False) -> float:
    """Read a number of parameters: 7B and 7e9 are the same.

    Examples
    --------
    >>> count("7B"), count("1.8T"), count("350000000")
    (7000000000.0, 1800000000000.0, 350000000.0)
    """
    bare = text.strip()
    multiple = _MULTIPLES.get(bare[-1:].casefold(), 1.0)
    return number(bare[:-1] if multiple > 1 else bare, comma) * multiple


def decimal_comma(file: str, column: str, texts: Iterable[str], points: bool) -> bool:
    """Whether the commas in the numbers of a column are decimal signs.

    Parameters
    ----------
    file, column : str
        What to name in a message.
    texts : iterable of str
        The cells.
    points : bool
        Whether these are scores of 0 to 100 points, where 87,500 is 87.5 and no thousands.

    Returns
    -------
    bool
        False where there is no comma.

    Raises
    ------
    InputError
        If the column has both decimal commas and decimal points.

    Examples
    --------
    >>> decimal_comma("a.csv", "score", ["87,5", "90"], points=True)
    True
    >>> decimal_comma("a.csv", "rating", ["1,345", "1,290"], points=False)
    False
    """
    bare = [text.strip().removesuffix("%").removeprefix("$").strip() for text in texts]
    commas = [text for text in bare if _COMMA.fullmatch(text)]
    decimal = [text for text in commas if points or not _THOUSANDS.fullmatch(text)]
    pointed = [text for text in bare if "." in text and _PLAIN.fullmatch(text)]
    if decimal and pointed:
        raise InputError(
            f"{file}: column {column!r} has decimal commas ({decimal[0]!r}) and decimal points ({pointed[0]!r})",
            "Write all its numbers with decimal points.",
        )
    return bool(decimal)


def date(text: str) -> tuple[dt.date, bool]:
    """Read a date, and whether it names a day; a month is taken as its first day.

    Raises
    ------
    Refused
        If it is none, or could be two: 03/04/2025.

    Examples
    --------
    >>> date("2026-04-24T16:01:38.000Z")
    (datetime.date(2026, 4, 24), True)
    >>> date("24.12.2025"), date("2025-12")
    ((datetime.date(2025, 12, 24), True), (datetime.date(2025, 12, 1), False))
    """
    bare = text.strip()
    if match := _DAY.fullmatch(bare):
        return _calendar(text, *match.groups()), True
    if match := _GERMAN.fullmatch(bare):
        day, month, year = match.groups()
        return _calendar(text, year, month, day), True
    if match := _MONTH.fullmatch(bare):
        year, month = match.groups()
        return _calendar(text, year, month, "1"), False
    for form in _WORDS:
        try:
            return dt.datetime.strptime(bare, form).date(), True
        except ValueError:
            continue
    raise Refused("it is not a date; write year-month-day, such as 2026-05-31", value=text)


def _calendar(text: str, year: str, month: str, day: str) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        raise Refused("the calendar has no such day", value=text) from None


def yes_or_no(text: str) -> bool | None:
    """Read whether something is so; None where it is not known.

    Raises
    ------
    Refused
        If it says something else.

    Examples
    --------
    >>> yes_or_no("TRUE"), yes_or_no("closed"), yes_or_no("")
    (True, False, None)
    """
    bare = text.strip().casefold()
    if bare in YES or bare in NO:
        return bare in YES
    if not known(text):
        return None
    raise Refused("write yes, no, or nothing where it is not known", value=text)


def accessibility(text: str) -> bool | None:
    """Whether Epoch AI's accessibility of a model means open weights.

    Examples
    --------
    >>> accessibility("Open weights (non-commercial)"), accessibility("API access"), accessibility("")
    (True, False, None)
    """
    bare = text.strip().casefold()
    if bare.startswith("open"):
        return True
    return False if bare.startswith(("api", "hosted", "unreleased", "closed")) else None


def licence(text: str) -> bool | None:
    """Whether the licence that LMArena names means open weights: any but a proprietary one.

    Examples
    --------
    >>> licence("Proprietary"), licence("Apache 2.0"), licence("")
    (False, True, None)
    """
    if not known(text):
        return None
    return "proprietary" not in text.casefold()
