"""Tables of scores and price lists as files: rows beside the TOML file, the user's own folder, prices that add up."""

import datetime as dt
import os
from pathlib import Path

import pytest

from meekcast.cards import evidence, library
from meekcast.errors import InputError
from meekcast.observations import EvidenceTable, PriceTable, ScoreTable

BOARD = """schema = 1
name = "exam"
title = "Our exam"
benchmark = "exam"
kind = "scores"
unit = "points"
chance = 25.0
date_precision = "day"
as_of = 2024-12-31
source = "Made up"
licence = "Facts"
rows = "exam.csv"
"""
SCORES = """model,developer,released,known_on,score,score_se,open_weights,parameters,cost_per_task
big,Lab,2024-01-01,,60,,no,,
small,Lab,2024-02-01,2024-03-01,40,2.0,yes,8e9,0.01
"""
LIST = """schema = 1
name = "mine"
title = "What we pay"
kind = "prices"
source = "Our invoices"
licence = "Facts"
rows = "mine.csv"
"""
PAID = """model,date,input,output,blended,source
small,2024-02-01,0.2,0.6,,invoice
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's folder of evidence."""
    folder = tmp_path / "home"
    (folder / "prices").mkdir(parents=True)
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(folder))
    return folder


def write(folder, name="exam", toml=BOARD, rows=SCORES):
    (folder / f"{name}.toml").write_text(toml, encoding="utf-8")
    if rows is not None:
        (folder / f"{name}.csv").write_text(rows, encoding="utf-8")
    return folder / f"{name}.toml"


def refused(action, *pieces, remedy=""):
    with pytest.raises(InputError) as error:
        action()
    for piece in pieces:
        assert piece in error.value.message
    assert error.value.remedy
    assert remedy in error.value.remedy
    return error.value


def test_a_table_of_scores_is_read_with_the_rows_beside_it(tmp_path):
    file = write(tmp_path)
    table = library.load_evidence(str(file))
    assert isinstance(table, ScoreTable)
    assert [(row.model, row.score) for row in table.rows] == [("big", 60), ("small", 40)]
    assert table == library.check(file) == library.load_any_evidence(str(file))
    assert library.kind_of(table) == "table of scores"
    assert library.text_of(table) == BOARD
    assert library.fingerprint(table) != library.fingerprint(table.model_copy(update={"rows": table.rows[:1]}))


def test_what_stood_as_records_stays_a_table_of_records():
    assert isinstance(library.load_evidence("mmlu-pro-small"), EvidenceTable)


@pytest.mark.parametrize(
    ("old", "new", "pieces", "remedy"),
    [
        ('rows = "exam.csv"\n', "", ["no rows are named"], 'rows = "exam.csv"'),
        ('"exam.csv"', '"../exam.csv"', ["rows = '../exam.csv' is not a plain file name"], 'rows = "exam.csv"'),
        ('"exam.csv"', '"sub/exam.csv"', ["is not a plain file name"], "same folder"),
        ('"exam.csv"', r'"..\\exam.csv"', ["is not a plain file name"], "same folder"),
        ('"exam.csv"', '"/etc/passwd"', ["is not a plain file name"], "same folder"),
        ('"exam.csv"', '"C:exam.csv"', ["is not a plain file name"], "same folder"),
        ('"exam.csv"', '".."', ["is not a plain file name"], "same folder"),
        ('"exam.csv"', '""', ["is not a plain file name"], "same folder"),
        ('"exam.csv"', "3", ["rows is not the name of a file (got int)"], "same folder"),
        ('rows = "exam.csv"', "rows = [{ model = 'm' }]", ["rows is not the name of a file (got list)"], "same folder"),
        ('"exam.csv"', '"exams.csv"', ["there is no file", "exams.csv"], "same folder"),
        ("chance = 25.0\n", "", ["chance is missing"], "Mend"),
        ('unit = "points"', 'unit = "elo"', ["chance = 25, but only points have one"], "Mend"),
        ('licence = "Facts"', 'license = "Facts"', ["unknown key 'license'. Did you mean 'licence'?"], "Mend"),
        ("2024-12-31", "2024-02-15", ["exam.csv, line 3, column known_on", "as_of = 2024-02-15", "2024-03-01"], ""),
        ('rows = "exam.csv"', "records = []", ['records in a table of kind \'scores\''], 'kind = "records"'),
        ('rows = "exam.csv"', "gaps = []", ["gaps in a table of kind 'scores'"], 'kind = "gaps"'),
    ],
)  # fmt: skip
def test_a_toml_file_that_does_not_say_its_rows_is_refused(tmp_path, old, new, pieces, remedy):
    assert old in BOARD
    file = write(tmp_path, toml=BOARD.replace(old, new))
    for action in (lambda: library.load_evidence(str(file)), lambda: library.check(file)):
        refused(action, str(tmp_path), *pieces, remedy=remedy)


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ("40,2.0", "140,2.0", ["line 3, column score", "between 0 and 100, got 140"]),
        ("40,2.0", "-4,2.0", ["line 3, column score", "got -4"]),
        ("small,", "big,", ["line 3, column model", "duplicate row: big"]),
        (",yes,", ",open,", ["line 3, column open_weights", "write yes, no", "'open'"]),
        ("2024-01-01", "2025-01-01", ["line 2, column released", "as_of = 2024-12-31"]),
    ],
)
def test_a_row_is_refused_with_its_line(tmp_path, old, new, pieces):
    file = write(tmp_path, rows=SCORES.replace(old, new))
    refused(lambda: library.load_evidence(str(file)), str(tmp_path / "exam.csv"), *pieces)


def test_vintages_stand_on_all_rows(tmp_path):
    lines = SCORES.splitlines()
    rows = "\n".join([lines[0] + ",vintage", lines[1] + ",2024-06-30", lines[2] + ","])
    file = write(tmp_path, rows=rows)
    refused(lambda: library.load_evidence(str(file)), "exam.csv, line 3, column vintage", "on all rows or on none")


def test_the_user_s_folder_is_found_by_name_and_wins_over_what_ships(home):
    shipped = library.names("evidence")
    write(home)
    assert library.names("evidence") == tuple(sorted([*shipped, "exam"]))
    assert library.load_evidence("exam").title == "Our exam"
    assert "exam" in library.evidence_names()
    write(home, "mmlu-pro-small", BOARD)
    write(home)  # the rows
    assert library.locate("evidence", "mmlu-pro-small") == home / "mmlu-pro-small.toml"
    assert library.load_any_evidence("mmlu-pro-small").title == "Our exam"
    assert library.names("evidence") == tuple(sorted({*shipped, "exam"}))


def test_a_trend_in_the_user_s_folder_wins_too(home):
    text = (library.shelf("trends") / "training-costs.toml").read_text(encoding="utf-8")
    (home / "training-costs.toml").write_text(text.replace("title = ", 'title = "Mine"  #', 1), encoding="utf-8")
    assert library.load_any_evidence("training-costs").title == "Mine"
    assert library.evidence_names().count("training-costs") == 1


def test_a_folder_that_does_not_exist_is_no_error(monkeypatch, tmp_path):
    shipped = library.names("evidence")
    for name, value in (("MEEKCAST_EVIDENCE", tmp_path / "none"), ("MEEKCAST_EVIDENCE", ""), ("HOME", "/nowhere")):
        monkeypatch.setenv(name, str(value))
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "no data"))
        assert library.names("evidence") == shipped
        library.load_prices()


def test_where_the_user_s_folder_is(monkeypatch):
    monkeypatch.setenv("MEEKCAST_EVIDENCE", "mine")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("HOME", "/home/me")
    assert evidence.user_folder() == Path("mine")
    monkeypatch.delenv("MEEKCAST_EVIDENCE")
    assert evidence.user_folder() == Path("/data/meekcast/evidence")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert evidence.user_folder() == Path("/home/me/.local/share/meekcast/evidence")


def test_prices_of_the_user_add_up_with_those_that_ship(home):
    before = library.load_prices()
    write(home / "prices", "mine", LIST, PAID)
    (home / "prices" / "aliases.csv").write_text("alias,model\nSmall (v1),small\n", encoding="utf-8")
    prices = library.load_prices()
    assert prices.of("small") == prices.of("Small (v1)") == ((dt.date(2024, 2, 1), pytest.approx(0.3)),)
    assert set(prices.by_model) == {*before.by_model, "small"}
    assert library.load_prices() is prices


def test_prices_are_read_anew_when_a_file_has_changed(home):
    file = write(home / "prices", "mine", LIST, PAID)
    (old,) = library.load_prices().of("small")
    rows = file.with_suffix(".csv")
    rows.write_text(PAID + "small,2024-06-01,0.1,0.1,,invoice\n", encoding="utf-8")
    os.utime(rows, ns=(1, 1))
    assert library.load_prices().of("small") == (old, (dt.date(2024, 6, 1), 0.1))


def test_check_reads_a_price_list(tmp_path):
    table = library.check(write(tmp_path, "mine", LIST, PAID))
    assert isinstance(table, PriceTable)
    assert library.kind_of(table) == "price list"


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ("0.2", "0", ["line 2, column input", "greater than 0", "'0'"]),
        ("0.6", "", ["line 2", "input and output go together"]),
        ("2024-02-01", "soon", ["line 2, column date", "'soon'"]),
        ("invoice\n", "invoice\nsmall,2024-02-01,1,1,,again\n", ["line 3, column date", "duplicate row: small"]),
    ],
)
def test_a_price_list_that_cannot_be_read_is_refused(home, old, new, pieces):
    file = write(home / "prices", "mine", LIST, PAID.replace(old, new))
    for action in (library.load_prices, lambda: library.check(file)):
        refused(action, str(file.with_suffix(".csv")), *pieces)


@pytest.mark.parametrize(
    ("aliases", "pieces", "remedy"),
    [
        ("alias,model\nS,smal\n", ["line 2, column model", "no price list has a model 'smal'"], "Did you mean 'small'"),
        ("alias,model\nS,small\nS,small\n", ["line 3, column alias", "'S' stands twice"], "Keep one"),
        ("alias,models\nS,small\n", ["line 1", "unknown column 'models'"], "alias,model"),
        ("alias,model\n,small\n", ["line 2, column alias", "the cell is empty"], "Mend"),
    ],
)
def test_an_alias_that_finds_no_price_is_refused(home, aliases, pieces, remedy):
    write(home / "prices", "mine", LIST, PAID)
    (home / "prices" / "aliases.csv").write_text(aliases, encoding="utf-8")
    refused(library.load_prices, "aliases.csv", *pieces, remedy=remedy)
