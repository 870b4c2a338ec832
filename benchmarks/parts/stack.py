"""`forecast --stack` with an empty cache, and again. The first is long: once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from measuring import TODAY, Row, Spent, meekcast, timed


def rows(repeats: int) -> Iterator[Row]:
    """First, again where nothing has changed, and elsewhere with all posteriors in the cache."""
    with tempfile.TemporaryDirectory() as name:

        def stack(out: str, times: int = 1) -> list[Spent]:
            asked = ("forecast", "--stack", *TODAY, "--quiet", "--out", f"{name}/{out}")
            return meekcast(*asked, repeats=times, MEEKCAST_CACHE=f"{name}/cache")

        yield timed("`forecast --stack`, first", stack("out"), "60 s")
        yield timed("`forecast --stack`, again", stack("out", repeats), "3 s")
        yield timed("`forecast --stack`, posteriors from the cache", stack("elsewhere"))
