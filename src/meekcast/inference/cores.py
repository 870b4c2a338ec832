"""How many cores may be used, and threads on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from threading import Event, Lock

from meekcast.errors import InputError

CORES = "MEEKCAST_CORES"
"""Environment variable that says how many cores may be used."""

MOST_THREADS = 4
"""Each holds what it works on."""


def cores() -> int:
    """How many cores this process may use, by threads or by processes: ``MEEKCAST_CORES``, all by default.

    Raises
    ------
    InputError
        If the variable is no positive whole number.
    """
    named = os.environ.get(CORES)
    if named is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not (named.isascii() and named.isdecimal() and int(named) > 0):
        raise InputError(f"{CORES}={named!r} is no number of cores", f"Set it to 1 or more, or unset {CORES}.")
    return int(named)


def in_threads[*A](do: Callable[[*A], None], work: Iterable[tuple[*A]], worth: bool = True) -> None:
    """Do something with each piece of work, in threads where they are worth their start; NumPy releases the lock.

    Parameters
    ----------
    do : callable
        Writes its result where it belongs.
    work : iterable of tuple
        Arguments of it; no piece is made before its turn.
    worth : bool, default True
        Whether there is enough to do.
    """
    threads = min(cores(), MOST_THREADS) if worth else 1
    waiting, lock, stopped = iter(work), Lock(), Event()

    def worker() -> None:
        while not stopped.is_set():
            with lock:
                piece = next(waiting, None)
            if piece is None:
                return
            do(*piece)

    if threads == 1:
        worker()
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        try:
            for done in [pool.submit(worker) for _ in range(threads)]:
                done.result()
        finally:
            stopped.set()  # an error or Ctrl-C ends them all
