"""Intervals over dependent origins, by what is known of the dependence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.backtests.resampling import (
    BLOCK,
    LEAST_SEEN,
    POSITIVE,
    SHARE,
    Futures,
    Sums,
    bootstrap,
    effective_number,
    leave_one_out,
    mean,
    resampled,
    skill,
)


def one_each(values):
    return Sums(np.asarray(values, float), np.ones(len(values)))


def futures(begins, months):
    """Of targets so many months after origins that are months themselves, counted from a first one."""
    begins = np.datetime64("2010-01") + np.asarray(begins, "timedelta64[M]")
    ends = begins + np.asarray(months, "timedelta64[M]")
    return Futures(begins.astype("datetime64[D]"), ends.astype("datetime64[D]"))


def monthly(n, months=1, seed=0):
    """A target an origin, so many months ahead, drawn anew."""
    return bootstrap(futures(np.arange(n), np.full(n, months)), seed)


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
        found = mean(one_each(np.arange(n)), monthly(n))
        assert (found.centre, found.interval) == ((n - 1) / 2, None)
    assert mean(one_each(np.arange(BLOCK + 3)), monthly(BLOCK + 3)).interval is not None
    assert mean(one_each([]), monthly(0)).centre is None


def test_where_nearly_all_would_be_assumed_no_interval_is_told():
    for n, months, told in ((27, 18, True), (9, 6, True), (14, 12, False), (10, 18, False)):
        drawn = monthly(n, months)
        assert (drawn.seen > LEAST_SEEN) == told
        assert (mean(one_each(np.arange(n)), drawn).interval is not None) == told
        assert (skill(one_each(np.arange(1, n + 1)), one_each(np.ones(n)), drawn).interval is not None) == told


def test_the_bootstrap_finds_the_standard_error_of_what_moves_in_blocks():
    rng = np.random.default_rng(4)
    independent = rng.standard_normal(240)
    moving = np.repeat(rng.standard_normal(40), BLOCK)

    def width(values):
        drawn = monthly(240)
        low, high = mean(one_each(values), drawn).interval
        return (high - low) / 2 / 1.645 / drawn.reach

    assert width(independent) == pytest.approx(independent.std() / np.sqrt(240), rel=0.15)
    expected = moving.std() / np.sqrt(40) * np.sqrt(2 / 3 + 1 / 3 / BLOCK**2)  # blocks begin anywhere
    assert width(moving) == pytest.approx(expected, rel=0.15)


def brought(found, rng, times):
    """What targets see come: sums, by the square root of their length, of what each day brings."""
    first = found.begins.min()
    days = np.arange((found.ends.max() - first).astype(int))
    within = (days >= (found.begins - first).astype(int)[:, None]) & (days < (found.ends - first).astype(int)[:, None])
    return rng.standard_normal((times, len(days))) @ (within / np.sqrt(within.sum(axis=1, keepdims=True))).T


def test_targets_are_alike_by_what_their_futures_share():
    found = futures([0, 0, 3, 8, 30], [12, 3, 6, 1, 18])
    seen = np.corrcoef(brought(found, np.random.default_rng(5), 40_000).T)
    np.testing.assert_allclose(found.alike(), seen, atol=0.02)
    assert found.alike()[4].tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("months", [1, 6, 12])
def test_what_the_bootstrap_sees_of_a_means_variance_by_simulation(months):
    """Several targets at some origins, one at others: totals of unequal numbers."""
    begins = np.repeat(np.arange(27), np.where(np.arange(27) % 3, 1, 3))
    found = futures(begins, np.where(np.arange(len(begins)) % 2, months, 1))
    drawn, came = bootstrap(found, 0), brought(found, np.random.default_rng(6), 4_000)
    adds = (drawn.place == np.arange(27)[:, None]).astype(float)
    means = (drawn.weights[1:] @ (adds @ came.T)) / (drawn.weights[1:] @ adds.sum(axis=1))[:, None]
    assert means.var(axis=0).mean() / came.mean(axis=1).var() == pytest.approx(drawn.seen, rel=0.08)


def test_targets_that_overlap_more_reach_further():
    reaches = [monthly(27, months).reach for months in (1, 3, 6, 12, 18)]
    assert reaches == sorted(reaches)
    assert 1 < monthly(600).reach < 1.05


def test_targets_count_not_origins():
    sums = Sums(np.array([6.0, 1.0]), np.array([3.0, 1.0]))
    assert mean(sums, monthly(2)).centre == 7 / 4


@given(st.lists(st.floats(0, 1), min_size=BLOCK + 1, max_size=30), st.sampled_from([1, 6, 12]))
def test_no_interval_reaches_beyond_what_is_possible(values, months):
    drawn = monthly(len(values), months)
    for possible in (POSITIVE, SHARE):
        found = mean(one_each(values), drawn, possible)
        if found.interval:
            low, high = found.interval
            assert possible[0] <= low <= high <= possible[1]


def test_the_centre_is_the_mean_itself():
    for values in (np.zeros(9), np.arange(9) / 7):
        assert mean(one_each(values), monthly(9), POSITIVE).centre == values.sum() / 9


def test_a_skill_is_of_sums():
    found = skill(one_each([1.0, 2.0]), one_each([4.0, 2.0]), monthly(2))
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
