"""How anything here is measured: wall and CPU seconds of commands and of functions, each in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

MEEKCAST = [sys.executable, "-m", "meekcast"]
TODAY = ("--today", "2026-11-21")


class Row(NamedTuple):
    """One line of a table: what was measured so many times, beside the aim and beside how others do."""

    what: str
    aim: str
    best: str
    median: str
    repeats: int
    beside: str = ""


class Spent(NamedTuple):
    """Wall and CPU seconds; of all cores together, system and children included."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{number(self.wall)} s, {number(self.cpu)} CPU s"


class Stopwatch:
    """Runs from when it is made, or started again."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin at zero."""
        self._wall, self._cpu = time.perf_counter(), _cpu()

    def read(self) -> Spent:
        """So far."""
        return Spent(time.perf_counter() - self._wall, _cpu() - self._cpu)


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def number(value: float) -> str:
    """Three digits, which is more than a busy machine is good for."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def best(taken: Sequence[Spent]) -> Spent:
    """The least of each: other programs can only add to it."""
    return Spent(min(t.wall for t in taken), min(t.cpu for t in taken))


def median(taken: Sequence[Spent]) -> Spent:
    """The median of each."""
    return Spent(statistics.median(t.wall for t in taken), statistics.median(t.cpu for t in taken))


def timed(what: str, taken: Sequence[Spent], aim: str = "", beside: str = "") -> Row:
    """A line about seconds."""
    return Row(what, aim, str(best(taken)), str(median(taken)), len(taken), beside)


def rated(what: str, amount: float, unit: str, taken: Sequence[Spent], aim: str = "", beside: str = "") -> Row:
    """A line about how much is done a second."""
    cells = [
        f"{number(amount / spent.wall)} {unit} / s, {number(amount / spent.cpu)} / CPU s"
        for spent in (best(taken), median(taken))
    ]
    return Row(what, aim, *cells, len(taken), beside)


def against(mine: Sequence[Spent], peers: Mapping[str, Sequence[Spent]]) -> str:
    """What peers took, and how many times as long that is, in wall and in CPU seconds."""
    us, said = best(mine), []
    for name, taken in peers.items():
        them = best(taken)
        said.append(f"{name} {them}: {number(them.wall / us.wall)} x, {number(them.cpu / us.cpu)} x")
    return "; ".join(said)


def command(arguments: Sequence[str], environment: Mapping[str, str], repeats: int = 1) -> list[Spent]:
    """From the start of a process in this folder to its end, so many times; one that fails ends the bench."""
    taken = []
    for _ in range(repeats):
        watch = Stopwatch()
        done = subprocess.run(
            arguments, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        taken.append(watch.read())
        if done.returncode:
            sys.exit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr or done.stdout}")
    return taken


def meekcast(*arguments: str | Path, repeats: int = 1, **environment: str) -> list[Spent]:
    """The same of a command of ours, in an environment with some variables changed."""
    return command([*MEEKCAST, *map(str, arguments)], {**os.environ, **environment}, repeats)


def in_process(function: str, *arguments: Any, **environment: str) -> dict[str, Any]:
    """Call a function, named ``file:function``, in a process of its own; what it returns goes through JSON."""
    asked = [sys.executable, str(Path(__file__).with_name("run.py")), "--child", function, json.dumps(arguments)]
    surroundings = {**os.environ, **environment}
    done = subprocess.run(asked, env=surroundings, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def answer(function: str, arguments: str) -> None:
    """Be that process."""
    module, name = function.split(":")
    print(json.dumps(getattr(import_module(module), name)(*json.loads(arguments))))


def seconds(runs: Sequence[Mapping[str, Any]]) -> list[Spent]:
    """What functions said of their time, under ``spent``."""
    return [Spent(*run["spent"]) for run in runs]


@contextmanager
def empty_home(folder: Path) -> Iterator[dict[str, str]]:
    """Environment of somebody who has never called meekcast: nothing compiled, sampled or looked up before."""
    kept = ("MEEKCAST_CACHE", "MEEKCAST_EVIDENCE", "PYTENSOR_FLAGS", "NUMBA_CACHE_DIR", "MPLCONFIGDIR")
    removed = {name: os.environ.pop(name) for name in (*kept, "XDG_CACHE_HOME") if name in os.environ}
    try:
        yield {"HOME": str(folder)}
    finally:
        os.environ.update(removed)
