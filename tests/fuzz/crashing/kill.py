"""Kill a command, or interrupt it, at a random moment; see what lies there, and call it again."""

from __future__ import annotations

import importlib
import math
import os
import pkgutil
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import meekcast
from crashing.writers import Writer
from meekcast.errors import EXIT_INTERRUPTED

type Tree = dict[str, bytes]

PART = ".part"
DOUBTED = 3
"""Exit code of results whose diagnostics failed."""
COMPILED = "code"
"""Folder of the cache that holds what was compiled: its bytes differ from time to time."""
HITS = "hit"
HIT = {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: EXIT_INTERRUPTED}
"""Exit codes of a command that a signal ended."""
STEP = "..."
"""How lines begin that tell of a step."""
MOST = 4
"""Tries for a kill, on average: a command may end before its moment."""
PATIENCE = 20.0
"""Seconds after which a process that was interrupted shall have ended, and workers of one that is dead."""


def tree(folder: Path) -> Tree:
    """Every file below a folder, but what is being written and what was compiled; whole lines of those that grow by lines."""
    found: Tree = {}
    for file in folder.rglob("*"):
        parts = file.relative_to(folder).parts
        if not file.is_file() or COMPILED in parts or any(part.endswith(PART) for part in parts):
            continue
        name, content = "/".join(parts), file.read_bytes()
        if name.endswith(".jsonl"):
            found |= {f"{name}: {line.decode()}": b"" for line in content.splitlines() if line.endswith(b"}")}
        else:
            found[name] = content
    return found


def left(folder: Path) -> list[Path]:
    """What is being written, or was by somebody who is dead."""
    return list(folder.rglob(f"*{PART}")) if folder.is_dir() else []


def started(words: tuple[str, ...], folder: Path) -> int:
    """Fork a process that runs a command in a folder; its number."""
    sys.stdout.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it is meekcast that hears it
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        return child
    from meekcast.cli import main

    code = 1
    try:
        os.setsid()  # it and its workers can be told from others
        os.chdir(folder)
        os.environ.update(MEEKCAST_EVIDENCE="out", MEEKCAST_CACHE="cache", COLUMNS="200")  # a message is a line
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1), os.dup2(os.open("err.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["meekcast", *words]
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        except KeyboardInterrupt:
            os._exit(EXIT_INTERRUPTED)
        main()
        code = 0
    except SystemExit as stopped:
        code = stopped.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def load() -> None:
    """Load all of meekcast, so that a process that is forked writes rather than loads."""
    for module in pkgutil.walk_packages(meekcast.__path__, "meekcast."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    import matplotlib.pyplot as plt

    plt.get_cmap()


def ended(child: int, patience: float = math.inf) -> int:
    """Wait for it, and kill it when that has taken too long; its exit code, negative that of a signal."""
    until = time.monotonic() + patience
    while not (found := os.waitpid(child, os.WNOHANG if until < math.inf else 0))[0]:
        time.sleep(0.01)
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(found[1])


def alone(child: int) -> bool:
    """Wait for the workers that a process had; whether all have ended in time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            os.killpg(child, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    return False


def called(words: tuple[str, ...], folder: Path) -> float:
    """Call a command to its end, with chains as short as these; how many seconds it took."""
    begun = time.perf_counter()
    code = ended(started(words, folder))
    assert code in (0, DOUBTED), f"{' '.join(words)}: exit code {code}: {(folder / 'err.txt').read_text()[-500:]}"
    return time.perf_counter() - begun


def fault_of(found: Tree, before: Tree, after: Tree, seals: tuple[str, ...], apart: bool) -> str:
    """What is wrong with what lies there; empty if it is the earlier result, the new one, or says that it is incomplete."""
    if found in (before, after):
        return ""
    known = [name for name, content in found.items() if content in (before.get(name), after.get(name))]
    if strange := found.keys() - known:
        return f"neither the earlier file nor the new one: {sorted(strange)[:3]}"
    sealed = [name for name in found if name.rpartition("/")[2] in seals]
    return f"mixed: {sorted(found)}" if sealed or not (seals or apart) else ""


class Crashes:
    """A command in a folder of its own, killed as often as wanted.

    Parameters
    ----------
    writer : Writer
        The command.
    folder : pathlib.Path
        Empty.
    by : signal.Signals
        SIGKILL, to the process that was called; or SIGINT, to its workers too, as a terminal sends it.
    """

    def __init__(self, writer: Writer, folder: Path, by: signal.Signals) -> None:
        self.writer, self.folder, self.by, self.counts = writer, folder, by, Counter[str]()
        for place in ("out", "cache"):
            (folder / place).mkdir(parents=True)
        self.places = ("out", "cache") if writer.keeps else ("out",)
        writer.prepare(folder)
        called(writer.first, folder)
        self.earlier = folder.with_name(f"{folder.name}-earlier")
        for place in self.places:
            shutil.copytree(folder / place, self.earlier / place)
        self.before = self._trees()
        called(writer.second, folder)
        self.after = self._trees()
        assert self.before != self.after, "both calls leave the same"
        self._restore()
        self.seconds = called(writer.second, folder)  # nothing is done for the first time

    def _trees(self) -> dict[str, Tree]:
        return {place: tree(self.folder / place) for place in self.places}

    def _restore(self) -> None:
        for place in self.places:
            shutil.rmtree(self.folder / place)
            shutil.copytree(self.earlier / place, self.folder / place)

    def _left(self) -> list[Path]:
        return [path for place in self.places for path in left(self.folder / place)]

    def kill(self, moment: float, again: bool = True) -> list[str]:
        """Kill the second call so many seconds after its start; what is wrong then, and after calling it once more."""
        self._restore()
        child = started(self.writer.second, self.folder)
        time.sleep(moment)
        with suppress(ProcessLookupError):
            (os.kill if self.by == signal.SIGKILL else os.killpg)(child, self.by)
        code = ended(child, PATIENCE)
        self.counts[HITS if code == HIT[self.by] else "ended before"] += 1
        faults = [] if alone(child) else ["workers live on"]
        faults += [self._told(code)] if self.by == signal.SIGINT else []
        faults += [self._fault(place) for place in self.places]
        self.counts["left something unfinished"] += bool(self._left())
        if again:
            faults += self._again()
        return [fault for fault in faults if fault]

    def _told(self, code: int) -> str:
        """What is wrong with how it ended when it was interrupted: at most one message, nothing half-written."""
        said = (self.folder / "err.txt").read_text().splitlines()
        words = [line for line in said if line.strip() and not line.startswith(STEP)]
        if code != EXIT_INTERRUPTED:
            return "" if code in (0, DOUBTED) else f"exit code {code}: {words}"
        if unfinished := left(self.folder / "out"):
            return f"unfinished: {unfinished}"
        silent = not words  # between two steps of typer, a hundredth of the time
        return "" if silent or (len(words) == 1 and words[0].startswith("interrupted: ")) else f"said {words}"

    def _fault(self, place: str) -> str:
        seals, apart = ((), True) if place == "cache" else (self.writer.seals, self.writer.apart)
        return fault_of(self._seen(place), self.before[place], self.after[place], seals, apart)

    def _seen(self, place: str) -> Tree:
        """What lies there and counts: rows that no table of evidence names, nobody reads."""
        found = tree(self.folder / place)
        heads = b"".join(content for name, content in found.items() if name.endswith(".toml"))
        rows = [name for name in found if name.endswith(".csv") and heads]
        unread = [name for name in rows if name.rpartition("/")[2].encode() not in heads]
        return {name: content for name, content in found.items() if name not in unread}

    def _again(self) -> list[str]:
        """Call it again, some time later."""
        for path in self._left():
            os.utime(path, (0, 0))
        self.counts["called again"] += 1
        if self._trees() != self.after:  # what is added stands already
            called(self.writer.second, self.folder)
        if self._trees() == self.after:
            return []
        return [f"unfinished files stay: {self._left()}"] if self._left() else ["the next call leaves something else"]


def moments(crashes: Crashes, n: int, seed: int) -> Iterator[float]:
    """Until so many have hit it alive: half of them at any time, half near the end, where most is written."""
    draw = random.Random(seed)
    for i in range(MOST * n):
        if crashes.counts[HITS] == n:
            return
        yield crashes.seconds * (draw.random() if i % 2 else draw.uniform(0.8, 1.05))
