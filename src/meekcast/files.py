"""Files: read within limits, JSON as every command writes it, and results that appear whole or not at all."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import secrets
import shutil
import signal
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import accumulate
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, BinaryIO

from meekcast.errors import InputError, OutputError

try:
    import fcntl
except ImportError:  # Windows: nobody is kept out, nothing left behind is removed
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    import h5py
    import xarray as xr

UNFINISHED = ".meekcast-", ".part"
"""How names of what is being written begin and end."""

NEW = 10.0
"""Seconds in which what is being written may not have its lock yet."""

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

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


def write_netcdf(tree: xr.DataTree, file: Path) -> None:
    """Write a tree as NetCDF. HDF5 never sees the disk: where that is full, it would crash the process later."""
    file.write_bytes(netcdf(tree))


def netcdf(tree: xr.DataTree) -> bytes:
    """Content of a NetCDF-4 file of a tree of one level, as xarray reads it: its own writer takes ten times as long."""
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w", track_order=True) as file:
        file.attrs.update(sorted(tree.attrs.items()))
        for name, node in tree.children.items():
            _write_group(file.create_group(name, track_order=True), node.to_dataset())
    return content.getvalue()


def _write_group(group: h5py.Group, dataset: xr.Dataset) -> None:
    """Write variables, and dimensions as scales to which those that have them are attached.

    Attributes are sorted, as they are read: a posterior from the cache gives the bytes of one that was just sampled.
    """
    from h5py import string_dtype
    from xarray.conventions import encode_dataset_coordinates

    variables, attributes = encode_dataset_coordinates(dataset)
    group.attrs.update(sorted(attributes.items()))
    stored = {}
    for name, variable in variables.items():
        values, attrs = variable.to_numpy(), dict(sorted(variable.attrs.items()))  # as what is read back has them
        if values.dtype == bool:  # NetCDF has none; xarray's sign for it
            values, attrs = values.astype("i1"), {**attrs, "dtype": "bool"}
        text = values.dtype.kind in "OU"
        kind = string_dtype() if text else values.dtype
        stored[name] = group.create_dataset(str(name), values.shape, kind, values.astype("O") if text else values)
        stored[name].attrs.update(sorted(attrs.items()))
    for dimension, size in dataset.sizes.items():
        nothing_more = f"This is a netCDF dimension but not a netCDF variable. {size:10d}"
        if dimension not in stored:
            stored[dimension] = group.create_dataset(str(dimension), (size,), ">f4")
        stored[dimension].make_scale(str(dimension) if dimension in variables else nothing_more)
    for name, variable in variables.items():
        if variable.dims != (name,):
            for axis, dimension in zip(stored[name].dims, variable.dims, strict=True):
                axis.attach_scale(stored[dimension])


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Wait until no other process holds a file or a folder, and hold it; the lock ends with the process."""
    with _lock(path, shared=shared):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until a few renames are done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda *call: heard.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard and callable(before):
        before(*heard[0])


@contextmanager
def _unfinished(folder: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """Something under a temporary name, gone in the end; what killed processes left behind goes too.

    It is locked as long as this process lives, which tells it from what nobody will finish.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    path = folder / secrets.token_hex(8).join(UNFINISHED)
    make(path)
    try:
        with _lock(path):
            yield path
    finally:
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
