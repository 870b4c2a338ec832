"""What `make lock` says of a new lock file."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
BEFORE = """\
alpha==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
beta==2.1 ; sys_platform == 'darwin' \\
    --hash=sha256:ba
gamma==3.0 ; python_full_version < '3.13' \\
    --hash=sha256:ca
gamma==3.1 ; python_full_version >= '3.13' \\
    --hash=sha256:cb
same-name==4.0 \\
    --hash=sha256:da
"""


@pytest.fixture
def moved(tmp_path):
    def run(before, after):
        files = [tmp_path / "before", tmp_path / "after"]
        for file, text in zip(files, (before, after), strict=True):
            file.write_text(text, encoding="utf-8")
        script = ROOT / "tools" / "moved.py"
        done = subprocess.run([sys.executable, script, *files], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    return run


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("alpha==1.0", "alpha==1.2rc1", ["alpha  1.0 -> 1.2rc1"]),
        ("beta==2.1 ; sys_platform == 'darwin' \\\n    --hash=sha256:ba\n", "", ["beta  removed 2.1"]),
        ("same-name==4.0", "delta==5.0 \\\n    --hash=sha256:ea\nsame-name==4.0", ["delta  added 5.0"]),
        ("gamma==3.1", "gamma==3.2", ["gamma  3.0 and 3.1 -> 3.0 and 3.2"]),
        ("sha256:ab", "sha256:ac", ["alpha  1.0, other files"]),
        ("", "", ["nothing moved"]),
        ("==", "==1!", ["alpha  1.0 -> 1!1.0", "beta  2.1 -> 1!2.1", "gamma  3.0 and 3.1 -> 1!3.0 and 1!3.1",
                        "same-name  4.0 -> 1!4.0"]),
    ],
)  # fmt: skip
def test_each_package_that_moved_has_a_line(moved, old, new, lines):
    assert moved(BEFORE, BEFORE.replace(old, new) if old else BEFORE) == lines


def test_every_package_of_the_real_lock_is_seen(moved):
    lines = moved("", LOCK)
    assert len(lines) == len({line.split("==")[0] for line in LOCK.splitlines() if line[:1].isalnum()})
    assert all("  added " in line for line in lines)
