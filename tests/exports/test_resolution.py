"""What a forecast for Metaculus says beside its CDF: the grid, quantiles, and the texts that a question resolves by."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest

from meekcast.clock import decimal_year
from meekcast.export.formats import Wanted, export
from meekcast.runs.read import open_run

LEVELS = ["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"]


@pytest.fixture(scope="module")
def board(leaderboard_run):
    """A run that read a board."""
    return open_run(leaderboard_run[0])


@pytest.fixture
def read(tmp_path):
    """A document as whoever submits it reads it."""

    def reading(run, **wanted):
        file = export(run, "metaculus", tmp_path / "x.json", Wanted(**wanted)).file
        return json.loads(file.read_text(encoding="utf-8"))

    return reading


def test_the_grid_is_the_sites_equal_steps_over_the_range(unseen, read):
    document = read(unseen, event="2", low="2027-01-01", high="2031-01-01")
    grid = np.array(document["x_grid"])
    np.testing.assert_allclose(grid, np.linspace(2027, 2031, 201), atol=1e-9)
    assert len(document["continuous_cdf"]) == len(document["x_grid_dates"]) == 201
    dates = [decimal_year(dt.date.fromisoformat(date)) for date in document["x_grid_dates"]]
    assert (np.abs(grid - dates) < 1 / 365).all()
    ends = document["x_grid_dates"][0], document["x_grid_dates"][-1]
    assert ends == (document["question"]["range_min"], document["question"]["range_max"])


@pytest.mark.parametrize(("event", "lower"), [("1", "open"), ("2", "open"), ("2", "closed")])
def test_quantiles_are_those_of_the_cdf_and_of_the_draws(unseen, read, event, lower):
    document = read(unseen, event=event, lower=lower)
    grid, cdf = np.array(document["x_grid"]), np.array(document["continuous_cdf"])
    dates = unseen.event(event).dates
    drawn = dates[dates > grid[0]] if lower == "closed" else dates
    assert list(document["quantiles"]) == LEVELS
    for level, said in document["quantiles"].items():
        p = float(level)
        true = np.quantile(drawn, p, method="inverted_cdf")
        if said.startswith(("after", "before")):
            assert said == (
                f"before {document['x_grid_dates'][0]}" if p < cdf[0] else f"after {document['x_grid_dates'][-1]}"
            )
            assert true > grid[-2] or true < grid[1]
        else:
            place = decimal_year(dt.date.fromisoformat(said))
            assert place == pytest.approx(np.interp(p, cdf, grid), abs=1 / 365)
            assert place == pytest.approx(true, abs=3 * (grid[1] - grid[0]))


def test_years_of_an_elapsed_clock_have_no_dates(paper_folders, read):
    document = read(open_run(paper_folders["literature"]), event="1")
    assert "x_grid_dates" not in document
    assert all(isinstance(q, float) for q in document["quantiles"].values())
    assert "they are on no calendar" in document["question"]["fine_print"]


def test_a_gap_seen_resolves_from_its_board(board, read):
    question = read(board, event="mmlu_pro_gap_observed < 3 points for 6 months")["question"]
    (table,) = [table for table in board.summary["evidence"] if "benchmark" in table]
    (source,) = question["sources"]
    assert source == {"quantity": "mmlu_pro_gap_observed", "board": "mmlu_pro"} | {
        key: table[key] for key in ("source", "licence", "as_of")
    }
    criteria, fine = question["resolution_criteria"], question["fine_print"]
    assert "first date from which on `mmlu_pro_gap_observed < 3 points` holds for 6 months without a break" in criteria
    assert f"Source: {table['source']} ({table['licence']})" in criteria
    assert "the budget actor: whoever the tables of scores name so." in criteria
    assert "is the gap seen: the best score that the board has shown of any model so far" in fine
    assert f"knows the board as of {table['as_of']}" in fine
    assert "it is known 6 months later" in fine
    assert "by 2030 is before 2031-01-01" in fine


def test_what_no_board_shows_is_said_and_what_to_ask_instead(board, read):
    question = read(board, event="mmlu_pro_gap < 3")["question"]
    assert question["sources"] == []
    assert "No source publishes it." in question["resolution_criteria"]
    assert "holds, and holds ever after" in question["resolution_criteria"]
    assert "cannot be seen" in question["fine_print"]
    assert "Ask `mmlu_pro_gap_observed` for what the board shows." in question["fine_print"]
    assert "Ask `" not in read(board, event="lag < 0.5 first")["question"]["fine_print"]


def test_every_quantity_and_date_of_a_joined_question_is_explained(board, read):
    asked = "(mmlu_pro_gap_observed < 3 or budget_lag < 0.5) and budget_level >= frontier_level at 2026-04-01 first"
    question = read(board, event=asked)["question"]
    criteria = question["resolution_criteria"]
    for name in ("mmlu_pro_gap_observed", "lag", "budget_effective_compute", "frontier_effective_compute"):
        assert criteria.count(f"\n- {name}: ") == 1
    assert "A quantity `at 2026-04-01` is what it was then" in question["fine_print"]
    assert "holds ever after" not in criteria
    assert [source["quantity"] for source in question["sources"]] == ["mmlu_pro_gap_observed"]


def test_the_texts_are_those_of_the_run(board, read):
    """Nothing of a card is written down here: another title and rule, such as a card may have, give another text."""
    run = dataclasses.replace(board)
    rule = {"title": "<b>cheap</b> = models", "rule": "price <= 0.5 USD per million tokens", "entry": "release"}
    run.__dict__["summary"] = {**board.summary, "followers": [{**board.summary["followers"][0], **rule}]}
    criteria = read(run, event="mmlu_pro_gap_observed < 3")["question"]["resolution_criteria"]
    assert (
        "- <b>cheap</b> = models: the best model of those with price <= 0.5 USD per million tokens; "
        "a model counts from its release if it ever cost so little." in criteria
    )
