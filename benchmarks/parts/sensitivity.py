"""Sobol indices with 100 bootstraps against SALib and SciPy (which may take 4 GB), Shapley effects, and the command."""

from __future__ import annotations

import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measuring import (
    MEEKCAST,
    TODAY,
    Row,
    Spent,
    Stopwatch,
    against,
    in_process,
    meekcast,
    number,
    peak_megabytes,
    seconds,
    timed,
)

BASE_POINTS, INPUTS, REPLICATES = (1024, 8192, 65_536), 7, 100
ADDRESS_SPACE = 4 << 30  # of a child: what the peer may take before it counts as out of memory


def sobol_outputs(n: int) -> Any:
    """Outputs of a pick-freeze design of a smooth function of seven inputs: two samples, and the mixed ones."""
    import numpy as np

    rng = np.random.default_rng(0)
    one, two = rng.random((2, n, INPUTS))
    mixed = np.repeat(one[None], INPUTS, axis=0)
    for i in range(INPUTS):
        mixed[i, :, i] = two[:, i]
    slopes = np.arange(1, INPUTS + 1)

    def model(x: Any) -> Any:
        return x @ slopes + 4 * x[..., 0] * x[..., 1]

    return model(one), model(two), model(mixed)


def _ours(a: Any, b: Any, mixed: Any) -> Any:
    from meekcast.sensitivities.sobol import indices

    found = indices(a, b, mixed, resamples=REPLICATES)
    return found.first.value, found.total.value


def _salib(a: Any, b: Any, mixed: Any) -> Any:
    import numpy as np
    from SALib.analyze import sobol

    problem = {"num_vars": INPUTS, "names": list("abcdefg"), "bounds": [[0, 1]] * INPUTS}
    outputs = np.column_stack([a, *mixed, b]).ravel()
    found = sobol.analyze(problem, outputs, calc_second_order=False, num_resamples=REPLICATES, seed=0)
    return found["S1"], found["ST"]


def _scipy(a: Any, b: Any, mixed: Any) -> Any:
    from scipy.stats import sobol_indices

    found = sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": mixed[:, None, :]}, n=len(a))
    found.bootstrap(n_resamples=REPLICATES)
    return found.first_order.ravel(), found.total_order.ravel()


WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {"ours": _ours, "SALib": _salib, "SciPy": _scipy}


def sobol(way: str, n: int) -> dict[str, Any]:
    """Time and peak memory of indices with intervals, in this process; no time where there is not enough memory."""
    data = sobol_outputs(n)
    WAYS[way](*sobol_outputs(64))  # loading is no part of it
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    watch = Stopwatch()
    try:
        first, total = WAYS[way](*data)
    except MemoryError:
        return {"spent": None}
    return {"spent": watch.read(), "megabytes": peak_megabytes(), "check": float(first.sum() + total.sum())}


def shapley() -> dict[str, Any]:
    """Shapley effects of 12 dependent inputs on 20 dates, with intervals, from 8000 draws."""
    import numpy as np

    from meekcast.sensitivities.shares import variance_shares

    rng = np.random.default_rng(0)
    x = rng.standard_normal((8000, 12)) @ np.linalg.cholesky(0.5 * np.eye(12) + 0.5).T
    y = np.exp(0.2 * x @ rng.standard_normal((12, 20))) + 0.1 * rng.standard_normal((8000, 20))
    watch = Stopwatch()
    shares = variance_shares([x[:, [i]] for i in range(12)], y)
    spent = watch.read()
    half = float((shares.shapley.high - shares.shapley.low).max() / 2)
    return {"spent": spent, "megabytes": peak_megabytes(), "half": half}


def rows(repeats: int) -> Iterator[Row]:
    """Arrays first, then the wait for the command's table."""
    one_thread = {"OPENBLAS_NUM_THREADS": "1"}  # as the command has it: hundreds of small matrices
    runs = [in_process("parts.sensitivity:shapley", **one_thread) for _ in range(repeats)]
    sizes = f"{runs[0]['megabytes']:.0f} MB; widest interval +- {runs[0]['half']:.3f}"
    yield timed("Shapley effects, 8,000 draws x 12 inputs x 20 dates", seconds(runs), "2 s", sizes)
    for n in reversed(BASE_POINTS):
        yield _sobol(n, repeats)
    with tempfile.TemporaryDirectory() as name:
        meekcast("forecast", *TODAY, "--quiet", "--out", name)
        taken = [_until_table(Path(name) / "leaderboard") for _ in range(repeats)]
    yield timed("`meekcast sensitivity RUN`, start to table", taken, "", "every event of the default card")


def _sobol(n: int, repeats: int) -> Row:
    """We and the others on one design; who runs out of memory does so once."""
    found = {}
    for way in WAYS:
        runs = [in_process("parts.sensitivity:sobol", way, n)]
        runs += [in_process("parts.sensitivity:sobol", way, n) for _ in range(repeats - 1) if runs[0]["spent"]]
        found[way] = runs
    mine, peer = found["ours"], found["SALib"]
    assert abs(mine[0]["check"] / peer[0]["check"] - 1) < 0.01, "the two ways disagree"
    able = {way: runs for way, runs in found.items() if runs[0]["spent"]}
    beside = against(seconds(mine), {way: seconds(runs) for way, runs in able.items() if way != "ours"})
    beside += "".join(f"; {way} out of memory (4 GB)" for way in found if way not in able)
    memory = ", ".join(f"{way} {number(runs[0]['megabytes'])} MB" for way, runs in able.items())
    aim = "0.2 s" if n == BASE_POINTS[-1] else ""
    return timed(f"Sobol with 100 bootstraps, {INPUTS} inputs, n = {n:,}", seconds(mine), aim, f"{beside}; {memory}")


def _until_table(folder: Path) -> Spent:
    """Wall time from the start of the process to the first table on stdout; CPU time to its end."""
    watch = Stopwatch()
    with subprocess.Popen(
        [MEEKCAST[0], "-u", *MEEKCAST[1:], "sensitivity", str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        seen = next((line for line in process.stdout if "└" in line), None)
        assert seen, "no table was printed"
        wall = watch.read().wall
        process.stdout.read()
    return Spent(wall, watch.read().cpu)
