"""Price lists of publishers: what they ask, since when, and what has changed."""

import datetime as dt
import json

import pytest

from meekcast.errors import InputError

TODAY = dt.date(2026, 11, 21)
MODELS_DEV = {
    "deepseek": {
        "id": "deepseek", "name": "DeepSeek",
        "models": {
            "deepseek-v4": {"id": "deepseek-v4", "name": "DeepSeek V4", "cost": {"input": 0.3, "output": 1.2}},
            "free-one": {"id": "free-one", "name": "Free", "cost": {"input": 0, "output": 0}},
            "no-price": {"id": "no-price", "name": "None"},
        },
    },
    "openrouter": {
        "id": "openrouter",
        "models": {
            "deepseek/deepseek-v4": {"name": "DeepSeek V4", "cost": {"input": 0.1, "output": 0.2}},
            "meta/llama-9": {"name": "Llama 9", "cost": {"input": 0.5, "output": 0.9}},
        },
    },
    "another-host": {"id": "another-host", "models": {"llama-9": {"name": "Llama 9", "cost": {"input": 0.4, "output": 0.8}}}},
}  # fmt: skip
CURRENT = {
    "updated_at": "2026-08-05",
    "prices": [
        {"id": "gpt-9", "vendor": "openai", "name": "GPT-9", "input": 2.5, "output": 10, "input_cached": None},
        {"id": "nova", "vendor": "amazon", "name": "Nova", "input": 0.06, "output": 0.24, "input_cached": None},
    ],
}
HISTORICAL = {
    "prices": [
        {"id": "gpt-9", "vendor": "openai", "name": "GPT-9", "input": 5, "output": 20, "from_date": None, "to_date": "2026-02-01"},
        {"id": "gpt-9", "vendor": "openai", "name": "GPT-9", "input": 2.5, "output": 10, "from_date": "2026-02-01", "to_date": None},
    ]
}  # fmt: skip
VENDOR = {
    "vendor": "openai",
    "models": [
        {"id": "gpt-9", "name": "GPT-9", "price_history": [
            {"input": 2.5, "output": 10, "input_cached": 1.25, "from_date": "2026-02-01", "to_date": None},
            {"input": 5, "output": 20, "input_cached": None, "from_date": "2025-11-01", "to_date": "2026-02-01"},
        ]},
    ],
}  # fmt: skip
LITELLM = {
    "sample_spec": {"litellm_provider": "one of", "mode": "one of: chat, embedding", "input_cost_per_token": 0.0},
    "gpt-9": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05},
    "azure/gpt-9": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
    "embed": {"litellm_provider": "openai", "mode": "embedding", "input_cost_per_token": 1e-07, "output_cost_per_token": 0.0},
    "third": {"litellm_provider": "deepinfra", "mode": "chat", "input_cost_per_token": 3e-07, "output_cost_per_token": 1.1e-06},
}  # fmt: skip


def rows(found):
    return [(p.model, str(p.date), p.input, p.output) for p in found.price_list.rows]


def test_models_dev_the_makers_own_price_or_the_lowest(importing):
    found = importing(json.dumps(MODELS_DEV), name="models-dev", as_of=dt.date(2026, 10, 1))
    assert rows(found) == [("deepseek-v4", "2026-10-01", 0.3, 1.2), ("llama-9", "2026-10-01", 0.4, 0.8)]
    assert found.table is None
    assert [str(problem) for problem in found.refused] == [
        "exam.csv, entry 2, column input: free-one: a price of 0 is a free offer, which says nothing about what it costs (got '0')"
    ]
    assert any("first seen on 2026-10-01" in note for note in found.notes)


def test_a_known_price_that_somebody_still_asks_is_no_cut(importing, priced):
    known = priced(**{"llama-9": [("2026-01-01", (3 * 0.5 + 0.9) / 4)]})
    found = importing(json.dumps(MODELS_DEV), prices=known)
    assert [p.model for p in found.price_list.rows] == ["deepseek-v4"]
    assert found.unchanged == 1


def test_llm_prices_of_today_carry_their_date(importing):
    found = importing(json.dumps(CURRENT), name="llm-prices")
    assert rows(found) == [("gpt-9", "2026-08-05", 2.5, 10), ("nova", "2026-08-05", 0.06, 0.24)]


def test_llm_prices_history_a_price_without_a_beginning_held_before_its_end(importing):
    found = importing(json.dumps(HISTORICAL), name="llm-prices")
    assert rows(found) == [("gpt-9", "2026-01-31", 5, 20), ("gpt-9", "2026-02-01", 2.5, 10)]
    assert [(p.before, p.after) for p in found.comparison.prices] == [(None, 8.75), (8.75, 4.375)]


def test_llm_prices_of_one_vendor(importing):
    assert rows(importing(json.dumps(VENDOR))) == [("gpt-9", "2025-11-01", 5, 20), ("gpt-9", "2026-02-01", 2.5, 10)]


def test_litellm_is_in_usd_per_token(importing):
    found = importing(json.dumps(LITELLM), name="litellm")
    assert rows(found) == [("gpt-9", str(TODAY), 2.5, 10), ("third", str(TODAY), 0.3, 1.1)]


def test_any_list_of_prices(importing):
    text = "Model;Datum;Eingabe;Ausgabe\nA;2025-01-01;0,5;1,5\nB;2025-02-01;2;\nC;2027-01-01;1;2\nD;2025-02-01;-1;2\n;;1;2\n"
    found = importing(text, columns={"model": "Model", "date": "Datum", "input": "Eingabe", "output": "Ausgabe"})
    assert rows(found) == [("A", "2025-01-01", 0.5, 1.5)]
    told = [str(problem) for problem in found.refused]
    assert ["line 3" in told[0], "no price of output" in told[0]] == [True, True]
    assert "after today" in told[1]
    assert "above 0" in told[2]
    assert "no model" in told[3]


def test_only_changes_are_rows(importing, priced):
    known = priced(**{"gpt-9": [("2025-11-01", 8.75)], "Nova": [("2026-01-01", 0.105)]})
    found = importing(json.dumps(CURRENT), prices=known)
    assert rows(found) == [("gpt-9", "2026-08-05", 2.5, 10)]
    assert found.unchanged == 1  # nova is Nova
    assert [(p.model, p.before, p.after) for p in found.comparison.prices] == [("gpt-9", 8.75, 4.375)]


def test_a_price_cut_moves_records_and_names_are_matched(importing, board, priced):
    """A model that a board knows by its display name becomes a record of the price band by a cut."""
    exam = board(("GPT-9", "2025-12-01", 90), ("Cheap", "2025-12-05", 50), name="exam")
    known = priced(Cheap=[("2025-12-05", 0.5)])
    cut = {
        "updated_at": "2026-08-05",
        "prices": [{"id": "gpt-9-2025", "vendor": "openai", "name": "GPT 9", "input": 0.5, "output": 2}],
    }
    found = importing(json.dumps(cut), name="cuts", boards=[exam], prices=known)
    assert found.aliases == {"GPT-9": "gpt-9-2025"}
    moved = {(m.board, m.actor): [r.model for r in m.came] for m in found.comparison.records}
    assert moved == {("exam", "price_band"): ["GPT-9"]}
    assert found.unmatched == ()


def test_models_of_a_price_list_that_no_board_has_are_listed(importing, board):
    exam = board(("GPT-9", "2025-12-01", 90), name="exam")
    assert importing(json.dumps(CURRENT), boards=[exam]).unmatched == ("nova",)


def test_a_list_of_free_offers_alone_is_refused(importing):
    free = {"prices": [{"id": "a", "input": 0, "output": 0}]}
    with pytest.raises(InputError, match="no price can be used") as error:
        importing(json.dumps(free))
    assert error.value.remedy
