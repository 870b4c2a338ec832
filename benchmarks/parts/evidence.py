"""The list of boards, what it consists of (reading them, the records that follow from rules), and an import."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from measuring import Row, Spent, Stopwatch, in_process, meekcast, seconds, timed

BOARD, PRICED = 5_000, 2_000
COLUMNS = {
    "model": "Model", "date": "Released", "score": "Points", "score_se": "SE", "open_weights": "Open", "price": "USD",
}  # fmt: skip


def recorded(part: str) -> dict[str, Any]:
    """Time of reading all boards and price lists, or of the records of the usual actors on all of them."""
    from meekcast.cards import library
    from meekcast.observations import USUAL_ACTORS, ScoreTable
    from meekcast.observations.records import records

    watch = Stopwatch()
    tables = [library.load_evidence(name) for name in library.names("evidence")]
    prices = library.load_prices()
    boards = [table for table in tables if isinstance(table, ScoreTable)]
    if part == "records":
        watch.start()
        found = [records(table, prices, USUAL_ACTORS) for table in boards]
        assert all(table.records for table in found), "a board without records"
    spent = watch.read()
    counted = (
        f"{len(boards)} boards, {sum(b.size for b in boards)} rows, {sum(map(len, prices.by_model.values()))} prices"
    )
    return {"spent": spent, "counted": counted}


def rows(repeats: int) -> Iterator[Row]:
    """The command, its parts, and a refresh."""
    yield timed("`meekcast evidence`", meekcast("evidence", repeats=repeats))
    for part, what in (
        ("reading", "reading all boards and price lists"),
        ("records", "records of all boards, the frontier and the usual actors"),
    ):
        runs = [in_process("parts.evidence:recorded", part) for _ in range(repeats)]
        yield timed(what, seconds(runs), "", runs[0]["counted"])
    what = f"evidence import of {BOARD:,} rows and {PRICED:,} price changes"
    yield timed(what, [_imported() for _ in range(repeats)], "", "the difference and writing included")


def made_up_board(file: Path, edition: int) -> None:
    """A board of many models, some with a price; every score and every price is another in each edition."""
    lines = ["Model,Released,Points,SE,Open,USD"]
    for i in range(BOARD):
        day = date(2023, 1, 1) + timedelta(days=i // 4)
        price = f"{0.1 + (i % 97) / 10 + edition / 10:g}" if i < PRICED else ""
        lines.append(f"Model {i},{day},{20 + (i * 7 + edition) % 7500 / 100:g},1.2,{'yes' if i % 3 else 'no'},{price}")
    file.write_text("\n".join(lines), encoding="utf-8")


def _imported() -> Spent:
    """A refresh: every score and price of what stands is another."""
    with tempfile.TemporaryDirectory() as name:
        file, own = Path(name) / "board.csv", f"{name}/evidence"
        asked = ["evidence", "import", file, "--as", "board", *(f"--column={k}={v}" for k, v in COLUMNS.items())]
        made_up_board(file, 1)
        meekcast(*asked, "--unit=points", "--chance=20", "--as-of=2026-07-01", MEEKCAST_EVIDENCE=own)
        made_up_board(file, 2)
        return meekcast(*asked, "--as-of=2026-08-01", MEEKCAST_EVIDENCE=own)[0]
