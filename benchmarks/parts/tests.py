"""The suite, as `make test` runs it, once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import Row, command, timed


def rows(_: int) -> Iterator[Row]:
    """One run; a test that fails ends it."""
    root = Path(__file__).parents[2]
    taken = command([sys.executable, "-m", "pytest", "-q", "--rootdir", str(root), str(root)], os.environ)
    yield timed("`make test`", taken, "4 min")
