"""JSON as every command writes it."""

from __future__ import annotations

import json
import math
from typing import Any


def to_json(value: Any) -> str:
    """JSON text with full double precision; infinities are the strings "inf" and "-inf".

    Raises
    ------
    ValueError
        If a number is NaN: no result may be undefined.

    Examples
    --------
    >>> print(to_json({"date": float("inf")}))
    {
      "date": "inf"
    }
    """
    return json.dumps(_plain(value), indent=2, allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        number = float(value)  # NumPy's float64 too
        return ("inf" if number > 0 else "-inf") if math.isinf(number) else number
    return value
