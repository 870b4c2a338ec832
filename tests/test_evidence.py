"""The shipped tables against facts typed by hand, and which of their rows enter a likelihood."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.cards import library
from meekcast.clock import decimal_year, to_date
from meekcast.model.leaderboard import standing_records
from meekcast.observations import EvidenceTable, Observation, observations

BUDGET, OF_FRONTIER, OF_BUDGET = "budget", (1.0, 0.0), (0.0, 1.0)

# Typed by hand from the evidence README: best of all / best of the price band / gap, in points
FACTS = [
    (dt.date(2023, 12, 1), 69, 39, 30),
    (dt.date(2024, 3, 1), 70, 39, 31),
    (dt.date(2024, 6, 1), 75, 57, 18),
    (dt.date(2024, 9, 1), 75, 68, 7),
    (dt.date(2024, 12, 1), 84, 71, 13),
    (dt.date(2025, 3, 1), 84, 83, 1),
]


def table(*rows, **changes):
    keys = ("actor", "date", "model", "score")
    return EvidenceTable(
        **{
            "schema": 1, "name": "t", "title": "T", "benchmark": "b", "kind": "records", "unit": "points",
            "rule": "r", "date_precision": "day", "source": "s", "licence": "l",
            "records": [dict(zip(keys, row, strict=True)) for row in rows],
        }
        | changes
    )  # fmt: skip


def day(text):
    return dt.date.fromisoformat(text)


def read(name, since=None, rule="records"):
    return observations(library.load_evidence(name), [BUDGET], since, rule)


def best(evidence, actor, date):
    dates, scores = standing_records(evidence, actor)
    return scores[np.searchsorted(dates, decimal_year(date), side="right") - 1]


@pytest.mark.parametrize(("date", "frontier", "budget", "gap"), FACTS)
def test_the_shipped_records_give_the_published_gaps(date, frontier, budget, gap):
    evidence = library.load_evidence("mmlu-pro")
    assert (best(evidence, "frontier", date), best(evidence, "budget", date)) == (frontier, budget)
    assert frontier - budget == gap


@pytest.mark.parametrize(
    ("name", "actor", "model", "date", "score", "price"),
    [
        ("mmlu-pro", "frontier", "GPT-4 Turbo", "2023-11-01", 69, 30),
        ("mmlu-pro", "frontier", "o1", "2024-12-01", 84, 60),
        ("mmlu-pro", "frontier", "Gemini 2.5 Pro Preview", "2025-04-01", 86, 10),
        ("mmlu-pro", "budget", "Mixtral 8x7B", "2023-12-01", 39, 0.7),
        ("mmlu-pro", "budget", "Grok 3 mini Reasoning (high)", "2025-02-01", 83, 0.5),
        ("mmlu-pro-small", "budget", "Gemini 1.5 Flash-8B", "2024-05-01", 57, 0.15),
    ],
)
def test_single_facts_are_typed_right(name, actor, model, date, score, price):
    (row,) = [r for r in library.load_evidence(name).records if (r.model, r.actor) == (model, actor)]
    assert (row.date, row.score, row.price) == (day(date), score, price)


def test_the_summary_is_the_rough_read_off_and_says_so():
    evidence = library.load_evidence("mmlu-pro-summary")
    assert [(g.frontier, g.budget) for g in evidence.gaps] == [(55, 35), (62, 50), (72, 65)]
    assert [g.date.year for g in evidence.gaps] == [2023, 2024, 2024]
    assert "69 / 39 / 30" in evidence.caveats


def test_models_of_the_price_band_cost_what_the_rule_says():
    prices = [row.price for row in library.load_evidence("mmlu-pro").records if row.actor == "budget"]
    assert len(prices) == 8
    assert all(0.5 <= price <= 1 for price in prices)


def test_prices_of_zero_are_left_out():
    published = [library.load_evidence(name) for name in library.names("evidence")]
    rows = [row for table in published if table.kind == "records" for row in table.records]
    assert any(row.price for row in rows)
    assert all(row.price is None or row.price > 0 for row in rows)


# Which rows are observations


def test_only_the_records_of_the_shipped_table_are_observations():
    found = read("mmlu-pro", day("2023-11-01"))
    frontier, budget = ([(o.label, o.value) for o in found if o.weights == seen] for seen in (OF_FRONTIER, OF_BUDGET))
    assert frontier == [
        ("GPT-4 Turbo", 69), ("Claude 3 Opus", 70), ("GPT-4o (May '24)", 74), ("Claude 3.5 Sonnet (June)", 75),
        ("Claude 3.5 Sonnet (Oct)", 77), ("o1", 84), ("Gemini 2.5 Pro Preview", 86),
    ]  # fmt: skip
    assert budget == [
        ("Mixtral 8x7B", 39), ("Llama 3 70B", 57), ("Llama 3.1 70B", 68), ("Llama 3.3 70B", 71),
        ("DeepSeek R1 Distill Llama 70B", 80), ("Grok 3 mini Reasoning (high)", 83),
    ]  # fmt: skip
    assert len(found) == len(frontier) + len(budget)
    assert all(o.share == 1 for o in found)


def test_of_a_date_only_the_best_is_a_record():
    rows = table(
        ("frontier", day("2024-01-01"), "second", 60.0),
        ("frontier", day("2024-01-01"), "first", 70.0),
        ("budget", day("2024-01-01"), "cheap", 50.0),
    )
    assert [o.label for o in observations(rows, [BUDGET])] == ["cheap", "first"]


def test_what_an_earlier_model_matches_or_beats_is_no_record():
    rows = table(
        ("frontier", day("2024-01-01"), "first", 70.0),
        ("frontier", day("2024-02-01"), "lower", 69.0),
        ("frontier", day("2024-03-01"), "equal", 70.0),
        ("frontier", day("2024-04-01"), "higher", 71.0),
        ("budget", day("2024-05-01"), "cheap", 60.0),
    )
    assert [o.label for o in observations(rows, [BUDGET])] == ["first", "higher", "cheap"]


def test_what_was_beaten_before_since_stays_beaten():
    rows = table(
        ("frontier", day("2023-01-01"), "old", 80.0),
        ("frontier", day("2024-01-01"), "new but lower", 75.0),
        ("frontier", day("2024-02-01"), "new and higher", 85.0),
        ("budget", day("2023-06-01"), "cheap", 60.0),
        ("budget", day("2024-01-01"), "on the day", 65.0),
    )
    assert [o.label for o in observations(rows, [BUDGET], day("2024-01-01"))] == ["on the day", "new and higher"]


def test_a_published_standard_error_is_kept_and_a_missing_one_is_zero():
    rows = table(
        ("frontier", day("2024-01-01"), "plain", 70.0), ("budget", day("2024-01-01"), "cheap", 60.0)
    ).model_dump(by_alias=True)
    rows["records"][0]["score_se"] = 1.5
    assert {o.label: o.se for o in observations(EvidenceTable(**rows), [BUDGET])} == {"plain": 1.5, "cheap": 0.0}


def boards():
    """Two actors over a year: the frontier is first, the budget actor's second model holds two quarters."""
    return table(
        ("frontier", day("2024-01-10"), "f1", 50.0),
        ("frontier", day("2024-08-01"), "f2", 60.0),
        ("frontier", day("2024-08-20"), "f3", 55.0),  # beaten before it came
        ("budget", day("2024-04-02"), "b1", 30.0),
        ("budget", day("2024-09-30"), "b2", 45.0),
        ("budget", day("2024-10-05"), "b3", 45.0),  # no better: b2 holds
        as_of=day("2024-12-31"),
    )


def standing(rows, since=None):
    found = observations(rows, [BUDGET], since, "quarter_ends")
    return [(to_date(o.year + 1e-9).isoformat(), o.label, *o.weights, o.value) for o in found]


def test_at_quarter_ends_the_best_so_far_of_both_is_seen_from_the_first_at_which_both_have_one():
    assert standing(boards()) == [
        ("2024-06-30", "b1", 0.0, 1.0, 30.0),
        ("2024-06-30", "f1", 1.0, 0.0, 50.0),
        ("2024-09-30", "b2", 0.0, 1.0, 45.0),  # released on the day
        ("2024-09-30", "f2", 1.0, 0.0, 60.0),
        ("2024-12-31", "b2", 0.0, 1.0, 45.0),
        ("2024-12-31", "f2", 1.0, 0.0, 60.0),
    ]
    assert standing(boards(), day("2024-10-01")) == standing(boards())[4:]
    known_until = boards().model_copy(update={"as_of": day("2024-12-30")})
    assert standing(known_until) == standing(boards())[:4]  # nobody knows the quarter's end yet


def test_at_quarter_ends_a_model_that_leads_both_series_is_one_datum():
    rows = table(("frontier", day("2024-01-10"), "both", 50.0), (BUDGET, day("2024-01-10"), "both", 50.0))
    rows = rows.model_copy(update={"as_of": day("2024-06-30")})
    found = observations(rows, [BUDGET], rule="quarter_ends")
    quarters = [2024 + 90 / 366, 2024 + 181 / 366]  # a datum each
    assert [(o.year, o.weights, o.share) for o in found] == [
        (year, seen, 1 / 2) for year in quarters for seen in (OF_BUDGET, OF_FRONTIER)
    ]


def test_at_quarter_ends_gaps_stand_as_they_were_published():
    gaps = library.load_evidence("mmlu-pro-summary")
    assert observations(gaps, [BUDGET], rule="quarter_ends") == observations(gaps, [BUDGET])


# Several actors


def four():
    """A frontier and three followers; "shared" is a record of all but the last, whose only model is its own."""
    return table(
        ("frontier", day("2024-01-10"), "f1", 50.0),
        ("frontier", day("2024-08-01"), "shared", 60.0),
        ("cheap", day("2024-08-01"), "shared", 60.0),
        ("open", day("2024-09-01"), "shared", 60.0),  # of the same model, but counted later
        ("home", day("2024-08-01"), "own", 20.0),
    )


def test_a_model_that_is_a_record_of_several_actors_is_one_datum_shared_among_them():
    found = observations(four(), ["cheap", "open", "home"])
    assert [(o.label, o.weights, o.share) for o in found] == [
        ("f1", (1, 0, 0, 0), 1),
        ("own", (0, 0, 0, 1), 1),
        ("shared", (0, 1, 0, 0), 1 / 3),
        ("shared", (1, 0, 0, 0), 1 / 3),
        ("shared", (0, 0, 1, 0), 1 / 3),
    ]
    assert sum(o.share for o in found) == pytest.approx(3)  # models


def test_only_followers_that_are_asked_for_are_read_and_share():
    assert [(o.weights, o.share) for o in observations(four(), ["open"])] == [
        ((1, 0), 1),
        ((1, 0), 1 / 2),
        ((0, 1), 1 / 2),
    ]
    alone = observations(four(), ["home"])
    assert [(o.label, o.weights, o.share) for o in alone] == [
        ("f1", (1, 0), 1), ("own", (0, 1), 1), ("shared", (1, 0), 1),
    ]  # fmt: skip


def test_the_same_model_with_another_score_is_another_datum():
    rows = table(("frontier", day("2024-01-10"), "m", 50.0), (BUDGET, day("2024-03-10"), "m", 40.0))
    assert [o.share for o in observations(rows, [BUDGET])] == [1, 1]


def test_published_gaps_are_those_to_the_first_follower():
    gaps = observations(library.load_evidence("mmlu-pro-summary"), ["first", "second"])
    assert [o.weights for o in gaps] == [(1, -1, 0)] * 3


def test_gaps_see_both_actors_with_opposite_weights():
    found = read("mmlu-pro-summary")
    assert found == (
        Observation(2023 + 181 / 365, "gap 2023-07-01", (1.0, -1.0), 20.0),
        Observation(2024 + 31 / 366, "gap 2024-02-01", (1.0, -1.0), 12.0),
        Observation(2024 + 305 / 366, "gap 2024-11-01", (1.0, -1.0), 7.0),
    )
    assert [o.value for o in read("mmlu-pro-summary", day("2024-02-01"))] == [12, 7]


@pytest.mark.parametrize("name", ["mmlu-pro", "mmlu-pro-summary"])
@pytest.mark.parametrize("rule", ["records", "quarter_ends"])
def test_after_all_rows_there_is_no_observation(name, rule):
    assert read(name, day("2030-01-01"), rule) == ()


def test_standing_records_are_the_running_best():
    rows = table(
        ("frontier", day("2024-04-01"), "d", 71.0),
        ("frontier", day("2024-01-01"), "a", 70.0),
        ("frontier", day("2024-02-01"), "b", 69.0),
        ("frontier", day("2024-01-01"), "c", 50.0),
        ("budget", day("2024-05-01"), "e", 60.0),
    )
    dates, scores = standing_records(rows, "frontier")
    assert dates.tolist() == [2024.0, 2024 + 31 / 366, 2024 + 91 / 366]
    assert scores.tolist() == [70.0, 70.0, 71.0]


def test_standing_records_of_gaps_are_of_each_actor():
    dates, scores = standing_records(library.load_evidence("mmlu-pro-summary"), "budget")
    assert scores.tolist() == [35.0, 50.0, 65.0]
    assert dates.tolist() == [2023 + 181 / 365, 2024 + 31 / 366, 2024 + 305 / 366]


records = st.lists(
    st.tuples(
        st.sampled_from(["frontier", "budget"]),
        st.dates(day("2023-01-01"), day("2026-12-31")),
        st.text("abcdef", min_size=3, max_size=8),
        st.integers(0, 100).map(float),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda row: row[:3],
).filter(lambda rows: {row[0] for row in rows} == {"frontier", "budget"})


@given(records, st.randoms(use_true_random=False))
def test_observations_increase_do_not_depend_on_the_order_of_rows_and_end_at_the_best(rows, random):
    found = observations(table(*rows), [BUDGET])
    random.shuffle(rows)
    again = observations(table(*rows), [BUDGET])
    for i, actor in enumerate(("frontier", "budget")):
        scores = [o.value for o in found if o.weights[i]]
        assert scores == sorted(set(scores))
        assert scores == [o.value for o in again if o.weights[i]]
        assert (
            scores[-1] == max(row[3] for row in rows if row[0] == actor) == standing_records(table(*rows), actor)[1][-1]
        )
    assert [o.year for o in found] == sorted(o.year for o in found)
    assert sum(o.share for o in found) == pytest.approx(len({(o.label, o.value) for o in found}))  # each datum once
