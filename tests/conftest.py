"""Shared fixtures: a cache of the tests' own, edited copies of shipped files, one sampled forecast, the commands."""

import datetime as dt
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: on a busy machine threads make small solves crawl
os.environ.setdefault(
    "MEEKCAST_CORES", "1"
)  # pytest has a process a core; and workers would not see what a test patches

from meekcast import cache
from meekcast.cards import library

ROOT = Path(__file__).parents[1]
TODAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """Cache of this session; the user's own is left alone, but what is compiled there need not be compiled again."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        own = cache.folder() / "code"
        if own.is_dir():
            shutil.copytree(own, folder / "code")
        patch.setenv("MEEKCAST_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def evidence_folder(tmp_path_factory):
    """Folder of evidence of this session, empty; the user's own is not read."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("evidence")
        patch.setenv("MEEKCAST_EVIDENCE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def today():
    return TODAY


@pytest.fixture(scope="session")
def one_message():
    """Check that a mistake is one message with its remedy on stderr, nothing on stdout, no traceback; returns it."""

    def check(answer, *pieces, code=2):
        assert answer.code == code, answer.err
        assert answer.out == ""
        assert "Traceback" not in answer.err
        assert answer.err.count("error:") == 1
        message, _, remedy = answer.err[answer.err.index("error:") :].partition("\n")
        assert remedy.strip(), "no remedy"
        for piece in pieces:
            assert piece in answer.err, answer.err
        return message

    return check


TASTES = (
    ('discrepancy = "ou"', 'discrepancy = "boards"'),
    (
        "[[benchmarks]]",
        '[parameters.board_taste_sd]\nprior = "LogNormal(0.5, 90% 0.2..1.2)"\nunit = "ln FLOP"\nsource = "Made up"\n\n'
        '[parameters.board_taste_memory]\nprior = "LogNormal(1.5, 90% 0.5..4.5)"\nunit = "years"\nsource = "Made up"\n\n'
        "[[benchmarks]]",
    ),
)
"""What gives a card without tastes some."""


@pytest.fixture
def edited(tmp_path):
    """Write a shipped file with some of its text replaced, its rows beside it; what is replaced must be there."""

    def edit(kind, name, *replacements, to=None, tastes=False):
        text = (library.shelf(kind) / f"{name}.toml").read_text(encoding="utf-8")
        for old, new in (*replacements, *(TASTES if tastes else ())):
            assert old in text, f"{name} does not say {old!r}"
            text = text.replace(old, new, 1)
        file = tmp_path / (to or f"{name}-edited.toml")
        file.write_text(text, encoding="utf-8")
        for rows in library.shelf(kind).glob(f"{name}.csv"):
            shutil.copy(rows, tmp_path)
        return str(file)

    return edit


class Answer(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def run_cli():
    """Run the command line in this process."""
    from meekcast.cli import main

    def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["meekcast", *map(str, arguments)])
            with pytest.raises(SystemExit) as stopped:
                main()
        return Answer(int(stopped.value.code or 0), out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def run_process():
    """Run the command line, or any Python code, in a process of its own."""

    def run(*arguments, code=None, cwd=None, **environment):
        command = [sys.executable, *(("-c", code) if code else ("-m", "meekcast")), *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment}, check=False
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def leaderboard_inputs():
    from meekcast.inputs import gather

    return gather("mmlu-pro-alone")


@pytest.fixture(scope="session")
def leaderboard(leaderboard_inputs):
    """The forecast of one leaderboard, sampled once; its posterior is in the session's cache from then on."""
    from meekcast.forecasts.forecast import forecast

    return forecast(leaderboard_inputs, today=TODAY)


@pytest.fixture(scope="session")
def leaderboard_run(leaderboard, run_cli, tmp_path_factory):
    """Folder and answer of ``meekcast forecast mmlu-pro-alone --json``, from the cache."""
    out = tmp_path_factory.mktemp("run")
    answer = run_cli("forecast", "mmlu-pro-alone", "--json", "--today", TODAY, "--out", out)
    assert answer.code == 0, answer.err
    return out / "mmlu-pro-alone", answer


@pytest.fixture(scope="session")
def paper():
    """The published point values."""
    from meekcast.forecasts.forecast import forecast
    from meekcast.inputs import gather

    return forecast(gather("paper"), today=TODAY)


@pytest.fixture(scope="session")
def paper_literature():
    """The paper's card under the literature's priors: exact draws from the prior."""
    from meekcast.forecasts.forecast import forecast
    from meekcast.inputs import gather

    return forecast(gather("paper", "literature"), today=TODAY)


PRIOR_SETS = ("paper", "literature", "wide")


@pytest.fixture(scope="session")
def paper_sets(run_cli, tmp_path_factory):
    """Folder and answer of the paper's card under three prior sets, which are also mixed."""
    out = tmp_path_factory.mktemp("sets")
    options = [word for name in PRIOR_SETS for word in ("--priors", name)]
    answer = run_cli("forecast", "paper", *options, "--draws", 250, "--today", TODAY, "--out", out)
    assert answer.code == 0, answer.err
    return out, answer


class PriorFit:
    """Stands for sampling: posteriors whose draws come from the prior. Remembers what was asked."""

    def __init__(self, interrupt_after=None):
        self.asked = []
        self.interrupt_after = interrupt_after

    def __call__(self, inputs, settings, progress, fresh=False):
        if len(self.asked) == self.interrupt_after:
            raise KeyboardInterrupt
        self.asked.append((str(inputs.as_of), inputs.card.discrepancy))
        import numpy as np

        from meekcast.inference import diagnostics, posterior
        from meekcast.model.realised import departures

        rng = np.random.default_rng(settings.seed)
        n = settings.chains * settings.draws
        draws = inputs.belief.draw(n, rng)
        k = len(inputs.evidence_times)
        draws |= {name: 0.5 * rng.standard_normal((n, k)) for name in departures(inputs.card)}
        shaped = {name: v.reshape(settings.chains, settings.draws, *v.shape[1:]) for name, v in draws.items()}
        tree = posterior._tree(inputs, shaped, None)
        verdict = diagnostics.Diagnostics("ok", "nutpie", n, 1.001, 900.0, 800.0, 0.9, 0, 7.0)
        tree.attrs["diagnostics"] = json.dumps(verdict.as_dict())
        return posterior.Posterior(tree, verdict)


@pytest.fixture(scope="session")
def prior_fit():
    return PriorFit
