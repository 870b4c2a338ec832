"""Closed-form dates against numerical optimum, root and 60-digit arithmetic, with every edge."""

import decimal
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, elementwise, minimize_scalar

from meekcast.equations.dates import (
    end_time,
    inflection_time,
    lag,
    peak_gap,
    peak_time,
    rule_time,
)
from meekcast.equations.gap import loss_gap, loss_gap_slope
from meekcast.errors import InputError

ALPHA, A, C0, S, G = 0.155, 1070.0, 1e20, 1.4 * 2.8, 5 / 1.4  # the paper
INF = np.inf

# alpha, A, C0, s, g, R
ORDINARY = [
    (ALPHA, A, C0, S, G, 1.0),
    (ALPHA, A, C0, S, G, 300.0),
    (ALPHA, A, C0, S, G, 1e-3),
    (0.178, 482.0, 1e24, 1.4, 1.05, 1.0),
    (0.113, 200.0, 1e22, 7.0, 12.0, 2e4),
    (0.4, 50.0, 1e18, 1.05, 3.0, 0.2),
]
ordinary = pytest.mark.parametrize(("alpha", "A", "C0", "s", "g", "R"), ORDINARY)


def gap_at(t, alpha, A, C0, s, g, R):
    lead = np.log(R) + t * np.log(g)
    return loss_gap(np.log(C0) + t * np.log(s) + lead, lead, alpha, A)


def slope_at(t, alpha, A, C0, s, g, R):
    lead = np.log(R) + t * np.log(g)
    return loss_gap_slope(np.log(C0) + t * np.log(s) + lead, lead, alpha, A, np.log(s), np.log(g))


def exact_gap(t, alpha, A, C0, s, g, R):
    """The definition, A exp(-alpha x_b) - A exp(-alpha x_f), in 60 digits."""
    with decimal.localcontext(prec=60):
        t, alpha, A, C0, s, g, R = (
            v if isinstance(v, Decimal) else Decimal(float(v)) for v in (t, alpha, A, C0, s, g, R)
        )
        budget = C0.ln() + t * s.ln()
        frontier = budget + R.ln() + t * g.ln()
        return A * ((-alpha * budget).exp() - (-alpha * frontier).exp())


def exact_peak_time(alpha, s, g, R):
    with decimal.localcontext(prec=60):
        alpha, s, g, R = (Decimal(float(v)) for v in (alpha, s, g, R))
        return (((s.ln() + g.ln()) / s.ln()).ln() / alpha - R.ln()) / g.ln()


def relative_error(value, exact):
    return abs(float((Decimal(float(value)) - exact) / exact))


# ---------------------------------------------------------------- against numerical optimum and root


@ordinary
def test_peak_time_is_the_numerical_maximum(alpha, A, C0, s, g, R):
    t = peak_time(alpha, s, g, R)
    found = minimize_scalar(lambda u: -gap_at(u, alpha, A, C0, s, g, R), bounds=(t - 30, t + 40), method="bounded")
    assert t == pytest.approx(found.x, abs=1e-3)
    assert peak_gap(alpha, A, C0, s, g, R) == pytest.approx(-found.fun, rel=1e-8)


@ordinary
def test_peak_time_is_the_root_of_the_slope(alpha, A, C0, s, g, R):
    t = peak_time(alpha, s, g, R)
    assert t == pytest.approx(brentq(slope_at, t - 3, t + 4, args=(alpha, A, C0, s, g, R), xtol=1e-13), abs=1e-10)


@ordinary
def test_inflection_time_is_where_the_gap_falls_fastest(alpha, A, C0, s, g, R):
    t = inflection_time(alpha, s, g, R)
    found = minimize_scalar(lambda u: slope_at(u, alpha, A, C0, s, g, R), bounds=(t - 30, t + 40), method="bounded")
    assert t == pytest.approx(found.x, abs=1e-3)
    assert t > peak_time(alpha, s, g, R)


@ordinary
@pytest.mark.parametrize("share", [0.999, 0.5, 0.01, 1e-6])
def test_end_time_is_the_root_found_by_brentq(alpha, A, C0, s, g, R, share):
    eps = share * peak_gap(alpha, A, C0, s, g, R)
    start, stop = peak_time(alpha, s, g, R), (np.log(A / eps) / alpha - np.log(C0)) / np.log(s) + 1
    found = brentq(lambda u: np.log(gap_at(u, alpha, A, C0, s, g, R) / eps), start, stop, xtol=1e-13)
    assert end_time(alpha, A, C0, s, g, R, eps) == pytest.approx(found, abs=1e-8)


def test_end_time_is_the_root_found_elementwise():
    parameters = np.array(ORDINARY).T[:, :, None]
    eps = np.geomspace(1e-6, 0.99, 7) * peak_gap(*parameters)
    stop = (np.log(parameters[1] / eps) / parameters[0] - np.log(parameters[2])) / np.log(parameters[3]) + 1
    found = elementwise.find_root(
        lambda u, eps, *p: np.log(gap_at(u, *p) / eps),
        (np.broadcast_to(peak_time(*parameters[[0, 3, 4, 5]]), stop.shape), stop),
        args=(eps, *parameters),
    )
    assert np.all(found.success)
    np.testing.assert_allclose(end_time(*parameters, eps), found.x, rtol=1e-9, atol=1e-9)


def test_end_time_of_the_paper_at_0_05_nats():
    end = end_time(ALPHA, A, C0, S, G)
    assert end == pytest.approx(13.0022, abs=5e-5)
    assert float(exact_gap(end, ALPHA, A, C0, S, G, 1.0)) == pytest.approx(0.05, rel=1e-13)


# ---------------------------------------------------------------- against 60 digits


@pytest.mark.parametrize("alpha", [1e-8, 1e-4, ALPHA, 2.0])
@pytest.mark.parametrize("g", [1 + 1e-9, 1.001, G, 1e4])
@pytest.mark.parametrize("R", [1e-30, 0.5, 1.0, 1 + 1e-12, 1e30])
def test_peak_time_has_all_its_digits(alpha, g, R):
    assert relative_error(peak_time(alpha, S, g, R), exact_peak_time(alpha, S, g, R)) < 1e-13


@pytest.mark.parametrize(
    ("alpha", "g", "R"),
    [(1e-8, G, 1.0), (1e-4, 1.5, 1.0), (ALPHA, 1 + 1e-9, 1.0), (ALPHA, G, 1e8), (ALPHA, G, 1e-8), (2.0, 1e4, 1e3)],
)
def test_peak_gap_has_twelve_digits(alpha, g, R):
    exact = exact_gap(exact_peak_time(alpha, S, g, R), alpha, A, C0, S, g, R)
    assert relative_error(peak_gap(alpha, A, C0, S, g, R), exact) < 1e-12


@pytest.mark.parametrize("R", [1 + 1e-10, 1 - 1e-10, 1e-12 + 1, 1.001])
@pytest.mark.parametrize("alpha", [1e-6, ALPHA])
def test_small_loss_gaps_keep_their_digits(alpha, R):
    assert relative_error(gap_at(0.0, alpha, A, C0, S, G, R), exact_gap(0, alpha, A, C0, S, G, R)) < 1e-12


@pytest.mark.parametrize("R", [1e-20, 1.0, 1e20])
@pytest.mark.parametrize("alpha", [1e-3, ALPHA])
@pytest.mark.parametrize("share", [1e-12, 0.3, 1 - 1e-9])
def test_gap_at_the_end_is_eps_in_60_digits(alpha, R, share):
    eps = share * peak_gap(alpha, A, C0, S, G, R)
    end = end_time(alpha, A, C0, S, G, R, eps)
    assert relative_error(eps, exact_gap(end, alpha, A, C0, S, G, R)) < 1e-11


# ---------------------------------------------------------------- edges of peak and inflection


@pytest.mark.parametrize(
    ("s", "g", "R", "expected"),
    [
        (S, 1.0, 1.0, 1 / (ALPHA * np.log(S))),  # no growth of the lead: the limit of the formula
        (S, 1.0, 2.0, -INF),  # a constant lead: the gap has fallen for ever
        (S, 1.0, 1 + 2.3e-16, -INF),
        (S, 1.0, 0.5, INF),  # the budget actor ahead: the gap is negative and rises to zero
        (1.0, G, 1.0, INF),  # a budget actor that stands still
        (1.0, G, 1e-6, INF),
        (0.7, G, 1.0, INF),
        (0.1, 1.5, 100.0, INF),  # even a frontier that shrinks, more slowly
        (0.7, 1.0, 2.0, INF),
        (0.7, 1.0, 0.5, -INF),  # the budget actor's lead in loss grows for ever
        (1.0, 1.0, 2.0, INF),
        (1.0, 1.0, 0.5, -INF),
    ],
)
def test_peak_time_at_its_edges(s, g, R, expected):
    assert peak_time(ALPHA, s, g, R) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("s", "g", "R", "expected"),
    [
        (S, 1.0, 1.0, 2 / (ALPHA * np.log(S))),
        (S, 1.0, 2.0, -INF),
        (S, 1.0, 0.5, INF),
        (1.0, G, 1.0, INF),
        (0.7, G, 3.0, INF),
    ],
)
def test_inflection_time_at_its_edges(s, g, R, expected):
    assert inflection_time(ALPHA, s, g, R) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("date", [peak_time, inflection_time])
def test_equal_start_has_the_limit_of_no_lead_growth_as_its_value(date):
    assert date(ALPHA, S, 1 + 1e-12, 1.0) == pytest.approx(date(ALPHA, S, 1.0, 1.0), rel=1e-11)


@pytest.mark.parametrize(("R", "limit"), [(2.0, -1), (0.5, 1)])
def test_unequal_start_goes_to_its_infinite_value_without_lead_growth(R, limit):
    near, nearer = peak_time(ALPHA, S, np.array([1 + 1e-6, 1 + 1e-12]), R)
    assert limit * nearer > 1e5 * limit * near > 1e5


def test_peak_goes_to_infinity_as_the_budget_actor_stops_growing():
    dates = peak_time(ALPHA, 1 + np.array([1e-2, 1e-5, 1e-12, 2.3e-16, 0.0]), G)
    assert np.all(np.diff(dates) > 0)
    assert dates[-1] == INF


def test_budget_actor_that_starts_ahead_has_a_later_peak_after_the_crossing():
    crossing = np.log(1 / 1e-3) / np.log(G)
    assert peak_time(ALPHA, S, G, 1e-3) == pytest.approx(peak_time(ALPHA, S, G) + crossing, rel=1e-14)


@pytest.mark.parametrize(
    ("s", "g", "R", "expected"),
    [
        (S, 1.0, 1.0, 0.0),  # the same path
        (S, 1.0, 0.5, 0.0),  # the supremum of a gap that stays negative
        (S, 1.0, 2.0, INF),  # a constant lead is worth more the further back
        (1.0, G, 1.0, A * C0**-ALPHA),  # the budget actor's whole reducible loss
        (0.7, G, 1.0, INF),
        (1.0, 1.0, 2.0, A * C0**-ALPHA * (1 - 2**-ALPHA)),  # two constants
        (1.0, 1.0, 0.5, A * C0**-ALPHA * (1 - 2**ALPHA)),  # the only one that is negative
        (0.7, 1.0, 0.5, 0.0),
    ],
)
def test_peak_gap_at_its_edges(s, g, R, expected):
    assert peak_gap(ALPHA, A, C0, s, g, R) == pytest.approx(expected, rel=1e-12)


# ---------------------------------------------------------------- edges of the end


def test_eps_at_the_peak_ends_at_the_peak():
    eps = peak_gap(ALPHA, A, C0, S, G)
    assert end_time(ALPHA, A, C0, S, G, eps=eps) == peak_time(ALPHA, S, G)


def test_eps_above_the_peak_is_never_reached():
    eps = peak_gap(ALPHA, A, C0, S, G)
    assert end_time(ALPHA, A, C0, S, G, eps=np.nextafter(eps, 1)) == -INF
    assert end_time(ALPHA, A, C0, S, G, eps=100 * eps) == -INF


@ordinary
@pytest.mark.parametrize("below", [1e-6, 1e-9])
def test_eps_just_below_the_peak_ends_as_the_curvature_says(alpha, A, C0, s, g, R, below):
    # ln dL has second derivative -alpha^2 ln(s) ln(s g) at the peak.
    eps = (1 - below) * peak_gap(alpha, A, C0, s, g, R)
    later = np.sqrt(2 * below / (alpha**2 * np.log(s) * np.log(s * g)))
    assert end_time(alpha, A, C0, s, g, R, eps) - peak_time(alpha, s, g, R) == pytest.approx(later, rel=3e-3)


@pytest.mark.parametrize("below", [1e-15, 1e-14, 1e-12])
def test_eps_just_below_the_peak_never_ends_before_it(below):
    rng = np.random.default_rng(3)
    alpha, s, g = rng.uniform(0.01, 1, 500), 1 + 10 ** rng.uniform(-3, 1, 500), 1 + 10 ** rng.uniform(-4, 1, 500)
    R = 10 ** rng.uniform(-6, 6, 500)
    highest = peak_gap(alpha, A, C0, s, g, R)
    alpha, s, g, R, highest = (v[(highest > 1e-250) & (highest < 1e250)] for v in (alpha, s, g, R, highest))
    assert highest.size > 100
    assert np.all(end_time(alpha, A, C0, s, g, R, highest * (1 - below)) >= peak_time(alpha, s, g, R))


@pytest.mark.parametrize(
    ("s", "g", "R", "eps", "expected"),
    [
        (0.7, G, 1.0, 0.05, INF),  # rises for ever
        (0.7, G, 1e-9, 1e9, INF),
        (1.0, G, 1.0, 0.05, INF),  # rises to 0.85
        (1.0, G, 1.0, 0.9, -INF),
        (1.0, G, 1.0, A * np.exp(-ALPHA * np.log(C0)), -INF),  # its supremum, which no date attains
        (S, 1.0, 1.0, 0.05, -INF),  # no gap at all
        (S, 1.0, 0.5, 1e-12, -INF),  # negative throughout
        (0.7, 1.0, 2.0, 0.05, INF),
        (0.7, 1.0, 0.5, 0.05, -INF),
        (1.0, 1.0, 2.0, 0.05, INF),  # constant, above
        (1.0, 1.0, 2.0, 0.5, -INF),  # constant, below
        (1.0, 1.0, 0.5, 1e-12, -INF),
    ],
)
def test_end_time_at_its_edges(s, g, R, eps, expected):
    assert end_time(ALPHA, A, C0, s, g, R, eps) == expected


def test_constant_gap_of_exactly_eps_never_falls_below():
    assert end_time(ALPHA, A, C0, 1.0, 1.0, 2.0, peak_gap(ALPHA, A, C0, 1.0, 1.0, 2.0)) == INF


def test_constant_lead_ends_where_the_closed_form_says():
    expected = (np.log(A * (1 - 20**-ALPHA) / 0.05) / ALPHA - np.log(C0)) / np.log(S)
    assert end_time(ALPHA, A, C0, S, 1.0, 20.0, 0.05) == pytest.approx(expected, rel=1e-13)


def test_end_may_lie_before_t0():
    end = end_time(ALPHA, A, C0, S, 1.0, 2.0, 1.0)
    assert end < 0
    assert gap_at(end, ALPHA, A, C0, S, 1.0, 2.0) == pytest.approx(1.0, rel=1e-12)


# ---------------------------------------------------------------- refusals

of_peak = [
    lambda alpha=ALPHA, s=S, g=G, R=1.0: peak_time(alpha, s, g, R),
    lambda alpha=ALPHA, s=S, g=G, R=1.0: inflection_time(alpha, s, g, R),
    lambda alpha=ALPHA, s=S, g=G, R=1.0: peak_gap(alpha, A, C0, s, g, R),
    lambda alpha=ALPHA, s=S, g=G, R=1.0: end_time(alpha, A, C0, s, g, R),
]
every_peak = pytest.mark.parametrize("date", of_peak, ids=["peak_time", "inflection_time", "peak_gap", "end_time"])
unusable = pytest.mark.parametrize("value", [0.0, -1.0, np.nan, INF, [1.5, np.nan]])


@every_peak
@pytest.mark.parametrize("g", [0.999999, 0.5, [2.0, 0.9]])
def test_shrinking_lead_is_refused_with_the_reason_and_a_remedy(date, g):
    with pytest.raises(InputError, match=r"g_investment is below 1.*no maximum") as refusal:
        date(g=g)
    assert "1 or more" in refusal.value.remedy


@every_peak
@pytest.mark.parametrize("name", ["alpha", "s", "g", "R"])
@unusable
def test_growth_and_exponent_that_are_no_positive_number_are_refused_by_name(date, name, value):
    with pytest.raises(InputError, match={"g": "g_investment"}.get(name, name) + " must be positive and finite"):
        date(**{name: value})


@pytest.mark.parametrize("name", ["A", "C0"])
@unusable
def test_scale_and_start_that_are_no_positive_number_are_refused_by_name(name, value):
    arguments = {"alpha": ALPHA, "A": A, "C0": C0, "s": S, "g": G} | {name: value}
    for date in (peak_gap, end_time):
        with pytest.raises(InputError, match=f"^{name} must be positive and finite"):
            date(**arguments)


@pytest.mark.parametrize("eps", [0.0, -0.05, np.nan, [0.05, 0.0]])
def test_eps_that_is_not_positive_is_refused(eps):
    with pytest.raises(InputError, match="eps must be positive"):
        end_time(ALPHA, A, C0, S, G, eps=eps)


@pytest.mark.parametrize("name", ["C_rule", "C0", "growth"])
@unusable
def test_rule_inputs_that_are_no_positive_number_are_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"^{name} must be positive and finite"):
        rule_time(**({"C_rule": 1e25, "C0": 1e20, "growth": 1.4} | {name: value}))


def test_refusal_reaches_the_caller_through_xarray():
    with pytest.raises(InputError, match="no maximum"):
        peak_time(ALPHA, S, xr.DataArray([2.0, 0.9], dims="sample"))


# ---------------------------------------------------------------- lag and rules


@pytest.mark.parametrize(
    ("lead", "rate", "expected"),
    [
        (0.0, 0.0, 0.0),
        (0.0, 1.3, 0.0),
        (-0.0, 0.0, 0.0),
        (1.0, 0.0, INF),
        (1.0, -0.0, INF),  # the sign of a zero growth rate says nothing
        (-1.0, 0.0, -INF),
        (-1.0, -0.0, -INF),
        (2.0, 0.5, 4.0),
        (-2.0, 0.5, -4.0),
    ],
)
def test_lag_at_its_edges(lead, rate, expected):
    assert lag(lead, rate) == expected


def test_lag_of_a_missing_lead_is_missing():
    assert np.isnan(lag(np.nan, 0.0))
    assert np.isnan(lag(np.nan, 1.3))


@pytest.mark.parametrize(
    ("C_rule", "C0", "growth", "expected"),
    [
        (1e25, 1e20, 10.0, 5.0),
        (1e20, 1e25, 10.0, -5.0),  # passed five years before t0
        (1e25, 1e25, 10.0, 0.0),
        (1e25, 1e20, 1.0, INF),
        (1e25, 1e26, 1.0, -INF),
        (1e25, 1e25, 1.0, -INF),
        (1e25, 1e20, 0.5, INF),
        (1e25, 1e26, 0.5, -INF),
    ],
)
def test_rule_time_at_its_edges(C_rule, C0, growth, expected):
    assert rule_time(C_rule, C0, growth) == pytest.approx(expected, rel=1e-13)


# ---------------------------------------------------------------- never missing

alphas = st.one_of(st.sampled_from([1e-6, ALPHA]), st.floats(1e-6, 5))
growths = st.one_of(st.sampled_from([1e-3, 1 - 1e-16, 1.0, 1 + 2.3e-16, S]), st.floats(1e-3, 1e3))
lead_growths = st.one_of(st.sampled_from([1.0, 1 + 2.3e-16, G]), st.floats(1, 1e3))
ratios = st.one_of(st.sampled_from([1 - 1e-16, 1.0, 1 + 2.3e-16]), st.floats(-300, 300).map(lambda u: 10.0**u))
sizes = st.floats(-300, 300).map(lambda u: 10.0**u)


@settings(deadline=None, max_examples=300)
@given(alphas, sizes, sizes, growths, lead_growths, ratios, sizes)
def test_dates_and_peak_gap_are_never_nan(alpha, A, C0, s, g, R, eps):
    with np.errstate(all="raise", under="ignore"):  # nor does a warning reach the caller
        peak, bend = peak_time(alpha, s, g, R), inflection_time(alpha, s, g, R)
        highest, end = peak_gap(alpha, A, C0, s, g, R), end_time(alpha, A, C0, s, g, R, eps)
    assert not np.isnan([peak, bend, highest, end]).any()
    assert (end == -INF) == (highest < eps or (highest == eps and not np.isfinite(peak) and g > 1))
    assert end == -INF or end >= peak


@settings(deadline=None, max_examples=150)
@given(st.floats(1, 1e4), st.floats(0, 1e6), alphas, st.floats(1e-6, 1e6))
def test_loss_gap_is_never_nan_however_far_the_frontier_leads(x_budget, lead, alpha, A):
    value = loss_gap(x_budget + lead, lead, alpha, A)
    assert 0 <= value <= A * np.exp(-alpha * x_budget) * (1 + 1e-6)


@settings(deadline=None, max_examples=150)
@given(st.floats(1, 1e4), st.floats(0, 700), alphas, st.floats(1e-6, 1e6))
def test_loss_gap_is_never_nan_where_the_budget_actor_leads(x_frontier, nats_ahead, alpha, A):
    value = loss_gap(x_frontier, -nats_ahead / alpha, alpha, A)
    assert -A <= value <= 0


def test_slope_is_a_number_however_far_the_frontier_leads():
    slope = loss_gap_slope(1e4 + 46.0, 1e4, ALPHA, A, np.log(S), np.log(G))
    assert slope == pytest.approx(-ALPHA * np.log(S) * A * np.exp(-ALPHA * 46.0), rel=1e-12)


# ---------------------------------------------------------------- shapes and labels

# Each function with usable arguments of two values each.
TABLE = {
    peak_time: ((0.155, 0.178), (S, 0.9), (G, 1.0), (1.0, 30.0)),
    inflection_time: ((0.155, 0.178), (S, 0.9), (G, 1.0), (1.0, 30.0)),
    peak_gap: ((0.155, 0.178), (A, 482.0), (C0, 1e23), (S, 0.9), (G, 1.0), (1.0, 30.0)),
    end_time: ((0.155, 0.178), (A, 482.0), (C0, 1e23), (S, 0.9), (G, 1.0), (1.0, 30.0), (0.05, 0.2)),
    lag: ((0.0, 2.0), (1.3, 0.0)),
    rule_time: ((1e25, 1e26), (1e20, 3e25), (1.4, 1.0)),
}
every_date = pytest.mark.parametrize("function", TABLE, ids=lambda f: f.__name__)


def open_mesh(function):
    return np.ix_(*TABLE[function])


@every_date
def test_floats_give_a_float(function):
    first = [pair[0] for pair in TABLE[function]]
    assert isinstance(function(*first), float)
    assert isinstance(function(*(np.array(value) for value in first)), float)


@every_date
def test_integers_and_lists_are_taken_as_numbers(function):
    ones = [[1, 1]] + [1] * (len(TABLE[function]) - 1)
    np.testing.assert_array_equal(function(*ones), [function(*np.ones(len(ones)))] * 2)


@every_date
def test_arrays_broadcast_to_the_numbers_of_floats(function):
    mesh = open_mesh(function)
    result = function(*mesh)
    assert result.shape == (2,) * len(mesh)
    expected = [function(*floats) for floats in zip(*(a.ravel() for a in np.broadcast_arrays(*mesh)), strict=True)]
    np.testing.assert_allclose(result.ravel(), expected, rtol=1e-13)


@every_date
def test_empty_arrays_give_empty_arrays(function):
    first = [pair[0] for pair in TABLE[function]]
    assert function(np.empty((0, 3)), *first[1:]).shape == (0, 3)


@every_date
def test_arguments_are_not_mutated(function):
    arrays = [np.array(pair) for pair in TABLE[function]]
    result = function(*arrays)
    result[...] = -99.0  # and the result is the caller's own
    assert [a.tolist() for a in arrays] == [list(pair) for pair in TABLE[function]]


@every_date
def test_read_only_arrays_are_accepted(function):
    arrays = [np.array(pair) for pair in TABLE[function]]
    for array in arrays:
        array.flags.writeable = False
    assert function(*arrays).shape == (2,)


@every_date
def test_xarray_keeps_dimensions_and_coordinates_by_name(function):
    names = [f"axis_{i}" for i in range(len(TABLE[function]))]
    labelled = [
        xr.DataArray(list(pair), dims=name, coords={name: ["first", "second"]})
        for name, pair in zip(names, TABLE[function], strict=True)
    ]
    result = function(*labelled)
    assert isinstance(result, xr.DataArray)
    assert set(result.dims) == set(names)
    assert all(result.indexes[name].tolist() == ["first", "second"] for name in names)
    np.testing.assert_array_equal(result.transpose(*names), function(*open_mesh(function)))


@every_date
def test_one_labelled_argument_labels_the_result(function):
    first = [pair[0] for pair in TABLE[function]]
    for i, pair in enumerate(TABLE[function]):
        labelled = xr.DataArray(list(pair), dims="sample", coords={"sample": [7, 8]})
        arguments = [*first[:i], labelled, *first[i + 1 :]]
        result = function(*arguments)
        assert result.dims == ("sample",)
        assert result["sample"].values.tolist() == [7, 8]
        assert result.values[0] == function(*first)


@every_date
def test_result_does_not_inherit_name_or_units_of_an_argument(function):
    first = [pair[0] for pair in TABLE[function]]
    labelled = xr.DataArray(
        list(TABLE[function][0]), dims="sample", name="alpha", attrs={"units": "per ln FLOP", "long_name": "exponent"}
    )
    result = function(labelled, *first[1:])
    assert result.name is None
    assert result.attrs == {}
    assert labelled.name == "alpha"
    assert labelled.attrs["units"] == "per ln FLOP"


def test_samples_that_do_not_match_are_refused():
    lead = xr.DataArray([1.0, 2.0], dims="sample", coords={"sample": [0, 1]})
    rate = xr.DataArray([1.0, 2.0], dims="sample", coords={"sample": [1, 2]})
    with pytest.raises(ValueError, match="align"):
        lag(lead, rate)


def test_arguments_may_be_named_in_any_order():
    by_name = end_time(eps=0.1, R=3.0, g=G, s=S, C0=C0, A=A, alpha=ALPHA)
    assert by_name == end_time(ALPHA, A, C0, S, G, 3.0, 0.1)
    labelled = end_time(eps=xr.DataArray([0.1], dims="threshold"), R=3.0, g=G, s=S, C0=C0, A=A, alpha=ALPHA)
    assert labelled.dims == ("threshold",)
    assert labelled.item() == by_name


def test_defaults_are_an_equal_start_and_0_05_nats():
    assert end_time(ALPHA, A, C0, S, G) == end_time(ALPHA, A, C0, S, G, 1.0, 0.05)
    assert peak_time(ALPHA, S, G) == peak_time(ALPHA, S, G, 1.0)
    assert inflection_time(ALPHA, S, G) == inflection_time(ALPHA, S, G, 1.0)
    assert peak_gap(ALPHA, A, C0, S, G) == peak_gap(ALPHA, A, C0, S, G, 1.0)


def test_equations_load_neither_scipy_nor_xarray():
    code = "import sys, meekcast.equations.dates as d; d.end_time(0.155, 1070.0, 1e20, 3.92, 3.57); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not {"scipy", "xarray", "pymc", "pytensor"} & set(loaded)
