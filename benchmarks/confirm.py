"""Whether scorecards and calibrations still hold after a change of code: a few made again, to the last digit.

A change in what a posterior is made of marks all of them as an earlier version's, even one that only refuses larger
files. Making all of them again takes half a day. This makes the first, the middle and the last origin of each
scorecard, and the same simulations of each calibration, again; where every quantile, PIT and log score, or every rank,
r-hat and ESS that ships comes out the same, what ships is this version's, and says which were made again. Where one
differs, nothing is written: make it anew.

Usage: python benchmarks/confirm.py [CARD ...]
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from meekcast import cache
from meekcast.backtests import shelf as scorecards
from meekcast.backtests.run import SETTINGS, backtest
from meekcast.backtests.scorecard import held_out
from meekcast.backtests.summary import document
from meekcast.calibrations import shelf as calibrations
from meekcast.calibrations.obtain import settings_of
from meekcast.calibrations.run import Simulation, calibration
from meekcast.files import by_entries, to_json
from meekcast.inputs import gather
from meekcast.report.progress import LiveProgress
from meekcast.report.terminal import err_console


def own(rows: list[dict[str, Any]], origins: list[str]) -> list[dict[str, Any]]:
    """Forecasts of the card at some origins; the pool's hang on those before."""
    return [{key: row[key] for key in row if key != "pool"} for row in rows if row["origin"] in origins]


def scorecard(card: str) -> bool:
    """Make a few origins again; whether they are as they ship, in which case the files say so."""
    inputs, file = gather(card), scorecards.HELD_OUT_SHELF / f"{card}.json"
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
        restamp(file, scorecards.source())
        restamp(scorecards.SHELF / f"{card}.json", scorecards.source(), confirmed=chosen)
    return bool(same)


def calibrated(card: str) -> bool:
    """Make a few simulations again; whether they are as they ship, in which case the file says so."""
    inputs, file = gather(card), calibrations.SHELF / f"{card}.json"
    shipped = json.loads(file.read_bytes())
    if shipped["hashes"] != inputs.hashes:
        return False
    chosen = [one["number"] for one in shipped["sample"]]
    others = [Simulation(i, {}, None, None, None) for i in range(shipped["simulations"]) if i not in chosen]
    with LiveProgress(err_console()) as progress:
        settings = settings_of(shipped["settings"]["seed"])
        found = calibration(inputs, shipped["simulations"], settings, shipped["process"], progress, known=others)
    same = json.loads(to_json([found.simulations[number]._asdict() for number in chosen])) == shipped["sample"]
    if same:
        restamp(file, calibrations.source(), confirmed=chosen)
    return bool(same)


def restamp(file: Path, source: str, **more: Any) -> None:
    """Write a file anew as this version's."""
    found = {**json.loads(file.read_bytes()), "source": source, "versions": cache.versions(), **more}
    cache.write_document(found, file)


KINDS: dict[str, tuple[Path, Callable[[str], bool]]] = {
    "backtest": (scorecards.SHELF, scorecard),
    "calibrate": (calibrations.SHELF, calibrated),
}
"""What ships, by the command that makes it: where it lies, and how a few are made again."""


def main(names: list[str]) -> int:
    """Confirm the cards that were named, or all of which something ships."""
    every = {name: sorted(file.stem for file in shelf.glob("*.json")) for name, (shelf, _) in KINDS.items()}
    known = sorted({card for cards in every.values() for card in cards})
    if unknown := sorted({*names} - {*known}):
        raise SystemExit(f"unknown: {', '.join(unknown)}; cards of which something ships: {', '.join(known)}")
    found = {}
    for command, (_, confirm) in KINDS.items():
        for card in [card for card in every[command] if card in names or not names]:
            found[command, card] = confirm(card)
            told = "the same" if found[command, card] else f"DIFFERS: meekcast {command} {card} --ship"
            err_console().print(f"{command} {card}: {told}")
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
