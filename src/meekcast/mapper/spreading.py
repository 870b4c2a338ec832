"""The one mapper: where work on many tasks is done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from meekcast.inference.cores import cores
from meekcast.mapper.processes import shared

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress
    from meekcast.mapper.processes import Work


def spread[T, R](
    work: Work[T, R], tasks: Sequence[T], progress: Progress, done: Callable[[R], object] = lambda result: None
) -> list[R]:
    """Do some work on each of several tasks, as many at once as there are cores.

    Parameters
    ----------
    work : callable
        From a task and a listener to a result: a function of a module, since only its name is sent to the workers.
    tasks : sequence
        What can be pickled, as must the results.
    progress : Progress
        Is told of the steps of all tasks, and of the draws of those that are under way.
    done : callable, optional
        Is given each result as soon as it is there.

    Returns
    -------
    list
        The results in the order of the tasks, the same as if they had been done one after the other.

    Raises
    ------
    MeekcastError
        If a worker is lost. Of several errors of the work that of the first task is raised.
    """
    number = min(cores(), len(tasks)) if hasattr(signal, "pthread_sigmask") else 1  # Windows: one after the other
    if number > 1:
        return shared(work, tasks, number, progress, done)
    found = []
    for task in tasks:
        found.append(work(task, progress))
        done(found[-1])
    return found
