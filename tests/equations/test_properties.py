"""What must hold for every input: signs, symmetries, orders and identities."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from meekcast.equations import dates
from meekcast.equations.discrepancy import (
    Filtered,
    ou_decay,
    ou_filtered,
    ou_innovation,
    ou_path,
    ou_steps,
    softplus,
)
from meekcast.equations.gap import lag, loss_gap, loss_gap_slope
from meekcast.equations.links import (
    bounded_link,
    bounded_link_of_compute,
    consecutive_steps,
    unbounded_link,
)
from meekcast.equations.paths import log_compute, log_growth, log_lead
from meekcast.equations.scaling import loss, reducible_loss
from meekcast.equations.sprt import decision_nats, tokens


def ou_factor(times, sd, time_scale):
    """Matrix whose columns are the paths of one unit score each."""
    n = len(times)
    return ou_path(np.eye(n), times - times[0], ou_steps(times), sd, time_scale).T


moderate = settings(deadline=None, max_examples=60)

alphas = st.floats(0.03, 0.5)
scales = st.floats(10, 1e4)
computes = st.floats(17, 26).map(lambda u: 10.0**u)
growths = st.floats(1.05, 20)
lead_growths = st.floats(1.02, 20)
ratios = st.floats(-5, 5).map(np.exp)
stories = st.tuples(alphas, scales, computes, growths, lead_growths, ratios)  # alpha, A, C0, s, g, R
years = st.floats(-20, 40)
logs = st.floats(35, 75)  # ln FLOP
magnitudes = st.floats(-100, 1.1).map(lambda u: 10.0**u)
leads = st.one_of(st.just(0.0), st.floats(-15, 15, allow_subnormal=False), magnitudes, magnitudes.map(lambda u: -u))
shares = st.floats(1e-9, 0.9999)
scores = st.floats(0, 1)
errors = st.floats(1e-6, 0.49)


def gap_at(t, alpha, A, C0, s, g, R):
    lead = log_lead(t, R, log_growth(g))
    return loss_gap(log_compute(t, C0, log_growth(s)) + lead, lead, alpha, A)


def slope_at(t, alpha, A, C0, s, g, R):
    lead = log_lead(t, R, log_growth(g))
    x_frontier = log_compute(t, C0, log_growth(s)) + lead
    return loss_gap_slope(x_frontier, lead, alpha, A, log_growth(s), log_growth(g))


def of_time(story):
    """The part of a story on which the date of the peak depends."""
    alpha, _, _, s, g, R = story
    return alpha, s, g, R


def close(value, rel=1e-9, abs=1e-9):
    return pytest.approx(value, rel=rel, abs=abs)


# ---------------------------------------------------------------- scaling law and paths


@moderate
@given(logs, st.floats(0.03, 0.3), scales, st.floats(0, 3), st.floats(0.01, 10))
def test_loss_falls_with_compute_towards_the_entropy(x, alpha, A, L0, more):
    assert loss(x, alpha, A, L0) > loss(x + more, alpha, A, L0) > L0


@moderate
@given(logs, alphas, scales, st.floats(0, 3))
def test_loss_is_entropy_plus_power_law(x, alpha, A, L0):
    assert loss(x, alpha, A, L0) == close(L0 + A * np.exp(x) ** -alpha, abs=0)
    assert loss(x, alpha, A, L0) - L0 == close(reducible_loss(x, alpha, A), abs=1e-12)


@moderate
@given(st.lists(st.floats(0.1, 20), min_size=1, max_size=5))
def test_growth_rates_add_where_factors_multiply(factors):
    assert log_growth(*factors) == close(np.log(np.prod(factors)))


@moderate
@given(years, computes, growths, lead_growths, ratios)
def test_paths_are_the_stated_growth_and_lead_is_their_difference(t, C0, s, g, R):
    budget, frontier = log_compute(t, C0, log_growth(s)), log_compute(t, C0 * R, log_growth(s, g))
    assert budget == close(np.log(C0) + t * np.log(s))
    assert log_lead(t, R, log_growth(g)) == close(frontier - budget, abs=1e-11)


# ---------------------------------------------------------------- the gap


@moderate
@given(logs, leads, alphas, scales)
def test_gap_is_positive_exactly_where_the_frontier_leads(x_frontier, lead, alpha, A):
    assert np.sign(loss_gap(x_frontier, lead, alpha, A)) == np.sign(lead)


@moderate
@given(logs, leads, alphas, scales)
def test_gap_is_budget_loss_minus_frontier_loss(x_frontier, lead, alpha, A):
    budget, frontier = loss(x_frontier - lead, alpha, A, 1.7), loss(x_frontier, alpha, A, 1.7)
    assert loss_gap(x_frontier, lead, alpha, A) == close(budget - frontier, abs=1e-12 * (budget + frontier))


@moderate
@given(logs, leads, alphas, scales)
def test_swapping_the_actors_flips_the_sign_of_the_gap(x_frontier, lead, alpha, A):
    swapped = loss_gap(x_frontier - lead, -lead, alpha, A)
    assert loss_gap(x_frontier, lead, alpha, A) == close(-swapped, abs=0)


@moderate
@given(logs, leads, alphas, scales, st.floats(-1, 3), st.floats(-1, 3))
def test_swapping_the_actors_flips_the_sign_of_the_slope(x_frontier, lead, alpha, A, budget_rate, lead_rate):
    slope = loss_gap_slope(x_frontier, lead, alpha, A, budget_rate, lead_rate)
    swapped = loss_gap_slope(x_frontier - lead, -lead, alpha, A, budget_rate + lead_rate, -lead_rate)
    assert slope == close(-swapped, abs=1e-12 * A * np.exp(-alpha * min(x_frontier, x_frontier - lead)))


@moderate
@given(st.floats(-10, 20), stories)
def test_slope_is_the_derivative_of_the_gap(t, story):
    h = 1e-4
    numerical = (gap_at(t + h, *story) - gap_at(t - h, *story)) / (2 * h)
    alpha, A, C0, s, *_ = story
    budget = reducible_loss(log_compute(t, C0, log_growth(s)), alpha, A)
    assert slope_at(t, *story) == close(numerical, rel=1e-6, abs=1e-6 * (budget + abs(gap_at(t, *story))))


@moderate
@given(logs, st.floats(0, 15), alphas, scales, st.floats(0.01, 5))
def test_gap_widens_with_the_lead_of_the_frontier(x_budget, lead, alpha, A, more):
    assert loss_gap(x_budget + lead + more, lead + more, alpha, A) > loss_gap(x_budget + lead, lead, alpha, A)


# ---------------------------------------------------------------- peak and inflection


@moderate
@given(stories, st.floats(0.01, 10))
def test_peak_is_higher_than_its_neighbours(story, apart):
    peak, highest = dates.peak_time(*of_time(story)), dates.peak_gap(*story)
    assert highest == close(gap_at(peak, *story), rel=1e-11, abs=0)
    assert highest > gap_at(peak - apart, *story)
    assert highest > gap_at(peak + apart, *story)


@moderate
@given(stories, st.floats(0.001, 20))
def test_gap_rises_before_the_peak_and_falls_after(story, apart):
    peak = dates.peak_time(*of_time(story))
    assert slope_at(peak - apart, *story) > 0 > slope_at(peak + apart, *story)


@moderate
@given(stories, st.floats(0.01, 5))
def test_slope_is_lowest_at_the_inflection(story, apart):
    bend = dates.inflection_time(*of_time(story))
    assert slope_at(bend, *story) < min(slope_at(bend - apart, *story), slope_at(bend + apart, *story))


@moderate
@given(stories)
def test_lead_at_the_peak_depends_on_the_growth_rates_alone(story):
    # exp(alpha lead) = ln(s g)/ln s there, and its square at the inflection, whatever R.
    alpha, s, g, R = of_time(story)
    for date, power in ((dates.peak_time, 1), (dates.inflection_time, 2)):
        lead = log_lead(date(alpha, s, g, R), R, log_growth(g))
        assert lead == close(power * np.log(log_growth(s, g) / log_growth(s)) / alpha)


@moderate
@given(stories, st.floats(-10, 10))
def test_moving_t0_moves_every_date_and_leaves_the_peak_as_high(story, later):
    alpha, A, C0, s, g, R = story
    moved = (alpha, A, C0 * s**later, s, g, R * g**later)
    eps = 0.1 * dates.peak_gap(*story)
    assert dates.peak_time(*of_time(moved)) == close(dates.peak_time(*of_time(story)) - later)
    assert dates.inflection_time(*of_time(moved)) == close(dates.inflection_time(*of_time(story)) - later)
    assert dates.end_time(*moved, eps) == close(dates.end_time(*story, eps) - later)
    assert dates.peak_gap(*moved) == close(dates.peak_gap(*story), abs=0)


@moderate
@given(stories, st.floats(0.2, 5))
def test_growth_over_a_longer_unit_of_time_shrinks_every_date(story, unit):
    alpha, A, C0, s, g, R = story
    slower = (alpha, A, C0, s**unit, g**unit, R)
    eps = 0.1 * dates.peak_gap(*story)
    for date in (dates.peak_time, dates.inflection_time):
        assert date(*of_time(slower)) == close(date(*of_time(story)) / unit)
    assert dates.end_time(*slower, eps) == close(dates.end_time(*story, eps) / unit)


@moderate
@given(stories, st.floats(-20, 20))
def test_unit_of_compute_cancels(story, log_unit):
    alpha, A, C0, s, g, R = story
    other = (alpha, A * np.exp(alpha * log_unit), C0 * np.exp(log_unit), s, g, R)
    eps = 0.1 * dates.peak_gap(*story)
    assert dates.peak_gap(*other) == close(dates.peak_gap(*story), abs=0)
    assert dates.end_time(*other, eps) == close(dates.end_time(*story, eps))


# ---------------------------------------------------------------- the end


@moderate
@given(stories, shares)
def test_gap_at_the_end_is_eps(story, share):
    eps = share * dates.peak_gap(*story)
    assert gap_at(dates.end_time(*story, eps), *story) == close(eps, rel=1e-10, abs=0)


@moderate
@given(stories, shares)
def test_end_is_the_last_crossing(story, share):
    eps = share * dates.peak_gap(*story)
    end = dates.end_time(*story, eps)
    assert end >= dates.peak_time(*of_time(story))
    assert np.all(gap_at(end + np.geomspace(1e-3, 100, 50), *story) < eps)
    between = dates.peak_time(*of_time(story)) + np.linspace(0, 0.999, 20) * (end - dates.peak_time(*of_time(story)))
    assert np.all(gap_at(between, *story) > eps * (1 - 1e-12))


@moderate
@given(stories, shares, shares)
def test_a_smaller_gap_ends_later(story, share, other):
    low, high = sorted([share, other])
    assume(low < 0.99 * high)
    highest = dates.peak_gap(*story)
    assert dates.end_time(*story, low * highest) > dates.end_time(*story, high * highest)


@moderate
@given(stories, st.floats(1.0001, 100))
def test_a_gap_above_the_peak_never_ends(story, factor):
    assert dates.end_time(*story, factor * dates.peak_gap(*story)) == -np.inf


@moderate
@given(stories, shares, st.floats(0.01, 100))
def test_end_depends_on_the_ratio_of_scale_and_eps(story, share, factor):
    alpha, A, *rest = story
    eps = share * dates.peak_gap(*story)
    assert dates.end_time(alpha, factor * A, *rest, factor * eps) == close(dates.end_time(*story, eps))


@moderate
@given(stories, shares, st.floats(1.1, 5))
def test_a_richer_frontier_ends_no_earlier(story, share, factor):
    *rest, R = story
    eps = share * dates.peak_gap(*story)
    end, richer = dates.end_time(*rest, np.array([R, factor * R]), eps)
    assert richer >= end - 1e-12 * abs(end)  # equal once the frontier's loss is at its floor


@moderate
@given(alphas, scales, computes, growths, lead_growths, ratios, st.floats(0.97, 0.999), st.floats(1.1, 5))
def test_a_richer_frontier_ends_later_near_the_peak(alpha, A, C0, s, g, R, share, factor):
    eps = share * dates.peak_gap(alpha, A, C0, s, g, R)
    assert dates.end_time(alpha, A, C0, s, g, factor * R, eps) > dates.end_time(alpha, A, C0, s, g, R, eps)


@moderate
@given(alphas, scales, computes, growths, st.floats(0.01, 5).map(np.exp), shares)
def test_end_of_a_constant_lead_is_continuous_in_its_growth(alpha, A, C0, s, R, share):
    eps = share * gap_at(0.0, alpha, A, C0, s, 1.0, R)
    still, growing = dates.end_time(alpha, A, C0, s, np.array([1.0, 1 + 1e-11]), R, eps)
    assert growing == close(still, rel=1e-5, abs=1e-5)


# ---------------------------------------------------------------- lag and rules


@moderate
@given(years, stories)
def test_budget_actor_is_after_the_lag_where_the_frontier_is_now(t, story):
    _, _, C0, s, g, R = story
    lead = log_lead(t, R, log_growth(g))
    later = t + lag(lead, log_growth(s))
    frontier_now = log_compute(t, C0, log_growth(s)) + lead
    assert log_compute(later, C0, log_growth(s)) == close(frontier_now)


@moderate
@given(st.floats(-20, 20), st.one_of(st.floats(-3, -0.01), st.floats(0.01, 3)))
def test_dated_lag_is_the_smooth_lag_away_from_its_edges(lead, rate):
    assert dates.lag(lead, rate) == lag(lead, rate)


@moderate
@given(computes, computes, growths)
def test_compute_is_at_the_rule_when_the_rule_is_passed(C_rule, C0, growth):
    t = dates.rule_time(C_rule, C0, growth)
    assert log_compute(t, C0, log_growth(growth)) == close(np.log(C_rule))


# ---------------------------------------------------------------- tokens


@moderate
@given(st.floats(1e-6, 10), errors, errors, st.floats(1, 1000), st.floats(1.5, 100))
def test_tokens_scale_as_slowdown_and_as_one_over_the_gap(gap, type_1, type_2, slowdown, factor):
    once = tokens(gap, type_1, type_2)
    assert once == close(decision_nats(type_1, type_2) / gap, abs=0)
    assert tokens(gap, type_1, type_2, slowdown) == close(slowdown * once, abs=0)
    assert tokens(gap / factor, type_1, type_2, slowdown) == close(factor * slowdown * once, abs=0)


@moderate
@given(errors)
def test_equal_error_rates_give_the_formula_of_the_paper(e):
    assert decision_nats(e, e) == close((1 - 2 * e) * np.log((1 - e) / e), abs=1e-14)


@moderate
@given(errors, errors)
def test_decision_is_the_divergence_of_the_two_error_rates(type_1, type_2):
    # Bernoulli(1 - b) against Bernoulli(a): never negative.
    p, q = 1 - type_2, type_1
    divergence = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    assert decision_nats(type_1, type_2) == close(divergence, abs=1e-12)
    assert decision_nats(type_1, type_2) > 0


@moderate
@given(errors, errors, st.floats(0.1, 0.9))
def test_surer_decisions_need_more_nats(type_1, type_2, share):
    assert decision_nats(share * type_1, type_2) > decision_nats(type_1, type_2)
    assert decision_nats(type_1, share * type_2) > decision_nats(type_1, type_2)


# ---------------------------------------------------------------- links


@moderate
@given(st.floats(0.5, 4), st.floats(1e-3, 1), st.floats(0.1, 50), st.floats(1, 3), st.floats(0, 0.4), st.floats(0.5, 1))
def test_bounded_link_falls_with_loss_between_ceiling_and_floor(nats, more, k, x0, floor, ceiling):
    better, worse = (bounded_link(v, k, x0, floor, ceiling) for v in (nats, nats + more))
    assert floor <= worse <= better <= ceiling * (1 + 1e-15)
    assume(abs(k * (nats - x0)) < 20)
    assert worse < better


@moderate
@given(st.floats(0, 1), st.floats(0.1, 50), st.floats(1, 3), st.floats(0, 0.4), st.floats(0.5, 1))
def test_bounded_link_is_symmetric_about_the_half_way_score(apart, k, x0, floor, ceiling):
    above, below = (bounded_link(x0 + d, k, x0, floor, ceiling) for d in (apart, -apart))
    assert bounded_link(x0, k, x0, floor, ceiling) == close((floor + ceiling) / 2)
    assert above + below == close(floor + ceiling)


@moderate
@given(logs, st.floats(0.01, 5), alphas, logs, st.floats(0.05, 3), st.floats(0, 40), st.floats(50, 100))
def test_bounded_link_of_compute_rises_with_compute_between_floor_and_ceiling(
    x, more, alpha, difficulty, discrimination, floor, ceiling
):
    with np.errstate(over="ignore"):  # far below the difficulty exp overflows to inf, the score to the floor
        worse, better = (
            bounded_link_of_compute(v, alpha, difficulty, discrimination, floor, ceiling) for v in (x, x + more)
        )
    assert floor <= worse <= better <= ceiling * (1 + 1e-15)


@moderate
@given(
    logs, alphas, scales, st.floats(0, 3), st.floats(-8, 8), st.floats(0.05, 3), st.floats(0, 0.4), st.floats(0.5, 1)
)
def test_bounded_link_of_compute_is_the_link_of_loss(x, alpha, A, L0, easier, discrimination, floor, ceiling):
    difficulty = x - easier
    x0 = loss(difficulty, alpha, A, L0)
    k = discrimination / (alpha * reducible_loss(difficulty, alpha, A))
    of_loss = bounded_link(loss(x, alpha, A, L0), k, x0, floor, ceiling)
    rounding = 1e-15 * k * x0  # a steep link sees the last digits of the loss
    of_compute = bounded_link_of_compute(x, alpha, difficulty, discrimination, floor, ceiling)
    assert of_compute == close(of_loss, abs=1e-9 + rounding)


@moderate
@given(alphas, logs, st.floats(0.05, 3), st.floats(0, 0.4), st.floats(0.5, 1))
def test_difficulty_is_half_way_and_discrimination_the_slope_of_the_logit(alpha, difficulty, slope, floor, ceiling):
    def logit(x):
        share = (bounded_link_of_compute(x, alpha, difficulty, slope, floor, ceiling) - floor) / (ceiling - floor)
        return np.log(share / (1 - share))

    assert logit(difficulty) == close(0, abs=1e-12)
    assert (logit(difficulty + 1e-4) - logit(difficulty - 1e-4)) / 2e-4 == close(slope, rel=1e-6)


@moderate
@given(logs, st.floats(-1000, 1000), st.floats(0.1, 50), st.floats(-5, 5))
def test_unbounded_link_gains_its_slope_per_ln_flop(x, intercept, slope, more):
    gained = unbounded_link(x + more, intercept, slope) - unbounded_link(x, intercept, slope)
    assert unbounded_link(0.0, intercept, slope) == intercept
    assert gained == close(slope * more)


@moderate
@given(scores, st.integers(1, 10), st.integers(1, 10))
def test_consecutive_steps_multiply(score, first, second):
    together = consecutive_steps(score, first + second)
    assert together == close(consecutive_steps(score, first) * consecutive_steps(score, second), abs=1e-300)
    assert consecutive_steps(score, 1) == score
    assert 0 <= together <= score


# ---------------------------------------------------------------- discrepancy


@moderate
@given(st.floats(-1e6, 1e6))
def test_softplus_is_never_below_the_positive_part(z):
    assert max(z, 0.0) <= softplus(z) <= max(z, 0.0) + np.log(2)


@moderate
@given(st.floats(-700, 700))
def test_softplus_is_the_log_of_one_plus_exp(z):
    assert softplus(z) == close(np.logaddexp(0, z), rel=1e-14, abs=0)
    assert softplus(z) > 0
    assert softplus(z) - softplus(-z) == close(z, rel=1e-12, abs=1e-12)


@moderate
@given(st.floats(-100, 100), st.floats(1e-3, 10))
def test_softplus_rises_by_no_more_than_its_argument(z, more):
    risen = softplus(z + more) - softplus(z)
    assert 0 <= risen <= more * (1 + 1e-9) + 1e-12


@moderate
@given(st.floats(0, 20), st.floats(0, 20), st.floats(0.05, 20), st.floats(0.01, 5))
def test_two_steps_of_the_process_are_one_long_step(first, second, time_scale, sd):
    decay = ou_decay(second, time_scale)
    assert ou_decay(first, time_scale) * decay == close(ou_decay(first + second, time_scale), abs=1e-300)
    variance = (decay * ou_innovation(first, sd, time_scale)) ** 2 + ou_innovation(second, sd, time_scale) ** 2
    assert ou_innovation(first + second, sd, time_scale) ** 2 == close(variance, abs=1e-14)


@moderate
@given(st.floats(0, 50), st.floats(0.05, 20), st.floats(0.01, 5))
def test_a_step_keeps_the_stationary_spread(step, time_scale, sd):
    kept = (ou_decay(step, time_scale) * sd) ** 2
    assert kept + ou_innovation(step, sd, time_scale) ** 2 == close(sd**2, rel=1e-12)


@moderate
@given(
    st.lists(st.floats(1e-4, 3), min_size=0, max_size=12),
    st.floats(1990, 2040),
    st.floats(0.01, 5),
    st.floats(0.05, 20),
)
def test_ou_factor_times_its_transpose_is_the_covariance(steps, start, sd, time_scale):
    times = start + np.concatenate([[0.0], np.cumsum(steps)])
    assume(times[-1] - times[0] < 600 * time_scale)  # as far as a path is computed
    F = ou_factor(times, sd, time_scale)
    covariance = sd**2 * np.exp(-np.abs(times[:, None] - times[None, :]) / time_scale)
    np.testing.assert_allclose(F @ F.T, covariance, rtol=1e-9, atol=1e-12 * sd**2)
    np.testing.assert_array_equal(F, np.tril(F))
    assert np.all(np.diag(F) > 0)


@moderate
@given(st.lists(st.floats(1e-3, 3), min_size=1, max_size=12), st.floats(1990, 2040), st.floats(0.05, 20))
def test_ou_steps_are_the_differences_after_a_start_that_is_forgotten(steps, start, time_scale):
    times = start + np.concatenate([[0.0], np.cumsum(steps)])
    found = ou_steps(times)
    np.testing.assert_allclose(found[1:], steps, rtol=0, atol=1e-11)
    assert ou_decay(found[0], time_scale) == 0


@moderate
@given(st.floats(0.01, 5), st.floats(0.05, 20))
def test_one_date_has_the_stationary_spread(sd, time_scale):
    times = np.array([2025.0])
    np.testing.assert_allclose(ou_factor(times, sd, time_scale), [[sd]], rtol=1e-14)


def test_simulated_ou_paths_have_the_stated_moments():
    times = np.array([2023.0, 2023.5, 2025.0])
    raw = np.random.default_rng(0).standard_normal((3, 200_000))
    paths = ou_factor(times, 0.5, 2.0) @ raw
    covariance = 0.25 * np.exp(-np.abs(times[:, None] - times) / 2.0)
    np.testing.assert_allclose(np.cov(paths), covariance, rtol=0, atol=4 * 0.25 * np.sqrt(2 / 200_000))


observed = st.tuples(
    st.one_of(st.just(0.0), st.floats(1e-3, 3)),  # years since the one before: two may fall in one month
    st.floats(-20, 20),  # observation minus expectation
    st.floats(0, 30),  # slope
    st.floats(0.01, 50),  # variance of the noise
)


def filtered_states(lines, sd, time_scale):
    """What is known after each observation of a line, or of several lines at once."""
    state, found = Filtered(0.0, 0.0), []
    for k, (step, away, slope, noise) in enumerate(lines):
        decay = ou_decay(step, time_scale) if k else 0 * step  # of what was before the first nothing is left
        state = ou_filtered(state, away, slope, noise, decay, sd)
        found.append(state)
    return found


def line_of_normals(line, sd, time_scale):
    """Covariances of the states and of the observations of a whole line, and the slopes between them."""
    steps, _, slopes, noise = np.array(line).T
    times = np.cumsum(steps)
    states = sd**2 * np.exp(-abs(times[:, None] - times) / time_scale)
    return states, slopes[:, None] * states * slopes + np.diag(noise), slopes


@moderate
@given(st.lists(observed, min_size=1, max_size=9), st.floats(0.05, 3), st.floats(0.05, 20))
def test_a_chain_of_filtered_observations_has_the_density_of_their_joint_normal(line, sd, time_scale):
    _, covariance, _ = line_of_normals(line, sd, time_scale)
    away = np.array([row[1] for row in line])
    found = sum(state.log_density for state in filtered_states(line, sd, time_scale))
    quadratic = away @ np.linalg.solve(covariance, away)
    expected = -0.5 * (quadratic + np.linalg.slogdet(2 * np.pi * covariance)[1])
    assert found == close(expected, rel=1e-8, abs=1e-8)
    if np.linalg.cond(covariance) < 1e6:
        assert found == close(stats.multivariate_normal.logpdf(away, cov=covariance), rel=1e-7, abs=1e-7)


@moderate
@given(st.lists(observed, min_size=1, max_size=9), st.floats(0.05, 3), st.floats(0.05, 20))
def test_after_each_observation_the_state_is_that_given_all_so_far(line, sd, time_scale):
    states, covariance, slopes = line_of_normals(line, sd, time_scale)
    away = np.array([row[1] for row in line])
    for k, state in enumerate(filtered_states(line, sd, time_scale)):
        so_far = slice(k + 1)
        gain = np.linalg.solve(covariance[so_far, so_far], slopes[so_far] * states[k, so_far])
        assert state.mean == close(gain @ away[so_far], rel=1e-7, abs=1e-7)
        left = states[k, k] - gain @ (slopes[so_far] * states[k, so_far])
        assert state.variance == close(left, rel=1e-6, abs=1e-9 * sd**2)
        assert 0 <= state.variance <= sd**2 * (1 + 1e-12)


@moderate
@given(st.lists(st.tuples(observed, observed), min_size=1, max_size=6), st.floats(0.05, 3), st.floats(0.05, 20))
def test_several_lines_at_once_are_each_by_itself(pairs, sd, time_scale):
    both = filtered_states([np.array(pair).T for pair in pairs], sd, time_scale)
    for i in range(2):
        alone = filtered_states([pair[i] for pair in pairs], sd, time_scale)
        for together, single in zip(both, alone, strict=True):
            np.testing.assert_allclose([part[i] for part in together], single, rtol=1e-12)


@moderate
@given(st.lists(observed, min_size=1, max_size=5), observed, st.floats(0.05, 3), st.floats(0.05, 20))
def test_what_does_not_tell_of_the_state_changes_nothing(line, last, sd, time_scale):
    """As rows that are not there do in the graph: no slope, no time passed."""
    state = filtered_states(line, sd, time_scale)[-1]
    after = ou_filtered(state, 0.0, 0.0, last[3], 1.0, sd)
    np.testing.assert_allclose((after.mean, after.variance), (state.mean, state.variance), rtol=1e-9, atol=1e-12)
