"""What is asked at which origin, by hand on a small table."""

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.backtests.targets import Target, gap_on, month_end, monthly_past, targets
from meekcast.cards.reading import Board
from meekcast.errors import InputError
from meekcast.inputs import gather
from meekcast.observations import Prices

D = dt.date


def test_targets_by_hand(inputs):
    found, skipped = targets(inputs)
    gaps = {
        (2024, 8): 5, (2024, 9): 5, (2024, 10): 5, (2024, 11): 5, (2024, 12): 12, (2025, 1): 12,
        **{(2025, month): 0 for month in range(2, 8)},  # 117 against 121: the budget model is the frontier
        (2025, 8): 5, (2025, 9): 5, (2025, 10): 5,
    }  # fmt: skip
    origins = [month_end(D(2024, 8, 31), later) for later in range(14)]
    expected = [
        Target("eci", "price_band", origin, horizon, date, float(gaps[date.year, date.month]), of)
        for origin in origins
        for of in ("seen", "true")
        for horizon, months in ((0.0833, 1), (0.25, 3), (0.5, 6), (1.0, 12), (1.5, 18))
        if (date := month_end(origin, months)) <= D(2025, 10, 31)
    ]
    assert found == tuple(expected)  # nothing was shown late
    assert [(s.origin, s.benchmark, s.reason) for s in skipped] == [
        (origin, "eci", "2 records of the price_band by then, 3 are needed")
        for origin in (D(2024, 6, 30), D(2024, 7, 31))
    ]


def test_a_true_gap_has_the_models_that_the_board_ran_later(inputs):
    """B4 of 2025-02-10 was shown on 2025-05-20: until then the board's gap was not that of the models."""
    (table,), (board,) = inputs.tables, inputs.boards
    late = [r.model_copy(update={"known_on": D(2025, 5, 20)}) if r.model == "B4" else r for r in table.records]
    shown = dataclasses.replace(board, table=table.model_copy(update={"records": late}))
    found, _ = targets(dataclasses.replace(inputs, boards=(shown,)))
    at = {(t.of, t.date): t.observed for t in found}
    assert (at["seen", D(2025, 4, 30)], at["true", D(2025, 4, 30)]) == (12.0, 0.0)
    assert at["seen", D(2025, 5, 31)] == at["true", D(2025, 5, 31)] == 0.0


def test_the_past_by_hand(inputs):
    past = monthly_past(inputs.tables[0], "price_band", D(2024, 6, 30))
    assert past.tolist() == [10, 10, 10, 10, 14, 6, 6, 6, 12, 12]  # 2023-09-30 to 2024-06-30


def test_the_past_begins_where_the_card_begins_to_read(inputs):
    past = monthly_past(inputs.tables[0], "price_band", D(2024, 6, 30), since=D(2024, 2, 1))
    assert past.tolist() == [6, 6, 6, 12, 12]


def test_what_comes_after_the_origin_does_not_change_the_past(inputs):
    (table,) = inputs.tables
    origin = D(2024, 9, 30)
    future = [r.model_copy(update={"score": r.score + 50}) if r.date > origin else r for r in table.records]
    changed = table.model_copy(update={"records": future})
    np.testing.assert_array_equal(
        monthly_past(table, "price_band", origin), monthly_past(changed, "price_band", origin)
    )
    assert gap_on(table, "price_band", origin) == gap_on(changed, "price_band", origin) == 5.0
    assert gap_on(changed, "price_band", D(2024, 12, 31)) == 62.0


def test_rows_may_come_in_any_order(inputs):
    (table,) = inputs.tables
    shuffled = table.model_copy(update={"records": table.records[::-1]})
    one, other = ([gap_on(t, "price_band", D(2024, m, 28)) for m in (2, 6, 9)] for t in (table, shuffled))
    assert one == other


def test_before_both_have_a_record_there_is_no_gap(inputs):
    assert np.isnan(gap_on(inputs.tables[0], "price_band", D(2023, 8, 31)))
    assert gap_on(inputs.tables[0], "price_band", D(2023, 9, 5)) == 10


def test_a_date_after_the_table_is_refused(inputs):
    with pytest.raises(InputError, match="complete up to 2025-10-31"):
        gap_on(inputs.tables[0], "price_band", D(2025, 11, 1))


def test_a_card_without_evidence_is_refused():
    with pytest.raises(InputError, match=r"card 'paper' reads no evidence"):
        targets(gather("paper"))


def test_no_origin_left_is_refused(inputs):
    with pytest.raises(InputError, match="no origin since 2025-10-01 has 3 records of both actors"):
        targets(inputs, first=D(2025, 10, 1))


def test_a_board_without_a_gap_yet_does_not_stop_the_others(inputs):
    (table,) = inputs.tables
    late = table.model_copy(
        update={"name": "late", "records": [r for r in table.records if r.date >= D(2024, 12, 1)], "benchmark": "eci"}
    )
    ((entry, _),) = inputs.data
    other = entry.model_copy(update={"name": "late"})
    card = inputs.card.model_copy(update={"benchmarks": [entry, other]})
    boards = (Board(card, entry, table, Prices()), Board(card, other, late, Prices()))
    two = dataclasses.replace(inputs, card=card, boards=boards)
    found, skipped = targets(two)
    assert found == targets(inputs)[0]
    assert {(s.benchmark, s.reason) for s in skipped} == {
        ("eci", "2 records of the price_band by then, 3 are needed"),
        ("late", "1 record of the frontier by then, 3 are needed"),
        ("late", "0 records of the frontier by then, 3 are needed"),
        ("late", "2 records of the frontier by then, 3 are needed"),
    }


def test_an_origin_before_any_gap_is_skipped(inputs):
    found, skipped = targets(inputs, first=D(2023, 8, 31))
    assert skipped[0].origin == D(2023, 8, 31)
    assert "has no gap yet on 2023-08-31" in skipped[0].reason
    assert skipped[0].reason.endswith(": the card cannot be fitted")
    assert all(target.origin > D(2024, 6, 30) for target in found)


@given(st.dates(D(1990, 1, 1), D(2100, 1, 1)), st.integers(-48, 48))
def test_month_ends(date, months):
    end = month_end(date, months)
    assert (end + dt.timedelta(days=1)).day == 1
    assert month_end(end, -months) == month_end(date)
    assert (end.year - date.year) * 12 + end.month - date.month == months
