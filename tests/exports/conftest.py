"""Runs that are exported: one of a calendar without evidence, the paper at its point values and under priors."""

import re

import pytest

from meekcast.cards import library
from meekcast.runs.read import open_run

TODAY = "2026-11-21"


@pytest.fixture(scope="session")
def unseen_run(run_cli, tmp_path_factory):
    """A calendar card without evidence, so that nothing is sampled; some of its events are open at the horizon."""
    text = (library.shelf("models") / "mmlu-pro-alone.toml").read_text(encoding="utf-8")
    head = text[: text.index("[[events]]")]
    kept, dropped = [], False
    for block in re.split(r"(?m)^(?=\[)", head):
        dropped = block.startswith("[[benchmarks]]") or re.match(
            r"\[parameters\.\w+_(ceiling|difficulty|discrimination|level|slope|rounding|noise)\]", block
        )
        kept += [] if dropped else [block]
    events = {"lag": "lag_behind < 0.6 years", "loss gap": "loss_gap < 0.02 nats/token"}
    entries = "\n".join(f'[[events]]\nname = "the {name}, in 1 line"\nask = "{ask}"\n' for name, ask in events.items())
    folder = tmp_path_factory.mktemp("unseen")
    card = folder / "unseen.toml"
    card.write_text("".join(kept).replace('name = "mmlu-pro-alone"', 'name = "unseen"', 1) + entries, encoding="utf-8")
    answer = run_cli("forecast", card, "--today", TODAY, "--draws", 400, "--until", 2032, "--out", folder, "--quiet")
    assert answer.code == 0, answer.err
    return folder / "unseen"


@pytest.fixture(scope="session")
def paper_folders(paper_sets):
    """The paper at its point values, and under the literature's priors."""
    out, _ = paper_sets
    return {"point": out / "paper-paper", "literature": out / "paper-literature"}


@pytest.fixture(scope="session", params=["unseen", "point", "literature"])
def run(request, unseen_run, paper_folders):
    return open_run({"unseen": unseen_run, **paper_folders}[request.param])


@pytest.fixture(scope="session")
def unseen(unseen_run):
    return open_run(unseen_run)
