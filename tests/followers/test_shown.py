"""What a reader sees of several followers: the table of lags, the picture, the summary."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest
from matplotlib.colors import to_hex
from rich.console import Console, Group

from meekcast.clock import decimal_year
from meekcast.door.page import draw_run
from meekcast.door.result import Forecast
from meekcast.door.source import Fresh
from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.forecasts.forecast import forecast
from meekcast.forecasts.lags import told_dates
from meekcast.inference import posterior
from meekcast.inference.sampler import Settings
from meekcast.model.leaderboard import standing_gaps
from meekcast.plots.followers import COLOURS, followers_figure
from meekcast.plots.forecast import gap_figure, gap_quantities
from meekcast.report.lags import lags_report
from meekcast.runs.summary import summary
from meekcast.runs.write import write_run

CALLED = {"cheap": "the cheap actor", "open": "open weights", "small": "the small actor"}
OPEN = 'title = "open weights"\nrule = "open_weights"\ngrowth = "spending"'


@pytest.fixture
def result(followed, both, today, monkeypatch, prior_fit):
    """A forecast of three followers on two boards, the second of which is read of two of them."""
    monkeypatch.setattr(posterior, "sampled", prior_fit())
    boards = both.replace('evidence = "duel"', 'evidence = "duel"\nfollowers = ["cheap", "small"]')
    inputs = followed("cheap", "open", "small", benchmarks=boards, open=OPEN)
    return forecast(inputs, Settings(draws=50), today=today)


@pytest.fixture
def document(result):
    return json.loads(to_json(summary(result)))


def test_the_table_of_lags_says_how_many_months_each_follower_trails(result, document, today):
    entries = document["lags"]
    assert [entry["title"] for entry in entries] == list(CALLED.values())
    dates = {"now": decimal_year(today), "end of 2027": 2028.0, "end of 2030": 2031.0}
    for entry, prefix in zip(entries, ("", "open_", "small_"), strict=True):
        band = result.bands[f"{prefix}lag_behind"]
        assert list(entry["behind"]) == list(dates)
        for name, date in dates.items():
            for quantile in band["quantile"].to_numpy():
                at = float(band.sel(quantile=quantile).interp(time=date))
                assert entry["behind"][name][f"{quantile:g}"] == pytest.approx(12 * at, rel=1e-6)
    console = Console(width=100)
    with console.capture() as captured:
        console.print(Group(*lags_report(document)))
    shown = captured.get()
    for entry in entries:
        (line,) = [line for line in shown.splitlines() if entry["title"] in line]
        for months in entry["behind"].values():
            assert f"{months['0.5']:.0f} [{months['0.05']:.0f}, {months['0.95']:.0f}]" in line


def test_in_python_the_lags_are_a_table(result, document):
    table = Forecast(Fresh(result, None)).lags
    assert table.index.unique().tolist() == list(CALLED.values())
    assert table.columns.tolist() == ["date", 0.05, 0.25, 0.5, 0.75, 0.95]
    row = table[table["date"] == "end of 2027"].loc["open weights"]
    assert row[0.95] == document["lags"][1]["behind"]["end of 2027"]["0.95"]


def test_a_lag_that_never_ends_is_told_as_such(result):
    bands = result.bands.copy()
    bands["lag_behind"] = bands["lag_behind"].where(bands["quantile"] < 0.9, np.inf)
    document = json.loads(to_json(summary(dataclasses.replace(result, bands=bands))))
    assert {months["0.95"] for months in document["lags"][0]["behind"].values()} == {"inf"}
    console = Console(width=100)
    with console.capture() as captured:
        console.print(Group(*lags_report(document)))
    assert "inf]" in captured.get()


def test_years_beyond_the_horizon_and_before_today_are_not_told():
    assert list(told_dates(dt.date(2026, 11, 21), 2030)) == ["now", "end of 2027", "end of 2030"]
    assert list(told_dates(dt.date(2026, 11, 21), 2029)) == ["now", "end of 2027"]
    assert list(told_dates(dt.date(2028, 1, 1), 2040)) == ["now", "end of 2030"]
    assert told_dates(dt.date(2026, 11, 21), 2025) == {}


def test_of_a_horizon_that_is_past_no_lags_are_told(document):
    past = {**document, "lags": [{**entry, "behind": {}} for entry in document["lags"]]}
    assert lags_report(past) == []


def test_cards_without_a_calendar_tell_no_lags(paper, paper_literature):
    for result in (paper, paper_literature):
        assert summary(result)["lags"] is None
        assert lags_report(summary(result)) == []
    with pytest.raises(InputError, match="no lags are told of card 'paper'") as error:
        _ = Forecast(Fresh(paper, None)).lags
    assert "[5, 10]" in error.value.remedy


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
        assert ax.get_ylim()[0] == 0


def test_the_picture_of_gaps_has_a_row_a_board_on_one_scale_and_a_column_a_follower(result):
    figure = gap_figure(result)
    panels = np.array(figure.axes).reshape(2, 3)
    assert [ax.get_title(loc="left") for ax in panels[0]] == list(CALLED.values())
    assert [ax.get_ylabel().split("\n")[-1] for ax in panels[:, 0]] == ["(points)", "(elo)"]
    assert len({ax.get_xlim() for ax in panels.flat}) == 1
    tables = {"mmlu_pro": result.inputs.tables[0], "duel": result.inputs.tables[1]}
    for row, board in zip(panels, tables, strict=True):
        assert len({ax.get_ylim() for ax in row}) == 1
        assert row[0].get_ylim()[0] == 0
        for ax, prefix, follower in zip(row, ("", "open_", "small_"), result.inputs.card.followers, strict=True):
            middle = result.bands[f"{prefix}{board}_gap"].sel(quantile=0.5)
            assert any(np.array_equal(line.get_ydata(), middle) for line in ax.get_lines())
            seen = [line for line in ax.get_lines() if line.get_marker() == "o"]
            assert len(seen) == (board == "mmlu_pro" or follower.name != "open")  # the duel is not read of open weights
            for points in seen:
                end = decimal_year(tables[board].complete_until)
                last = standing_gaps(tables[board], follower.name, np.array([end]))
                assert (points.get_xdata()[-1], points.get_ydata()[-1]) == (end, last)


def test_more_followers_than_have_room_beside_each_other_have_several_rows_a_board(result, monkeypatch):
    monkeypatch.setattr("meekcast.plots.forecast.TICKS", {1: 9, 2: 6})
    figure = gap_figure(result)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == [*CALLED.values()] * 2  # two of a board beside each other, the third below, and the next board


def test_boards_that_have_no_room_are_counted(result, monkeypatch):
    monkeypatch.setattr("meekcast.plots.forecast.MOST_ROWS", 1)
    figure = gap_figure(result)
    assert len(figure.axes) == 3
    assert "3 gaps more" in figure.get_suptitle()


def test_the_gaps_to_any_follower_can_be_drawn(result):
    names = gap_quantities(result)
    assert names == [
        f"{prefix}{board}_gap" for board in ("mmlu_pro", "duel") for prefix in ("", "open_", "small_")
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
    monkeypatch.setattr(posterior, "sampled", prior_fit())
    monkeypatch.setenv("COLUMNS", "80")
    file = card("cheap", "open", open=OPEN)
    answer = run_cli("forecast", file, "--draws", 50, "--tune", 50, "--today", today, "--out", tmp_path)
    assert answer.code == 0, answer.err
    assert "how long ago the frontier stood at the present level" in " ".join(answer.out.split())
    assert "open weights" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "followers.png" in answer.out
    assert "lags.png" in answer.out and "lag_check.png" in answer.out
    assert answer.out.index("months behind") < answer.out.index("median")  # lags come first, then events
