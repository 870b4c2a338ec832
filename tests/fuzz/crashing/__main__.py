"""`make attack`: kill or interrupt every command that writes at N random moments, and let P processes write into one place.

Exit code 1 if an earlier result was lost, or what lies there in the end is not what one of them, or all, would have left.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from crashing.kill import HITS, Crashes, load, moments
from crashing.together import GROUPS, together
from crashing.writers import WRITERS, Writer


def asked() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make attack", description="Kill -9 at random moments of what writes.")
    parser.add_argument("n", nargs="?", type=int, default=20, metavar="N", help="moments a command; 20 by default")
    parser.add_argument("--seed", type=int, default=0, help="other moments")
    parser.add_argument("--again", type=int, default=4, metavar="K", help="call every K-th once more; 4 by default")
    parser.add_argument("--interrupt", action="store_true", help="Ctrl-C instead: one message, and all processes end")
    parser.add_argument("--together", type=int, default=8, metavar="P", help="processes at once; 8 by default")
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"some of {', '.join(w.name for w in WRITERS)}")
    return parser.parse_args()


def attacked(writer: Writer, folder: Path, options: argparse.Namespace) -> tuple[int, int]:
    """Kill one command; how often it was hit, and how many moments went wrong."""
    begun, wrong = time.perf_counter(), 0
    crashes = Crashes(writer, folder, signal.SIGINT if options.interrupt else signal.SIGKILL)
    try:
        for i, moment in enumerate(moments(crashes, options.n, options.seed)):
            for fault in crashes.kill(moment, again=i % options.again == 0):
                wrong += 1
                print(f"  {writer.name}, hit after {moment:.3f} of {crashes.seconds:.3f} s: {fault}")
    finally:  # who stops it wants to know how far it came
        told = ", ".join(f"{number} {what}" for what, number in crashes.counts.items() if number)
        print(f"{writer.name}: {told}; {wrong} faults; {time.perf_counter() - begun:.0f} s", flush=True)
    return crashes.counts[HITS], wrong


def main() -> int:
    """Attack."""
    options = asked()
    load()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = [writer for writer in WRITERS if not options.only or writer.name in options.only]
    with tempfile.TemporaryDirectory() as folder:
        found = [attacked(writer, Path(folder) / f"{i}", options) for i, writer in enumerate(chosen)]
        hits, wrong = (sum(numbers) for numbers in zip((0, 0), *found, strict=True))
        groups = [group for group in GROUPS if options.together and (not options.only or group.name in options.only)]
        wrong += sum(together(group, Path(folder) / group.name, options.together) for group in groups)
    print(f"{hits} {'interrupts' if options.interrupt else 'kills'}, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
