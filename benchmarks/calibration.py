"""What `make calibration` computes: backtests of the default card, of the same card with one thing changed, of a stack.

The variants answer what a reader of the scorecard asks next: does it hinge on which scores count as evidence,
on prices that were seen only later, on the discrepancy? They are no cards, so that nobody forecasts with them.
Each is one file of docs/backtests/, which notebooks/calibration.ipynb reads; a test holds their hashes of inputs
against today's. Without names, the cards of the default stack are backtested too, and what forecasts and stacks look up
of them is written among what ships. Fits go through the posterior cache: a run that was stopped goes on where it was.

Usage: python benchmarks/calibration.py [VARIANT ...]
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from meekcast.backtests.obtain import make_backtest, ship_backtest
from meekcast.backtests.run import SETTINGS, backtest, without_discrepancy
from meekcast.backtests.summary import document
from meekcast.cards.library import variants
from meekcast.cards.reading import boards_of
from meekcast.files import by_entries, replacing
from meekcast.inputs import Inputs, gather
from meekcast.report.progress import LiveProgress
from meekcast.report.terminal import err_console

CARD = "leaderboard"
FOLDER = Path(__file__).parents[1] / "docs" / "backtests"
PRICES_WITHIN = 90


def reread(inputs: Inputs, **changes: Any) -> Inputs:
    """Read the card's own tables in another way, by keys of every benchmark with evidence, everything else alike."""
    entries = [b.model_copy(update=changes) if b.evidence else b for b in inputs.card.benchmarks]
    card = inputs.card.model_copy(update={"benchmarks": entries})
    return dataclasses.replace(inputs, card=card, boards=boards_of(card, {}))


class Variant(NamedTuple):
    """One thing changed about the default card."""

    says: str
    change: Callable[[Inputs], Inputs]


VARIANTS = {
    "leaderboard": Variant("the default card as it ships", lambda inputs: inputs),
    "no-discrepancy": Variant("no departures from theory: constant growth", without_discrepancy),
    "quarter-ends": Variant(
        "evidence is each actor's best score so far at quarter ends, instead of records when they fall",
        lambda inputs: reread(inputs, rule="quarter_ends"),
    ),
    f"prices-within-{PRICES_WITHIN}-days": Variant(
        f"the price band holds only models whose first price was seen within {PRICES_WITHIN} days of release, in the "
        "evidence and in the gaps to be forecast",
        lambda inputs: reread(inputs, prices_within=PRICES_WITHIN),
    ),
}


def main(names: list[str]) -> None:
    """Backtest the variants that were named, or all and the default stack."""
    unknown = set(names) - set(VARIANTS)
    if unknown:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; variants: {', '.join(VARIANTS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    err = err_console()
    for name in names or VARIANTS:
        variant = VARIANTS[name]
        with LiveProgress(err) as progress:
            found = document(backtest(variant.change(gather(CARD)), SETTINGS, progress))
        file = FOLDER / f"{name}.json"
        with replacing(file) as temporary:
            temporary.write_text(by_entries({"variant": name, "says": variant.says, **found}), encoding="utf-8")
        err.print(f"wrote {file.relative_to(FOLDER.parents[1])}")
    for card in () if names else variants(CARD):
        with LiveProgress(err) as progress:
            ship_backtest(make_backtest(gather(card), SETTINGS.seed, progress))
        err.print(f"shipped {card}")


if __name__ == "__main__":
    main(sys.argv[1:])
