"""How the sampler does at many seeds: every card that is sampled, and the default card as of every origin of its backtest.

Usage: python benchmarks/seeds.py [--seeds N] [--write] [CARD | DATE ...]

A row is one posterior; figures are the worst of all seeds, but for CPU seconds, of which it is the median. With --write
the table goes to docs/sampling.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from meekcast.backtests.targets import targets
from meekcast.cards import library
from meekcast.inference.compiling import compiled
from meekcast.inference.diagnostics import Diagnostics, judge
from meekcast.inference.sampler import Settings, Silent, sample
from meekcast.inputs import Inputs, gather

PAGE = Path(__file__).parents[1] / "docs" / "sampling.md"
DEFAULT = "leaderboard"
HEAD = (
    "| posterior | observations | ok | divergent seeds | r-hat, worst | ESS, worst | E-BFMI, worst | steps a draw | CPU s |",
    "|---|---|---|---|---|---|---|---|---|",
)


class Fit(NamedTuple):
    """The verdict on one fit, and the CPU seconds of sampling."""

    verdict: Diagnostics
    cpu: float


def fit(inputs: Inputs, seed: int) -> Fit:
    """Sample once, with code that is at hand."""
    begun = time.process_time()
    chains = sample(inputs, Settings(seed=seed), Silent())
    cpu = time.process_time() - begun
    return Fit(judge(chains, "nutpie"), cpu)


def row(name: str, inputs: Inputs, seeds: int) -> str:
    """One line of the table."""
    compiled(inputs, Silent())
    fits = [fit(inputs, seed) for seed in range(seeds)]
    found = [f.verdict for f in fits]
    cells = (
        name,
        sum(len(rows) for _, rows in inputs.data),
        f"{sum(d.status == 'ok' for d in found)} of {seeds}",
        sum(bool(d.divergences) for d in found),
        f"{max(d.r_hat_max or 0.0 for d in found):.3f}",
        f"{min(min(d.ess_bulk_min or 0.0, d.ess_tail_min or 0.0) for d in found):.0f}",
        f"{min(d.bfmi_min or 0.0 for d in found):.2f}",
        f"{statistics.median(d.steps_per_draw or 0.0 for d in found):.0f}",
        f"{statistics.median(f.cpu for f in fits):.1f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def posteriors(wanted: list[str]) -> Iterator[tuple[str, Inputs]]:
    """Those that were named, or all of them."""
    for name in library.names("models"):
        inputs = gather(name)
        if inputs.data and (not wanted or name in wanted):
            yield f"`{name}`", inputs
    default = gather(DEFAULT)
    for origin in sorted({target.origin for target in targets(default)[0]}):
        if not wanted or str(origin) in wanted:
            yield f"as of {origin}", default.at(origin)


def main() -> None:
    """Print the table, a line when it is known."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wanted", nargs="*", metavar="CARD|DATE")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines = [*HEAD]
    print("\n".join(HEAD))
    for name, inputs in posteriors(asked.wanted):
        lines.append(row(name, inputs, asked.seeds))
        print(lines[-1], flush=True)
    if asked.write:
        before, mark, _ = PAGE.read_text(encoding="utf-8").partition("<!-- table: benchmarks/seeds.py -->\n")
        made = f"\nMade on {dt.date.today()}, {asked.seeds} seeds each, settings {Settings()}.\n\n"
        PAGE.write_text(before + mark + made + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
