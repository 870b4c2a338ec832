"""The stored backtests of variants: still about today's card, and what the notebook reads of them."""

import importlib.util
import json
from pathlib import Path

import pytest

from meekcast.inputs import gather

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "calibration.py"


def loaded():
    spec = importlib.util.spec_from_file_location("calibration", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


calibration = loaded()


def stored(name):
    return json.loads((calibration.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_each_variant_is_stored_and_nothing_else():
    assert {file.stem for file in calibration.FOLDER.iterdir()} == set(calibration.VARIANTS)


@pytest.mark.parametrize("name", calibration.VARIANTS)
def test_a_stored_backtest_is_about_the_card_and_the_evidence_of_today(name):
    found, variant = stored(name), calibration.VARIANTS[name]
    assert (found["variant"], found["says"]) == (name, variant.says)
    hashes = variant.change(gather(calibration.CARD)).hashes
    assert found["provenance"][0]["hashes"] == hashes, "stale: run `make calibration`"


def test_variants_differ_in_what_they_read():
    hashes = [json.dumps(stored(name)["provenance"][0]["hashes"]) for name in calibration.VARIANTS]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("name", calibration.VARIANTS)
def test_a_stored_backtest_is_small_and_written_as_the_script_writes(name):
    file = calibration.FOLDER / f"{name}.json"
    assert file.stat().st_size < 200_000
    assert calibration.text(calibration.compact(stored(name))) == file.read_text(encoding="utf-8")


def test_the_baseline_without_discrepancy_is_the_variant():
    """Fits and targets are the same ones, so are the scores."""
    baseline = [row["baselines"]["constant_growth"]["crps"] for row in stored("leaderboard")["rows"]]
    assert [row["crps"] for row in stored("no-discrepancy")["rows"]] == baseline


def test_the_record_rule_changes_no_target_and_prices_change_some():
    def targets(name):
        return {(r["origin"], r["target_date"], r["benchmark"]): r["observed"] for r in stored(name)["rows"]}

    usual, priced = targets("leaderboard"), targets(f"prices-within-{calibration.PRICES_WITHIN}-days")
    assert targets("quarter-ends") == targets("no-discrepancy") == usual
    assert priced.keys() <= usual.keys()
    assert all(priced[key] >= usual[key] for key in priced)  # a band of fewer models is no better
    assert priced != usual
    assert {key for key in priced if key[2] == "mmlu_pro"} == {key for key in usual if key[2] == "mmlu_pro"}


def test_an_unknown_variant_is_refused():
    with pytest.raises(SystemExit, match="unknown: leaderbord; variants: leaderboard"):
        calibration.main(["leaderbord"])
