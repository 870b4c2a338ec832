"""What an import changes, for readers: the difference first, then what could not be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.observations.importing.compare import Moved
from meekcast.observations.importing.problems import Problem
from meekcast.observations.importing.run import Import
from meekcast.observations.scores import Score
from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text

MOST = 25
"""Lines of each part; ``--json`` has all."""


def import_report(changes: Import, written: Sequence[Path]) -> RenderableType:
    """Models, scores, prices and records that change; what was left out, line by line."""
    found = changes.comparison
    parts: list[RenderableType] = [Text(_title(changes), style="bold"), *map(Text, changes.notes)]
    parts += [*_models("new models", found.new), *_models("no longer on the board", found.gone)]
    parts += [*_changed(changes), *_prices(changes), *_records(found.records)]
    parts += [*_problems("not used", changes.refused), *_problems("used, but look", changes.flagged), *_names(changes)]
    parts += [Text(f"doubtful: {doubt}", style="bold yellow") for doubt in changes.doubts]
    parts += [Text("\nnothing changes")] if found.nothing else []
    parts.append(
        Text("\n".join(["", *(f"written: {path}" for path in written)]) if written else "\nnothing is written")
    )
    return Group(*parts)


def _title(changes: Import) -> str:
    publisher = f" of {changes.board.layout.publisher}" if changes.board.layout.publisher else ""
    if changes.table is None:
        return f"{changes.name}: prices{publisher}, {len(changes.comparison.prices)} new, {changes.unchanged} as before"
    table = changes.table
    return f"{changes.name}{publisher}: {table.size} scores in {table.unit}, up to {table.last_date}: {table.title}"


def _part(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[RenderableType]:
    """A heading, the first rows, and how many more there are."""
    if not rows:
        return
    yield Text(f"\n{title}: {len(rows)}", style="bold")
    table = FittingTable(columns)
    for row in rows[:MOST]:
        table.add_row(*row)
    yield table
    yield from _more(len(rows))


def _more(number: int) -> Iterator[RenderableType]:
    if number > MOST:
        yield Text(f"and {number - MOST} more: --json has all", style="dim")


def _models(title: str, rows: Sequence[Score]) -> Iterator[RenderableType]:
    """The newest models first."""
    columns = [Column("model", words=True), Column("date"), Column("score")]
    newest = sorted(rows, key=lambda row: (row.date, row.score), reverse=True)
    yield from _part(title, columns, [(row.model, str(row.date), _score(row.score)) for row in newest])


def _changed(changes: Import) -> Iterator[RenderableType]:
    """Scores that are others; facts are counted."""
    scores = [change for change in changes.comparison.changed if change.what == "score"]
    columns = [Column("model", words=True), Column("before"), Column("now")]
    told = [(c.model, *(_score(v) for v in (c.before, c.after) if isinstance(v, float))) for c in scores]
    yield from _part("changed scores", columns, told)
    facts = [change for change in changes.comparison.changed if change.what != "score"]
    columns = [Column("model", words=True), Column("what"), Column("before"), Column("now")]
    rows = [(c.model, c.what, _said(c.before), _said(c.after)) for c in facts]
    yield from _part("changed facts", columns, rows)


def _score(value: float) -> str:
    return number_text(value, 5)


def _said(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number_text(value) if isinstance(value, float) else str(value)


def _prices(changes: Import) -> Iterator[RenderableType]:
    """Cuts and rises first, then first prices."""
    columns = [Column("model", words=True), Column("from"), Column("before"), Column("now"), Column("", rank=1)]
    ordered = sorted(changes.comparison.prices, key=lambda p: (p.before is None, p.model, p.date))
    rows = [
        (p.model, str(p.date), "" if p.before is None else number_text(p.before), number_text(p.after), "first price")
        if p.before is None
        else (p.model, str(p.date), number_text(p.before), number_text(p.after), "")
        for p in ordered
    ]
    yield from _part("prices, USD per million tokens, blended", columns, rows)


def _records(moved: Sequence[Moved]) -> Iterator[RenderableType]:
    """Records that come and go."""
    columns = [Column("board"), Column("actor"), Column("", left=True), Column("model", words=True), Column("date"),
               Column("score")]  # fmt: skip
    rows = [
        (one.board, one.actor, sign, row.model, str(row.date), _score(row.score))
        for one in moved
        for sign, group in (("+", one.came), ("-", one.went))
        for row in group
    ]
    yield from _part("records that move", columns, rows)


def _problems(title: str, problems: Sequence[Problem]) -> Iterator[RenderableType]:
    if problems:
        yield Text(f"\n{title}: {len(problems)}", style="bold")
        yield Text("\n".join(str(problem) for problem in problems[:MOST]))
        yield from _more(len(problems))


def _names(changes: Import) -> Iterator[RenderableType]:
    """Names that were matched, and those that were not."""
    if changes.aliases:
        yield Text(f"\nmatched with prices by their names: {len(changes.aliases)}", style="bold")
        yield Text("; ".join(f"{name} = {model}" for name, model in list(changes.aliases.items())[:MOST]))
        yield from _more(len(changes.aliases))
    if changes.unmatched:
        what = "no price is known for" if changes.table else "on no board, by these names"
        yield Text(f"\n{what}: {len(changes.unmatched)}", style="bold")
        yield Text(", ".join(changes.unmatched[:MOST]))
        yield from _more(len(changes.unmatched))
