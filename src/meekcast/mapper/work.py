"""Work on one task, done by a worker: what came of it, and what its listener hears, as messages."""

from __future__ import annotations

import functools
import pickle
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from meekcast.errors import MeekcastError

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress

type Work[T, R] = Callable[[T, Progress], R]

ENDS = ("result", "error")
"""Kinds of messages after which a worker is free; ``step`` and ``sampling`` are the others."""


class Telling:
    """The listener of a worker: hands on what it hears, the draws as long as somebody listens.

    Parameters
    ----------
    send : callable
        Sends a kind and a content; nutpie tells of draws from a thread of its own.
    """

    def __init__(self, send: Callable[[str, Any], object]) -> None:
        self._send = send

    def step(self, text: str) -> None:
        """Hand on a step."""
        self._send("step", text)

    def sampling(self, done: int, total: int, divergences: int) -> None:
        """Hand on the draws."""
        with suppress(OSError):
            self._send("sampling", (done, total, divergences))


def packed(work: Work[Any, Any]) -> bytes:
    """Work as it is sent with each of many tasks: packed once, whatever it holds."""
    return pickle.dumps(work)


@functools.lru_cache(maxsize=1)
def unpacked(content: bytes) -> Work[Any, Any]:
    """The work that was packed; a worker unpacks it once."""
    work: Work[Any, Any] = pickle.loads(content)
    return work


def outcome(work: Work[Any, Any], task: object, progress: Progress) -> tuple[str, object]:
    """Do the work on one task.

    Parameters
    ----------
    work : callable
        From a task and a listener to a result.
    task : object
        The task.
    progress : Progress
        The listener.

    Returns
    -------
    tuple
        ``"result"`` and the result, or ``"error"`` and what was raised.
    """
    try:
        return "result", work(task, progress)
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
