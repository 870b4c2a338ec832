"""The files that an import is about: one file, those of a folder or of a zip archive, or what a URL answers with.

Nothing here trusts what it reads: the bytes that are downloaded and unpacked are bounded, and so is the time.
"""

from __future__ import annotations

import http.client
import io
import os
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, override
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from meekcast.errors import InputError

MOST_DOWNLOADED = 100 << 20
"""Bytes that a URL may answer with."""

MOST_UNPACKED = 200 << 20
"""Bytes that all files together may have, unpacked."""

MOST_FILES = 1000
"""Files that a folder or an archive may hold."""

SECONDS_OF_SILENCE, SECONDS = 20.0, 120.0
"""How long a server may say nothing, and how long a download may take."""

SUFFIXES = (".csv", ".tsv", ".json", ".parquet")
"""What of a folder or an archive is read; archives inside are not."""

PIECE = 1 << 16

HTML_REMEDY = "Download the data file itself: on GitHub the 'Raw' link, on a leaderboard 'Download' or 'Export CSV'."


class Blob(NamedTuple):
    """A file: its name, and what is in it."""

    name: str
    content: bytes


def blobs(place: str) -> tuple[Blob, ...]:
    """Get the files that a user named.

    Parameters
    ----------
    place : str
        Path of a file or of a folder, or a URL.

    Returns
    -------
    tuple of Blob
        At least one; an archive is unpacked.

    Raises
    ------
    InputError
        If there is nothing to read, or too much of it.
    """
    if "://" in place:
        return _unpacked(_downloaded(place))
    path = Path(place)
    if os.path.isdir(path):  # of a name that cannot be it says no, where pathlib fails
        return _of_folder(path)
    if not os.path.isfile(path):
        raise InputError(f"there is no file {path}", "Give the path of a file or of a folder, or a URL.")
    _bounded(path.stat().st_size, place)
    return _unpacked(Blob(path.name, _read(path)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}", "Check that you may read it.") from None


def _bounded(size: int, what: str) -> None:
    if size > MOST_UNPACKED:
        raise InputError(
            f"{what} holds {size / 1e6:.0f} MB, more than the {MOST_UNPACKED / 1e6:.0f} MB of any table of scores",
            "Check that it is the right file; cut it to the board that you want.",
        )


def _of_folder(folder: Path) -> tuple[Blob, ...]:
    """Files of a folder and of those inside it."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not files:
        raise InputError(f"{folder} holds no file of {_kinds()}", "Give the folder in which the downloads are.")
    _few(len(files), str(folder))
    _bounded(sum(file.stat().st_size for file in files), str(folder))
    return tuple(Blob(file.relative_to(folder).as_posix(), _read(file)) for file in files)


def _few(number: int, what: str) -> None:
    if number > MOST_FILES:
        raise InputError(f"{what} holds {number} files, more than {MOST_FILES}", "Give the one that you want.")


def _kinds() -> str:
    return ", ".join(SUFFIXES[:-1]) + f" or {SUFFIXES[-1]}"


# Archives


def _unpacked(blob: Blob) -> tuple[Blob, ...]:
    """The files of an archive; anything else is one file."""
    if not blob.content.startswith(b"PK\x03\x04"):
        return (blob,)
    try:
        with zipfile.ZipFile(io.BytesIO(blob.content)) as archive:
            return tuple(_members(archive, blob.name))
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(
            f"{blob.name}: cannot unpack it: {error}", "Download it again, or unpack it yourself."
        ) from None


def _members(archive: zipfile.ZipFile, name: str) -> Iterator[Blob]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise InputError(f"{name} is an Office document, not a table", "Save the sheet as CSV (UTF-8) and import that.")
    _few(len(members), name)
    wanted = [member for member in members if member.filename.lower().endswith(SUFFIXES) and not _hidden(member)]
    if not wanted:
        raise InputError(f"{name} holds no file of {_kinds()}", "Check that it is the right archive.")
    _bounded(sum(member.file_size for member in wanted), f"{name}, unpacked,")
    left = MOST_UNPACKED  # what an archive says of sizes may be wrong
    for member in wanted:
        with archive.open(member) as packed:
            content = packed.read(left + 1)
        _bounded(MOST_UNPACKED - left + len(content), f"{name}, unpacked,")
        left -= len(content)
        yield Blob(member.filename, content)


def _hidden(member: zipfile.ZipInfo) -> bool:
    """Whether a file is what macOS adds to archives."""
    return member.filename.startswith("__MACOSX/") or Path(member.filename).name.startswith(".")


# Downloads


class _OnlyTheWeb(HTTPRedirectHandler):
    """Follows a server to other servers, and nowhere else."""

    @override
    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        _refuse_other_schemes(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refuse_other_schemes(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise InputError(f"{url} is not a URL of the web", "Give a URL that begins with https:// or http://.")


def _downloaded(url: str) -> Blob:
    _refuse_other_schemes(url)
    request = Request(url, headers={"User-Agent": "meekcast", "Accept": "*/*"})
    remedy = "Check the URL and the network, or download the file and give its path."
    try:
        with build_opener(_OnlyTheWeb).open(request, timeout=SECONDS_OF_SILENCE) as answer:
            content = _drained(answer, url)
            announced = answer.headers["Content-Length"]
    except InputError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:  # URLError and its HTTPError are OSErrors
        if isinstance(error, HTTPError):
            error.close()  # it is an answer as well
        raise InputError(f"cannot download {url}: {error}", remedy) from None
    if not content:
        raise InputError(f"{url} answered with nothing", remedy)
    if announced and announced.isdecimal() and len(content) < int(announced):
        raise InputError(f"{url} broke off after {len(content)} of {announced} bytes", "Try again.")
    return Blob(unquote(Path(urlsplit(url).path).name) or urlsplit(url).netloc, content)


def _drained(answer: http.client.HTTPResponse, url: str) -> bytes:
    """All bytes of an answer, unless they are too many or take too long."""
    until = time.monotonic() + SECONDS
    content = bytearray()
    while piece := answer.read1(PIECE):  # what is there, so that the clock is looked at
        content += piece
        if len(content) > MOST_DOWNLOADED:
            raise InputError(
                f"{url} answers with more than {MOST_DOWNLOADED / 1e6:.0f} MB", "Check that it is the right file."
            )
        if time.monotonic() > until:
            raise InputError(f"{url} takes more than {SECONDS:.0f} s", "Download it and give the path of the file.")
    return bytes(content)
