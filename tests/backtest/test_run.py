"""A whole backtest: what each row holds, what may not leak, and that a stopped run goes on."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from meekcast.backtests.run import METHODS, backtest, without_discrepancy
from meekcast.backtests.summary import (
    CHOSEN_UNTIL,
    PERIODS,
    Table,
    _block,
    _mean,
    document,
    merged,
    resampled,
    scales_of,
)
from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.inference import posterior
from meekcast.inputs import gather

HORIZONS = ("all", 0.25, 0.5, 1.0)


def block(found, benchmark="all", horizon="all", period="all"):
    wanted = (benchmark, horizon, period)
    (one,) = [b for b in found["cards"] + found["periods"] if (b["benchmark"], b["horizon"], b["period"]) == wanted]
    return one


def test_the_contract(found):
    assert found["schema"] == "meekcast.backtest/1"
    assert [(b["benchmark"], b["horizon"]) for b in found["cards"]] == [
        (name, horizon) for name in ("all", "eci") for horizon in HORIZONS
    ]
    for b in found["cards"]:
        assert b["period"] == "all"
        assert {"card", "n", "crps", "log_score", "coverage50", "coverage90", "skill", "intervals"} <= b.keys()
        assert tuple(b["skill"]) == METHODS == ("persistence", "trend", "paper", "constant_growth")
    for row in found["rows"]:
        assert row["card"] == "unbounded-measure"
        assert tuple(row["quantiles"]) == ("0.05", "0.25", "0.5", "0.75", "0.95")
        assert 0 < row["pit"] < 1
        assert row["diverging"] == 0
        assert dt.date.fromisoformat(row["origin"]) < dt.date.fromisoformat(row["target_date"])
    assert to_json(found)  # no NaN anywhere


def test_scores_are_means_of_the_rows(found):
    rows = [row for row in found["rows"] if row["horizon"] == 0.5]
    b = block(found, "eci", 0.5)
    crps = np.mean([row["crps"] for row in rows])
    assert (b["n"], b["origins"]) == (len(rows), len({row["origin"] for row in rows}))
    assert b["crps"] == pytest.approx(crps)
    assert b["coverage90"] == pytest.approx(np.mean([row["inside90"] for row in rows]))
    for method in ("persistence", "constant_growth"):
        rival = np.mean([row["baselines"][method]["crps"] for row in rows])
        assert b["skill"][method] == pytest.approx(1 - crps / rival)
        assert b["baselines"][method]["crps"] == pytest.approx(rival)
    assert b["skill"]["paper"] is None  # the index has no ceiling


def test_pooling_divides_by_persistence(found):
    scale = np.mean([row["baselines"]["persistence"]["crps"] for row in found["rows"]])
    assert found["scales"] == [
        {"card": "unbounded-measure", "benchmark": "eci", "crps_of_persistence": pytest.approx(scale)}
    ]
    pooled, own = block(found), block(found, "eci")
    assert pooled["baselines"]["persistence"]["crps"] == pytest.approx(1)
    assert pooled["crps"] == pytest.approx(own["crps"] / scale)
    assert pooled["log_score"] == pytest.approx(own["log_score"] - np.log(scale))
    assert pooled["skill"] == pytest.approx(own["skill"])


def test_a_skill_is_over_the_targets_that_both_forecast(found):
    few = [{**row, "baselines": {**row["baselines"], "trend": None}} for row in found["rows"][1:]]
    table = Table([found["rows"][0], *few], scales_of(found["rows"]))
    assert np.isfinite(table.column("crps", "trend")).sum() == 1
    first = found["rows"][0]
    skill = _block(table, "c", "eci", "all", "all", 0)["skill"]["trend"]
    assert skill == pytest.approx(1 - first["crps"] / first["baselines"]["trend"]["crps"])


def test_periods_are_a_partition(found):
    early, late = (block(found, period=period) for period in PERIODS[1:])
    assert early["n"] + late["n"] == block(found)["n"] == len(found["rows"])
    assert early["n"] == sum(dt.date.fromisoformat(row["origin"]) <= CHOSEN_UNTIL for row in found["rows"])


def test_of_a_period_without_targets_nothing_is_said(inputs, quick, prior_fit):
    short = document(backtest(inputs, quick, fit=prior_fit()))
    late = block(short, horizon=1.0, period="later")
    assert (late["n"], late["crps"]) == (0, None)  # nothing that late has been seen


def test_intervals_hold_their_estimates_and_come_from_whole_origins(found):
    b = block(found)
    for key in ("crps", "log_score", "coverage50", "coverage90"):
        low, high = b["intervals"][key]
        assert low <= b[key] <= high
    weights = resampled(5, 0)
    assert (weights.sum(axis=1) == 5).all()
    assert (weights[0] == 1).all()
    alone = _mean(np.array([1.0, 3.0]), resampled(1, 0)[:, [0, 0]])
    assert (alone.centre, alone.interval) == (2.0, None)  # one origin says nothing about its spread


def test_the_bootstrap_finds_the_standard_error_of_independent_origins():
    values = np.random.default_rng(4).standard_normal(200)
    low, high = _mean(values, resampled(200, 0)).interval
    assert (high - low) / 2 / 1.645 == pytest.approx(values.std() / np.sqrt(200), rel=0.1)


def test_the_same_seed_gives_the_same_bytes_and_another_another(inputs, quick, prior_fit):
    def text(seed):
        return to_json(document(backtest(inputs, dataclasses.replace(quick, seed=seed), fit=prior_fit())))

    assert text(0) == text(0) != text(1)


def test_each_origin_is_fitted_twice_as_of_its_date(inputs, quick, prior_fit):
    fit = prior_fit()
    result = backtest(inputs, quick, fit=fit)
    dates = ["2024-09-30", "2024-12-31", "2025-03-31", "2025-06-30"]
    assert fit.asked == [(date, kind) for date in dates for kind in ("ou", "none")]
    assert [(str(f.origin), f.variant) for f in result.fits] == [
        (date, variant) for date in dates for variant in ("card", "constant_growth")
    ]


def test_what_comes_after_an_origin_changes_nothing_at_it(make, quick, prior_fit):
    """Another future: the same forecasts and baselines up to the day before it, other observations."""
    before, after = (
        document(backtest(make(late, later, name), quick, fit=prior_fit()))["rows"]
        for late, later, name in ((117, 126, "one"), (123, 140, "two"))
    )
    early = [(a, b) for a, b in zip(before, after, strict=True) if a["origin"] < "2024-12-15"]
    assert len(early) == 3
    for a, b in early:
        assert (a["quantiles"], a["standing"]) == (b["quantiles"], b["standing"])
        for method in ("persistence", "trend", "constant_growth"):
            assert (a["baselines"][method] or {}).get("quantiles") == (b["baselines"][method] or {}).get("quantiles")
        assert a["observed"] != b["observed"]
    (late, other), *_ = [(a, b) for a, b in zip(before, after, strict=True) if a["origin"] == "2024-12-31"]
    assert late["standing"] != other["standing"]


def test_without_discrepancy_only_the_departures_are_gone(inputs):
    rival = without_discrepancy(inputs)
    assert rival.card.discrepancy == "none"
    departures = {f"{what}_{role}" for what in ("frontier", "lead") for role in ("sd", "memory")}
    assert set(inputs.belief.names) - set(rival.belief.names) == departures
    assert rival.tables == inputs.tables


def test_a_card_without_discrepancy_equals_its_rival(inputs, quick, prior_fit):
    plain = without_discrepancy(inputs)
    (pooled, *_) = document(backtest(plain, quick, fit=prior_fit()))["cards"]
    assert pooled["skill"]["constant_growth"] == 0


def test_a_stopped_run_goes_on_with_the_fits_that_are_missing(inputs, monkeypatch, quick, prior_fit):
    """The posterior cache is the memory: nothing finished is sampled again."""
    first, second, third = prior_fit(interrupt_after=5), prior_fit(), prior_fit()
    settings = dataclasses.replace(quick, seed=77)
    monkeypatch.setattr(posterior, "_sampled", first)
    with pytest.raises(KeyboardInterrupt):
        backtest(inputs, settings)
    monkeypatch.setattr(posterior, "_sampled", second)
    resumed = backtest(inputs, settings)
    assert len(first.asked) == 5
    assert len(second.asked) == 3
    assert set(first.asked) & set(second.asked) == set()
    assert [f.from_cache for f in resumed.fits] == [True] * 5 + [False] * 3
    monkeypatch.setattr(posterior, "_sampled", third)
    again = backtest(inputs, settings)
    assert third.asked == []
    assert to_json(document(again)) == to_json(document(resumed))


def test_fresh_reaches_every_fit(inputs, quick, prior_fit):
    fit, asked = prior_fit(), []

    def noted(inputs, settings, progress, fresh):
        asked.append(fresh)
        return fit(inputs, settings, progress)

    backtest(inputs, quick, fresh=True, fit=noted)
    assert asked == [True] * 8


def test_several_cards_are_compared_on_the_targets_they_share(found, inputs, quick, prior_fit):
    own = document(backtest(inputs, quick, fit=prior_fit()))
    fewer = {**found, "rows": found["rows"][3:]}
    both = merged([found, fewer])
    assert [b["n"] for b in both["comparison"]] == [len(found["rows"]) - 3] * 2
    assert both["comparison"][0] == both["comparison"][1]
    assert len(both["cards"]) == 16
    assert merged([found, own])["comparison"] == []  # other gaps were seen on the made-up table


def test_a_card_without_evidence_is_refused(prior_fit):
    with pytest.raises(InputError, match="reads no evidence"):
        backtest(gather("paper"), fit=prior_fit())
