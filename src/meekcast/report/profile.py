"""Where the time of a command went: what `--profile` prints.

No room holds a stopwatch: the interpreter tells (`sys.monitoring`, PEP 669) when a function of `PLACES` begins and
ends, and what a listener to progress is told. All other functions are asked about once, then let be.
"""

from __future__ import annotations

import atexit
import inspect
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from meekcast.report.terminal import err_console

STARTING, READING, COMPUTING, PRINTING = "start and imports", "reading inputs", "computing", "printing"

_PACKAGE = Path(__file__).parents[1]
PLACES = {
    str(_PACKAGE / "cards/library.py"): READING,
    str(_PACKAGE / "inputs/gathering.py"): READING,
    str(_PACKAGE / "runs/read.py"): READING,
    str(_PACKAGE / "report/terminal.py"): PRINTING,
}
"""Files whose functions are a step of their own, with all that they call."""

IMPORT = ("<frozen importlib._bootstrap>", "_find_and_load")
LISTENERS = ("LiveProgress.step", "Silent.step")
"""Functions that are told of each step of a long computation."""

TOOLS = (3, 4, 2, 1, 5, 0)
"""Numbers by which the interpreter knows its watchers; those that belong to nobody first."""


class Moment(NamedTuple):
    """Seconds since the process started, and of all cores together, with those of processes that it waited for."""

    wall: float
    cpu: float


def now() -> Moment:
    """Seconds so far."""
    times = os.times()
    return Moment(time.perf_counter() - _started, time.process_time() + times.children_user + times.children_system)


def _age() -> float:
    """Seconds since the process started; where the system does not tell, those that it has worked."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        begun = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - begun
    except (OSError, AttributeError, ValueError, IndexError):
        return time.process_time()


_started = time.perf_counter() - _age()


class Profile:
    """A ledger of steps, to which every second of the process belongs once."""

    def __init__(self) -> None:
        self._spent: dict[str, Moment] = {}
        self._last, self._open = Moment(0.0, 0.0), [STARTING]
        self.step(COMPUTING)

    def _settle(self) -> None:
        """Enter what has passed under the innermost step that is open."""
        here, name = now(), self._open[-1]
        wall, cpu = self._spent.get(name, (0.0, 0.0))
        self._spent[name] = Moment(wall + here.wall - self._last.wall, cpu + here.cpu - self._last.cpu)
        self._last = here

    def step(self, text: str) -> None:
        """Begin the next step of a computation; of which card or fit, and remarks in brackets, are left out."""
        self._settle()
        self._open[0] = re.sub(r" \(.*?\)", "", text.rpartition(": ")[2])

    def enter(self, name: str) -> None:
        """Begin something within the step."""
        self._settle()
        self._open.append(name)

    def leave(self) -> None:
        """End it."""
        self._settle()
        if len(self._open) > 1:
            self._open.pop()

    def total(self) -> dict[str, Moment]:
        """Seconds of each step up to now, in the order in which they first ended."""
        self._settle()
        return dict(self._spent)


def watch() -> None:
    """Keep account of this process, and print it on stderr when the process ends, however it ends."""
    profile = Profile()
    _listen(profile)
    atexit.register(_print, profile)


def _listen(profile: Profile) -> None:
    """Have the interpreter tell of the functions that matter; of the main thread, for which others work."""
    events, disable = sys.monitoring.events, sys.monitoring.DISABLE
    main = threading.main_thread().ident

    def begins(code: CodeType, _: int) -> object:
        listens, name = code.co_qualname in LISTENERS, _step_of(code)
        if threading.get_ident() == main and listens:
            profile.step(sys._getframe(1).f_locals["text"])
        elif threading.get_ident() == main and name:
            profile.enter(name)
        return None if listens or name else disable

    def ends(code: CodeType, _: int, __: object) -> object:
        name = _step_of(code)
        if name and threading.get_ident() == main:
            profile.leave()
        return None if name else disable

    def fails(code: CodeType, offset: int, error: object) -> None:  # the interpreter lets nobody off this one
        ends(code, offset, error)

    tool = next(number for number in TOOLS if sys.monitoring.get_tool(number) is None)
    sys.monitoring.use_tool_id(tool, "meekcast --profile")
    for event, tell in ((events.PY_START, begins), (events.PY_RETURN, ends), (events.PY_UNWIND, fails)):
        sys.monitoring.register_callback(tool, event, tell)
    sys.monitoring.set_events(tool, events.PY_START | events.PY_RETURN | events.PY_UNWIND)


def _step_of(code: CodeType) -> str | None:
    """The step that a function is by itself; generators are none, because they may never end."""
    if code.co_flags & inspect.CO_GENERATOR:
        return None
    return STARTING if (code.co_filename, code.co_name) == IMPORT else PLACES.get(code.co_filename)


def _print(profile: Profile) -> None:
    """Print the table."""
    from meekcast.report.layout import Column, FittingTable

    spent = profile.total()
    wall, cpu = ([moment[i] for moment in spent.values()] for i in (0, 1))
    shares = [100 * seconds / sum(wall) for seconds in wall]
    table = FittingTable(
        [Column("where the time went", words=True), Column("wall s"), Column("CPU s"), Column("share")]
    )
    for name, *cells in zip(spent, _rounded(wall, 2), _rounded(cpu, 2), _rounded(shares, 0), strict=True):
        if cells[:2] != ["0.00", "0.00"]:
            table.add_row(name, *cells[:2], f"{cells[2]} %")
    table.add_section()
    table.add_row("total", f"{sum(wall):.2f}", f"{sum(cpu):.2f}", "100 %")
    err_console().print(table, crop=False)


def _rounded(values: Sequence[float], digits: int) -> list[str]:
    """Numbers that add up as they are printed: each may be off by its last digit.

    Examples
    --------
    >>> _rounded([0.4, 0.4, 0.4], 0)
    ['0', '1', '0']
    """
    ends = [round(end, digits) for end in accumulate(values, initial=0.0)]
    return [f"{end - start:.{digits}f}" for start, end in pairwise(ends)]
