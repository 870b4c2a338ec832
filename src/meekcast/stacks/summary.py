"""The summary of a stack: several cards' forecasts averaged, one JSON document with a versioned schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from meekcast.files import staged, to_json
from meekcast.forecasts.questions.events import PROBABILITIES
from meekcast.runs.verify import SUMMARY
from meekcast.stacks.mixture import Averaged, Member, mixed_band, mixed_event
from meekcast.stacks.stacking import DEFINITIONS, PROBABILITY

type Document = dict[str, Any]

SCHEMA = "meekcast.stack/1"


def stack_summary(runs: Sequence[Averaged], weights: Document) -> Document:
    """Average the forecasts of several cards.

    Parameters
    ----------
    runs : sequence of StoredRun, or what is like it
        The cards' forecasts; one clock, one start, one horizon.
    weights : dict
        From `meekcast.stacks.weighing.weigh`, cards in the same order.

    Returns
    -------
    dict
        Keys ``schema``, ``title``, ``clock``, ``start``, ``horizon``, ``today``, ``seed``, ``point``, ``weights``,
        ``events`` (as in a summary, each with its ``cards`` and what they contribute), ``events_left_out``, ``time``
        (of the contributions), ``bands``, ``definitions``, ``interval_probability`` and ``runs`` (of the cards).
    """
    documents = [run.summary for run in runs]
    first, times = documents[0], runs[0].draws.times
    members = [Member.of(run, row["weight"]) for run, row in zip(runs, weights["cards"], strict=True)]
    shared, left = shared_events([d["events"] for d in documents])
    return {
        "schema": SCHEMA,
        "title": "An average of stories",
        **{key: first[key] for key in ("clock", "start", "horizon", "today", "seed")},
        "point": all(d["point"] for d in documents) and len(documents) == 1,
        "weights": weights,
        "events": [mixed_event(event, members, times, first["clock"] == "calendar") for event in shared],
        "events_left_out": left,
        "event_definition": first["event_definition"],
        "time": times.tolist(),
        "bands": _bands(documents, members),
        "definitions": DEFINITIONS,
        "interval_probability": PROBABILITY,
        "runs": {d["card"]: d["run"] for d in documents},
    }


def shared_events(asked: Sequence[Sequence[Mapping[str, Any]]]) -> tuple[list[Any], list[str]]:
    """Events that all cards ask in the same way, as the first one has them, and names of the others.

    Examples
    --------
    >>> event = {"name": "e", "quantity": "loss_gap", "side": "below", "threshold": 0.1}
    >>> shared_events([[event], [{**event, "threshold": 0.2}]])
    ([], ['e'])
    """
    keys = ("name", "quantity", "side", "threshold")
    sets = [{tuple(event[k] for k in keys) for event in events} for events in asked]
    shared = set.intersection(*sets)
    kept = [event for event in asked[0] if tuple(event[k] for k in keys) in shared]
    names = dict.fromkeys(event["name"] for events in asked for event in events)
    return kept, [name for name in names if name not in {event["name"] for event in kept}]


def _bands(documents: Sequence[Document], members: Sequence[Member]) -> Document:
    """Bands of every quantity that all cards have in one unit."""
    first = documents[0]["bands"]
    shared = [n for n, b in first.items() if all(d["bands"].get(n, {}).get("unit") == b["unit"] for d in documents)]
    bands = {}
    for name in shared:
        rows = zip(PROBABILITIES, mixed_band(name, members), strict=True)
        quantiles = {f"{p:g}": [None if np.isnan(v) else float(v) for v in row] for p, row in rows}
        bands[name] = {**first[name], "quantiles": quantiles}
    return bands


def write_stack(
    document: Document, folder: Path, draw: Callable[[Document, Path], None]
) -> tuple[Document, list[Path]]:
    """Write summary.json and stack.png of a stack, both or none.

    Returns
    -------
    tuple of dict and list of pathlib.Path
        The document as the file holds it, and the files.
    """
    names = ["stack.png", SUMMARY]
    with staged(folder) as stage:
        draw(document, stage / names[0])
        text = to_json({**document, "files": names})
        (stage / SUMMARY).write_text(text + "\n", encoding="utf-8")
    return json.loads(text), [folder / name for name in names]
