"""A whole backtest: what each row holds, what may not leak, and that a stopped run goes on."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from meekcast.backtests.blocks import AVERAGED, CHOSEN_UNTIL, PERIODS, Table, block, blocks_of, scales_of
from meekcast.backtests.run import METHODS, backtest, without_discrepancy
from meekcast.backtests.summary import document, merged
from meekcast.backtests.targets import month_end
from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.inference import posterior
from meekcast.inputs import gather

HORIZONS = ("all", 0.0833, 0.25, 0.5, 1.0, 1.5)


def of(found, benchmark="all", horizon="all", period="all", kind="seen"):
    wanted = (benchmark, horizon, period)
    blocks = found["cards"] + found["periods"] if kind == "seen" else found["true"]
    (one,) = [b for b in blocks if (b["benchmark"], b["horizon"], b["period"]) == wanted]
    return one


def seen(found):
    return [row for row in found["rows"] if row["of"] == "seen"]


def near(value):
    """Numbers of a document have six digits."""
    return pytest.approx(value, rel=1e-4, abs=1e-5)


def test_the_contract(found):
    assert found["schema"] == "meekcast.backtest/1"
    assert [(b["benchmark"], b["horizon"]) for b in found["cards"]] == [
        (name, horizon) for name in ("all", "eci") for horizon in HORIZONS
    ]
    for b in found["cards"]:
        assert b["period"] == "all"
        assert {"card", "n", "skill", "skill_log", "intervals", "pit", "pool", "relative_skill", *AVERAGED} <= b.keys()
        assert tuple(b["skill"]) == METHODS
        assert METHODS == ("persistence", "damped_persistence", "trend", "paper", "constant_growth")
    for row in found["rows"]:
        assert (row["card"], row["follower"]) == ("unbounded-measure", "price_band")
        assert row["of"] in ("seen", "true")
        assert tuple(row["quantiles"]) == ("0.05", "0.25", "0.5", "0.75", "0.95")
        assert 0 < row["pit"] < 1
        assert row["diverging"] == 0
        assert dt.date.fromisoformat(row["origin"]) < dt.date.fromisoformat(row["target_date"])
    assert to_json(found)  # no NaN anywhere


def test_scores_are_means_of_the_rows(found):
    for kind in ("seen", "true"):
        rows = [row for row in found["rows"] if (row["horizon"], row["of"]) == (0.5, kind)]
        b = of(found, "eci", 0.5, kind=kind)
        assert (b["n"], b["origins"]) == (len(rows), len({row["origin"] for row in rows}))
        for own, scores in ((b, rows), (b["pool"], [row["pool"] for row in rows])):
            crps, crps_log = (np.mean([row[key] for row in scores]) for key in ("crps", "crps_log"))
            assert (own["crps"], own["crps_log"]) == (near(crps), near(crps_log))
            assert own["coverage90"] == near(np.mean([row["inside90"] for row in scores]))
            assert own["pit"]["mean"] == near(np.mean([row["pit"] for row in scores]))
            assert sum(own["pit"]["bins"]) == b["n"]
            for method in ("persistence", "damped_persistence", "constant_growth"):
                rival, log = (np.mean([row["baselines"][method][key] for row in rows]) for key in ("crps", "crps_log"))
                assert own["skill"][method] == near(1 - crps / rival)
                assert own["skill_log"][method] == near(1 - crps_log / log)
                assert b["baselines"][method]["crps"] == near(rival)
            assert own["skill"]["paper"] is None  # the index has no ceiling


def test_pooling_divides_by_persistence(found):
    scale = np.mean([row["baselines"]["persistence"]["crps"] for row in seen(found)])
    assert found["scales"] == [{"card": "unbounded-measure", "benchmark": "eci", "crps_of_persistence": near(scale)}]
    pooled, own = of(found), of(found, "eci")
    assert pooled["baselines"]["persistence"]["crps"] == near(1)
    assert pooled["crps"] == near(own["crps"] / scale)
    assert pooled["log_score"] == near(own["log_score"] - np.log(scale))
    for method, skill in own["skill"].items():
        assert pooled["skill"][method] == (None if skill is None else near(skill))


def test_a_relative_skill_is_a_geometric_mean_of_ratios_to_all_others(found):
    b = of(found, "eci")
    crps = {"card": b["crps"], "pool": b["pool"]["crps"]} | {m: b["baselines"][m]["crps"] for m in METHODS}
    del crps["paper"], crps["trend"]  # one has nothing to say of an index, the other of the first origins
    relative = b["relative_skill"]
    assert relative["paper"] is None
    everywhere = blocks_of([_without_trend(row) for row in seen(found)], scales_of(seen(found)), ["eci"], 0)
    (again,) = [one for one in everywhere if (one["benchmark"], one["horizon"], one["period"]) == ("eci", "all", "all")]
    for name, value in crps.items():
        ratios = [value / other for rival, other in crps.items() if rival != name]
        assert again["relative_skill"][name] == near(np.exp(np.mean(np.log(ratios))))


def _without_trend(row):
    return {**row, "baselines": {**row["baselines"], "trend": None}}


def test_a_skill_is_over_the_targets_that_both_forecast(found):
    first, *others = seen(found)
    table = Table([first, *map(_without_trend, others)], scales_of(found["rows"]), scaled=False)
    skill = block(table, 0)["skill"]["trend"]
    assert skill == pytest.approx(1 - first["crps"] / first["baselines"]["trend"]["crps"])


def test_periods_are_a_partition(found):
    early, late = (of(found, period=period) for period in PERIODS[1:])
    assert early["n"] + late["n"] == of(found)["n"] == len(seen(found))
    assert early["n"] == sum(dt.date.fromisoformat(row["origin"]) <= CHOSEN_UNTIL for row in seen(found))
    assert of(found, kind="true")["n"] == len(found["rows"]) - len(seen(found))


def test_of_a_period_without_targets_nothing_is_said(inputs, quick, prior_fit):
    short = document(backtest(inputs, quick, fit=prior_fit()))
    late = of(short, horizon=1.0, period="later")
    assert (late["n"], late["crps"], late["pool"]["crps"]) == (0, None, None)  # nothing that late has been seen


def test_intervals_hold_their_estimates(found):
    b = of(found)
    for own in (b, b["pool"]):
        for key in AVERAGED:
            low, high = own["intervals"][key]
            assert low <= own[key] <= high
        for method, (low, high) in own["leave_one_out"].items():
            assert low <= own["skill"][method] <= high
        assert 1 <= own["effective_origins"] <= b["origins"]


def test_the_same_seed_gives_the_same_bytes_and_another_another(inputs, quick, prior_fit):
    def text(seed):
        return to_json(document(backtest(inputs, dataclasses.replace(quick, seed=seed), fit=prior_fit())))

    assert text(0) == text(0) != text(1)


def test_each_origin_is_fitted_twice_as_of_its_date(inputs, quick, prior_fit):
    fit = prior_fit()
    result = backtest(inputs, quick, fit=fit)
    dates = [str(month_end(dt.date(2024, 8, 31), later)) for later in range(14)]
    assert dates[-1] == "2025-09-30"
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
    assert {a["origin"] for a, _ in early} == {"2024-08-31", "2024-09-30", "2024-10-31", "2024-11-30"}
    for a, b in early:
        assert (a["quantiles"], a["standing"]) == (b["quantiles"], b["standing"])
        assert a["pool"]["quantiles"] == b["pool"]["quantiles"]
        for method in ("persistence", "damped_persistence", "trend", "constant_growth"):
            assert (a["baselines"][method] or {}).get("quantiles") == (b["baselines"][method] or {}).get("quantiles")
        assert (a["observed"] != b["observed"]) == (
            a["target_date"] > "2024-12-15" and a["observed"] + b["observed"] > 0
        )
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


@pytest.mark.long
def test_a_stopped_run_goes_on_with_the_fits_that_are_missing(inputs, monkeypatch, quick, prior_fit):
    """The posterior cache is the memory: nothing finished is sampled again."""
    first, second, third = prior_fit(interrupt_after=25), prior_fit(), prior_fit()
    settings = dataclasses.replace(quick, seed=77)
    monkeypatch.setattr(posterior, "sampled", first)
    with pytest.raises(KeyboardInterrupt):
        backtest(inputs, settings)
    monkeypatch.setattr(posterior, "sampled", second)
    resumed = backtest(inputs, settings)
    assert len(first.asked) == 25
    assert len(second.asked) == 3
    assert set(first.asked) & set(second.asked) == set()
    assert [f.from_cache for f in resumed.fits] == [True] * 25 + [False] * 3
    monkeypatch.setattr(posterior, "sampled", third)
    again = backtest(inputs, settings)
    assert third.asked == []
    assert to_json(document(again)) == to_json(document(resumed))


def test_fresh_reaches_every_fit(inputs, quick, prior_fit):
    fit, asked = prior_fit(), []

    def noted(inputs, settings, progress, fresh):
        asked.append(fresh)
        return fit(inputs, settings, progress)

    backtest(inputs, quick, fresh=True, fit=noted)
    assert asked == [True] * 28


def test_several_cards_are_compared_on_the_targets_they_share(found, inputs, quick, prior_fit):
    own = document(backtest(inputs, quick, fit=prior_fit()))
    fewer = {**found, "rows": seen(found)[3:]}
    both = merged([found, fewer])
    assert [b["n"] for b in both["comparison"]] == [len(seen(found)) - 3] * 2
    assert both["comparison"][0] == both["comparison"][1]
    assert len(both["cards"]) == 2 * 2 * len(HORIZONS)
    assert (
        merged([found, {**found, "rows": [{**row, "follower": "other"} for row in found["rows"]]}])["comparison"] == []
    )
    assert merged([found, own])["comparison"] == []  # other gaps were seen on the made-up table


def test_a_card_without_evidence_is_refused(prior_fit):
    with pytest.raises(InputError, match="reads no evidence"):
        backtest(gather("paper"), fit=prior_fit())
