"""Whether scorecards still hold after a change of code: forecasts of a few origins made again, to the last digit.

A change in what a posterior is made of marks every scorecard as an earlier version's, even one that only refuses larger
files. Making all of them again takes an hour. This makes the first, the middle and the last origin of each again; where
every quantile, PIT and log score that ships comes out the same, the scorecard is this version's, and says which origins
were made again. Where one differs, nothing is written: backtest the card.

Usage: python benchmarks/confirm.py [CARD ...]
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from meekcast import cache
from meekcast.backtests import shelf
from meekcast.backtests.run import SETTINGS, backtest
from meekcast.backtests.scorecard import held_out
from meekcast.backtests.summary import document
from meekcast.files import by_entries, replacing
from meekcast.inputs import gather
from meekcast.report.progress import LiveProgress
from meekcast.report.terminal import err_console


def own(rows: list[dict[str, Any]], origins: list[str]) -> list[dict[str, Any]]:
    """Forecasts of the card at some origins; the pool's hang on those before."""
    return [{key: row[key] for key in row if key != "pool"} for row in rows if row["origin"] in origins]


def confirm(card: str) -> bool:
    """Make a few origins again; whether they are as they ship, in which case the files say so."""
    inputs, file = gather(card), shelf.HELD_OUT_SHELF / f"{card}.json"
    shipped = json.loads(file.read_bytes())
    if shipped["hashes"] != inputs.hashes:
        return False
    known = sorted({row["origin"] for row in shipped["rows"]})
    chosen = sorted({known[0], known[len(known) // 2], known[-1]})
    with LiveProgress(err_console()) as progress:
        found = backtest(inputs, SETTINGS, progress, origins=[dt.date.fromisoformat(origin) for origin in chosen])
    again = json.loads(by_entries(held_out(document(found))))
    same = own(again["rows"], chosen) == own(shipped["rows"], chosen)
    if same:
        restamp(file, {})
        restamp(shelf.SHELF / f"{card}.json", {"confirmed": chosen})
    return bool(same)


def restamp(file: Path, more: dict[str, Any]) -> None:
    """Write a file anew as this version's."""
    found = {**json.loads(file.read_bytes()), "source": shelf.source(), "versions": cache.versions(), **more}
    with replacing(file) as temporary:
        temporary.write_text(by_entries(found), encoding="utf-8")


def main(names: list[str]) -> int:
    """Confirm the cards that were named, or all that have a scorecard."""
    every = sorted(file.stem for file in shelf.SHELF.glob("*.json"))
    if unknown := sorted(set(names) - set(every)):
        raise SystemExit(f"unknown: {', '.join(unknown)}; cards with a scorecard: {', '.join(every)}")
    found = {}
    for card in names or every:
        found[card] = confirm(card)
        err_console().print(f"{card}: {'the same' if found[card] else 'DIFFERS: meekcast backtest ' + card}")
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
