"""Give a target many inputs and keep the smallest of each kind of fault."""

from __future__ import annotations

import resource
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzzing.targets import Target
from meekcast.errors import MeekcastError

LONGEST = 5.0
"""Seconds of a processor that an input may take."""

MOST = 300
"""MB by which an input may let the process grow."""


class Hang(BaseException):
    """An input took too long; no `except Exception` on the way swallows it."""


@dataclass
class Found:
    """What came of a target's inputs: how many there were, and by kind of fault the smallest input."""

    inputs: int = 0
    faults: dict[str, Any] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)

    def keep(self, kind: str, given: Any, trace: str = "") -> None:
        """Keep an input that shows a fault, if it is the smallest so far."""
        if kind not in self.faults or len(given) < len(self.faults[kind]):
            self.faults[kind], self.traces[kind] = given, trace


def search(target: Target, n: int, start: int | None = None) -> Found:
    """Try so many inputs.

    Parameters
    ----------
    target : Target
        What is fuzzed.
    n : int
        How many inputs.
    start : int, optional
        Seed; by default inputs are the same at every call, whatever was tried before.
    """
    found = Found()

    def attempt(given_input: Any) -> None:
        found.inputs += 1
        folder = Path(tempfile.mkdtemp(prefix="fuzz"))
        try:
            fault = fault_of(target, given_input, folder)
        finally:
            shutil.rmtree(folder)
        if fault:
            found.keep(fault[0], given_input, fault[1])

    quiet = settings(
        max_examples=n, database=None, deadline=None, phases=[Phase.generate], derandomize=start is None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    test = quiet(given(given_input=target.inputs)(attempt))
    (seed(start)(test) if start is not None else test)()
    return found


def fault_of(target: Target, given_input: Any, folder: Path) -> tuple[str, str] | None:
    """What is wrong with how an input was taken: its kind, and where it came from."""
    before = peak()
    try:
        with limited(LONGEST), warnings.catch_warnings():
            warnings.simplefilter("error")
            target.feed(given_input, folder)
    except MeekcastError as error:
        return None if len(error.message) < 100_000 else ("an endless message", error.message[:200])
    except (Exception, Hang) as error:
        return f"{type(error).__name__} in {place(error)}", traceback.format_exc()
    if peak() - before > MOST:
        return f"{MOST} MB more", f"{peak() - before:.0f} MB"
    return None


def place(error: BaseException) -> str:
    """The last function of meekcast on the way to an error."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/src/meekcast/" in frame.filename]
    return (
        f"{frames[-1].filename.partition('/src/meekcast/')[2]}:{frames[-1].name}" if frames else "nothing of meekcast"
    )


def peak() -> float:
    """Most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Stop what takes longer."""

    def stop(*_: object) -> None:
        raise Hang(f"longer than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def timed(target: Target, n: int, start: int) -> tuple[Found, float]:
    """Search, and how many seconds it took."""
    begun = time.perf_counter()
    return search(target, n, start), time.perf_counter() - begun
