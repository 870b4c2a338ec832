"""Several processes that write into one place at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crashing.kill import ended, left, started, tree
from crashing.writers import IMPORT, SCORES, elicited, forecast, question

PARAMETERS = ("g_price", "g_investment", "g_hardware", "g_algorithms", "R", "g_inference", "A", "lead_memory")


@dataclass(frozen=True)
class Group:
    """Calls of the command line into one place.

    Parameters
    ----------
    name : str
        What they are called.
    call : callable
        The words of the i-th.
    whole : callable
        What is wrong in the folder in the end, by how many processes there were; empty if nothing.
    codes : tuple of int
        Exit codes that they may have.
    """

    name: str
    call: Callable[[int], tuple[str, ...]]
    whole: Callable[[Path, int], str]
    codes: tuple[int, ...] = (0,)


def _run(out: Path, n: int) -> str:
    from meekcast.runs.read import open_run

    run = open_run(out / "paper").verified()
    return "" if run.summary["seed"] == run.manifest["seed"] in range(n) else "a run of several"


def _answer(out: Path, n: int) -> str:
    found = sorted(file.suffix for file in (out / "paper" / "when").iterdir())
    return "" if found == [".json", ".png"] else f"files: {found}"


def _priors(out: Path, n: int) -> str:
    from meekcast.cards.library import load_priors

    found = load_priors(str(out / "mine.toml")).parameters.keys()
    return "" if {*PARAMETERS[:n]} <= found else f"priors are lost: {sorted({*PARAMETERS[:n]} - found)}"


def _table(out: Path, n: int) -> str:
    from meekcast.cards.library import load_evidence

    return "" if load_evidence(str(out / "x.toml")).size == 3 else "rows are lost"


def _posteriors(out: Path, n: int) -> str:
    names = Counter(file.name.rpartition("-")[0] for file in (out.parent / "cache").glob("posterior-*.nc"))
    return "" if len(names) == 2 and set(names.values()) == {1} else f"the cache holds {dict(names)}"


def _import(i: int) -> tuple[str, ...]:
    return ("evidence", "import", f"{i % 2}.csv", *IMPORT)


def _sampled(i: int) -> tuple[str, ...]:
    how = ("--draws", "50", "--seed", str(i % 2), "--today", "2026-11-21", "--quiet")
    return ("forecast", "mmlu-pro-alone", *how, "--out", f"out/{i}")


GROUPS = (
    Group("forecasts at once", forecast, _run),
    Group("questions at once", question, _answer),
    Group("priors at once", lambda i: elicited(PARAMETERS[i]), _priors),
    Group("imports at once", _import, _table, codes=(0, 2)),
    Group("posteriors at once", _sampled, _posteriors, codes=(0, 3)),
)


def together(group: Group, folder: Path, n: int) -> int:
    """Start so many processes at once; how many things are wrong in the end."""
    (folder / "out").mkdir(parents=True)
    for i in range(2):
        (folder / f"{i}.csv").write_text(SCORES.format(60 + i), encoding="utf-8")
    codes = [ended(child) for child in [started(group.call(i), folder) for i in range(n)]]
    faults = [f"exit codes {codes}"] if {*codes} - {*group.codes} or not {0, 3} & {*codes} else []
    faults += [wrong] if (wrong := group.whole(folder / "out", n)) else []
    faults += [f"unfinished files stay: {left(folder)}"] if left(folder) else []
    files = len(tree(folder / "out"))
    print(f"{group.name}: {n} processes, {files} files; {len(faults)} faults {'; '.join(faults)}".rstrip(), flush=True)
    return len(faults)
