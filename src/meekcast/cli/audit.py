"""``meekcast replay`` and ``meekcast diff``: whether a run comes out again, and what changed between two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.files import to_json
from meekcast.report.progress import LiveProgress
from meekcast.report.tables import date_text, err_console, out_console
from meekcast.runs.diff import Difference, as_text, differences
from meekcast.runs.read import StoredRun, open_run
from meekcast.runs.replay import Replay, replay

EXIT_OK, EXIT_DIFFERENT = 0, 1


def run_replay(manifest: Path, out: Path | None, cached: bool, json: bool) -> int:
    """Replay, print what came out; returns the exit code: 1 where an output differs."""
    with LiveProgress(err_console()) as progress:
        from meekcast.plots.forecast import draw_run

        found = replay(manifest, out, progress, draw=draw_run, fresh=not cached)
    if json:
        print(to_json({"identical": found.identical, "different": found.different, "changed": _pairs(found)}))
    else:
        out_console().print(_replayed(found))
    return EXIT_DIFFERENT if found.different else EXIT_OK


def _pairs(found: Replay) -> dict[str, dict[str, Any]]:
    return {key: {"then": then, "now": now} for key, (then, now) in found.changed.items()}


def _replayed(found: Replay) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
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


def run_diff(first: Path, second: Path, json: bool) -> None:
    """Print what changed between two runs."""
    runs = open_run(first).verified(), open_run(second).verified()
    inputs, results = differences(*runs)
    if json:
        print(to_json({"inputs": [d._asdict() for d in inputs], "results": [d._asdict() for d in results]}))
    else:
        out_console().print(_differed(runs, inputs, results))


def _differed(runs: tuple[StoredRun, StoredRun], inputs: list[Difference], results: list[Difference]) -> RenderableType:
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


def _table(found: list[Difference], runs: tuple[StoredRun, StoredRun]) -> Table:
    table = Table()
    table.add_column("what", overflow="fold")
    for run in runs:
        table.add_column(str(run.folder), overflow="fold")
    where = ""
    for difference in found:
        if difference.where != where:
            where = difference.where
            table.add_section()
            table.add_row(Text(where, style="bold"))
        values = zip(runs, (difference.first, difference.second), strict=True)
        table.add_row(Text(f"  {difference.what}"), *(Text(_shown(difference.what, v, run)) for run, v in values))
    return table


def _shown(what: str, value: Any, run: StoredRun) -> str:
    """A date as a date, a probability in percent, everything else as it is."""
    if value is not None and what.startswith("date, "):
        return date_text(value, run.summary)
    if value is not None and what.startswith("P("):
        return f"{100 * value:.1f} %"
    return as_text(value)
