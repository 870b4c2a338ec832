"""What is fuzzed: a strategy of inputs, and a function that gives one to meekcast as a user would."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from fuzzing import mutations
from meekcast.cards import library
from meekcast.runs.verify import SEAL, seal

ROOT = Path(__file__).parents[3]
CODES = {0, 1, 2}


@dataclass(frozen=True)
class Target:
    """Something that meekcast reads.

    Parameters
    ----------
    name : str
        What it is.
    inputs : hypothesis strategy
        Of bytes or text.
    feed : callable
        Takes an input and an empty folder; raises nothing but `meekcast.errors.MeekcastError`.
    cost : int
        Roughly milliseconds an input, by which a run is divided.
    """

    name: str
    inputs: st.SearchStrategy[Any]
    feed: Callable[[Any, Path], None]
    cost: int = 10


def command(*arguments: str | Path) -> None:
    """Run a command in this process; whatever comes but an exit code of the program's own is a fault."""
    from meekcast.cli import main

    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["meekcast", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stopped:
            assert stopped.code in CODES, f"exit code {stopped.code}"
    assert len(err.getvalue()) < 100_000, "an endless message"
    assert "\x1b" not in out.getvalue() + err.getvalue(), "the terminal is commanded"


def shipped(*places: str) -> list[bytes]:
    """Files of the repository."""
    return [(ROOT / place).read_bytes() for place in places]


def of_file(
    name: str, *commands: tuple[str, ...], beside: dict[str, bytes] | None = None
) -> Callable[[bytes, Path], None]:
    """Feed a file to commands; FILE stands for it, other files lie beside it."""

    def feed(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        for other, held in (beside or {}).items():
            (folder / other).write_bytes(held)
        for words in commands:
            command(*(folder / word.removeprefix("@") if word.startswith("@") else word for word in words))

    return feed


# Files of a user's own


def cards() -> Target:
    seeds = shipped(
        "models/paper.toml", "models/mmlu-pro-alone.toml", "models/unbounded-measure.toml", "models/pennies.toml"
    )
    return Target(
        "card", mutations.toml_files(seeds), of_file("x.toml", ("check", "@x.toml"), ("models", "@x.toml")), 60
    )


def prior_sets() -> Target:
    seeds = shipped("priors/paper.toml", "priors/literature.toml", "priors/wide.toml")
    return Target(
        "prior set", mutations.toml_files(seeds), of_file("x.toml", ("check", "@x.toml"), ("priors", "@x.toml")), 40
    )


def evidence() -> Target:
    at = "src/meekcast/observations"
    seeds = shipped(
        f"{at}/tables/mmlu-pro-small.toml", f"{at}/tables/mmlu-pro-summary.toml", f"{at}/trends/training-costs.toml",
        f"{at}/points/owen2024-mmlu.toml",
    )  # fmt: skip
    losses = b'schema = 1\nname = "l"\ntitle = "t"\nkind = "losses"\nunit = "nats/token"\nsource = "s"\nlicence = "l"\nrows = ['
    losses += b",".join(b"{ params = %de6, tokens = %de8, loss = 2.%d }" % (2**i, 3**i, 9 - i % 10) for i in range(10))
    asked = (("check", "@x.toml"), ("evidence", "@x.toml"))
    return Target("evidence", mutations.toml_files([*seeds, losses + b"]\n"]), of_file("x.toml", *asked), 40)


def scores() -> Target:
    """A table of scores with its rows in CSV: the rows are damaged."""
    head, rows = shipped(*(f"src/meekcast/observations/tables/swe-bench-verified.{kind}" for kind in ("toml", "csv")))
    beside = {"swe-bench-verified.toml": head}
    feed = of_file("swe-bench-verified.csv", ("evidence", "@swe-bench-verified.toml", "--lags"), beside=beside)
    return Target("rows of scores", mutations.damaged([rows]), feed, 60)


def prices() -> Target:
    """A list of prices of the user's own."""
    head, rows = shipped(*(f"src/meekcast/observations/prices/prices.{kind}" for kind in ("toml", "csv")))
    head, rows = (
        head.replace(b'rows = "prices.csv"', b'rows = "mine.csv"').replace(b'"prices"\n', b'"mine"\n', 1),
        rows[:3000],
    )

    def feed(content: bytes, folder: Path) -> None:
        (folder / "prices").mkdir()
        (folder / "prices" / "mine.toml").write_bytes(head)
        (folder / "prices" / "mine.csv").write_bytes(content)
        with mock.patch.dict(os.environ, MEEKCAST_EVIDENCE=str(folder)):
            command("evidence", "swe-bench-verified")

    return Target("rows of prices", mutations.damaged([rows[: rows.rindex(b"\n") + 1]]), feed, 80)


def imports() -> Target:
    """Files of other people: CSV and JSON as publishers have them."""
    csv = b"model,released,score,price\nBig,2025-01-01,60,3\nSmall,2025-02-01,40.5,0.2\nMid,2025-03-01,50,1\n"
    tables = [
        [
            {"model": "Big", "released": "2025-01-01", "score": 60},
            {"model": "Small", "released": "2025-02-01", "score": 40},
        ]
    ]
    tables += [
        {"openai": {"models": {"gpt": {"id": "gpt", "cost": {"input": 1, "output": 2}, "release_date": "2025-01-01"}}}}
    ]
    tables += [
        {
            "gpt": {
                "input_cost_per_token": 1e-6,
                "output_cost_per_token": 2e-6,
                "litellm_provider": "openai",
                "mode": "chat",
            }
        }
    ]
    found = mutations.damaged([csv]) | mutations.json_files([json.dumps(table).encode() for table in tables])
    asked = (
        "evidence",
        "import",
        "@x.csv",
        "--as",
        "x",
        "--unit",
        "points",
        "--chance",
        "25",
        "--benchmark",
        "x",
        "--dry-run",
    )
    return Target("import", found, of_file("x.csv", asked), 30)


def scenarios() -> Target:
    seeds = shipped("docs/scenarios.toml")
    seeds += [
        b'schema = 1\ncard = "paper"\nevents = ["loss_gap < 0.1"]\nby = [5, 10]\n[[scenarios]]\nname = "a"\n[scenarios.set]\nR = 2\n'
    ]
    seeds += [
        b'schema = 1\ncard = "paper"\nevents = ["tokens > 1000"]\n[[scenarios]]\nname = "b"\nfrom = 3\n[scenarios.shift]\nalpha = "x1.2"\n'
    ]

    def feed(content: bytes, folder: Path) -> None:
        from meekcast.inputs import gather
        from meekcast.whatif.scenarios import prepare, read_scenarios

        (folder / "x.toml").write_bytes(content)
        file = read_scenarios(folder / "x.toml")
        prepare(file, gather(file.card, file.priors))

    return Target("scenarios", mutations.toml_files(seeds), feed, 60)


def sweeps() -> Target:
    seeds = [
        b'schema = 1\ncards = ["paper"]\npriors = ["own", "literature"]\nyears = [5, 10.5]\nevents = ["loss_gap < 0.1"]\n',
        b'schema = 1\ncards = ["paper", "data-wall"]\nfollowers = [[], ["budget"]]\nseeds = [0, 1]\nyears = [5]\nuntil = 20\n',
        b'schema = 1\ncards = ["paper"]\nwithout = [[]]\nquantities = ["lag"]\nquantiles = [0.1]\ndraws = 60\nyears = [5]\n',
    ]

    def feed(content: bytes, folder: Path) -> None:
        from meekcast.whatif.sweeps.cells import plan
        from meekcast.whatif.sweeps.file import read_sweep

        (folder / "x.toml").write_bytes(content)
        plan(read_sweep(folder / "x.toml"))

    return Target("sweep", mutations.toml_files(seeds), feed, 30)


def decisions() -> Target:
    def feed(content: bytes, folder: Path) -> None:
        from meekcast.sensitivities.decision import load_decision

        (folder / "x.toml").write_bytes(content)
        load_decision(folder / "x.toml")

    return Target("decision", mutations.toml_files(shipped("docs/decision.toml")), feed, 3)


# Lines


def priors() -> Target:
    examples = ["R=2", "alpha=Point(0.1)", "R=LogNormal(2.4, 90% 2.0..2.9)", "alpha=Normal(0.155, sd 0.02)",
                "R=LogNormal(90% 2.0..2.9)", "alpha=LogitNormal(0.2, 90% 0.1..0.4, within 0..1)"]  # fmt: skip
    words = ["R=", "alpha=", "LogNormal", "Normal", "LogitNormal", "Point", "(", ")", ",", "sd", "90%", "..", "within",
             "2", "0.1", "1e300", "-1", "1e-320", "nan", "inf"]  # fmt: skip

    def feed(text: str, folder: Path) -> None:
        from meekcast.inputs import Override, gather

        gather("paper", overrides=[Override.read(text)])

    return Target("prior", mutations.lines(examples, words), feed, 5)


def questions() -> Target:
    examples = ["loss_gap < 0.1 nats/token", "lag_behind < 1 for 6 months", "(loss_gap < 1 or tokens > 1000) and R > 2 first",
                "budget_level >= frontier_level at 5", "loss_gap < 1,2,3", "lag of budget < 1e3 at 2030-06-30"]  # fmt: skip
    words = ["loss_gap", "tokens", "lag", "of", "budget", "<", "<=", ">", ">=", "(", ")", "and", "or", "at", "for",
             "first", "6", "months", "2030", "1e26", "FLOP", "nats/token", ","]  # fmt: skip

    def feed(text: str, folder: Path) -> None:
        from meekcast.inputs import gather
        from meekcast.vocabulary.grammar import parse
        from meekcast.whatif.grid import read_grid
        from meekcast.whatif.world import blank

        for read in (parse, read_grid):
            try:
                read(text)
            except library.InputError:
                continue
        blank(gather("paper")).scope.check(parse(text))

    return Target("question", mutations.lines(examples, words), feed, 8)


def dates_and_quantiles() -> Target:
    examples = ["2030", "2030-06-30", "2030.5", "0.1=2", "0.5=1e3", "R=3", "5", "EU=1e25"]
    words = ["2030", "-", "06", ".", "=", "0.5", "1e3", "R", "T", "Z", "W1"]

    def feed(text: str, folder: Path) -> None:
        from meekcast.beliefs.elicitation import read_quantiles
        from meekcast.cli.options import read_date
        from meekcast.errors import MeekcastError
        from meekcast.forecasts.questions.when import read_by
        from meekcast.inputs import gather
        from meekcast.paper.point import read_values
        from meekcast.whatif.governance import read_rules
        from meekcast.whatif.world import blank

        source = blank(gather("paper"))
        readers: list[Callable[[], object]] = [
            lambda: read_by([text], source), lambda: read_quantiles([text, "0.9=3"]), lambda: read_date(text, "--today"),
            lambda: read_values([text]), lambda: read_rules([text]),
        ]  # fmt: skip
        for read in readers:
            try:
                read()
            except MeekcastError:
                continue

    return Target("date, quantile, value", mutations.lines(examples, words), feed, 2)


# Runs


def run_folder(at: Path) -> Path:
    """A run that was made here, once, small."""
    import meekcast as mk

    if not at.is_dir():
        mk.forecast("paper", "literature", draws=100, today=dt.date(2026, 11, 21)).save(at)
        shutil.rmtree(at / "report.html", ignore_errors=True)
    return at


def resealed(run: Path, folder: Path, name: str, content: bytes) -> Path:
    """A copy of a run in which somebody replaced a file and made the hashes fit."""
    copied = shutil.copytree(run, folder / "run", copy_function=os.link)
    manifest = json.loads((copied / "manifest.json").read_bytes())
    (copied / name).unlink(missing_ok=True)
    (copied / name).write_bytes(content)
    if name == "manifest.json":
        try:
            manifest = json.loads(content)
        except (ValueError, RecursionError):
            return copied
    else:
        manifest["outputs"][name] = hashlib.sha256(content).hexdigest()
    if isinstance(manifest, dict):
        try:
            manifest[SEAL] = seal(manifest)
        except (ValueError, TypeError):
            return copied
        (copied / "manifest.json").unlink(missing_ok=True)
        (copied / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return copied


def tampered(run: Path, name: str, *commands: tuple[str, ...]) -> Callable[[bytes, Path], None]:
    """Feed a run with a changed file to commands; RUN stands for it, OUT for a place, SAME for the run as it was."""

    def feed(content: bytes, folder: Path) -> None:
        copied = resealed(run, folder, name, content)
        named = {"RUN": copied, "SAME": run, "OUT": folder / "out"}
        for words in commands:
            command(*(named.get(word, word) for word in words))
        assert not {file.name for file in folder.iterdir()} - {"run", "out"}, "something is written elsewhere"

    return feed


def manifests(run: Path) -> Target:
    asked = (("diff", "RUN", "SAME"), ("export", "RUN", "--to", "json", "--out", "OUT"), ("watch", "RUN"))
    asked += (("when", "loss_gap < 0.2", "--run", "RUN"),)
    return Target(
        "manifest",
        mutations.json_files([(run / "manifest.json").read_bytes()]),
        tampered(run, "manifest.json", *asked),
        150,
    )


def summaries(run: Path) -> Target:
    asked = (
        ("diff", "RUN", "SAME"),
        ("export", "RUN", "--to", "json", "--out", "OUT"),
        ("when", "loss_gap < 0.2", "--run", "RUN"),
    )
    asked += (
        ("report", "RUN", "--out", "OUT", "--beside", "SAME"),
        ("report", "SAME", "--beside", "RUN", "--out", "OUT"),
    )
    return Target(
        "summary",
        mutations.json_files([(run / "summary.json").read_bytes()]),
        tampered(run, "summary.json", *asked),
        500,
    )


def backtests() -> Target:
    """A backtest that is opened by itself, cut to what is looked at."""
    whole = json.loads((ROOT / "docs" / "backtests" / "quarter-ends.json").read_bytes())
    short = {key: held[:2] if isinstance(held, list) else held for key, held in whole.items()}

    def feed(content: bytes, folder: Path) -> None:
        import meekcast as mk

        (folder / "backtest.json").write_bytes(content)
        repr(mk.open(folder / "backtest.json"))

    return Target("backtest.json", mutations.json_files([json.dumps(short).encode()]), feed, 10)


def drivers(run: Path) -> Target:
    """What `meekcast sensitivity` left beside a run, of which no hash is kept."""
    if not (run / "sensitivity.json").is_file():
        command("sensitivity", run)
    content = (run / "sensitivity.json").read_bytes()

    def feed(damaged: bytes, folder: Path) -> None:
        copied = shutil.copytree(run, folder / "run", copy_function=os.link)
        (copied / "sensitivity.json").unlink()
        (copied / "sensitivity.json").write_bytes(damaged)
        command("report", copied, "--out", folder / "out")

    return Target("sensitivity.json", mutations.json_files([content]), feed, 250)


def targets(folder: Path) -> list[Target]:
    """All of them; a run is made in the folder for those that need one."""
    run = run_folder(folder / "run")
    return [
        cards(), prior_sets(), evidence(), scores(), prices(), imports(), scenarios(), sweeps(), decisions(), priors(),
        questions(), dates_and_quantiles(), backtests(), manifests(run), summaries(run), drivers(run),
    ]  # fmt: skip
