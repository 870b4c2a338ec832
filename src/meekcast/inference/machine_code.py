"""Machine code of a graph, kept between processes.

nutpie types and compiles its callbacks anew in every process, which takes 10 s. numba can hand out the object code:
kept by structure, versions and processor, it is loaded in 0.05 s, and PyMC need not even be imported. The PyMC model
stays the only source of the density: code that is kept knows what the compiler's own function gave at one point, and
is used only if it gives just that again.
"""

from __future__ import annotations

import ctypes
import io
import platform
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from meekcast import cache as disk
from meekcast.equations.types import Array

if TYPE_CHECKING:
    from nutpie.compile_pymc import CompiledPyMCModel

ROOMS = ("equations", "vocabulary", "beliefs", "cards", "model", "inference")
"""Rooms whose code decides what a graph computes; numbers are handed to it."""

COMPILERS = ("numba", "llvmlite")

_C_DENSITY = ctypes.CFUNCTYPE(
    ctypes.c_int64, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)


class Function(NamedTuple):
    """A C function: its address, and what has to live as long as it is called."""

    address: int
    owner: Any


class Density(NamedTuple):
    """Log density and gradient at a point."""

    value: float
    gradient: Array


@dataclass(frozen=True, eq=False)
class Compiled:
    """The compiled density of a graph, for any numbers.

    Parameters
    ----------
    logp, expand : Function
        nutpie's two callbacks: log density with gradient, and variables from a point.
    shapes : dict of str to tuple of int
        Variables in the order in which a point holds them.
    """

    logp: Function
    expand: Function
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def size(self) -> int:
        """Length of a point."""
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def density(self, numbers: Array, point: Array) -> Density:
        """Evaluate at a point.

        Parameters
        ----------
        numbers : ndarray
            The data vector, from `meekcast.inference.graph.pack`.
        point : ndarray, shape (size,)
            All variables.
        """
        data, gradient, value = user_data(numbers), np.zeros(self.size), np.zeros(1)
        pointers = (array.ctypes.data for array in (np.ascontiguousarray(point, float), gradient, value, data))
        _C_DENSITY(self.logp.address)(self.size, *pointers)
        return Density(float(value[0]), gradient)


def user_data(numbers: Array) -> Array:
    """What the callbacks read: address, size and shape of the one data vector, which has to stay alive."""
    return np.array([numbers.ctypes.data, numbers.size, numbers.size], dtype=np.uint64)


def of_model(model: CompiledPyMCModel) -> Compiled:
    """What nutpie has compiled in this process."""
    logp, expand = (Function(f.address, f) for f in (model.compiled_logp_func, model.compiled_expand_func))
    return Compiled(logp, expand, {name: tuple(map(int, shape)) for name, shape in model.shapes.items()})


def name_of(structure: str) -> str:
    """Name under which the code of a structure is kept: other code, versions or processors have another."""
    return disk.key({"structure": structure, "machine": _machine()}, ROOMS)


@cache
def _machine() -> dict[str, str]:
    """What machine code depends on beside its source: the processor with its instructions, and the compilers."""
    from llvmlite import binding

    return {
        "python": platform.python_version(),
        "processor": binding.get_host_cpu_name(),
        "instructions": binding.get_host_cpu_features().flatten(),
        "triple": binding.get_process_triple(),
        **{name: version(name) for name in COMPILERS},
    }


def keep(name: str, compiled: Compiled, numbers: Array) -> None:
    """Keep code that has just been compiled.

    Raises
    ------
    OutputError
        If it cannot be written.
    ValueError
        If the code holds addresses of this process, or there is no place that is private to the user.
    """
    point = np.linspace(-0.5, 0.5, compiled.size)
    value, gradient = compiled.density(numbers, point)
    entry: dict[str, Any] = {"numbers": numbers, "point": point, "value": value, "gradient": gradient}
    entry |= {"names": [*compiled.shapes]} | {f"shape {name}": shape for name, shape in compiled.shapes.items()}
    for callback in ("logp", "expand"):
        entry |= {f"{callback} {key}": part for key, part in _parts(getattr(compiled, callback).owner).items()}
    content = io.BytesIO()
    np.savez(content, **entry)
    disk.keep(name, content.getvalue(), "code")


def _parts(function: Any) -> dict[str, Any]:
    """Object code of a numba function, and the names that it has to be linked with."""
    library = function._library
    if library.has_dynamic_globals:
        raise ValueError("the code holds addresses of this process")
    of, _, (code, bitcode) = library.serialize_using_object_code()
    declared = [f.name for f in library._final_module.functions if f.is_declaration]
    external = [name for name in declared if not name.startswith("llvm.")]
    binary = {"code": np.frombuffer(code, np.uint8), "bitcode": np.frombuffer(bitcode, np.uint8)}
    return {"entry": function._wrapper_name, "library": of, "external": external, **binary}


def kept(name: str) -> Compiled | None:
    """The code that is kept under a name; None if there is none, or it is not what it was.

    A linker that misses a name ends the process, so names are looked up first.
    """
    content = disk.read(name, "code")
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content)) as stored:
            entry = dict(stored)
        shapes = {str(name): tuple(entry[f"shape {name}"].tolist()) for name in entry["names"]}
        found = Compiled(_loaded(entry, "logp"), _loaded(entry, "expand"), shapes)
    except (KeyError, ValueError, zipfile.BadZipFile):
        return None
    value, gradient = found.density(entry["numbers"], entry["point"])
    return found if value == entry["value"] and np.array_equal(gradient, entry["gradient"]) else None


def _loaded(entry: Mapping[str, Array], callback: str) -> Function:
    from llvmlite import binding
    from numba.core.registry import cpu_target
    from numba.core.runtime.nrt import rtsys

    rtsys.initialize(cpu_target.target_context)
    if not all(binding.address_of_symbol(str(name)) for name in entry[f"{callback} external"]):
        raise ValueError("the code needs what this process has not")
    code = entry[f"{callback} code"].tobytes(), entry[f"{callback} bitcode"].tobytes()
    codegen = cpu_target.target_context.codegen()
    library = codegen.unserialize_library((str(entry[f"{callback} library"]), "object", code))
    return Function(library.get_pointer_to_function(str(entry[f"{callback} entry"])), library)
