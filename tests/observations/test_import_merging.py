"""An import onto a table that stands: spelling, facts, editions, and what is different."""

import datetime as dt

import pytest

from meekcast.errors import InputError
from meekcast.observations.importing.write import head_text
from meekcast.observations.prices import Prices

NEW = """model,released,score
big ONE,2025-01-01,60
Small,2025-02-01,47.5
Fresh,2025-06-01,70
"""


@pytest.fixture
def stood(board):
    """What stands: a board with facts that files do not say."""
    return board(
        {"model": "Big One", "released": "2025-01-01", "score": 60, "open_weights": False, "developer": "Lab"},
        {"model": "Small", "released": "2025-02-01", "known_on": "2025-02-09", "score": 45, "open_weights": True, "parameters": 8e9},
        {"model": "Lost", "released": "2025-03-01", "score": 50},
        name="exam", title="Our exam", benchmark="exam_1", chance=25.0, questions=100, caveats="Of what ships.",
    )  # fmt: skip


def test_a_refresh_needs_no_options_and_keeps_what_the_file_does_not_say(importing, stood):
    found = importing(NEW, boards=[stood])
    table = found.table
    assert (table.benchmark, table.chance, table.questions, table.title) == ("exam_1", 25.0, 100, "Our exam")
    rows = {row.model: row for row in table.rows}
    assert (rows["Big One"].open_weights, rows["Big One"].developer) == (False, "Lab")
    assert (rows["Small"].parameters, rows["Small"].known_on) == (8e9, dt.date(2025, 2, 9))
    assert rows["Fresh"].open_weights is None
    assert any("open_weights of 2" in note for note in found.notes)
    assert table.caveats == ""  # they are about the rows that ship


def test_the_difference_is_told(importing, stood):
    found = importing(NEW, boards=[stood]).comparison
    assert [row.model for row in found.new] == ["Fresh"]
    assert [row.model for row in found.gone] == ["Lost"]
    assert [(c.model, c.what, c.before, c.after) for c in found.changed] == [("Small", "score", 45, 47.5)]
    moved = {
        (m.actor, r.model): sign for m in found.records for sign, rows in (("+", m.came), ("-", m.went)) for r in rows
    }
    assert moved["frontier", "Fresh"] == "+"
    assert ("open_weights", "Small") not in moved  # still a record, with another score
    assert importing(NEW, boards=[importing(NEW, boards=[stood]).table]).comparison.nothing


def test_rows_that_would_go_are_doubtful_and_kept_by_add(importing, stood):
    assert importing(NEW, boards=[stood]).doubts == ("1 of 3 models that stood are not in the file (--add keeps them)",)
    found = importing(NEW, boards=[stood], add=True, source="Our lab")
    assert found.doubts == ()
    assert {row.model for row in found.table.rows} == {"Big One", "Small", "Fresh", "Lost"}
    assert found.table.source == "s; Our lab"


def test_editions_add_up(importing, board):
    rows = [
        {"model": "A", "released": "2025-01-01", "score": 1300, "vintage": "2025-06-30"},
        {"model": "B", "released": "2025-02-01", "score": 1350, "vintage": "2025-06-30"},
    ]
    stood = board(*rows, name="arena", unit="elo", chance=None, scales=[dt.date(2025, 5, 1)])
    text = "model,score\nA,1310\nB,1340\nC,1400\n"
    with pytest.raises(InputError, match="--as-of 2025-01-01 is earlier"):
        importing("model,released,score\nA,2025-02-01,1\n", name="arena", boards=[stood], as_of=dt.date(2025, 1, 1))
    found = importing(text, name="arena", boards=[stood], as_of=dt.date(2025, 9, 30))
    assert found.table.vintages == (dt.date(2025, 6, 30), dt.date(2025, 9, 30))
    assert found.table.scales == (dt.date(2025, 5, 1),)
    rows = {(row.model, row.vintage.month): row for row in found.table.rows}
    assert rows["C", 9].known_on == dt.date(2025, 9, 30)  # the first edition that shows it
    assert rows["A", 9].released == dt.date(2025, 1, 1)
    assert [row.score for row in found.table.at(dt.date(2025, 7, 1))] == [1300, 1350]
    assert any("the edition of 2025-09-30" in note for note in found.notes)
    again = importing("model,score\nA,1311\n", name="arena", boards=[found.table], as_of=dt.date(2025, 9, 30))
    assert {row.model for row in again.table.rows if row.vintage.month == 9} == {"A"}  # takes the place of that edition
    today = importing(text, name="arena", boards=[stood])
    assert today.table.vintages[-1] == dt.date(2026, 11, 21)
    assert any("--as-of DATE says otherwise" in note for note in today.notes)


def test_one_edition_on_a_table_without_editions_is_dated_by_it(importing, board):
    stood = board({"model": "A", "released": "2025-01-01", "score": 1300}, name="arena", unit="elo", chance=None)
    text = "model,score,vintage\nA,1310,2025-09-30\nB,1320,2025-09-30\n"
    table = importing(text, name="arena", boards=[stood]).table
    assert table.vintages == (dt.date(2025, 9, 30),)
    assert {row.model: row.known_on for row in table.rows}["B"] == dt.date(2025, 9, 30)
    with pytest.raises(InputError, match="--add"):
        importing(text, name="arena", boards=[stood], add=True)
    mixed = importing(text + "C,1330,\n", name="arena", boards=[stood], as_of=dt.date(2025, 10, 1)).table
    assert mixed.vintages == ()


def test_another_unit_is_refused_unless_it_is_meant(importing, stood):
    elo = "rank,model,arena_score\n1,Big,1287\n"
    with pytest.raises(InputError, match="is in elo; 'exam', which stands, is in points") as error:
        importing(elo, boards=[stood])
    assert "--as exam-elo" in error.value.remedy
    found = importing(elo, boards=[stood], unit="elo", as_of=dt.date(2024, 6, 19))
    assert [row.model for row in found.comparison.new] == ["Big"]


def test_names_are_matched_with_prices_and_the_others_listed(importing, priced):
    prices = priced(**{"gpt-4o": [("2024-05-13", 7.5)], "claude-3-5": [("2024-06-20", 6)]})
    prices = Prices({**prices.by_model, "commandr": prices.of("gpt-4o")}, {"Claude 3.5": "claude-3-5"})
    text = (
        "model,released,score\nGPT-4o_high,2024-05-13,55\nClaude 3.5,2024-06-20,60\nclaude-3.5_16K,2024-06-20,59\nClaude 35,2025-01-01,35\n"
        "Command R+,2024-04-01,40\nGPT-4o mini,2024-07-18,41\n"
    )
    found = importing(text, unit="points", chance=25, prices=prices)
    assert found.aliases == {"GPT-4o_high": "gpt-4o", "claude-3.5_16K": "claude-3-5"}
    assert found.unmatched == ("Claude 35", "Command R+", "GPT-4o mini")


def test_prices_beside_scores_become_a_price_list(importing):
    text = "model,released,known_on,score,price\nBig,2025-01-01,2025-01-05,60,12.5\nFree,2025-02-01,,50,0\n"
    found = importing(text, unit="points", chance=25)
    assert [(p.model, p.date, p.blended) for p in found.price_list.rows] == [("Big", dt.date(2025, 1, 5), 12.5)]
    assert {row.model for row in found.table.rows} == {"Big", "Free"}
    assert [(p.column, "price of 0" in p.why) for p in found.refused] == [("price", True)]
    assert found.unmatched == ("Free",)


def test_the_head_of_a_table_is_toml_again(importing, stood):
    import tomllib

    table = importing(NEW, boards=[stood], title='A "title" \\ of ours').table
    read = tomllib.loads(head_text(table, "exam.csv"))
    assert read["title"] == 'A "title" \\ of ours'
    assert (read["schema"], read["kind"], read["rows"], read["chance"]) == (1, "scores", "exam.csv", 25.0)
    assert "as_of" not in read  # it follows the newest row
