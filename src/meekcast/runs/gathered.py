"""What a run was made from, read again from the texts that its manifest carries."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.cards import library
from meekcast.errors import InputError
from meekcast.runs.verify import reading, texts

if TYPE_CHECKING:
    from meekcast.cards.schema import ModelCard
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Manifest, Text

EXTENDED = {"base": "models", "prior base": "priors"}
"""Texts that a card and a prior set take over from, and the folder in which each is looked for."""


def gather_again(manifest: Manifest, folder: Path, *, exact: bool = True) -> Inputs:
    """Gather inputs from the texts that a manifest carries.

    Parameters
    ----------
    manifest : dict
        From `meekcast.runs.read.read_manifest`.
    folder : pathlib.Path
        An empty folder for the texts.
    exact : bool, default True
        Whether every text has to mean just what it meant to the version that made the run, as it must where results
        are to come out again.

    Returns
    -------
    Inputs
        The same as then.

    Raises
    ------
    InputError
        If a text is missing, or says something else to this version than it said then.
    """
    from meekcast.inputs import Override, gather

    (card_file, priors_file, *tables), bases = _written(texts(manifest), folder)
    with library.standing_in(bases):
        card = library.load_card(str(card_file))
    read = [("evidence", str(benchmark.evidence)) for benchmark in card.observed]
    read += [("trends", name) for name in card.trends]
    read += [("losses", card.losses)] if card.losses else []
    added = [str(file) for file in tables[len(read) :]]
    with reading("the manifest of the run"):
        overrides = [Override(**override) for override in manifest["inputs"]["overrides"]]
        as_of = manifest.get("asked", {}).get("as_of")
        known = dt.date.fromisoformat(as_of) if as_of else None
    with library.standing_in({**bases, **dict(zip(read, tables, strict=False))}):
        inputs = gather(str(card_file), str(priors_file), overrides, added)
    if exact:
        _check_same(manifest, inputs)
    return inputs.as_known(known) if known else inputs


def card_again(manifest: Manifest) -> ModelCard:
    """Read the card alone, with what it takes over, as this version understands it.

    Parameters
    ----------
    manifest : dict
        From `meekcast.runs.verify.read_manifest`.

    Raises
    ------
    InputError
        If a text is missing, or cannot be read.
    """
    told = [text for text in texts(manifest) if text[0] in {"card", "base"}]
    with tempfile.TemporaryDirectory() as folder:
        (file,), bases = _written(told, Path(folder))
        with library.standing_in(bases):
            return library.load_card(str(file))


def _written(told: Iterable[tuple[str, Text]], folder: Path) -> tuple[list[Path], dict[tuple[str, str], Path]]:
    """Texts as files: those that are read by their path, and those that stand in for what others extend."""
    files, bases = [], {}
    for i, (kind, entry) in enumerate(told):
        if entry["text"] is None:
            raise InputError(
                f"the manifest has no text of {kind} {entry['name']!r}: it was made in Python, not read from a file",
                "Run the program again that made it; meekcast can replay what it read from files.",
            )
        file = folder / f"{i}-{kind}.toml"
        file.write_text(entry["text"], encoding="utf-8")
        if kind in EXTENDED:
            bases[EXTENDED[kind], entry["name"]] = file
        else:
            files.append(file)
    return files, bases


def _check_same(manifest: Manifest, inputs: Inputs) -> None:
    """Refuse texts that this version understands differently than the first one did."""
    contents = [inputs.card, inputs.priors, *inputs.tables, *inputs.informing]
    told = [text for text in texts(manifest) if text[0] not in EXTENDED]  # hashes cover what is taken over
    if len(told) != len(contents):
        raise InputError(
            f"the manifest has texts of {len(told)} files, what its card reads are {len(contents)}",
            "It was not written by meekcast. Make the run again with `meekcast forecast`.",
        )
    for (kind, entry), content in zip(told, contents, strict=True):
        if library.fingerprint(content) != entry["fingerprint"]:
            raise InputError(
                f"this version of meekcast reads {kind} {entry['name']!r} differently than version "
                f"{manifest['version']} did",
                "Install that version, or make the run again with `meekcast forecast`.",
            )
