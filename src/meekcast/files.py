"""Files: JSON as every command writes it, and results that appear whole or not at all."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from meekcast.errors import OutputError


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


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        number = float(value)  # NumPy's float64 too
        return ("inf" if number > 0 else "-inf") if math.isinf(number) else number
    return value


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when it is whole.

    Raises
    ------
    OutputError
        If the folder cannot be made or written, or the disk is full; an earlier file stays.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write {target}: {reason}", "Choose a folder that you may write to, with --out DIR."
        ) from None
    finally:
        with suppress(OSError):  # the folder itself is out of reach; the error above says so
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Write a folder under a temporary name and rename it when it is whole.

    Raises
    ------
    OutputError
        If it cannot be written, or the target is a file; an earlier folder stays.
    """
    temporary, earlier = (target.with_name(f".{target.name}.{os.getpid()}.{kind}") for kind in ("part", "earlier"))
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if target.is_dir():
            target.rename(earlier)
        try:
            temporary.rename(target)
        except OSError:
            if earlier.is_dir():
                earlier.rename(target)
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write {target}: {reason}", "Choose a folder that you may write to, with --out."
        ) from None
    finally:
        for folder in (temporary, earlier):
            shutil.rmtree(folder, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written, before minutes are spent.

    Raises
    ------
    OutputError
        If so.
    """
    with staged(folder):
        pass


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Collect files beside the target folder and move them in when all are there."""
    stage = folder / f".{os.getpid()}.part"
    try:
        stage.mkdir(parents=True, exist_ok=True)
        yield stage
        for file in stage.iterdir():
            file.replace(folder / file.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write to {folder}: {reason}", "Choose a folder that you may write to, with --out DIR."
        ) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
