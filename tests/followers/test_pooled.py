"""Gaps that boards will show, in a forecast: closed forms of the pool, what is told where, the table, Python."""

import datetime as dt
import json

import numpy as np
import pytest
from pydantic import ConfigDict, TypeAdapter
from rich.console import Console, Group

import meekcast as mk
from meekcast.backtests.pool import MEMBERS, baseline_draws
from meekcast.backtests.targets import gap_on
from meekcast.clock import decimal_year
from meekcast.door.result import Forecast
from meekcast.door.source import Fresh
from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.forecasts.forecast import forecast
from meekcast.inference import posterior
from meekcast.inference.sampler import Settings
from meekcast.report.pool import pool_report
from meekcast.runs.documents import PoolDocument
from meekcast.runs.pooled import pool_document, thresholds, told_dates
from meekcast.runs.read import open_run
from meekcast.runs.summary import summary
from meekcast.runs.write import write_run

LEVELS = {"0.05": 0.05, "0.25": 0.25, "0.5": 0.5, "0.75": 0.75, "0.95": 0.95}


@pytest.fixture
def result(followed, both, today, monkeypatch, prior_fit):
    """A forecast of two followers on two boards, the second of which is read of one of them, from the prior."""
    monkeypatch.setattr(posterior, "sampled", prior_fit())
    boards = both.replace('evidence = "duel"', 'evidence = "duel"\nfollowers = ["cheap"]')
    return forecast(followed("cheap", "open", benchmarks=boards), Settings(draws=500), today=today)


def learnt(card):
    """A scorecard whose weights give so much to the card at every horizon."""
    weights = dict(zip(MEMBERS, (card, 1 - card), strict=True))
    rows = [{"horizon": horizon, "targets": 50, "weights": weights} for horizon in (0.0833, 0.25, 0.5, 1.0, 1.5)]
    return {"pool": {"weights": rows}}


def every_date(document):
    return [(series, date) for series in document["series"] for date in series["dates"]]


@pytest.mark.parametrize(("share", "member"), [(1.0, "card"), (0.0, "damped_persistence")])
def test_a_pool_of_one_member_is_that_member(result, share, member):
    document = pool_document(result.inputs, result.draws, learnt(share))
    near = [date["seen"] for _, date in every_date(document) if date["headline"] == "pool"]
    assert len(near) >= 3 * 5
    for seen in near:
        assert seen["pool"] == seen[member]
        assert seen["card"] != seen["damped_persistence"]


def test_beyond_three_years_the_card_stands_alone(result):
    document = pool_document(result.inputs, result.draws, learnt(0.0))
    last = [series["dates"][-1] for series in document["series"]]
    assert {date["date"] for date in last} == {"2030-12-31"}
    for date in last:
        assert date["weights"] == {"card": 1, "damped_persistence": 0}
        assert date["seen"]["pool"] == date["seen"]["card"]


def test_each_member_says_what_it_says_by_itself(result):
    document = pool_document(result.inputs, result.draws, None)
    by_name = {series.name: series for series in result.inputs.card.series}
    for told, date in every_date(document):
        year = decimal_year(dt.date.fromisoformat(date["date"]))
        nearest = np.argmin(np.abs(result.draws.times - year))
        seen, true = (
            np.maximum(result.draws.read(f"{told['series']}_gap{kind}")[:, nearest], 0) for kind in ("_observed", "")
        )
        damped = baseline_draws(result.inputs, by_name[told["series"]], np.array([year]))[:, 0]
        for level, p in LEVELS.items():
            assert date["true"][level] == pytest.approx(np.quantile(true, p), rel=1e-6)
            for draws, member in ((seen, "card"), (damped, "damped_persistence")):
                value = date["seen"][member][level]
                assert np.mean(draws < value) - 0.002 <= p <= np.mean(draws <= value) + 0.002


def test_a_half_and_half_pool_is_below_a_threshold_half_as_often_as_both_together(result):
    halves = [pool_document(result.inputs, result.draws, learnt(card)) for card in (0.0, 0.5, 1.0)]
    for (told, damped), (_, both), (_, card) in zip(*map(every_date, halves), strict=True):
        assert both["probability_below"].keys() == {f"{gap:g}" for gap in (2, 5, 10)} or told["unit"] != "points"
        for below in (
            damped["probability_below"].keys() & card["probability_below"].keys() & both["probability_below"].keys()
        ):
            share = both["weights"]["card"]
            mixed = share * card["probability_below"][below] + (1 - share) * damped["probability_below"][below]
            if both["headline"] == "pool":
                assert both["probability_below"][below] == pytest.approx(mixed, abs=0.002)


def test_the_document_is_of_its_type_and_names_every_series(result):
    document = json.loads(to_json(summary(result)))["pool"]
    TypeAdapter(list[PoolDocument], config=ConfigDict(extra="forbid", strict=True)).validate_python([document])
    assert [s["series"] for s in document["series"]] == [s.name for s in result.inputs.card.series]
    assert [s["follower"] for s in document["series"]] == ["cheap", "open", "cheap"]
    for told, series in zip(document["series"], result.inputs.card.series, strict=True):
        table = result.inputs.known_table_of(series)
        assert told["now"] == gap_on(table, series.follower.name, table.complete_until)
        assert (told["title"], told["unit"]) == (result.inputs.card.title_of(series), series.benchmark.unit)
        end = dt.date.fromisoformat(told["evidence_until"])
        assert [date["date"] for date in told["dates"]] == [str(date) for date in told_dates(end, 2041.0)]
        assert [d["headline"] for d in told["dates"] if d["months"]] == ["pool"] * 5
        assert told["dates"][-1]["headline"] == "card"


def test_weights_are_equal_without_a_scorecard_and_its_own_with_one(result, monkeypatch):
    document = summary(result)["pool"]
    assert document["learnt"] is False
    assert "equal" in document["why"]
    assert [set(row["weights"].values()) for row in document["weights"]] == [{0.5}] * 5
    monkeypatch.setattr("meekcast.runs.summary.find_scorecard", lambda inputs: learnt(0.7))
    document = summary(result)["pool"]
    assert document["learnt"] is True
    assert "learnt" in document["why"]
    assert [row["weights"]["card"] for row in document["weights"]] == [0.7] * 5
    assert document["series"][0]["dates"][1]["weights"]["card"] == pytest.approx(0.7)


def test_dates_end_with_the_forecast_and_begin_after_the_evidence():
    assert list(told_dates(dt.date(2026, 10, 31), 2026.99)) == [dt.date(2026, 11, 30)]
    assert told_dates(dt.date(2026, 10, 31), 2026.5) == {}
    found = told_dates(dt.date(2028, 12, 31), 2041.0)
    assert list(found.values()) == [1, 3, 6, 12, 18, None]
    assert told_dates(dt.date(2026, 12, 31), 2041.0)[dt.date(2027, 12, 31)] == 12  # told once


@pytest.mark.parametrize("unit", ["elo", "index"])
@pytest.mark.parametrize("median", [0.0, 0.9, 3.1, 30.0, 70.0, 700.0, 1e6])
def test_thresholds_are_three_round_numbers_about_the_median(unit, median):
    low, middle, high = thresholds(unit, median)
    assert low < middle < high <= 5 * middle
    if 1 <= median < 1e4:
        assert low < median < high


def test_fresh_and_opened_runs_have_the_same(result, tmp_path):
    write_run(result, tmp_path / "run", "run", draw=lambda *_: None)
    run = open_run(tmp_path / "run")
    fresh = json.loads(to_json(summary(result)))["pool"]
    assert run.summary["pool"] == fresh
    assert json.loads(to_json(pool_document(result.inputs, run.draws, None))) == fresh
    opened = mk.open(tmp_path / "run").pool
    assert opened.equals(Forecast(Fresh(result, None)).pool)


def test_in_python_it_is_a_table(result):
    table, document = Forecast(Fresh(result, None)).pool, summary(result)["pool"]
    assert table.columns.tolist() == ["unit", "date", "forecast", "headline", *LEVELS.values()]
    first = document["series"][0]
    rows = table.loc[first["title"]]
    assert len(rows) == 4 * len(first["dates"])
    for date in first["dates"]:
        (row,) = [row for _, row in rows[rows["date"] == date["date"]].iterrows() if row["headline"]]
        assert row["forecast"] == date["headline"]
        assert row[0.95] == date["seen"][date["headline"]]["0.95"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_has_a_row_a_series_and_says_what_seen_means(result, width):
    document = json.loads(to_json(summary(result)))
    console = Console(width=width, markup=False)
    with console.capture() as captured:
        console.print(Group(*pool_report(document)))
    shown = captured.get()
    assert max(map(len, shown.splitlines())) <= width
    words = " ".join(shown.split())
    for piece in ("Seen: what a board shows", "true: the gap between the paths", "Headline: up to 18 months"):
        assert piece in words
    for series in document["pool"]["series"]:
        date = next(date for date in series["dates"] if date["months"] == 12)
        q = {p: f"{value:.0f}" for p, value in date["seen"]["pool"].items()}
        assert f"{q['0.05']}–{q['0.95']}" in shown
    assert ("+18" in shown.split("not shown")[0]) == (width > 60)


def test_cards_without_a_calendar_tell_no_gaps(paper):
    document = summary(paper)
    assert document["pool"] is None
    assert pool_report(document) == []
    with pytest.raises(InputError, match="no gaps on boards are told of card 'paper'"):
        _ = Forecast(Fresh(paper, None)).pool
