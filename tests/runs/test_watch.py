"""New evidence against an earlier run: made-up boards whose gaps are known, and a run whose draws are."""

import dataclasses
import datetime as dt
import shlex
import types

import numpy as np
import pytest
import scoringrules
from pydantic import ConfigDict, TypeAdapter

from meekcast.backtests.baselines import persistence
from meekcast.errors import InputError
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.predictions import time_grid
from meekcast.inputs import gather
from meekcast.runs.documents import WatchDocument
from meekcast.runs.held import Earlier
from meekcast.runs.surprise import SURPRISE, chance
from meekcast.runs.watch import watch

CARD = """
schema = 1
extends = "open-weights"
name = "made-up"
title = "Made-up boards"
story = "Made up."
wrong_if = "Never."

[[followers]]
name = "open_weights"
rule = "open_weights"
growth = "spending"

[[followers]]
name = "small"
rule = "parameters <= 40e9"
growth = "spending"

[[benchmarks]]
name = "mmlu_pro"
title = "MMLU-Pro"
evidence = "{folder}/points.toml"
link = "sigmoid"
floor = 10.0
reference = "start"

[[benchmarks]]
name = "eci"
title = "Index"
evidence = "{folder}/index.toml"
link = "linear"
unit = "index"
reference = "start"
followers = ["open_weights"]

[[events]]
name = "the gap stays below 5 points"
ask = "mmlu_pro_gap < 5 points"
"""
SAID = {
    "points": 'benchmark = "mmlu_pro"\nunit = "points"\nchance = 10.0\n',
    "index": 'benchmark = "eci"\nunit = "index"\n',
}
HEADER = "model,developer,released,known_on,score,score_se,open_weights,parameters,cost_per_task"
MONTHS = ["2024-02", "2024-05", "2024-08", "2024-11", "2025-02", "2025-05"]
OLD = [(f"{m}-10", f"F{i}", 40 + 5 * i, "no", "") for i, m in enumerate(MONTHS)]
OLD += [(f"{m}-20", f"O{i}", 30 + 5 * i, "yes", "8e9") for i, m in enumerate(MONTHS)]
"""Gaps of 10 at the end, on 2025-06-30: 65 against 55, of both followers."""
SERIES = ("mmlu_pro", "small_mmlu_pro", "eci")
END = dt.date(2025, 6, 30)
N = 2000


def board(folder, kind, rows=(), *, until=END, name=None, replaced=None, old=OLD, scale=""):
    """Write a board: old rows (scores of some replaced), then rows (released, model, score, open, parameters)."""
    lines = []
    for released, model, score, weights, parameters, *known in [*old, *rows]:
        score = (replaced or {}).get(model, score)
        lines.append(f"{model},,{released},{known[0] if known else ''},{score},,{weights},{parameters},")
    name = name or kind
    (folder / f"{name}.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    file = folder / f"{name}.toml"
    file.write_text(
        f'schema = 1\nname = "{kind}"\ntitle = "T"\nkind = "scores"\nsource = "s"\nlicence = "l"\n'
        f'date_precision = "day"\nas_of = {until}\n{scale or SAID[kind]}rows = "{name}.csv"\n',
        encoding="utf-8",
    )
    return str(file)


@pytest.fixture
def made(tmp_path):
    """Folder of the card and its boards of then, and the inputs of the run."""
    for kind in SAID:
        board(tmp_path, kind)
    card = tmp_path / "made-up.toml"
    card.write_text(CARD.format(folder=tmp_path), encoding="utf-8")
    return types.SimpleNamespace(folder=tmp_path, inputs=gather(str(card)))


def earlier(inputs, gaps=None, sd=2.0, n=N, status="ok"):
    """A run that expects gaps about 10 for ever, all series moving as one, and scores about 65 and 55."""
    times = time_grid(inputs, 2030)
    z = np.random.default_rng(1).standard_normal(n)
    arrays = {f"{s}_gap_observed": (gaps or {}).get(s, 10 + sd * z) for s in SERIES}
    levels = {"frontier": 65.0, "open_weights": 55.0, "small": 55.0}
    arrays |= {f"{b}_{actor}": np.full(n, level) for b in ("mmlu_pro", "eci") for actor, level in levels.items()}
    noise = {"mmlu_pro_noise": np.full(n, 2.0), "eci_noise": np.full(n, 2.0)}

    def read(name):
        return np.repeat(arrays[name][:, None], len(times), axis=1).astype(np.float32)

    draws = Draws("made-up", times, True, 4, {name: {} for name in arrays}, read, lambda: noise)
    summary = {"title": "Made-up boards", "today": "2025-07-01", "seed": 0, "diagnostics": {"status": status}}
    summary["events"] = [
        {
            "name": "small",
            "expression": "mmlu_pro_gap < 5 points",
            "probability_by": {"2027": {"value": 0.3, "error": 0.01}},
        }
    ]
    return Earlier("out/made-up", inputs, draws, summary)


def by_series(document):
    return {row["series"]: row for row in document["series"]}


LITTLE = [("2025-08-10", "F9", 68, "no", ""), ("2025-10-10", "O9", 57, "yes", "70e9")]
"""Gaps: 10 in July, 13 in August and September, then 11 of the open models, 13 of the small ones."""


def test_gaps_as_expected(made):
    newer = board(made.folder, "points", LITTLE, until=dt.date(2025, 11, 15), name="newer")
    found = watch(earlier(made.inputs), [newer])
    check = TypeAdapter(list[WatchDocument], config=ConfigDict(extra="forbid", strict=True))
    check.validate_python([found])
    seen = {(t["series"], t["date"]): t["observed"] for t in found["targets"]}
    dates = ["2025-07-31", "2025-08-31", "2025-09-30", "2025-10-31"]  # November has not ended
    assert [seen["mmlu_pro", date] for date in dates] == [10, 13, 13, 11]
    assert [seen["small_mmlu_pro", date] for date in dates] == [10, 13, 13, 13]
    rows = by_series(found)
    assert found["verdict"] == "as expected"
    assert (rows["mmlu_pro"]["targets"], rows["eci"]["targets"]) == (4, 0)
    assert rows["mmlu_pro"]["coverage50"] == 0.5  # half of the draws lie within 1.35 of 10
    assert rows["mmlu_pro"]["coverage90"] == 1.0
    assert rows["eci"]["verdict"] == "nothing new"
    assert [(r["model"], r["actor"], r["inside90"]) for r in found["records"]] == [
        ("F9", "frontier", True), ("O9", "open_weights", True),
    ]  # fmt: skip
    assert (rows["mmlu_pro"]["new_records"], rows["small_mmlu_pro"]["new_records"]) == (2, 1)
    assert found["overall"]["new_records"] == 2
    assert found["notes"] == []


def test_scores_are_those_of_backtests(made):
    newer = board(made.folder, "points", LITTLE[:1], until=dt.date(2025, 8, 31), name="newer")
    run = earlier(made.inputs)
    (july, august) = [t for t in watch(run, [newer])["targets"] if t["series"] == "mmlu_pro"]
    draws = run.draws.read("mmlu_pro_gap_observed")[:, -1].astype(float)
    assert august["crps"] == pytest.approx(scoringrules.crps_ensemble(13.0, draws, estimator="qd"))
    assert august["pit"] == pytest.approx(np.mean(draws < 13), abs=2 / N)
    assert july["pit"] == pytest.approx(0.5, abs=0.05)
    past = np.array([10.0] * 14)  # month ends since both have a record: always 10 at a month's end
    still = persistence(past, 31 / 365)
    assert np.unique(still).tolist() == [10.0]
    assert july["crps_of_persistence"] == 0.0
    assert august["crps_of_persistence"] == pytest.approx(3.0)
    row = by_series(watch(run, [newer]))["mmlu_pro"]
    assert row["crps_over_persistence"] == pytest.approx((july["crps"] + august["crps"]) / 3.0)


def far(records):
    """A frontier that runs away, in so many steps: a gap of 35 in the end."""
    return [(f"2025-0{7 + i}-05", f"X{i}", 90 - 2 * (records - 1 - i), "no", "") for i in range(records)]


@pytest.mark.parametrize(("records", "verdict"), [(1, "surprised"), (2, "surprised"), (3, "refit")])
def test_a_gap_far_outside_is_an_alarm(made, records, verdict):
    newer = board(made.folder, "points", far(records), until=dt.date(2025, 9, 30), name="newer")
    found = watch(earlier(made.inputs), [newer])
    assert found["verdict"] == found["overall"]["verdict"] == verdict
    assert found["overall"]["chance"] == pytest.approx(2 / (N + 1))  # as odd as the lowest of all draws
    assert found["targets"][-1]["observed"] == 35.0
    assert not any(t["inside90"] for t in found["targets"] if t["date"] == "2025-09-30")
    assert not any(record["inside90"] for record in found["records"])
    assert by_series(found)["mmlu_pro"]["crps_over_persistence"] < 1  # persistence expected just 10


def test_only_the_latest_gap_of_a_series_decides(made):
    """A gap of 35 in July that is gone by September is seen in the coverage, not in the verdict."""
    rows = [*far(1), ("2025-09-01", "O9", 80, "yes", "8e9")]
    found = watch(earlier(made.inputs), [board(made.folder, "points", rows, until=dt.date(2025, 9, 30), name="newer")])
    assert by_series(found)["mmlu_pro"]["coverage90"] == pytest.approx(1 / 3)
    assert found["verdict"] == "as expected"


def test_nothing_new_is_said(made):
    found = watch(earlier(made.inputs))
    assert (found["verdict"], found["targets"], found["records"]) == ("nothing new", [], [])
    assert found["overall"]["chance"] is None and found["overall"]["coverage90"] is None
    newer = board(made.folder, "points", far(1), until=dt.date(2025, 7, 30), name="newer")
    found = watch(earlier(made.inputs), [newer])
    assert found["verdict"] == "nothing new"
    assert [record["model"] for record in found["records"]] == ["X0"]
    assert "1 new record" in found["why"]


def test_the_cards_own_boards_are_read_anew(made):
    board(made.folder, "points", far(3), until=dt.date(2025, 9, 30))
    assert watch(earlier(made.inputs))["verdict"] == "refit"
    until = watch(earlier(made.inputs), as_of=dt.date(2025, 8, 1))
    assert [t["date"] for t in until["targets"]] == ["2025-07-31"] * 2
    assert watch(earlier(made.inputs), as_of=dt.date(2025, 7, 4))["verdict"] == "nothing new"


def test_what_was_learned_later_does_not_count_earlier(made):
    """O9 came in July, which the board showed in September; until then O8, a record of August, was the best."""
    rows = [("2025-07-02", "O9", 62, "yes", "8e9", "2025-09-03"), ("2025-08-02", "O8", 61, "yes", "8e9")]
    found = watch(earlier(made.inputs), [board(made.folder, "points", rows, until=dt.date(2025, 9, 30), name="newer")])
    assert [t["observed"] for t in found["targets"] if t["series"] == "mmlu_pro"] == [10, 4, 3]


def test_another_past_is_told_and_asks_for_another_fit(made):
    newer = board(made.folder, "points", until=dt.date(2025, 8, 31), name="newer", replaced={"F5": 90})
    found = watch(earlier(made.inputs), [newer])
    state = by_series(found)["mmlu_pro"]["board"]
    assert (state["then"]["gap"], state["now"]["gap"], state["changed"]) == (10.0, 35.0, True)
    assert any("the past changed: the gap of 2025-06-30 was 10 then, it is 35 now" in note for note in found["notes"])
    assert found["overall"]["new_records"] == 0
    assert found["verdict"] == "refit"
    little = board(made.folder, "points", until=dt.date(2025, 8, 31), name="newer", replaced={"F5": 66})
    found = watch(earlier(made.inputs), [little])
    assert (by_series(found)["mmlu_pro"]["board"]["changed"], found["verdict"]) == (False, "as expected")
    assert any("the past changed a little" in note for note in found["notes"])


def test_a_new_edition_of_a_board_is_told(made):
    """Editions are vintages; a scale that changed between then and now is named."""
    rows = [",".join([m, "", r, "", str(s), "", w, p, "", "2025-08-20"]) for r, m, s, w, p in OLD]
    (made.folder / "edition.csv").write_text("\n".join([f"{HEADER},vintage", *rows]) + "\n", encoding="utf-8")
    newer = board(made.folder, "points", until=dt.date(2025, 8, 31), scale=SAID["points"] + "scales = [2025-08-20]\n")
    text = (made.folder / "points.toml").read_text().replace('rows = "points.csv"', 'rows = "edition.csv"')
    (made.folder / "points.toml").write_text(text)
    found = watch(earlier(made.inputs), [newer])
    assert by_series(found)["mmlu_pro"]["board"]["now"]["edition"] == "2025-08-20"
    assert "MMLU-Pro: the scale of the board changed, last on 2025-08-20" in found["notes"]


def test_notes_before_the_verdict_is_believed(made):
    board(made.folder, "points", until=dt.date(2025, 6, 1), old=OLD[:-1])
    found = watch(earlier(made.inputs, status="fail"))
    assert "sampler failed" in found["notes"][0]
    assert any("this evidence ends on 2025-06-01, that of the run on 2025-06-30" in note for note in found["notes"])
    assert by_series(found)["mmlu_pro"]["board"]["now"]["gap"] is None  # nobody knows it, so it has not changed
    assert not any("past" in note for note in found["notes"])
    assert found["verdict"] == "nothing new"


def test_months_beyond_the_horizon_are_left_out(made):
    newer = board(made.folder, "points", until=dt.date(2031, 3, 31), name="newer")
    run = earlier(made.inputs)
    inputs = watch_today(run, newer, dt.date(2031, 4, 2))
    assert inputs["targets"][-1]["date"] == "2030-12-31"
    assert "MMLU-Pro: 3 months are beyond the run's horizon" in inputs["notes"]


def watch_today(run, newer, today):
    """Watch on another day: evidence from after the day of asking would be refused."""
    with pytest.MonkeyPatch.context() as patch:
        clock = type("date", (dt.date,), {"today": classmethod(lambda cls: today)})
        patch.setattr("meekcast.inputs.gathering.dt", types.SimpleNamespace(date=clock, timedelta=dt.timedelta))
        return watch(run, [newer])


# What becomes of the answers


def test_draws_that_this_version_cannot_weigh_are_told(made):
    found = watch(earlier(made.inputs))["updated"]
    assert (found["way"], found["pareto_k"], found["weights_ess"], found["refit"]) == ("refit", None, None, None)
    assert "has no draws of" in found["why"]
    assert [(event["then"], event["now"]) for event in found["events"]] == [
        ({"2027": {"value": 0.3, "error": 0.01}}, None)
    ]


def test_the_command_that_refits_asks_on_another_day_and_of_the_newer_table(made):
    """What is usual is left out; a table of another benchmark stays, and so does what informs parameters."""
    index, newer = (
        board(made.folder, kind, until=dt.date(2025, 9, 30), name="newer-" + kind) for kind in ("index", "points")
    )
    said = ["forecast", "made-up.toml", "--priors", "wide", "--evidence", index, "--evidence", "training-costs"]
    said += [
        "--evidence",
        str(made.folder / "points.toml"),
        "--seed",
        "0",
        "--today",
        "2025-07-01",
        "--as-of",
        "2025-07-01",
    ]
    run = dataclasses.replace(earlier(made.inputs), command=[*said, "--draws", "2000", "--check"])
    kept = ["--priors", "wide", "--evidence", index, "--evidence", "training-costs", "--draws", "2000", "--check"]
    command = shlex.split(watch(run, [newer], dt.date(2025, 8, 31))["updated"]["refit"])
    assert command == ["meekcast", "forecast", "made-up.toml", *kept, "--evidence", newer, "--as-of", "2025-08-31"]


# What cannot be held against a run


@pytest.mark.parametrize(
    ("kind", "scale", "message", "remedy"),
    [
        ("points", 'benchmark = "mmlu_pro"\nunit = "elo"\n', "in points, evidence 'points' in elo", "one unit"),
        ("points", 'benchmark = "gpqa"\nunit = "points"\nchance = 25.0\n', "about 'gpqa'", "Allowed: eci, mmlu_pro"),
    ],
)
def test_another_scale_or_benchmark_is_refused(made, kind, scale, message, remedy):
    newer = board(made.folder, kind, until=dt.date(2025, 9, 30), name="newer", scale=scale)
    with pytest.raises(InputError, match=message) as raised:
        watch(earlier(made.inputs), [newer])
    assert remedy in raised.value.remedy


def test_a_trend_and_a_table_of_the_future_are_refused(made):
    with pytest.raises(InputError, match="holds no scores"):
        watch(earlier(made.inputs), ["training-costs"])
    newer = board(made.folder, "points", until=dt.date(2090, 1, 1), name="newer")
    with pytest.raises(InputError, match="after today"):
        watch(earlier(made.inputs), [newer])


def test_runs_without_bands_are_refused(made):
    with pytest.raises(InputError, match="card 'paper' reads no evidence"):
        watch(earlier(gather("paper")))
    with pytest.raises(InputError, match="1 draw: there are no bands"):
        watch(earlier(made.inputs, n=1))
    another = earlier(made.inputs)
    another.draws.labels.pop("eci_gap_observed")
    with pytest.raises(InputError, match="no eci_gap_observed: this version"):
        watch(another)


def test_a_table_that_replaced_the_cards_is_read_again_by_its_name(made, monkeypatch):
    """The run read a table of the user's own folder; where it is gone, its path has to be given."""
    own = made.folder / "own"
    own.mkdir()
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(own))
    for until, rows in ((END, []), (dt.date(2025, 9, 30), far(3))):
        file = board(own, "points", rows, until=until, name="mine")
        text = (own / "mine.toml").read_text().replace('name = "points"', 'name = "mine"')
        (own / "mine.toml").write_text(text)
        if until == END:
            inputs = gather(str(made.folder / "made-up.toml"), evidence=["mine"])
    found = watch(earlier(inputs))
    assert by_series(found)["mmlu_pro"]["board"]["now"]["evidence"] == "mine"
    assert found["verdict"] == "refit"
    assert watch(earlier(inputs), [file])["verdict"] == "refit"
    (own / "mine.toml").rename(made.folder / "moved.toml")
    with pytest.raises(InputError, match="evidence 'mine', which is not found by that name") as raised:
        watch(earlier(inputs))
    assert "--evidence" in raised.value.remedy


# The alarm


def test_series_that_move_as_one_count_as_one():
    """Ten copies of a gap are as odd as one; ten independent gaps that are all somewhat odd are odder."""
    rng = np.random.default_rng(2)
    one = rng.standard_normal((N, 1))
    alone = chance(one, np.array([1.7]))
    assert alone == pytest.approx(0.09, abs=0.02)
    assert chance(np.repeat(one, 10, axis=1), np.full(10, 1.7)) == pytest.approx(alone)
    assert chance(rng.standard_normal((N, 10)), np.full(10, 1.7)) < 0.005


def test_a_gap_that_many_futures_share_never_surprises():
    futures = np.concatenate([np.full(90, 3.0), np.arange(10.0) + 10])[:, None]
    assert chance(futures, np.array([3.0])) == 1.0


@pytest.mark.parametrize("correlation", [0.0, 0.7, 1.0])
def test_false_alarms_are_as_rare_as_stated(correlation):
    rng = np.random.default_rng(3)
    common = rng.standard_normal((800, 1))
    futures = correlation * common + np.sqrt(1 - correlation**2) * rng.standard_normal((800, 4))
    futures = np.where(futures < -0.5, -0.5, futures)  # an atom, as gaps have
    alarms = [chance(np.delete(futures, i, axis=0), futures[i]) < SURPRISE for i in range(500)]
    assert np.mean(alarms) < SURPRISE + 3 * np.sqrt(SURPRISE * (1 - SURPRISE) / 500)


@pytest.mark.slow
def test_false_alarms_of_a_real_run_over_a_year(leaderboard):
    """Each draw in turn is what came: 5 % alarms at each month's end, about 15 % in a year of looking each month."""
    times = leaderboard.predictions["time"].to_numpy()
    first = int(np.searchsorted(times, 2025.34))
    gaps = leaderboard.predictions["mmlu_pro_gap_observed"].to_numpy()[:, first : first + 12]
    chosen = np.random.default_rng(0).choice(len(gaps), 300, replace=False)
    alarms = np.array(
        [[chance(np.delete(gaps[:, [m]], i, axis=0), gaps[i, [m]]) < SURPRISE for m in range(12)] for i in chosen]
    )
    assert 0.01 < alarms.mean() < SURPRISE + 0.02
    assert alarms.any(axis=1).mean() < 0.25
