"""Live progress on stderr: what is being done, and while sampling draws, divergences and time left."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class LiveProgress:
    """Progress bar of a forecast; a context manager that cleans up after itself."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}"),
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
