"""The summary of a stack: several cards' forecasts averaged, one JSON document with a versioned schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from meekcast.files import staged, to_json
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.runs.verify import SUMMARY
from meekcast.stacks.mixture import Averaged, Member, contributions, mixed_band, mixed_event
from meekcast.stacks.stacking import DEFINITIONS, PROBABILITY

if TYPE_CHECKING:
    from meekcast.files import Number
    from meekcast.forecasts.questions.answer import AnswerDocument
    from meekcast.runs.documents import Band, Summary
    from meekcast.stacks.documents import StackDocument, Weights

SCHEMA = "meekcast.stack/2"


def stack_summary(runs: Sequence[Averaged], weights: Weights) -> StackDocument:
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
        "clock": first["clock"],
        "start": first["start"],
        "horizon": first["horizon"],
        "today": first["today"],
        "seed": first["seed"],
        "point": all(d["point"] for d in documents) and len(documents) == 1,
        "weights": weights,
        "events": [
            {**mixed_event(name, members).as_dict(), "cards": contributions(name, members, times)} for name in shared
        ],
        "events_left_out": left,
        "event_definition": first["event_definition"],
        "time": times.tolist(),
        "bands": _bands(documents, members),
        "definitions": DEFINITIONS,
        "interval_probability": PROBABILITY,
        "runs": {d["card"]: d["run"] for d in documents},
    }


def shared_events(asked: Sequence[Sequence[AnswerDocument]]) -> tuple[list[str], list[str]]:
    """Names of the events that all cards ask in the same way, and of the others.

    Examples
    --------
    >>> event = {"name": "e", "expression": "loss_gap < 0.1"}
    >>> shared_events([[event], [{**event, "expression": "loss_gap < 0.2"}]])
    ([], ['e'])
    """
    sets = [{event["name"]: event["expression"] for event in events} for events in asked]
    names = dict.fromkeys(name for events in sets for name in events)
    kept = [name for name in sets[0] if all(events.get(name) == sets[0][name] for events in sets)]
    return kept, [name for name in names if name not in kept]


def _bands(documents: Sequence[Summary], members: Sequence[Member]) -> dict[str, Band]:
    """Bands of every quantity that all cards have in one unit."""
    first = documents[0]["bands"]
    shared = [
        n for n, b in first.items() if all(n in d["bands"] and d["bands"][n]["unit"] == b["unit"] for d in documents)
    ]
    bands: dict[str, Band] = {}
    for name in shared:
        rows = zip(PROBABILITIES, mixed_band(name, members), strict=True)
        quantiles: dict[str, list[Number | None]] = {
            f"{p:g}": [None if np.isnan(v) else float(v) for v in row] for p, row in rows
        }
        bands[name] = {**first[name], "quantiles": quantiles}
    return bands


def write_stack(
    document: StackDocument, folder: Path, draw: Callable[[StackDocument, Path], None]
) -> tuple[StackDocument, list[Path]]:
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
