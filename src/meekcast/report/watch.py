"""New evidence held against an earlier run, in the terminal: verdict, series, new records, answers then and now."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.answers import chance_text
from meekcast.report.layout import Column, FittingTable

if TYPE_CHECKING:
    from meekcast.forecasts.questions.monte_carlo import ProbabilityDocument
    from meekcast.runs.documents import (
        Updated,
        WatchDocument,
        WatchedOverall,
        WatchedRecord,
        WatchedSeries,
        WatchedTarget,
    )

STYLE = {"nothing new": "bold", "as expected": "bold green", "surprised": "bold yellow", "refit": "bold red"}
NEWEST = 12
"""New records that are shown."""

MOVED = 2.0
"""Monte Carlo errors by which a probability has to move to be seen."""

LEGEND = (
    "Gaps at ends of months after the run's evidence ended. chance: of the run's own futures, those as odd as the "
    "latest gap; below 5 % it surprises. One series of twenty does so by chance; the verdict above is that of all."
)


def watch_report(document: WatchDocument) -> RenderableType:
    """What new evidence says of a run.

    Parameters
    ----------
    document : dict
        From `meekcast.runs.watch.watch`.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    verdict = document["verdict"]
    parts: list[RenderableType] = [
        Text(f"\n{document['run']}, asked on {document['asked_on']}: {document['title']}", style="bold"),
        Text.assemble((verdict, STYLE[verdict]), f": {document['why']}"),
        _series(document),
    ]
    if document["records"]:
        parts += [
            Text("New records, and the scores that the run expected", style="bold"),
            _records(document["records"]),
        ]
    parts += _updated(document["updated"])
    parts += [Text(f"note: {note}") for note in document["notes"]]
    return Group(*parts, Text(LEGEND, style="dim"))


def words_of(document: WatchDocument) -> list[list[str]]:
    """Cells of each series: name, gaps that came, the latest, its interval, chance, verdict."""
    latest = {target["series"]: target for target in document["targets"]}
    return [[row["title"], *_cells(row, latest.get(row["series"]))] for row in document["series"]]


def _series(document: WatchDocument) -> FittingTable:
    table = FittingTable(
        [
            Column("\nseries", words=True),
            Column("new\ngaps", rank=6),
            Column("\nuntil", rank=4),
            Column("latest\ngap"),
            Column("90 % of\nthe run", rank=1),
            Column("in the\n50 %", rank=5),
            Column("in the\n90 %", rank=2),
            Column("\nCRPS", rank=7),
            Column("/ per-\nsistence", rank=3, named="CRPS / persistence"),
            Column("\nchance"),
            Column("\nverdict", left=True),
        ],
        box=SIMPLE_HEAD,
        padding=0,
    )
    for cells in words_of(document):
        table.add_row(*cells)
    if len(document["series"]) > 1:
        table.add_section()
        overall = document["overall"]
        shares = [percent(overall["coverage50"]), percent(overall["coverage90"])]
        table.add_row("all", str(overall["targets"]), "", "", "", *shares, "", *_last(overall), document["verdict"])
    return table


def _cells(row: WatchedSeries, latest: WatchedTarget | None) -> list[str]:
    if latest is None:
        return ["0", row["board"]["now"]["known_until"], *["–"] * 7, row["verdict"]]
    low, high = (latest["quantiles"][p] for p in ("0.05", "0.95"))
    crps = row["crps"]
    return [
        str(row["targets"]),
        latest["date"],
        f"{latest['observed']:.1f}",
        f"{low:.1f} – {high:.1f}",
        percent(row["coverage50"]),
        percent(row["coverage90"]),
        "–" if crps is None else f"{crps:.2f}",
        *_last(row),
        row["verdict"],
    ]


def _last(row: WatchedSeries | WatchedOverall) -> list[str]:
    ratio = row["crps_over_persistence"]
    return ["–" if ratio is None else f"{ratio:.2f}", percent(row["chance"])]


def _updated(updated: Updated) -> list[RenderableType]:
    """The answers then, and given the new evidence; the command that refits where weights will not do."""
    heading = Text.assemble(("The answers given this evidence", "bold"), f": {updated['why']}")
    if updated["way"] == "refit":
        return [heading, Text(f"This forecasts again:\n  {updated['refit'] or 'the program that made the run'}")]
    dates = list(dict.fromkeys(by for event in updated["events"] for by in event["then"]))
    columns = [Column(f"by {by}:\nthen → now", rank) for rank, by in enumerate(dates)]
    table = FittingTable([Column("\nevent", words=True), *columns], box=SIMPLE_HEAD, padding=0)
    for event in updated["events"]:
        then, now = event["then"], event["now"] or {}
        table.add_row(event["name"], *(_moved(then[by], now[by]) if by in then else "" for by in dates))
    return [heading, table]


def _moved(then: ProbabilityDocument, now: ProbabilityDocument) -> Text:
    """A probability then above that of now, which is bold where chance alone would hardly move it so far."""
    far = abs(now["value"] - then["value"]) > MOVED * math.hypot(then["error"], now["error"])
    return Text.assemble(f"{chance_text(then)}\n", (f"→ {chance_text(now)}", "bold" if far else ""))


def percent(share: float | None) -> str:
    """A share in percent, a dash where there is none.

    Examples
    --------
    >>> percent(0.5), percent(0.004)
    ('50 %', '0.4 %')
    """
    if share is None:
        return "–"
    return f"{100 * share:.1f} %" if share < 0.1 and share > 0 else f"{100 * share:.0f} %"


def _records(records: Sequence[WatchedRecord]) -> FittingTable:
    table = FittingTable(
        [
            Column("date", left=True, rank=2),
            Column("known on", left=True, rank=5),
            Column("board", left=True, rank=3),
            Column("actor", left=True, rank=4),
            Column("model", words=True),
            Column("score"),
            Column("90 % of the run", rank=1),
            Column("", left=True),
        ],
        box=SIMPLE_HEAD,
        padding=0,
    )
    for record in records[-NEWEST:]:
        table.add_row(*_record_cells(record))
    if len(records) > NEWEST:
        table.add_row("", "", "", "", f"and {len(records) - NEWEST} earlier ones: see --json")
    return table


def _record_cells(record: WatchedRecord) -> list[str]:
    q: Mapping[str, float] = record["quantiles"]
    where = "" if record["inside90"] else ("above" if record["score"] > q["0.95"] else "below")
    expected = f"{q['0.05']:.1f} – {q['0.95']:.1f}"
    named = [record["date"], record["known_on"], record["benchmark"], record["actor"], record["model"]]
    return [*named, f"{record['score']:.1f}", expected, where]
