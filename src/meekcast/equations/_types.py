"""The one type of the smooth equations."""

from typing import Any

type Values = Any
"""A float, a NumPy array, an xarray DataArray or a PyTensor variable."""
