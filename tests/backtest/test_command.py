"""``meekcast backtest``: files, table, pictures, and what it says when stopped or asked amiss."""

import json

import numpy as np
import pytest
from rich.console import Console
from scipy import stats

from meekcast.backtests.run import METHODS
from meekcast.backtests.scorecard import scorecard
from meekcast.backtests.shelf import find_scorecard
from meekcast.inference import posterior
from meekcast.inputs import gather
from meekcast.plots.backtest import (
    calibration_figure,
    errors_figure,
    intervals_figure,
    pit_histogram,
    relative_errors,
)
from meekcast.report.backtest import backtest_report

N = 14 + 12 + 9 + 3
"""Seen targets of the made-up board 1, 3, 6 and 12 months ahead; 18 months would be too late."""
FILES = {"backtest.json", "backtest.png", "calibration.png", "errors.png"}


@pytest.fixture
def fitted(monkeypatch, tmp_path, prior_fit):
    """From here on nothing is sampled, and the cache is this test's own."""
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    fit = prior_fit()
    monkeypatch.setattr(posterior, "sampled", fit)
    return fit


@pytest.fixture
def instant(fitted, monkeypatch):
    """Neither is anything read from the cache or written to it."""
    monkeypatch.setattr(posterior, "infer", fitted)


@pytest.fixture
def card(tmp_path, make):
    make()
    return tmp_path / "made-up.toml"


@pytest.mark.long
def test_it_writes_its_files_and_prints_the_scorecard(run_cli, card, fitted, tmp_path):
    answer = run_cli("backtest", card, "--out", tmp_path / "out")
    folder = tmp_path / "out" / "unbounded-measure"
    assert answer.code == 0, answer.err
    assert {file.name for file in folder.iterdir()} == FILES
    held = json.loads((folder / "backtest.json").read_text(encoding="utf-8"))
    assert set(held["files"]) == FILES
    assert f"{100 * held['cards'][0]['skill']['persistence']:+.0f} %" in answer.out
    said = "not asked: eci at 2 origins from 2024-06-30 to 2024-07-31 (2 records of the price_band by then"
    assert said in " ".join(answer.out.split())
    assert max(map(len, answer.out.splitlines())) <= 80
    again = run_cli("backtest", card, "--out", tmp_path / "out")
    assert "28 of 28 fits were in the cache" in again.out
    assert len(fitted.asked) == 28


def test_json_is_the_document_and_nothing_else(run_cli, card, instant, tmp_path):
    answer = run_cli("backtest", card, "--json", "--out", tmp_path / "out")
    held = json.loads((tmp_path / "out" / "unbounded-measure" / "backtest.json").read_text(encoding="utf-8"))
    assert json.loads(answer.out) == held


def test_quiet_prints_nothing_and_leaves_a_scorecard_for_forecasts(run_cli, card, instant, tmp_path):
    assert find_scorecard(gather(str(card))) is None
    answer = run_cli("backtest", card, "--quiet", "--out", tmp_path / "out")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert find_scorecard(gather(str(card)))["pooled"]["n"] == N


def test_ctrl_c_says_what_is_kept_and_writes_nothing(run_cli, card, fitted, tmp_path):
    fitted.interrupt_after = 3
    answer = run_cli("backtest", card, "--out", tmp_path / "out")
    assert answer.code == 130
    assert "interrupted: 3 fits are kept in the cache" in answer.err
    assert [file for file in (tmp_path / "out").rglob("*") if file.is_file()] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["paper"], "reads no evidence"),
        (["leaderbord"], "Did you mean 'leaderboard'?"),
        (["leaderboard", "leaderboard"], "is named twice"),
        (["leaderboard", "--set", "g_price"], "cannot read 'g_price'"),
        (["leaderboard", "--evidence", "arena-of-mine"], "arena-of-mine"),
    ],
)
def test_mistakes_cost_nothing(run_cli, arguments, said, fitted, tmp_path):
    answer = run_cli("backtest", *arguments, "--out", tmp_path / "out")
    assert (answer.code, answer.out) == (2, "")
    assert said in " ".join(answer.err.split())
    assert "Traceback" not in answer.err
    assert fitted.asked == []
    assert not (tmp_path / "out").exists()


def test_a_table_with_one_series_is_refused(run_cli, card, fitted, tmp_path):
    table = tmp_path / "made-up-table.toml"
    lines = [line for line in table.read_text(encoding="utf-8").splitlines() if 'actor = "budget"' not in line]
    table.write_text("\n".join(lines), encoding="utf-8")
    answer = run_cli("backtest", card, "--out", tmp_path / "out")
    assert answer.code == 2
    assert "no record of the budget" in answer.err


def test_a_forecast_carries_its_scorecard(run_cli, card, fitted, tmp_path):
    arguments = ("forecast", card, "--draws", 50, "--out", tmp_path / "out", "--today", "2026-11-21")
    before = run_cli(*arguments)
    assert before.code == 0, before.err
    assert "no scorecard for this combination" in " ".join(before.out.split())
    run_cli("backtest", card, "--quiet", "--out", tmp_path / "out")
    after = run_cli(*arguments)
    assert "unchanged since the last run" not in after.out
    assert f"Of {N} gaps seen" in after.out
    assert max(map(len, after.out.splitlines())) <= 80
    held = json.loads((tmp_path / "out" / "unbounded-measure" / "summary.json").read_text(encoding="utf-8"))
    assert held["scorecard"]["pooled"]["n"] == N


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_scorecard_fits(found, width, tmp_path):
    console = Console(width=width, markup=False)
    with console.capture() as captured:
        console.print(backtest_report(found, [tmp_path / "backtest.json"]))
    shown = captured.get()
    assert max(map(len, shown.splitlines())) <= width
    (line,) = [line for line in shown.splitlines() if "all, pooled" in line]
    card = scorecard(found)
    for pooled in (card["pooled"], card["pool"]["pooled"]):
        assert f"{100 * pooled['skill']['persistence']:+.0f} %" in line
    if width > 60:
        assert f"{100 * card['pool']['pooled']['coverage90']:.0f} %" in line
    else:  # skills with wide intervals leave no room for it, which is said
        assert "pool in the 90 %" in " ".join(shown.split())
    if width == 120:
        assert f"{card['pooled']['crps']:.2f}" in line
        assert f"{100 * card['pooled']['coverage90']:.0f} %" in line
    for label in ("1 month ahead", "18 months ahead", "chosen: up to", "proof: later", "true gaps"):
        assert label in shown


# Pictures


def test_every_interval_and_every_gap_is_drawn(found):
    figure = intervals_figure(found)
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "3 months before",
        "6 months before",
        "12 months before",
    ]
    assert "Epoch Capabilities" in figure.axes[0].get_ylabel()
    for ax, horizon in zip(figure.axes, (0.25, 0.5, 1.0), strict=True):
        rows = [row for row in found["rows"] if (row["horizon"], row["of"]) == (horizon, "seen")]
        median, *limits, seen = (line.get_ydata() for line in ax.get_lines())
        np.testing.assert_allclose(median, [row["quantiles"]["0.5"] for row in rows])
        np.testing.assert_allclose(seen, [row["observed"] for row in rows])
        np.testing.assert_allclose(limits, [[row["pool"]["quantiles"][p] for row in rows] for p in ("0.05", "0.95")])
        wide = ax.collections[0].get_paths()[0].vertices[:, 1]
        assert {row["quantiles"][p] for row in rows for p in ("0.05", "0.95")} == set(wide)


def test_pits_are_counted_beside_what_chance_would_do(found):
    seen = [row for row in found["rows"] if row["of"] == "seen"]
    n = len(seen)
    counted = pit_histogram(seen)
    bins = len(counted.counts)
    assert counted.counts.sum() == n > 15
    assert (counted.low, counted.high) == tuple(stats.binom.ppf([0.05, 0.95], n, 1 / bins))
    left, right = calibration_figure(found).axes
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    assert legend == ["50 %, card", "50 %, pool", "90 %, card", "90 %, pool"]
    assert left.get_xlabel() == "Share of the forecast below it (PIT)"


def test_errors_stand_beside_persistence(found):
    rows = relative_errors(found)
    assert [row.label.split(" (")[0] for row in rows][1] == "Epoch Capabilities Index, 1 month"
    (first,) = [b for b in found["cards"] if (b["benchmark"], b["horizon"]) == ("eci", "all")]
    assert rows[0].values["card"] == pytest.approx(first["crps"] / first["baselines"]["persistence"]["crps"], rel=1e-4)
    assert rows[0].values["paper"] is None
    assert set(rows[0].values) == {"card", "pool", *METHODS} - {"persistence"}
    low, high = rows[0].interval
    assert low < rows[0].values["card"] < high
    figure = errors_figure(found)
    assert "point curve" not in " ".join(text.get_text() for text in figure.legends[0].get_texts())
