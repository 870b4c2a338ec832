"""The shipped tables against facts typed by hand, and which of their rows enter a likelihood."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast import library
from meekcast.clock import decimal_year
from meekcast.errors import InputError
from meekcast.evidence import EvidenceTable, Observation, observations
from meekcast.observed import standing_records

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
            "schema": 1, "name": "t", "title": "T", "benchmark": "b", "kind": "scores", "unit": "points",
            "budget_rule": "r", "date_precision": "day", "source": "s", "licence": "l",
            "records": [dict(zip(keys, row, strict=True)) for row in rows],
        }
        | changes
    )  # fmt: skip


def day(text):
    return dt.date.fromisoformat(text)


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
    for name in library.names("evidence"):
        assert all(row.price is None or row.price > 0 for row in library.load_evidence(name).records)


# Which rows are observations


def test_only_the_records_of_the_shipped_table_are_observations():
    found = observations(library.load_evidence("mmlu-pro"), day("2023-11-01"))
    frontier = [(o.label, o.value) for o in found if o.frontier]
    budget = [(o.label, o.value) for o in found if o.budget]
    assert frontier == [
        ("GPT-4 Turbo", 69), ("Claude 3 Opus", 70), ("GPT-4o (May '24)", 74), ("Claude 3.5 Sonnet (June)", 75),
        ("Claude 3.5 Sonnet (Oct)", 77), ("o1", 84), ("Gemini 2.5 Pro Preview", 86),
    ]  # fmt: skip
    assert budget == [
        ("Mixtral 8x7B", 39), ("Llama 3 70B", 57), ("Llama 3.1 70B", 68), ("Llama 3.3 70B", 71),
        ("DeepSeek R1 Distill Llama 70B", 80), ("Grok 3 mini Reasoning (high)", 83),
    ]  # fmt: skip
    assert all((o.frontier, o.budget) in {(1, 0), (0, 1)} for o in found)


def test_of_a_date_only_the_best_is_a_record():
    rows = table(
        ("frontier", day("2024-01-01"), "second", 60.0),
        ("frontier", day("2024-01-01"), "first", 70.0),
        ("budget", day("2024-01-01"), "cheap", 50.0),
    )
    assert [o.label for o in observations(rows)] == ["cheap", "first"]


def test_what_an_earlier_model_matches_or_beats_is_no_record():
    rows = table(
        ("frontier", day("2024-01-01"), "first", 70.0),
        ("frontier", day("2024-02-01"), "lower", 69.0),
        ("frontier", day("2024-03-01"), "equal", 70.0),
        ("frontier", day("2024-04-01"), "higher", 71.0),
        ("budget", day("2024-05-01"), "cheap", 60.0),
    )
    assert [o.label for o in observations(rows)] == ["first", "higher", "cheap"]


def test_what_was_beaten_before_since_stays_beaten():
    rows = table(
        ("frontier", day("2023-01-01"), "old", 80.0),
        ("frontier", day("2024-01-01"), "new but lower", 75.0),
        ("frontier", day("2024-02-01"), "new and higher", 85.0),
        ("budget", day("2023-06-01"), "cheap", 60.0),
        ("budget", day("2024-01-01"), "on the day", 65.0),
    )
    assert [o.label for o in observations(rows, day("2024-01-01"))] == ["on the day", "new and higher"]


def test_a_published_standard_error_is_kept_and_a_missing_one_is_zero():
    rows = table(
        ("frontier", day("2024-01-01"), "plain", 70.0), ("budget", day("2024-01-01"), "cheap", 60.0)
    ).model_dump(by_alias=True)
    rows["records"][0]["score_se"] = 1.5
    assert {o.label: o.se for o in observations(EvidenceTable(**rows))} == {"plain": 1.5, "cheap": 0.0}


def test_gaps_see_both_actors_with_opposite_weights():
    found = observations(library.load_evidence("mmlu-pro-summary"))
    assert found == (
        Observation(2023 + 181 / 365, "gap 2023-07-01", 1.0, -1.0, 20.0),
        Observation(2024 + 31 / 366, "gap 2024-02-01", 1.0, -1.0, 12.0),
        Observation(2024 + 305 / 366, "gap 2024-11-01", 1.0, -1.0, 7.0),
    )
    assert [o.value for o in observations(library.load_evidence("mmlu-pro-summary"), day("2024-02-01"))] == [12, 7]


@pytest.mark.parametrize("name", ["mmlu-pro", "mmlu-pro-summary"])
def test_a_since_after_all_rows_is_refused(name):
    with pytest.raises(InputError, match=f"evidence '{name}' has no row since 2030-01-01") as error:
        observations(library.load_evidence(name), day("2030-01-01"))
    assert error.value.remedy


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
    found = observations(table(*rows))
    random.shuffle(rows)
    again = observations(table(*rows))
    for actor in ("frontier", "budget"):
        scores = [o.value for o in found if getattr(o, actor)]
        assert scores == sorted(set(scores))
        assert scores == [o.value for o in again if getattr(o, actor)]
        assert (
            scores[-1] == max(row[3] for row in rows if row[0] == actor) == standing_records(table(*rows), actor)[1][-1]
        )
    assert [o.year for o in found] == sorted(o.year for o in found)
