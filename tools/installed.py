"""The wheel without extras in clean environments: every command works, or names the extra that it needs.

python tools/installed.py [PYTHON ...]

The wheel is built from what is committed, and installed at the versions of the lock into an environment of its own for each
interpreter that is named; by default the one that runs this.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from meekcast.errors import MeekcastError

ROOT = Path(__file__).parents[1]
AGAIN = "Nothing in the checkout was changed. Mend it, commit, and try again."


class Check(NamedTuple):
    """A command of the wheel without extras, its exit code, and what it has to say."""

    command: str
    code: int = 0
    said: str = ""


NEXT_WEEK = "--today 2026-12-07"
CHECKS = (
    Check("meekcast --version", said="meekcast {version}"),
    Check("meekcast forecast paper --out out"),
    Check("meekcast forecast leaderboard --draws 250 --out out", said="leaderboard"),
    Check("meekcast when 'loss_gap < 0.05' --card paper"),
    Check("meekcast when --grid 'gpqa_gap_observed < 3,5' --by 2027,2028 --run out/leaderboard"),
    Check("meekcast quantities"),
    Check("meekcast scenarios --example", said="[[scenarios]]"),
    Check("meekcast scenarios paper --out out"),
    Check("meekcast governance paper --out out"),
    Check("meekcast sensitivity out/leaderboard"),
    Check("meekcast sensitivity paper --prior --base-points 64 --out out"),
    Check("meekcast backtest --help"),
    Check("meekcast reproduce --out out"),
    Check("meekcast point"),
    Check("meekcast models"),
    Check("meekcast priors literature"),
    Check("meekcast evidence"),
    Check("meekcast evidence gpqa-diamond"),
    Check("meekcast elicit g_price --quantile 0.05=2 --quantile 0.95=4 --source Us"),
    Check(
        "meekcast elicit g_price --quantile 0.05=2 --quantile 0.95=4 --source Us --compare", 2, "meekcast[elicitation]"
    ),
    *(
        Check(f"meekcast export out/leaderboard --to {form}")
        for form in ("csv", "json", "scipy")
    ),
    *(
        Check(f"meekcast export out/paper --to {form}", 2, "meekcast[exports]")
        for form in ("xlsx",)
    ),
    Check("meekcast report out/leaderboard"),
    Check("meekcast explore --help"),
    Check("meekcast replay out/paper/manifest.json"),
    Check("meekcast diff out/paper out/leaderboard"),
    Check("meekcast watch out/leaderboard"),
    Check("meekcast cache"),
)
