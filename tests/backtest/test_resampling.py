"""Intervals over dependent origins, by what is known of the dependence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.backtests.resampling import BLOCK, Sums, effective_number, leave_one_out, mean, resampled, skill


def one_each(values):
    return Sums(np.asarray(values, float), np.ones(len(values)))


@given(st.integers(1, 40), st.integers(0, 3))
def test_origins_are_drawn_in_blocks_round_a_circle(n, seed):
    counts = resampled(n, seed)
    assert (counts[0] == 1).all()
    assert (counts.sum(axis=1) == n).all()
    jumps = np.abs(np.diff(counts, axis=1, append=counts[:, :1])).sum(axis=1)
    assert jumps.max() <= 2 * -(-n // BLOCK)  # each block begins once and ends once


def test_every_origin_is_drawn_alike_often():
    counts = resampled(27, 0)[1:]
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.12)


def test_within_one_block_nothing_is_known_of_the_spread():
    for n in (1, BLOCK):
        found = mean(one_each(np.arange(n)), resampled(n, 0))
        assert (found.centre, found.interval) == ((n - 1) / 2, None)
    assert mean(one_each(np.arange(BLOCK + 1)), resampled(BLOCK + 1, 0)).interval is not None
    assert mean(one_each([]), resampled(0, 0)).centre is None


def test_the_bootstrap_finds_the_standard_error_of_what_moves_in_blocks():
    rng = np.random.default_rng(4)
    independent = rng.standard_normal(240)
    moving = np.repeat(rng.standard_normal(40), BLOCK)

    def width(values):
        low, high = mean(one_each(values), resampled(240, 0)).interval
        return (high - low) / 2 / 1.645

    assert width(independent) == pytest.approx(independent.std() / np.sqrt(240), rel=0.15)
    expected = moving.std() / np.sqrt(40) * np.sqrt(2 / 3 + 1 / 3 / BLOCK**2)  # blocks begin anywhere
    assert width(moving) == pytest.approx(expected, rel=0.15)


def test_targets_count_not_origins():
    sums = Sums(np.array([6.0, 1.0]), np.array([3.0, 1.0]))
    assert mean(sums, resampled(2, 0)).centre == 7 / 4


def test_a_skill_is_of_sums():
    found = skill(one_each([1.0, 2.0]), one_each([4.0, 2.0]), resampled(2, 0))
    assert found.centre == 0.5
    assert leave_one_out(one_each([1.0, 2.0]), one_each([4.0, 2.0])) == [0.0, 0.75]
    assert leave_one_out(one_each([1.0]), one_each([4.0])) is None


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_the_effective_number_of_an_autoregression(memory):
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(20_000)
    values = [0.0]
    for step in noise:
        values.append(memory * values[-1] + step)
    n = len(values)
    assert effective_number(np.array(values)) == pytest.approx(n * (1 - memory) / (1 + memory), rel=0.15)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_an_effective_number_lies_between_one_and_the_number(values):
    assert 1 <= effective_number(np.array(values)) <= len(values)
