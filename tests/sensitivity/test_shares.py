"""Shares of a variance: known answers, and what must hold for any inputs; their intervals are in tests/intervals."""

import itertools
from math import asin, factorial, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.sensitivities.basis import KNOTS, design_for, normal_scores, smooth_functions
from meekcast.sensitivities.shares import first_order, variance_shares

ISHIGAMI = {"alone": (0.3139, 0.4424, 0.0), "last": (0.5576, 0.4424, 0.2437), "shapley": (0.4357, 0.4424, 0.1218)}


def linear_truth(slopes, covariance, noise):
    """First order, last and Shapley effects of a linear function of correlated normal inputs."""
    k, cross = len(slopes), covariance @ slopes
    total = slopes @ cross + noise**2

    def worth(chosen):
        s = list(chosen)
        return float(cross[s] @ np.linalg.solve(covariance[np.ix_(s, s)], cross[s]) / total) if s else 0.0

    everyone = set(range(k))
    shapley = np.zeros(k)
    for g in range(k):
        for size in range(k):
            weight = factorial(size) * factorial(k - 1 - size) / factorial(k)
            for s in itertools.combinations(sorted(everyone - {g}), size):
                shapley[g] += weight * (worth({*s, g}) - worth(s))
    return {
        "alone": np.array([worth({g}) for g in range(k)]),
        "last": np.array([worth(everyone) - worth(everyone - {g}) for g in range(k)]),
        "shapley": shapley,
    }


SLOPES = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
COVARIANCE = np.eye(5)
COVARIANCE[0, 1] = COVARIANCE[1, 0] = 0.8
COVARIANCE[2, 3] = COVARIANCE[3, 2] = 0.6


def linear_case(seed, n=2000):
    rng = np.random.default_rng(seed)
    x = rng.multivariate_normal(np.zeros(5), COVARIANCE, n)
    return x, (x @ SLOPES + rng.standard_normal(n))[:, None]


def ishigami_case(seed, n=4000):
    x = np.random.default_rng(seed).uniform(-np.pi, np.pi, (n, 3))
    return x, (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[:, None]


def probit_case(seed, n=4000):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    return x, ((x @ [2.0, 1.0] + rng.standard_normal(n)) > 0).astype(float)[:, None]


def probit_truth():
    """Of the sign of a normal sum: the arcsine law."""
    first, second, both = (2 / pi * asin(share) for share in (4 / 6, 1 / 6, 5 / 6))
    alone, last = np.array([first, second]), np.array([both - second, both - first])
    return {"alone": alone, "last": last, "shapley": (alone + last) / 2}


CASES = {
    "linear": (linear_case, linear_truth(SLOPES, COVARIANCE, 1.0)),
    "ishigami": (ishigami_case, ISHIGAMI),
    "probit": (probit_case, probit_truth()),
}


def singles(x):
    return [x[:, [i]] for i in range(x.shape[1])]


@pytest.mark.parametrize("case", CASES)
def test_known_shares_come_out(case):
    make, truth = CASES[case]
    x, y = make(1, n=8000)
    shares = variance_shares(singles(x), y)
    for name, values in truth.items():
        np.testing.assert_allclose(getattr(shares, name).value[:, 0], values, atol=0.04)


def test_a_dependent_irrelevant_input_has_a_shapley_share_but_no_proportional_effect():
    x, y = linear_case(3, n=8000)
    shares = variance_shares(singles(x), y)
    assert shares.shapley.low[3, 0] > 0.02  # it tells of input 2
    assert shares.proportional.value[3, 0] < 0.01
    assert shares.last.low[3, 0] <= 0 <= shares.last.high[3, 0]
    assert shares.shapley.low[4, 0] <= 0 <= shares.shapley.high[4, 0]  # and this one of nothing


def test_draws_that_follow_each_other_widen_the_intervals():
    rng = np.random.default_rng(0)
    x, y = linear_case(5, n=2000)
    chain = np.repeat(np.arange(200), 10)  # each draw ten times in a row: a tenth of the information
    shuffled = rng.permutation(chain)
    widths = []
    for order in (chain, shuffled):
        alone = first_order([x[order][:, [0]]], y[order] + 1e-9 * rng.standard_normal((2000, 1)))
        widths.append(float((alone.high - alone.low)[0, 0]))
    assert widths[0] > 2 * widths[1]


def test_many_groups_are_asked_in_random_orders_and_still_sum_to_one():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, 14))
    slopes = np.arange(14.0)
    y = (x @ slopes)[:, None]
    shares = variance_shares(singles(x), y)
    assert shares.proportional is None
    assert float(shares.shapley.value.sum() + shares.chance.value[0]) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(shares.shapley.value[:, 0], slopes**2 / (slopes**2).sum(), atol=0.03)


def test_a_group_is_worth_the_same_in_any_coordinates():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3000, 3))
    y = (x @ [1.0, 2.0, 1.0] + rng.standard_normal(3000))[:, None]
    tied = np.column_stack([x[:, 0], x[:, 0] + 0.02 * x[:, 1]])  # correlation 0.9998
    plain, hard = (variance_shares([group, x[:, 2:]], y).alone.value for group in (x[:, :2], tied))
    np.testing.assert_allclose(plain, hard, atol=0.01)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    st.floats(-0.9, 0.9),
    st.floats(0.1, 2),
    st.permutations([0, 1, 2]),
    st.integers(0, 2**31),
)
def test_what_holds_for_any_inputs(slopes, correlation, noise, order, seed):
    rng = np.random.default_rng(seed)
    covariance = np.eye(3)
    covariance[0, 1] = covariance[1, 0] = correlation
    x = rng.multivariate_normal(np.zeros(3), covariance, 600)
    y = (x @ slopes + noise * rng.standard_normal(600))[:, None]
    shares = variance_shares(singles(x), y, seed, order=(2, 2))
    assert float(shares.shapley.value.sum() + shares.chance.value[0]) == pytest.approx(1, abs=1e-6)
    explained = max(1 - shares.chance.value[0], 0)
    assert float(shares.proportional.value.sum()) == pytest.approx(explained, abs=1e-6)
    for estimate in (shares.alone, shares.last, shares.shapley, shares.chance):
        assert np.all((estimate.high >= -0.02) & (estimate.low <= 1.02))
        assert np.all((estimate.low <= estimate.value) & (estimate.value <= estimate.high) | (estimate.value < 0.05))
    relabelled = variance_shares([x[:, [i]] for i in order], y, seed, order=(2, 2))
    np.testing.assert_allclose(relabelled.shapley.value, shares.shapley.value[order], atol=1e-5)
    other_units = variance_shares(singles(np.exp(x)), 7 + 3 * y, seed, order=(2, 2))
    np.testing.assert_allclose(other_units.shapley.value, shares.shapley.value, atol=1e-5)


def test_outputs_do_not_change_each_other_where_the_functions_are_the_same():
    x, y = linear_case(7)
    other = x[:, [4]] + 0.1 * y
    together = variance_shares(singles(x), np.hstack([y, other]), order=(2, 0))
    np.testing.assert_allclose(
        together.shapley.value[:, 0], variance_shares(singles(x), y, order=(2, 0)).shapley.value[:, 0], atol=1e-6
    )


@pytest.mark.parametrize("n", [60, 1001, 4000])
def test_functions_are_orthonormal_and_begin_with_the_score(n):
    functions = smooth_functions(n)
    assert functions.shape == (n, KNOTS - 1)
    np.testing.assert_allclose(functions.T @ functions / n, np.eye(KNOTS - 1), atol=1e-8)
    np.testing.assert_allclose(functions.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(functions[:, 0], normal_scores(np.arange(float(n))[:, None])[:, 0], atol=1e-6)


def test_a_design_leaves_draws_enough():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 12))
    design = design_for([x[:, :6], x[:, 6:]], x[:, :1] * x[:, 6:7])
    assert design.columns.shape[1] <= 1000 // 20
    assert set(design.owners.tolist()) <= {1, 2, 3}
