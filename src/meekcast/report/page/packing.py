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

BYTES = 750_000
"""What the draws may take, compressed: the page stays under two million bytes with its libraries and pictures."""

FEWEST, MOST = 250, 1_000
"""Draws of a page."""

LEVELS = 4_095
"""Values between the least and the largest of a quantity; the next above says that a value is none."""

MONTHLY = 3.0
"""Years ahead in which every date of the forecast is kept; later on one of `THINNED`."""

THINNED, THINNED_BANDS = 6, 3
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


def kept_dates(times: Array, since: float | None, today: float, thinned: int = THINNED) -> np.ndarray:
    """Positions of the dates that a page keeps.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Dates of the forecast.
    since : float or None
        The first that is wanted; None where there is no calendar.
    today : float
        From when on `MONTHLY` counts.
    thinned : int, default `THINNED`
        Of so many dates after that time one is kept.

    Returns
    -------
    ndarray
        The first and the last among them.

    Examples
    --------
    >>> len(kept_dates(np.linspace(0, 30, 361), None, 0.0))
    64
    """
    if since is None:
        return np.unique(np.linspace(0, len(times) - 1, min(DATES, len(times))).round().astype(int))
    first, last = int(np.searchsorted(times, since)), len(times) - 1
    first = min(first, last)
    fine = (times <= today + MONTHLY) | ((last - np.arange(len(times))) % thinned == 0)
    return np.flatnonzero(fine & (np.arange(len(times)) >= first))


def kept_draws(of: int, values: int) -> np.ndarray:
    """Positions of the draws that a page keeps: evenly spread, as many as there is room for.

    Parameters
    ----------
    of : int
        Draws of the forecast.
    values : int
        Values of each of them.

    Examples
    --------
    >>> kept_draws(4000, 600).size, kept_draws(4000, 10**6).size, kept_draws(1, 600).tolist()
    (1000, 250, [0])
    """
    most = int(np.clip(BYTES // max(values, 1), FEWEST, MOST))
    return np.unique(np.linspace(0, of - 1, min(most, of)).round().astype(int))


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
