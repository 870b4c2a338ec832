"""Posteriors on disk, by a hash of everything that made them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from meekcast.errors import OutputError

SOURCES = (
    "equations", "inference", "evidence", "beliefs.py", "cards.py", "clock.py", "components.py", "diagnostics.py",
    "extension.py", "inputs.py", "paths.py", "priors.py", "theory.py",
)  # fmt: skip
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
