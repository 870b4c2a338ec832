"""Where each number of a run came from: inputs word for word, versions, seed, and hashes of every output."""

from __future__ import annotations

import dataclasses
import functools
import json
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

from meekcast import cache
from meekcast.cards import library
from meekcast.files import to_json
from meekcast.runs.verify import MANIFEST, MANIFEST_SCHEMA, SEAL, file_hash, seal, text_hash

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from meekcast.cards.priors import PriorSet
    from meekcast.forecasts.forecast import Forecast
    from meekcast.inputs import Inputs
    from meekcast.observations import EvidenceTable
    from meekcast.runs.documents import Commit, Manifest, Read, Summary, Text


def write_manifest(
    result: Forecast, summary: Summary, stage: Path, *, until: float | None, command: Sequence[str] | None
) -> None:
    """Write manifest.json beside the other files of a run, the last of all.

    Parameters
    ----------
    result : Forecast
        The forecast.
    summary : dict
        Its summary as written, with ``run``.
    stage : pathlib.Path
        Folder that holds every other file already.
    until : float or None
        Horizon as it was asked; None for the card's own.
    command : sequence of str or None
        Arguments of the command line that ask for this run; None from Python.
    """
    document: Manifest = {
        "schema": MANIFEST_SCHEMA,
        "version": metadata.version("meekcast"),
        "commit": commit(),
        "command": None if command is None else list(command),
        "run": summary["run"],
        "seed": result.settings.seed,
        "settings": dataclasses.asdict(result.settings),
        "asked": {
            "until": until,
            "today": result.today.isoformat(),
            "check": "predictive_checks" in summary,
            "as_of": result.inputs.as_of.isoformat() if result.inputs.as_of else None,
        },
        "inputs": _inputs(result.inputs),
        "source": cache.source_hash(cache.ALL),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "distributions": distributions(),
        "diagnostics": summary["diagnostics"],
        "scorecard": summary.get("scorecard"),
        "outputs": {file.name: file_hash(file) for file in sorted(stage.iterdir())},
    }
    plain = json.loads(to_json(document))  # as a reader will see it, infinities as text
    (stage / MANIFEST).write_text(to_json({**plain, SEAL: seal(plain)}) + "\n", encoding="utf-8")


def _inputs(inputs: Inputs) -> Read:
    """Card, priors and evidence word for word, and what the user changed."""
    pairs = zip(inputs.card.observed, inputs.known_tables, strict=True)
    return {
        "card": _text(inputs.card, inputs.card.name),
        "bases": [_text(base, name) for name, base in library.bases(inputs.card)],
        "prior_bases": [_text(base, name) for name, base in _prior_bases(inputs)],
        "priors": {**_text(inputs.priors, inputs.priors.name), "sources": dict(sorted(inputs.sources().items()))},
        "overrides": [{"name": o.name, "prior": o.prior} for o in inputs.overrides],
        "evidence": [{**_records(table), "benchmark": benchmark.name} for benchmark, table in pairs],
        "informing": [_text(table, table.name) for table in inputs.informing],
    }


def _prior_bases(inputs: Inputs) -> list[tuple[str, PriorSet]]:
    """What the priors take over from, and the card's own where the user believes otherwise: draws may be of these."""
    found = library.bases(inputs.priors)
    if inputs.own:
        found = [*found, (inputs.card.priors, inputs.own.priors), *library.bases(inputs.own.priors)]
    return [*dict(found).items()]


def _records(table: EvidenceTable) -> Text:
    """Records as the card's rules found them among all scores, or as a file lists them."""
    return _told(table, table.name, library.text_of(table) or library.toml_of(table))


def _text(content: BaseModel, name: str) -> Text:
    """Text of a file; None if it had none."""
    return _told(content, name, library.text_of(content))


def _told(content: BaseModel, name: str, text: str | None) -> Text:
    """A text with its hash, and the hash of what it says whatever its comments."""
    return {
        "name": name,
        "text": text,
        "sha256": None if text is None else text_hash(text),
        "fingerprint": library.fingerprint(content),
    }


@functools.cache
def commit() -> Commit | None:
    """Commit of the checkout that runs, and whether its files differ from it; None where there is no checkout.

    An installed wheel knows no commit: ``source`` in the manifest, a hash of all the code, identifies it.

    Returns
    -------
    dict or None
        Keys ``hash`` and ``modified``.
    """
    if not (library.CHECKOUT / ".git").exists():
        return None
    found = _git("rev-parse", "HEAD")
    if not found or not re.fullmatch(r"[0-9a-f]{40,64}", found):
        return None
    return {"hash": found, "modified": _git("status", "--porcelain", "--", "src", "models", "priors") != ""}


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(library.CHECKOUT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@functools.cache
def distributions() -> dict[str, str]:
    """Versions of meekcast's dependencies as installed, those of the dependencies included.

    Returns
    -------
    dict of str to str
        Version by canonical name, sorted.
    """
    found: dict[str, str] = {}
    waiting = ["meekcast"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            text = metadata.distribution(name).read_text("METADATA") or ""
        except metadata.PackageNotFoundError:  # for another platform or Python
            continue
        head = text.partition("\n\n")[0]  # parsing the whole, long readmes included, takes half a second
        found[name] = "".join(re.findall(r"^Version: (.+)$", head, re.MULTILINE)[:1])
        waiting += _required(re.findall(r"^Requires-Dist: (.+)$", head, re.MULTILINE))
    return dict(sorted(found.items()))


def _required(requirements: Iterable[str]) -> list[str]:
    """Canonical names of requirements, those of optional groups left out."""
    needed = [line for line in requirements if not re.search(r"\bextra\s*==", line)]
    names = [re.match(r"[\w.-]+", line) for line in needed]
    return [re.sub(r"[-_.]+", "-", match.group()).lower() for match in names if match]
