"""Posteriors on disk, by a hash of everything that made them."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

SOURCES = ("equations", "vocabulary", "beliefs", "observations", "cards", "model", "inputs.py", "inference", "clock.py")
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


def path(name: str) -> Path:
    """File of a cached posterior, whether or not it exists."""
    return folder() / f"posterior-{name}.nc"


def entries() -> list[Path]:
    """All cached posteriors, oldest first."""
    found = folder().glob("posterior-*.nc") if folder().is_dir() else ()
    return sorted(found, key=lambda file: file.stat().st_mtime)


def clear() -> int:
    """Delete all cached posteriors; returns how many there were."""
    found = entries()
    for file in found:
        file.unlink(missing_ok=True)
    return len(found)
