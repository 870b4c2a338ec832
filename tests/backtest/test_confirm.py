"""`make confirm`: what ships holds for changed code only where forecasts and simulations made again are the same."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from meekcast.backtests import shelf
from meekcast.calibrations import shelf as calibrations

CARD = "mmlu-pro-alone"


@pytest.fixture
def confirm(monkeypatch, tmp_path):
    """The script, with shelves of this test's own: copies of what ships, of one card."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    for name in ("SHELF", "HELD_OUT_SHELF"):
        (tmp_path / name).mkdir()
        shutil.copy(getattr(shelf, name) / f"{CARD}.json", tmp_path / name)
        monkeypatch.setattr(shelf, name, tmp_path / name)
    (tmp_path / "calibrations").mkdir()
    shutil.copy(calibrations.SHELF / f"{CARD}.json", tmp_path / "calibrations")
    monkeypatch.setattr(calibrations, "SHELF", tmp_path / "calibrations")
    import confirm

    yield confirm
    sys.modules.pop("confirm", None)


def changed(file, change):
    document = json.loads(file.read_bytes())
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.slow
def test_the_same_forecasts_make_a_scorecard_this_version_s_and_another_digit_does_not(confirm, tmp_path):
    held, card = (tmp_path / name / f"{CARD}.json" for name in ("HELD_OUT_SHELF", "SHELF"))
    for file in (held, card):
        changed(file, lambda document: document.update(source="of an earlier version"))
    assert confirm.scorecard(CARD)
    now = json.loads(card.read_bytes())
    assert now["source"] == json.loads(held.read_bytes())["source"] == shelf.source()
    assert len(now["confirmed"]) == 3

    changed(held, lambda document: document.update(source="of an earlier version"))
    changed(held, lambda document: document["rows"][0]["quantiles"].update({"0.5": 1.23456}))
    before = held.read_bytes()
    assert not confirm.scorecard(CARD)
    assert held.read_bytes() == before


@pytest.mark.slow
def test_the_same_simulations_make_a_calibration_this_version_s_and_another_rank_does_not(confirm, tmp_path):
    file = tmp_path / "calibrations" / f"{CARD}.json"
    changed(file, lambda document: document.update(source="of an earlier version"))
    assert confirm.calibrated(CARD)
    now = json.loads(file.read_bytes())
    assert now["source"] == calibrations.source()
    assert now["confirmed"] == [0, now["simulations"] // 2, now["simulations"] - 1]

    changed(file, lambda document: document["sample"][1]["ranks"].update(R=document["sample"][1]["ranks"]["R"] ^ 1))
    before = file.read_bytes()
    assert not confirm.calibrated(CARD)
    assert file.read_bytes() == before


def test_those_of_another_question_confirm_nothing(confirm, tmp_path, capsys):
    for folder in ("HELD_OUT_SHELF", "calibrations"):
        changed(tmp_path / folder / f"{CARD}.json", lambda document: document["hashes"].update(card="another"))
    assert confirm.main([CARD]) == 1
    told = capsys.readouterr().err
    assert all(f"DIFFERS: meekcast {command} {CARD} --ship" in told for command in ("backtest", "calibrate"))


def test_a_card_of_which_nothing_ships_is_refused(confirm):
    with pytest.raises(SystemExit, match="cards of which something ships: mmlu-pro-alone"):
        confirm.main(["paper"])
