"""What changed between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.report.tables import date_text
from meekcast.runs.diff import as_text

if TYPE_CHECKING:
    from meekcast.runs.diff import Difference
    from meekcast.runs.read import StoredRun


def diff_report(
    runs: tuple[StoredRun, StoredRun], inputs: Sequence[Difference], results: Sequence[Difference]
) -> RenderableType:
    """Differences of what went in, then of what came out."""
    parts: list[RenderableType] = []
    for title, found, none in (
        ("What went in", inputs, "No input differs: card, priors, evidence, settings, code and versions are the same."),
        ("What came out", results, "No result differs: dates and probabilities are the same."),
    ):
        parts.append(Text(f"\n{title}", style="bold"))
        shown = [difference for difference in found if not difference.is_prose]
        parts += [_table(shown, runs)] if shown else []
        if len(shown) < len(found):
            parts.append(Text(f"and {len(found) - len(shown)} texts (sources, rationales): see --json", style="dim"))
        parts += [] if found else [Text(none)]
    return Group(*parts)


def _table(found: Sequence[Difference], runs: tuple[StoredRun, StoredRun]) -> Table:
    table = Table()
    table.add_column("what", overflow="fold", ratio=3)
    for run in runs:
        table.add_column(Text(str(run.folder)), overflow="fold", ratio=2)
    where = ""
    for difference in found:
        if difference.where != where:
            where = difference.where
            table.add_section()
            table.add_row(Text(where, style="bold"))
        values = zip(runs, (difference.first, difference.second), strict=True)
        table.add_row(Text(f"  {difference.what}"), *(_shown(difference.what, v, run) for run, v in values))
    return table


def _shown(what: str, value: Any, run: StoredRun) -> str:
    """A date as a date, a probability in percent, everything else as it is."""
    if value is not None and what.startswith("date, "):
        return date_text(value, run.summary)
    if value is not None and what.startswith("P("):
        return f"{100 * value:.1f} %"
    return as_text(value)
