"""Same inputs, same bytes: whatever the threads, the locale, the time zone and the order of hashes, first and later."""

import hashlib
import locale
import os
import subprocess
import sys

import pytest

HERE = {"MEEKCAST_CORES": "2", "OMP_NUM_THREADS": "2", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}
ELSEWHERE = {
    "one core, another place": {
        "MEEKCAST_CORES": "1",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "de_DE.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "4711",
    },
    "many threads, no locale": {
        "OMP_NUM_THREADS": "8",
        "OPENBLAS_NUM_THREADS": "8",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "TZ": "America/St_Johns",
        "PYTHONHASHSEED": "1",
    },
}
CARDS = {"paper": ["paper", "--priors", "literature"], "leaderboard": ["leaderboard", "--draws", "400"]}
TODAY = ["--today", "2026-11-30"]


def digests(folder):
    """A hash of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def made(card, out, cache, **changed):
    """All files of a run, and of its exports, in another process."""
    environment = {**os.environ, **HERE, **changed, "MEEKCAST_CACHE": str(cache)}
    run = str(out / CARDS[card][0])
    for command in (
        ["forecast", *CARDS[card], *TODAY, "--out", str(out), "--fresh"],
        ["export", run, "--to", "csv", "--out", str(out / "bands.csv")],
        ["export", run, "--to", "csv", "--table", "draws", "--out", str(out / "draws.csv"), "--yes"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "meekcast", *command], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
    return digests(out)


def there(name):
    """Whether the machine has a locale."""
    now = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_ALL, now)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("card", CARDS)
def test_the_same_bytes_everywhere(card, tmp_path):
    cache = tmp_path / "cache"  # empty: the first run compiles
    first = made(card, tmp_path / "first", cache)
    assert {f"{CARDS[card][0]}/{name}" for name in ("summary.json", "forecast.nc", "report.html")} <= set(first)
    assert "draws.csv" in first
    assert made(card, tmp_path / "later", cache) == first
    for name, changed in ELSEWHERE.items():
        spoken = changed if there(changed["LC_ALL"]) else {**changed, "LC_ALL": "C.UTF-8"}
        found = made(card, tmp_path / name.replace(" ", "-"), cache, **spoken)
        assert [file for file in first if found.get(file) != first[file]] == [], name
