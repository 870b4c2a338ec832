"""Monte Carlo errors: against theory, and against what repeating shows."""

import math

import numpy as np
import pytest

from meekcast.forecasts.questions.monte_carlo import Probability, share
from meekcast.inference.convergence import size_of


def chains(seed, memory, shape=(4, 400)):
    """Autoregressive chains."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(shape)
    values = np.empty(shape)
    values[:, 0] = noise[:, 0]
    for j in range(1, shape[1]):
        values[:, j] = memory * values[:, j - 1] + math.sqrt(1 - memory**2) * noise[:, j]
    return values


def test_chains_that_disagree_know_little():
    values = chains(1, 0.0) + np.array([[0.0], [0.0], [3.0], [3.0]])
    assert size_of(values.ravel(), 4) < 20


def test_independent_draws_count_in_full():
    assert size_of(np.zeros(400), None) == 400
    assert size_of(np.zeros(400), 4) == 400
    assert size_of(chains(3, 0.0).ravel(), 4) == pytest.approx(1600, rel=0.2)
    assert size_of(chains(5, -0.6).ravel(), 4) == 1600  # never more than there are


def test_the_error_is_the_spread_between_seeds():
    """Share of an event given a condition, in chains with memory: theory would need the spectrum."""
    found = []
    for seed in range(120):
        held, given = chains(seed, 0.8) > 0.3, chains(seed + 1000, 0.8) > 0.0
        found.append(share(held.ravel(), given.ravel(), 4))
    spread = np.std([p.value for p in found])
    assert np.mean([p.error for p in found]) == pytest.approx(spread, rel=0.2)


def test_exact_draws_have_the_binomial_error():
    held = np.arange(1000) < 300
    p = share(held, np.ones(1000, bool), None)
    assert p.value == 0.3
    assert p.error == pytest.approx(math.sqrt(0.3 * 0.7 / 1000), rel=1e-2)


@pytest.mark.parametrize("value", [True, False])
def test_a_share_of_all_or_none_is_not_certain(value):
    held = np.full(1000, value)
    p = share(held, np.ones(1000, bool), None)
    assert p.value == float(value)
    assert 1e-4 < p.error < 2e-3
    assert share(held, np.arange(1000) < 100, None).error > p.error
    assert share(np.array([value]), np.array([True]), None) == Probability(float(value), 0.0)
