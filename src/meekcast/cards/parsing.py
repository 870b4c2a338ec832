"""Reading one file: its text, its TOML, and what is said of what its kind may not say."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from meekcast.errors import InputError, nearest
from meekcast.observations.sheet import RowFault, Sheet


def text_in(path: Path) -> str:
    """Text of a file.

    Raises
    ------
    InputError
        If it cannot be read, or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors put a mark at the front
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}", "Check that it is a readable UTF-8 text file.") from None
    if not text.strip():
        raise InputError(f"{path} is empty", "CONTRIBUTING.md shows what such a file holds.")
    return text


def toml_in(path: Path, text: str) -> dict[str, Any]:
    """What the TOML of a file says.

    Raises
    ------
    InputError
        If it is not TOML; names the file.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}", "Mend the line named above.") from None
    _refuse_nul(data, path, "")
    return data


def _refuse_nul(value: Any, path: Path, key: str) -> None:
    """Refuse the one character that NetCDF cannot hold, and that no text needs."""
    if isinstance(value, str) and "\0" in value:
        raise InputError(f"{path}: {key or 'a key'} holds a NUL character (got {value!r})", r"Leave out \u0000.")
    if isinstance(value, dict):
        for name, held in value.items():
            _refuse_nul(name, path, "")
            _refuse_nul(held, path, f"{key}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for held in value:
            _refuse_nul(held, path, key)


def validated[T: BaseModel](
    kind: type[T], data: dict[str, Any], path: Path | str, sheet: Sheet[Any] | None = None
) -> T:
    """Read what a file says, or what was written in Python in its place.

    Parameters
    ----------
    kind : type
        What it may say.
    data : dict
        What it says.
    path : pathlib.Path or str
        Where it stands, for errors.
    sheet : Sheet, optional
        The file that its rows are from.

    Returns
    -------
    object
        Of that kind.

    Raises
    ------
    InputError
        If it says something that its kind may not say; names the place, the key and what is allowed.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = [_explain(kind, problem, path, sheet) for problem in error.errors()]
        raise InputError("\n".join(lines), "Mend the file and try again.") from None


def _explain(kind: type[BaseModel], problem: Any, path: Path | str, sheet: Sheet[Any] | None) -> str:
    """One line for one problem: where, the key, what was got, what is allowed."""
    fault = problem.get("ctx", {}).get("error")
    if sheet and isinstance(fault, RowFault):
        return f"{sheet.place(fault.row, fault.column)}: {fault}"
    key = ".".join(str(part) for part in problem["loc"]) or "(file)"
    got = problem["input"]
    value = str(got) if isinstance(got, dt.date) else repr(got)
    shown = "" if isinstance(got, dict | list | tuple) or problem["type"] == "missing" else f" (got {value})"
    if problem["type"] == "extra_forbidden":
        *parents, last = problem["loc"]
        return f"{path}: unknown key {key!r}. " + nearest(str(last), _keys(kind, tuple(parents)))
    if problem["type"].startswith("date"):
        return f"{path}: {key}: not a date{shown}. Write year-month-day without quotes, such as 2024-05-01."
    return f"{path}: {key}: {problem['msg'].removeprefix('Value error, ')}{shown}"


def _keys(kind: Any, parents: tuple[Any, ...]) -> tuple[str, ...]:
    """Keys that a table inside a file may have."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not parents:
            return tuple(f.alias or name for name, f in kind.model_fields.items())
        field = kind.model_fields.get(str(parents[0]))
        return _keys(field.annotation, parents[1:]) if field else ()
    deeper = parents[1:] if get_origin(kind) in (list, dict) else parents  # an optional table is no step down
    return tuple(key for argument in get_args(kind) for key in _keys(argument, deeper))
