"""`make fuzz`: so many inputs, each kind of fault with its smallest input; exit code 1 if there is one."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from pathlib import Path

from fuzzing.search import Found, timed
from fuzzing.targets import Target, targets

MEMORY = 8 * 2**30
"""Bytes that this process may have."""


def asked() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make fuzz", description="Feed meekcast what is wrong.")
    parser.add_argument("n", nargs="?", type=int, default=5000, metavar="N", help="inputs in all; 5000 by default")
    parser.add_argument("--seed", type=int, default=0, help="other inputs")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some targets; all by default")
    return parser.parse_args()


def shares(chosen: list[Target], n: int) -> list[int]:
    """Inputs a target: the quicker it is, the more."""
    weights = [target.cost**-0.5 for target in chosen]
    return [max(1, round(n * weight / sum(weights))) for weight in weights]


def tell(found: Found) -> None:
    """Print faults."""
    for kind, given in found.faults.items():
        print(f"  {kind}\n    {given[:300]!r}")
        print("    " + found.traces[kind].strip().replace("\n", "\n    ")[-1500:])


def main() -> int:
    """Fuzz."""
    options = asked()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MEEKCAST_EVIDENCE"] = folder
        chosen = [target for target in targets(Path(folder)) if not options.only or target.name in options.only]
        total = faults = 0
        for target, n in zip(chosen, shares(chosen, options.n), strict=True):
            found, seconds = timed(target, n, options.seed)
            total += found.inputs
            print(
                f"{target.name}: {found.inputs} inputs, {len(found.faults)} kinds of fault, {seconds:.0f} s", flush=True
            )
            tell(found)
            faults += len(found.faults)
    print(f"{total} inputs, {faults} kinds of fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
