"""Work that workers can import too."""

import ctypes
import os
import signal
import time
from pathlib import Path

from meekcast.errors import InputError


def square(number, progress):
    progress.step(f"squaring {number}")
    progress.sampling(number, 100, 1)
    return number**2


def place(number, progress):
    time.sleep(0.1)
    return os.getpid(), {name: os.environ[name] for name in ("MEEKCAST_CORES", "OMP_NUM_THREADS")}


def halve(number, progress):
    if number % 2:
        time.sleep(0.3 * (number == 1))
        raise InputError(f"{number} is odd", "Take another.")
    return number // 2


def divide(number, progress):
    return 1 / number


def awkward(number, progress):
    class Local(Exception):
        pass

    raise Local("cannot be sent")


def lost(number, progress):
    if number:
        os.kill(os.getpid(), signal.SIGKILL)


def lost_at_first(mark, progress):
    """Killed as often as there are bytes in a file, one less each time."""
    left = mark.stat().st_size
    if left:
        mark.write_bytes(b"x" * (left - 1))
        os.kill(os.getpid(), signal.SIGKILL)
    return mark.name


def slow(folder, progress):
    try:
        Path(folder, "begun").touch()
        progress.step("begun")
        time.sleep(60)
    finally:
        Path(folder, "cleaned up").touch()


def called_back(folder, progress):
    """Like `slow`, but Ctrl-C comes while C calls Python, as compilers do, where it cannot be raised."""
    try:
        Path(folder, "begun").touch()
        ctypes.CFUNCTYPE(None)(lambda: (progress.step("begun"), time.sleep(60)))()
        time.sleep(60)
    finally:
        Path(folder, "cleaned up").touch()


def deaf(folder, progress):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Path(folder, "begun").touch()
    progress.step("begun")
    time.sleep(60)


def steps(name, progress):
    for number in range(600):
        progress.step(f"{name} {number}")
        time.sleep(0.1)


def prior_fit(inputs, settings, progress, fresh):
    """Stands for sampling; the other work needs no heavy imports."""
    import numpy as np
    import xarray as xr

    from meekcast.inference.diagnostics import unsampled
    from meekcast.inference.posterior import Posterior
    from meekcast.model.realised import departures

    rng = np.random.default_rng(settings.seed)
    n = settings.chains * settings.draws
    draws = inputs.belief.draw(n, rng)
    draws |= {name: rng.standard_normal((n, len(inputs.evidence_times))) for name in departures(inputs.card)}
    shaped = {name: (("chain", "draw", f"{name}_dim")[: v.ndim + 1], v[None]) for name, v in draws.items()}
    return Posterior(xr.DataTree.from_dict({"/posterior": xr.Dataset(shaped)}), unsampled("prior", n))


def talkative(number, progress):
    print("a word on stdout")
    return number


def patient(folder, progress):
    """Like `slow`, but comes back to Python as sampling does."""
    try:
        Path(folder, "begun").touch()
        progress.step("begun")
        for _ in range(3000):
            time.sleep(0.02)
    finally:
        Path(folder, "cleaned up").touch()


def standing(number, progress):
    named = ("MEEKCAST_CORES", "MEEKCAST_CACHE", "MEEKCAST_SCHEDULER", "PYTENSOR_FLAGS")
    return os.getcwd(), {name: os.environ.get(name) for name in named}


def drawn(seed, progress):
    import numpy as np

    time.sleep(0.05)
    return np.random.default_rng(seed).standard_normal(1000)


class Torn:
    """What can be sent, and not be read."""

    def __reduce__(self):
        return int, ("torn",)


def torn(number, progress):
    """A result that breaks where it is read."""
    return Torn()
