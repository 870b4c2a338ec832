"""What an import did, as a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypedDict

from meekcast.observations.importing.run import Import
from meekcast.observations.schema import RecordRow


class Outcome(TypedDict):
    """What ``meekcast evidence import --json`` prints."""

    name: str
    kind: str
    publisher: str | None
    file: str
    rows: int
    last_date: str | None
    notes: list[str]
    doubts: list[str]
    new: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    prices: list[dict[str, Any]]
    prices_unchanged: int
    records: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    flagged: list[dict[str, Any]]
    aliases: dict[str, str]
    unmatched: list[str]
    written: list[str]


def document(changes: Import, written: Sequence[Path]) -> Outcome:
    """What an import changed, and what it could not use.

    Parameters
    ----------
    changes : Import
        The import.
    written : sequence of pathlib.Path
        What was written; nothing on a dry run.

    Returns
    -------
    Outcome
        Everything, in full.
    """
    found, table = changes.comparison, changes.table
    return {
        "name": changes.name,
        "kind": "scores" if table else "prices",
        "publisher": changes.board.layout.publisher or None,
        "file": changes.board.grid.file,
        "rows": table.size if table else len(found.prices),
        "last_date": str(table.last_date) if table else None,
        "notes": list(changes.notes),
        "doubts": list(changes.doubts),
        "new": [row.model_dump(mode="json", exclude_none=True) for row in found.new],
        "gone": [row.model_dump(mode="json", exclude_none=True) for row in found.gone],
        "changed": [
            {**change._asdict(), "before": _plain(change.before), "after": _plain(change.after)}
            for change in found.changed
        ],
        "prices": [{**price._asdict(), "date": str(price.date)} for price in found.prices],
        "prices_unchanged": changes.unchanged,
        "records": [
            {"board": m.board, "actor": m.actor, "came": _records(m.came), "went": _records(m.went)}
            for m in found.records
        ],
        "refused": [problem.document for problem in changes.refused],
        "flagged": [problem.document for problem in changes.flagged],
        "aliases": dict(changes.aliases),
        "unmatched": list(changes.unmatched),
        "written": [str(path) for path in written],
    }


def _records(rows: Iterable[RecordRow]) -> list[dict[str, Any]]:
    return [row.model_dump(mode="json", exclude_none=True, exclude={"actor"}) for row in rows]


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else str(value)
