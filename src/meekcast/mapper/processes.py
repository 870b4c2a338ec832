"""Processes of this machine that share tasks, each with one thread.

A worker is a new Python: one that was forked would inherit the locks of nutpie's and numba's threads, and one of
`multiprocessing` would run a user's script again. It takes tasks from a pipe and ends when that is closed, so that none
outlives the process that started it by more than a task.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import TYPE_CHECKING, Any, NoReturn

from meekcast.errors import MeekcastError
from meekcast.inference.cores import CORES

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress

type Work[T, R] = Callable[[T, Progress], R]

PATIENCE = 3.0
"""Seconds in which a worker may clean up."""

_ONE_THREAD = (CORES, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_START = "import sys; from meekcast.mapper.processes import serve; serve(int(sys.argv[1]))"


def shared[T, R](
    work: Work[T, R], tasks: Sequence[T], number: int, progress: Progress, done: Callable[[R], object]
) -> list[R]:
    """Do some work on each of several tasks in so many processes, see `meekcast.mapper.spreading.spread`."""
    with _workers(number, work) as workers:
        return _Sharing(workers, tasks, progress, done).results()


@dataclass(eq=False)
class _Worker:
    """A worker as the process that started it sees it."""

    process: subprocess.Popen[bytes]
    pipe: Connection
    task: int | None = None
    draws: tuple[int, int, int] = (0, 0, 0)

    def say(self, what: object) -> None:
        """Send something; if the worker is lost, `hear` tells of it."""
        with suppress(OSError):
            self.pipe.send(what)

    def hear(self) -> tuple[str, Any]:
        """The next message: its kind, and its content."""
        try:
            kind, content = self.pipe.recv()
        except (EOFError, OSError):
            return "error", self._lost()
        return kind, content

    def _lost(self) -> MeekcastError:
        code = self.process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return MeekcastError(
            f"a worker process {how}",
            f"What was finished is kept. If memory was short, run the same with {CORES}=1 in the environment.",
        )

    def end(self) -> None:
        """Wait until it has ended, not for ever: a compiler does not listen."""
        self.pipe.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def _workers(number: int, work: Work[Any, Any]) -> Iterator[list[_Worker]]:
    """Workers that know their work; in the end none is left."""
    workers: list[_Worker] = []
    try:
        for _ in range(number):
            workers.append(_started())
            workers[-1].say(work)
        yield workers
    finally:
        for worker in workers:
            if worker.task is not None:
                worker.process.send_signal(signal.SIGINT)
        for worker in workers:
            worker.end()


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


class _Sharing[T, R]:
    """Tasks shared among workers."""

    def __init__(
        self, workers: Sequence[_Worker], tasks: Sequence[T], progress: Progress, done: Callable[[R], object]
    ) -> None:
        self._workers, self._progress, self._done = workers, progress, done
        self._order, self._ahead = range(len(tasks)), iter(enumerate(tasks))
        self._found: dict[int, R] = {}
        self._failed: dict[int, BaseException] = {}

    def results(self) -> list[R]:
        """Work until all is there, or until no earlier task can fail any more."""
        for worker in self._workers:
            self._give(worker)
        while busy := [w for w in self._workers if w.task is not None]:
            ready = wait([worker.pipe for worker in busy])
            for worker in busy:
                if worker.pipe in ready:
                    self._hear(worker, *worker.hear())
            if self._failed and not any(w.task is not None and w.task < min(self._failed) for w in busy):
                raise self._failed[min(self._failed)]
        return [self._found[i] for i in self._order]

    def _give(self, worker: _Worker) -> None:
        worker.task, task = next(self._ahead, (None, None))
        worker.draws = (0, 0, 0)
        if worker.task is not None:
            worker.say(task)

    def _hear(self, worker: _Worker, kind: str, content: Any) -> None:
        if kind == "step":
            self._progress.step(content)
        elif kind == "sampling":
            worker.draws = content
            self._progress.sampling(*map(sum, zip(*(w.draws for w in self._workers), strict=True)))
        elif kind == "error":
            self._failed[worker.task or 0], worker.task = content, None
        else:
            self._found[worker.task or 0] = content
            self._done(content)
            worker.task = None
            if not self._failed:
                self._give(worker)


class _Telling:
    """The listener of a worker; nutpie tells it of draws from a thread of its own."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._one = pipe, threading.Lock()

    def send(self, kind: str, content: object) -> None:
        """Send a message whole."""
        with self._one:
            self._pipe.send((kind, content))

    def step(self, text: str) -> None:
        """Hand on a step."""
        self.send("step", text)

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Hand on the draws, as long as somebody listens."""
        with suppress(OSError):
            self.send("sampling", (done, total, divergences))


def serve(handle: int) -> None:
    """Do what a worker does: tasks from a pipe, until it is closed or this process is interrupted."""
    signal.signal(signal.SIGINT, _interrupted)
    with suppress(KeyboardInterrupt, EOFError, OSError), Connection(handle) as pipe:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        work, telling = pipe.recv(), _Telling(pipe)
        while True:
            telling.send(*_outcome(work, pipe.recv(), telling))


def _interrupted(*_: object) -> NoReturn:
    """End by one Ctrl-C: a terminal sends it to all processes, and that which started this one once more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _outcome(work: Work[Any, Any], task: object, telling: _Telling) -> tuple[str, object]:
    try:
        return "result", work(task, telling)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of nutpie is no Exception
        return "error", _portable(error)


def _portable(error: BaseException) -> BaseException:
    """The error as it can be sent; one that is no user's mistake says where it arose."""
    if not isinstance(error, MeekcastError):
        error.add_note("In a worker process:\n" + traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error
