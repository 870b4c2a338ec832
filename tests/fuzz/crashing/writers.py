"""What writes: two calls into one place, of which the second replaces, or adds to, what the first has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
TODAY = "2026-11-21"
SMALL = "mmlu-pro-alone"
ASKED = ("--priors", "literature", "--draws", "50", "--today", TODAY)

SCENARIOS = (
    'schema = 1\ncard = "paper"\npriors = "literature"\nevents = ["loss_gap < 0.1"]\n[[scenarios]]\nname = "a"\n'
)
SCENARIOS += "[scenarios.set]\nR = 2\n"
GRID = 'schema = 1\ncards = ["paper"]\npriors = ["literature"]\nyears = [5]\nevents = ["loss_gap < 0.1"]\ndraws = 50\n'
SCORES = "model,released,score,price\nBig,2025-01-01,{},3\nSmall,2025-02-01,40.5,0.2\nMid,2025-03-01,50,1\n"
IMPORT = ("--as", "x", "--unit", "points", "--chance", "25", "--benchmark", "x", "--source", "x", "--yes")


@dataclass(frozen=True)
class Writer:
    """A command that writes below ``out``, where the first call's results lie already.

    Parameters
    ----------
    name : str
        What it is called.
    first, second : tuple of str
        Two calls of the command line, with other results.
    prepare : callable, optional
        Puts what they read into a folder.
    seals : tuple of str
        Files without which what lies beside them counts as incomplete, and is refused.
    apart : bool
        Whether each file stands by itself.
    keeps : bool
        Whether what it keeps in the cache, below ``cache``, counts too.
    """

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    prepare: Callable[[Path], object] = lambda folder: None
    seals: tuple[str, ...] = ()
    apart: bool = False
    keeps: bool = False


def runs(*seeds: int, at: str = "runs") -> Callable[[Path], None]:
    """Make runs of the paper's card to read."""

    def prepare(folder: Path) -> None:
        import meekcast as mk

        for seed in seeds:
            mk.forecast("paper", "literature", draws=50, seed=seed, today=TODAY).save(folder / at / str(seed))

    return prepare


def texts(**files: str) -> Callable[[Path], None]:
    """Write files to read."""

    def prepare(folder: Path) -> None:
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")

    return prepare


def kept(folder: Path) -> None:
    """A cache with something in it."""
    for i in range(400):
        (folder / "cache" / f"posterior-{i:032x}-{i:032x}.nc").write_bytes(b"x" * 1000)


def fitted(folder: Path) -> None:
    """Most fits of the second backtest: it makes but four of thirty."""
    from crashing.kill import called

    called(backtest(1, "other"), folder)
    for i, file in enumerate(sorted((folder / "cache").glob("posterior-*.nc"))):
        if i % 7 == 0:
            file.unlink()
    for file in (folder / "cache").glob("*.json"):
        file.unlink()


def backtest(seed: int, out: str = "out") -> tuple[str, ...]:
    """Backtest the quickest card that reads a board."""
    return ("backtest", SMALL, "--seed", str(seed), "--out", out, "--quiet")


def sampled(seed: int) -> tuple[str, ...]:
    """Forecast from evidence."""
    return ("forecast", SMALL, *ASKED[2:], "--seed", str(seed), "--out", "out", "--quiet")


def simulated(n: int) -> tuple[str, ...]:
    """Calibrate by so many simulations."""
    return ("calibrate", SMALL, "--simulations", str(n), "--out", "out", "--quiet")


def question(seed: int) -> tuple[str, ...]:
    """Ask one, with draws of its own."""
    return ("when", "loss_gap < 0.1", "--card", "paper", *ASKED, "--seed", str(seed), "--out", "out")


def forecast(seed: int) -> tuple[str, ...]:
    """Forecast into the same folder."""
    return ("forecast", "paper", *ASKED, "--seed", str(seed), "--out", "out", "--quiet")


def elicited(name: str) -> tuple[str, ...]:
    """Add a prior to a set."""
    said = ("--quantile", "0.1=2", "--quantile", "0.9=3", "--source", "Us", "--out", "out/mine.toml")
    return ("elicit", name, *said, "--picture", "out", "--json")


WRITERS = (
    Writer("forecast", forecast(0), forecast(1), seals=("manifest.json",)),
    Writer("when", question(0), question(1), seals=("loss_gap-below-0.1.json",)),
    Writer(
        "governance", ("governance", "--by", "2030", "--anchor", "2020-07-01", "--today", TODAY, "--out", "out"),
        ("governance", "--by", "2031", "--anchor", "2020-07-01", "--today", TODAY, "--out", "out"),
        seals=("governance.json",),
    ),
    Writer(
        "export", ("export", "runs/0", "--to", "json", "--out", "out/x.json"),
        ("export", "runs/1", "--to", "json", "--out", "out/x.json", "--force"), runs(0, 1),
    ),
    Writer(
        "export of a folder", ("export", "runs/0", "--to", "zarr", "--out", "out/x.zarr"),
        ("export", "runs/1", "--to", "zarr", "--out", "out/x.zarr", "--force"), runs(0, 1),
    ),
    Writer("report", ("report", "runs/0", "--out", "out/x.html"), ("report", "runs/1", "--out", "out/x.html"), runs(0, 1)),
    Writer(
        "sensitivity", ("sensitivity", "out/paper/0", "--json"), ("sensitivity", "out/paper/0", "--by", "parameters", "--json"),
        runs(0, at="out/paper"), seals=("sensitivity.json",),
    ),
    Writer(
        "scenarios", ("scenarios", "x.toml", *ASKED[2:], "--seed", "0", "--out", "out"),
        ("scenarios", "x.toml", *ASKED[2:], "--seed", "1", "--out", "out"), texts(x_toml=SCENARIOS), seals=("x.json",),
    ),
    Writer("elicit", elicited("g_price"), elicited("g_investment"), apart=True),
    Writer(
        "evidence import", ("evidence", "import", "a.csv", *IMPORT), ("evidence", "import", "b.csv", *IMPORT),
        texts(a_csv=SCORES.format(60), b_csv=SCORES.format(65)),
    ),
    Writer(
        "sweep", ("sweep", "x.toml", "--seed", "0", "--out", "out/x.nc"), ("sweep", "x.toml", "--seed", "1", "--out", "out/x.nc"),
        texts(x_toml=GRID),
    ),
    Writer("replay", ("replay", "runs/0", "--out", "out"), ("replay", "runs/1", "--out", "out"), runs(0, 1), seals=("manifest.json",)),
    Writer(
        "reproduce", ("reproduce", "words", "--out", "out"), ("reproduce", "tokens", "--out", "out"), seals=("claims.json",)
    ),
    Writer(
        "pictures of priors", ("priors", "--compare", "paper", "wide", "--out", "out"),
        ("priors", "--compare", "paper", "literature", "--out", "out"), apart=True,
    ),
    Writer("cache --clear", ("cache", "--json"), ("cache", "--clear"), kept, keeps=True),
    Writer("forecast from evidence", sampled(0), sampled(1), seals=("manifest.json",), keeps=True),
    Writer("backtest", backtest(0), backtest(1), fitted, seals=("backtest.json",), keeps=True),
    Writer("calibrate", simulated(2), simulated(6), seals=("calibrate.json",), keeps=True),
)  # fmt: skip
