"""Processes of this machine that share tasks, each with one thread.

A worker is a new Python: one that was forked would inherit the locks of nutpie's and numba's threads, and one of
`multiprocessing` would run a user's script again. It takes tasks from a pipe and ends when that is closed, so that none
outlives the process that started it by more than a task.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import TYPE_CHECKING, Any, NoReturn, Self

from meekcast.errors import MeekcastError
from meekcast.inference.cores import CORES
from meekcast.interrupts import surely_interrupted
from meekcast.mapper.work import ENDS, Telling, outcome

if TYPE_CHECKING:
    from meekcast.mapper.ledger import Ledger
    from meekcast.mapper.work import Work

PATIENCE = 3.0
"""Seconds in which a worker may clean up."""

AGAIN = 2
"""How often a task is done again whose worker was lost."""

_ONE_THREAD = (CORES, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_START = "import sys; from meekcast.mapper.processes import serve; serve(int(sys.argv[1]))"


def share[T, R](work: Work[T, R], ledger: Ledger[T, R], number: int) -> None:
    """Have all tasks of a ledger done by so many processes.

    Parameters
    ----------
    work : callable
        A function of a module, see `meekcast.mapper.spreading.spread`.
    ledger : Ledger
        Gives the tasks and hears what comes of them.
    number : int
        How many processes.
    """
    with _Team(work, ledger) as team:
        team.work(number)


@dataclass(eq=False)
class _Worker:
    """A worker as the process that started it sees it, and the task that it was given, with its number."""

    process: subprocess.Popen[bytes]
    pipe: Connection
    given: tuple[int, Any] | None = None

    def say(self, what: object) -> None:
        """Send something; if the worker is lost, its silence tells of it."""
        with suppress(OSError):
            self.pipe.send(what)

    def lost(self) -> str:
        """How it ended."""
        code = self.process.wait()
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def end(self) -> None:
        """Wait until it has ended, not for ever: a compiler does not listen."""
        self.pipe.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class _Team[T, R]:
    """Workers that know their work; in the end none is left."""

    def __init__(self, work: Work[T, R], ledger: Ledger[T, R]) -> None:
        self._work, self._ledger = work, ledger
        self._workers: list[_Worker] = []
        self._lost: Counter[int] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            if worker.given:
                worker.process.send_signal(signal.SIGINT)
        for worker in self._workers:
            worker.end()

    def work(self, number: int) -> None:
        """Work until all is there, or until no earlier task can fail any more."""
        for _ in range(number):
            self._give(self._new())
        while self._ledger.waits:
            busy = {worker.pipe: worker for worker in self._workers if worker.given}
            for pipe in wait(list(busy)):
                self._hear(busy[pipe])  # type: ignore[index]

    def _new(self) -> _Worker:
        self._workers.append(_started())
        self._workers[-1].say(self._work)
        return self._workers[-1]

    def _give(self, worker: _Worker) -> None:
        worker.given = self._ledger.give()
        if worker.given:
            worker.say(worker.given[1])

    def _hear(self, worker: _Worker) -> None:
        assert worker.given is not None  # the others are silent
        try:
            kind, content = worker.pipe.recv()
        except (EOFError, OSError):
            self._do_again(worker, *worker.given)
            return
        self._ledger.hear(worker.given[0], kind, content)
        if kind in ENDS:
            self._give(worker)

    def _do_again(self, worker: _Worker, number: int, task: T) -> None:
        """Have a new worker do the task of one that is lost, if not too many are lost at it."""
        how = f"a worker process {worker.lost()}"
        worker.given = None
        worker.end()
        self._workers.remove(worker)
        self._lost[number] += 1
        if self._lost[number] > AGAIN:
            remedy = f"What was finished is kept. If memory was short, run the same with {CORES}=1 in the environment."
            self._ledger.hear(number, "error", MeekcastError(how, remedy))
            return
        self._ledger.hear(number, "step", f"{how}: its task is done again")
        other = self._new()
        other.given = number, task
        other.say(task)


def _started() -> _Worker:
    """Start a worker, deaf to Ctrl-C until it can end well."""
    ours, theirs = Pipe()
    places = os.pathsep.join(os.path.abspath(place) for place in sys.path)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": places},
        )
    finally:
        theirs.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return _Worker(process, ours)


def serve(handle: int) -> None:
    """Do what a worker does: tasks from a pipe, until it is closed or this process is interrupted."""
    signal.signal(signal.SIGINT, _interrupted)
    one = threading.Lock()
    with suppress(KeyboardInterrupt, EOFError, OSError), surely_interrupted(), Connection(handle) as pipe:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

        def send(kind: str, content: object) -> None:
            with one:  # whole messages
                pipe.send((kind, content))

        work = pipe.recv()
        while True:
            send(*outcome(work, pipe.recv(), Telling(send)))


def _interrupted(*_: object) -> NoReturn:
    """End by one Ctrl-C: a terminal sends it to all processes, and that which started this one once more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
