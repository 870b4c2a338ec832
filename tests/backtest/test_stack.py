"""``meekcast forecast --stack``: files, tables, prior weights, and what it refuses."""

import json

import numpy as np
import pytest
from rich.console import Console

from meekcast.backtests import run, shelf
from meekcast.backtests.obtain import ship_backtest
from meekcast.backtests.shelf import find_backtest
from meekcast.errors import InputError
from meekcast.inference import posterior
from meekcast.inputs import gather
from meekcast.report.stack import stack_report
from meekcast.stacks.obtain import read_weights

CARD = """
schema = 1
extends = "{base}"
name = "{name}"
title = "{name}"
story = "As the other."
wrong_if = "Never."
"""
STEEP = '[parameters.eci_slope]\nprior = "LogNormal(40, 90% 20..80)"\nunit = "index per ln FLOP"\nsource = "Far off"\n'
QUICK = ("--draws", "50", "--tune", "50", "--today", "2026-11-21")


def variant(folder, name, more="", base="unbounded-measure"):
    file = folder / f"{name}.toml"
    file.write_text(CARD.format(base=base, name=name) + more, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def stacked(run_cli, prior_fit, quick, tmp_path_factory):
    """Three cards, one of them far off the past: folder, cards, answer, and how often something was fitted."""
    folder = tmp_path_factory.mktemp("stack")
    cards = ["unbounded-measure", variant(folder, "twin"), variant(folder, "steep", STEEP)]
    fit = prior_fit()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEEKCAST_CACHE", str(folder / "cache"))
        patch.setenv("COLUMNS", "80")
        patch.setattr("meekcast.forecasts.forecast.infer", fit)
        patch.setattr(posterior, "infer", fit)  # of the backtests; forecasts have a name of their own for it
        patch.setattr(run, "SETTINGS", quick)
        patch.setattr("meekcast.plots.backtest.write_pictures", lambda found, folder: [])
        patch.setattr("meekcast.plots.run.write_pictures", lambda found, folder: [])
        out = ("--out", folder / "out")
        answer = run_cli("forecast", *cards, "--stack", *QUICK, *out)
        assert answer.code == 0, answer.err
        before = len(fit.asked)
        again = run_cli("forecast", *cards, "--stack", "--weight", "twin=3", "--json", *QUICK, *out)
        assert again.code == 0, again.err
    return folder / "out", answer, json.loads(again.out), (before, len(fit.asked))


def test_it_writes_a_folder_of_its_own_beside_those_of_the_cards(stacked):
    out, answer, _, _ = stacked
    assert {file.name for file in (out / "stack").iterdir()} == {"stack.png", "summary.json"}
    assert {"backtest.json", "summary.json", "forecast.nc"} <= {f.name for f in (out / "steep").iterdir()}
    assert max(map(len, answer.out.splitlines())) <= 80
    text = " ".join(answer.out.split())
    every = json.loads((out / "steep" / "backtest.json").read_text(encoding="utf-8"))["rows"]
    rows = [row for row in every if row["of"] == "seen"]
    assert len(rows) > 15
    assert "Past dates cannot tell apart: unbounded-measure, twin." in text
    assert (
        f"Groups are weighted by held-out log score: {len(rows)} targets of {len({row['origin'] for row in rows})} origins"
        in text
    )


@pytest.mark.parametrize("width", [60, 80, 120])
def test_its_report_fits(stacked, width):
    *_, document, _ = stacked
    console = Console(width=width, markup=False)
    with console.capture() as captured:
        console.print(stack_report(document, []))
    shown = captured.get()
    assert max(map(len, shown.splitlines())) <= width
    weights = {card["card"]: f"{100 * card['weight']:.0f} %" for card in document["weights"]["cards"]}
    for card in ("twin", "steep"):
        assert any(card in line and weights[card] in line for line in shown.splitlines())
    assert "contributes" in shown


def test_a_second_stack_fits_nothing_anew_and_has_the_weights_that_were_set(stacked):
    *_, document, (before, after) = stacked
    assert before == after
    cards = {card["card"]: card for card in document["weights"]["cards"]}
    assert cards["twin"]["weight"] == pytest.approx(3 * cards["unbounded-measure"]["weight"])
    assert cards["steep"]["weight"] < 0.15 < cards["unbounded-measure"]["weight"] + 0.1
    assert sum(card["weight"] for card in cards.values()) == pytest.approx(1)
    assert [group["weighted_by"] for group in document["weights"]["groups"]] == ["held-out score"] * 2


def test_the_document_is_a_summary_with_contributions(stacked):
    out, _, document, _ = stacked
    own = {card: json.loads((out / card / "summary.json").read_text()) for card in document["runs"]}
    assert document["schema"] == "meekcast.stack/2"
    for i, event in enumerate(document["events"]):
        by = {part["card"]: part for part in event["cards"]}
        for year, p in event["probability_by"].items():
            parts = [by[card]["weight"] * own[card]["events"][i]["probability_by"][year]["value"] for card in own]
            assert p["value"] == pytest.approx(sum(parts))
            assert 0 < p["error"] < 0.05
        assert len(by["twin"]["contribution"]) == len(document["time"])
    for name, band in document["bands"].items():
        middle = values(band, "0.5")
        low = np.min([values(d["bands"][name], "0.25") for d in own.values()], axis=0)
        high = np.max([values(d["bands"][name], "0.75") for d in own.values()], axis=0)
        known = ~np.isnan(middle)
        assert (low[known] <= middle[known] + 1e-6 * abs(middle[known])).all(), (
            name
        )  # draws are kept in single precision
        assert (middle[known] <= high[known] + 1e-6 * abs(middle[known])).all(), name


def values(band, probability):
    return np.array([np.nan if v is None else float(v) for v in band["quantiles"][probability]])


def test_cards_without_evidence_are_averaged_by_prior_weights(run_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = ("--out", tmp_path)
    answer = run_cli("forecast", "capped-spending", "data-wall", "--stack", "--weight", "data-wall=3", *QUICK, *out)
    assert answer.code == 0, answer.err
    assert "all weights are prior weights" in " ".join(answer.out.split())
    document = json.loads((tmp_path / "stack" / "summary.json").read_text())
    assert [card["weight"] for card in document["weights"]["cards"]] == [0.25, 0.75]
    assert document["clock"] == "elapsed"
    assert not (tmp_path / "data-wall" / "backtest.json").exists()


@pytest.mark.long
def test_a_stack_has_the_same_bytes_by_one_process_or_two(run_cli, tmp_path, monkeypatch):
    made = []
    for cores in ("1", "2"):
        folder = tmp_path / cores
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("MEEKCAST_CORES", cores)
        answer = run_cli("forecast", "capped-spending", "data-wall", "--stack", *QUICK)
        assert answer.code == 0, answer.err
        made.append({file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()})
    assert len(made[0]) > 10
    assert made[0] == made[1]


@pytest.mark.long
def test_a_stack_takes_what_ships_and_says_if_it_is_of_an_earlier_version(
    run_cli, found, prior_fit, quick, tmp_path, monkeypatch
):
    """Nothing is backtested; the runs are made by two calls of the sampler."""
    twin, fit = variant(tmp_path, "twin"), prior_fit()
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("meekcast.forecasts.forecast.infer", fit)
    monkeypatch.setattr(run, "SETTINGS", quick)
    for shelf_of in ("SHELF", "HELD_OUT_SHELF"):
        monkeypatch.setattr(shelf, shelf_of, tmp_path / shelf_of)
    (made_by,) = found["provenance"]
    for name, source in (("unbounded-measure", made_by["source"]), ("twin", "of old")):
        hashes = gather(str(twin) if name == "twin" else name).hashes
        ship_backtest({**found, "provenance": [{**made_by, "card": name, "hashes": hashes, "source": source}]})
    answer = run_cli("forecast", "unbounded-measure", twin, "--stack", *QUICK, "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert len(fit.asked) == 2
    assert "Weighted by backtests of an earlier version of meekcast: twin." in " ".join(answer.out.split())
    document = json.loads((tmp_path / "out" / "stack" / "summary.json").read_text())
    assert document["weights"]["of_earlier_version"] == ["twin"]
    assert document["weights"]["targets"] == len(found["rows"]) / 2  # those that were seen


def test_a_backtest_of_other_code_is_not_taken(inputs):
    found = {"schema": shelf.BACKTEST, "provenance": [{"hashes": inputs.hashes, "source": "old", "versions": {}}]}
    file = shelf.store_backtest({**found, "settings": {"seed": 0}})
    assert file.is_file()
    assert find_backtest(inputs, {"seed": 0}) is None
    found["provenance"][0] |= {"source": shelf.source(), "versions": shelf.cache.versions()}
    shelf.store_backtest({**found, "settings": {"seed": 0}})
    assert find_backtest(inputs, {"seed": 0})["provenance"] == found["provenance"]
    assert find_backtest(inputs, {"seed": 1}) is None


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["leaderboard", "--stack"], ["'leaderboard' alone is no average", "two cards"]),
        (["paper", "paper", "--stack"], ["would both be written to", "Give each card and each prior set once"]),
        (["paper", "leaderboard", "--stack"], ["different clocks: elapsed and calendar"]),
        (["paper", "adversarial-play", "--stack"], ["different horizons: 30 and 40", "--until"]),
        (["unbounded-measure", "parameter-proxy", "--stack"], ["have no event in common"]),
        (["paper", "data-wall", "--stack", "--weight", "paper"], ["--weight 'paper': there is no '='"]),
        (["paper", "data-wall", "--stack", "--weight", "papr=1"], ["'papr' is not in the stack", "'paper'"]),
        (["paper", "data-wall", "--stack", "--weight", "paper=0"], ["'0' is not a positive number"]),
        (["paper", "data-wall", "--stack", "--weight", "paper=inf"], ["'inf' is not a positive number"]),
        (["paper", "--weight", "paper=1"], ["--weight is about the cards of a stack", "--stack"]),
    ],
)
def test_it_refuses_in_one_message_before_anything_is_written(run_cli, tmp_path, arguments, pieces):
    answer = run_cli("forecast", *arguments, "--out", tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert all(piece in " ".join(answer.err.split()) for piece in pieces), answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_weight_is_given_once():
    with pytest.raises(InputError, match="weighted twice"):
        read_weights(("a=1", "a=2"), ["a", "b"])
