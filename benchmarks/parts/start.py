"""Waits: from the start of the process to its end, in a home in which nothing was compiled or sampled before."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measuring import TODAY, Row, Spent, empty_home, meekcast, timed

QUESTION = ("when", "mmlu_pro_gap < 3", "--by", "2027", "--by", "2030", "--json")


def changed(i: int, of: int) -> tuple[str, str]:
    """A prior that nobody has asked about before."""
    return "--prior", f"g_price=LogNormal(4, 90% 2..{8 + 0.01 * i + 0.001 * of:g})"


def rows(repeats: int) -> Iterator[Row]:
    """The first run ever, then the loop that users live in, then what only answers."""
    with tempfile.TemporaryDirectory() as name, empty_home(Path(name) / "home") as home:
        folder = Path(name)
        (folder / "home").mkdir()
        forecast = ("forecast", *TODAY, "--out", folder / "out")
        compiled = meekcast("cache", "--compile", "leaderboard", **home)
        yield timed("what `make setup` compiles, in an empty home", compiled)
        yield timed("first run ever after set-up", meekcast(*forecast, **home), "20 s")
        fresh = meekcast(*forecast, "--fresh", repeats=repeats, **home)
        yield timed("`forecast --fresh`, start to written", fresh, "8 s, 7 CPU s")
        yield from _changed(folder, home, repeats)
        elsewhere = [meekcast("forecast", *TODAY, "--out", folder / f"out-{i}", **home)[0] for i in range(repeats)]
        yield timed("forecast, posterior from the cache", elsewhere)
        yield timed("forecast, unchanged since the last run", meekcast(*forecast, repeats=repeats, **home))
        asked = meekcast(*QUESTION, "--run", folder / "out" / "leaderboard", repeats=repeats, **home)
        yield timed("an event on a stored run, from start", asked, "0.4 s")
    for arguments in (("--help",), ("point", "--json")):
        yield timed(f"`meekcast {' '.join(arguments)}`", meekcast(*arguments, repeats=repeats))
    yield timed("imports of `meekcast --help`", [_imports() for _ in range(repeats)], "", "sum of -X importtime")


def _changed(folder: Path, home: dict[str, str], repeats: int) -> Iterator[Row]:
    """A prior is changed; the default card's posterior is in the cache."""
    ask = (*QUESTION, *TODAY, "--out", folder / "asked")
    told = [meekcast(*ask, *changed(i, 1), **home)[0] for i in range(repeats)]
    yield timed("changed prior, from start to probabilities (`when --prior`)", told, "1.0 s")
    forecast = ("forecast", *TODAY, "--out", folder / "changed")
    drawn = [meekcast(*forecast, *changed(i, 2), **home)[0] for i in range(repeats)]
    yield timed("changed prior, from start to all bands and pictures (`forecast --prior`)", drawn, "2.0 s")


def _imports() -> Spent:
    """Sum of what the imports take themselves; the interpreter knows only the wall clock."""
    command = [sys.executable, "-X", "importtime", "-m", "meekcast", "--help"]
    traced = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    own = (line.removeprefix("import time:").split("|")[0].strip() for line in traced.splitlines())
    taken = sum(int(micros) for micros in own if micros.isdigit()) / 1e6
    return Spent(taken, taken)
