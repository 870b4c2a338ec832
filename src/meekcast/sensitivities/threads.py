"""Threads of our own over many small problems, in place of those of BLAS."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

THREADS = 4


def in_threads[T, R](function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Results for all items, in their order; NumPy releases the lock in what takes long."""
    with ThreadPoolExecutor(min(os.cpu_count() or 1, THREADS)) as pool:
        return list(pool.map(function, items))


def one_blas_thread[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Let BLAS have one thread in a function: on small products its threads wait for each other, and for ours."""
    limited: Callable[P, R] = threadpool_limits.wrap(limits=1, user_api="blas")(function)
    return limited
