"""Several people's prior sets: side by side, and as one equal mixture."""

import json

import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.runs.read import open_run
from meekcast.runs.verify import SEAL
from meekcast.stacks.prior_mixture import mixture

TODAY = "2026-11-21"
SETS = ["paper", "literature", "wide"]


@pytest.fixture(scope="module")
def people(paper_sets):
    return [open_run(paper_sets[0] / f"paper-{name}") for name in SETS]


@pytest.fixture(scope="module")
def mixed(people):
    return mixture(people)


def test_each_set_has_a_folder_and_the_mixture_a_row(paper_sets):
    out, answer = paper_sets
    assert answer.code == 0, answer.err
    assert {file.name for file in out.iterdir()} == {
        "paper-paper", "paper-literature", "paper-wide", "paper-mixture.json", "compare.png",
    }  # fmt: skip
    for label in (*SETS, "equal mixture"):
        assert answer.out.count(f"  {label} ") >= 4
    assert "prior sets side by side" in answer.out


def test_a_mixture_has_the_mean_of_the_probabilities(paper_sets, people):
    document = json.loads((paper_sets[0] / "paper-mixture.json").read_text(encoding="utf-8"))
    assert document["schema"] == "meekcast.mixture/2"
    assert [m["priors"] for m in document["of"]] == SETS
    assert [m["share"] for m in document["of"]] == [1 / 3] * 3
    assert [m["manifest"] for m in document["of"]] == [run.manifest[SEAL] for run in people]
    for i, event in enumerate(document["events"]):
        theirs = [run.summary["events"][i] for run in people]
        for told, of in [
            (event["probability_not_by_horizon"], [e["probability_not_by_horizon"] for e in theirs]),
            *((p, [e["probability_by"][year] for e in theirs]) for year, p in event["probability_by"].items()),
        ]:
            assert told["value"] == pytest.approx(np.mean([p["value"] for p in of]))
            assert told["error"] == pytest.approx(np.linalg.norm([p["error"] for p in of]) / len(of))


def test_quantiles_of_a_mixture_are_those_of_the_mean_of_the_cdfs(people, mixed):
    for i, event in enumerate(mixed["events"]):
        for level, date in event["quantiles"].items():
            if np.isfinite(date):
                below = np.mean([np.mean(run.events[i].dates < date) for run in people])
                upto = np.mean([np.mean(run.events[i].dates <= date) for run in people])
                assert below <= float(level) + 1e-12
                assert upto >= float(level) - 1e-12


def test_bands_of_a_mixture_lie_between_those_of_its_members(people, mixed):
    for level, values in mixed["bands"]["loss_gap"]["quantiles"].items():
        members = np.array([run.summary["bands"]["loss_gap"]["quantiles"][level] for run in people], dtype=float)
        assert (np.array(values) >= members.min(axis=0) - 1e-6).all()
        assert (np.array(values) <= members.max(axis=0) + 1e-6).all()


def test_a_mixture_of_one_with_itself_is_itself(people):
    twice = mixture([people[1], people[1]])
    for event, own in zip(twice["events"], people[1].summary["events"], strict=True):
        assert event["quantiles"] == {p: float(q) for p, q in own["quantiles"].items()}


def test_runs_that_ask_different_events_are_not_mixed(people):
    first, second = people[:2]
    fewer = open_run(second.folder)
    fewer.summary["events"].pop()
    with pytest.raises(InputError, match="do not ask the same events"):
        mixture([first, fewer])


def test_json_has_every_set_and_the_mixture(paper_sets, run_cli):
    options = [word for name in SETS for word in ("--priors", name)]
    answer = run_cli("forecast", "paper", *options, "--draws", 250, "--today", TODAY, "--out", paper_sets[0], "--json")
    documents = json.loads(answer.out)
    assert [document["label"] for document in documents] == [*SETS, "equal mixture"]


def test_the_same_set_twice_is_refused(run_cli, tmp_path):
    answer = run_cli("forecast", "paper", "--priors", "wide", "--priors", "wide", "--out", tmp_path)
    assert answer.code == 2
    assert "would both be written to" in answer.err
    assert not list(tmp_path.iterdir())


def test_one_set_is_an_ordinary_forecast(run_cli, tmp_path):
    answer = run_cli("forecast", "paper", "--priors", "paper", "--today", TODAY, "--out", tmp_path, "--json")
    assert json.loads(answer.out)["card"] == "paper"
    assert [folder.name for folder in tmp_path.iterdir()] == ["paper"]
