"""Lags as data: how long followers took to match the frontier's levels, and the Kaplan-Meier estimate of it."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from meekcast.clock import months_between
from meekcast.observations.lags import Level, board_lags, levels, survival, tried_on
from meekcast.observations.records import records
from meekcast.observations.rules import Actor, Rule
from meekcast.observations.schema import EvidenceTable, RecordRow

OPEN = Actor("open", Rule(open_weights=True))
END = dt.date(2026, 1, 1)


def day(text):
    return dt.date.fromisoformat(text)


def table(*rows, until=END):
    """Records, each (actor, date, score) and perhaps a standard error."""
    records = [
        RecordRow(actor=actor, date=day(date), model=f"{actor} {score}", score=score, score_se=se[0] if se else None)
        for actor, date, score, *se in rows
    ]
    said = {"name": "t", "title": "T", "source": "s", "licence": "l", "benchmark": "t", "kind": "records", "rule": "r"}
    whole = {**said, "schema": 1, "unit": "points", "date_precision": "day", "as_of": until, "by_rules": True}
    return EvidenceTable.model_validate({**whole, "records": records})


def months(first, last):
    return months_between(day(first), day(last))


SEEN = table(
    ("frontier", "2024-01-01", 40), ("frontier", "2024-07-01", 50, 2.0), ("frontier", "2025-03-01", 60),
    ("open", "2023-06-01", 42), ("open", "2024-10-01", 47, 1.0), ("open", "2025-02-01", 55),
)  # fmt: skip


def test_a_level_is_matched_by_the_first_standing_score_that_reaches_it_after_the_last_that_did_not():
    first, second, third = levels(SEEN, "open")
    assert first == ("frontier 40", day("2024-01-01"), 40.0, "open 42", 0.0, 0.0)  # there before the level
    assert second[3:] == ("open 55", months("2024-07-01", "2024-10-01"), months("2024-07-01", "2025-02-01"))
    assert third[3:] == (None, months("2025-03-01", "2026-01-01"), math.inf)  # as long as the board is known


def test_scores_within_published_errors_of_both_match():
    distance = 3 / math.hypot(2, 1)
    assert levels(SEEN, "open", errors=distance + 1e-9)[1].right == months("2024-07-01", "2024-10-01")
    assert levels(SEEN, "open", errors=distance - 1e-9)[1].right == months("2024-07-01", "2025-02-01")
    assert levels(SEEN, "open", errors=4.0)[2].matched is False  # 55 against 60, both without an error: exactly


def test_any_scored_model_of_the_follower_shows_that_the_level_was_not_matched_yet():
    tried = [day("2023-06-01"), day("2024-10-01"), day("2024-12-24"), day("2025-02-01"), day("2025-12-24")]
    _, second, third = levels(SEEN, "open", tried=tried)
    assert (second.left, second.right) == (months("2024-07-01", "2024-12-24"), months("2024-07-01", "2025-02-01"))
    assert third.left == months("2025-03-01", "2026-01-01")


def test_since_leaves_out_levels_not_followers():
    assert levels(SEEN, "open", since=day("2024-07-01")) == levels(SEEN, "open")[1:]
    assert levels(SEEN, "open", since=day("2025-03-02")) == ()


def test_of_a_follower_without_records_every_level_is_open():
    assert [level.matched for level in levels(SEEN, "nobody")] == [False] * 3


def test_what_is_tried_is_every_admitted_model_of_the_edition(board, priced):
    rows = [
        {"model": "a", "released": "2024-01-01", "score": 50},
        {"model": "b", "released": "2024-02-01", "score": 30, "open_weights": True},
        {"model": "c", "released": "2024-03-01", "score": 20, "open_weights": True},  # no record, but a contender
        {"model": "d", "released": "2024-05-01", "score": 60, "open_weights": True},
    ]
    scores, prices = board(*rows, as_of=day("2024-06-01")), priced()
    tried = tried_on(scores, prices, OPEN)
    assert [str(date) for date in tried] == ["2024-02-01", "2024-03-01", "2024-05-01"]
    assert [str(date) for date in tried_on(scores, prices, OPEN, as_of=day("2024-03-31"))] == [
        "2024-02-01",
        "2024-03-01",
    ]
    (level, own) = levels(records(scores, prices, [OPEN]), "open", tried=tried)
    assert (level.left, level.right) == (months("2024-01-01", "2024-03-01"), months("2024-01-01", "2024-05-01"))
    assert (own.left, own.right) == (0.0, 0.0)  # its own record tops the board


def times(*right, still=()):
    matched = [Level("m", END, 1.0, "b", r, r) for r in right]
    return [*matched, *(Level("m", END, 1.0, None, left, math.inf) for left in still)]


def test_without_censoring_the_estimate_is_the_share_left_and_the_median_the_middle_time():
    found = survival(times(5, 1, 3, 3, 8))
    assert found.months.tolist() == [1, 3, 5, 8]
    assert found.shares.tolist() == pytest.approx([0.8, 0.4, 0.2, 0.0])
    assert (found.median, found.levels, found.censored) == (3.0, 5, 0)


def test_with_censoring_it_is_the_product_limit_and_greenwoods_interval():
    """Kaplan & Meier by hand: at 2 of 5, at 4 of 3 (one was censored at 3), at 6 of 1; log-log as in the textbooks."""
    found = survival(times(2, 4, 6, still=(3, 5)))
    shares = np.array([4 / 5, 4 / 5, 4 / 5 * 2 / 3, 4 / 5 * 2 / 3, 0.0])
    assert found.shares == pytest.approx(shares)
    variance = np.cumsum([1 / (5 * 4), 0, 1 / (3 * 2), 0])
    width = norm.ppf(0.975) * np.sqrt(variance) / np.log(shares[:4])
    assert found.low[:4] == pytest.approx(shares[:4] ** np.exp(-width))
    assert found.high[:4] == pytest.approx(shares[:4] ** np.exp(width))
    assert (found.low[4], found.high[4]) == (0.0, found.high[3])
    assert (found.median, found.interval) == (6.0, (2.0, math.inf))


@pytest.mark.parametrize(
    ("found", "median", "interval"),
    [
        ([], math.inf, (math.inf, math.inf)),
        (times(still=(1, 2)), math.inf, (math.inf, math.inf)),
        (times(4), 4.0, (4.0, math.inf)),
        (times(0, 0, 0), 0.0, (0.0, math.inf)),
    ],
)
def test_where_half_is_not_reached_the_median_is_infinite(found, median, interval):
    estimate = survival(found)
    assert (estimate.median, estimate.interval) == (median, interval)
    assert estimate.as_dict()["levels"] == len(found)


dates = st.dates(dt.date(2023, 1, 1), END)
rows = st.tuples(st.sampled_from(["frontier", "open"]), dates, st.integers(0, 20), st.floats(0.1, 3))


@given(st.lists(rows, min_size=1, max_size=12, unique_by=lambda row: row[:3]), st.floats(0, 3))
def test_times_lie_between_the_last_model_below_and_the_first_that_is_not(drawn, errors):
    seen = table(*((actor, str(date), score, se) for actor, date, score, se in drawn))
    exactly, within = levels(seen, "open"), levels(seen, "open", errors=errors)
    followers = [(date, score) for actor, date, score, _ in drawn if actor == "open"]
    for level, loose in zip(exactly, within, strict=True):
        assert 0 <= level.left <= level.right
        assert loose.right <= level.right
        reached = [date for date, score in followers if score >= level.score]
        assert level.matched == bool(reached)
        if reached:
            assert level.right == max(months_between(level.date, min(reached)), 0.0)
            below = [months_between(level.date, date) for date, _ in followers if date < min(reached)]
            assert level.left <= max([0.0, *below])
    estimate = survival(exactly)
    assert (np.diff([1.0, *estimate.shares]) <= 1e-12).all()
    assert (estimate.low <= estimate.shares + 1e-12).all()
    assert (estimate.shares <= estimate.high + 1e-12).all()
    assert estimate.interval[0] <= estimate.median <= estimate.interval[1]


def test_the_shipped_boards_show_the_lags_that_an_independent_look_found():
    """Half of GPQA Diamond's levels after 7.2, 6.6 and 13.2 months; of the Epoch index, in other editions, 7.6, 6.0, 13.5."""
    from meekcast.cards.library import load_evidence, load_prices
    from meekcast.observations import USUAL_ACTORS

    for name, looked in (("gpqa", (7.2, 6.6, 13.2)), ("eci", (7.6, 6.0, 13.5))):
        found = board_lags(load_evidence(name), load_prices(), USUAL_ACTORS)
        medians = [seen["exactly"]["median"] for seen in found["followers"][:3]]
        assert medians == pytest.approx(looked, abs=1.1)
        for seen in found["followers"]:
            assert float(seen["within_errors"]["median"]) <= float(seen["exactly"]["median"])
