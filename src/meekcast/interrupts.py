"""Ctrl-C: it waits where it would leave something half-done or broken, and comes again where Python drops it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SOON = 0.1
"""Seconds after which a Ctrl-C comes again."""

FRAGILE = "llvmlite.binding"
"""Modules in which nothing may be raised from outside: objects of LLVM would be half-made, and crash later."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until what must not stay half-done is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda *call: heard.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard and callable(before):
        before(*heard[0])


@contextmanager
def surely_interrupted() -> Iterator[None]:
    """Have Ctrl-C come again where a library cannot bear it, or where Python cannot raise it, as in a finalizer.

    In the main thread, for a handler that stands already. An error that comes of it is Ctrl-C too.
    """
    before, told = signal.getsignal(signal.SIGINT), sys.unraisablehook
    if not callable(before) or not hasattr(signal, "pthread_kill"):  # Windows: as Python does it
        yield
        return
    surely = _Surely(before, told)
    signal.signal(signal.SIGINT, surely.hear)
    sys.unraisablehook = surely.dropped
    try:
        yield
    except Exception as error:
        if surely.heard:  # in matplotlib it is an invalid bounding box, in pydantic a mistake in a schema
            raise KeyboardInterrupt from error
        raise
    finally:
        sys.unraisablehook = told
        if signal.getsignal(signal.SIGINT) == surely.hear:  # else it was heard, and what hears it chose to be deaf
            signal.signal(signal.SIGINT, before)
        surely.forget()


class _Surely:
    """What hears Ctrl-C, and hears of faults that Python dropped; it hands on what can be borne now."""

    def __init__(
        self, before: Callable[[int, FrameType | None], object], told: Callable[[UnraisableHookArgs], object]
    ) -> None:
        self._before, self._told = before, told
        self._coming: list[threading.Timer] = []
        self.heard = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Raise it, or have it come again."""
        self.heard = not _fragile(frame)
        self._before(number, frame) if self.heard else self._again()

    def dropped(self, fault: UnraisableHookArgs) -> None:
        """Have it come again, if that is what was dropped."""
        self._again() if isinstance(fault.exc_value, KeyboardInterrupt) else self._told(fault)

    def forget(self) -> None:
        """Nothing comes any more."""
        for timer in self._coming:
            timer.cancel()

    def _again(self) -> None:
        signal.signal(signal.SIGINT, self.hear)  # that which was heard may have made it deaf
        self._coming.append(threading.Timer(SOON, signal.pthread_kill, (threading.get_ident(), signal.SIGINT)))
        self._coming[-1].start()


def _fragile(frame: FrameType | None) -> bool:
    """Whether code that must not be interrupted is at work."""
    while frame and not frame.f_globals.get("__name__", "").startswith(FRAGILE):
        frame = frame.f_back
    return frame is not None
