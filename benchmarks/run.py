"""What `make bench` measures: waits as a user feels them, and ratios against the obvious way to do the same.

Every figure is measured in this one run, on this machine, each in a process of its own; parts are files of parts/.
`--write` puts what was measured into RESULTS.md. All parts but `seeds` and `tests` take some twenty minutes.

Usage: python benchmarks/run.py [PART ...] [--repeats N] [--write]
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

import measuring
import results

PARTS = {
    "machine": "what one core can do",
    "start": "from the start of a command to its end",
    "sampler": "effective draws",
    "backtest": "the default card on past dates",
    "stack": "the default card and its variants, averaged",
    "sensitivity": "what drives the answer",
    "bands": "quantiles at every date",
    "exports": "every format, from a run of 8,000 draws and 200 dates",
    "evidence": "boards, records and imports",
    "page": "the page in a browser",
    "scale": "many fits at once",
    "seeds": "effective draws at ten seeds",
    "tests": "the suite of `make test`",
}
ONLY_WHEN_NAMED = ("seeds", "tests")


def asked() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure, against the aims and against peers.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all but seeds and tests by default"
    )
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="of what is not long; 3 by default")
    parser.add_argument("--write", action="store_true", help=f"put it into {results.FILE.name}")
    found = parser.parse_args()
    if unknown := sorted(set(found.parts) - set(PARTS)):
        parser.error(f"unknown part {', '.join(unknown)}: there are {', '.join(PARTS)}")
    if found.repeats < 1:
        parser.error(f"--repeats {found.repeats}: measure once at least")
    found.parts = found.parts or [part for part in PARTS if part not in ONLY_WHEN_NAMED]
    return found


def main() -> None:
    """Measure the parts that were asked for; each is printed, and written, as soon as it is done."""
    wanted, load = asked(), os.getloadavg()[0]
    print(f"load {load:.1f} at the start. {results.warning(load)}", file=sys.stderr)
    for part in wanted.parts:
        print(f"... measuring {part}", file=sys.stderr)
        rows = list(import_module(f"parts.{part}").rows(wanted.repeats))
        text = results.section(part, PARTS[part], load, rows)
        print(text, flush=True)
        if wanted.write:
            results.write({part: text}, tuple(PARTS))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        measuring.answer(*sys.argv[2:])
    else:
        main()
