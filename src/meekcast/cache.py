"""Posteriors and compiled code on disk, by a hash of everything that made them; and results that took long."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from meekcast.errors import InputError, OutputError
from meekcast.files import by_entries, from_json, replacing, text_in, to_json

SOURCES = ("equations", "vocabulary", "beliefs", "observations", "cards", "model", "inputs", "inference", "clock.py")
"""Rooms whose code decides what a posterior is; a change there is another posterior."""

Kind = Literal["posterior", "code"]
"""What is kept."""

SUFFIXES: dict[Kind, str] = {"posterior": "nc", "code": "npz"}

ALL = ("",)
"""The whole package, as a room."""

LIBRARIES = ("arviz-base", "numpy", "nutpie", "pymc", "pytensor", "xarray")


def folder() -> Path:
    """Folder of the cache: ``MEEKCAST_CACHE``, or the user's cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get("MEEKCAST_CACHE")
    return Path(named) if named else user_cache_path("meekcast", appauthor=False)


@cache
def source_hash(rooms: tuple[str, ...] = SOURCES) -> str:
    """SHA-256 of the code of some rooms, by default of those that decide what a posterior is."""
    package = Path(__file__).parent
    files = sorted(f for room in rooms for f in [package / room, *(package / room).rglob("*.py")] if f.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of what a posterior depends on."""
    return {name: version(name) for name in ("meekcast", *LIBRARIES)}


def changed_since(found: Mapping[str, Any], rooms: tuple[str, ...]) -> bool:
    """Whether code or a library has changed since a result was made; a release that changes neither has the same ones.

    Parameters
    ----------
    found : mapping
        A document with ``source`` and ``versions``.
    rooms : tuple of str
        Whose code decides it, see `source_hash`.
    """

    def libraries(of: Mapping[str, str]) -> dict[str, str]:
        return {name: version for name, version in of.items() if name != "meekcast"}

    return bool(found["source"] != source_hash(rooms) or libraries(found["versions"]) != libraries(versions()))


def key(ingredients: dict[str, Any], rooms: tuple[str, ...] = SOURCES) -> str:
    """Hash of ingredients, versions and the code of some rooms, see `source_hash`."""
    made_of = {**ingredients, "source": source_hash(rooms), "versions": versions()}
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:32]


def write_document(found: Mapping[str, Any], file: Path) -> Path:
    """Write a result that took long, a line an entry; returns the file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with replacing(file) as temporary:
        temporary.write_text(by_entries(json.loads(to_json(found))), encoding="utf-8")
    return file


def store_document(found: Mapping[str, Any], file: Path) -> Path | None:
    """Write it if that can be done: a result is not lost for want of a cache; returns the file, or None."""
    try:
        return write_document(found, file)
    except OutputError:
        return None


def read_document(file: Path, schema: str) -> dict[str, Any] | None:
    """Read such a result; a damaged one, or one of another schema, is as good as none."""
    try:
        found = from_json(text_in(file), file, "")
    except InputError:
        return None
    return found if isinstance(found, dict) and found.get("schema") == schema else None


def read(name: str, kind: Kind = "posterior") -> bytes | None:
    """What is kept under a name; None if there is nothing, or it is no longer what it was.

    Whoever can write machine code into the cache could have it run: it is taken only from a folder of the user's own.
    """
    if kind == "code" and not _is_private(_place(kind)):
        return None
    for file in _of(name, kind):
        with suppress(OSError):
            content = file.read_bytes()
            if file == _file(name, kind, content):
                return content
    return None


def keep(name: str, content: bytes, kind: Kind = "posterior") -> None:
    """Keep a posterior, or code, in the place of an earlier one.

    Raises
    ------
    OutputError
        If it cannot be written, or others could change it.
    """
    target = _file(name, kind, content)
    for place in (folder(), target.parent):
        with suppress(OSError):  # what is wrong, the next line says
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(target) as temporary:
        if kind == "code" and not _is_private(target.parent):
            raise OutputError(f"{target.parent} is not private", f"Make it yours alone: chmod 700 {target.parent}")
        temporary.write_bytes(content)
    for file in _of(name, kind):
        if file != target:
            with suppress(OSError):
                file.unlink()


def _place(kind: Kind) -> Path:
    return folder() / "code" if kind == "code" else folder()


def _is_private(place: Path) -> bool:
    """Whether a folder is this user's, and no one else can look into it; never where a system has no such rights."""
    try:
        found = place.lstat()
    except OSError:
        return False
    mine = hasattr(os, "geteuid") and found.st_uid == os.geteuid()
    return mine and stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077


def _file(name: str, kind: Kind, content: bytes) -> Path:
    """File of what is kept: its name holds a hash of its bytes, so that both appear and go as one."""
    return _place(kind) / f"{kind}-{name}-{hashlib.sha256(content).hexdigest()[:32]}.{SUFFIXES[kind]}"


def _of(name: str, kind: Kind) -> list[Path]:
    return list(_place(kind).glob(f"{kind}-{name}-*.{SUFFIXES[kind]}")) if _place(kind).is_dir() else []


def entries() -> list[Path]:
    """All that is kept, oldest first."""
    found = [file for kind in SUFFIXES for file in _of("*", kind)]
    return sorted(found, key=lambda file: file.stat().st_mtime)


def counted(files: Iterable[Path]) -> Counter[str]:
    """How much there is of each kind."""
    return Counter(file.name.partition("-")[0] for file in files)


def clear() -> Counter[str]:
    """Delete all that is kept; returns how much there was of each kind.

    Raises
    ------
    OutputError
        If something cannot be deleted.
    """
    found = entries()
    for file in found:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot delete {file}: {error.strerror}", "Make its folder writable.") from None
    return counted(found)
