"""The table of a grid of forecasts: each at its place, and what each axis does to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.layout import Column, FittingTable
from meekcast.report.tables import by_column, probability_text
from meekcast.vocabulary.expression import number_text
from meekcast.whatif.sweeps.file import shape_text

if TYPE_CHECKING:
    from meekcast.whatif.sweeps.summary import SweepDocument, SweepRow

ROWS = 40
"""Of a table that a terminal shows."""


def sweep_report(document: SweepDocument) -> RenderableType:
    """The first event of a grid at each place, and averaged along each axis.

    Parameters
    ----------
    document : dict
        From `meekcast.whatif.sweeps.summary.sweep_document`.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    size = shape_text({name: len(values) for name, values in document["axes"].items()})
    absent = document["places"] - document["forecasts"]
    counted = f"{document['forecasts']} forecasts" + (f"; {absent} places of the grid have none" if absent else "")
    seeds = len(document["axes"]["seed"])
    note = f"P by each year{f', mean of {seeds} seeds ± half their range' if seeds > 1 else ''}:"
    parts: list[RenderableType] = [
        Text(f"\nSweep: {size or 'one forecast'}", style="bold"),
        Text(counted),
        Text(f"Event: {document['event']}"),
    ]
    parts += [Text(note, style="dim"), _places(document)]
    left = len(document["rows"]) - ROWS
    parts += [Text(f"{left} rows more are in the file.", style="dim")] if left > 0 else []
    if document["along"]:
        parts += [
            Text("\nAlong each axis, mean of the forecasts that exist at all its values:", style="dim"),
            _axes(document),
        ]
    return Group(*parts, *(Text(f"file  {file}") for file in document["files"]))


def _heads(document: SweepDocument) -> list[Column]:
    calendar = document["clock"] == "calendar"
    columns = [by_column(number_text(year), calendar) for year in document["by"]]
    return [Column(column.heading, rank) for rank, column in enumerate(columns)]


def _places(document: SweepDocument) -> FittingTable:
    axes = [name for name, values in document["axes"].items() if name != "seed" and len(values) > 1] or ["card"]
    table = FittingTable(
        [
            Column(", ".join(axes), words=True),
            *_heads(document),
            Column("R-hat", rank=len(document["by"])),
            Column("status"),
        ]
    )
    for row in document["rows"][:ROWS]:
        place = ", ".join(row["at"][axis] for axis in axes)
        if any(row["probability"]) or not row["status"][0].startswith("does not exist"):
            r_hat = "" if row["r_hat"] is None else f"{row['r_hat']:.3f}"
            table.add_row(place, *_chances(row), r_hat, ", ".join(row["status"]))
        else:
            table.add_row(f"{place}: {row['status'][0]}", *[""] * len(document["by"]), "", "none")
    return table


def _chances(row: SweepRow) -> list[str]:
    def text(value: float | None, half: float | None) -> str:
        if value is None:
            return "not asked"
        return probability_text(value) + (f"\n± {100 * half:.1f}" if half else "")

    return [text(*pair) for pair in zip(row["probability"], row["between_seeds"], strict=True)]


def _axes(document: SweepDocument) -> FittingTable:
    table = FittingTable([Column("axis", words=True), *_heads(document)])
    for axis, values in document["along"].items():
        table.add_section()
        for value, chances in values.items():
            table.add_row(f"{axis} {value}", *("" if p is None else probability_text(p) for p in chances))
    return table
