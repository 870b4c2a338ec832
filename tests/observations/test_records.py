"""Records by rules: who is admitted, from when on, what was known on a date; and laws that hold for every board."""

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.observations.prices import Prices
from meekcast.observations.records import admitted_from, records
from meekcast.observations.rules import USUAL_ACTORS, Actor, Rule
from meekcast.observations.scores import Score

ENTRIES = ("price", "first_price", "release")
CHEAP, OPEN = Rule(price=1.0), Rule(open_weights=True)


def day(text):
    return dt.date.fromisoformat(text)


def listed(table, actor):
    return [(row.model, str(row.date)) for row in table.records if row.actor == actor]


def entry_dates(prices, **row):
    score = Score.model_validate({"model": "m", "released": "2024-01-01", "score": 50, **row})
    found = [admitted_from(score, prices, Actor("band", CHEAP, entry)) for entry in ENTRIES]
    return [date and str(date) for date in found]


@pytest.mark.parametrize(
    ("seen", "dates"),
    [
        ([], [None, None, None]),
        ([("2024-03-01", 1.0)], ["2024-01-01"] * 3),  # archives start late: the first price holds from the release on
        ([("2024-03-01", 1.01)], [None, None, None]),
        ([("2024-01-01", 2.0), ("2024-06-01", 0.9)], ["2024-06-01", None, "2024-01-01"]),
        ([("2024-01-01", 2.0), ("2024-06-01", 0.9), ("2024-09-01", 3.0)], ["2024-06-01", None, "2024-01-01"]),
        ([("2024-01-01", 0.5), ("2024-06-01", 3.0)], ["2024-01-01"] * 3),
        ([("2023-01-01", 2.0), ("2023-06-01", 0.9)], ["2024-01-01", None, "2024-01-01"]),  # never before its release
    ],
)
def test_by_its_entry_a_model_counts_from_its_release_or_from_a_price_cut(priced, seen, dates):
    assert entry_dates(priced(m=seen)) == dates


def test_a_price_first_seen_late_can_be_left_out(priced):
    score, actor = Score(model="m", released="2024-01-01", score=50), Actor("band", CHEAP)
    prices = priced(m=[("2024-03-31", 0.5)])
    assert admitted_from(score, prices, actor, prices_within=90) == day("2024-01-01")
    assert admitted_from(score, prices, actor, prices_within=89) is None
    open_too = Score(model="m", released="2024-01-01", score=50, open_weights=True)
    assert admitted_from(open_too, prices, Actor("open", OPEN), prices_within=0) == day("2024-01-01")


@pytest.mark.parametrize(
    ("rule", "known", "unknown", "beyond"),
    [
        ("open_weights", {"open_weights": True}, {}, {"open_weights": False}),
        ("parameters <= 40e9", {"parameters": 40e9}, {}, {"parameters": 41e9}),
        ("cost_per_task <= 0.1", {"cost_per_task": 0.1}, {}, {"cost_per_task": 0.11}),
        (
            "open_weights and parameters <= 40e9",
            {"open_weights": True, "parameters": 8e9}, {"open_weights": True}, {"open_weights": False, "parameters": 8e9},
        ),
    ],
)  # fmt: skip
def test_what_is_not_known_of_a_model_is_not_admitted(rule, known, unknown, beyond):
    actor = Actor("a", Rule.read(rule))
    for said, expected in ((known, day("2024-01-01")), (unknown, None), (beyond, None)):
        score = Score.model_validate({"model": "m", "released": "2024-01-01", "score": 50, **said})
        assert admitted_from(score, Prices(), actor) == expected


def test_records_of_the_frontier_and_of_followers(board, priced):
    table = board(
        ("big", "2024-01-01", 60),
        ("small", "2024-02-01", 40),
        ("cut", "2024-01-01", 55),
        ("beaten", "2024-03-01", 39),
        ("bigger", "2024-05-01", 70),
        ("twin", "2024-05-01", 65),
        {
            "model": "free",
            "released": "2024-06-01",
            "known_on": "2024-07-01",
            "score": 58,
            "score_se": 2.0,
            "open_weights": True,
        },
    )
    prices = priced(
        big=[("2024-02-01", 20.0), ("2024-04-01", 10.0)], small=[("2024-02-01", 1.0)], beaten=[("2024-03-01", 0.5)],
        cut=[("2024-01-01", 3.0), ("2024-04-15", 0.8)], free=[("2024-06-01", 0.3)],
    )  # fmt: skip
    found = records(table, prices, [Actor("band", CHEAP), Actor("open", OPEN), Actor("never", Rule(cost_per_task=1))])
    assert listed(found, "frontier") == [("big", "2024-01-01"), ("bigger", "2024-05-01")]
    assert listed(found, "band") == [("small", "2024-02-01"), ("cut", "2024-04-15"), ("free", "2024-06-01")]
    assert listed(found, "open") == [("free", "2024-06-01")]
    assert listed(found, "never") == []
    big, _, small, cut, free, _ = found.records
    assert [row.price for row in (big, small, cut, free)] == [
        20.0,
        1.0,
        0.8,
        0.3,
    ]  # in force on the date it counts from
    assert (free.known_on, free.score_se, small.known_on) == (day("2024-07-01"), 2.0, None)
    assert (found.kind, found.name, found.unit, found.as_of) == ("records", "b", "points", day("2024-07-01"))
    assert found.followers == ("band", "open")
    assert "band: price <= 1 USD per million tokens" in found.rule
    assert found == type(found).model_validate(found.model_dump(by_alias=True))  # nothing that the schema refuses


def test_as_of_a_date_only_what_was_known_then_counts(board, priced):
    table = board(
        ("a", "2024-01-01", 30),
        {"model": "late", "released": "2024-01-01", "known_on": "2024-06-01", "score": 50},
        ("cut", "2024-02-01", 40),
    )
    prices = priced(a=[("2024-01-01", 1.0)], cut=[("2024-02-01", 2.0), ("2024-05-01", 0.5)])
    actors = [Actor("band", CHEAP)]
    early = records(table, prices, actors, as_of=day("2024-03-31"))
    assert listed(early, "frontier") == [("a", "2024-01-01"), ("cut", "2024-02-01")]
    assert listed(early, "band") == [("a", "2024-01-01")]
    assert early.as_of == day("2024-03-31")
    later = records(table, prices, actors, as_of=day("2030-01-01"))
    assert listed(later, "frontier") == [("late", "2024-01-01")]
    assert listed(later, "band") == [("a", "2024-01-01"), ("cut", "2024-05-01")]
    assert later == records(table, prices, actors)
    assert later.as_of == day("2024-06-01")


def test_as_of_a_date_scores_are_those_of_its_vintage(board):
    def row(model, released, vintage, score):
        return {"model": model, "released": released, "vintage": vintage, "score": score, "open_weights": True}

    table = board(
        row("a", "2024-01-01", "2024-03-31", 1200),
        row("a", "2024-01-01", "2024-06-30", 1100),
        row("b", "2024-03-01", "2024-03-31", 1150),
        row("b", "2024-03-01", "2024-06-30", 1150),
        unit="elo",
        chance=None,
    )
    actors = [Actor("open", OPEN)]
    assert listed(records(table, Prices(), actors, as_of=day("2024-05-01")), "open") == [("a", "2024-01-01")]
    assert listed(records(table, Prices(), actors), "open") == [("a", "2024-01-01"), ("b", "2024-03-01")]


def test_a_cut_after_all_that_the_board_knows_is_no_record_yet(board, priced):
    table = board(("a", "2024-01-01", 30), ("b", "2024-02-01", 20))
    prices = priced(a=[("2024-01-01", 2.0), ("2025-01-01", 0.5)])
    assert listed(records(table, prices, [Actor("band", CHEAP)]), "band") == []


def test_how_prices_are_read_is_told(board):
    table = board(("a", "2024-01-01", 30))
    actors = [Actor("late", CHEAP, "release"), Actor("open", OPEN, "release")]
    told = records(table, Prices(), actors, prices_within=30).rule
    assert "late: price <= 1 USD per million tokens, by the lowest price ever seen" in told
    assert "within 30 days" in told
    assert told.endswith("open: open_weights")


dates = st.dates(day("2023-01-01"), day("2025-12-31"))
models = st.fixed_dictionaries(
    {"released": dates, "score": st.integers(0, 20)},
    optional={"known_on": dates, "open_weights": st.booleans(), "parameters": st.sampled_from([8e9, 70e9])},
)
boards = st.lists(models, min_size=1, max_size=12).map(
    lambda rows: [{"model": f"m{i}", **row} for i, row in enumerate(rows)]
)
seen = st.lists(
    st.tuples(dates, st.sampled_from([0.05, 0.5, 1.0, 2.0, 20.0])), max_size=3, unique_by=lambda row: row[0]
)
lists = st.lists(seen, min_size=12, max_size=12).map(
    lambda found: Prices({f"m{i}": tuple(sorted(rows)) for i, rows in enumerate(found) if rows})
)


def followers(entry):
    return [actor._replace(entry=entry) for actor in USUAL_ACTORS]


@given(boards, lists, st.sampled_from(ENTRIES), st.none() | st.integers(0, 400))
def test_records_are_best_so_far_and_only_of_models_that_are_admitted(board, rows, prices, entry, within):
    table = board(*rows)
    found = records(table, prices, followers(entry), prices_within=within)
    scores = {row.model: row for row in table.rows}
    for actor in followers(entry):
        kept = found.records_of(actor.name)
        admitted = {m: admitted_from(row, prices, actor, within) for m, row in scores.items()}
        counting = {m: date for m, date in admitted.items() if date and date <= table.complete_until}
        assert [row.score for row in kept] == sorted({row.score for row in kept})
        assert [row.date for row in kept] == sorted({row.date for row in kept})
        assert all(counting[row.model] == row.date for row in kept)
        assert max((row.score for row in kept), default=None) == max((scores[m].score for m in counting), default=None)
    best = found.records_of("frontier")
    assert best[-1].score == max(row.score for row in table.rows if row.date <= table.complete_until)


@given(boards, lists, dates, st.sampled_from(ENTRIES))
def test_records_as_of_a_date_are_those_of_the_rows_known_by_then(board, rows, prices, date, entry):
    table = board(*rows)
    known = [row for row in table.rows if row.known <= date]
    found = records(table, prices, followers(entry), as_of=date)
    if not known:
        assert found.records == []
        return
    then = table.model_copy(update={"rows": tuple(known), "as_of": min(date, table.complete_until)})
    assert found.records == records(then, prices, followers(entry)).records
    assert all(row.known <= date for row in found.records)


@given(boards, lists, st.integers(0, 11), dates, st.sampled_from([0.05, 0.5, 1.0]))
def test_a_price_cut_never_takes_a_model_out(rows, prices, which, date, usd):
    held = dict(prices.by_model.get(f"m{which}", ()))
    if held and (date <= min(held) or usd >= min(held.values())):
        return  # no cut
    cut = Prices({**prices.by_model, f"m{which}": tuple(sorted({**held, date: usd}.items()))})
    for entry in ("price", "release"):
        for actor in followers(entry):
            for row in map(Score.model_validate, rows):
                before, after = (admitted_from(row, list_, actor) for list_ in (prices, cut))
                assert before is None or (after is not None and after <= before)


def test_records_of_thousands_of_models_are_a_matter_of_a_moment(board, priced):
    rows = [
        {"model": f"m{i}", "released": day("2023-01-01") + dt.timedelta(i % 1000), "score": i * 7919 % 9973 / 100,
         "open_weights": i % 2 == 0, "parameters": 8e9}
        for i in range(6000)
    ]  # fmt: skip
    prices = priced(**{f"m{i}": [("2023-01-01", 2.0), ("2024-01-01", 0.5)] for i in range(2000)})
    table = board(*rows)
    begun = time.perf_counter()
    records(table, prices, USUAL_ACTORS)
    assert time.perf_counter() - begun < 1  # 0.02 s on a quiet machine
