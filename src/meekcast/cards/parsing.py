"""Reading one file: its text, its TOML, and what is said of what its kind may not say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from meekcast import files
from meekcast.errors import InputError, check_length, nearest, told
from meekcast.observations.sheet import RowFault, Sheet


def text_in(path: Path) -> str:
    """Text of a file of TOML.

    Raises
    ------
    InputError
        If it cannot be read, is too large, or empty.
    """
    text = files.text_in(path, files.WRITTEN)
    if not text.strip():
        raise InputError(f"{path} is empty", "CONTRIBUTING.md shows what such a file holds.")
    return text


def toml_in(path: Path, text: str) -> dict[str, Any]:
    """What the TOML of a file says.

    Raises
    ------
    InputError
        If it is not TOML, or holds a text that no file needs; names the file.
    """
    data = files.from_toml(text, path)
    _check_texts(data, path, "")
    return data


def _check_texts(value: Any, path: Path, key: str) -> None:
    """Refuse endless texts, and the one character that NetCDF cannot hold."""
    if isinstance(value, str):
        check_length(value, files.LONGEST_TEXT, f"{path}: {key or 'a key'}")
        if "\0" in value:
            raise InputError(f"{path}: {key or 'a key'} holds a NUL character (got {value!r})", r"Leave out \u0000.")
    elif isinstance(value, dict):
        for name, held in value.items():
            _check_texts(name, path, "")
            _check_texts(held, path, f"{key}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for held in value:
            _check_texts(held, path, key)


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
        lines = told(error.errors(), lambda problem: _explain(kind, problem, path, sheet))
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
