"""Let a NumPy function with branches take floats, arrays and labelled arrays alike."""

import functools
import inspect
import sys
from collections.abc import Callable

import numpy as np

from meekcast.equations.types import Values


def elementwise(function: Callable[..., Values]) -> Callable[..., Values]:
    """Broadcast the arguments of `function` to float64 arrays of one shape.

    Floats give a float back, arrays an array, and xarray objects an xarray object with
    the union of their dimensions and no name or attributes: a date in years is not the
    exponent it came from. Division by zero and logarithms of zero are expected at
    the edges that such a function handles, so NumPy is silenced inside it.
    """
    signature = inspect.signature(function)

    def kernel(*args: Values) -> Values:
        arrays = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in args))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(function(*arrays), dtype=float)[()]

    @functools.wraps(function)
    def wrapper(*args: Values, **kwargs: Values) -> Values:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = tuple(bound.arguments.values())
        xarray = sys.modules.get("xarray")  # a caller with labels has loaded it already
        if xarray and any(isinstance(v, xarray.DataArray) for v in values):
            return xarray.apply_ufunc(kernel, *values, keep_attrs=False).rename(None)
        return kernel(*values)

    return wrapper
