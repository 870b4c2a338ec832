"""Tables of evidence for readers: every row with its source and licence, and what it says about parameters."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.cards.overview import BoardDocument, BoardSummary, RecordDocument, ScoreDocument, TableSummary
from meekcast.cards.reading import ENOUGH_RECORDS
from meekcast.observations import EvidenceTable, ParameterTable, TrendTable
from meekcast.observations.schema import FRONTIER
from meekcast.report.cards import INTERVAL, flow, heading, interval_text
from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text

HEADINGS = {"price_band": "price\nband", "open_weights": "open\nweights", "home_computer": "home\ncomputer"}
"""Names of actors that a heading breaks."""

RARE = ("home_computer", "pennies")
"""Actors that a narrow terminal leaves out first."""

DECIMALS = {"points": 1, "index": 1, "elo": 0}
"""Digits that a score shows; the documents (``--json``) have it in full."""


def overview_report(boards: Sequence[BoardSummary], others: Sequence[TableSummary]) -> RenderableType:
    """Boards with the records of the usual actors, then what else there is."""
    parts: list[RenderableType] = [_boards(boards), Text(_counted(boards) + "\n")] if boards else []
    for title, kinds in (("published records and gaps", ("records", "gaps")), ("on parameters", ("trend", "losses"))):
        listed = [table for table in others if table["kind"] in kinds]
        if listed:
            parts += [Text(f"{title}:"), _listed(listed)]
    return Group(*parts, Text("Show one with `meekcast evidence NAME`.", style="dim"))


def _boards(boards: Sequence[BoardSummary]) -> FittingTable:
    actors = list(boards[0]["records"])
    rows = FittingTable(
        [
            Column("board", left=True),
            Column("title", rank=8, words=True),
            Column("scores", rank=5),
            *(Column(HEADINGS.get(a, a), rank=3 if a in RARE else 0) for a in actors),
            Column("first", rank=7),
            Column("last", rank=6),
            Column("as of", rank=4),
            Column("age,\nmonths", rank=2),
        ]
    )
    for board in boards:
        usable = {FRONTIER: board["records"][FRONTIER] >= ENOUGH_RECORDS, **board["usable"]}
        counts = [f"{n}" if usable[actor] else f"({n})" for actor, n in board["records"].items()]
        months = (board["first"][:7], board["last"][:7])
        age = f"{board['age_months']:.0f}"
        rows.add_row(board["name"], board["title"], str(board["scores"]), *counts, *months, board["as_of"], age)
    return rows


def _counted(boards: Sequence[BoardSummary]) -> str:
    """What the numbers under an actor are."""
    said = "under an actor: records, models that beat all before them"
    if all(all(board["usable"].values()) for board in boards):
        return said
    return f"{said}; in brackets: fewer than {ENOUGH_RECORDS} of the frontier or of it, too few for a card"


def _listed(tables: Sequence[TableSummary]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for table in tables:
        grid.add_row(table["name"], table["title"])
    return grid


def board_report(board: BoardDocument) -> RenderableType:
    """All scores of a board, the records of the usual actors, and where they are from."""
    facts = f"unit: {board['unit']}"
    facts += f", a guess scores {board['chance']:g}" if board["chance"] is not None else ""
    facts += f"; {board['questions']} questions" if board["questions"] else ""
    facts += f"; dates to the {board['date_precision']}; as of {board['as_of']}"
    if board["vintages"]:
        facts += f"; {len(board['vintages'])} vintages since {board['vintages'][0]}, shown is the newest"
    facts += "\nprices in USD per million tokens, 3 parts input and 1 part output; an empty cell is unknown"
    rules = [f"{name}: {rule}" for name, rule in board["rules"].items()]
    told = "\n".join(["records: models that beat all before them, from when on they count for the actor", *rules])
    about = f"source: {board['source']}\nlicence: {board['licence']}\n{flow(board['caveats'])}"
    decimals = DECIMALS[board["unit"]]
    return Group(
        heading(board["name"], board["title"]),
        Text(facts),
        _scores(board["scores"], decimals),
        Text(f"\n{told}"),
        _board_records(board["records"], decimals),
        Text(about),
    )


def _scores(scores: Sequence[ScoreDocument], decimals: int) -> FittingTable:
    """All scores; what is known of no model has no column."""
    weights = {True: "yes", False: "no", None: ""}
    columns = {
        Column("date", left=True): [s["released"] or s["known_on"] or "" for s in scores],
        Column("model", words=True): [s["model"] for s in scores],
        Column("score"): [_fixed(s["score"], decimals) for s in scores],
        Column("SE", rank=5): [_fixed(s["score_se"], decimals) for s in scores],
        Column("price", rank=1): [_short(s["price"]) for s in scores],
        Column("price\nnow", rank=4): [_short(s["price_now"]) for s in scores],
        Column("open\nweights", rank=2): [weights[s["open_weights"]] for s in scores],
        Column("parameters", rank=3): [_parameters(s["parameters"]) for s in scores],
        Column("cost of\na task", rank=6): [_short(s["cost_per_task"]) for s in scores],
    }
    shown = {column: cells for column, cells in columns.items() if any(cells)}
    rows = FittingTable(list(shown))
    for cells in zip(*shown.values(), strict=True):
        rows.add_row(*cells)
    return rows


def _board_records(records: dict[str, list[RecordDocument]], decimals: int) -> FittingTable:
    columns = (Column("date", left=True), Column("model", words=True), Column("score"), Column("price", rank=1))
    rows = FittingTable([Column("actor", left=True), *columns])
    for actor, held in records.items():
        for r in held:
            rows.add_row(actor, r["date"], r["model"], _fixed(r["score"], decimals), _short(r["price"]))
        if not held:
            rows.add_row(actor, "", "none")
        rows.add_section()
    return rows


def _fixed(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def _short(value: float | None) -> str:
    return "" if value is None else number_text(value, 3)


def _parameters(value: float | None) -> str:
    """A number of parameters, in billions.

    Examples
    --------
    >>> _parameters(40e9), _parameters(6.7e11), _parameters(None)
    ('40e9', '670e9', '')
    """
    return "" if value is None else f"{number_text(value / 1e9, 3)}e9"


def evidence_report(table: EvidenceTable | ParameterTable) -> RenderableType:
    """Published records or gaps, values of a trend, or losses."""
    return _published(table) if isinstance(table, EvidenceTable) else _informing(table)


def _published(table: EvidenceTable) -> RenderableType:
    rows = _gaps(table) if table.kind == "gaps" else _records(table)
    units = f"unit: {table.unit}; dates to the {table.date_precision}; prices in USD per million tokens"
    facts = f"rule: {table.rule}\n{units}"
    about = f"source: {table.source}\nlicence: {table.licence}\n{flow(table.caveats)}"
    return Group(heading(table.name, table.title), Text(facts), rows, Text(about))


def _gaps(table: EvidenceTable) -> FittingTable:
    rows = FittingTable([Column(name) for name in ("date", "frontier", "budget", "gap")])
    for g in sorted(table.gaps, key=lambda g: g.date):
        rows.add_row(str(g.date), *map(number_text, (g.frontier, g.budget, g.frontier - g.budget)))
    return rows


def _records(table: EvidenceTable) -> FittingTable:
    rows = FittingTable(
        [
            Column("actor", rank=1),
            Column("date"),
            Column("model", words=True),
            Column("score"),
            Column("SE", rank=3),
            Column("price", rank=2),
        ]
    )
    for r in sorted(table.records, key=lambda r: (r.actor, r.date)):
        known = ("" if value is None else f"{value:g}" for value in (r.score_se, r.price))
        rows.add_row(r.actor, str(r.date), r.model, f"{r.score:g}", *known)
    return rows


def _informing(table: ParameterTable) -> RenderableType:
    """Rows of a trend or of losses, and what they say about the parameters that they inform."""
    if isinstance(table, TrendTable):
        rows = FittingTable([Column("date"), Column("value"), Column("label", words=True)])
        for t in sorted(table.rows, key=lambda r: r.date):
            left_out = "" if t in table.used() else f" (before {table.since}: left out)"
            rows.add_row(str(t.date), number_text(t.value), t.label + left_out)
        why = f"extra SD of ln {table.parameter}: {table.extra_sd:g}. {flow(table.rationale)}"
    else:
        rows = FittingTable([Column("model", words=True), *map(Column, ("params", "tokens", "loss"))])
        for r in table.used():
            rows.add_row(r.model, *map(number_text, (r.params, r.tokens, r.loss)))
        why = f"SD of alpha between corpora: {table.corpus_sd:g}, turning the law about its loss at 1e20 FLOP"
    measurement = table.measurement()
    quantiles = measurement.quantiles(INTERVAL) if measurement else {}
    said = "; ".join(f"{name} {interval_text(values)}" for name, values in quantiles.items())
    facts = f"says, by itself: {said}, median and 90 %\nunit: {table.unit}"
    about = f"{why}\nsource: {table.source}\nlicence: {table.licence}\n{flow(table.caveats)}"
    return Group(heading(table.name, table.title), Text(facts), rows, Text(about))
