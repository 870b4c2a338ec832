"""FLOP rules: dates in closed form, lead times, and how rules are stated."""

import datetime as dt

import numpy as np
import pytest

from meekcast.clock import decimal_year
from meekcast.equations.dates import rule_time
from meekcast.errors import InputError
from meekcast.inference.sampler import Settings
from meekcast.inputs import gather
from meekcast.whatif.governance import RULES, Rule, governance, read_rules
from meekcast.whatif.world import World


@pytest.fixture(scope="module")
def point():
    return World.of(gather("paper"), until=60)


def test_dates_are_those_of_the_closed_forms(point):
    growth = {"raw": 1.4, "effective": 1.4 * 2.8}
    passings = governance(point.source, RULES, [1000.0, 1e6])
    assert [(p.budget_usd, p.rule.name, p.counted) for p in passings] == [
        (usd, rule.name, counted) for usd in (1000.0, 1e6) for rule in RULES for counted in growth
    ]
    for p in passings:
        expected = float(rule_time(p.rule.flop, 1e17 * p.budget_usd, growth[p.counted]))
        assert p.answer.dates.tolist() == [pytest.approx(expected, abs=1e-9)]
        assert p.lead_time is None  # years since the start have no today


def test_lead_time_is_from_today(point):
    start, today = dt.date(2020, 7, 1), decimal_year(dt.date(2026, 11, 21))
    passings = governance(lambda usd: point.source(usd).anchored(start), RULES, [1e6], [2030], today)
    for p in passings:
        assert p.lead_time == {q: date - today for q, date in p.answer.quantiles.items()}
        assert list(p.answer.probability_by) == ["2030"]
    assert passings[0].lead_time["0.5"] == pytest.approx(
        decimal_year(start) + float(rule_time(1e25, 1e23, 1.4)) - today
    )
    assert passings[1].lead_time["0.5"] < 0  # the effective one is past


def test_what_is_not_passed_by_the_horizon_leaves_endless_time(point):
    never = governance(
        lambda usd: point.source(usd).anchored(dt.date(2020, 1, 1)), [Rule("far", 1e60, "")], [None], (), 2026.0
    )
    assert set(never[0].lead_time.values()) == {np.inf}


def test_a_price_band_has_no_raw_compute(leaderboard):
    world = World.of(leaderboard.inputs, leaderboard.settings)
    passings = governance(world.source, RULES, [None], (), decimal_year(leaderboard.today))
    assert {p.counted for p in passings} == {"effective"}
    assert all(p.lead_time is not None for p in passings)


def test_a_larger_budget_and_a_lower_rule_are_earlier():
    world = World.of(gather("paper", "literature"), Settings(draws=100), until=100)
    passings = {
        (p.budget_usd, p.rule.flop, p.counted): p.answer.dates for p in governance(world.source, RULES, [1e4, 1e7])
    }
    for counted in ("raw", "effective"):
        assert (passings[1e7, 1e25, counted] < passings[1e4, 1e25, counted]).all()
        assert (passings[1e4, 1e25, counted] < passings[1e4, 1e26, counted]).all()
    assert (passings[1e4, 1e25, "effective"] < passings[1e4, 1e25, "raw"]).all()  # algorithms only add


def test_rules_are_those_of_the_law_with_sources():
    assert [rule.flop for rule in RULES] == [1e25, 1e26]
    assert all("20" in rule.source or "14110" in rule.source for rule in RULES)
    assert read_rules([]) == RULES
    assert [r.name for r in read_rules(["mine = 1e24"])] == [*(r.name for r in RULES), "mine"]


@pytest.mark.parametrize("text", ["1e25", "mine=", "=1e25", "mine=much", "mine=-1", "mine=0", "mine=inf", "mine=nan"])
def test_a_rule_that_cannot_be_read_is_refused(text):
    with pytest.raises(InputError, match="cannot read the rule"):
        read_rules([text])
