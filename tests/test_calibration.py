"""The stored backtests of variants: still about today's card, and what the notebook reads of them."""

import datetime as dt
import importlib.util
import json
from pathlib import Path

import pytest

from meekcast.backtests.targets import targets
from meekcast.clock import decimal_year
from meekcast.inputs import gather
from meekcast.model.leaderboard import standing_records
from meekcast.observations import observations

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


FROZEN = "frozen-2026-04"


def test_each_variant_is_stored_and_nothing_else_but_what_was_frozen():
    assert {file.stem for file in calibration.FOLDER.iterdir()} == {*calibration.VARIANTS, FROZEN}


def test_what_was_frozen_is_of_evidence_before_the_dates_that_it_is_held_against():
    frozen = stored(FROZEN)
    assert set(frozen["gaps"]) == {"mmlu_pro", "gpqa", "eci", "arena"}
    for gap in frozen["gaps"].values():
        for dates in (gap["seen"], gap["true"]):
            assert min(dates) > max(frozen["evidence"].values())
            assert all(list(q.values()) == sorted(q.values()) for q in dates.values())


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
    assert file.stat().st_size < 2_000_000
    assert calibration.by_entries(stored(name)) == file.read_text(encoding="utf-8")


def test_the_baseline_without_discrepancy_is_the_variant():
    """Fits and seen targets are the same ones, so are the scores (true gaps are seen through other noise)."""
    rows = {name: [r for r in stored(name)["rows"] if r["of"] == "seen"] for name in ("leaderboard", "no-discrepancy")}
    baseline = [row["baselines"]["constant_growth"]["crps"] for row in rows["leaderboard"]]
    assert [row["crps"] for row in rows["no-discrepancy"]] == baseline


def test_the_record_rule_changes_no_target_and_prices_change_some():
    def targets(name):
        return {(r["origin"], r["target_date"], r["benchmark"], r["of"]): r["observed"] for r in stored(name)["rows"]}

    usual, priced = targets("leaderboard"), targets(f"prices-within-{calibration.PRICES_WITHIN}-days")
    assert targets("no-discrepancy") == usual
    assert targets("quarter-ends").items() >= usual.items()  # counted at quarter ends, there are enough records earlier
    assert priced.keys() <= usual.keys()
    assert all(priced[key] >= usual[key] for key in priced)  # a band of fewer models is no better
    assert priced != usual


def test_an_unknown_variant_is_refused():
    with pytest.raises(SystemExit, match="unknown: leaderbord; variants: leaderboard"):
        calibration.main(["leaderbord"])


# Other ways to read the evidence


def test_by_quarter_ends_what_ends_after_the_date_of_the_inputs_does_not_count():
    inputs = calibration.reread(gather("unbounded-measure"), rule="quarter_ends")
    then = inputs.at(dt.date(2024, 9, 30))
    ((_, rows),), ((benchmark, known),) = inputs.data, then.data
    assert max(o.year for o in known) == decimal_year(dt.date(2024, 9, 30))
    assert len(known) < len(rows)
    (table,) = then.known_tables
    assert known == observations(table, ["price_band"], benchmark.since, benchmark.rule)


def test_prices_within_days_hold_for_likelihood_standing_records_and_targets():
    inputs = gather("unbounded-measure")
    strict = calibration.reread(inputs, prices_within=90)
    (board,) = inputs.boards
    rows = {row.model: row for row in board.table.at()}

    def late(record):
        return (board.prices.of(record.model)[0][0] - rows[record.model].date).days > 90

    usual, kept = (found.tables[0].records_of("price_band") for found in (inputs, strict))
    left_out = {record.model for record in usual if late(record)}
    assert left_out
    assert not any(late(record) for record in kept)
    band = (0.0, 1.0)
    assert not left_out & {o.label for _, seen in strict.data for o in seen if o.weights == band}
    assert strict.tables[0].records_of("frontier") == inputs.tables[0].records_of("frontier")
    assert len(standing_records(strict.tables[0], "price_band")[0]) < len(
        standing_records(inputs.tables[0], "price_band")[0]
    )
    seen = {(t.of, t.origin, t.horizon): t.observed for t in targets(inputs)[0]}
    at_once = calibration.reread(inputs, prices_within=0)  # by the quarters of the targets nobody is seen so late as 90
    strictly = {(t.of, t.origin, t.horizon): t.observed for t in targets(at_once)[0]}
    assert all(strictly[key] >= gap for key, gap in seen.items() if key in strictly)
    assert strictly != seen
    assert strict.hashes["evidence"] != inputs.hashes["evidence"]
    assert calibration.reread(strict, prices_within=None).hashes == inputs.hashes


def test_a_card_says_how_its_evidence_is_read(edited):
    card = edited(
        "models",
        "unbounded-measure",
        ('evidence = "eci"', 'evidence = "eci"\nrule = "quarter_ends"\nprices_within = 90'),
    )
    inputs, same = gather(card), calibration.reread(gather("unbounded-measure"), rule="quarter_ends", prices_within=90)
    assert inputs.data == same.data
    assert inputs.tables == same.tables
