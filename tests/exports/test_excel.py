"""The workbook, as openpyxl opens it: real dates, words for what is not reached, and texts that stay texts."""

import dataclasses
import datetime as dt
import zipfile

import numpy as np
import openpyxl
import pytest

from meekcast.clock import to_date
from meekcast.export.formats import Wanted, export
from meekcast.runs.read import open_run

SHEETS = ["events", "probabilities", "bands", "lags", "pool", "pool below", "evidence", "provenance"]
LEVELS = ["5 %", "25 %", "median", "75 %", "95 %"]
TODAY = "2026-11-21"


@pytest.fixture(scope="module")
def board(leaderboard_run):
    """A run that read a board, and so has lags and a pool."""
    return open_run(leaderboard_run[0])


@pytest.fixture
def opened(tmp_path):
    def open_book(run, **wanted):
        return openpyxl.load_workbook(export(run, "xlsx", tmp_path / "x.xlsx", Wanted(**wanted)).file)

    return open_book


def rows(sheet):
    """Rows by their headings."""
    head, *body = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


def cell_date(value):
    """What a cell holds of a date of the calendar."""
    return "not by 2032" if np.isinf(value) else dt.datetime.combine(to_date(value), dt.time())


def test_all_sheets_are_there_with_headings_that_stay_in_sight(board, unseen, paper_folders, opened):
    for run in (board, unseen, open_run(paper_folders["point"])):
        book = opened(run)
        assert book.sheetnames == SHEETS
        for sheet in book:
            assert sheet.freeze_panes == "B2"
            assert sheet.auto_filter.ref == sheet.dimensions
            assert all(cell.font.bold for cell in sheet[1])
            assert all(10 <= column.width <= 61 for column in sheet.column_dimensions.values())


def test_dates_of_events_are_dates_or_words(unseen, opened):
    sheet = opened(unseen)["events"]
    found = rows(sheet)
    assert [row["event"] for row in found] == [event.name for event in unseen.events]
    for row, event in zip(found, unseen.events, strict=True):
        assert row["question"] == event.expression
        for level, value in zip(LEVELS, event.quantiles.values(), strict=True):
            assert row[f"date, {level}"] == cell_date(value)
        assert row["P(not by 2032)"] == pytest.approx(event.probability_not_by_horizon.value, abs=1e-12)
        assert row["P(by 2030)"] == pytest.approx(event.probability_by["2030"].value, abs=1e-12)
        assert row["± P(by 2030)"] == pytest.approx(event.probability_by["2030"].error, abs=1e-12)
        assert row["draws"] == event.draws
    words = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value == "not by 2032"]
    assert words
    dates = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.is_date]
    assert {cell.number_format for cell in dates} == {"yyyy-mm-dd"}
    assert sheet["I2"].number_format == "0.00 %"


def test_probabilities_by_date_are_the_cdf(unseen, opened):
    found = {(row["event"], row["by the end of"]): row for row in rows(opened(unseen)["probabilities"])}
    for event in unseen.events:
        for year, p in event.cdf.items():
            row = found[event.name, dt.datetime(int(year), 12, 31)]
            assert row["probability"] == pytest.approx(p.value, abs=1e-12)
            assert row["± Monte Carlo error"] == pytest.approx(p.error, abs=1e-12)


def test_bands_are_on_real_dates(board, opened):
    found = rows(opened(board, quantities=("mmlu_pro_gap_observed",))["bands"])
    band = board.summary["bands"]["mmlu_pro_gap_observed"]
    assert [row["date"] for row in found] == [cell_date(time) for time in band["time"]]
    assert {row["unit"] for row in found} == {"points"}
    for level, p in zip(LEVELS, ("0.05", "0.25", "0.5", "0.75", "0.95"), strict=True):
        held = [row[level] for row in found]
        assert [value is None for value in held] == [value is None for value in band["quantiles"][p]]
        pairs = [pair for pair in zip(held, band["quantiles"][p], strict=True) if pair[1] is not None]
        np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=1e-14)


def test_what_is_infinite_is_a_word(paper_folders, opened):
    found = rows(opened(open_run(paper_folders["literature"]), quantities=("tokens",))["bands"])
    assert "infinite" in {row["95 %"] for row in found}


def test_lags_and_pool_are_those_of_the_summary(board, opened):
    book, (told,) = opened(board), board.summary["lags"]
    behind = [row for row in rows(book["lags"]) if row["lag in months"] == "behind, by the paths"]
    assert {row["of"]: row["median"] for row in behind} == {
        when: pytest.approx(quantiles["0.5"]) for when, quantiles in told["behind"].items()
    }
    seen = [row for row in rows(book["lags"]) if row["lag in months"] == "seen, as high"]
    assert [row["of"] for row in seen] == [entry["title"] for entry in told["seen"]]
    assert [row["levels"] for row in seen] == [entry["exactly"]["levels"] for entry in told["seen"]]
    (series,) = board.summary["pool"]["series"]
    pool = {(row["date"], row["forecast"]): row for row in rows(book["pool"])}
    below = {(row["date"], row["gap seen below"]): row["probability, by the pool"] for row in rows(book["pool below"])}
    for date in series["dates"]:
        day = dt.datetime.fromisoformat(date["date"])
        assert pool[day, "pool"]["median"] == pytest.approx(date["seen"]["pool"]["0.5"])
        assert pool[day, "true"]["5 %"] == pytest.approx(date["true"]["0.05"])
        assert pool[day, date["headline"]]["headline"] == "yes"
        for threshold, p in date["probability_below"].items():
            assert below[day, float(threshold)] == pytest.approx(p)


def test_evidence_and_provenance_say_where_it_is_from(board, opened):
    book = opened(board)
    (row, *_), entry = rows(book["evidence"]), board.summary["evidence"][0]
    assert (row["table"], row["source"], row["licence"]) == (entry["name"], entry["source"], entry["licence"])
    assert row["known until"] == dt.datetime.fromisoformat(entry["as_of"])
    said = {row["what"]: row["is"] for row in rows(book["provenance"])}
    assert said["run"] == board.summary["run"]
    assert said["card, SHA-256"] == board.summary["provenance"]["hashes"]["card"]
    assert said["forecast.nc, SHA-256"] == board.manifest["outputs"]["forecast.nc"]
    assert said["version: numpy"] == np.__version__
    assert said["asked on"] == dt.datetime.fromisoformat(TODAY)
    assert said["dates"] == "calendar dates"


def test_years_of_an_elapsed_clock_stay_years_and_the_headings_say_so(paper_folders, opened):
    run = open_run(paper_folders["literature"])
    book = opened(run)
    since = "(years since both actors spent the same)"
    (row, *_), event = rows(book["events"]), run.events[0]
    assert row[f"date, median {since}"] == pytest.approx(event.quantiles["0.5"])
    assert [row["P(by 5 years)"], row["P(by 10 years)"]] == pytest.approx(
        [event.probability_by[year].value for year in ("5", "10")]
    )
    assert [r[f"within {since}"] for r in rows(book["probabilities"])][:3] == [1, 2, 3]
    last = rows(book["events"])[-1]
    assert np.isinf(run.events[-1].quantiles["0.95"])
    assert last[f"date, 95 % {since}"] == "not by 30 years"
    assert not any(cell.is_date for name in SHEETS[:-1] for row in book[name].iter_rows(min_row=2) for cell in row)
    assert rows(book["lags"])[0]["follower"].startswith("no lags are told")
    assert rows(book["pool"])[0]["series"].startswith("no gaps on boards are told")
    assert rows(book["evidence"])[0]["table"].startswith("none")


NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.invalid")',
    "<script>alert(1)</script>",
    "1e5",
    "x" * 40_000,
]


@pytest.mark.parametrize("name", NASTY)
def test_texts_are_never_formulas_numbers_or_links(unseen, opened, name):
    run = dataclasses.replace(unseen)
    run.__dict__["events"] = (dataclasses.replace(unseen.events[0], name=name), *unseen.events[1:])
    run.__dict__["summary"] = {**unseen.summary, "title": name}
    sheet = opened(run)["events"]
    cell = sheet["A2"]
    assert cell.data_type == "s"
    assert cell.value == (name if len(name) < 32_767 else name[:32_764] + "...")
    assert cell.hyperlink is None
    assert cell.quotePrefix == name.startswith(("=", "+", "-", "@"))  # text even where somebody edits the cell


def test_the_bytes_hold_no_wall_clock(unseen, tmp_path):
    file = export(unseen, "xlsx", tmp_path / "x.xlsx").file
    with zipfile.ZipFile(file) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    made = openpyxl.load_workbook(file).properties
    assert made.created == made.modified == dt.datetime.fromisoformat(TODAY)
    assert made.title == unseen.summary["title"]
