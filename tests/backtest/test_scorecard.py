"""The scorecard that a forecast looks up: found for the same question only, and honest about its age."""

import dataclasses
import json

import pytest

from meekcast import cache
from meekcast.backtests import shelf
from meekcast.backtests.obtain import known_scores, settings_of, ship_backtest
from meekcast.backtests.scorecard import scorecard
from meekcast.backtests.shelf import HELD_OUT_SHELF, SHELF, find_scorecard, ship, store, store_backtest
from meekcast.cards.library import variants
from meekcast.errors import OutputError
from meekcast.inputs import Override, gather
from meekcast.report.backtest import scorecard_report, words


@pytest.fixture
def inputs():
    return gather("unbounded-measure")


@pytest.fixture
def own(found, tmp_path, monkeypatch):
    """A scorecard, with a cache and a shelf of this test's own."""
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shelf, "SHELF", tmp_path / "shelf")
    return scorecard(found)


def test_it_condenses_the_backtest(own, found):
    assert own["pooled"]["n"] == own["true"]["n"] == len(found["rows"]) / 2
    assert own["pooled"]["skill"] == found["cards"][0]["skill"]
    for by_horizon in (own["by_horizon"], own["pool"]["by_horizon"], own["pool"]["weights"]):
        assert [b["horizon"] for b in by_horizon] == [0.0833, 0.25, 0.5, 1.0, 1.5]
    assert own["pool"]["pooled"]["skill"] == found["cards"][0]["pool"]["skill"]
    for learnt in own["pool"]["weights"]:
        assert sum(learnt["weights"].values()) == pytest.approx(1, abs=1e-5)
    assert [b["benchmark"] for b in own["by_benchmark"]] == ["eci"]
    assert own["earlier"]["n"] + own["later"]["n"] == own["pooled"]["n"]
    assert own["fits"] == {
        "n": own["pooled"]["origins"], "divergences": 0, "origins_with_divergences": 0, "r_hat_max": 1.001, "ess_bulk_min": 900.0, "not_ok": 0
    }  # fmt: skip
    assert len(json.dumps(own)) < 20_000


def test_it_is_found_again_in_the_cache(own, inputs):
    assert find_scorecard(inputs) is None
    assert store(own).is_file()
    found = find_scorecard(inputs)
    assert found["earlier_version"] is False
    assert found["pooled"] == json.loads(json.dumps(own["pooled"]))


def test_it_is_found_among_those_shipped(own, inputs):
    ship(own)
    assert find_scorecard(inputs)["earlier_version"] is False
    store({**own, "seen": "by the user"})
    assert find_scorecard(inputs)["seen"] == "by the user"


def test_another_question_has_another_scorecard_or_none(own):
    store(own)
    ship(own)
    assert find_scorecard(gather("unbounded-measure", "wide")) is None
    assert find_scorecard(gather("unbounded-measure", overrides=[Override.read("g_price=2")])) is None
    assert find_scorecard(gather("leaderboard")) is None


@pytest.mark.parametrize("change", [{"source": "0" * 64}, {"versions": {"meekcast": "0.0.1"}}])
def test_one_of_an_earlier_version_says_so_and_gives_way_to_a_new_one(own, inputs, change):
    store({**own, **change})
    old = find_scorecard(inputs)
    assert old["earlier_version"]
    assert "earlier version of meekcast" in str(scorecard_report(old, "meekcast backtest my-card"))
    ship(own)
    assert find_scorecard(inputs)["earlier_version"] is False


def test_a_release_of_the_same_code_and_libraries_leaves_it_fresh(own, inputs):
    ship({**own, "versions": {**own["versions"], "meekcast": "99.0"}})
    assert find_scorecard(inputs)["earlier_version"] is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "something else"}'])
def test_a_damaged_one_is_as_good_as_none(own, inputs, text):
    store(own).write_text(text, encoding="utf-8")
    assert find_scorecard(inputs) is None
    command = "meekcast backtest my-card --set R=2"
    assert command in str(scorecard_report(None, command))


def test_a_cache_that_cannot_be_written_costs_no_backtest(own, tmp_path, monkeypatch):
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "a-file"))
    monkeypatch.setattr(shelf, "SHELF", tmp_path / "a-file")
    assert store(own) is None
    with pytest.raises(OutputError):
        ship(own)


def test_code_that_decides_a_backtest_is_part_of_its_source():
    everything = {cache.source_hash((*cache.SOURCES, *more)) for more in ((), ("forecasts",), ("backtests",))}
    assert len(everything) == 3


def test_in_words(own):
    text = " ".join(words(own))
    share, n = own["pooled"]["coverage90"], own["pooled"]["n"]
    assert n > 15
    assert f"Of {n} gaps seen, {round(n * share)} ({100 * share:.0f} %) lay in the 90 % interval" in text
    assert f"{own['pooled']['origins']} origins whose horizons overlap" in text
    assert "pool of card and damped persistence (the gap goes back to its mean), weights learnt from earlier" in text
    assert f"Choosing (origins up to 2025-06-30; {own['earlier']['n']} targets)" in text
    assert f"Proof (later origins, on which nothing was chosen; {own['later']['n']} targets)" in text
    assert "constant growth" in text
    assert "point curve" not in text  # it has none for an index


def test_in_words_card_and_pool_are_scored_over_both_persistences_while_choosing_and_as_proof(own):
    made_up = {"earlier": ((0.11, -0.02), (0.13, 0.04)), "later": ((-0.05, -0.06), (0.0, 0.07))}
    for period, skills in made_up.items():
        for block, (still, damped) in zip((own[period], own["pool"][period]), skills, strict=True):
            block["skill"] |= {"persistence": still, "damped_persistence": damped}
    choosing, proof = words(own)[1:3]
    told = "the card's error was {} than persistence's and {} than damped persistence's; the pool's {} than"
    assert told.format("11 % lower", "2 % higher", "13 % lower") in choosing
    assert choosing.endswith("and 4 % lower than damped persistence's.")
    assert told.format("5 % higher", "6 % higher", "0 % lower") in proof
    assert proof.endswith("and 7 % lower than damped persistence's.")


def test_every_shipped_scorecard_is_about_the_shipped_card():
    for file in SHELF.glob("*.json"):
        held = json.loads(file.read_text(encoding="utf-8"))
        assert held["hashes"] == gather(file.stem).hashes, f"{file.name}: run meekcast backtest {file.stem} --ship"


# What weighs a card in a stack


@pytest.fixture
def shipped(found, own, tmp_path, monkeypatch):
    """The backtest as if it had been made with a forecast's settings, and a shelf of this test's own for it."""
    monkeypatch.setattr(shelf, "HELD_OUT_SHELF", tmp_path / "held")
    return {**found, "settings": dataclasses.asdict(settings_of(0))}


def test_what_weighs_a_card_is_found_among_what_ships(shipped, inputs):
    assert known_scores(inputs, 0) is None
    ship_backtest(shipped)
    seen = [row for row in shipped["rows"] if row["of"] == "seen"]
    assert find_scorecard(inputs)["pooled"]["n"] == len(seen) < len(shipped["rows"])
    held = known_scores(inputs, 0)
    assert [row["log_score"] for row in held["rows"]] == [row["log_score"] for row in seen]
    assert held["earlier_version"] is False


@pytest.mark.parametrize("change", [{"source": "0" * 64}, {"versions": {"meekcast": "0.0.1"}}])
def test_what_weighs_a_card_says_if_it_is_of_an_earlier_version_and_gives_way_to_a_new_backtest(
    shipped, inputs, change
):
    made_by = shipped["provenance"][0]
    ship_backtest({**shipped, "provenance": [{**made_by, **change}]})
    assert known_scores(inputs, 0)["earlier_version"]
    store_backtest(shipped)
    assert not known_scores(inputs, 0).get("earlier_version")


def test_what_weighs_another_question_or_was_sampled_otherwise_is_not_taken(shipped):
    ship_backtest(shipped)
    assert known_scores(gather("unbounded-measure"), 0)
    assert known_scores(gather("unbounded-measure"), 1) is None
    assert known_scores(gather("unbounded-measure", "wide"), 0) is None
    assert known_scores(gather("leaderboard"), 0) is None
    (file,) = shelf.HELD_OUT_SHELF.iterdir()
    file.write_text("{", encoding="utf-8")
    assert known_scores(gather("unbounded-measure"), 0) is None


def test_all_that_weighs_cards_and_ships_is_about_the_shipped_cards_and_small():
    for file in HELD_OUT_SHELF.glob("*.json"):
        held = json.loads(file.read_text(encoding="utf-8"))
        assert held["hashes"] == gather(file.stem).hashes, f"{file.name}: run meekcast backtest {file.stem} --ship"
        assert held["settings"] == dataclasses.asdict(settings_of(0))
        assert file.stat().st_size < 500_000


def test_the_default_stack_is_weighed_by_what_ships():
    assert {file.stem for file in HELD_OUT_SHELF.glob("*.json")} >= {*variants("leaderboard")}
