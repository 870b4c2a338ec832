"""Posteriors on disk, by a hash of everything that made them."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from meekcast.errors import OutputError
from meekcast.files import replacing

SOURCES = ("equations", "vocabulary", "beliefs", "observations", "cards", "model", "inputs", "inference", "clock.py")
"""Rooms whose code decides what a posterior is; a change there is another posterior."""

LIBRARIES = ("arviz-base", "numpy", "nutpie", "pymc", "pytensor", "xarray")


def folder() -> Path:
    """Folder of the cache: ``MEEKCAST_CACHE``, or the user's cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get("MEEKCAST_CACHE")
    return Path(named) if named else user_cache_path("meekcast", appauthor=False)


@cache
def source_hash(everything: bool = False, more: tuple[str, ...] = ()) -> str:
    """SHA-256 of the code that decides what a posterior is, of more rooms too, or of all the code."""
    package = Path(__file__).parent
    rooms = [package] if everything else [package / name for name in (*SOURCES, *more)]
    files = sorted(f for room in rooms for f in [room, *room.rglob("*.py")] if f.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of what a posterior depends on."""
    return {name: version(name) for name in ("meekcast", *LIBRARIES)}


def key(ingredients: dict[str, Any], everything: bool = False) -> str:
    """Hash of ingredients, versions and code (all of it, for what is more than a posterior)."""
    made_of = {**ingredients, "source": source_hash(everything), "versions": versions()}
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:32]


def read(name: str) -> bytes | None:
    """Content of a cached posterior; None if there is none, or it is no longer the one that was kept."""
    for file in _of(name):
        with suppress(OSError):
            content = file.read_bytes()
            if file == _file(name, content):
                return content
    return None


def keep(name: str, content: bytes) -> None:
    """Keep a posterior, in the place of an earlier one.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    target = _file(name, content)
    with replacing(target) as temporary:
        temporary.write_bytes(content)
    for file in _of(name):
        if file != target:
            with suppress(OSError):
                file.unlink()


def _file(name: str, content: bytes) -> Path:
    """File of a posterior: its name holds a hash of its bytes, so that both appear and go as one."""
    return folder() / f"posterior-{name}-{hashlib.sha256(content).hexdigest()[:32]}.nc"


def _of(name: str) -> list[Path]:
    return list(folder().glob(f"posterior-{name}-*.nc")) if folder().is_dir() else []


def entries() -> list[Path]:
    """All cached posteriors, oldest first."""
    found = folder().glob("posterior-*.nc") if folder().is_dir() else ()
    return sorted(found, key=lambda file: file.stat().st_mtime)


def clear() -> int:
    """Delete all cached posteriors; returns how many there were.

    Raises
    ------
    OutputError
        If one cannot be deleted.
    """
    found = entries()
    for file in found:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot delete {file}: {error.strerror}", "Make its folder writable.") from None
    return len(found)
