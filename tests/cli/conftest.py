"""What tests of commands share: what an unfinished result leaves, and a run of the paper's card."""

import pytest

TODAY = "2026-11-21"
FILES = {"forecast.nc", "gap.png", "loss.png", "manifest.json", "prior_posterior.png", "report.html", "summary.json"}


@pytest.fixture(scope="session")
def leftovers():
    """Find what an unfinished result left in a folder."""
    return lambda folder: [str(file) for file in folder.rglob("*") if file.name.endswith(".part")]


@pytest.fixture(scope="module")
def paper_run(run_cli, tmp_path_factory):
    """Folder and answer of ``meekcast forecast paper --json``."""
    out = tmp_path_factory.mktemp("out")
    return out, run_cli("forecast", "paper", "--json", "--today", TODAY, "--out", out)
