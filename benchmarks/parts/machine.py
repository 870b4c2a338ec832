"""Limits of the machine: what no program on it can go beyond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from measuring import Row, Stopwatch, in_process, rated, seconds

IN_CACHE, IN_MEMORY, SORTED = 1 << 14, 1 << 25, 1 << 20
TIMES = {"exp": 2_000, "copy": 8, "sort": 8}


def _exp() -> tuple[Callable[[], Any], float]:
    """Exponentials of doubles that stay in the processor's cache."""
    import numpy as np

    x = np.random.default_rng(0).standard_normal(IN_CACHE)
    out = np.empty_like(x)
    return lambda: np.exp(x, out=out), IN_CACHE / 1e6


def _copy() -> tuple[Callable[[], Any], float]:
    """Doubles from memory to memory; what is read and what is written."""
    import numpy as np

    x = np.ones(IN_MEMORY)
    out = np.zeros_like(x)
    return lambda: np.copyto(out, x), 2 * x.nbytes / 1e9


def _sort() -> tuple[Callable[[], Any], float]:
    """Random doubles in a row."""
    import numpy as np

    x = np.random.default_rng(0).standard_normal(SORTED)
    return lambda: np.sort(x), SORTED / 1e6


LIMITS = {"exp": _exp, "copy": _copy, "sort": _sort}


def limit(name: str) -> dict[str, Any]:
    """One limit, in this process."""
    work, amount = LIMITS[name]()
    work()
    watch = Stopwatch()
    for _ in range(TIMES[name]):
        work()
    return {"spent": watch.read(), "amount": TIMES[name] * amount}


def rows(repeats: int) -> Iterator[Row]:
    """NumPy on one core."""
    for name, what, unit in (
        ("exp", "exponentials of doubles, in cache", "million"),
        ("copy", "copy of 256 MiB, reading and writing", "GB"),
        ("sort", "sorting a million doubles", "million"),
    ):
        runs = [in_process("parts.machine:limit", name) for _ in range(repeats)]
        yield rated(what, runs[0]["amount"], unit, seconds(runs))
