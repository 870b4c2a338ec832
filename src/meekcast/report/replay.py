"""What came out of a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.runs.diff import as_text

if TYPE_CHECKING:
    from meekcast.runs.replay import Replay


def replay_document(found: Replay) -> dict[str, Any]:
    """Outputs that are identical and different, and what changed since, as plain values."""
    changed = {key: {"then": then, "now": now} for key, (then, now) in found.changed.items()}
    return {"identical": found.identical, "different": found.different, "changed": changed}


def replay_report(found: Replay) -> RenderableType:
    """One line a file, one a change, and the verdict."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name in found.identical:
        grid.add_row("identical", name)
    for name in found.different:
        grid.add_row(Text("different", style="bold red"), name)
    for key, (then, now) in found.changed.items():
        grid.add_row("changed", f"{key}: {as_text(then)} -> {as_text(now)}")
    if not found.different:
        verdict = "Every output came out again, byte for byte."
    elif found.changed:
        verdict = "Some outputs differ; what changed since is named above."
    else:
        verdict = "Some outputs differ although nothing that is recorded changed: report this."
    kept = f"the new files are in {found.folder}" if found.folder else "the new files were not kept; --out keeps them"
    return Group(grid, Text(verdict, style="bold"), Text(kept, style="dim"))
