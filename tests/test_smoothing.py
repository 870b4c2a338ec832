"""Importance weights: against ArviZ, against theory, and against what repeating shows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.inference.smoothing import pareto_smoothed, relative_efficiency, weighted_ess, weights_ess

RATIOS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "wider": lambda rng, n: 0.4 * rng.standard_normal(n) ** 2,
    "bounded": lambda rng, n: -0.4 * rng.standard_normal(n) ** 2,
    "nearly equal": lambda rng, n: 1e-3 * rng.standard_normal(n),
    "wild": lambda rng, n: 30 * rng.standard_normal(n),
    "heavy": lambda rng, n: np.minimum(rng.standard_t(2, n), 300),  # beyond 700 ArviZ's weights are NaN
    "Pareto": lambda rng, n: rng.gumbel(size=n) * rng.uniform(0.1, 1.5),
}


def chains(rng, memory, shape=(4, 1000)):
    """Autoregressive chains in one row, standard normal."""
    noise = rng.standard_normal(shape)
    for j in range(1, shape[1]):
        noise[:, j] = memory * noise[:, j - 1] + math.sqrt(1 - memory**2) * noise[:, j]
    return noise.ravel()


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, 10_000),
    st.sampled_from(sorted(RATIOS)),
    st.sampled_from([30, 100, 226, 227, 1001, 4000]),
    st.sampled_from([0.05, 0.4, 1.0, 1.4]),
    st.sampled_from([0.0, -800.0, 1e4]),
    st.booleans(),
)
def test_weights_are_smoothed_as_arviz_does(seed, kind, n, efficiency, shift, cut_off):
    from arviz_stats.base import array_stats

    rng = np.random.default_rng(seed)
    raw = RATIOS[kind](rng, n) + shift
    if cut_off:
        raw[rng.random(n) < 0.3] = -math.inf
    with np.errstate(all="ignore"):
        theirs, their_k = array_stats.psislw(-raw, r_eff=efficiency)
    ours, k = pareto_smoothed(raw, efficiency)
    assert k == pytest.approx(float(their_k) if math.isfinite(their_k) else math.inf, abs=1e-10)
    np.testing.assert_allclose(np.exp(ours), np.exp(theirs), rtol=1e-10, atol=0)


def test_the_shape_of_a_known_tail_is_found():
    """Weights that follow a generalised Pareto distribution themselves."""
    p = np.random.default_rng(0).random(200_000)
    for shape in (-0.2, 0.3, 0.7, 1.2):
        _, k = pareto_smoothed(np.log(1 + np.expm1(-shape * np.log1p(-p)) / shape))
        assert k == pytest.approx(shape, abs=0.07)


def test_smoothing_brings_a_mean_nearer_to_the_truth():
    """From a normal to one twice as wide, whose mean square is 4."""
    raw_error, error = [], []
    for seed in range(200):
        x = np.random.default_rng(seed).standard_normal(2000)
        ratio = 0.375 * x**2
        raw_error.append(np.average(x**2, weights=np.exp(ratio)) - 4)
        error.append(np.exp(pareto_smoothed(ratio)[0]) @ x**2 - 4)
    assert np.mean(np.square(error)) < 0.95 * np.mean(np.square(raw_error))


@pytest.mark.parametrize(
    ("raw", "k"),
    [
        (np.zeros(400), -math.inf),
        (np.where(np.arange(400) < 200, 0.0, -1.0), -math.inf),
        (np.where(np.arange(400) < 200, 0.0, -math.inf), -math.inf),
        (np.arange(20.0), math.inf),
        (np.append(-740 - np.linspace(0, 30, 399), 0.0), math.inf),
        (np.where(np.arange(400) < 3, 0.0, -900.0 - np.arange(400)), math.inf),
    ],
)
def test_a_tail_that_cannot_be_fitted_leaves_the_weights(raw, k):
    log_weights, found = pareto_smoothed(raw)
    assert found == k
    np.testing.assert_allclose(np.exp(log_weights), np.exp(raw - raw.max()) / np.exp(raw - raw.max()).sum())


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_weights_that_are_no_numbers_cannot_be_believed(bad):
    for raw in (np.full(400, -math.inf), np.where(np.arange(400) == 7, bad, 0.0)):
        log_weights, k = pareto_smoothed(raw)
        assert k == math.inf
        assert np.exp(log_weights).sum() == pytest.approx(1)


def test_the_draws_given_are_left_alone():
    raw = np.random.default_rng(0).standard_normal(400)
    before = raw.copy()
    pareto_smoothed(raw)
    np.testing.assert_array_equal(raw, before)


@pytest.mark.parametrize("memory", [0.0, 0.9])
@pytest.mark.parametrize("to", [0.5, -1.0])
def test_the_weighted_mean_is_as_sure_as_repeating_shows(memory, to):
    """From a normal distribution to one whose mean is elsewhere: the spread of the weighted mean between seeds."""
    means, sizes, overall = [], [], []
    for seed in range(150):
        x = chains(np.random.default_rng(seed), memory)
        weights = np.exp(to * x)
        means.append(np.average(x, weights=weights))
        sizes.append(weighted_ess(weights, x[:, None], 4)[0])
        overall.append(weights_ess(weights, 4))
    assert np.mean(means) == pytest.approx(to, abs=0.05)
    assert np.mean([1 / math.sqrt(n) for n in sizes]) == pytest.approx(np.std(means), rel=0.2)
    assert 0.4 < np.mean(overall) / np.mean(sizes) < 2.5


def test_weights_are_worth_less_along_a_chain_and_whatever_their_scale():
    x = chains(np.random.default_rng(1), 0.9)
    weights = np.exp(x)
    kish = weights.sum() ** 2 / (weights**2).sum()
    assert weights_ess(weights, None) == pytest.approx(kish)
    assert weights_ess(weights, 4) == pytest.approx(kish * relative_efficiency(weights, 4))
    assert relative_efficiency(weights, 4) < 0.3
    assert weights_ess(1e-30 * weights, 4) == pytest.approx(weights_ess(weights, 4))


def test_equal_weights_leave_what_the_chains_know():
    from arviz_stats.base import array_stats

    x = chains(np.random.default_rng(2), 0.8)
    values = np.stack([x, x**2, np.ones_like(x)], axis=1)
    expected = [array_stats.ess(v.reshape(4, -1), method="mean") for v in values.T]
    np.testing.assert_allclose(weighted_ess(np.ones(4000), values, 4), expected, rtol=1e-12)
    assert weights_ess(np.ones(4000), 4) == 4000
