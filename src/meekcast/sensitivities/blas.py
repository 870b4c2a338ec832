"""BLAS beside threads of our own."""

from __future__ import annotations

from collections.abc import Callable

from threadpoolctl import threadpool_limits


def one_blas_thread[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Let BLAS have one thread in a function: on small products its threads wait for each other, and for ours."""
    limited: Callable[P, R] = threadpool_limits.wrap(limits=1, user_api="blas")(function)
    return limited
