"""Compiled graphs: of this process, of an earlier one, or made now."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast import cache
from meekcast.errors import OutputError
from meekcast.files import UNFINISHED, locked
from meekcast.inference import machine_code
from meekcast.inference.machine_code import Compiled
from meekcast.inference.numbers import numbers, pack, structure

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress
    from meekcast.inputs import Inputs

COMPILER = {"numba__fastmath": False}
"""Settings of PyTensor. With fast math, code just compiled and the same code from its cache give different bits."""

UNUSED = "g++"
"""C++ compiler where there is none: none is used, but without one PyTensor fuses fewer loops, and warns of it."""

_ready: dict[str, Compiled] = {}
"""Graphs at hand in this process, by structure: a backtest is one compilation and many fits."""


def compiled(inputs: Inputs, progress: Progress) -> Compiled:
    """Have the compiled graph of some inputs: that of this process, one kept by another, or one compiled now and kept.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence; only their structure counts.
    progress : Progress
        Is told of a compilation, and why its code is not kept if so.

    Returns
    -------
    Compiled
        For any numbers of that structure.
    """
    key = structure(inputs)
    if key not in _ready:
        name = machine_code.name_of(key)
        _ready[key] = machine_code.kept(name) or _made_once(inputs, name, progress)
    return _ready[key]


def _made_once(inputs: Inputs, name: str, progress: Progress) -> Compiled:
    """Compile, unless another process is at it: then wait for its code."""
    lock = cache.folder() / f"compiling-{name}".join(UNFINISHED)
    try:
        with suppress(OSError):  # no cache, nobody to wait for
            lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.touch()
        with locked(lock):
            return machine_code.kept(name) or _compile(inputs, name, progress)
    finally:
        with suppress(OSError):
            lock.unlink(missing_ok=True)


def _compile(inputs: Inputs, name: str, progress: Progress) -> Compiled:
    progress.step("compiling the model (15 s, longer the first time; kept for later)")
    room_to_compile()
    import pytensor

    from meekcast.inference.graph import build
    from meekcast.inference.nuts import light_nutpie

    with pytensor.config.change_flags(**COMPILER, cxx=pytensor.config.cxx or UNUSED):
        model = build(inputs)
        variables = [variable.name for variable in model.free_RVs]
        made = machine_code.of_model(light_nutpie().compile_pymc_model(model, var_names=variables))
    try:
        machine_code.keep(name, made, pack(numbers(inputs)))
    except (OutputError, ValueError) as error:
        progress.step(f"the compiled model is not kept for next time: {error}")
    return made


def room_to_compile() -> None:
    """Let PyTensor keep compiled code for as long as this process lives where the user's home cannot be written."""
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if "pytensor" in sys.modules or "compiledir" in flags:
        return
    kept = Path("~/.pytensor").expanduser()
    try:
        kept.mkdir(parents=True, exist_ok=True)
        if os.access(kept, os.W_OK):
            return
    except OSError:
        pass
    folder = tempfile.mkdtemp(prefix="meekcast-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PYTENSOR_FLAGS"] = f"{flags},base_compiledir={folder}".lstrip(",")
