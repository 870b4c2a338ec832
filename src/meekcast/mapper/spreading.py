"""The one mapper: where work on many tasks is done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from meekcast.inference.cores import cores
from meekcast.mapper import scheduler
from meekcast.mapper.ledger import Ledger

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress
    from meekcast.mapper.work import Work


def spread[T, R](
    work: Work[T, R], tasks: Sequence[T], progress: Progress, done: Callable[[R], object] = lambda result: None
) -> list[R]:
    """Do some work on each of several tasks: on a cluster, in processes of this machine, or here one after the other.

    On the cluster that `meekcast.mapper.scheduler.SCHEDULER` names; without one in as many processes as there are
    cores. A single task is done here.

    Parameters
    ----------
    work : callable
        From a task and a listener to a result: a function of a module, since only its name is sent to the workers.
    tasks : sequence
        What can be pickled, as must the results.
    progress : Progress
        Is told of the steps of all tasks, of the draws of those that are under way, and, if it counts
        (`meekcast.mapper.ledger.Counting`), of how many are done.
    done : callable, optional
        Is given each result as soon as it is there.

    Returns
    -------
    list
        The results in the order of the tasks, the same as if they had been done one after the other.

    Raises
    ------
    MeekcastError
        If a worker is lost, and those that did its task again are too. Of several errors of the work that of the
        first task is raised.
    InputError
        If the cluster cannot be used.
    """
    address = scheduler.address()
    number = min(cores(), len(tasks)) if hasattr(signal, "pthread_sigmask") else 1  # Windows: one after the other
    ledger = Ledger(tasks, progress, done)
    if address and len(tasks) > 1:
        from meekcast.mapper import cluster

        cluster.share(work, ledger, address)
    elif number > 1:
        from meekcast.mapper import processes

        processes.share(work, ledger, number)
    else:
        while given := ledger.give():
            ledger.hear(given[0], "result", work(given[1], progress))
    return ledger.results()
