"""Which cluster does the work, if any: the address of a Dask scheduler.

It is said once for a whole process, by ``MEEKCAST_SCHEDULER`` as cores are by ``MEEKCAST_CORES``, and the option
``--scheduler`` sets that: whatever runs below a command, from Python or from a job script finds it, and no function
hands it on that has nothing to do with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEDULER = "MEEKCAST_SCHEDULER"
"""Environment variable that names the scheduler: ``tcp://host:8786``."""


def address() -> str | None:
    """Address of the scheduler; None if work stays on this machine."""
    return os.environ.get(SCHEDULER) or None


@contextmanager
def using(named: str) -> Iterator[None]:
    """Have the work of a command done by a cluster, which is looked at first.

    Parameters
    ----------
    named : str
        Address of the scheduler.

    Raises
    ------
    InputError
        If the cluster cannot be used.
    """
    before = os.environ.get(SCHEDULER)
    os.environ[SCHEDULER] = named
    try:
        check()
        yield
    finally:
        os.environ.pop(SCHEDULER)
        if before is not None:
            os.environ[SCHEDULER] = before


def check(folders: Iterable[Path] = ()) -> None:
    """Refuse a cluster that cannot do the work, before anything slow begins.

    Parameters
    ----------
    folders : iterable of pathlib.Path
        Into which workers are going to write, beside the cache.

    Raises
    ------
    InputError
        If it cannot be reached, or its workers have other versions, several threads, or do not see those folders.
    """
    if named := address():
        from meekcast.mapper.cluster import connected

        with connected(named, folders):
            pass
