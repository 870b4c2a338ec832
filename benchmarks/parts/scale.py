"""Many fits at once: in order, by two processes, on a Dask cluster; what a task costs beside its work."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from measuring import Row, Spent, Stopwatch, in_process, number, peak_megabytes, timed

CARD, FITS, SEVERAL = "leaderboard", 6, 2
TASKS, HEAVY, MANY = 1000, 200, 10_000
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}


def fit(inputs: Any, seed: int, progress: Any) -> float:
    """Sample, past the cache; one number of the result, so that what comes back is small."""
    from meekcast.inference.sampler import Settings, sample

    return float(sample(inputs, Settings(seed=seed), progress)["posterior"]["scores"].sum())


def nothing(task: Any, progress: Any) -> None:
    """No work at all."""


@contextmanager
def cluster(folder: str) -> Iterator[str]:
    """Address of a scheduler in a process of its own, with workers of one thread."""
    told = Path(folder, "scheduler.json")
    dask = [sys.executable, "-m", "dask"]
    common = ["--scheduler-file", str(told), "--no-dashboard"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    started = [subprocess.Popen([*dask, "scheduler", "--port", "0", *common], env=environment, **SILENT)]
    try:
        while not told.is_file():
            time.sleep(0.1)
        workers = ["--nworkers", str(SEVERAL), "--nthreads", "1", "--local-directory", folder]
        started.append(subprocess.Popen([*dask, "worker", *workers, *common], env=environment, **SILENT))
        address = json.loads(told.read_text(encoding="utf-8"))["address"]
        from distributed import Client

        with Client(address) as client:
            client.wait_for_workers(SEVERAL, timeout=60)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()


def _spread(work: Any, tasks: Any) -> tuple[Spent, Any]:
    from meekcast.inference.sampler import Silent
    from meekcast.mapper.spreading import spread

    watch = Stopwatch()
    found = spread(work, tasks, Silent())
    return watch.read(), found


def measured(way: str, what: str) -> dict[str, Any]:
    """Do something one way; CPU seconds of a cluster are not seen from here."""
    from meekcast.inputs import gather

    inputs = gather(CARD)
    asked = {
        "fits": (partial(fit, inputs), range(FITS)),
        "nothing": (nothing, range(TASKS)),
        "inputs": (nothing, [inputs] * HEAVY),
        "many": (nothing, [pickle.dumps(inputs)] * MANY),
    }
    work, tasks = asked[what]
    os.environ["MEEKCAST_CORES"] = "1" if way == "in order" else str(SEVERAL)
    if way != "a Dask cluster":
        spent, found = _spread(work, tasks)
        return {"spent": spent, "found": found}
    with tempfile.TemporaryDirectory() as folder, cluster(folder) as address:
        os.environ["MEEKCAST_SCHEDULER"] = address
        spent, found = _spread(work, tasks)
        return {"spent": spent, "found": found, "memory": _memory(address)}


def _memory(address: str) -> float:
    from distributed import Client

    with Client(address) as client:
        return float(client.run_on_scheduler(peak_megabytes))


def rows(_: int) -> Iterator[Row]:
    """Once: it is long."""
    ways = ("in order", "two processes", "a Dask cluster")
    in_process("parts.scale:measured", "in order", "fits")  # compiled from here on
    found = {way: in_process("parts.scale:measured", way, "fits") for way in ways}
    alone = Spent(*found["in order"]["spent"])
    for way, run in found.items():
        spent = Spent(*run["spent"])
        same = "the same numbers" if run["found"] == found["in order"]["found"] else "OTHER NUMBERS"
        beside = f"{number(alone.wall / spent.wall)} x as fast as in order, {same}"
        yield timed(f"{FITS} fits of {CARD}, {way}", [spent], beside=beside)
    for way in ways[1:]:
        plain, heavy = (in_process("parts.scale:measured", way, what) for what in ("nothing", "inputs"))
        each = f"{number(1000 * plain['spent'][0] / TASKS)} ms"
        loaded = f"{number(1000 * heavy['spent'][0] / HEAVY)} ms"
        beside = f"with the inputs of {CARD} {loaded}; start, and check of workers, included"
        yield Row(f"a task beside its work, {way}", "", each, each, TASKS, beside)
    many, idle = (in_process("parts.scale:measured", ways[2], what) for what in ("many", "nothing"))
    beside = f"{number(idle['memory'])} MB after {TASKS:,} empty ones; {2 * SEVERAL} tasks are with it at once"
    held = f"{number(many['memory'])} MB"
    yield Row(f"memory of the scheduler, {MANY:,} tasks as large as inputs", "", held, held, 1, beside)
