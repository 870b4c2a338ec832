"""Ctrl-C where Python cannot raise it comes again; other faults there are told as before."""

import ctypes
import signal
import sys
import time

import pytest

from meekcast.interrupts import surely_interrupted


@pytest.fixture(autouse=True)
def hearing():
    """Ctrl-C is heard, wherever the tests run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def called_from_c(function):
    """Have C call a function, as compilers do; what it raises goes no further."""
    ctypes.CFUNCTYPE(None)(function)()


def interrupted():
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_that_was_dropped_comes_again(times, capfd):
    def work():
        for _ in range(times):
            called_from_c(interrupted)
        time.sleep(30)

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), surely_interrupted():
        work()
    assert time.monotonic() - began < 20
    assert capfd.readouterr().err == ""


def test_a_handler_that_hears_once_hears_it_again():
    def once(*_):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, once)
    with pytest.raises(KeyboardInterrupt), surely_interrupted():
        called_from_c(interrupted)
        time.sleep(30)


def test_a_compiler_ends_what_it_does_first():
    """An interrupt within it would leave objects half-made, which crash when the process ends."""
    made = []
    fragile = {"__name__": "llvmlite.binding.made", "interrupted": interrupted, "made": made}
    exec("def compiled():\n    interrupted()\n    made.append('whole')", fragile)
    with pytest.raises(KeyboardInterrupt), surely_interrupted():
        fragile["compiled"]()
        made.append("more")
        time.sleep(30)
        made.append("too much")
    assert made == ["whole", "more"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_that_a_library_makes_of_it_is_an_interrupt():
    def drawn():
        try:
            interrupted()
        except KeyboardInterrupt:
            raise ValueError("Invalid bounding box") from None

    with pytest.raises(KeyboardInterrupt), surely_interrupted():
        drawn()
    with pytest.raises(ZeroDivisionError), surely_interrupted():
        raise ZeroDivisionError


def test_who_does_not_listen_is_not_made_to():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with surely_interrupted():
        interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_without_signals_to_threads_all_stays_as_python_does_it(monkeypatch):
    monkeypatch.delattr(signal, "pthread_kill")
    with surely_interrupted():
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_none_comes_after_the_work_is_done(capfd):
    hook = sys.unraisablehook
    with surely_interrupted():
        called_from_c(interrupted)
    time.sleep(0.3)
    assert sys.unraisablehook is hook
    assert capfd.readouterr().err == ""


def test_another_fault_there_is_told_as_before(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda fault: told.append(fault.exc_value))
    with surely_interrupted():
        called_from_c(lambda: 1 / 0)
    assert [type(error) for error in told] == [ZeroDivisionError]
