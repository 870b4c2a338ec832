"""A prior from stated quantiles: what was said, what each family says, and the entry of a prior set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.beliefs.elicitation import SHOWN
from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text

if TYPE_CHECKING:
    from meekcast.beliefs.elicitation import Beyond, Fit
    from meekcast.vocabulary.parameters import Parameter

POOR = 0.05
"""Error in cumulative probability above which a fit is not what was said."""


def elicit_document(found: Sequence[Fit], others: Sequence[Beyond], text: str, picture: Path) -> dict[str, object]:
    """Fits, entry and picture as plain values."""
    rows = [
        {"prior": f.prior.text, "family": f.prior.family, "error": f.error, "stated": f.asked, "fitted": f.fitted}
        for f in found
    ]
    beside = [other._asdict() for other in others]
    return {"taken": rows[0], "fits": rows, "beyond_the_grammar": beside, "entry": text, "picture": str(picture)}


def elicit_report(
    parameter: Parameter, found: Sequence[Fit], others: Sequence[Beyond], text: str, out: Path | None, picture: Path
) -> RenderableType:
    """Stated against fitted quantiles, what each family says where nothing was stated, and the entry."""
    notes = [Text("errors are in cumulative probability", style="dim")]
    if others:
        notes.append(Text("* fitted by PreliZ; a prior set cannot state it", style="dim"))
    if found[0].error > POOR:
        notes.append(Text("No family meets these quantiles well: think them over, or state fewer.", style="yellow"))
    head = f"{parameter.name}: {parameter.meaning}, {parameter.unit}"
    place = f"written to {out}" if out else "for a prior set (--out FILE adds it to one):"
    return Group(
        Text(head, style="bold"),
        _fits(found, others),
        *notes,
        Text(f"\n{place}\n", style="dim"),
        Text(text, overflow="ignore", no_wrap=True),  # to be copied: no line of it is broken
        Text(f"picture  {picture}", style="dim"),
    )


def _fits(found: Sequence[Fit], others: Sequence[Beyond]) -> FittingTable:
    asked = list(found[0].asked)
    further = [p for p in SHOWN if p not in asked]
    table = FittingTable(
        [
            Column("family", words=True),
            *(Column(f"{100 * p:g} %") for p in asked),
            Column("largest\nerror"),
            *(Column(f"implied\n{100 * p:g} %", rank=1) for p in further),
        ]
    )
    table.add_row("stated", *(number_text(v) for v in found[0].asked.values()))
    for i, fit in enumerate(found):
        name = f"{fit.prior.family} (taken)" if i == 0 else fit.prior.family
        implied = [number_text(fit.prior.quantile(p)) for p in further]
        table.add_row(name, *map(number_text, fit.fitted.values()), f"{fit.error:.1%}", *implied)
    for other in others:
        implied = [number_text(other.implied[p]) for p in further]
        table.add_row(f"{other.family} *", *("" for _ in asked), f"{other.error:.1%}", *implied)
    return table
