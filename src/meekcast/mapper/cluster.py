"""A Dask cluster that shares tasks: looked at first, then given as many as its workers can hold.

Dask does the tasks of lost workers again. No more tasks are sent than keep every worker busy, so that the scheduler
holds few of them, however many there are.
"""

from __future__ import annotations

import logging
import queue
import secrets
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from meekcast import cache
from meekcast.errors import InputError, MeekcastError, optional
from meekcast.files import UNFINISHED, locked
from meekcast.mapper import remote
from meekcast.mapper.scheduler import SCHEDULER
from meekcast.mapper.work import packed

if TYPE_CHECKING:
    from distributed import Client, Future

    from meekcast.mapper.ledger import Ledger
    from meekcast.mapper.work import Work

PATIENCE = 5
"""Seconds in which a scheduler has to answer, and to have a worker."""

AHEAD = 2
"""Tasks sent for each worker: one that is done and one that waits."""

GLANCE = 2.0
"""Seconds after which the workers are counted again."""


class Cluster(NamedTuple):
    """A cluster that can do the work."""

    client: Client
    address: str
    place: remote.Place


@contextmanager
def connected(address: str, folders: Iterable[Path] = ()) -> Iterator[Cluster]:
    """Connect to a scheduler, and refuse a cluster that cannot do the work.

    Parameters
    ----------
    address : str
        Of the scheduler.
    folders : iterable of pathlib.Path
        Into which workers are going to write, beside the cache.

    Raises
    ------
    InputError
        If Dask is not installed, the scheduler does not answer, or a worker has other versions than this process,
        several threads, or does not see the folders.
    """
    connecting = _client()
    with _quiet(), ExitStack() as open_:
        try:
            client = connecting(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:  # a timeout is an OSError
            raise InputError(
                f"no Dask scheduler answers at {address!r}: {str(error).splitlines()[0] or 'no answer'}",
                f"Start one with `dask scheduler`, and give the address that it prints; without --scheduler, and with "
                f"{SCHEDULER} unset, this machine does the work.",
            ) from None
        open_.callback(_close, client)
        marks = [open_.enter_context(_marked(folder)) for folder in (cache.folder(), *folders)]
        place = remote.place(marks)
        _check_workers(client, address, place)
        yield Cluster(client, address, place)


def share[T, R](work: Work[T, R], ledger: Ledger[T, R], address: str) -> None:
    """Have all tasks of a ledger done by a cluster.

    Parameters
    ----------
    work : callable
        A function of a module, see `meekcast.mapper.spreading.spread`.
    ledger : Ledger
        Gives the tasks and hears what comes of them.
    address : str
        Of the scheduler.

    Raises
    ------
    InputError
        If the cluster cannot be used.
    MeekcastError
        If the scheduler is lost.
    """
    with connected(address) as cluster, _Sharing(cluster, work, ledger) as sharing:
        sharing.work()


class _Sharing[T, R]:
    """Tasks that are with a cluster; whatever ends this, nothing of it goes on there."""

    def __init__(self, cluster: Cluster, work: Work[T, R], ledger: Ledger[T, R]) -> None:
        self._client, self._address, self._place = cluster
        self._work, self._ledger = packed(work), ledger
        self._topic = f"meekcast-{secrets.token_hex(8)}"
        self._sent: dict[int, Future] = {}
        self._mail: queue.SimpleQueue[tuple[int, str, Any]] = queue.SimpleQueue()
        self._workers, self._counted = 0, -GLANCE

    def __enter__(self) -> _Sharing[T, R]:
        self._client.subscribe_topic(self._topic, lambda event: self._mail.put(tuple(event[1])))
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # the scheduler may be gone; what is raised already says so
            self._client.unsubscribe_topic(self._topic)
            if self._sent:
                self._client.cancel(list(self._sent.values()), force=True)
                self._client.run(remote.stop, self._topic, on_error="ignore")

    def work(self) -> None:
        """Work until all is there, or until no earlier task can fail any more."""
        self._fill()
        while self._ledger.waits:
            try:
                number, kind, content = self._mail.get(timeout=1.0)
            except queue.Empty:
                self._check_alive()
                continue
            if kind == "ended":
                self._end(number)
                self._fill()
            else:
                self._ledger.hear(number, kind, content)

    def _fill(self) -> None:
        """Send tasks until every worker has enough."""
        if time.monotonic() - self._counted > GLANCE:
            try:
                self._workers, self._counted = len(self._client.nthreads()), time.monotonic()
            except OSError:
                raise self._gone() from None
        while len(self._sent) < AHEAD * max(self._workers, 1) and (given := self._ledger.give()):
            number, task = given
            future = self._client.submit(
                remote.do, self._place, self._topic, self._work, number, task, key=f"{self._topic}-{number}", pure=False
            )
            self._sent[number] = future
            future.add_done_callback(lambda _, number=number: self._mail.put((number, "ended", None)))

    def _end(self, number: int) -> None:
        """Take what came of a task, and let the cluster forget it."""
        future = self._sent.pop(number)
        try:
            kind, content = future.result(timeout=None)
        except Exception as error:  # of Dask: what the work raises comes as a result, see `meekcast.mapper.work`
            kind, content = "error", self._told(error)
        future.release()
        self._ledger.hear(number, kind, content)

    def _told(self, error: Exception) -> Exception:
        """What a user can mend as a message; a fault as it is, with where it arose."""
        name = type(error).__name__
        if name == "KilledWorker":
            return MeekcastError(
                "the same task was lost with each worker that tried it",
                "What was finished is kept. Look at the logs of the workers: the memory of one may be short.",
            )
        if "Cancelled" in name or self._client.status != "running":
            return self._gone()
        if isinstance(error, OSError):
            return MeekcastError(f"the cluster at {self._address}: {name}: {error}", "Look at the logs of its workers.")
        return error

    def _check_alive(self) -> None:
        if self._client.status != "running":
            raise self._gone()

    def _gone(self) -> MeekcastError:
        return MeekcastError(
            f"the Dask scheduler at {self._address} is gone",
            "What was finished is kept; start it again, and the same command goes on after that.",
        )


def _client() -> type[Client]:
    """Dask's client; one that cannot connect closes at once.

    Left open, it would be closed by the garbage collector at any moment; if another client or a cluster starts in that
    moment, both wait for the same lock, for ever.
    """
    kind: Any = optional("distributed", "scale").Client

    class Closing(kind):  # type: ignore[misc]
        def start(self, **options: Any) -> None:
            try:
                super().start(**options)
            except BaseException:
                self.close()
                raise

    return Closing


def _close(client: Client) -> None:
    """Close it; a scheduler that does not answer any more is no matter, for what was done is here."""
    with suppress(OSError):  # a timeout is one
        client.close(timeout=PATIENCE)


def _check_workers(client: Client, address: str, place: remote.Place) -> None:
    """Refuse workers on which results could differ, or would be lost."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise InputError(f"the Dask scheduler at {address} has no workers", remote.how_to_start(address)) from None
    for worker, found in sorted(client.run(remote.fault, place, address, on_error="return").items()):
        if isinstance(found, MeekcastError):
            raise found
        if isinstance(found, BaseException):
            raise InputError(
                f"worker {worker} cannot run this version of meekcast: {found}",
                "Install the same version there, with the same versions of what it needs (requirements.lock).",
            )


@contextmanager
def _marked(folder: Path) -> Iterator[Path]:
    """A file that all who see the folder see; it is put where the folder will be if it is not there yet."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
    mark = there / secrets.token_hex(8).join(UNFINISHED)
    try:
        mark.touch()
    except OSError as error:
        raise InputError(f"cannot write to {there}: {error.strerror}", "Choose a folder that can be written.") from None
    try:
        with locked(mark):  # so that nobody takes it for what a killed process left behind
            yield mark
    finally:
        with suppress(OSError):
            mark.unlink(missing_ok=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Say nothing in Dask's words: what goes wrong is told in ours."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
