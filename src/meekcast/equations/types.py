"""Types of numbers that every room shares."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
"""Numbers of double precision."""

Counts = npt.NDArray[np.integer[Any]]
"""Whole numbers: counts, ranks, places."""

Mask = npt.NDArray[np.bool_]
"""Truth values."""

type Values = Any
"""A float, a NumPy array, an xarray DataArray or a PyTensor variable: what a smooth equation takes and gives."""
