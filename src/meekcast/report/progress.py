"""Live progress on stderr: what is being done; draws, divergences and time left; of many tasks how many are done."""

from __future__ import annotations

import time
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from meekcast.inference.sampler import Silent
from meekcast.report.terminal import err_console

LATEST = 20
"""Tasks by whose pace the rest is judged."""


class LiveProgress:
    """Progress bar of a forecast; a context manager that cleans up after itself."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=None, detail="")
        self._many = self._bar.add_task("", total=None, detail="", visible=False)
        self._pace = Pace()

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing and leave no line behind."""
        self._bar.stop()

    def step(self, text: str) -> None:
        """Show what begins now; without a live terminal print a line instead."""
        if self._console.is_terminal:
            self._bar.update(self._task, description=text, detail="", total=None, completed=0)
        else:
            self._console.print(f"... {text}", highlight=False)

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Show the draws of all chains so far."""
        detail = f"{done:,}/{total:,} draws, {divergences} divergent"
        self._bar.update(self._task, detail=detail, total=total, completed=done)

    def counted(self, done: int, total: int) -> None:
        """Show how many of several tasks are done, and how long the others may take; without a terminal a line each."""
        left = self._pace.left(done, total, time.monotonic())
        said = f"{done} of {total} done" + (f", {left_text(left)}" if left is not None else "")
        if self._console.is_terminal:
            self._bar.update(self._many, description=said, total=total, completed=done, visible=done < total)
        elif done:
            self._console.print(f"... {said}", highlight=False)


class Pace:
    """How long the rest of many tasks takes: as long each as the latest took; earlier ones may have been cached."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=LATEST + 1)

    def left(self, done: int, total: int, now: float) -> float | None:
        """Take note of a task that ended, or of the start of them all.

        Parameters
        ----------
        done, total : int
            How many are done, of how many; 0 at the start.
        now : float
            The time, in seconds of any clock.

        Returns
        -------
        float or None
            Seconds until all are done; None before the first is, and after the last.

        Examples
        --------
        >>> pace = Pace()
        >>> [pace.left(done, 5, 10.0 * done) for done in range(6)]
        [None, 40.0, 30.0, 20.0, 10.0, None]
        """
        if done == 0:
            self._ends.clear()
        self._ends.append(now)
        if done == total or len(self._ends) < 2:
            return None
        return (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1) * (total - done)


def left_text(seconds: float) -> str:
    """Time left in the words of somebody who does not know it well.

    Examples
    --------
    >>> [left_text(seconds) for seconds in (8, 95, 7000, 200_000)]
    ['less than a minute left', 'about 2 min left', 'about 1.9 h left', 'about 2.3 days left']
    """
    if seconds < 60:
        return "less than a minute left"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min left"
    hours = seconds / 3600
    return f"about {hours:.1f} h left" if hours < 48 else f"about {hours / 24:.1f} days left"


def showing(quiet: bool = False) -> AbstractContextManager[LiveProgress | Silent]:
    """A listener on stderr while a command works; one that says nothing where the user wants none.

    Parameters
    ----------
    quiet : bool, default False
        Whether nothing is to be shown.

    Returns
    -------
    context manager
        Of a `meekcast.inference.sampler.Progress`.
    """
    return nullcontext(Silent()) if quiet else LiveProgress(err_console())
