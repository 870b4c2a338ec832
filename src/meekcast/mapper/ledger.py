"""Who gets which task, and what came of it, whoever does the work."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress

_NONE = (0, 0, 0)


@runtime_checkable
class Counting(Protocol):
    """A listener that is also told how many of several tasks are done."""

    def counted(self, done: int, total: int) -> None:
        """So many are done, of so many; 0 at the start."""


class Ledger[T, R]:
    """Tasks that are given out and come back in any order; in the end it is as if they had been done in theirs.

    Parameters
    ----------
    tasks : sequence
        What is to be done.
    progress : Progress
        Is told of steps, of the draws of all that is under way, and, if it counts, of what is done.
    done : callable
        Is given each result as soon as it is there.
    """

    def __init__(self, tasks: Sequence[T], progress: Progress, done: Callable[[R], object]) -> None:
        self._ahead, self._order = iter(enumerate(tasks)), range(len(tasks))
        self._progress, self._done = progress, done
        self._found: dict[int, R] = {}
        self._failed: dict[int, BaseException] = {}
        self._draws: dict[int, tuple[int, int, int]] = {}  # of what is under way
        self._count()

    def give(self) -> tuple[int, T] | None:
        """The next task and its number; None if there is none, or one has failed."""
        given = None if self._failed else next(self._ahead, None)
        if given:
            self._draws[given[0]] = _NONE
        return given

    def hear(self, number: int, kind: str, content: Any) -> None:
        """Take a message about a task, see `meekcast.mapper.work`."""
        if kind == "step":
            self._progress.step(content)
        elif kind == "sampling" and number in self._draws:
            self._draws[number] = content
            self._progress.sampling(*map(sum, zip(*self._draws.values(), strict=True)))
        elif kind == "error":
            self._failed[number] = content
            self._draws.pop(number)
        elif kind == "result":
            self._found[number] = content
            self._draws.pop(number)
            self._done(content)
            self._count()

    @property
    def waits(self) -> bool:
        """Whether something is under way that counts: of several errors that of the first task does."""
        return any(number < min(self._failed, default=math.inf) for number in self._draws)

    def results(self) -> list[R]:
        """All results in the order of the tasks; raises the error of the first task that has one."""
        if self._failed:
            raise self._failed[min(self._failed)]
        return [self._found[number] for number in self._order]

    def _count(self) -> None:
        if isinstance(self._progress, Counting) and len(self._order) > 1:
            self._progress.counted(len(self._found), len(self._order))
