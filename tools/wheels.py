"""The wheel without extras, in a clean environment of each Python: every command works, or names the extra it needs.

python tools/wheels.py [PYTHON ...]

The wheel is built from what is committed. Python is a version or a path, as uv understands it; by default the one that
runs this.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

import release
from release import Check

from meekcast.errors import MeekcastError

FILES = r"```toml\n# (\S+\.toml)\n(.*?)```"
"""Examples in CONTRIBUTING.md, each with its name in the first line."""

RUN = "out/leaderboard"
FORMATS = ("netcdf", "zarr", "csv", "parquet", "json", "hubverse", "sipmath", "squiggle", "scipy")
STATED = "meekcast elicit g_price --quantile 0.05=2 --quantile 0.95=4 --source Us"
CHECKS = (
    Check("meekcast --version", said="meekcast {version}"),
    Check("meekcast forecast paper --out out"),
    Check("meekcast forecast leaderboard --draws 300 --out out"),
    Check("meekcast check my-card.toml && meekcast check my-beliefs.toml && meekcast check my-exam.toml"),
    Check("meekcast forecast my-card.toml --check --out out"),
    Check("meekcast when 'loss_gap < 0.05' --card paper"),
    Check(f"meekcast when --grid 'gpqa_gap_observed < 3,5' --by 2027,2028 --run {RUN}"),
    Check("meekcast quantities"),
    Check("meekcast scenarios --example > scenarios.toml && meekcast scenarios scenarios.toml --draws 300 --out out"),
    Check("meekcast governance --out out"),
    Check(f"meekcast sensitivity --example > decision.toml && meekcast sensitivity {RUN} --decision decision.toml"),
    Check("meekcast forecast paper --priors literature --priors wide --out stack"),
    Check("meekcast forecast paper --priors literature --out lit"),
    Check("meekcast sensitivity lit/paper --prior --base-points 64"),
    Check("meekcast backtest paper", 2, "evidence"),
    Check("meekcast backtest --scheduler tcp://127.0.0.1:1", 2, "meekcast[scale]"),
    Check("meekcast calibrate leaderboard --simulations 2 --out out"),
    Check("printf 'schema = 1\\ncards = [\"paper\"]\\nyears = [5]\\n' > grid.toml && meekcast sweep grid.toml"),
    Check("meekcast reproduce --out out"),
    Check("meekcast point"),
    Check("meekcast models && meekcast models leaderboard"),
    Check("meekcast priors && meekcast priors literature"),
    Check("meekcast evidence && meekcast evidence gpqa"),
    Check(
        "printf 'Model,Score\\nBig,50\\n' > s.csv; meekcast evidence import s.csv --as mine --unit points --dry-run", 2
    ),
    Check(f"{STATED} --out mine.toml && meekcast check mine.toml"),
    Check(f"{STATED} --compare", 2, "meekcast[elicitation]"),
    *(Check(f"meekcast export {RUN} --to {form}") for form in FORMATS),
    Check(f"meekcast export {RUN} --to xlsx", 2, "meekcast[exports]"),
    Check(f"meekcast export {RUN} --to metaculus --event 1"),
    Check(f"meekcast report {RUN}"),
    Check(f"timeout -s INT 20 meekcast explore --run {RUN} --no-browser", 124),
    Check("meekcast replay out/paper/manifest.json"),
    Check(f"meekcast diff out/paper {RUN}"),
    Check(f"meekcast watch {RUN}"),
    Check("meekcast cache && meekcast cache --clear"),
    Check("python -c \"import meekcast as mk; print(mk.open('out/paper').when('loss_gap < 0.05'))\""),
)


def wheels(pythons: list[str]) -> None:
    """Build the wheel once, and check it under each Python."""
    with tempfile.TemporaryDirectory(prefix="meekcast-wheels-") as temporary:
        folder = Path(temporary)
        checkout = release.copied(folder)
        version = re.findall(r'^version = "(.+)"$', (checkout / "pyproject.toml").read_text(), re.MULTILINE)[0]
        wheel = release.built(checkout, folder / "dist", version)[0]
        examples = re.findall(FILES, (checkout / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
        for python in pythons:
            print(f"Python {python}: {len(CHECKS)} commands", flush=True)
            own = folder / re.sub(r"\W", "-", python)
            own.mkdir()
            release.checked(wheel, checkout, own, version, print, python, CHECKS, dict(examples))


def main() -> int:
    """Check the wheel; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make wheels", description=__doc__.splitlines()[0])
    parser.add_argument("pythons", nargs="*", metavar="PYTHON", default=[sys.executable], help="such as 3.12 3.13 3.14")
    try:
        wheels(parser.parse_args().pythons)
    except MeekcastError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
