"""Wald's formula against a simulated sequential test, and the edges of `tokens`."""

import numpy as np
import pytest
import xarray as xr

from meekcast.equations.sprt import decision_nats, tokens
from meekcast.errors import InputError


def simulate(gap, error_rate, walks, seed=0):
    """Walk many log-likelihood ratios to a boundary: mean tokens, its standard error, share of wrong decisions.

    Steps with mean d and variance 2d are an exact log-likelihood ratio under the better model:
    E[exp(-step)] = 1.
    """
    rng = np.random.default_rng(seed)
    boundary = np.log((1 - error_rate) / error_rate)
    position, count = np.zeros(walks), np.zeros(walks)
    walking = np.arange(walks)
    while walking.size:
        position[walking] += rng.normal(gap, np.sqrt(2 * gap), walking.size)
        count[walking] += 1
        walking = walking[np.abs(position[walking]) < boundary]
    return count.mean(), count.std(ddof=1) / np.sqrt(walks), np.mean(position < 0)


def excess(gap, error_rate, walks):
    """Share by which the simulated test needs more tokens than Wald's formula, and its standard error."""
    mean, error, _ = simulate(gap, error_rate, walks)
    expected = tokens(gap, error_rate, error_rate)
    return mean / expected - 1, error / expected


def overshoot_excess(gap, error_rate):
    """The same share by Siegmund's approximation: boundaries further out by 0.583 standard deviations of a step."""
    boundary = np.log((1 - error_rate) / error_rate) + 0.5826 * np.sqrt(2 * gap)
    wrong = 1 / (1 + np.exp(boundary))
    return (1 - 2 * wrong) * boundary / decision_nats(error_rate, error_rate) - 1


@pytest.mark.parametrize(("error_rate", "walks"), [(0.05, 16_000), (0.01, 16_000)])
def test_wald_is_the_limit_of_small_steps(error_rate, walks):
    share, standard_error = excess(0.005, error_rate, walks)
    assert standard_error < 0.007
    assert abs(share) < 0.03 + 3 * standard_error
    assert share == pytest.approx(overshoot_excess(0.005, error_rate), abs=4 * standard_error)


@pytest.mark.parametrize(("error_rate", "walks"), [(0.05, 60_000), (0.01, 60_000)])
def test_excess_over_wald_is_the_overshoot_of_the_last_token(error_rate, walks):
    share, standard_error = excess(0.02, error_rate, walks)
    assert share == pytest.approx(overshoot_excess(0.02, error_rate), abs=4 * standard_error)
    assert share > 5 * standard_error


def test_overshoot_at_0_2_nats_is_about_18_percent():
    share, standard_error = excess(0.2, 0.05, 200_000)
    assert standard_error < 0.002
    assert share == pytest.approx(0.18, abs=0.005 + 3 * standard_error)


def test_overshoot_matters_less_for_surer_decisions():
    loose, loose_error = excess(0.2, 0.05, 50_000)
    sure, sure_error = excess(0.2, 0.01, 50_000)
    assert loose - sure > 5 * np.hypot(loose_error, sure_error)


@pytest.mark.parametrize(("gap", "error_rate"), [(0.2, 0.05), (0.02, 0.05), (0.2, 0.2)])
def test_simulated_test_errs_no_more_often_than_asked(gap, error_rate):
    wrong = simulate(gap, error_rate, 40_000, seed=1)[2]
    assert 0.4 * error_rate < wrong < error_rate + 3 * np.sqrt(error_rate / 40_000)


def test_unequal_error_rates_decide_at_walds_boundaries():
    # Wald 1945: accept the better model at ln((1-b)/a), the other at ln(b/(1-a)); b is the chance to miss the better.
    a, b, gap, walks = 0.01, 0.2, 0.005, 10_000
    rng = np.random.default_rng(2)
    upper, lower = np.log((1 - b) / a), np.log(b / (1 - a))
    position, count, walking = np.zeros(walks), np.zeros(walks), np.arange(walks)
    while walking.size:
        position[walking] += rng.normal(gap, np.sqrt(2 * gap), walking.size)
        count[walking] += 1
        walking = walking[(position[walking] < upper) & (position[walking] > lower)]
    standard_error = count.std(ddof=1) / np.sqrt(walks)
    assert count.mean() == pytest.approx(tokens(gap, a, b), rel=0.04, abs=3 * standard_error)
    assert abs(tokens(gap, b, a) / tokens(gap, a, b) - 1) > 0.3  # the order of the two matters by far more


# ---------------------------------------------------------------- edges


@pytest.mark.parametrize("gap", [0.0, -0.0, -0.2, -np.inf])
def test_no_gap_can_not_be_told(gap):
    assert tokens(gap) == np.inf
    assert tokens(gap, 0.01, 0.2, 100.0) == np.inf


def test_missing_gap_gives_missing_tokens():
    assert np.isnan(tokens(np.nan))
    np.testing.assert_array_equal(tokens([0.1, np.nan, 0.0]), [tokens(0.1), np.nan, np.inf])


def test_tiny_gap_gives_no_warning():
    with np.errstate(all="raise"):
        assert tokens(5e-324) == np.inf
        assert tokens([0.0, 1e-300])[1] == pytest.approx(2.649995e300, rel=1e-6)


@pytest.mark.parametrize(
    ("type_1", "type_2"),
    [
        (0.0, 0.05),
        (0.05, 0.0),
        (-0.05, 0.05),
        (0.05, -0.05),
        (0.5, 0.5),
        (0.9, 0.2),
        (1.0, 0.05),
        (np.nan, 0.05),
        (0.05, np.nan),
        ([0.05, 0.6], 0.5),
    ],
)
def test_bad_error_rates_are_refused(type_1, type_2):
    with pytest.raises(InputError, match="positive and sum to less than 1") as refusal:
        tokens(0.2, type_1, type_2)
    assert "0.05" in refusal.value.remedy


def test_bad_error_rates_are_refused_without_a_gap_too():
    with pytest.raises(InputError):
        tokens(-0.2, 0.0, 0.05)


def test_error_rates_that_together_are_below_one_are_accepted():
    assert 0 < tokens(0.2, 0.6, 0.3) < tokens(0.2)


def test_defaults_are_five_percent_and_the_ideal_judge():
    assert tokens(0.2) == tokens(0.2, 0.05, 0.05, 1.0)


def test_gaps_and_slowdowns_broadcast():
    slowdown = np.array([1.0, 10.0, 100.0])
    result = tokens(np.array([[0.2], [0.0]]), slowdown=slowdown)
    np.testing.assert_allclose(result, [tokens(0.2) * slowdown, [np.inf] * 3])


def test_labelled_gaps_give_labelled_tokens_without_their_units():
    gap = xr.DataArray([[0.2, 0.1]], dims=("sample", "time"), coords={"time": [2026, 2027]}, attrs={"units": "nats"})
    judge = xr.DataArray([1.0, 10.0], dims="judge")
    result = tokens(gap, slowdown=judge)
    assert set(result.dims) == {"sample", "time", "judge"}
    assert result["time"].values.tolist() == [2026, 2027]
    assert result.attrs == {}
    assert result.isel(sample=0, time=1, judge=1).item() == tokens(0.1, slowdown=10.0)
