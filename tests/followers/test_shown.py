"""What a reader sees of several followers: the table of lags, the picture, the summary."""

import json

import numpy as np
import pytest
from matplotlib.colors import to_hex
from rich.console import Console, Group

from meekcast.clock import decimal_year
from meekcast.files import to_json
from meekcast.forecasts.forecast import forecast
from meekcast.inference import posterior
from meekcast.inference.sampler import Settings
from meekcast.plots.followers import COLOURS, followers_figure
from meekcast.plots.forecast import drawable_gaps, gap_figure
from meekcast.plots.run import draw_run
from meekcast.report.lags import lag_rows, lags_report
from meekcast.runs.summary import summary
from meekcast.runs.write import write_run

CALLED = {"cheap": "the cheap actor", "open": "open weights", "small": "the small actor"}
OPEN = 'title = "open weights"\nrule = "open_weights"\ngrowth = "spending"'


@pytest.fixture
def result(followed, both, today, monkeypatch, prior_fit):
    """A forecast of three followers on two boards, the second of which is read of two of them."""
    monkeypatch.setattr(posterior, "_sampled", prior_fit())
    boards = both.replace('evidence = "duel"', 'evidence = "duel"\nfollowers = ["cheap", "small"]')
    inputs = followed("cheap", "open", "small", benchmarks=boards, open=OPEN)
    return forecast(inputs, Settings(draws=50), today=today)


@pytest.fixture
def document(result):
    return json.loads(to_json(summary(result)))


def test_the_table_of_lags_says_how_many_months_each_follower_trails(result, document, today):
    rows = lag_rows(document)
    assert [row["follower"] for row in rows[::4]] == list(CALLED.values())
    assert [row["date"] for row in rows[:4]] == ["now", "end of 2027", "end of 2030", "end of 2035"]
    dates = [decimal_year(today), 2028.0, 2031.0, 2036.0]
    for i, prefix in enumerate(("", "open_", "small_")):
        band = result.bands[f"{prefix}lag_behind"]
        for j, date in enumerate(dates):
            for quantile in ("0.05", "0.5", "0.95"):
                at = float(band.sel(quantile=float(quantile)).interp(time=date))
                assert rows[4 * i + j][quantile] == pytest.approx(12 * at, rel=1e-6)
    console = Console(width=100)
    with console.capture() as captured:
        console.print(Group(*lags_report(document)))
    shown = captured.get()
    for called, row in zip(CALLED.values(), rows[::4], strict=True):
        (line,) = [line for line in shown.splitlines() if called in line]
        assert f"{row['0.5']:.0f} [{row['0.05']:.0f}, {row['0.95']:.0f}]" in line


def test_a_lag_that_never_ends_is_told_as_such(document):
    document["bands"]["lag_behind"]["quantiles"]["0.95"] = ["inf"] * len(document["bands"]["lag_behind"]["time"])
    assert [row["0.95"] for row in lag_rows(document)[:4]] == [np.inf] * 4


def test_years_beyond_the_horizon_and_before_today_are_not_told(document):
    assert [row["date"] for row in lag_rows({**document, "horizon": 2030})[:3]] == ["now", "end of 2027", "end of 2030"]
    assert [row["date"] for row in lag_rows({**document, "today": "2028-01-01"})[:3]] == [
        "now", "end of 2030", "end of 2035",
    ]  # fmt: skip


def test_point_values_and_cards_without_a_calendar_have_no_table_of_lags(paper, paper_literature):
    assert lags_report(summary(paper)) == lags_report(summary(paper_literature)) == []


def test_the_summary_names_the_followers_and_their_rules(document):
    assert [(f["name"], f["title"], f["prefix"]) for f in document["followers"]] == [
        ("cheap", CALLED["cheap"], ""), ("open", CALLED["open"], "open_"), ("small", CALLED["small"], "small_"),
    ]  # fmt: skip
    assert document["followers"][0]["rule"] == "price <= 1 USD per million tokens"
    assert {"open_lag", "small_mmlu_pro_gap_observed"} <= document["bands"].keys()
    assert {"open_R", "open_g_spending"} <= document["parameters"].keys()


def test_the_picture_has_the_lags_of_all_and_a_panel_a_board(result):
    figure = followers_figure(result)
    lags, quiz, duel = figure.axes
    assert [line.get_label() for line in lags.get_lines()[:3]] == [
        f"{called}: median, 50 % band" for called in CALLED.values()
    ]
    assert (lags.get_ylabel(), quiz.get_ylabel(), duel.get_ylabel()) == ("Months behind", "points", "elo")
    for line, prefix, colour in zip(lags.get_lines(), ("", "open_", "small_"), COLOURS, strict=False):
        band = result.bands[f"{prefix}lag_behind"]
        np.testing.assert_array_equal(line.get_ydata(), 12 * band.sel(quantile=0.5))
        assert to_hex(line.get_color()).upper() == colour
    for ax, board in ((quiz, "mmlu_pro"), (duel, "duel")):
        for line, prefix in zip(ax.get_lines(), ("", "open_", "small_"), strict=False):
            np.testing.assert_array_equal(line.get_ydata(), result.bands[f"{prefix}{board}_gap"].sel(quantile=0.5))
    steps = [[line for line in ax.get_lines() if line.get_drawstyle() == "steps-post"] for ax in (quiz, duel)]
    assert [len(found) for found in steps] == [3, 2]  # what was seen, of those that are read
    assert steps[0][0].get_ydata()[-1] == result.inputs.tables[0].records_of("frontier")[-1].score - 70.0


def test_the_gaps_to_any_follower_can_be_drawn(result):
    names = drawable_gaps(result)
    assert names == [
        f"{prefix}{board}_gap" for prefix in ("", "open_", "small_") for board in ("mmlu_pro", "duel")
    ]  # fmt: skip
    (ax,) = gap_figure(result, ["small_mmlu_pro_gap"]).axes
    middle = result.bands["small_mmlu_pro_gap"].sel(quantile=0.5)
    assert any(np.array_equal(line.get_ydata(), middle) for line in ax.get_lines())


def test_only_a_card_with_several_followers_has_that_picture(result, followed, today, tmp_path):
    _, files = write_run(result, tmp_path / "three", "run", draw=draw_run)
    assert "followers.png" in {file.name for file in files}
    alone = forecast(followed("cheap", name="alone"), Settings(draws=50), today=today)
    _, files = write_run(alone, tmp_path / "one", "run", draw=draw_run)
    assert "followers.png" not in {file.name for file in files}


def test_the_terminal_shows_the_lags_and_every_follower(run_cli, card, today, monkeypatch, prior_fit, tmp_path):
    monkeypatch.setattr(posterior, "_sampled", prior_fit())
    monkeypatch.setenv("COLUMNS", "80")
    file = card("cheap", "open", open=OPEN)
    answer = run_cli("forecast", file, "--draws", 50, "--tune", 50, "--today", today, "--out", tmp_path)
    assert answer.code == 0, answer.err
    assert "how long ago the frontier stood at the present level" in " ".join(answer.out.split())
    assert "open weights" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "followers.png" in answer.out
