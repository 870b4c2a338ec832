"""What tests of commands share: how a mistake is told, and a run of the paper's card."""

import pytest

TODAY = "2026-11-21"
FILES = {"forecast.nc", "gap.png", "loss.png", "manifest.json", "prior_posterior.png", "report.html", "summary.json"}


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


@pytest.fixture(scope="session")
def leftovers():
    """Find what an unfinished result left in a folder."""
    return lambda folder: [str(file) for file in folder.rglob("*") if file.name.endswith(".part")]


@pytest.fixture(scope="module")
def paper_run(run_cli, tmp_path_factory):
    """Folder and answer of ``meekcast forecast paper --json``."""
    out = tmp_path_factory.mktemp("out")
    return out, run_cli("forecast", "paper", "--json", "--today", TODAY, "--out", out)
