"""What `make bench` measures: waits as a user feels them, and ratios against the obvious way to do the same.

Every figure is measured in this one run, on this machine, each in a process of its own. Peers:

* sampler: the same theory and likelihood with independent, centred priors on alpha, A and L0 (the marginals of the
  joint prior), under PyMC's default sampler with a chain on each of two cores; and each half of the difference alone.
* bands: what a forecast does with its draws (`bands_of`), against `numpy.quantile` and squigglepy's percentiles.
* sensitivity: the same Sobol indices with 100 bootstrap replicates by SALib and by SciPy (which may take 4 GB).

Usage: python benchmarks/run.py [start] [evidence] [sampler] [bands] [exports] [sensitivity]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

REPEATS = 3
ASKED = ("forecast", "--today", "2026-11-21")
LAW = ("alpha", "A", "L0")
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
SHAPES = (("4000x206x14", "< 0.2 s", ""), ("1000000x200x1", "< 3 s", "< 300 MB"))
"""Draws, dates and quantities, with the aims: the default card's forecast, and far more than anyone draws."""


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    aim: str = ""
    beside: str = ""


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


# Waits


def seconds(command: list[str], environment: dict[str, str], repeats: int = REPEATS) -> float:
    """Median time from the start of a process to its end."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def empty_caches(folder: Path) -> dict[str, str]:
    """Environment in which nothing has been compiled, sampled or looked up before."""
    return {
        **os.environ,
        "MEEKCAST_CACHE": str(folder / "posteriors"),
        "PYTENSOR_FLAGS": f"base_compiledir={folder / 'pytensor'}",
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
    }


def start() -> Iterator[Row]:
    """From the start of the process to the printed answer."""
    command = [sys.executable, "-m", "meekcast"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = empty_caches(folder)
        asked = [*command, *ASKED, "--out", str(folder / "out")]
        first = seconds(asked, environment, repeats=1)
        warm = seconds([*asked, "--fresh"], environment)
        elsewhere = iter(range(REPEATS))
        cached = statistics.median(
            seconds([*command, *ASKED, "--out", str(folder / f"out-{i}")], environment, 1) for i in elsewhere
        )
        unchanged = seconds(asked, environment)
        question = [*command, "when", "loss_gap < 0.02", "--run", str(folder / "out" / "leaderboard"), "--json"]
        event = seconds(question, environment)
    yield Row("forecast, first ever (all caches empty)", f"{first:.1f} s", "", "one run")
    yield Row("forecast, warm, with sampling (--fresh)", f"{warm:.1f} s", "< 12 s", f"{first / warm:.1f} x faster")
    yield Row("forecast, posterior from the cache", f"{cached:.2f} s", "< 1.5 s", f"{warm / cached:.0f} x faster")
    yield Row("forecast, unchanged since the last run", f"{unchanged:.2f} s", "", f"{warm / unchanged:.0f} x faster")
    yield Row("an event asked of an existing run (when --run --json)", f"{event:.2f} s", "< 1 s")
    for arguments in (["--help"], ["point", "--json"]):
        taken = seconds([*command, *arguments], dict(os.environ))
        yield Row(f"meekcast {' '.join(arguments)}", f"{taken:.2f} s", "< 0.4 s")
    yield Row("imports of meekcast --help", f"{import_seconds():.2f} s", "", "sum of -X importtime")


def import_seconds() -> float:
    """Sum of the times that imports of `meekcast --help` take themselves, median of the runs."""
    command = [sys.executable, "-X", "importtime", "-m", "meekcast", "--help"]
    sums = []
    for _ in range(REPEATS):
        traced = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        own = (line.removeprefix("import time:").split("|")[0].strip() for line in traced.splitlines())
        sums.append(sum(int(micros) for micros in own if micros.isdigit()) / 1e6)
    return statistics.median(sums)


# Evidence


def recorded(part: str) -> dict[str, float]:
    """Time of reading all boards and price lists, or of the records of the usual actors on all of them."""
    from meekcast.cards import library
    from meekcast.observations import USUAL_ACTORS, ScoreTable
    from meekcast.observations.records import records

    begun = time.perf_counter()
    tables = [library.load_evidence(name) for name in library.names("evidence")]
    prices = library.load_prices()
    boards = [table for table in tables if isinstance(table, ScoreTable)]
    if part == "records":
        begun = time.perf_counter()
        found = [records(table, prices, USUAL_ACTORS) for table in boards]
        assert all(table.records for table in found), "a board without records"
    taken = time.perf_counter() - begun
    rows, seen = sum(table.size for table in boards), sum(map(len, prices.by_model.values()))
    return {"seconds": taken, "boards": len(boards), "rows": rows, "prices": seen}


def evidence() -> Iterator[Row]:
    """The list of boards, and what it consists of: reading them, and the records that follow from rules."""
    command = [sys.executable, "-m", "meekcast", "evidence"]
    yield Row("meekcast evidence", f"{seconds(command, dict(os.environ)):.2f} s", "< 0.5 s", "start to end of process")
    for part, what, aim in (
        ("reading", "reading all boards and price lists", ""),
        ("records", "records of all boards, the frontier and the usual actors", "< 0.1 s"),
    ):
        runs = [in_process("recorded", part) for _ in range(REPEATS)]
        found = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        beside = f"{found['boards']:.0f} boards, {found['rows']:.0f} rows, {found['prices']:.0f} prices"
        yield Row(what, f"{found['seconds']:.3f} s", aim, beside)
    yield from importing()


BOARD, PRICED = 5_000, 2_000


def made_up_board(file: Path, edition: int) -> None:
    """A board of many models, some with a price; every score and every price is another in each edition."""
    lines = ["Model,Released,Points,SE,Open,USD"]
    for i in range(BOARD):
        day = date(2023, 1, 1) + timedelta(days=i // 4)
        price = f"{0.1 + (i % 97) / 10 + edition / 10:g}" if i < PRICED else ""
        lines.append(f"Model {i},{day},{20 + (i * 7 + edition) % 7500 / 100:g},1.2,{'yes' if i % 3 else 'no'},{price}")
    file.write_text("\n".join(lines), encoding="utf-8")


def importing() -> Iterator[Row]:
    """A refresh from start to end of the process: every score and price of what stands is another."""
    columns = {"model": "Model", "date": "Released", "score": "Points", "score_se": "SE", "open_weights": "Open"}
    named = [f"--column={what}={column}" for what, column in {**columns, "price": "USD"}.items()]
    taken = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as name:
            file, environment = Path(name) / "board.csv", {**os.environ, "MEEKCAST_EVIDENCE": f"{name}/evidence"}
            command = [sys.executable, "-m", "meekcast", "evidence", "import", str(file), "--as", "board", *named]
            made_up_board(file, 1)
            subprocess.run(
                [*command, "--unit=points", "--chance=20", "--as-of=2026-07-01"],
                env=environment, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            made_up_board(file, 2)
            taken.append(seconds([*command, "--as-of=2026-08-01"], environment, 1))
    what = f"evidence import of {BOARD} rows and {PRICED} price changes"
    yield Row(what, f"{statistics.median(taken):.2f} s", "< 2 s", "the difference and writing included")


# Sampler


def ours() -> Any:
    """The default card's graph."""
    from meekcast.inference.graph import build
    from meekcast.inputs import gather

    return build(gather("leaderboard"))


def naive() -> Any:
    """The same theory, data and likelihood; alpha, A and L0 independent and centred."""
    import pymc as pm

    from meekcast.inference import graph
    from meekcast.inputs import gather
    from meekcast.model.theory import theoretical_paths

    inputs = gather("leaderboard")
    belief = inputs.belief
    others = belief.only(set(belief.names) - set(LAW))
    coords = {"parameter": others.free, "evidence_date": inputs.evidence_times + inputs.start}
    with pm.Model(coords=coords) as model:
        data = graph._unpacked(graph.numbers(inputs))
        u = others.mean + others.factor() @ pm.Normal("scores", dims="parameter")
        p = others.to_values(u[i] for i in range(len(others.names)))
        for name in LAW:
            i = belief.index(name)
            family = {"identity": pm.Normal, "log": pm.LogNormal}[belief.scales[i].name]
            p[name] = family(name, belief.mean[i], belief.sd[i])
        paths = graph._departed(theoretical_paths(inputs.card, p, data["time"]), p, data)
        for benchmark in inputs.card.benchmarks:
            graph._observe(benchmark, data, p, paths)
    return model


def with_nutpie(model: Any, seed: int) -> tuple[Any, float]:
    """Sample as meekcast does; the tree, and the seconds of sampling alone."""
    from meekcast.inference.sampler import Settings, Silent, sample

    class Clock(Silent):
        started = 0.0

        def step(self, text: str) -> None:
            if text == "sampling":
                self.started = time.perf_counter()

    clock = Clock()
    tree = sample(model, Settings(seed=seed), clock)
    return tree, time.perf_counter() - clock.started


def with_pymc(model: Any, seed: int) -> tuple[Any, float]:
    """Sample by PyMC's defaults; the tree, and the seconds of sampling alone, by PyMC's own clock."""
    import logging

    import pymc as pm

    logging.getLogger("pymc").setLevel(logging.CRITICAL)
    tree = pm.sample(model=model, nuts_sampler="pymc", chains=2, cores=2, random_seed=seed, progressbar=False)
    return tree, float(tree["posterior"].attrs["sampling_time"])


VARIANTS: dict[str, tuple[Callable[[], Any], Callable[[Any, int], tuple[Any, float]]]] = {
    "ours, nutpie low_rank": (ours, with_nutpie),
    "ours, PyMC's default": (ours, with_pymc),
    "naive, nutpie low_rank": (naive, with_nutpie),
    "naive, PyMC's default": (naive, with_pymc),
}


def sampled(variant: str) -> dict[str, float]:
    """Sample one variant with several seeds in this process; medians, but divergences of all together."""
    runs = [_sampled_once(variant, seed) for seed in range(REPEATS)]
    medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {**medians, "divergent": sum(run["divergent"] for run in runs)}


def _sampled_once(variant: str, seed: int) -> dict[str, float]:
    """Sample and judge; the effective size is the bulk ESS of the worst parameter."""
    import arviz_stats
    import numpy as np

    build, sample = VARIANTS[variant]
    tree, taken = sample(build(), seed)
    stats = tree["sample_stats"].to_dataset()
    ess = min(float(v.min()) for v in arviz_stats.ess(values(tree), method="bulk").data_vars.values())
    return {
        "seconds": taken,
        "ess": ess,
        "speed": ess / taken,
        "steps": float(np.mean(stats["n_steps"])),
        "divergent": float(stats["diverging"].sum()),
        "draws": float(stats["diverging"].size),
    }


def values(tree: Any) -> Any:
    """Draws of every free parameter of the card, as values, whichever way they were sampled."""
    import xarray as xr

    from meekcast.inputs import gather

    posterior = tree["posterior"].to_dataset()
    belief = gather("leaderboard").belief
    centred = [name for name in LAW if name in posterior]
    belief = belief.only(set(belief.names) - set(centred))
    scores = posterior["scores"].to_numpy()
    drawn = belief.values(scores.reshape(-1, scores.shape[-1]).T)
    of_scores = {name: (("chain", "draw"), drawn[name].reshape(scores.shape[:2])) for name in belief.free}
    return xr.merge([posterior[centred], xr.Dataset(of_scores)])


def sampler() -> Iterator[Row]:
    """Effective draws per second of sampling, and leapfrog steps per draw."""
    found = {name: in_process("sampled", name) for name in VARIANTS}
    best, peer = next(iter(VARIANTS)), list(VARIANTS)[-1]
    for name, f in found.items():
        ratio = f"ours is {found[best]['speed'] / f['speed']:.1f} x faster; " if name != best else ""
        sizes = f"least ESS {f['ess']:.0f} of {f['draws']:.0f} draws in {f['seconds']:.1f} s"
        aim = "ours >= 10 x" if name == peer else ""
        divergent = f"{f['divergent']:.0f} divergent in {REPEATS} runs"
        yield Row(f"{name}: ESS per second", f"{f['speed']:.0f}", aim, ratio + sizes)
        yield Row(f"{name}: leapfrog steps per draw", f"{f['steps']:.0f}", "", divergent)


# Bands


def table_of_draws(shape: str) -> Any:
    """Predictions as a forecast holds them: so many quantities over draws and dates."""
    import numpy as np
    import xarray as xr

    draws, dates, quantities = (int(n) for n in shape.split("x"))
    rng = np.random.default_rng(0)
    tables = {f"q{i}": (("sample", "time"), rng.standard_normal((draws, dates))) for i in range(quantities)}
    return xr.Dataset(tables, {"time": np.arange(dates)})


def bands_of_meekcast(predictions: Any) -> Any:
    """What every forecast calls."""
    from meekcast.forecasts.forecast import bands_of

    return bands_of(predictions).to_dataarray().to_numpy()


def bands_of_numpy(predictions: Any) -> Any:
    """One call for each quantity."""
    import numpy as np

    return np.array([np.quantile(table.to_numpy(), PROBABILITIES, axis=0) for table in predictions.values()])


def bands_of_squigglepy(predictions: Any) -> Any:
    """Percentiles of the samples of each quantity and date."""
    import numpy as np
    import squigglepy

    percentiles = [100 * q for q in PROBABILITIES]
    bands = [
        [list(squigglepy.get_percentiles(samples, percentiles=percentiles).values()) for samples in table.to_numpy().T]
        for table in predictions.values()
    ]
    return np.array(bands).transpose(0, 2, 1)


BANDS = {"ours": bands_of_meekcast, "NumPy": bands_of_numpy, "squigglepy": bands_of_squigglepy}


def banded(asked: str) -> dict[str, float]:
    """Time of one way, and the memory it takes beside the table, in this process."""
    which, shape = asked.split("/")
    BANDS[which](table_of_draws("100x2x1"))  # loading is no part of it
    table = table_of_draws(shape)
    held, begun = peak_megabytes(), time.perf_counter()
    bands = BANDS[which](table)
    taken = time.perf_counter() - begun
    return {"seconds": taken, "megabytes": peak_megabytes() - held, "check": float(bands.sum())}


def bands() -> Iterator[Row]:
    """Quantiles at every date: of a forecast's draws, and of very many."""
    for shape, time_aim, memory_aim in SHAPES:
        found = {}
        for name in BANDS:
            runs = [in_process("banded", f"{name}/{shape}") for _ in range(REPEATS)]
            found[name] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        mine = found.pop("ours")
        assert all(abs(mine["check"] / peer["check"] - 1) < 1e-9 for peer in found.values()), "the ways disagree"
        times = [f"{n} {peer['seconds']:.2f} s: {peer['seconds'] / mine['seconds']:.1f} x" for n, peer in found.items()]
        sizes = [f"{n} {peer['megabytes']:.0f} MB" for n, peer in found.items()]
        what = "bands, {} draws x {} dates x {} quantities".format(*shape.split("x"))
        yield Row(f"{what}: time", f"{mine['seconds']:.3f} s", time_aim, "; ".join(times))
        yield Row(f"{what}: memory beside the table", f"{mine['megabytes']:.0f} MB", memory_aim, "; ".join(sizes))


# Exports

EXPORTED_DRAWS, EXPORTED_YEARS = 2_000, 16.6  # of each of four chains; 200 dates, a month apart
ONE_QUANTITY = {"csv", "parquet"}


def exported(asked: str) -> dict[str, float]:
    """Time, size and peak memory of one export, in this process, opening and checking the run included."""
    folder, to = asked.rsplit(":", 1)
    from meekcast.export.formats import Wanted, export
    from meekcast.runs.read import open_run

    wanted = Wanted(table="draws", quantities=("loss_gap",)) if to in ONE_QUANTITY else Wanted()
    target = Path(folder) / f"export-{to}"
    begun = time.perf_counter()
    file = export(open_run(Path(folder) / "paper"), to, target, wanted).file
    taken = time.perf_counter() - begun
    files = [file] if file.is_file() else [f for f in file.rglob("*") if f.is_file()]
    return {"seconds": taken, "megabytes": sum(f.stat().st_size for f in files) / 1e6, "peak": peak_megabytes()}


def exports() -> Iterator[Row]:
    """Every format from one run of 8000 draws and 200 dates."""
    from meekcast.export.formats import FORMATS

    with tempfile.TemporaryDirectory() as name:
        asked = ["forecast", "paper", "--priors", "literature", "--draws", str(EXPORTED_DRAWS), "--quiet"]
        until = ["--until", str(EXPORTED_YEARS), "--today", "2026-11-21", "--out", name]
        subprocess.run([sys.executable, "-m", "meekcast", *asked, *until], check=True)
        for to in FORMATS:
            runs = [in_process("exported", f"{name}:{to}") for _ in range(REPEATS)]
            found = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            what = "every draw of one quantity" if to in ONE_QUANTITY else "all that it holds"
            beside = f"{what}, {found['megabytes']:.3g} MB; peak memory {found['peak']:.0f} MB"
            yield Row(f"export to {to}, 8000 draws x 200 dates", f"{found['seconds']:.2f} s", "", beside)


# Sensitivity

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


def indices_of_meekcast(a: Any, b: Any, mixed: Any) -> Any:
    from meekcast.sensitivities.sobol import indices

    found = indices(a, b, mixed, resamples=REPLICATES)
    return found.first.value, found.total.value


def indices_of_salib(a: Any, b: Any, mixed: Any) -> Any:
    import numpy as np
    from SALib.analyze import sobol

    problem = {"num_vars": INPUTS, "names": list("abcdefg"), "bounds": [[0, 1]] * INPUTS}
    outputs = np.column_stack([a, *mixed, b]).ravel()
    found = sobol.analyze(problem, outputs, calc_second_order=False, num_resamples=REPLICATES, seed=0)
    return found["S1"], found["ST"]


def indices_of_scipy(a: Any, b: Any, mixed: Any) -> Any:
    from scipy.stats import sobol_indices

    found = sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": mixed[:, None, :]}, n=len(a))
    found.bootstrap(n_resamples=REPLICATES)
    return found.first_order.ravel(), found.total_order.ravel()


SOBOL = {"ours": indices_of_meekcast, "SALib": indices_of_salib, "SciPy": indices_of_scipy}


def sobol_measured(which: str) -> dict[str, float]:
    """Time and peak memory of indices with intervals, in this process."""
    name, n = which.split("/")
    data = sobol_outputs(int(n))
    SOBOL[name](*sobol_outputs(64))  # loading is no part of it
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    begun = time.perf_counter()
    try:
        first, total = SOBOL[name](*data)
    except MemoryError:
        return {"seconds": float("inf"), "megabytes": float("inf"), "check": float("nan")}
    taken = time.perf_counter() - begun
    return {"seconds": taken, "megabytes": peak_megabytes(), "check": float(first.sum() + total.sum())}


def shapley_measured(which: str) -> dict[str, float]:
    """Shapley effects of 12 dependent inputs on 20 dates, with intervals, from 8000 draws."""
    import numpy as np

    from meekcast.sensitivities.shares import variance_shares

    rng = np.random.default_rng(0)
    x = rng.standard_normal((8000, 12)) @ np.linalg.cholesky(0.5 * np.eye(12) + 0.5).T
    y = np.exp(0.2 * x @ rng.standard_normal((12, 20))) + 0.1 * rng.standard_normal((8000, 20))
    begun = time.perf_counter()
    shares = variance_shares([x[:, [i]] for i in range(12)], y)
    taken = time.perf_counter() - begun
    half = float((shares.shapley.high - shares.shapley.low).max() / 2)
    return {"seconds": taken, "megabytes": peak_megabytes(), "half": half}


def until_table(folder: Path, environment: dict[str, str]) -> float:
    """From the start of the process to the first table on stdout, median."""
    command = [sys.executable, "-u", "-m", "meekcast", "sensitivity", str(folder)]
    taken = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout
            seen = next((line for line in process.stdout if "└" in line), None)
            assert seen, "no table was printed"
            taken.append(time.perf_counter() - begun)
            process.stdout.read()
    return statistics.median(taken)


def sensitivity() -> Iterator[Row]:
    """Sobol indices against SALib and SciPy, Shapley effects, and the wait for the command's table."""
    for n in BASE_POINTS:
        found = {name: in_process("sobol_measured", f"{name}/{n}") for name in SOBOL}
        mine, peer, other = found["ours"], found["SALib"], found["SciPy"]
        assert abs(mine["check"] / peer["check"] - 1) < 0.01, "the two ways disagree"
        scipy = f"SciPy {other['seconds']:.1f} s, {other['megabytes']:.0f} MB"
        beside = (
            f"SALib {peer['seconds']:.2f} s: {peer['seconds'] / mine['seconds']:.0f} x, {peer['megabytes']:.0f} MB; "
        )
        beside += scipy if other["seconds"] < float("inf") else "SciPy out of memory (4 GB)"
        aim = "a fifth of SALib" if n == BASE_POINTS[-1] else ""
        what = f"Sobol with intervals, 7 inputs, n = {n:,}"
        yield Row(what, f"{mine['seconds']:.3f} s, {mine['megabytes']:.0f} MB", aim, beside)
    shapley = in_process("shapley_measured", "")
    sizes = f"{shapley['megabytes']:.0f} MB; widest interval +- {shapley['half']:.3f}"
    yield Row("Shapley, 8000 draws x 12 inputs x 20 dates", f"{shapley['seconds']:.1f} s", "", sizes)
    with tempfile.TemporaryDirectory() as name:
        asked = [sys.executable, "-m", "meekcast", *ASKED, "--quiet", "--out", name]
        subprocess.run(asked, check=True, stdin=subprocess.DEVNULL)
        taken = until_table(Path(name) / "leaderboard", dict(os.environ))
    yield Row("meekcast sensitivity RUN, start to table", f"{taken:.2f} s", "< 3 s", "every event of the default card")


# The table

PARTS = {
    "start": start,
    "evidence": evidence,
    "sampler": sampler,
    "bands": bands,
    "exports": exports,
    "sensitivity": sensitivity,
}
CHILDREN = {
    "recorded": recorded,
    "sampled": sampled,
    "banded": banded,
    "exported": exported,
    "sobol_measured": sobol_measured,
    "shapley_measured": shapley_measured,
}


def in_process(function: str, argument: str) -> dict[str, float]:
    """Call a function of this script in a process of its own."""
    command = [sys.executable, __file__, "--child", function, argument]
    done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments: list[str]) -> None:
    """Measure the parts that were asked for, all by default, and print one table."""
    if arguments[:1] == ["--child"]:
        print(json.dumps(CHILDREN[arguments[1]](arguments[2])))
        return
    unknown = set(arguments) - set(PARTS)
    if unknown:
        sys.exit(f"unknown part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    title = f"meekcast {version('meekcast')}, Python {sys.version.split()[0]}, {os.cpu_count()} cores"
    load = os.getloadavg()[0]
    table = Table("what", "measured", "aim", "beside it", title=f"{title}, load {load:.1f} at the start")
    console = Console(width=None if sys.stdout.isatty() else 150)
    for name in arguments or PARTS:
        print(f"... measuring {name}", file=sys.stderr)
        for row in PARTS[name]():
            table.add_row(*row)
        table.add_section()
    console.print(table)
    console.print(f"Medians of {REPEATS} runs (seeds, for the samplers), but one run for the first forecast.")


if __name__ == "__main__":
    main(sys.argv[1:])
