"""Whether what lies in a run folder is what was written: hashes, plain files, documents, and nothing that leads out.

The hashes are no signature: whoever makes a folder can make them fit. So what a folder says is never a path either.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from meekcast.errors import InputError, OutputError
from meekcast.files import MADE, NO_ROOM, Document, from_json, text_in

if TYPE_CHECKING:
    from meekcast.runs.documents import Manifest, Text


SUMMARY, MANIFEST, FORECAST = "summary.json", "manifest.json", "forecast.nc"
MANIFEST_SCHEMA, SUMMARY_SCHEMA = "meekcast.manifest/1", "meekcast.summary/2"
SEAL: Final = "sha256_of_this_manifest"
MOST_UNPACKED = 50
"""How many times larger than their file arrays may be."""

AGAIN = "Make the run again: `meekcast forecast`, or `meekcast replay FOLDER/manifest.json --out DIR`."

_MANIFEST: dict[str, type | tuple[type, ...]] = {
    "version": str, "command": (list, type(None)), "run": str, "seed": int, "settings": dict, "asked": dict,
    "distributions": dict, "outputs": dict,
}  # fmt: skip
_TEXT_KEYS = {"name", "text", "sha256", "fingerprint"}


def read_manifest(file: Path) -> Manifest:
    """Read a manifest and hold it and the texts that it carries against their hashes.

    Raises
    ------
    InputError
        If it is missing, truncated, changed, from a newer version, or no manifest.
    """
    if not file.is_file():
        raise InputError(f"there is no {file}", "Name a run folder with a manifest.json. " + AGAIN)
    manifest = document(file, MANIFEST_SCHEMA)
    if manifest.get(SEAL) != seal(manifest):
        raise InputError(f"{file} was changed after it was written: its own hash does not match", AGAIN)
    for key, allowed in _MANIFEST.items():
        if not isinstance(manifest.get(key, ...), allowed):
            raise InputError(f"{file} says nothing of {key!r} that can be used", AGAIN)
    _check_outputs(file, manifest["outputs"])
    for kind, entry in _checked_texts(file, manifest):
        if entry["text"] is not None and text_hash(entry["text"]) != entry["sha256"]:
            raise InputError(f"{file}: the text of {kind} {entry['name']!r} does not match its hash", AGAIN)
    return cast("Manifest", manifest)


def texts(manifest: Manifest) -> list[tuple[str, Text]]:
    """Texts that a manifest carries: card, priors, evidence, what card and priors extend, each with its kind."""
    inputs = manifest["inputs"]
    evidence: list[Text] = [*inputs["evidence"], *inputs.get("informing", [])]
    bases = [("base", entry) for entry in inputs.get("bases", [])]
    bases += [("prior base", entry) for entry in inputs.get("prior_bases", [])]
    return [("card", inputs["card"]), ("priors", inputs["priors"]), *(("evidence", e) for e in evidence), *bases]


def _checked_texts(file: Path, manifest: Document) -> list[tuple[str, Text]]:
    try:
        found = texts(cast("Manifest", manifest))
        whole = all(entry.keys() >= _TEXT_KEYS and _is_text(entry) for _, entry in found)
    except (KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise InputError(f"{file} does not say what the run was made from", AGAIN)
    return found


def _is_text(entry: Text) -> bool:
    return isinstance(entry["name"], str) and isinstance(entry["text"], str | None)


def _check_outputs(file: Path, outputs: Document) -> None:
    """Refuse a list of outputs that leads out of the folder, or leaves out what holds the results."""
    for name, digest in outputs.items():
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise InputError(f"{file} names an output {name!r} that is no plain file name", AGAIN)
        if not isinstance(digest, str):
            raise InputError(f"{file} has no hash of {name}", AGAIN)
    for name in (FORECAST, SUMMARY):
        if name not in outputs:
            raise InputError(f"{file} does not vouch for {name}", AGAIN)


def document(file: Path, known: str, source: BinaryIO | None = None) -> Document:
    """Read a JSON document of a schema, such as "meekcast.summary/2", or an earlier version of it.

    Raises
    ------
    InputError
        If it is none, says something twice, or was written by a newer version.
    """
    text = text_in(file, MADE, source)
    found = from_json(text, file, "It is truncated, or no JSON. " + AGAIN, object_pairs_hook=_once)
    schema = found.get("schema") if isinstance(found, dict) else None
    wanted, _, version = known.partition("/")
    name, _, number = str(schema).partition("/")
    if name != wanted or not re.fullmatch("[0-9]{1,9}", number):
        raise InputError(f"{file} is no {wanted}: its schema is {schema!r}", AGAIN)
    if int(number) > int(version):
        raise InputError(
            f"{file} has schema {schema}, this version of meekcast reads {known}",
            "It was written by a newer meekcast: upgrade, or make the run again with this one.",
        )
    return dict(found)


def misfit(kind: Any, found: Any) -> str:
    """What of a document is not as its type tells, the first of it; empty if all is.

    Parameters
    ----------
    kind : type
        A typed dictionary.
    found : object
        What was read; keys of which the type does not tell are left alone.

    Examples
    --------
    >>> misfit(dict[str, list[int]], {"files": [1, "two"]})
    'files.1: input should be a valid integer'
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(kind).validate_python(found, strict=True)
    except ValidationError as error:
        (first, *_) = error.errors(include_input=False, include_url=False)
        return f"{'.'.join(map(str, first['loc']))}: {first['msg'][:1].lower()}{first['msg'][1:]}"
    return ""


def _once(pairs: list[tuple[str, Any]]) -> Document:
    """Refuse what is said twice: two readers may not understand one text differently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"{twice!r} is said twice")
    return found


def check_plain(file: Path) -> None:
    """Refuse what is missing, and what is no file of this folder but a link, a pipe or a device.

    Raises
    ------
    InputError
        If so.
    """
    try:
        mode = file.lstat().st_mode
    except OSError:
        raise InputError(f"{file.parent} is incomplete: {file.name} is missing", AGAIN) from None
    if not stat.S_ISREG(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "no plain file"
        raise InputError(f"{file} is {what}: a run holds its files itself", AGAIN)


def check_contained(file: Path, source: BinaryIO) -> None:
    """Refuse a NetCDF file with data that lie elsewhere, or nowhere.

    Soft and external links, external and virtual storage; and arrays that unpack to very much more than the file.

    Raises
    ------
    InputError
        If so, or it cannot be read.
    """
    import h5py

    with reading(file), h5py.File(source, "r") as opened:
        links: list[tuple[bytes, int]] = []  # h5py does not bear an error that is raised while it visits them
        opened.id.links.visit(lambda name, info: links.append((name, info.type)), info=True)
        for name, kind in links:
            if kind != h5py.h5l.TYPE_HARD:
                raise InputError(f"{file}: /{name.decode()} is a link, perhaps out of the file", AGAIN)
        bytes_of_all = 0
        for name, _ in links:
            item = h5py.h5o.open(opened.id, name)
            if not isinstance(item, h5py.h5d.DatasetID):
                continue
            said = item.get_create_plist()
            if said.get_external_count() or said.get_layout() == h5py.h5d.VIRTUAL:
                raise InputError(f"{file}: the numbers of /{name.decode()} lie in another file", AGAIN)
            bytes_of_all += item.get_space().get_simple_extent_npoints() * item.get_type().get_size()
        size = opened.id.get_filesize()
        if bytes_of_all > MOST_UNPACKED * size:
            raise InputError(f"{file} has {size} bytes, and its arrays would have {bytes_of_all:.2g}", AGAIN)


@contextmanager
def reading(file: Path | str) -> Iterator[None]:
    """Say of whatever goes wrong in a file that it cannot be read.

    Raises
    ------
    InputError
        If anything does.
    OutputError
        If there is no room for files that stand in meanwhile.
    """
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        if error.errno in NO_ROOM:
            place = tempfile.gettempdir()
            remedy = "Make room on that disk, or set TMPDIR to a folder on another one."
            raise OutputError(f"cannot write to {place}: {error.strerror}", remedy) from None
        raise InputError(f"{file} cannot be read: {error}", "It is damaged. " + AGAIN) from None
    except (LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise InputError(f"{file} cannot be read: {error}", "It is damaged. " + AGAIN) from None


def seal(manifest: Mapping[str, Any]) -> str:
    """Hash of all that a manifest says but this hash."""
    content = {key: value for key, value in manifest.items() if key != SEAL}
    return text_hash(json.dumps(content, sort_keys=True))


def text_hash(text: str) -> str:
    """SHA-256 of a text.

    Examples
    --------
    >>> text_hash("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(file: Path) -> str:
    """SHA-256 of a file's bytes."""
    with file.open("rb") as source:
        return stream_hash(source)


def stream_hash(source: BinaryIO) -> str:
    """SHA-256 of what is left to read."""
    return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]
