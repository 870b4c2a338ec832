"""The suite, as `make test` runs it, once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from measuring import Row, command, timed


def rows(_: int) -> Iterator[Row]:
    """One run, in this folder as make does; a test that fails ends it."""
    taken = command([sys.executable, "-m", "pytest", "-q"], os.environ)
    yield timed("`make test`", taken, "4 min")
