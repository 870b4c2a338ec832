"""What the default card said of mid-2026 before any later score was looked at: stated once, compared ever after.

The card read evidence up to 2026-04-23. Its predictive quantiles of the four gaps at two later quarter ends are written
to docs/backtests/frozen-2026-04.json, committed before the card is fitted to newer rows; the gaps that came are added
by whoever brings them. `seen` is what a leaderboard shows, `true` the latent scores.

Usage: python benchmarks/frozen.py
"""

from __future__ import annotations

from pathlib import Path

import meekcast as mk
from meekcast.files import to_json

CARD, DATES = "leaderboard", ("2026-06-30", "2026-09-30")
FILE = Path(__file__).parents[1] / "docs" / "backtests" / "frozen-2026-04.json"


def main() -> None:
    """Forecast with the card as it stands and write what it says."""
    f = mk.forecast(CARD, today="2026-11-24", seed=0)
    gaps = {
        benchmark.name: {
            "unit": benchmark.unit,
            "seen": _quantiles(f, f"{benchmark.name}_gap_observed"),
            "true": _quantiles(f, f"{benchmark.name}_gap"),
        }
        for benchmark in f.inputs.card.observed
    }
    said = {
        "schema": "meekcast.frozen/1",
        "card": CARD,
        "hashes": f.inputs.hashes,
        "evidence": {entry["name"]: entry["last_date"] for entry in f.document["evidence"]},
        "diagnostics": f.document["diagnostics"],
        "gaps": gaps,
    }
    FILE.write_text(to_json(said) + "\n", encoding="utf-8")


def _quantiles(f: mk.Forecast, quantity: str) -> dict[str, dict[str, float]]:
    """Quantiles of a gap at each date."""
    rows = zip(DATES, f.at(quantity, DATES).to_dict("records"), strict=True)
    return {date: {f"{p:g}": round(value, 4) for p, value in row.items()} for date, row in rows}


if __name__ == "__main__":
    main()
