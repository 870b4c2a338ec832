"""Value of information: problems with a known answer."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.sensitivities.value import decision_value, width_reduction

SLOPES = np.array([2.0, 1.0, 0.0])


def linear_case(seed, n=4000):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3))
    return [x[:, [i]] for i in range(3)], x @ SLOPES + rng.standard_normal(n)


def quadratic(y):
    """Losses of guessing the outcome: knowing an input saves the variance that it explains."""
    return (y[:, None] - np.linspace(-8, 8, 33)) ** 2


def test_guessing_with_quadratic_loss_saves_the_variance_explained():
    inside = []
    for seed in range(3):
        groups, y = linear_case(seed, n=2000)
        worth = decision_value(groups, quadratic(y), seed)
        inside.append((worth.partial.low <= SLOPES**2 + 0.05) & (worth.partial.high >= SLOPES**2 - 0.05))
        np.testing.assert_allclose(worth.partial.value, SLOPES**2, atol=0.5)
    assert np.mean(inside) > 0.7


def test_two_actions_with_linear_loss():
    """Stay at no loss, or go at a loss that is normal: the unit normal loss integral."""
    groups, y = linear_case(4, n=8000)
    mean = 0.5
    worth = decision_value(groups, np.column_stack([np.zeros(8000), y + mean]))
    normal = NormalDist()

    def saved(sd):
        return sd * normal.pdf(mean / sd) - mean * normal.cdf(-mean / sd) if sd else 0.0

    assert worth.best == 0
    np.testing.assert_allclose(worth.partial.value, [saved(2), saved(1), 0], atol=0.05)
    assert worth.partial.low[2] < 1e-3
    assert float(worth.perfect.value) == pytest.approx(saved(np.sqrt(6)), abs=0.06)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.floats(-3, 3), st.integers(2, 4))
def test_knowing_a_part_is_worth_no_more_than_knowing_all(seed, shift, actions):
    groups, y = linear_case(seed, n=600)
    losses = np.column_stack([np.maximum(y - k, 0) + k * shift for k in range(actions)])
    worth = decision_value(groups, losses, seed)
    assert np.all(worth.partial.value >= 0)
    assert np.all(worth.partial.low <= float(worth.perfect.high) + 1e-9)
    assert worth.best == int(np.argmin(worth.expected))


def test_knowing_an_input_narrows_the_interval():
    groups, y = linear_case(1, n=8000)
    found = width_reduction(groups, y)
    truth = 1 - np.sqrt(1 - SLOPES**2 / 6)
    np.testing.assert_allclose(found.value, truth, atol=0.03)
    assert found.low[2] <= 0 <= found.high[2]
