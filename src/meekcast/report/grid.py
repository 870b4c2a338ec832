"""The table of one question at several thresholds: thresholds by dates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.answers import lasting_text, origin
from meekcast.report.layout import Column, FittingTable
from meekcast.report.tables import by_column, chance_lines, not_by_column, probability_text
from meekcast.vocabulary.expression import number_text

if TYPE_CHECKING:
    from meekcast.whatif.documents import GridDocument


def grid_report(document: GridDocument, files: Iterable[Path]) -> RenderableType:
    """How probable a question is by each date at each threshold.

    Parameters
    ----------
    document : dict
        From `meekcast.whatif.documents.grid_document`.
    files : iterable of pathlib.Path
        What was written.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    calendar = document["clock"] == "calendar"
    horizon = f"{document['horizon']:g}" if calendar else f"year {document['horizon']:g}"
    lasting = lasting_text(document["rows"][0]["expression"])
    return Group(
        Text(f"\nWhen: {document['grid']}", style="bold"),
        *map(Text, _given(document)),
        Text(f"Date: {lasting} (horizon: {horizon}).", style="dim"),
        Text("P, ± Monte Carlo error, by each date:", style="dim"),
        _table(document, calendar),
        origin(document, files),
    )


def _given(document: GridDocument) -> list[str]:
    """What counts, the same for each threshold."""
    row = document["rows"][0]
    given = row["probability_given"]
    if given is None:
        return []
    p = probability_text(given["value"], certain=row["draws"] == 1)
    left = f"{row['draws']:,} draws, worth {row['effective_draws']:,.0f} independent ones"
    return [f"Given: {' and '.join(document['given'])}", f"  true with probability {p}: {left}"]


def _table(document: GridDocument, calendar: bool) -> FittingTable:
    """Thresholds by dates; where the terminal is narrow, later dates go first."""
    dates = [by_column(date, calendar) for date in document["by"]]
    table = FittingTable(
        [
            Column(f"{document['quantity']}\n{document['unit']}", words=True, left=True),
            *(Column(column.heading, rank) for rank, column in enumerate(dates)),
            not_by_column(document, rank=len(dates)),
        ]
    )
    for row in document["rows"]:
        shares = [*(row["probability_by"][date] for date in document["by"]), row["probability_not_by_horizon"]]
        certain = row["draws"] == 1
        shown = f"{document['operator']} {number_text(row['threshold'])}"
        table.add_row(shown, *(chance_lines(p, certain) for p in shares))
    return table
