"""Draws made small for a page: fewer of them, at fewer dates, rounded to a share of their range, and compressed.

A page holds some hundred thousand values. Differences of rounded values between dates, low bytes before high ones,
compress best; ``draws.js`` undoes each step.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypedDict

import numpy as np

from meekcast.equations.types import Array

VALUES = 1_400_000
"""Values of the draws on a page; each takes about half a byte, and the page stays under two million bytes."""

FEWEST, MOST = 250, 1_000
"""Draws of a page."""

LEVELS = 1_023
"""Values between the least and the largest of a quantity; the next says that a value is none, those above are exact."""

MONTHLY = 3.0
"""Years ahead in which every date of the forecast is kept; later on one of `THINNED`."""

THINNED, THINNED_BANDS = (1, 2, 3, 6), 3
"""Dates are as close as `FEWEST` draws leave room: between dates a path may cross a threshold unseen."""

WIDE = 1_000
"""A quantity whose largest value is so many times its median is rounded on the scale of its logarithm."""


class Scale(TypedDict):
    """How values of a quantity were rounded: evenly between two of them, perhaps as logarithms, but for some."""

    low: float
    high: float
    log: bool
    exact: list[float]


class Packed(TypedDict):
    """A table of draws: its shape, what its quantities were rounded to, and the bytes."""

    draws: int
    of: int
    quantities: dict[str, Scale]
    parameters: list[str]
    events: list[str]
    bytes: str


def kept(times: Array, today: float, of: int, quantities: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of draws and dates that a page keeps: dates as close as `FEWEST` draws leave room, then draws.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates of the forecast.
    today : float
        The date of asking.
    of, quantities : int
        Draws of the forecast, and how many quantities are kept of each.

    Returns
    -------
    tuple of ndarray
        Draws, evenly spread, and dates, from the first to the last.

    Examples
    --------
    >>> [len(positions) for positions in kept(2024 + np.arange(204) / 12, 2027.0, 4000, 14)]
    [490, 204]
    """
    for thinned in THINNED:
        dates = kept_dates(times, today, thinned)
        if VALUES // (quantities * len(dates)) >= FEWEST:
            break
    most = int(np.clip(VALUES // (quantities * len(dates)), FEWEST, MOST))
    return np.unique(np.linspace(0, of - 1, min(most, of)).round().astype(int)), dates


def kept_dates(times: Array, today: float, thinned: int) -> np.ndarray:
    """Positions of dates: all until `MONTHLY` years after asking, then one of so many.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates of the forecast.
    today : float
        The date of asking.
    thinned : int
        Of so many later dates one is kept.

    Returns
    -------
    ndarray
        The first and the last among them.

    Examples
    --------
    >>> len(kept_dates(np.linspace(0, 30, 361), 0.0, 6))
    91
    """
    later = (len(times) - 1 - np.arange(len(times))) % thinned == 0
    return np.flatnonzero((times <= max(today, times[0]) + MONTHLY) | later)


def pack(
    quantities: Mapping[str, Array],
    parameters: Mapping[str, Array],
    events: Mapping[str, Array],
    of: int,
    exact: Mapping[str, Sequence[float]] = MappingProxyType({}),
) -> Packed:
    """Pack draws.

    Parameters
    ----------
    quantities : mapping of str to ndarray, shape (n, m)
        Draws over dates; what is no number stays none, infinite values are the largest.
    parameters : mapping of str to ndarray, shape (n,)
        Draws, kept in single precision.
    events : mapping of str to ndarray, shape (n,)
        Dates, likewise.
    of : int
        Draws of the forecast from which these are taken.
    exact : mapping of str to sequence of float, optional
        Values of a quantity that are not rounded, such as gaps that were seen: a question may be about just these.
    """
    scales = {name: _scale(values, exact.get(name, ())) for name, values in quantities.items()}
    parts = [_rounded(values, scales[name]) for name, values in quantities.items()]
    parts += [np.asarray(values, dtype="<f4").tobytes() for values in (*parameters.values(), *events.values())]
    n = len(next(iter([*quantities.values(), *parameters.values()])))
    return {
        "draws": n, "of": of, "quantities": scales, "parameters": list(parameters), "events": list(events),
        "bytes": packed(b"".join(parts)),
    }  # fmt: skip


def packed(data: bytes) -> str:
    """Bytes, compressed and as text; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode("ascii")


def _scale(values: Array, exact: Sequence[float]) -> Scale:
    finite = values[np.isfinite(values)]
    log = bool(finite.size and finite.min() > 0 and finite.max() > WIDE * np.median(finite))
    ends = np.log(finite) if log else finite
    low, high = (float(ends.min()), float(ends.max())) if finite.size else (0.0, 0.0)
    return {"low": low, "high": high, "log": log, "exact": np.unique(np.asarray(exact, np.float32)).tolist()}


def _rounded(values: Array, scale: Scale) -> bytes:
    """Differences from date to date of rounded values, all low bytes before all high ones."""
    low, high, exact = scale["low"], scale["high"], np.asarray(scale["exact"], np.float32)
    share = (np.clip(np.log(values) if scale["log"] else values, low, high) - low) / ((high - low) or 1.0)
    level = np.where(np.isnan(values), LEVELS + 1, np.rint(np.nan_to_num(share) * LEVELS)).astype("<u2")
    if len(exact):
        which = np.searchsorted(exact, values.astype(np.float32)).clip(max=len(exact) - 1)
        level = np.where(exact[which] == values.astype(np.float32), LEVELS + 2 + which, level).astype("<u2")
    change = np.diff(level, axis=1, prepend=np.zeros((len(level), 1), "<u2")).astype("<i2")
    folded = (change << 1) ^ (change >> 15)  # 0, -1, 1, -2, ...: what is small has no high byte
    low_and_high = np.ascontiguousarray(folded.T).view(np.uint8).reshape(-1, 2)
    return low_and_high[:, 0].tobytes() + low_and_high[:, 1].tobytes()
