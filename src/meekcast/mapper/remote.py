"""What a worker of a Dask cluster does: it becomes like the process that asks, does a task, and can be stopped."""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast import cache
from meekcast.errors import InputError
from meekcast.inference.cores import CORES
from meekcast.mapper.scheduler import SCHEDULER
from meekcast.mapper.work import Telling, outcome, unpacked

if TYPE_CHECKING:
    from distributed import Worker

    from meekcast.inference.sampler import Progress

LIBRARIES = ("dask", "distributed", "llvmlite", "numba", "scipy")
"""What has to be the same on all, beside what a posterior depends on."""

SELDOM = 0.5
"""Seconds between two tellings of draws."""

_COMPILES = "PYTENSOR_FLAGS"


@dataclass(frozen=True)
class Place:
    """Where the process that asks stands, so that a worker can stand there too.

    Parameters
    ----------
    folder : str
        Its working folder.
    environment : mapping of str to str
        Its variables that decide where things are found.
    versions : mapping of str to str
        Of Python, of libraries, and of the code of meekcast.
    marks : tuple of str
        Files in folders that every worker has to see and to write.
    """

    folder: str
    environment: Mapping[str, str]
    versions: Mapping[str, str]
    marks: tuple[str, ...]


class Stopped(BaseException):
    """The process that asked does not want the answer any more."""


def place(marks: Sequence[Path]) -> Place:
    """Where this process stands."""
    named = {"MEEKCAST_CACHE": str(cache.folder().absolute())}
    if evidence := os.environ.get("MEEKCAST_EVIDENCE"):
        named["MEEKCAST_EVIDENCE"] = os.path.abspath(evidence)
    return Place(str(Path.cwd()), named, _versions(), tuple(map(str, marks)))


def how_to_start(address: str) -> str:
    """The command that starts workers that can be used."""
    return f"Start workers of one thread each: dask worker {address} --nworkers 4 --nthreads 1"


def fault(place: Place, address: str, dask_worker: Worker) -> InputError | None:
    """Why results of a worker could differ, or would be lost.

    Parameters
    ----------
    place : Place
        Of the process that asks.
    address : str
        Of the scheduler.
    dask_worker : distributed.Worker
        This worker.

    Returns
    -------
    InputError or None
        It has several threads, other versions, or does not see the folders; None if all is well.
    """
    who, threads = f"worker {dask_worker.address}", dask_worker.state.nthreads
    if threads != 1:
        return InputError(f"{who} has {threads} threads", how_to_start(address))
    here = _versions()
    other = [f"{name} {here.get(name)} instead of {at}" for name, at in place.versions.items() if here.get(name) != at]
    if other:
        return InputError(
            f"{who} has {', '.join(other)}",
            "Results would differ: install the same versions there (requirements.lock).",
        )
    for mark in map(Path, place.marks):
        if not (mark.is_file() and os.access(mark.parent, os.W_OK)):
            return InputError(
                f"{who} cannot write to {mark.parent}",
                "What is finished is kept there. Name a folder that all machines share: --out DIR for results, "
                "MEEKCAST_CACHE for posteriors; and start the workers as the same user.",
            )
    return None


def do(place: Place, topic: str, work: bytes, number: int, task: object) -> tuple[str, object]:
    """Do one task, as a worker.

    Parameters
    ----------
    place : Place
        Of the process that asks.
    topic : str
        Under which it hears of steps and draws, and by which it stops the work.
    work : bytes
        From a task and a listener to a result, packed.
    number : int
        Of the task.
    task : object
        The task.

    Returns
    -------
    tuple
        As `meekcast.mapper.work.outcome`.
    """
    from distributed import get_worker

    worker, told = get_worker(), 0.0

    def send(kind: str, content: Any) -> None:
        nonlocal told
        if kind == "sampling":
            if time.monotonic() - told < SELDOM:
                return
            told = time.monotonic()
        worker.log_event(topic, (number, kind, content))

    def checked(task: object, progress: Progress) -> object:
        if wrong := fault(place, worker.scheduler.address, worker):  # it may have come later than the others
            raise wrong
        return unpacked(work)(task, progress)

    with _stoppable(topic), _standing(place, worker):
        return outcome(checked, task, Telling(send))


_at_work: dict[str, int] = {}
_one = threading.Lock()


def stop(topic: str) -> None:
    """End what this worker does for somebody, as Ctrl-C would; called from another thread."""
    with _one:
        if topic in _at_work:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(_at_work[topic]), ctypes.py_object(Stopped))


@contextmanager
def _stoppable(topic: str) -> Iterator[None]:
    with _one:
        _at_work[topic] = threading.get_ident()
    try:
        yield
    finally:
        with _one:
            del _at_work[topic]


@contextmanager
def _standing(place: Place, worker: Worker) -> Iterator[None]:
    """Stand where the process that asks stands: folder, cache, one thread; a folder of its own to compile in."""
    from threadpoolctl import threadpool_limits

    before, was = dict(os.environ), Path.cwd()
    os.environ.update({**place.environment, CORES: "1"})
    os.environ.pop(SCHEDULER, None)
    flags = before.get(_COMPILES, "")
    if "pytensor" not in sys.modules and "compiledir" not in flags:
        own = Path(worker.local_directory, "pytensor")
        os.environ[_COMPILES] = f"{flags},base_compiledir={own}".lstrip(",")
    try:
        with suppress(OSError):  # only what is written beside the cache needs it, and that was looked at
            os.chdir(place.folder)
        with threadpool_limits(1):
            yield
    finally:
        os.chdir(was)
        os.environ.clear()
        os.environ.update(before)


@functools.cache
def _versions() -> dict[str, str]:
    """Versions of all that a result depends on, and a hash of the code of meekcast."""
    libraries = {name: importlib.metadata.version(name) for name in LIBRARIES}
    code = {"code of meekcast": cache.source_hash(cache.ALL)[:12]}
    return {"Python": platform.python_version(), **cache.versions(), **libraries, **code}
