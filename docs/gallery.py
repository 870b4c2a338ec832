"""Make the pictures of the gallery anew, with commands that the gallery shows.

python docs/gallery.py [--today DATE]

They are pictures that every run leaves; none is drawn for the documents. A quarter of an hour with an empty cache. The
backtest is that of docs/backtests, which `make calibration` makes.
"""

import argparse
import datetime as dt
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

COMMANDS = (
    "meekcast forecast --today TODAY",
    "meekcast forecast followers --today TODAY",
    "meekcast when 'gpqa_gap_observed < 5 for 6 months' --run out/leaderboard --out out",
    "meekcast sensitivity out/leaderboard",
    "python -c \"import meekcast; meekcast.open('docs/backtests/leaderboard.json').save('out/leaderboard')\"",
    "meekcast calibrate --simulations 200",
    "meekcast reproduce",
)
MADE = {
    "gap": "leaderboard/gap",
    "loss": "leaderboard/loss",
    "gpqa": "leaderboard/when/gpqa_gap_observed-below-5-for-6-months",
    "drivers": "leaderboard/shares_over_time",
    "backtest": "leaderboard/backtest",
    "calibration": "leaderboard/calibrate",
    "lags": "followers/lags",
    "followers": "followers/followers",
    "training-growth": "reproduce/training-growth",
    "inference-gap": "reproduce/inference-gap",
    "peak-year": "reproduce/peak-year",
}
"""Pictures of docs/pictures, and what they are called in the folder of results."""


def main() -> None:
    """Run the commands, and take the pictures that they leave."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--today", default=str(dt.date.today()), help="date of asking")
    today = parser.parse_args().today
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "docs").symlink_to(HERE)
        for command in COMMANDS:
            subprocess.run(command.replace("TODAY", today), shell=True, cwd=folder, check=True)
        for picture, source in MADE.items():
            shutil.copy(Path(folder, "out", f"{source}.png"), HERE / "pictures" / f"{picture}.png")


if __name__ == "__main__":
    main()
