"""Files of text: TOML and JSON read within limits, and JSON as every command writes it."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from contextlib import nullcontext
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

from meekcast.errors import InputError

WRITTEN, MADE = 2 << 20, 32 << 20
"""Bytes of the largest file that people write (TOML), and that programs make (CSV, JSON): 20 times what ships."""

DEEPEST, MOST_KEYS = 50, 100_000
"""How deep a file may be nested, by brackets or by dots in a key; and how many keys a file of TOML may have."""

LONGEST_NUMBER = 400
"""Characters of a number: one of 310 digits is infinite."""

LONGEST_TEXT = 10_000
"""Characters of a text in a file that people write: ten times the longest that ships."""

_ASIDE = re.compile(
    r'''"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{0,5}|'''
    r"""'''(?:[^']|'{1,2}(?!'))*+'{0,5}|"""
    r""""(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+""",
    re.DOTALL,
)
"""Texts and comments of TOML; those of JSON are among them. One without an end is one to the end: no time is lost."""

_NUMBER = re.compile(rf"(?<![\w.])[0-9][\w.+-]{{{LONGEST_NUMBER}}}", re.ASCII)
_STEPS = {**dict.fromkeys(b"[{", 1), **dict.fromkeys(b"]}", -1), **dict.fromkeys(b".=,\n", 0)}
_UNMARKED = bytes({*range(256)} - {*_STEPS})

type Document = dict[str, Any]
"""A document of which only some keys are known here; others have a type of their own where they are made."""

type Number = float | str
"""A number of a document: infinite ones are the texts "inf" and "-inf" in JSON."""


def text_in(file: Path, most: int = MADE, source: BinaryIO | None = None) -> str:
    """Text of a file, without the mark that some editors put at its front.

    Parameters
    ----------
    file : pathlib.Path
        The file.
    most : int, optional
        Bytes that it may have.
    source : binary file, optional
        The same, opened already.

    Raises
    ------
    InputError
        If it cannot be read, or is larger.
    """
    try:
        with nullcontext(source) if source else file.open("rb") as opened:
            content = opened.read(most + 1)
        if len(content) > most:
            raise InputError(
                f"{file} is larger than the {most >> 20} MB that such a file may have",
                "Check that it is the right file; cut it to what is needed.",
            )
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {error}", "Check that it is a readable UTF-8 text file.") from None


def from_toml(text: str, place: object, remedy: str = "Mend the line named above.") -> Document:
    """What a text of TOML says.

    Raises
    ------
    InputError
        If it is no TOML, or nested without end; names the place.

    Examples
    --------
    >>> from_toml("a.b = 1", "x.toml")
    {'a': {'b': 1}}
    """
    _check_shape(text, place)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise InputError(f"{place} is not valid TOML: {error}", remedy) from None


def from_json(text: str, place: object, remedy: str, **how: Any) -> Any:
    """What a text of JSON says; `how` goes to `json.loads`.

    Raises
    ------
    InputError
        If it is no JSON, or nested without end; names the place.

    Examples
    --------
    >>> from_json("[1, 2]", "x.json", "")
    [1, 2]
    """
    _check_shape(text, place)
    try:
        return json.loads(text, **how)
    except ValueError as error:
        raise InputError(f"{place} is not valid JSON: {error}", remedy) from None


def _check_shape(text: str, place: object) -> None:
    """Refuse what takes a reader more time, memory or stack than its length lets expect, before it is parsed."""
    bare = _ASIDE.sub('""', text)
    if number := _NUMBER.search(bare):
        begins = f"a number that begins with {number[0][:20]} has more than {LONGEST_NUMBER} characters"
        raise InputError(f"{place}: {begins}", "Write it shorter, such as 1e300.")
    marks = bare.encode("ascii", "ignore").translate(None, _UNMARKED)
    deepest = max(accumulate(map(_STEPS.__getitem__, marks)), default=0)
    if deepest > DEEPEST or b"." * DEEPEST in marks:
        raise InputError(f"{place} is nested more than {DEEPEST} levels deep", "Check that it is the right file.")
    if (keys := marks.count(b"=")) > MOST_KEYS:
        raise InputError(f"{place} has {keys} keys, more than {MOST_KEYS}", "Check that it is the right file.")


def to_json(value: Any) -> str:
    """JSON text with full double precision; infinities are the strings "inf" and "-inf".

    Raises
    ------
    ValueError
        If a number is NaN: no result may be undefined.

    Examples
    --------
    >>> print(to_json({"date": float("inf")}))
    {
      "date": "inf"
    }
    """
    return json.dumps(_plain(value), indent=2, allow_nan=False, ensure_ascii=False)


def by_entries(found: Mapping[str, Any]) -> str:
    """JSON with one line an entry: of a result with thousands of them a change shows as the lines that changed.

    Examples
    --------
    >>> print(by_entries({"rows": [{"n": 1}, {"n": 2}]}), end="")
    {
    "rows": [
    {"n": 1},
    {"n": 2}
    ]
    }
    """

    def entry(value: Any) -> str:
        if not isinstance(value, list) or not value:
            return json.dumps(value, allow_nan=False, ensure_ascii=False)
        return "[\n" + ",\n".join(json.dumps(v, allow_nan=False, ensure_ascii=False) for v in value) + "\n]"

    return "{\n" + ",\n".join(f"{json.dumps(key)}: {entry(v)}" for key, v in found.items()) + "\n}\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        number = float(value)  # NumPy's float64 too
        return ("inf" if number > 0 else "-inf") if math.isinf(number) else number
    return value
