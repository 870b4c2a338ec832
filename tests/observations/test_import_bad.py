"""Files that are not what an import needs: one message with the remedy, or a line for each row; never a traceback."""

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meekcast.errors import InputError
from meekcast.observations.importing import fetch, readers
from meekcast.observations.importing.fetch import Blob, blobs
from meekcast.observations.importing.readers import read

GOOD = """model,released,score
Big,2025-01-01,60
Small,2025-02-01,40.5
"""
ASKED = {"unit": "points", "chance": 25}


def refused(importing, content, *pieces, remedy="", **asked):
    """Check that an import is refused with this message and this remedy."""
    with pytest.raises(InputError) as error:
        importing(content, **{**ASKED, **asked})
    for piece in pieces:
        assert piece in error.value.message
    assert error.value.remedy
    assert remedy in error.value.remedy


# Kinds of files


@pytest.mark.parametrize(
    ("content", "piece", "remedy"),
    [
        ("<!DOCTYPE html>\n<html><body>Sign in</body></html>", "web page (HTML)", "Raw"),
        ("\n  <table><tr><td>1</td></tr></table>", "web page (HTML)", "Raw"),
        ("", "is empty", "again"),
        ("\n\n  \n", "is empty", "again"),
        ("just one line of words", "not a table", "names of its columns"),
        ("model\nBig\nSmall\n", "one cell only", "names of its columns"),
        (b"\x1f\x8b\x08\x00\x00", "gzip", "gunzip"),
        (b"%PDF-1.7 ...", "PDF", "CSV"),
        (b"\x89PNG\r\n\x1a\n", "picture", "CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Office", "CSV (UTF-8)"),
        (b"SQLite format 3\x00", "database", "CSV"),
        (b"a,b\n1,\x002\n", "binary", "CSV"),
        (b"PAR1 and no more", "not a whole parquet file", "again"),
        ('{"a": 1', "not valid JSON: Expecting ',' delimiter: line 1 column 8", "again"),
        ("[" * 200_000, "nested more than 50 levels deep", "right file"),
        ("[" + "9" * 5000 + "]", "a number that begins with 999", "shorter"),
        ('{"a": {"b": 1}}', "no list of scores or prices", "models.dev"),
        ("[]", "no table of scores or prices", "right file"),
        ('[{"model": "a", "elo": 3}]', "which column holds the score? It has 'model', 'elo'", "--column"),
        ("model,released,score\n", "it has none", "right file"),
        ("model,released,score,score\nBig,2025-01-01,60,61\n", "'score' stands twice, as columns 3 and 4", "Rename"),
        ("model,released,note\nBig,2025-01-01,60\n", "which column holds the score? It has 'model', 'released'", "--column"),
        ("a,b\n" + '"' + "x" * (readers.LARGEST_CELL + 1) + '",1', "not CSV", "quotes"),
    ],
)  # fmt: skip
def test_files_of_another_kind(importing, content, piece, remedy):
    refused(importing, content, piece, remedy=remedy)


def test_a_file_that_is_not_utf8_names_the_line(importing):
    content = "model,released,score\nBig,2025-01-01,60\nGrün,2025-02-01,40\n".encode("latin-1")
    refused(importing, content, "exam.csv, line 3: not in UTF-8", remedy="iconv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_that_show_themselves_are_read(importing, encoding):
    table = importing(GOOD.encode(encoding), **ASKED).table
    assert [(row.model, row.score) for row in table.rows] == [("Big", 60), ("Small", 40.5)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_show_themselves(importing, delimiter):
    assert importing(GOOD.replace(",", delimiter), **ASKED).table.size == 2


def test_decimal_commas_are_read_rightly(importing):
    text = (
        "model;released;score;score_se\nBig;2025-01-01;87,5;1,25\nSmall;2025-02-01;61;\nOther;2025-03-01;60,125;0,5\n"
    )
    rows = importing(text, **ASKED).table.rows
    assert [(row.score, row.score_se) for row in rows] == [(87.5, 1.25), (61, None), (60.125, 0.5)]


def test_decimal_commas_and_points_in_one_column_are_refused(importing):
    text = "model;released;score\nBig;2025-01-01;87,5\nSmall;2025-02-01;61.5\n"
    refused(importing, text, "decimal commas ('87,5') and decimal points ('61.5')", remedy="decimal points")


def test_commas_of_thousands_are_no_decimals(importing):
    text = "model\treleased\tscore\nBig\t2025-01-01\t1,345\nSmall\t2025-02-01\t1,290\n"
    rows = importing(text, unit="elo").table.rows
    assert [row.score for row in rows] == [1345, 1290]


# Rows


def test_every_row_that_cannot_be_used_is_told_with_its_line_and_why(importing):
    text = (
        "model,released,score,open_weights,parameters\n"
        "Good,2025-01-01,60,yes,8B\n"
        ",2025-01-02,61,,\n"
        "No score,2025-01-03,,,\n"
        "Words,2025-01-04,n. a. (see note),,\n"
        "Tomorrow,2026-11-22,62,,\n"
        "Which month,03/04/2025,63,,\n"
        "No such day,2025-02-30,63,,\n"
        "Too good,2025-01-05,101,,\n"
        "Too bad,2025-01-06,-3,,\n"
        "Perhaps,2025-01-07,64,perhaps,\n"
        "Short,2025-01-08\n"
        '"Two\nlines",2025-01-09,65,no,\n'
        "Undated,,66,,\n"
        "Negative,2025-01-10,67,,-5\n"
        "Old,1900-01-01,67,,\n"
    )
    found = importing(text, **ASKED)
    assert {row.model for row in found.table.rows} == {"Good", "Two lines"}
    told = [(p.place.number, p.column, p.why) for p in found.refused]
    assert [line for line, *_ in told] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17]
    said = {line: f"{column}: {why}" for line, column, why in told}
    assert "names no model" in said[3] or "no model" in said[3]
    assert "no score" in said[4]
    assert said[5] == "score: it is not a number"
    assert said[6] == "released: it is after today, 2026-11-21"
    assert "year-month-day" in said[7]
    assert "no such day" in said[8]
    assert "from 0 to 100" in said[9]
    assert "from 0 to 100" in said[10]
    assert "yes, no, or nothing" in said[11]
    assert "2 cells where the header has 5" in said[12]
    assert "no date" in said[15]
    assert "greater than 0" in said[16]
    assert "1950" in said[17]
    assert str(found.refused[1]).startswith("exam.csv, line ")
    assert any("got 'n. a. (see note)'" in str(problem) for problem in found.refused)
    assert found.doubts == ("11 of 15 rows cannot be used",)  # an empty cell is no fault of the file


def test_no_row_at_all_is_one_message_with_the_first_reasons(importing):
    refused(
        importing,
        "model,released,score\nBig,soon,60\n",
        "no row can be used",
        "line 2",
        "not a date",
        remedy="right file",
    )


def test_a_model_that_stands_twice_keeps_its_higher_score_and_is_flagged(importing):
    text = GOOD + "big,2025-01-01,70\nSmall,2025-02-01,40.5\n"
    found = importing(text, **ASKED)
    assert [(row.model, row.score) for row in found.table.rows] == [("big", 70), ("Small", 40.5)]
    assert [str(problem) for problem in found.flagged] == [
        "exam.csv, line 2: Big stands twice: 60 here, 70 in line 4; the higher score stays"
    ]


def test_a_plus_sign_is_a_part_of_a_name(importing):
    found = importing("model,released,score\nCommand R,2025-01-01,50\nCommand R+,2025-01-01,60\n", **ASKED)
    assert found.table.size == 2


# Scales


def test_fractions_become_points_and_that_is_said(importing):
    found = importing("model,released,score,score_se\nBig,2025-01-01,0.615,0.02\nSmall,2025-02-01,1,\n", **ASKED)
    assert [(row.score, row.score_se) for row in found.table.rows] == [(61.5, 2), (100, None)]
    assert any("times 100 are points" in note for note in found.notes)


def test_mixed_scales_are_refused_until_the_user_says_that_they_are_not(importing):
    text = "model,released,score\nBig,2025-01-01,61\nMiddle,2025-01-02,55\nSmall,2025-02-01,0.41\n"
    refused(importing, text, "mixed scales", "line 4", "0.41", remedy="--scale 1")
    assert [row.score for row in importing(text, **ASKED, scale=1).table.rows] == [61, 55, 0.41]


def test_low_scores_of_a_hard_board_are_no_mixed_scale(importing):
    rows = "".join(f"m{i},2025-01-{i:02d},{score}\n" for i, score in enumerate((0, 0.5, 1.2, 2.4, 4.8, 7.1), 1))
    assert max(row.score for row in importing("model,released,score\n" + rows, **ASKED).table.rows) == 7.1


def test_what_nobody_says_is_asked_for(importing):
    refused(importing, GOOD, "what its scores are in", remedy="--unit points --chance 25", unit=None)
    refused(importing, GOOD, "what a guess scores", remedy="--chance 25", chance=None)
    refused(
        importing, "model,released,score\nBig,2025-01-01,1345\n", "no other score is on this scale", remedy="--unit"
    )


# Dates


def test_a_date_of_completeness_before_a_row_is_refused(importing):
    refused(
        importing, GOOD, "--as-of 2025-01-15 is earlier than 1 rows", "Small of 2025-02-01", "line 3",
        remedy="Leave --as-of out", as_of=dt.date(2025, 1, 15),
    )  # fmt: skip
    assert importing(GOOD, **ASKED, as_of=dt.date(2025, 6, 1)).table.complete_until == dt.date(2025, 6, 1)
    assert importing(GOOD, **ASKED).table.complete_until == dt.date(2025, 2, 1)  # follows the newest row


def test_months_are_their_first_day_and_the_table_says_so(importing):
    table = importing("model,released,score\nBig,2025-01,60\nSmall,2025-03,40\n", **ASKED).table
    assert (table.date_precision, table.rows[0].released) == ("month", dt.date(2025, 1, 1))


# What the user asks


@pytest.mark.parametrize(
    ("asked", "piece", "remedy"),
    [
        ({"name": "a/b"}, "no table can be called so", "letters"),
        ({"name": "import"}, "no table can be called so", "letters"),
        ({"name": "x" * 300}, "no table can be called so", "letters"),
        ({"unit": "percent"}, "unknown unit", "points"),
        ({"chance": 100}, "--chance 100", "--chance 25"),
        ({"scale": 0}, "--scale 0", "--scale 100"),
        ({"questions": 0}, "--questions 0", "Leave it out"),
        ({"benchmark": "My Exam"}, "no benchmark can be called so", "my_exam"),
        ({"as_of": dt.date(2026, 11, 22)}, "after today", "Leave it out"),
        ({"title": "a\x1b[2J"}, "no text in one line", "words"),
        ({"columns": {"scor": "score"}}, "no column can be that", "Did you mean 'score'?"),
        ({"columns": {"score": "scroe"}}, "there is no such column", "Did you mean 'score'?"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(importing, asked, piece, remedy):
    refused(importing, GOOD, piece, remedy=remedy, **asked)


# Archives and folders


def zipped(files, **how):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, text in files:
            archive.writestr(name, text)
    return content.getvalue()


def test_an_archive_is_bounded_by_what_it_unpacks_to(importing, monkeypatch):
    monkeypatch.setattr(fetch, "MOST_UNPACKED", 1_000_000)
    bomb = zipped([("a.csv", "a,b\n" + "0" * 3_000_000)])
    assert len(bomb) < 10_000
    refused(importing, bomb, "unpacked, holds 3 MB", remedy="right file")


def test_an_archive_that_lies_about_its_sizes_is_bounded_too(importing, monkeypatch):
    monkeypatch.setattr(fetch, "MOST_UNPACKED", 1_000_000)
    lying = zipped([("a.csv", "a,b\n" + "0" * 3_000_000)]).replace(
        (3_000_004).to_bytes(4, "little"), (5).to_bytes(4, "little")
    )
    with pytest.raises(InputError):
        importing(lying, **ASKED)


def test_archives_of_too_many_files_of_none_and_broken_ones(importing, monkeypatch):
    monkeypatch.setattr(fetch, "MOST_FILES", 3)
    refused(importing, zipped([(f"{i}.csv", GOOD) for i in range(4)]), "holds 4 files, more than 3", remedy="the one")
    refused(importing, zipped([("README.md", "hello")]), "holds no file of .csv", remedy="right archive")
    refused(importing, zipped([("[Content_Types].xml", "<x/>"), ("sheet.csv", GOOD)]), "Office", remedy="CSV")
    refused(importing, zipped([("a.csv", GOOD)])[:60], "cannot unpack", remedy="again")
    inner = zipped([("a.csv", zipped([("b.csv", GOOD)]))])
    refused(importing, inner, "archive inside another", remedy="Unpack")


def test_of_several_files_those_that_cannot_be_read_are_named(importing):
    found = importing({"exam.csv": GOOD, "login.csv": "<html>", "notes.txt": "hello"}, **ASKED)
    assert any("left out: login.csv is a web page" in note for note in found.notes)
    refused(
        importing,
        {"x/login.csv": "<html>", "x/exam.csv": "<html>", "exam.csv": "<html>", "login.csv": ""},
        "login.csv is empty",
    )


def test_places_that_hold_nothing(tmp_path):
    for place, piece in (
        (tmp_path / "none.csv", "there is no file"),
        (tmp_path, "holds no file of"),
        ("file:///etc/passwd", "not a URL of the web"),
        ("ftp://example.org/a.csv", "not a URL of the web"),
        ("http://", "not a URL of the web"),
        ("/dev/zero", "there is no file"),
        ("nul\0.csv", "there is no file"),
        ("x" * 5000, "there is no file"),
    ):
        with pytest.raises(InputError) as error:
            blobs(str(place))
        assert piece in error.value.message
        assert error.value.remedy


# Whatever a file holds

BYTES = GOOD.encode() + b'Mid;"a,1",2025-03-01,0.5\r\nX,2025-01-01,"1,5"\n'


@st.composite
def damaged(draw):
    """A small file with some bytes replaced, inserted or cut."""
    content = bytearray(BYTES)
    for place, byte, way in draw(
        st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255), st.integers(0, 2)), max_size=8)
    ):
        place %= len(content) + 1
        content[place : place + (way != 1)] = b"" if way == 2 else bytes([byte])
    return bytes(content)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        damaged(), st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
    )
)
def test_a_damaged_file_is_read_or_refused_with_a_remedy(importing, content):
    try:
        found = importing(content, **ASKED)
    except InputError as error:
        assert error.message
        assert error.remedy
    else:
        assert all(0 <= row.score <= 100 for row in found.table.rows)


@settings(max_examples=200, deadline=None)
@given(content=st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["data", "prices", "models", "rows", "row", "evaluations", "cost", "id", "input", "output", "mode",
                         "litellm_provider", "price_history", "name", "model", "score", "date"]), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_any_json_is_a_table_or_refused(content):
    import json

    from meekcast.observations.importing.boards import boards

    tree = read(Blob("a.json", json.dumps([content]).encode()))
    for value in (tree, tree._replace(value=content)):
        try:
            boards([value], {})
        except InputError as error:
            assert error.remedy
