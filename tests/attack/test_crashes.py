"""Killed, out of time, or side by side with another version: earlier results stay whole. `make attack` kills more often."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meekcast.cli.drawing import write_answer

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """Stands for kill -9: nothing that comes later is done."""


def written(folder, said):
    write_answer(folder, "x", {"said": said}, lambda picture: picture.write_text(said))


@pytest.mark.parametrize(("last", "answer", "picture"), [(0, "old", "old"), (1, None, "old"), (2, None, "new")])
def test_an_answer_never_lies_beside_the_picture_of_another(tmp_path, monkeypatch, last, answer, picture):
    written(tmp_path, "old")
    steps = iter(range(100))

    def counted(honest):
        def step(*arguments, **options):
            if next(steps) >= last:
                raise Killed
            return honest(*arguments, **options)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counted(os.replace))
        patch.setattr(os, "unlink", counted(os.unlink))
        with pytest.raises(Killed):
            written(tmp_path, "new")
    assert (tmp_path / "x.png").read_text() == picture
    assert (tmp_path / "x.json").exists() == bool(answer)
    for part in tmp_path.glob("*.part"):
        os.utime(part, (0, 0))
    written(tmp_path, "new")
    assert json.loads((tmp_path / "x.json").read_bytes()) == {"said": "new"}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.json", "x.png"]


def test_an_import_that_is_killed_at_random_moments_loses_nothing():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "fuzz")])}
    words = [sys.executable, "-W", "ignore", "-m", "crashing", "3", "--together", "0", "--only", "evidence import"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("3 moments, 0 faults\n")


# Two versions


KEPT = """
import sys
from meekcast import cache
name = cache.key({"card": "x"})
found = cache.read(name)
cache.keep(name, sys.argv[1].encode())
print(name, found)
"""


@pytest.fixture
def another_version(tmp_path):
    """The package once more, with a file of it changed."""

    def copied(changed):
        folder = tmp_path / changed.replace("/", "-")
        shutil.copytree(ROOT / "src" / "meekcast", folder / "meekcast", ignore=shutil.ignore_patterns("__pycache__"))
        with (folder / "meekcast" / changed).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        return folder

    return copied


def test_versions_that_share_a_cache_do_not_see_each_others_posteriors(run_process, another_version, tmp_path):
    def kept(place, what):
        shared = {"PYTHONPATH": str(place), "MEEKCAST_CACHE": str(tmp_path / "cache")}
        answer = run_process(what, code=KEPT, **shared)
        assert answer.code == 0, answer.err
        return answer.out.split()

    this = kept(ROOT / "src", "ours")
    other = kept(another_version("equations/gap.py"), "theirs")
    assert this[1] == other[1] == "None"
    assert kept(ROOT / "src", "ours") == [this[0], "b'ours'"]
    alike = kept(another_version("report/layout.py"), "ours")  # no code that decides what a posterior is
    assert alike == [this[0], "b'ours'"]
    assert len(list((tmp_path / "cache").iterdir())) == 2


# A clock that is wrong


CLOCK = """
import datetime, sys
class Date(datetime.date):
    today = classmethod(lambda kind: kind(1970, 1, 1))
datetime.date = Date
from meekcast.cli import main
main()
"""


def test_a_clock_in_the_past_is_told(run_process, tmp_path):
    answer = run_process("forecast", "mmlu-pro-alone", "--out", tmp_path, code=CLOCK)
    assert (answer.code, answer.out) == (2, ""), answer.err
    assert "after today, 1970-01-01" in answer.err
    assert "Traceback" not in answer.err
    assert list(tmp_path.iterdir()) == []
