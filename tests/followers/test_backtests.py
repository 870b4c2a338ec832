"""A backtest of several followers: each is asked by name, and held against what a board showed on the day."""

import dataclasses
import datetime as dt

import pytest

from meekcast.backtests.run import SETTINGS, backtest
from meekcast.backtests.summary import document
from meekcast.backtests.targets import fullest, targets

SERIES = ("mmlu_pro", "open_mmlu_pro", "small_mmlu_pro", "duel", "open_duel", "small_duel")


@pytest.fixture
def three(followed, both):
    return followed("cheap", "open", "small", benchmarks=both)


@pytest.fixture
def asked(three):
    return {(t.benchmark, t.origin, t.horizon): t.observed for t in targets(three)[0] if t.of == "seen"}


def test_every_follower_is_asked_on_every_board_that_is_read_of_it(asked):
    assert {name for name, *_ in asked} == set(SERIES)
    some = {name for name, origin, horizon in asked if (origin, horizon) == (dt.date(2025, 3, 31), 0.25)}
    assert some == set(SERIES)


def test_what_is_seen_is_what_the_board_showed_on_the_day(asked):
    """On 2025-06-30 the edition of that day; on 2025-09-30 still that one, though a later one knows more."""
    # Quiz, by hand: best of all is open-13 with 70 points until big-15 (72.5) and big-18 (77) come
    assert asked["open_mmlu_pro", dt.date(2024, 12, 31), 0.25] == 0  # 2025-03-31: open-13 is the frontier
    assert asked["small_mmlu_pro", dt.date(2025, 3, 31), 0.25] == 72.5 - 57.5  # small-17, shown on 06-25
    assert asked["mmlu_pro", dt.date(2025, 6, 30), 0.25] == 77.0 - 70.0  # open-13, cheap since 2025-08-01
    # Duel: scores are five times as large, and an edition moves all alike
    june, september = dt.date(2025, 6, 30), dt.date(2025, 9, 30)
    assert asked["duel", dt.date(2025, 3, 31), 0.25] == 5 * (72.5 - 57.0)  # big-15; open-10, cheap since 2025-05-01
    assert asked["duel", june, 0.25] == 5 * (72.5 - 70.0)  # the price of open-13 is cut, big-18 is not shown yet
    assert asked["duel", september, 0.25] == 5 * (81.5 - 70.0)
    assert asked["small_duel", dt.date(2024, 12, 31), 0.25] == 5 * (63.5 - 44.0)  # the edition of December 2024


def test_a_true_gap_is_that_of_all_models_that_were_there(three):
    true = {(t.benchmark, t.date): t.observed for t in targets(three)[0] if t.of == "true"}
    assert true["duel", dt.date(2025, 6, 30)] == 5 * (
        72.5 - 57.5
    )  # small-17 of 06-15, which the board showed in August


def test_a_new_scale_that_drops_old_models_says_nothing_true_of_their_day(three):
    """The edition of December is of a new scale, and has models of 2025 alone."""
    board = three.boards[1]
    last = board.table.vintages[-1]
    rows = tuple(row for row in board.table.rows if row.vintage < last or row.released.year == 2025)
    cut = dataclasses.replace(board, table=board.table.model_copy(update={"rows": rows, "scales": (last,)}))
    early, late = (fullest(cut, date) for date in (dt.date(2024, 11, 30), dt.date(2025, 12, 31)))
    assert early.edition == dt.date(2025, 6, 30)
    assert early.records == board.at(dt.date(2025, 12, 30)).records  # until the scale changed
    assert late.edition == last
    assert min(record.date for record in late.records).year == 2025
    assert fullest(board, dt.date(2024, 11, 30)).edition == last  # of one scale the newest has all


def test_a_series_with_too_few_records_is_told_by_its_name(three):
    _, skipped = targets(three)
    (last,) = [s for s in skipped if s.origin == dt.date(2024, 9, 30)]
    assert (last.benchmark, last.reason) == ("small_duel", "2 records of the small by then, 3 are needed")
    assert {s.benchmark for s in skipped if s.origin == dt.date(2024, 6, 30)} == set(SERIES)


@pytest.mark.long
def test_a_backtest_scores_every_follower_from_one_fit_an_origin(three, prior_fit):
    fit = prior_fit()
    found = document(backtest(three, dataclasses.replace(SETTINGS, draws=50), fit=fit))
    origins = {row["origin"] for row in found["rows"]}
    assert len(fit.asked) == 2 * len(origins)  # the card, and the card without departures
    assert {row["benchmark"] for row in found["rows"]} == set(SERIES)
    assert {b["benchmark"] for b in found["cards"]} == {"all", *SERIES}
    for row in found["rows"]:
        assert row["quantiles"]["0.05"] >= 0
        assert 0 < row["pit"] < 1
