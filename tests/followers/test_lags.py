"""The check of a forecast against lags that boards have shown: brute force along the paths, curves, the picture."""

import dataclasses
import datetime as dt
import json
import math

import numpy as np
import pytest

from meekcast.clock import decimal_year
from meekcast.files import to_json
from meekcast.forecasts.forecast import forecast
from meekcast.forecasts.lags import PROBABILITIES, LagCheck, lag_checks
from meekcast.forecasts.predictions import paths_of
from meekcast.inference import posterior
from meekcast.inference.sampler import Settings
from meekcast.observations.lags import Level, levels
from meekcast.plots import style
from meekcast.plots.lag_check import lag_check_figure
from meekcast.plots.lags import lags_figure
from meekcast.runs.read import open_run
from meekcast.runs.summary import summary
from meekcast.runs.write import write_run


@pytest.fixture
def result(followed, both, today, monkeypatch, prior_fit):
    """A forecast of two followers on two boards, the second of which is read of one of them, from the prior."""
    monkeypatch.setattr(posterior, "sampled", prior_fit())
    boards = both.replace('evidence = "duel"', 'evidence = "duel"\nsince = 2024-06-01\nfollowers = ["cheap"]')
    return forecast(followed("cheap", "open", benchmarks=boards), Settings(draws=50), today=today)


@pytest.fixture
def checks(result):
    return {f.name: lag_checks(result.inputs, result.draws, f) for f in result.inputs.card.followers}


def months_until(times, follower, level, since):
    """Months from a date until a path is at a level for the first time, straight between dates; infinite beyond."""
    for j in range(int(np.searchsorted(times, since, side="right")), len(times)):
        begin = max(times[j - 1], since)
        low, high = np.interp([begin, times[j]], times, follower)
        if low >= level:
            return 12 * (begin - since)
        if high >= level:
            return 12 * (begin + (level - low) / (high - low) * (times[j] - begin) - since)
    return math.inf


def test_along_the_paths_a_lag_is_what_a_walk_along_them_finds(result, checks):
    times, draws = result.draws.times, result.posterior.draws()
    paths = paths_of(result.inputs, draws, times, result.settings.seed)
    told = 0
    for i, name in enumerate(result.inputs.card.follower_names):
        for k, level in enumerate(checks[name][0].seen):
            date = decimal_year(level.date)
            for draw in range(0, len(paths.frontier), 9):
                frontier, found = paths.frontier[draw], checks[name][0].drawn[draw, k]
                follower = frontier - paths.leads[i][draw]
                walked = months_until(times, follower, np.interp(date, times, frontier), date)
                assert found == pytest.approx(walked, abs=1e-6)
                told += 0 < found < math.inf
    assert told > 200


def test_levels_are_those_that_the_card_reads_since_its_start(result, checks):
    card = result.inputs.card
    together, quiz, duel = checks["cheap"]
    (alone,) = checks["open"]
    assert [c.benchmark for c in (together, quiz, duel, alone)] == ["all", "mmlu_pro", "duel", "mmlu_pro"]
    assert quiz.seen == levels(result.inputs.tables[0], "cheap", since=card.start)
    assert min(level.date for level in duel.seen) >= dt.date(2024, 6, 1)
    assert together.seen == quiz.seen + duel.seen
    np.testing.assert_array_equal(together.drawn, np.hstack([quiz.drawn, duel.drawn]))
    assert len(together.seen) == together.drawn.shape[1] == len(together.within)


def made_up(*drawn):
    seen = [Level("m", dt.date(2025, 1, 1), 1.0, "b", 2.0, 2.0) for _ in drawn[0]]
    return LagCheck("exam", "Exam", tuple(seen), tuple(seen), np.array(drawn, dtype=float))


def test_each_draw_has_a_curve_and_the_band_is_their_quantiles():
    check = made_up([1, 2, 3, 4], [0, 0, 6, np.inf], [5, 5, 5, 5])
    curves = np.array([[1.0, 0.5, 0.0, 0.0], [0.5, 0.5, 0.5, 0.25], [1.0, 1.0, 0.0, 0.0]])
    np.testing.assert_allclose(check.band(np.array([0, 2, 5, 6])), np.quantile(curves, PROBABILITIES, axis=0))
    medians = sorted([2, 0, 5])
    assert check.as_dict()["forecast"]["0.5"] == medians[1]
    assert (check.as_dict()["forecast"]["0.05"], check.as_dict()["forecast"]["0.95"]) == (medians[0], medians[2])


def test_the_summary_tells_of_each_board_what_was_seen_and_what_the_card_has(result, checks):
    document = json.loads(to_json(summary(result)))
    for entry, (name, found) in zip(document["lags"], checks.items(), strict=True):
        assert entry["follower"] == name
        assert [seen["benchmark"] for seen in entry["seen"]] == [check.benchmark for check in found]
        for seen, check in zip(entry["seen"], found, strict=True):
            assert seen == json.loads(to_json(check.as_dict()))
            assert seen["exactly"]["levels"] == len(check.seen)
            assert float(seen["within_errors"]["median"]) <= float(seen["exactly"]["median"])
            assert list(seen["forecast"]) == ["0.05", "0.25", "0.5", "0.75", "0.95"]


def test_a_level_that_the_board_showed_after_the_date_of_asking_is_not_told_of(result):
    earlier = dataclasses.replace(result, inputs=result.inputs.as_known(dt.date(2025, 1, 31)))
    (follower, *_) = result.inputs.card.followers
    before = lag_checks(earlier.inputs, earlier.draws, follower)[0]
    assert max(level.date for level in before.seen) <= dt.date(2025, 1, 31)
    assert sum(level.matched for level in before.seen) < len(before.seen)


def test_the_picture_shows_the_band_every_match_and_what_waits_longest_on_each_board(result, checks):
    figure = lags_figure(result)
    assert len(figure.axes) == 2
    for ax, (name, found), prefix in zip(figure.axes, checks.items(), ("", "open_"), strict=True):
        behind, matches, waits, _ = ax.get_lines()
        np.testing.assert_array_equal(behind.get_ydata(), 12 * result.bands[f"{prefix}lag_behind"].sel(quantile=0.5))
        matched = [level for level in found[0].seen if level.matched]
        assert sorted(matches.get_ydata()) == sorted(level.right for level in matched)
        on = sorted(decimal_year(level.date) + level.right / 12 for level in matched)
        np.testing.assert_allclose(sorted(matches.get_xdata()), on)
        boards = found[1:] or found
        oldest = [max((level.left for level in c.seen if not level.matched), default=None) for c in boards]
        assert sorted(waits.get_ydata()) == sorted(left for left in oldest if left is not None), name


def test_all_followers_have_one_scale_from_zero_and_the_end_of_data_is_marked(result):
    first, second = lags_figure(result).axes
    assert first.get_ylim() == second.get_ylim()
    assert first.get_ylim()[0] == 0
    for ax, tables in ((first, result.inputs.tables), (second, result.inputs.tables[:1])):
        (covered,) = [patch for patch in ax.patches if patch.get_label() == "time with evidence"]
        last = max(decimal_year(table.complete_until) for table in tables)
        assert covered.get_x() + covered.get_width() == pytest.approx(last)


def test_the_picture_says_who_is_meant_and_the_months_that_the_terminal_says(result):
    document = json.loads(to_json(summary(result)))
    for ax, entry, follower in zip(
        lags_figure(result).axes, document["lags"], result.inputs.card.followers, strict=True
    ):
        assert ax.get_title(loc="left") == entry["title"] == follower.called
        months, rule = (text.get_text() for text in ax.texts)
        assert rule == follower.rule
        for date in ("now", "end of 2030"):
            q = {p: float(value) for p, value in entry["behind"][date].items()}
            assert f"{date}: {q['0.5']:.0f} [{q['0.05']:.0f}, {q['0.95']:.0f}]" in months


def test_the_check_shows_the_curve_of_the_levels_beside_the_cards(result, checks):
    figure = lag_check_figure(result)
    assert len(figure.axes) == 2
    for ax, found in zip(figure.axes, checks.values(), strict=True):
        check = found[0]
        _, curve, *_ = ax.get_lines()
        assert curve.get_ydata()[0] == 1
        np.testing.assert_array_equal(curve.get_ydata()[1:], check.survival.shares)
        assert f"half of {len(check.seen)} in " in ax.texts[0].get_text()
        assert ax.get_ylim() == (0, 1)


def test_an_opened_run_has_the_same_lags_as_when_it_was_made(result, checks, tmp_path):
    write_run(result, tmp_path / "run", "run", draw=lambda *_: None)
    run = open_run(tmp_path / "run")
    for follower in result.inputs.card.followers:
        again = lag_checks(result.inputs, run.draws, follower)
        for check, other in zip(checks[follower.name], again, strict=True):
            np.testing.assert_allclose(other.drawn, check.drawn, rtol=1e-9)
    assert run.summary["lags"] == json.loads(to_json(summary(result)))["lags"]


def test_levels_after_the_horizon_are_left_out(result, checks):
    kept = int(np.searchsorted(result.draws.times, 2025.0))
    short = dataclasses.replace(
        result.draws, times=result.draws.times[:kept], read=lambda name: result.draws.read(name)[:, :kept]
    )
    check, whole = lag_checks(result.inputs, short, result.inputs.card.followers[0])[0], checks["cheap"][0]
    assert max(level.date for level in check.seen) < dt.date(2025, 1, 1) < max(level.date for level in whole.seen)
    assert len(check.seen) == check.drawn.shape[1] == len(check.within) > 3
    assert np.isinf(check.drawn).any()


def test_of_a_follower_that_no_board_is_read_of_only_the_band_is_told(
    followed, both, today, monkeypatch, prior_fit, tmp_path
):
    monkeypatch.setattr(posterior, "sampled", prior_fit())
    boards = both.replace('link = "', 'followers = ["cheap"]\nlink = "')
    alone = forecast(followed("cheap", "open", benchmarks=boards), Settings(draws=50), today=today)
    first, second = summary(alone)["lags"]
    assert [len(entry["seen"]) for entry in (first, second)] == [3, 0]
    assert list(second["behind"]) == ["now", "end of 2027", "end of 2030"]
    figure, check = lags_figure(alone), lag_check_figure(alone)
    assert [line.get_marker() for line in figure.axes[1].get_lines()] == ["None", "None"]  # the median, and today
    assert not figure.axes[1].patches
    assert not check.axes[1].texts
    for name, drawn in (("lags", figure), ("lag_check", check)):
        style.save(drawn, tmp_path / f"{name}.png")
