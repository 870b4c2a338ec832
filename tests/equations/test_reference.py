"""Fixed published values. Sources: Gundlach, Lynch & Thompson 2025, arXiv:2507.07931 ("the paper"), its text and
its released code, as collected in the project's LITERATURE.md section 1, and others where they are named.

The tolerance is half a unit in the last digit that is published. "own" marks values recomputed
for this project from the published inputs.
"""

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from meekcast.equations.dates import (
    end_time,
    inflection_time,
    peak_gap,
    peak_time,
    rule_time,
)
from meekcast.equations.gap import lag, loss_gap
from meekcast.equations.links import bounded_link, consecutive_steps
from meekcast.equations.paths import log_compute, log_growth, log_lead
from meekcast.equations.scaling import loss, reducible_loss
from meekcast.equations.sprt import decision_nats, tokens

# The paper, sections 2 and 3: hardware 1.4, algorithms 2.8, SOTA investment 5/1.4; 1000 USD at 1e17 FLOP/USD;
# 1070 C^-alpha + 1.7 nats per token.
HARDWARE, ALGORITHMS, INVESTMENT = 1.4, 2.8, 5 / 1.4
S = HARDWARE * ALGORITHMS
C0 = 1000 * 1e17
A, L0 = 1070.0, 1.7
TEXT, CODE, NEWER = 0.155, 0.154, 0.178  # exponents: the paper's text, its released code, Besiroglu et al. 2024

SIGMOID = {"k": 23.77, "x0": 1.9739, "floor": 0.2540, "ceiling": 0.2540 + 0.5567}  # the paper, MMLU fit
ROUNDED_SIGMOID = {"k": 23.77, "x0": 1.97, "floor": 0.25, "ceiling": 0.25 + 0.55}  # as its plots use it


def published(value, digits):
    """A number as printed with so many decimals: anything that rounds to it agrees."""
    return pytest.approx(value, rel=0, abs=0.5 * 10.0**-digits)


def gap_at(t, alpha):
    budget, lead = log_compute(t, C0, log_growth(S)), log_lead(t, 1.0, log_growth(INVESTMENT))
    return loss_gap(budget + lead, lead, alpha, A)


def score_gap(t, steps, sigmoid):
    """Gap in MMLU points between the actors at p consecutive steps, at the exponent of the code."""
    budget, lead = log_compute(t, C0, log_growth(S)), log_lead(t, 1.0, log_growth(INVESTMENT))
    frontier, meek = (
        consecutive_steps(bounded_link(loss(x, CODE, A, L0), **sigmoid), steps) for x in (budget + lead, budget)
    )
    return 100 * (frontier - meek)


def largest_score_gap(steps, sigmoid):
    best = minimize_scalar(lambda t: -score_gap(t, steps, sigmoid), bounds=(1, 10), method="bounded")
    return best.x, -best.fun


def test_code_exponent_has_4_7_percent_more_reducible_loss_than_text_exponent():
    # The paper's code against its text, at 1e20 FLOP.
    ratio = reducible_loss(np.log(C0), CODE, A) / reducible_loss(np.log(C0), TEXT, A)
    assert 100 * (ratio - 1) == published(4.7, 1)


def test_frontier_grows_fourteen_times_a_year():
    # The paper, section 2: 1.4 x 2.8 x 5/1.4 = 14.
    assert np.exp(log_growth(HARDWARE, ALGORITHMS, INVESTMENT)) == pytest.approx(14.0, rel=1e-12)


@pytest.mark.parametrize(("alpha", "years"), [(TEXT, 3.3372), (CODE, 3.3589), (NEWER, 2.9060)])
def test_peak_time_of_the_paper(alpha, years):
    # The paper, appendix: t* = ln(ln(s g)/ln s) / (alpha ln g), own to four decimals.
    assert peak_time(alpha, S, INVESTMENT) == published(years, 4)


@pytest.mark.parametrize(("alpha", "nats"), [(TEXT, 0.2022), (CODE, 0.2118)])
def test_loss_gap_at_the_peak(alpha, nats):
    # The paper, figure of the loss gap; own to four decimals.
    assert peak_gap(alpha, A, C0, S, INVESTMENT) == published(nats, 4)
    assert gap_at(peak_time(alpha, S, INVESTMENT), alpha) == published(nats, 4)


@pytest.mark.parametrize(
    ("investment", "years"), [(1.1, 4.57), (2, 3.82), (INVESTMENT, 3.34), (5, 3.12), (10, 2.77), (20, 2.50)]
)
def test_peak_time_by_investment_growth(investment, years):
    # The paper, robustness over SOTA g_i, exponent 0.155.
    assert peak_time(TEXT, S, investment) == published(years, 2)


def test_faster_spending_frontier_peaks_earlier_and_higher():
    # Against the paper's "it only delays the inflection" (LITERATURE.md section 1): t* falls, the gap there rises.
    investment = np.array([1.1, 2, INVESTMENT, 5, 10, 20])
    assert np.all(np.diff(peak_time(TEXT, S, investment)) < 0)
    assert np.all(np.diff(peak_gap(TEXT, A, C0, S, investment)) > 0)


def test_faster_spending_frontier_keeps_a_given_gap_for_longer():
    # The sense in which that sentence of the paper is right.
    investment = np.array([2, INVESTMENT, 5, 10, 20])
    assert np.all(np.diff(end_time(TEXT, A, C0, S, investment, eps=0.05)) > 0)


@pytest.mark.parametrize("alpha", [TEXT, CODE, NEWER])
def test_inflection_proper_is_at_twice_the_peak(alpha):
    # LITERATURE.md section 1: the paper's text calls t* an inflection; the inflection is at 2 t* for R = 1.
    assert inflection_time(alpha, S, INVESTMENT) == pytest.approx(2 * peak_time(alpha, S, INVESTMENT), rel=1e-14)


def test_decision_at_five_percent_error_needs_2_65_nats():
    # The paper, section 5 (Wald 1945): (1 - 2e) ln((1 - e)/e) at e = 0.05.
    assert decision_nats(0.05, 0.05) == published(2.65, 2)


@pytest.mark.parametrize(("alpha", "expected"), [(TEXT, (13.1, 30.1, 219.5)), (CODE, (12.5, 28.4, 204.1))])
def test_tokens_at_the_peak_and_after_ten_and_twenty_years(alpha, expected):
    # The paper, SPRT figure, slowdown 1; exponents of text and code.
    dates = np.array([peak_time(alpha, S, INVESTMENT), 10.0, 20.0])
    assert tokens(gap_at(dates, alpha)) == published(np.array(expected), 1)


@pytest.mark.parametrize(("slowdown", "length"), [(10, 100), (100, 1000)])
def test_slow_judge_needs_more_than_a_tweet_or_a_short_post_at_the_peak(slowdown, length):
    # The paper's marks at 100 tokens (a tweet) and 1000 (a short post), slowdowns of 10 and 100: 131 and 1310 tokens.
    assert tokens(peak_gap(TEXT, A, C0, S, INVESTMENT), slowdown=slowdown) == pytest.approx(
        1.31 * length, abs=0.005 * length
    )


@pytest.mark.parametrize(
    ("nats", "score"),
    [(1.9739, 0.5324), (1.7, 0.8099), (2.5499, 0.2540)],
)
def test_sigmoid_to_mmlu(nats, score):
    # The paper's fit, unrounded (own): half way at x0; at the entropy, below the ceiling 0.8107; chance at 1e20 FLOP.
    assert bounded_link(nats, **SIGMOID) == published(score, 4)


def test_sigmoid_has_its_published_ceiling_and_floor():
    # The paper's fit: floor 0.2540; ceiling 0.81, below GPT-4's 0.864.
    assert bounded_link(0.0, **SIGMOID) == published(0.81, 2)
    assert bounded_link(3.0, **SIGMOID) == published(0.2540, 4)


@pytest.mark.parametrize(("steps", "years", "points"), [(1, 4.1, 46.4), (2, 4.4, 49.3), (5, 5.1, 29.0), (10, 5.7, 9.6)])
def test_largest_gap_over_consecutive_steps_with_the_rounded_sigmoid(steps, years, points):
    # The paper, p-step figure, exponent 0.154. LITERATURE.md has 5.8 y for ten steps: 5.746 rounded twice.
    date, largest = largest_score_gap(steps, ROUNDED_SIGMOID)
    assert date == published(years, 1)
    assert largest == published(points, 1)


@pytest.mark.parametrize(("steps", "points"), [(1, 47.0), (2, 50.7), (5, 31.0), (10, 11.0)])
def test_largest_gap_over_consecutive_steps_with_the_unrounded_sigmoid(steps, points):
    # As above. LITERATURE.md has 31.1 and 11.1 for five and ten steps: 31.046 and 11.046 rounded twice.
    assert largest_score_gap(steps, SIGMOID)[1] == published(points, 1)


def test_mmlu_gap_is_below_five_points_after_7_7_years():
    # LITERATURE.md section 1 (own, exponent 0.154, rounded sigmoid).
    end = brentq(lambda t: score_gap(t, 1, ROUNDED_SIGMOID) - 5, 5, 15)
    assert end == published(7.7, 1)
    assert score_gap(0.0, 1, ROUNDED_SIGMOID) == 0
    assert np.all(score_gap(end + np.array([0.01, 1, 5, 30]), 1, ROUNDED_SIGMOID) < 5)


def test_inference_gap_of_the_released_code_closes_at_1_33_years():
    # The code: C_eff = (1e-8 USD/token x 1e17 FLOP/USD x (1.4 x 9)^t)^2 x 3.6^t for the budget actor, 3.6 for both.
    start = (1e-8 * 1e17) ** 2
    budget_rate = log_growth(HARDWARE * 9, HARDWARE * 9, 3.6)
    frontier_rate = log_growth(HARDWARE, 3.6, INVESTMENT)
    closes = -log_lead(0.0, C0 / start, 0.0) / (frontier_rate - budget_rate)
    assert closes == published(1.33, 2)
    assert lag(log_lead(closes, C0 / start, frontier_rate - budget_rate), budget_rate) == pytest.approx(0, abs=1e-12)


def test_paper_inference_equation_grows_43_times_a_year():
    # DESIGN.md section 3: (1.4 x 2.8)^2 x 2.8 with g_inf = 2.8.
    assert np.exp(log_growth(HARDWARE * 2.8, HARDWARE * 2.8, ALGORITHMS)) == published(43, 0)


def test_joint_scaling_law_gives_the_loss_at_1e26_flop_to_11_percent():
    # LITERATURE.md section 2 (own bootstrap of Besiroglu et al. 2024): joint or independent draws of (alpha, ln A).
    mean, covariance = [0.1785, 7.912726], [[2.915716e-5, 1.149822e-3], [1.149822e-3, 4.536853e-2]]
    draws = np.random.default_rng(0).standard_normal((100_000, 2))
    joint = mean + draws @ np.linalg.cholesky(covariance).T
    independent = mean + draws * np.sqrt(np.diag(covariance))
    spread = [np.log(reducible_loss(np.log(1e26), a, np.exp(ln_A))).std() for a, ln_A in (joint.T, independent.T)]
    assert 100 * spread[0] == published(11, 0)
    assert 100 * spread[1] == pytest.approx(38, abs=1)  # "about 38 %"; 38.7 for this covariance


@pytest.mark.parametrize(("rule", "years"), [(1e25, 34.22), (1e26, 41.06)])
def test_flop_rules_are_passed_by_raw_compute(rule, years):
    # EU AI Act and US order of 2023; ln(C/1e20)/ln 1.4, by hand: 11.5129/0.33647 and 13.8155/0.33647.
    assert rule_time(rule, C0, HARDWARE) == published(years, 2)
    assert log_compute(years, C0, log_growth(HARDWARE)) == pytest.approx(np.log(rule), abs=0.005 * np.log(HARDWARE))


@pytest.mark.parametrize(("factor", "months"), [(2.83, 8), (5.28, 5), (1.81, 14)])
def test_yearly_factors_match_their_doubling_times(factor, months):
    # Ho et al. 2024: doubling every 8 months, 95 % CI 5 to 14, is 2.83x [1.81, 5.28].
    assert 12 * np.log(2) / log_growth(factor) == pytest.approx(months, rel=0.005)
