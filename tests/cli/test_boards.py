"""``meekcast evidence``: boards of all scored models, in brief and one by one, from a folder of the user's own."""

import datetime as dt
import json

import pytest

import meekcast as mk

HEADER = "model,developer,released,known_on,score,score_se,open_weights,parameters,cost_per_task"
BIG = [f"big {i},Lab,2024-{i:02}-01,,{50 + 2 * i},1.5,no,,2.5" for i in range(1, 8)]
SMALL = [f"small {i},Lab,2024-{i:02}-15,2024-{i:02}-20,{30 + 3 * i},,yes,{70 - 5 * i}e9," for i in range(1, 7)]
SAID = """schema = 1
name = "{name}"
title = "Our {name}: every scored model"
benchmark = "{name}"
kind = "scores"
unit = "{unit}"
date_precision = "day"
as_of = 2024-08-21
source = "Made up by us"
licence = "Facts"
caveats = "Nothing is measured."
rows = "{name}.csv"
"""
PRICES = """schema = 1
name = "paid"
title = "What we paid"
kind = "prices"
source = "Invoices"
licence = "Facts"
rows = "paid.csv"
"""


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """Two boards and a price list: of the first all actors have records but one, the second is of the frontier alone."""
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(tmp_path))
    (tmp_path / "prices").mkdir()
    points = SAID.format(name="exam", unit="points") + "chance = 25.0\nquestions = 200\n"
    files = {
        "exam.toml": points,
        "exam.csv": "\n".join([HEADER, *BIG, *SMALL]),
        "arena-2.toml": SAID.format(name="arena-2", unit="elo").replace('benchmark = "arena-2"', 'benchmark = "arena"'),
        "arena-2.csv": "\n".join([HEADER, *BIG[:3]]),
        "prices/paid.toml": PRICES,
        "prices/paid.csv": "model,date,input,output,blended,source\n"
        + "".join(f"p{i},2024-01-01,,,{2.4 / i:.4f},x\n" for i in range(1, 7))
        + "p1,2024-08-01,,,0.05,x\n",
        "prices/aliases.csv": "alias,model\n" + "".join(f"small {i},p{i}\n" for i in range(1, 7)),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


COUNTS = {"frontier": 7, "price_band": 4, "open_weights": 6, "home_computer": 1, "pennies": 1}


def board(run_cli, name):
    listed = json.loads(run_cli("evidence", "--json", "--today", "2024-11-21").out)
    return next(item for item in listed if item["name"] == name)


def test_the_list_counts_records_of_the_usual_actors(run_cli, ours):
    assert board(run_cli, "exam") == {
        "name": "exam", "title": "Our exam: every scored model", "kind": "scores", "benchmark": "exam", "unit": "points",
        "scores": 13, "records": COUNTS,
        "usable": {"price_band": False, "open_weights": True, "home_computer": False, "pennies": False},
        "first": "2024-01-01", "last": "2024-07-01", "as_of": "2024-08-21", "age_months": 3.0,
    }  # fmt: skip
    assert set(board(run_cli, "arena-2")["usable"].values()) == {False}
    published = board(run_cli, "mmlu-pro-summary")
    assert published == {"name": "mmlu-pro-summary", "title": published["title"], "kind": "gaps", "rows": 3}


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_list_fits_and_marks_what_is_too_few(run_cli, ours, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    answer = run_cli("evidence", "--today", "2024-11-21")
    lines = answer.out.splitlines()
    assert max(map(len, lines)) <= width
    (exam,) = [line for line in lines if line.startswith("│ exam ")]
    cells = exam.replace("│", " ").split()
    assert [cell for cell in ("7", "(4)", "6") if cell not in cells] == []
    if width >= 80:
        assert "3" in cells  # months
    if width == 200:
        assert cells == [
            "exam", "Our", "exam:", "every", "scored", "model", "13", "7", "(4)", "6", "(1)", "(1)", "2024-01", "2024-07",
            "2024-08-21", "3",
        ]  # fmt: skip
    assert "in brackets: fewer than 5" in " ".join(answer.out.split())
    assert answer.out.index("exam") < answer.out.index("mmlu-pro-summary") < answer.out.index("training-costs")


def test_one_board_shows_its_scores_prices_and_records(run_cli, ours, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    lines = run_cli("evidence", "exam").out.splitlines()
    text = "\n".join(lines)
    for piece in (
        "Our exam",
        "a guess scores 25",
        "200 questions",
        "as of 2024-08-21",
        "Made up by us",
        "Nothing is measured",
    ):
        assert piece in text
    (small,) = [line for line in lines if line.startswith("│ 2024-01-15 │ small 1")]
    assert small.replace("│", " ").split() == ["2024-01-15", "small", "1", "33.0", "2.4", "0.05", "yes", "65e9"]
    (cut,) = [line for line in lines if line.startswith("│ pennies")]
    assert "none" not in cut
    assert text.index("home_computer: open_weights and parameters <= 40e9") > text.index("small 6")
    assert [line.split()[1] for line in lines if line.startswith("│ frontier")] == ["frontier"] * 7
    arena = run_cli("evidence", "arena-2").out
    assert [line.split()[1:4:2] for line in arena.splitlines() if "none" in line] == [
        [actor, "│"] for actor in COUNTS if actor != "frontier"
    ]
    assert "parameters" not in arena.split("records:")[0]  # known of none of them


def test_the_document_of_a_board_has_all_rows_and_records(run_cli, ours):
    document = json.loads(run_cli("evidence", "exam", "--json").out)
    assert len(document["scores"]) == 13
    assert document["scores"][1] == {
        "model": "small 1", "developer": "Lab", "released": "2024-01-15", "known_on": "2024-01-20", "score": 33.0,
        "score_se": None, "open_weights": True, "parameters": 65e9, "cost_per_task": None, "price": 2.4, "price_now": 0.05,
    }  # fmt: skip
    assert {actor: len(rows) for actor, rows in document["records"].items()} == COUNTS
    assert document["records"]["pennies"] == [
        {"date": "2024-08-01", "known_on": None, "model": "small 1", "score": 33.0, "score_se": None, "price": 0.05}
    ]
    assert (document["chance"], document["questions"], document["as_of"]) == (25.0, 200, "2024-08-21")
    assert document["rules"]["price_band"] == "price <= 1 USD per million tokens"


@pytest.fixture
def caught_up(ours):
    """An open model matches the frontier's first three levels in August."""
    rows = (ours / "exam.csv").read_text(encoding="utf-8")
    (ours / "exam.csv").write_text(f"{rows}\nlate 1,Lab,2024-08-01,,57,,yes,8e9,", encoding="utf-8")
    return ours


def test_a_board_tells_how_long_followers_took_to_match_the_frontier(run_cli, caught_up):
    document = json.loads(run_cli("evidence", "exam", "--lags", "--json").out)
    assert (document["name"], document["as_of"]) == ("exam", "2024-08-21")
    assert [seen["follower"] for seen in document["followers"]] == list(COUNTS)[1:]
    seen = document["followers"][1]
    matched, open_ = seen["levels"][:3], seen["levels"][3:]
    assert [(level["model"], level["matched_by"]) for level in matched] == [(f"big {i}", "late 1") for i in (1, 2, 3)]
    days = [(dt.date(2024, month, 15), dt.date(2024, 8, 1)) for month in (6, 6, 6)]
    for level, (last, match) in zip(matched, days, strict=True):
        since = dt.date.fromisoformat(level["date"])
        assert level["months"] == pytest.approx([(last - since).days / 30.4375, (match - since).days / 30.4375])
    assert {level["matched_by"] for level in open_} == {None}
    assert {level["months"][1] for level in open_} == {"inf"}
    assert (seen["exactly"]["levels"], seen["exactly"]["censored"]) == (7, 4)
    cheap = document["followers"][0]["exactly"]
    assert (cheap["median"], cheap["levels"], cheap["censored"]) == ("inf", 7, 7)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lags_of_a_board_are_shown_with_the_newest_levels(run_cli, caught_up, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = run_cli("evidence", "exam", "--lags").out
    assert max(map(len, out.splitlines())) <= width
    assert "noise of scores" in " ".join(out.split())
    (row,) = [line for line in out.splitlines() if line.startswith("│ open_weights")]
    assert row.split()[3] == "6.0"  # of those that were open so long: 2 of 3 are left after 5.0, 1 of 3 after 6.0
    newest = [line for line in out.splitlines() if line.startswith("│ 2024-")]
    assert [line.split()[1] for line in newest] == [f"2024-0{month}-01" for month in range(3, 8)]
    assert "3.5 to 5.0" in newest[0]
    assert "> 1.7" in newest[-1]
    assert "open_weights and parameters <= 40e9" in " ".join(out.split())


@pytest.mark.parametrize(("name", "piece"), [((), "no board is named"), (("training-costs",), "'training-costs'")])
def test_lags_are_those_of_one_board(run_cli, one_message, name, piece):
    one_message(
        run_cli("evidence", *name, "--lags"), "--lags is about one board", piece, "meekcast evidence gpqa --lags"
    )


def test_a_board_is_shown_by_its_path_too_and_a_price_list_is_checked(run_cli, ours):
    assert run_cli("evidence", ours / "exam.toml", "--json").out == run_cli("evidence", "exam", "--json").out
    assert run_cli("check", ours / "exam.toml").out.endswith("a valid table of scores, 'exam'\n")
    assert run_cli("check", ours / "prices" / "paid.toml").out.endswith("a valid price list, 'paid'\n")


def test_a_broken_row_is_one_message(run_cli, ours, one_message):
    text = (ours / "exam.csv").read_text(encoding="utf-8")
    (ours / "exam.csv").write_text(text.replace("2024-02-01", "2024-13-01"), encoding="utf-8")
    for arguments in (("evidence",), ("evidence", "exam"), ("check", ours / "exam.toml")):
        one_message(run_cli(*arguments), "exam.csv, line 3, column released", "'2024-13-01'")


def test_a_wrong_date_of_asking_is_one_message(run_cli, one_message):
    one_message(run_cli("evidence", "--today", "soon"), "--today 'soon' is not a date")


def test_the_door_lists_and_shows_boards(ours):
    pytest.importorskip("pandas")
    listed = mk.evidence(today="2024-11-21")
    assert "exam" in listed
    row = listed.table.loc["exam"]
    assert {actor: row[actor] for actor in COUNTS} == COUNTS
    assert (row["kind"], row["age_months"]) == ("scores", 3.0)
    shown = mk.evidence("exam")
    assert len(shown.table) == 13
    assert shown.records.groupby("actor").size().to_dict() == COUNTS
    assert "price_band 4" in repr(shown)
    assert "Made up by us" in repr(shown)
