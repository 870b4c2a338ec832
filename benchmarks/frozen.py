"""What the default card said of mid-2026 before any later score was looked at, and what came.

The card read evidence up to 2026-04-23. Its predictive quantiles of the four gaps at two later quarter ends were
written to docs/backtests/frozen-2026-04.json, and committed, before the card was fitted to newer rows. They are never
made anew: `seen` is what a leaderboard shows, `true` the latent scores. This program adds `came`: the gaps that the
boards showed, by two rules. A model counts for the price band from the day on which it cost no more than 1 USD
("price"), or from its release, if its first price was that low ("first_price").

Usage: python benchmarks/frozen.py
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np

from meekcast.cards import library
from meekcast.clock import decimal_year
from meekcast.files import to_json
from meekcast.model.leaderboard import standing_gaps
from meekcast.observations import Actor, Entry, Rule, ScoreTable
from meekcast.observations.records import records

FILE = Path(__file__).parents[1] / "docs" / "backtests" / "frozen-2026-04.json"
BOARDS = {"mmlu_pro": "mmlu-pro-kaggle", "gpqa": "gpqa", "eci": "eci", "arena": "arena"}
RULES: tuple[Entry, ...] = ("price", "first_price")


def main() -> None:
    """Add what came to what was said."""
    said = json.loads(FILE.read_text(encoding="utf-8"))
    for benchmark, gaps in said["gaps"].items():
        gaps["came"] = {day: came(BOARDS[benchmark], dt.date.fromisoformat(day)) for day in gaps["seen"]}
    said["boards"] = BOARDS
    FILE.write_text(to_json(said) + "\n", encoding="utf-8")


def came(board: str, day: dt.date) -> dict[str, Any]:
    """Gap by each rule on a date; None where the board is not known so far."""
    table, prices = library.load_evidence(board), library.load_prices()
    assert isinstance(table, ScoreTable)
    actors = [Actor(entry, Rule(price=1.0), entry) for entry in RULES]
    if day > table.complete_until:
        return dict.fromkeys(RULES)
    found, year = records(table, prices, actors), np.array([decimal_year(day)])
    return {rule: round(float(standing_gaps(found, rule, year)[0]), 1) for rule in RULES}


if __name__ == "__main__":
    main()
