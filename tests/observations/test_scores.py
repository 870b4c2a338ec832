"""Tables of all scored models: what a row may say, and what a board said on a date."""

import datetime as dt

import pytest
from pydantic import ValidationError

from meekcast.errors import InputError
from meekcast.observations.scores import Score, ScoreTable
from meekcast.observations.sheet import read_sheet

HEADER = ",".join(ScoreTable.COLUMNS)
GOOD = "m-1,Lab,2024-05-01,2024-06-01,61.5,2.5,yes,8e9,0.12"


def day(text):
    return dt.date.fromisoformat(text)


def sheet(folder, *lines, header=HEADER):
    file = folder / "mine.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return read_sheet(Score, file, ScoreTable.COLUMNS, ScoreTable.OPTIONAL)


def test_cells_are_read_as_what_their_column_holds(tmp_path):
    full, bare = sheet(tmp_path, GOOD, ' "m, 2",,2024-05-01,, 50 ,,,,').rows
    assert full == Score(
        model="m-1", developer="Lab", released=day("2024-05-01"), known_on=day("2024-06-01"), score=61.5, score_se=2.5,
        open_weights=True, parameters=8_000_000_000, cost_per_task=0.12,
    )  # fmt: skip
    assert bare == Score(model="m, 2", released=day("2024-05-01"), score=50)
    assert (bare.open_weights, bare.parameters, bare.score_se, bare.known_on) == (None, None, None, None)


def test_a_date_is_the_release_and_what_is_known_is_when_the_board_showed_it():
    both = Score(model="m", released="2024-05-01", known_on="2024-06-01", score=1)
    seen = Score(model="m", known_on="2024-06-01", score=1)
    assert (both.date, both.known) == (day("2024-05-01"), day("2024-06-01"))
    assert (seen.date, seen.known) == (day("2024-06-01"), day("2024-06-01"))


def test_an_editor_s_mark_blank_lines_and_windows_ends_of_lines_do_no_harm(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n\r\n{GOOD.replace('m-1', 'm-2')}\r\n".encode())
    found = read_sheet(Score, file, ScoreTable.COLUMNS, ScoreTable.OPTIONAL)
    assert [row.model for row in found.rows] == ["m-1", "m-2"]
    assert found.lines == (2, 4)


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        (GOOD.replace("2024-05-01", "01.05.2024"), ["column released", "not a date", "'01.05.2024'", "2024-05-01"]),
        (GOOD.replace("2024-05-01", "20240501"), ["column released", "not a date"]),
        (GOOD.replace("2024-05-01", "1714521600"), ["column released", "not a date"]),
        (GOOD.replace("2024-05-01", "2024-02-30"), ["column released", "'2024-02-30'"]),
        (GOOD.replace("2024-05-01", "1949-12-31"), ["column released", "1950-01-01", "'1949-12-31'"]),
        (GOOD.replace("2024-06-01", "June"), ["column known_on", "'June'"]),
        (GOOD.replace("61.5", "high"), ["column score", "'high'"]),
        (GOOD.replace("61.5", ""), ["column score", "the cell is empty"]),
        (GOOD.replace("m-1", " "), ["column model", "the cell is empty"]),
        (GOOD.replace("2.5", "0"), ["column score_se", "greater than 0", "'0'"]),
        (GOOD.replace("yes", "open"), ["column open_weights", "write yes, no, or nothing", "'open'"]),
        (GOOD.replace("8e9", "8B"), ["column parameters", "'8B'"]),
        (GOOD.replace("8e9", "-8e9"), ["column parameters", "greater than 0"]),
        (GOOD.replace("0.12", "inf"), ["column cost_per_task", "finite"]),
        ("m-1,Lab,,,61.5,2.5,yes,8e9,0.12", ["m-1: neither released nor known_on"]),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused_with_file_line_and_column(tmp_path, line, pieces):
    with pytest.raises(InputError) as error:
        sheet(tmp_path, GOOD.replace("m-1", "m-0"), "", line)
    assert f"{tmp_path / 'mine.csv'}, line 4" in error.value.message
    for piece in pieces:
        assert piece in error.value.message
    assert error.value.remedy


@pytest.mark.parametrize(
    ("lines", "header", "message", "remedy"),
    [
        ([GOOD + ",x"], HEADER, "line 2: 10 cells, but the header has 9 columns", "quotes"),
        (["Meta, Inc.," + GOOD], HEADER, "line 2: 11 cells", "quotes"),
        (['"m-1,Lab'], HEADER, "line 2: not a row of a CSV file", "quotes"),
        ([], HEADER, "has no rows", HEADER),
        ([GOOD], HEADER.replace("model", "models"), "line 1: unknown column 'models'. Did you mean 'model'?", HEADER),
        ([GOOD], HEADER.removesuffix(",cost_per_task"), "line 1: no column 'cost_per_task'", HEADER),
        (
            [GOOD],
            HEADER.replace("model,developer", "developer,model"),
            "line 1: the columns are in another order",
            HEADER,
        ),
        ([GOOD], HEADER + ",model", "line 1: a column stands twice", "vintage"),
        ([GOOD.replace("Lab", "L\0ab")], HEADER, "line 2: a NUL character", "UTF-8"),
    ],
)
def test_a_file_that_is_no_such_sheet_is_refused(tmp_path, lines, header, message, remedy):
    with pytest.raises(InputError) as error:
        sheet(tmp_path, *lines, header=header)
    assert str(tmp_path / "mine.csv") in error.value.message
    assert message in error.value.message
    assert remedy in error.value.remedy


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe", "cannot read"), (b"", "has no rows"), (None, "cannot read")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, message):
    if content is not None:
        (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_sheet(Score, tmp_path / "mine.csv", ScoreTable.COLUMNS)


def test_of_many_problems_the_first_ten_are_told(tmp_path):
    with pytest.raises(InputError) as error:
        sheet(tmp_path, *[GOOD.replace("61.5", "high")] * 12)
    assert len(error.value.message.splitlines()) == 11
    assert "2 problems more" in error.value.message


def test_a_quoted_cell_may_hold_lines_and_lines_are_still_counted(tmp_path):
    with pytest.raises(InputError, match=r"line 4, column score: "):
        sheet(tmp_path, GOOD.replace("Lab", '"La\nb"'), GOOD.replace("61.5", "x"))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"chance": None}, "chance is missing"),
        ({"unit": "elo"}, "only points have one"),
        ({"unit": "index", "chance": 0.0}, "only points have one"),
        ({"chance": 100.0}, "less than 100"),
        ({"as_of": day("2024-01-31")}, "as_of = 2024-01-31, but a row is later: b, 2024-02-01"),
        ({"scales": [day("2024-01-01")]}, "scales: no vintage"),
        ({"rows": []}, "at least 1 item"),
        ({"benchmark": "B 1"}, "pattern"),
        ({"questions": 0}, "greater than 0"),
        ({"source": " "}, "blank"),
        ({"licence": ""}, "blank"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(board, said, message):
    rows = [("a", "2024-01-01", 10), ("b", "2024-02-01", 20)]
    assert board(*rows).size == 2
    with pytest.raises(ValidationError, match=message):
        board(*rows, **said)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "2024-01-01", 101)], "between 0 and 100, got 101"),
        ([("a", "2024-01-01", -1)], "between 0 and 100, got -1"),
        ([("a", "2024-01-01", 10), ("a", "2024-01-02", 20)], "duplicate row: a "),
        (
            [{"model": "a", "released": "2024-01-01", "score": 1, "vintage": "2024-02-01"}, ("b", "2024-01-01", 2)],
            "a vintage stands on all rows or on none, not so on b",
        ),
        (
            [{"model": "a", "released": "2024-01-01", "score": 1, "vintage": "2024-02-01"}] * 2,
            "duplicate row: a of vintage 2024-02-01",
        ),
    ],
)
def test_rows_that_do_not_go_together_are_refused(board, rows, message):
    with pytest.raises(ValidationError, match=message):
        board(*rows)


def test_scores_without_limits_of_their_own_are_not_negative_and_finite(board):
    assert board(("a", "2024-01-01", 1500), unit="elo", chance=None).rows[0].score == 1500
    for score in (-1, float("nan"), float("inf"), 1e7):
        with pytest.raises(ValidationError, match="a score"):
            board(("a", "2024-01-01", score), unit="elo", chance=None)


def vintages(board, **said):
    def row(model, released, vintage, score):
        return {"model": model, "released": released, "known_on": released, "vintage": vintage, "score": score}

    return board(
        row("a", "2024-01-05", "2024-03-31", 1100),
        row("a", "2024-01-05", "2024-06-30", 1110),
        row("a", "2024-01-05", "2024-09-30", 1300),
        row("b", "2024-05-05", "2024-06-30", 1200),
        row("b", "2024-05-05", "2024-09-30", 1400),
        row("gone", "2024-02-01", "2024-03-31", 1000),
        row("new", "2024-08-01", "2024-09-30", 1500),
        unit="elo",
        chance=None,
        **said,
    )


def shown(table, date=None):
    return {score.model: score.score for score in table.at(date and day(date))}


def test_a_board_on_a_date_is_its_newest_vintage_by_then(board):
    table = vintages(board)
    assert table.vintages == (day("2024-03-31"), day("2024-06-30"), day("2024-09-30"))
    assert shown(table) == {"a": 1300, "b": 1400, "gone": 1000, "new": 1500}
    assert shown(table, "2024-09-30") == shown(table)
    assert table.vintage_on(day("2024-07-31")) == day("2024-06-30")
    assert shown(table, "2024-07-31") == {"a": 1110, "b": 1200, "gone": 1000}
    assert shown(table, "2024-03-31") == {"a": 1100, "gone": 1000}


def test_before_the_first_vintage_final_scores_stand_in_for_models_known_by_then(board):
    table = vintages(board)
    assert table.vintage_on(day("2024-02-10")) is None
    assert shown(table, "2024-02-10") == {"a": 1300, "gone": 1000}
    assert shown(table, "2023-12-31") == {}


def test_vintages_of_another_scale_are_not_mixed(board):
    table = vintages(board, scales=[day("2024-06-01")])
    assert shown(table) == {"a": 1300, "b": 1400, "new": 1500}  # "gone" was never rated on this scale
    assert shown(table, "2024-04-30") == {"a": 1100, "gone": 1000}  # nobody knew yet that the scale would change
    assert table.vintage_on(day("2024-06-10")) is None
    assert shown(table, "2024-06-10") == {"a": 1300, "b": 1400}  # no vintage of the new scale yet: final scores
    assert shown(table, "2024-06-30") == {"a": 1110, "b": 1200}
    with pytest.raises(ValidationError, match="no vintage is of the scale of 2024-10-01"):
        vintages(board, scales=[day("2024-10-01")])


def test_a_board_without_vintages_shows_what_was_known(board):
    table = board(
        ("a", "2024-01-01", 10), {"model": "b", "released": "2024-01-01", "known_on": "2024-03-01", "score": 9}
    )
    assert table.vintage_on(day("2024-12-31")) is None
    assert shown(table) == shown(table, "2024-03-01") == {"a": 10, "b": 9}
    assert shown(table, "2024-02-29") == {"a": 10}


def test_a_board_is_known_up_to_what_it_says_or_its_newest_date(board):
    rows = [("a", "2024-01-01", 10), {"model": "b", "released": "2024-01-01", "known_on": "2024-03-01", "score": 9}]
    assert board(*rows).complete_until == day("2024-03-01")
    assert board(*rows, as_of=day("2024-06-30")).complete_until == day("2024-06-30")
    assert vintages(board).complete_until == day("2024-09-30")
