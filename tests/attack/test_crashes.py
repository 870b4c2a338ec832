"""Killed, out of time, or side by side with another version: earlier results stay whole. `make attack` kills more often."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from crashing.writers import IMPORT, SCENARIOS, SCORES, runs, texts

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


@pytest.mark.long
def test_an_import_that_is_killed_at_random_moments_loses_nothing():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "fuzz")])}
    words = [sys.executable, "-W", "ignore", "-m", "crashing", "3", "--together", "0", "--only", "evidence import"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("3 kills, 0 faults\n")


# Nowhere to write


WRITING = {
    "forecast": ["forecast", "paper", "--out", "{out}"],
    "when": ["when", "loss_gap < 0.1", "--card", "paper", "--out", "{out}"],
    "governance": ["governance", "--by", "2030", "--anchor", "2020-07-01", "--out", "{out}"],
    "scenarios": ["scenarios", "{beside}/x.toml", "--out", "{out}"],
    "elicit": ["elicit", "R", "--quantile", "0.1=2", "--quantile", "0.9=3", "--source", "Us", "--picture", "{out}"],
    "export": ["export", "{run}", "--to", "json", "--out", "{out}/x.json"],
    "report": ["report", "{run}", "--out", "{out}/x.html"],
    "priors": ["priors", "--compare", "paper", "wide", "--out", "{out}"],
    "evidence import": ["evidence", "import", "{beside}/a.csv", *IMPORT],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    runs(0)(folder)
    return folder / "runs" / "0"


@pytest.fixture
def words(run, tmp_path):
    """A command that writes into a place, with what it reads beside it."""
    (tmp_path / "beside").mkdir()
    texts(x_toml=SCENARIOS, a_csv=SCORES.format(60))(tmp_path / "beside")
    named = {"run": run, "beside": tmp_path / "beside"}
    return lambda name, out: [word.format(out=out, **named) for word in WRITING[name]]


@pytest.mark.parametrize("name", WRITING)
def test_a_full_disk_is_one_message_and_leaves_nothing(run_cli, one_message, words, tmp_path, monkeypatch, name):
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(out))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python itself would keep modules that are cut short
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        answer = run_cli(*words(name, out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    one_message(answer, "cannot write to")
    assert not [file for file in out.rglob("*") if file.is_file()]


@pytest.mark.parametrize("name", WRITING)
def test_no_disk_at_all_is_one_message(run_cli, one_message, words, tmp_path, monkeypatch, name):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(tmp_path / "file" / "out"))
    one_message(run_cli(*words(name, tmp_path / "file" / "out")), str(tmp_path / "file"))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


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
