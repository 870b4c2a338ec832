"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from meekcast.errors import OutputError
from meekcast.interrupts import uninterrupted

try:
    import fcntl
except ImportError:  # Windows: nobody is kept out, nothing left behind is removed
    fcntl = None  # type: ignore[assignment]

UNFINISHED = ".meekcast-", ".part"
"""How names of what is being written begin and end."""

NEW = 10.0
"""Seconds in which what is being written may not have its lock yet."""

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when it is whole.

    Raises
    ------
    OutputError
        If the folder cannot be made or written, or the disk is full; an earlier file stays.
    """
    with _telling(target), _unfinished(target.parent, Path.touch) as temporary:
        yield temporary
        temporary.replace(target)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Write a folder under a temporary name and rename it when it is whole.

    Raises
    ------
    OutputError
        If it cannot be written, or the target is a file; an earlier folder stays.
    """
    with _telling(target), _unfinished(target.parent, Path.mkdir) as temporary:
        yield temporary
        with uninterrupted(), _unfinished(target.parent, Path.mkdir) as aside:
            if target.is_dir():
                target.rename(aside / "earlier")
            try:
                temporary.rename(target)
            except OSError:
                if (aside / "earlier").is_dir():
                    (aside / "earlier").rename(target)
                raise


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
def staged(folder: Path, seal: str = "", earlier: Iterable[str] = ()) -> Iterator[Path]:
    """Collect files in a folder of their own and move them in when all are there.

    Parameters
    ----------
    folder : pathlib.Path
        Where they go; other files there stay.
    seal : str, optional
        The file that vouches for the others; by default those of JSON do. The earlier one goes first, the new one comes
        last, so that whoever finds one finds all that it vouches for, whenever this process is killed.
    earlier : iterable of str, optional
        Files that the earlier seal vouched for; those without a successor go with it.

    Raises
    ------
    OutputError
        If the folder cannot be written, or the disk is full.
    """
    with _telling(folder), _unfinished(folder, Path.mkdir) as stage:
        yield stage
        names = {file.name for file in stage.iterdir()}
        seals = {seal} if seal else {name for name in names if name.endswith(".json")}
        files = sorted(stage.iterdir(), key=lambda file: file.name in seals)
        with uninterrupted(), locked(folder):
            for name in [*seals, *({*earlier} - names)]:
                (folder / name).unlink(missing_ok=True)
            for file in files:
                file.replace(folder / file.name)


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Wait until no other process holds a file or a folder, and hold it; the lock ends with the process."""
    with _lock(path, shared=shared):
        yield


@contextmanager
def _unfinished(folder: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """Something under a temporary name, gone in the end; what killed processes left behind goes too.

    It is locked as long as this process lives, which tells it from what nobody will finish.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    path = folder / secrets.token_hex(8).join(UNFINISHED)
    try:
        make(path)
        with _lock(path):
            yield path
    finally:
        with uninterrupted():
            _remove(path)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left behind."""
    for path in folder.glob("*".join(UNFINISHED)):
        with suppress(OSError):  # it is gone by now
            if time.time() - path.stat().st_mtime > NEW:
                with _lock(path, wait=False) as held:
                    if held:
                        _remove(path)


@contextmanager
def _lock(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Lock a file or folder; whether it is locked: it may be held, and some systems have no such locks."""
    if fcntl is None:
        yield False
        return
    how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    descriptor, held = None, False
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        fcntl.flock(descriptor, how)
        held = True
    try:
        yield held
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _remove(path: Path) -> None:
    with suppress(OSError):  # it was renamed; or the folder is out of reach, which another error says
        path.unlink() if path.is_file() else shutil.rmtree(path)


@contextmanager
def _telling(target: Path) -> Iterator[None]:
    """Tell what cannot be written, and what helps."""
    try:
        yield
    except OSError as error:
        remedy = "Choose a place that you may write to, with --out DIR."
        if error.errno in NO_ROOM:
            remedy = "Make room on that disk, or choose a place on another one, with --out DIR."
        inside = [path.parent for path in target.parents if path.name.startswith(UNFINISHED[0])]
        shown = inside[-1] if inside else target  # what a user asked for
        raise OutputError(f"cannot write to {shown}: {error.strerror or error}", remedy) from None
