"""Several people's forecasts of one card as one: an equal mixture of their draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from meekcast import files
from meekcast.errors import InputError
from meekcast.files import Number, to_json
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.runs.verify import SEAL
from meekcast.stacks.mixture import Member, mixed_band, mixed_event

if TYPE_CHECKING:
    from meekcast.runs.documents import Band
    from meekcast.runs.read import StoredRun
    from meekcast.stacks.documents import Mixed, MixtureDocument

SCHEMA = "meekcast.mixture/2"


def write_mixture(runs: Sequence[StoredRun], file: Path) -> MixtureDocument:
    """Mix runs of one card under several prior sets, and write the result as JSON.

    Parameters
    ----------
    runs : sequence of StoredRun
        The runs.
    file : pathlib.Path
        Where.

    Returns
    -------
    dict
        What was written: ``of`` names the runs, their shares and the seals of their manifests; ``events``
        and ``bands`` have the form of a summary.

    Raises
    ------
    InputError
        If the runs do not ask the same events.
    OutputError
        If the file cannot be written.
    """
    document = mixture(runs)
    with files.replacing(file) as temporary:
        temporary.write_text(to_json(document) + "\n", encoding="utf-8")
    return document


def mixture(runs: Sequence[StoredRun]) -> MixtureDocument:
    """Mix runs of one card in equal shares, see `write_mixture`."""
    first = runs[0].summary
    asked = [{event["name"]: event["expression"] for event in run.summary["events"]} for run in runs]
    if any(other != asked[0] for other in asked):
        raise InputError("the runs do not ask the same events", "Mix runs of one card with one horizon.")
    members = [Member.of(run, 1 / len(runs), "priors") for run in runs]
    return {
        "schema": SCHEMA,
        "card": first["card"],
        "title": first["title"],
        "clock": first["clock"],
        "start": first["start"],
        "horizon": first["horizon"],
        "today": first["today"],
        "point": False,
        "of": [_told(run, 1 / len(runs)) for run in runs],
        "events": [mixed_event(name, members).as_dict() for name in asked[0]],
        "bands": {name: _band(name, band, members) for name, band in first["bands"].items()},
    }


def _told(run: StoredRun, share: float) -> Mixed:
    return {
        "folder": run.folder.name,
        "priors": run.summary["priors"],
        "share": share,
        "manifest": run.manifest[SEAL],
    }


def _band(name: str, band: Band, members: Sequence[Member]) -> Band:
    found = mixed_band(name, members)
    quantiles: dict[str, list[Number | None]] = {
        f"{p:g}": [None if np.isnan(value) else float(value) for value in row]
        for p, row in zip(PROBABILITIES, found, strict=True)
    }
    return {**band, "quantiles": quantiles}
