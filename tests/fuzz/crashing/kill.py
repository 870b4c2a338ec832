"""Kill a command at a random moment, see what lies there, and call it again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path

from crashing.writers import Writer

type Tree = dict[str, bytes]

PART = ".part"


def tree(folder: Path) -> Tree:
    """Every file below a folder, but what is being written."""
    files = (f for f in folder.rglob("*") if f.is_file() and not any(p.endswith(PART) for p in f.parts))
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in files}


def left(folder: Path) -> list[Path]:
    """What is being written, or was by somebody who is dead."""
    return list(folder.rglob(f"*{PART}")) if folder.is_dir() else []


def started(words: tuple[str, ...], folder: Path) -> int:
    """Fork a process that runs a command in a folder; its number."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    from meekcast.cli import main

    code = 1
    try:
        os.chdir(folder)
        os.environ.update(MEEKCAST_EVIDENCE="out", MEEKCAST_CACHE="out" if words[0] == "cache" else "cache")
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1), os.dup2(os.open("err.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.argv = ["meekcast", *words]
        main()
        code = 0
    except SystemExit as stopped:
        code = stopped.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for it; its exit code, negative that of a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def called(words: tuple[str, ...], folder: Path) -> float:
    """Call a command to its end; how many seconds it took."""
    begun = time.perf_counter()
    code = ended(started(words, folder))
    assert code == 0, f"{' '.join(words)}: exit code {code}: {(folder / 'err.txt').read_text()[-500:]}"
    return time.perf_counter() - begun


def fault_of(found: Tree, before: Tree, after: Tree, writer: Writer) -> str:
    """What is wrong with what lies there; empty if it is the earlier result, the new one, or says that it is incomplete."""
    if found in (before, after):
        return ""
    known = [name for name, content in found.items() if content in (before.get(name), after.get(name))]
    if strange := found.keys() - known:
        return f"neither the earlier file nor the new one: {sorted(strange)[:3]}"
    sealed = [name for name in found if name.rpartition("/")[2] in writer.seals]
    return f"mixed: {sorted(found)}" if sealed or not (writer.seals or writer.apart) else ""


class Crashes:
    """A command in a folder of its own, killed as often as wanted.

    Parameters
    ----------
    writer : Writer
        The command.
    folder : pathlib.Path
        Empty.
    """

    def __init__(self, writer: Writer, folder: Path) -> None:
        self.writer, self.folder, self.counts = writer, folder, Counter[str]()
        (folder / "out").mkdir(parents=True)
        writer.prepare(folder)
        called(writer.first, folder)
        self.earlier = folder.with_name(f"{folder.name}-earlier")
        shutil.copytree(folder / "out", self.earlier)
        self.before = tree(folder / "out")
        self.seconds = called(writer.second, folder)
        self.after = tree(folder / "out")
        assert self.before != self.after, "both calls leave the same"

    def kill(self, moment: float, again: bool = True) -> list[str]:
        """Kill the second call so many seconds after its start; what is wrong then, and after calling it once more."""
        out = self.folder / "out"
        shutil.rmtree(out)
        shutil.copytree(self.earlier, out)
        child = started(self.writer.second, self.folder)
        time.sleep(moment)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        self.counts["killed" if ended(child) == -signal.SIGKILL else "ended before"] += 1
        faults = [fault_of(self._seen(), self.before, self.after, self.writer)]
        self.counts["left something unfinished"] += bool(left(out))
        if again:
            faults += self._again(out)
        return [fault for fault in faults if fault]

    def _seen(self) -> Tree:
        """What lies there and counts: rows that no table of evidence names, nobody reads."""
        found = tree(self.folder / "out")
        heads = b"".join(content for name, content in found.items() if name.endswith(".toml"))
        unread = [name for name in found if name.endswith(".csv") and name.rpartition("/")[2].encode() not in heads]
        return {name: content for name, content in found.items() if name not in unread}

    def _again(self, out: Path) -> list[str]:
        """Call it again, some time later."""
        for path in left(out):
            os.utime(path, (0, 0))
        self.counts["called again"] += 1
        if tree(out) != self.after:  # what is added stands already
            called(self.writer.second, self.folder)
        faults = [f"unfinished files stay: {left(out)}"] if left(out) and tree(out) != self.after else []
        return faults + ([] if tree(out) == self.after else ["the next call leaves something else"])


def moments(crashes: Crashes, n: int, seed: int) -> list[float]:
    """Half of them at any time, half near the end, where most is written."""
    draw = random.Random(seed)
    return [crashes.seconds * (draw.random() if i % 2 else draw.uniform(0.8, 1.05)) for i in range(n)]
