"""The whole backtest of the default card, nothing of it in the cache. It is long: once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from measuring import Row, meekcast, timed


def rows(_: int) -> Iterator[Row]:
    """One run."""
    with tempfile.TemporaryDirectory() as name:
        taken = meekcast("backtest", "--quiet", "--out", f"{name}/out", MEEKCAST_CACHE=f"{name}/cache")
    yield timed("whole default backtest, every fit sampled", taken, "300 s")
