"""Live progress on stderr: what is being done, and while sampling draws, divergences and time left."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from meekcast.inference.sampler import Silent
from meekcast.report.terminal import err_console


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
