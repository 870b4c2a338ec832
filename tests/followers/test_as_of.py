"""What was known on a date: same graph, editions of boards, runs that carry all they need, asking in the past."""

import datetime as dt
import json

import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.forecasts.predictions import predict
from meekcast.inference import posterior
from meekcast.inference.numbers import structure
from meekcast.inputs import as_asked, gather
from meekcast.observations import observations

DAY = dt.date(2025, 3, 1)
FEW = ("--draws", "50", "--tune", "50", "--quiet")


def day(text):
    return dt.date.fromisoformat(text)


def models(table, actor):
    return [row.model for row in table.records_of(actor)]


def records(table):
    """What a table lists, whatever it says of when it was known."""
    return [(r.actor, r.model, r.date, r.score, r.known_on) for r in table.records]


@pytest.fixture
def three(followed, both):
    return followed("cheap", "open", "small", benchmarks=both)


# Which records count


def test_as_of_a_date_a_model_is_known_when_the_board_showed_it_and_cheap_when_its_price_was_cut(followed):
    inputs = followed("cheap", "open", "small")

    def known(date, actor):
        return models(inputs.at(day(date)).known_tables[0], actor)

    assert known("2024-09-24", "small") == ["small-2", "small-5"]  # small-8 of 2024-09-15 is not shown yet
    assert known("2024-09-25", "small") == ["small-2", "small-5", "small-8"]
    assert known("2024-07-31", "cheap") == ["small-2", "small-5"]
    assert known("2024-08-01", "cheap") == ["small-2", "small-5", "open-1"]
    assert known("2025-02-14", "frontier")[-1] == "big-12"
    assert known("2025-02-15", "frontier")[-1] == "open-13"


def test_as_of_a_date_the_graph_is_the_same_and_later_data_are_not_among_the_data(three):
    for date in (day("2024-05-20"), DAY, day("2025-10-01")):
        then = three.at(date)
        assert structure(then) == structure(three)
        np.testing.assert_array_equal(then.evidence_times, three.evidence_times)
        assert then.sizes == three.sizes
        for (benchmark, rows), table in zip(then.data, then.known_tables, strict=True):
            assert rows == observations(table, three.card.follower_names, benchmark.since, benchmark.rule)
            assert all(row.known <= date and row.date <= date for row in table.records)
            assert len(rows) < then.sizes[benchmark.name]
    end = three.at(day("2030-01-01"))
    assert end.data == three.data
    assert three.at(DAY).tables == three.tables  # the final ones, whatever the date


def test_a_record_is_shared_among_those_for_whom_it_counted_by_then(three):
    def shares(date):
        (_, rows), _ = three.at(day(date)).data
        return [o.share for o in rows if o.label == "open-13"]

    assert shares("2025-07-31") == [1 / 2] * 2  # its price is cut the day after
    assert shares("2025-08-01") == [1 / 3] * 3


def test_scores_are_those_of_the_edition_that_was_known(three):
    def score(date, model):
        _, table = three.at(day(date)).known_tables
        return next(row.score for row in table.records if row.model == model)

    first, second, last = (1000 + 5 * 50 + 10 * k for k in range(3))  # big-0 has 50 points
    assert score("2025-01-10", "big-0") == first
    assert score("2025-06-29", "big-0") == first
    assert score("2025-06-30", "big-0") == second
    assert score("2025-12-31", "big-0") == last
    assert score("2024-06-30", "big-0") == last  # no edition yet: later scores stand in
    (_, rows) = three.at(day("2025-01-10")).data[1]
    assert next(o.value for o in rows if o.label == "big-0") == first
    newest = three.at(day("2025-03-01")).known_tables[1]
    assert models(newest, "frontier")[-1] == "big-9"  # the edition of December knows nothing of January


def test_which_edition_stood_is_told(three):
    quiz, duel = (table.edition for table in three.at(DAY).known_tables)
    assert (quiz, duel) == (None, day("2024-12-31"))
    assert three.tables[1].edition == day("2025-12-31")
    assert three.at(day("2024-06-30")).known_tables[1].edition == day("2025-12-31")  # stands in


def test_as_of_a_date_nothing_is_predicted_from_what_came_later(three, made_up, tmp_path, monkeypatch, draws_of):
    """Another future of the boards: the same data, and the same gaps shown."""
    then = three.as_known(DAY)
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(_other_future(made_up, tmp_path / "other")))
    other = gather(str(_card_of(three, tmp_path))).as_known(DAY)
    assert gather(str(_card_of(three, tmp_path))).data != three.data
    assert then.data == other.data
    assert then.hashes["evidence"] == other.hashes["evidence"]
    draws, times = draws_of(then), np.linspace(2024.5, 2027, 30)
    one, two = predict(then, draws, times, 0), predict(other, draws, times, 0)
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


def _other_future(folder, to):
    """The same boards with other errors of what was released since mid-March 2025, and in later editions."""
    (to / "prices").mkdir(parents=True)
    for file in folder.rglob("*.*"):
        lines = file.read_text(encoding="utf-8").splitlines()
        if file.name == "quiz.csv":
            lines = [line.replace(",1.5,", ",1.6,") if _released(line) > "2025-03-10" else line for line in lines]
        if file.name == "duel.csv":
            lines = [line.replace(",4,", ",5,") if line.endswith(("06-30", "2025-12-31")) else line for line in lines]
        (to / file.relative_to(folder)).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return to


def _released(line):
    found = line.split(",")[2]
    return found if found[:2] == "20" else ""


def _card_of(inputs, folder):
    return next(folder.glob(f"{inputs.card.name}.toml"))


def test_before_any_gap_there_is_nothing_to_ask(three):
    with pytest.raises(
        InputError, match="'followed' has no gap yet on 2024-03-20: no records of both the frontier and cheap in"
    ):
        three.as_known(day("2024-03-20"))
    with pytest.raises(InputError, match="no records of both the frontier and small"):
        gather_order(three, "open", "small").as_known(day("2024-03-20"))


def gather_order(inputs, *names):
    """The same boards read by some of the followers."""
    import dataclasses

    followers = [f for f in inputs.card.followers if f.name in names]
    card = inputs.card.model_copy(update={"followers": followers})
    boards = tuple(dataclasses.replace(board, card=card) for board in inputs.boards)
    return dataclasses.replace(inputs, card=card, boards=boards)


# Who asks in the past


def test_asking_in_the_past_is_asking_from_what_was_known_then(three):
    inputs, on = as_asked(three, today=DAY)
    assert (inputs.as_of, on) == (DAY, DAY)
    assert inputs.data == three.at(DAY).data
    inputs, on = as_asked(three, today=day("2026-11-21"))
    assert (inputs.as_of, on) == (None, day("2026-11-21"))
    inputs, on = as_asked(three, today=day("2026-11-21"), as_of=DAY)
    assert (inputs.as_of, on) == (DAY, day("2026-11-21"))
    inputs, on = as_asked(three, as_of=DAY)
    assert (inputs.as_of, on) == (DAY, DAY)


def test_asking_between_the_last_record_and_the_last_edition_reads_the_edition_before(three):
    """No record of the last weeks of 2025, but the edition of 2025-12-31 moves all scores."""
    asked_on = day("2025-12-28")
    inputs, _ = as_asked(three, today=asked_on)
    assert inputs.as_of == asked_on
    assert inputs.known_tables[1].edition == day("2025-06-30")


def test_nobody_knows_what_is_known_only_later(three):
    with pytest.raises(InputError, match="evidence as of 2025-03-02, asked on 2025-03-01") as error:
        as_asked(three, today=DAY, as_of=day("2025-03-02"))
    assert "--as-of no later than --today" in error.value.remedy


# Runs as of a date


@pytest.fixture
def forecast(card, both, run_cli, monkeypatch, prior_fit, tmp_path):
    """Forecast a made-up card by the prior, as the command does; gives the folder."""
    monkeypatch.setattr(posterior, "sampled", prior_fit())

    def make(*options, followers=("cheap", "open", "small"), name="out"):
        answer = run_cli("forecast", card(*followers, benchmarks=both), *FEW, "--out", tmp_path / name, *options)
        assert answer.code == 0, answer.err
        return tmp_path / name / "followed"

    return make


def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def replayed(run_cli, folder):
    answer = run_cli("replay", folder, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


@pytest.mark.long
@pytest.mark.parametrize("options", [("--as-of", "2025-03-01", "--today", "2026-11-21"), ("--today", "2025-03-01")])
def test_a_forecast_as_of_a_date_says_so_and_replays_to_the_same_bytes_without_the_boards(
    forecast, run_cli, options, monkeypatch, tmp_path
):
    folder = forecast(*options)
    told = summary(folder)
    assert told["provenance"]["hashes"]["as_of"] == "2025-03-01"
    assert told["today"] == options[-1]
    for entry in told["evidence"]:
        assert entry["as_of"] <= "2025-03-01"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "big-21" not in json.dumps(manifest)  # nothing of later is in it
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(tmp_path / "gone"))
    found = replayed(run_cli, folder)
    assert found["different"] == []
    assert {"summary.json", "forecast.nc", "gap.png", "followers.png"} <= set(found["identical"])


@pytest.mark.long
def test_a_forecast_of_all_evidence_replays_too(forecast, run_cli, monkeypatch, tmp_path):
    folder = forecast("--today", "2026-11-21")
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(tmp_path / "gone"))
    assert replayed(run_cli, folder)["different"] == []


@pytest.mark.long
@pytest.mark.parametrize("date", ["2024-04-01", "2024-05-01"])
def test_a_forecast_replays_though_a_board_knew_nothing_of_some_followers(forecast, run_cli, date):
    """On 2024-04-01 the duel knows big and open models alone: the board shows small ones two months late."""
    folder = forecast("--as-of", date)
    assert replayed(run_cli, folder)["different"] == []


@pytest.mark.long
def test_asking_in_the_past_and_as_of_that_date_is_the_same_forecast(forecast):
    one, two = forecast("--today", "2025-03-01"), forecast("--as-of", "2025-03-01", name="other")
    assert (one / "summary.json").read_bytes() == (two / "summary.json").read_bytes()


def test_a_question_as_of_a_date_is_that_to_the_forecast_as_of_it(forecast, run_cli, card, both):
    folder = forecast("--as-of", "2025-03-01")
    asked = ("lag_behind of small < 1 years", "--json", "--draws", "50")
    file = card("cheap", "open", "small", benchmarks=both)
    fresh = run_cli("when", asked[0], "--card", file, "--as-of", "2025-03-01", *asked[1:], "--out", folder.parent / "w")
    stored = run_cli("when", asked[0], "--run", folder, "--json")
    assert (fresh.code, stored.code) == (0, 0), fresh.err + stored.err
    one, two = (json.loads(answer.out) for answer in (fresh, stored))
    for key in ("probability", "probability_by", "cdf", "probability_passing"):
        assert one["answers"][0][key] == two["answers"][0][key], key


@pytest.mark.slow
def test_a_sampled_forecast_as_of_a_date_replays_to_the_same_bytes(card, run_cli, monkeypatch, tmp_path):
    file = card("cheap", "small")
    options = ("--as-of", "2025-03-01", "--draws", "300", "--tune", "500", "--quiet", "--out", tmp_path)
    answer = run_cli("forecast", file, *options)
    assert answer.code in {0, 1, 3}, answer.err
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(tmp_path / "gone"))
    assert replayed(run_cli, tmp_path / "followed")["different"] == []
