"""Draws made small for a page: fewer of them, at fewer dates, rounded to a share of their range, and compressed.

A page holds some hundred thousand values. Differences of rounded values between dates, low bytes before high ones,
compress best; ``draws.js`` undoes each step.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from typing import TypedDict

import numpy as np

from meekcast.equations.types import Array

VALUES = 1_500_000
"""Values of the draws on a page; compressed, each takes about half a byte, and the page stays under two million bytes."""

FEWEST, MOST = 250, 1_000
"""Draws of a page."""

LEVELS = 1_023
"""Values between the least and the largest of a quantity; the next above says that a value is none."""

MONTHLY = 3.0
"""Years ahead in which every date of the forecast is kept; later on one of `THINNED`."""

THINNED, THINNED_BANDS = (1, 2, 3, 6), 3
"""As many draws as `FEWEST` may need fewer dates; between dates that are far apart a path may cross a threshold unseen."""

DATES = 64
"""Dates that are kept where there is no calendar."""


class Packed(TypedDict):
    """A table of draws: its shape, where each quantity's values begin and end, and the bytes."""

    draws: int
    of: int
    quantities: dict[str, list[float]]
    parameters: list[str]
    events: list[str]
    bytes: str


def kept(times: Array, today: float | None, of: int, quantities: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of draws and dates that a page keeps: dates as close as `FEWEST` draws leave room, then draws.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates of the forecast.
    today : float or None
        The date of asking; None where there is no calendar.
    of, quantities : int
        Draws of the forecast, and how many quantities are kept of each.

    Returns
    -------
    tuple of ndarray
        Draws, evenly spread, and dates, from the first to the last.

    Examples
    --------
    >>> [len(positions) for positions in kept(2024 + np.arange(204) / 12, 2027.0, 4000, 14)]
    [525, 204]
    """
    for thinned in THINNED:
        dates = kept_dates(times, today, thinned)
        if VALUES // (quantities * len(dates)) >= FEWEST:
            break
    most = int(np.clip(VALUES // (quantities * len(dates)), FEWEST, MOST))
    return np.unique(np.linspace(0, of - 1, min(most, of)).round().astype(int)), dates


def kept_dates(times: Array, today: float | None, thinned: int) -> np.ndarray:
    """Positions of dates: all until `MONTHLY` years after asking, then one of so many.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates of the forecast.
    today : float or None
        The date of asking; None where there is no calendar.
    thinned : int
        Of so many later dates one is kept.

    Returns
    -------
    ndarray
        The first and the last among them.

    Examples
    --------
    >>> len(kept_dates(np.linspace(0, 30, 361), None, 1))
    64
    """
    if today is None:
        return np.unique(np.linspace(0, len(times) - 1, min(DATES, len(times))).round().astype(int))
    later = (len(times) - 1 - np.arange(len(times))) % thinned == 0
    return np.flatnonzero((times <= max(today, times[0]) + MONTHLY) | later)


def pack(
    quantities: Mapping[str, Array], parameters: Mapping[str, Array], events: Mapping[str, Array], of: int
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
    """
    held = {name: _range(values) for name, values in quantities.items()}
    parts = [_rounded(values, *held[name]) for name, values in quantities.items()]
    parts += [np.asarray(values, dtype="<f4").tobytes() for values in (*parameters.values(), *events.values())]
    n = len(next(iter([*quantities.values(), *parameters.values()])))
    return {
        "draws": n, "of": of, "quantities": held, "parameters": list(parameters), "events": list(events),
        "bytes": packed(b"".join(parts)),
    }  # fmt: skip


def packed(data: bytes) -> str:
    """Bytes, compressed and as text; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii")


def _range(values: Array) -> list[float]:
    finite = values[np.isfinite(values)]
    return [float(finite.min()), float(finite.max())] if finite.size else [0.0, 0.0]


def _rounded(values: Array, low: float, high: float) -> bytes:
    """Differences from date to date of rounded values, all low bytes before all high ones."""
    share = (np.clip(values, low, high) - low) / (high - low) if high > low else np.zeros_like(values)
    level = np.where(np.isnan(values), LEVELS + 1, np.rint(np.nan_to_num(share) * LEVELS)).astype("<u2")
    change = np.diff(level, axis=1, prepend=np.zeros((len(level), 1), "<u2")).astype("<u2")
    low_and_high = np.ascontiguousarray(change.T).view(np.uint8).reshape(-1, 2)
    return low_and_high[:, 0].tobytes() + low_and_high[:, 1].tobytes()
