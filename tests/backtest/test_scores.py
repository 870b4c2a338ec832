"""Scores against closed forms, and calibrated forecasts judged calibrated."""

import math

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from meekcast.backtests.scores import RESOLUTION, kernels, score, score_point, silverman

N = 2000
GRID = (np.arange(N) + 0.5) / N


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("observed", [20.0, 27.0, 45.0])
def test_of_a_normal_forecast(observed):
    normal = stats.norm(20, 10)
    found = score(normal.ppf(GRID), observed, 10.0, rng())
    assert found.crps == pytest.approx(float(scoringrules.crps_normal(observed, 20, 10)), rel=2e-3)
    blurred = stats.norm(20, math.hypot(10, silverman(normal.ppf(GRID))))  # what a kernel estimate sees
    density = N / (N + 1) * blurred.pdf(observed) + 1 / (N + 1) * normal.pdf(observed)  # and the one draw more
    assert found.log_score == pytest.approx(-math.log(density), abs=0.01)
    assert found.log_score == pytest.approx(-normal.logpdf(observed), abs=0.15)
    assert found.pit == pytest.approx(normal.cdf(observed), abs=1e-3)
    assert found.quantiles["0.95"] == pytest.approx(normal.ppf(0.95), abs=0.05)


@pytest.mark.parametrize("observed", [-3.0, 0.0, 0.4, 7.5, 60.0])
def test_both_scores_are_those_of_scoringrules(observed):
    draws = np.sort(np.concatenate([np.zeros(300), rng().gamma(2, 3, 700)]))
    found = score(draws, observed, 20.0, rng())
    ensemble = scoringrules.crps_ensemble(observed, draws, sorted_ensemble=True, estimator="qd", backend="numpy")
    mixture = scoringrules.logs_mixnorm(observed, *kernels(draws, 20.0), backend="numpy")
    assert found.crps == pytest.approx(float(ensemble), rel=1e-12)
    assert found.log_score == pytest.approx(float(mixture), rel=1e-12)


def test_of_an_atom():
    draws = np.concatenate([np.full(1200, 5.0), stats.norm(40, 8).ppf((np.arange(800) + 0.5) / 800)])
    found = score(draws, 5.0, 20.0, rng())
    atom = 1200 / 2001 * stats.norm.pdf(0, scale=RESOLUTION)
    assert found.log_score == pytest.approx(-math.log(atom), abs=1e-3)
    assert 0 < found.pit < 0.61
    assert found.inside50
    off = score(draws, 42.0, 20.0, rng())
    continuous = 800 / 2001 * stats.norm.pdf(42, 40, 8)
    assert off.log_score == pytest.approx(-math.log(continuous), abs=0.05)  # the atom takes nothing from its shape


@pytest.mark.parametrize("draws", [np.full(N, 3.0), np.linspace(2.9, 3.1, N)])
def test_a_confident_mistake_costs_much_but_not_everything(draws):
    found = score(draws, 60.0, 20.0, rng())
    assert 8 < found.log_score < 16
    assert (found.inside50, found.inside90) == (False, False)
    assert found.crps == pytest.approx(57.0, abs=0.1)


def calibrated(n_targets, atoms):
    """Targets and draws from one distribution, with or without an atom."""
    random = rng(7)

    def drawn(size, centre):
        values = centre + 6 * random.standard_normal(size)
        return np.where(random.random(size) < 0.4, centre, values) if atoms else values

    for _ in range(n_targets):
        centre = 30 + 10 * random.standard_normal()
        yield score(drawn(400, centre), float(drawn(1, centre)[0]), 10.0, random)


@pytest.mark.parametrize("atoms", [False, True])
def test_calibrated_forecasts_are_judged_calibrated(atoms):
    found = list(calibrated(600, atoms))
    pits = [s.pit for s in found]
    assert stats.kstest(pits, "uniform").pvalue > 0.005
    assert 0 < min(pits) <= max(pits) < 1
    if not atoms:  # with an atom an interval's ends hold more than they should
        assert np.mean([s.inside50 for s in found]) == pytest.approx(0.5, abs=0.06)
        assert np.mean([s.inside90 for s in found]) == pytest.approx(0.9, abs=0.035)


def test_an_overconfident_forecast_is_found_out():
    random = rng(3)
    found = [score(random.standard_normal(400), 3 * random.standard_normal(), 5.0, random) for _ in range(300)]
    assert stats.kstest([s.pit for s in found], "uniform").pvalue < 1e-6
    assert np.mean([s.inside90 for s in found]) < 0.6


@given(
    st.lists(st.floats(0, 50), min_size=2, max_size=30),
    st.floats(0, 50),
    st.floats(-20, 20),
)
def test_order_and_place_do_not_matter(values, observed, shift):
    draws = np.round(values, 3)
    first = score(draws, observed, 10.0, rng())
    turned = score(draws[::-1], observed, 10.0, rng())
    moved = score(draws + shift, observed + shift, 10.0, rng())
    assert turned == first
    assert moved.crps == pytest.approx(first.crps, abs=1e-9)
    assert math.isfinite(first.log_score)
    assert 0 < first.pit < 1
    assert first.crps >= 0


@given(st.lists(st.floats(0, 50), min_size=1, max_size=40), st.floats(0, 30))
def test_kernels_are_a_density(values, reach):
    centres, widths, weights = kernels(np.sort(values), reach)
    assert weights.sum() == pytest.approx(1)
    assert (widths >= RESOLUTION).all()
    assert len(centres) == len(widths) == len(weights)


def test_a_point_has_an_error_and_no_density():
    found = score_point(3.0, 5.0)
    assert (found.crps, found.log_score, found.pit, found.inside90) == (2.0, None, None, None)
