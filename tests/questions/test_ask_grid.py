"""A question at several thresholds: the same answers as one by one, in the terminal, as JSON and from Python."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.door.opening import open as open_forecast
from meekcast.errors import InputError
from meekcast.forecasts.questions.when import when
from meekcast.runs.read import open_run
from meekcast.vocabulary.grammar import parse
from meekcast.whatif.grid import read_grid

GRID = "mmlu_pro_gap_observed < 1, 3,10 points for 6 months"
TODAY = "2026-11-21"


@pytest.fixture(scope="module")
def run_folder(leaderboard_run):
    return leaderboard_run[0]


def one_message(answer):
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("error:") == 1
    assert "Traceback" not in answer.err
    return answer.err


# Reading


def test_a_grid_is_its_questions():
    grid = read_grid("budget_lag<.5,1_0 , 1e1, 2 years  first")
    assert (grid.quantity, grid.operator, grid.unit) == ("budget_lag", "<", "years")
    assert grid.thresholds == (0.5, 10.0, 2.0)  # 1_0 and 1e1 are one number
    assert list(map(str, grid.questions)) == [f"budget_lag < {x} years first" for x in ("0.5", "10", "2")]


def test_the_rest_of_a_question_stays():
    grid = read_grid("(lag < 1 or loss_gap at 2030 <= 0.5) and tokens > 100,200 for 1 year")
    assert (grid.quantity, grid.operator) == ("tokens", ">")
    asked = "(lag < 1 or loss_gap <= 0.5 at 2030) and tokens > {} for 1 year"
    assert list(grid.questions) == [parse(asked.format(x)) for x in (100, 200)]


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=8, unique=True), st.sampled_from(["<", "<=", ">", ">="]))
def test_any_numbers_are_thresholds(numbers, operator):
    grid = read_grid(f"lag {operator} {','.join(map(repr, numbers))} months")
    assert grid.thresholds == tuple(dict.fromkeys(numbers))
    assert [question.comparisons[0].right.value for question in grid.questions] == list(grid.thresholds)


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("lag < 1,x,5", 9, "'x' is not a number"),
        ("lag < 1,2x,5", 9, "'2x' is not a number"),
        ("lag < 1,inf", 9, "'inf' is not a number"),
        ("lag < 1,1e999", 9, "'1e999' is not a number"),
        ("lag < 1,,5", 9, "a threshold is missing between commas"),
        ("lag < ,5", 7, "a threshold is missing between commas"),
        ("lag < 1, 2,", 12, "a threshold is missing between commas"),
        ("lag < 1,3, years", 12, "'years' is not a number"),
        ("lag < 5", 8, "a grid needs several thresholds"),
        ("lag", 4, "expected an operator"),
        ("lag < 1 years,2 years", 14, "expected nothing more, got ','"),
        ("lag < 1,2 and tokens > 3,4", 24, "a second list of thresholds"),
        ("lag < 1,2 first twice", 15, "expected nothing more, got 'twice'"),
        ("", 1, "expected a quantity"),
    ],
)
def test_a_mistake_is_pointed_at(text, column, what):
    with pytest.raises(InputError) as error:
        read_grid(text)
    message, _, arrow = error.value.message.split("\n")
    assert message.startswith(f"column {column}: ")
    assert what in message
    assert arrow.index("^") - 4 == column - 1
    assert error.value.remedy


# Answers


def test_cells_are_the_answers_one_by_one(run_cli, run_folder):
    answer = run_cli("when", "--grid", GRID, "--by", "2027,2028-06-30", "--by", "2030", "--run", run_folder, "--json")
    assert answer.code == 0, answer.err
    document, source = json.loads(answer.out), open_run(run_folder).draws
    assert document["schema"] == "meekcast.grid/1"
    assert (document["quantity"], document["operator"], document["unit"]) == ("mmlu_pro_gap_observed", "<", "points")
    assert document["by"] == ["2027", "2028-06-30", "2030"]
    assert [row["threshold"] for row in document["rows"]] == [1.0, 3.0, 10.0]
    for row, x in zip(document["rows"], (1, 3, 10), strict=True):
        alone = when(f"mmlu_pro_gap_observed < {x} points for 6 months", source, document["by"])
        assert row["expression"] == alone.expression
        assert row["probability_by"] == {date: p.as_dict() for date, p in alone.probability_by.items()}
        assert row["probability_not_by_horizon"] == alone.probability_not_by_horizon.as_dict()
    shares = [[row["probability_by"][date]["value"] for date in document["by"]] for row in document["rows"]]
    assert (np.diff(shares, axis=0) >= 0).all()
    assert (np.diff(shares, axis=1) >= 0).all()
    assert shares[0] != shares[-1]


def test_python_gives_the_same_as_a_table(run_folder, run_cli):
    table = open_forecast(run_folder).grid(GRID, by=[2027, "2028-06-30", 2030])
    answer = run_cli("when", "--grid", GRID, "--by", "2027,2028-06-30,2030", "--run", run_folder, "--json")
    document = json.loads(answer.out)
    assert table.index.tolist() == [1.0, 3.0, 10.0]
    assert (table.index.name, table.columns.name) == ("threshold", "by")
    assert table.columns.tolist() == document["by"]
    for row in document["rows"]:
        for date, p in row["probability_by"].items():
            assert table.loc[row["threshold"], date] == p["value"]
            assert table.attrs["errors"][date][row["threshold"]] == p["error"]
    assert table.attrs["units"] == "points"
    assert table.attrs["question"] == "mmlu_pro_gap_observed < 1, 3,10 points for 6 months"


def test_a_unit_that_is_not_written_is_the_quantitys_own_under_any_name(run_folder):
    f = open_forecast(run_folder)
    assert f.grid("budget_lag < 1,2", by=[2030]).attrs["units"] == "years"
    assert f.grid("lag < 12,24 months", by=[2030]).attrs["units"] == "months"
    assert (
        f.grid("lag < 12,24 months", by=[2030]).to_numpy().tolist()
        == f.grid("lag < 1,2", by=[2030]).to_numpy().tolist()
    )


def test_usual_dates_and_conditions(run_cli, run_folder):
    asked = ("when", "--grid", GRID, "--given", "mmlu_pro_gap > 1 at 2026-12-31", "--run", run_folder)
    document = json.loads(run_cli(*asked, "--json").out)
    assert document["by"] == ["2027", "2030", "2035"]
    assert document["given"] == ["mmlu_pro_gap > 1 at 2026-12-31"]
    source = open_run(run_folder).draws
    alone = when(document["rows"][1]["expression"], source, (), document["given"])
    assert document["rows"][1]["probability_by"]["2030"] == alone.probability_by["2030"].as_dict()
    shown = run_cli(*asked).out
    assert "Given: mmlu_pro_gap > 1 at 2026-12-31" in shown
    assert f"{alone.draws:,} draws, worth" in " ".join(shown.split())


def test_a_fresh_forecast_is_asked_and_its_document_written(run_cli, tmp_path):
    options = ("--card", "paper", "--priors", "literature", "--draws", 100, "--today", TODAY, "--out", tmp_path)
    answer = run_cli("when", "--grid", "loss_gap < 0.05,0.1", "--by", "5,10", *options)
    assert answer.code == 0, answer.err
    for piece in ("When: loss_gap < 0.05,0.1", "nats/token", "< 0.05", "P(by", "Monte Carlo error"):
        assert piece in answer.out
    (file,) = (tmp_path / "paper" / "when").iterdir()
    assert file.name.startswith("grid-loss_gap-below-0.05-0.1")
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["provenance"]["hashes"].keys() >= {"card", "priors"}
    assert document == json.loads(
        run_cli("when", "--grid", "loss_gap < 0.05,0.1", "--by", 5, "--by", 10, *options, "--json").out
    )


def test_a_run_that_stands_is_left_alone(run_cli, run_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(file.name for file in run_folder.iterdir())
    assert run_cli("when", "--grid", GRID, "--run", run_folder).code == 0
    assert sorted(file.name for file in run_folder.iterdir()) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["--grid", "lag < 1,x"], ["--grid: column 9: 'x' is not a number", "lag < 1,x"]),
        (["--grid", "lagg < 1,2"], ["has no quantity 'lagg'", "Did you mean 'lag'?"]),
        (["--grid", "lag < 1,2 points"], ["lag is not in 'points'"]),
        (["--grid", "mmlu_pro_gap < 1,500"], ["'< 500' is always true or never"]),
        (["--grid", "lag < 1,2 at 2030"], ["has no date", "Drop the `at`"]),
        (["--grid", "lag < 1,2", "--by", "2027,soon"], ["--by: 'soon' is not a date"]),
        (["--grid", "lag < 1,2", "--by", "2027,,2030"], ["--by: '' is not a date"]),
        (["--grid", "lag < 1,2", "--by", "2027,2060"], ["--by: the date 2060 lies outside"]),
        (["lag < 1", "--grid", "lag < 1,2"], ["two things are asked: 'lag < 1' and --grid 'lag < 1,2'", "Drop one"]),
        (["--grid", "lag < 1,2", "--budget", 10, "--budget", 20], ["--grid takes one --budget, not 2"]),
        ([], ["no question is asked", "meekcast when '"]),
    ],
)
def test_mistakes_are_told_before_anything_is_sampled(run_cli, tmp_path, monkeypatch, arguments, pieces):
    monkeypatch.setattr("meekcast.whatif.world.infer", lambda *_: pytest.fail("sampled"))
    message = one_message(run_cli("when", *arguments, "--out", tmp_path))
    for piece in pieces:
        assert piece in message
    assert list(tmp_path.iterdir()) == []


# Lists of dates


def test_dates_may_stand_in_one_list(run_cli, run_folder, tmp_path):
    listed = run_cli("when", "lag < 1", "--by", "2027, 2030", "--run", run_folder, "--json")
    alone = run_cli("when", "lag < 1", "--by", "2027", "--by", "2030", "--run", run_folder, "--json")
    assert listed.out == alone.out
    options = ("--today", TODAY, "--anchor", "2020-07-01", "--out", tmp_path, "--json")
    assert json.loads(run_cli("governance", "--by", "2030,2031", *options).out) == json.loads(
        run_cli("governance", "--by", 2030, "--by", 2031, *options).out
    )
