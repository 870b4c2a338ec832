"""A run as one JSON document with a published schema, ``schemas/forecast-2.schema.json``.

Events with their quantiles, probabilities and every draw of their date; bands of the quantities over time; where it
all came from. JSON has no infinity: a date that is not reached by the horizon is the string "inf", and a band is null
where there is nothing to observe yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.files import to_json

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun

SCHEMA = "meekcast.forecast/2"
SCHEMA_FILE = Path(__file__).parent / "schemas" / "forecast-2.schema.json"

_COPIED = ("card", "title", "priors", "overrides", "clock", "start", "horizon", "today", "seed", "point")


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write the document."""
    file.write_text(to_json(document(run, wanted)) + "\n", encoding="utf-8")


def document(run: StoredRun, wanted: Wanted) -> dict[str, Any]:
    """Gather what the schema describes."""
    summary = run.summary
    copied: Mapping[str, object] = summary
    return {
        "schema": SCHEMA,
        **{key: copied[key] for key in _COPIED},
        "time_unit": run.time_unit,
        "event_definition": summary["event_definition"],
        "events": [{**event.as_dict(), "dates": event.dates.tolist()} for event in wanted.events_of(run)],
        "bands": {name: summary["bands"][name] for name in wanted.quantities_of(run)},
        "evidence": summary["evidence"],
        "diagnostics": summary["diagnostics"],
        "provenance": summary["provenance"],
    }
