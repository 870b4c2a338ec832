"""A run folder is all or none: killed at any rename, written by several processes, interrupted, on a full disk."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import warnings

import pytest

from meekcast import files
from meekcast.errors import OutputError
from meekcast.runs import netcdf
from meekcast.runs.read import open_run
from meekcast.runs.write import write_run

NAMES = ["forecast.nc", "gap.png", "loss.png", "manifest.json", "summary.json"]

SWAPS = """
import json, os, shutil, signal, sys, time
from pathlib import Path
from meekcast.errors import InputError
from meekcast.forecasts.forecast import forecast
from meekcast.inference.sampler import Settings
from meekcast.inputs import gather
from meekcast.runs.read import open_run
from meekcast.runs.write import write_run

def draw(result, checks, summary, stage):
    for name in ("gap.png", "loss.png"):
        (stage / name).write_text(f"{name} of {result.settings.seed}")

inputs = gather("paper", "literature")
made = [forecast(inputs, Settings(draws=50, seed=seed)) for seed in range(4)]
def written(folder, seed):
    write_run(made[seed], folder, f"run {seed}", draw=draw)

def state(folder):
    try:
        run = open_run(folder).verified()
        seeds = {run.summary["seed"], run.manifest["seed"], int((folder / "gap.png").read_text().split()[-1])}
        return sorted(seeds)
    except InputError as error:
        return str(error)
"""

KILLED = (
    SWAPS
    + """
root = Path(sys.argv[1])
written(root / "old", 0)
(root / "old" / "sensitivity.json").write_text("another command's")
found = []
for last in range(12):
    folder = shutil.copytree(root / "old", root / f"killed-{last}")
    child = os.fork()
    if not child:
        steps = iter(range(100))
        def counted(honest):
            def step(*arguments, **options):
                if next(steps) == last:
                    os.kill(os.getpid(), signal.SIGKILL)
                return honest(*arguments, **options)
            return step
        os.replace, os.unlink = counted(os.replace), counted(os.unlink)
        written(folder, 1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    seen = state(folder)
    left = [file.name for file in folder.iterdir() if file.name.endswith(".part")]
    for part in folder.glob("*.part"):
        os.utime(part, (0, 0))
    written(folder, 2)
    found.append({
        "killed": os.WIFSIGNALED(status), "seen": seen, "left": left, "after": state(folder),
        "files": sorted(file.name for file in folder.iterdir()), "other": (folder / "sensitivity.json").read_text(),
    })
print(json.dumps(found))
"""
)

TOGETHER = (
    SWAPS
    + """
folder = Path(sys.argv[1])
honest = os.replace
def slowly(*arguments, **options):
    time.sleep(0.02)
    return honest(*arguments, **options)
found = []
for _ in range(3):
    children = []
    for seed in range(4):
        child = os.fork()
        if not child:
            os.replace = slowly
            written(folder, seed)
            os._exit(0)
        children.append(child)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    found.append([statuses, state(folder), sorted(file.name for file in folder.iterdir())])
print(json.dumps(found))
"""
)


@pytest.mark.long
def test_a_forecast_that_is_killed_leaves_the_old_run_the_new_one_or_says_incomplete(run_process, tmp_path):
    answer = run_process(tmp_path, code=KILLED)
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    kinds = ["incomplete" if "incomplete" in entry["seen"] else entry["seen"] for entry in found]
    assert all(kind in ([0], [1], "incomplete") for kind in kinds), kinds
    assert [kinds[0], kinds[-1]] == [[0], [1]]
    assert "incomplete" in kinds
    assert any(entry["killed"] and entry["left"] for entry in found)
    for entry in found:
        assert entry["after"] == [2], entry
        assert entry["other"] == "another command's"
        assert entry["files"] == sorted([*NAMES, "sensitivity.json"])


@pytest.mark.long
def test_of_processes_that_write_into_one_folder_one_wins_whole(run_process, tmp_path):
    answer = run_process(tmp_path / "run", code=TOGETHER)
    assert answer.code == 0, answer.err
    for statuses, seen, names in json.loads(answer.out):
        assert statuses == [0] * 4
        assert isinstance(seen, list) and len(seen) == 1, seen
        assert names == NAMES


def test_a_reader_waits_for_a_swap(run_process, drawn, tmp_path):
    folder = shutil.copytree(drawn, tmp_path / "run")
    (folder / "manifest.json").rename(tmp_path / "manifest.json")
    code = f"""if True:
        import time
        from pathlib import Path
        from meekcast.files import locked
        with locked(Path({str(folder)!r})):
            print("locked", flush=True)
            time.sleep(1)
            Path({str(tmp_path / "manifest.json")!r}).rename({str(folder / "manifest.json")!r})
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "locked\n"
        assert open_run(folder).manifest["seed"] == 0


# Ctrl-C


def test_ctrl_c_between_renames_waits_until_all_is_moved(tmp_path, monkeypatch):
    honest = os.replace
    moved = []

    def interrupted(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        moved.append(arguments)
        return honest(*arguments, **options)

    monkeypatch.setattr(os, "replace", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), files.staged(tmp_path / "out", "b") as stage:
            for name in "abc":
                (stage / name).write_text(name)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(moved) == 3
    assert {file.name for file in (tmp_path / "out").iterdir()} == set("abc")


def test_an_earlier_picture_that_has_no_successor_goes_with_its_run(paper, tmp_path):
    def drawing(*names):
        return lambda result, checks, summary, stage: [(stage / name).write_text(name) for name in names]

    write_run(paper, tmp_path, "one", draw=drawing("a.png", "b.png", "c.png"))
    (tmp_path / "mine.png").write_text("mine")
    (tmp_path / "c.png").write_text("painted over")
    write_run(paper, tmp_path, "two", draw=drawing("a.png"))
    assert open_run(tmp_path).verified().summary["run"] == "two"
    assert {file.name for file in tmp_path.glob("*.png")} == {"a.png", "mine.png", "c.png"}


# Pictures and draws at once


def test_pictures_are_drawn_while_the_draws_are_written(paper, tmp_path, monkeypatch):
    both, honest = threading.Barrier(2), netcdf.write
    monkeypatch.setattr(netcdf, "write", lambda result, file: (both.wait(30), honest(result, file)))
    write_run(paper, tmp_path, "one", draw=lambda *_: both.wait(30))
    assert open_run(tmp_path).verified().summary["run"] == "one"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OutputError),
        (ValueError("a mistake of ours"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
@pytest.mark.parametrize("failing", ["pictures", "draws", "both"])
def test_what_fails_is_told_and_leaves_the_earlier_run_alone(paper, tmp_path, monkeypatch, failing, error, told):
    write_run(paper, tmp_path, "one", draw=lambda result, checks, summary, stage: (stage / "a.png").write_text("a"))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    started, ended = threading.Event(), threading.Event()

    def write(result, file):
        started.set()
        file.write_text("half of it")
        if failing != "pictures":
            raise error
        ended.set()

    def draw(result, checks, summary, stage):
        (stage / "a.png").write_text("half of it")
        assert started.wait(30)
        if failing != "draws":
            raise error

    monkeypatch.setattr(netcdf, "write", write)
    filters = list(warnings.filters)
    with pytest.raises(told) as found:
        write_run(paper, tmp_path, "two", draw=draw)
    assert told is not OutputError or str(tmp_path) in found.value.message
    assert ended.is_set() == (failing == "pictures")  # nobody writes on
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert warnings.filters == filters


# What is left behind


def left(folder):
    return [path.name for path in folder.rglob("*") if path.name.endswith(".part")]


@pytest.mark.parametrize("write", ["staged", "replacing", "replacing_folder"])
def test_what_a_killed_process_left_is_removed_and_what_lives_is_not(run_process, tmp_path, write):
    target = tmp_path / "out" if write == "staged" else tmp_path / "out" / "result"
    code = f"""if True:
        import os, signal
        from pathlib import Path
        from meekcast import files
        with files.{write}(Path({str(target)!r})) as part:
            (part / "half" if part.is_dir() else part).write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run_process(code=code).code == -signal.SIGKILL
    (dead,) = (tmp_path / "out").iterdir()
    os.utime(dead, (0, 0))
    with files.staged(tmp_path / "out") as living:
        assert not dead.exists()
        os.utime(living, (0, 0))
        (living / "whole").write_text("whole")
        assert run_process(code=code).code == -signal.SIGKILL  # sweeps too, and sees that it lives
        assert living.exists()
    assert (tmp_path / "out" / "whole").read_text() == "whole"
    assert not (tmp_path / "out" / "half").exists()


def test_what_others_call_part_stays(tmp_path):
    (tmp_path / ".download.part").write_text("another program's")
    os.utime(tmp_path / ".download.part", (0, 0))
    with files.replacing(tmp_path / "x") as part:
        part.write_text("x")
    assert {file.name for file in tmp_path.iterdir()} == {".download.part", "x"}


def test_files_have_the_rights_that_the_user_gives_new_files(tmp_path):
    before = os.umask(0o027)
    try:
        with files.replacing(tmp_path / "x") as part:
            part.write_text("x")
        with files.replacing_folder(tmp_path / "folder") as part:
            (part / "y").write_text("y")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o750


def test_a_folder_that_is_replaced_is_the_new_one_alone(tmp_path):
    for name in ("a", "b"):
        with files.replacing_folder(tmp_path / "folder") as part:
            (part / name).write_text(name)
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["b"]
    assert left(tmp_path) == []
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot write"), files.replacing_folder(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_text() == "mine"


# A full disk


FULL = """
import resource, sys
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from meekcast.cli import main
main()
"""


@pytest.mark.long
def test_a_full_disk_is_one_message_about_the_disk(run_process, drawn, tmp_path):
    folder = shutil.copytree(drawn, tmp_path / "paper")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    command = ("forecast", "paper", "--priors", "literature", "--draws", 100, "--seed", 7, "--out", tmp_path)
    answer = run_process(*command, code=FULL)
    assert (answer.code, answer.out) == (2, ""), answer.err
    assert f"cannot write to {folder}:" in "".join(answer.err.split("\n"))
    assert "Make room on that disk" in answer.err
    assert "Traceback" not in answer.err
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_cache_on_a_full_disk_costs_no_posterior(run_process, tmp_path):
    """Nothing is kept, the draws are there, and the process ends as it should: HDF5 holds no half-written file."""
    code = """if True:
        import resource
        import numpy as np, xarray as xr
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        from meekcast import cache, files
        from meekcast.errors import OutputError
        tree = xr.DataTree.from_dict({"/posterior": xr.Dataset({"a": ("x", np.arange(1e5))})})
        try:
            cache.keep("a", files.netcdf(tree))
        except OutputError as error:
            print(error.remedy, cache.read("a"), cache.entries())
    """
    answer = run_process(code=code, MEEKCAST_CACHE=str(tmp_path / "cache"))
    assert answer.code == 0, answer.err
    assert answer.out.endswith("with --out DIR. None []\n")
    assert left(tmp_path) == []


def test_a_tree_is_read_back_by_xarray_as_it_was(tmp_path):
    import numpy as np
    import xarray as xr

    labels = {"name": ("x", ["é", "b", ""]), "chain": [0, 1], "time": ("time", [1.0, 2.0], {"units": "decimal year"})}
    variables = {
        "drawn": (("chain", "x"), np.array([[1.0, np.inf, np.nan], [0.0, -1.0, 2.0]]), {"units": "nats", "low": 0.5}),
        "single": (("x", "time"), np.ones((3, 2), dtype=np.float32)),
        "true": ("x", [True, False, True]),
        "steps": ("x", np.arange(3, dtype=np.uint64)),
        "none": (("chain", "nothing"), np.empty((2, 0))),
    }
    groups = {"/first": xr.Dataset(variables, labels, {"said": "so"}), "/empty": xr.Dataset()}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = {"schema": "x/1"}
    files.write_netcdf(tree, tmp_path / "x.nc")
    with xr.open_datatree(tmp_path / "x.nc", engine="h5netcdf") as found:
        xr.testing.assert_identical(found.load(), tree)
        types = {name: v.dtype for name, v in found["first"].data_vars.items()}
        assert types == {name: v.dtype for name, v in tree["first"].data_vars.items()}
        assert files.netcdf(found) == (tmp_path / "x.nc").read_bytes()  # the cache changes no byte of a run


def test_a_damaged_image_in_the_cache_is_not_read(tmp_path, monkeypatch):
    from meekcast import cache

    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    cache.keep("a", b"one")
    cache.keep("a", b"two")
    (file,) = tmp_path.iterdir()
    assert cache.read("a") == b"two"
    assert cache.read("b") is None
    file.write_bytes(b"too")
    assert cache.read("a") is None
    cache.keep("a", b"two")
    assert cache.read("a") == b"two"


def test_a_folder_of_the_cache_that_cannot_be_changed_is_told(tmp_path, monkeypatch):
    from pathlib import Path

    from meekcast import cache

    def refused(self, missing_ok=False):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    cache.keep("a", b"one")
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(OutputError, match="cannot delete"):
        cache.clear()
