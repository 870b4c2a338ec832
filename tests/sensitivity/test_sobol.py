"""Sobol indices against SALib, SciPy and known answers."""

import tracemalloc

import numpy as np
import pytest
from scipy import stats

from meekcast.sensitivities.sobol import indices, pick_freeze


def ishigami(x):
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


def uniform_model(scores, rows):
    from scipy.special import ndtr

    return ishigami(np.pi * (2 * ndtr(scores) - 1))[:, None]


def test_ishigami_lies_in_the_intervals():
    first, total = np.zeros(3), np.zeros(3)
    for seed in range(5):
        a, b, mixed = pick_freeze(uniform_model, [[0], [1], [2]], 1024, 3, seed)
        found = indices(a[:, 0], b[:, 0], mixed[:, :, 0], seed)
        for hits, estimate, truth in (
            (first, found.first, (0.3139, 0.4424, 0.0)),
            (total, found.total, (0.5576, 0.4424, 0.2437)),
        ):
            hits += (estimate.low <= truth) & (truth <= estimate.high)
    assert first.sum() + total.sum() >= 25  # of 30; a Sobol sequence does better than its bootstrap thinks


def test_the_same_numbers_as_salib():
    analyze = pytest.importorskip("SALib.analyze.sobol").analyze
    a, b, mixed = (part[..., 0] for part in pick_freeze(uniform_model, [[0], [1], [2]], 1024, 3, 0))
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    theirs = analyze(problem, np.column_stack([a, *mixed, b]).ravel(), calc_second_order=False, seed=0)
    ours = indices(a, b, mixed)
    np.testing.assert_allclose(ours.first.value, theirs["S1"], atol=1e-3)
    np.testing.assert_allclose(ours.total.value, theirs["ST"], atol=1e-8)
    half = (ours.total.high - ours.total.low) / 2
    np.testing.assert_allclose(half / 1.645, theirs["ST_conf"] / 1.96, rtol=0.4)  # 90 % against 95 %


def test_the_same_numbers_as_scipy():
    a, b, mixed = pick_freeze(uniform_model, [[0], [1], [2]], 512, 3, 0)
    theirs = stats.sobol_indices(func={"f_A": a.T, "f_B": b.T, "f_AB": mixed.transpose(0, 2, 1)}, n=512)
    ours = indices(a[:, 0], b[:, 0], mixed[:, :, 0])
    np.testing.assert_allclose(ours.first.value, theirs.first_order.ravel(), atol=5e-3)
    np.testing.assert_allclose(ours.total.value, theirs.total_order.ravel(), atol=5e-3)


def test_a_group_takes_in_what_its_members_do_together():
    def product(scores, rows):
        return (scores[:, 0] * scores[:, 1] + scores[:, 2])[:, None]

    a, b, mixed = pick_freeze(product, [[0, 1], [2]], 4096, 3, 1)
    found = indices(a[:, 0], b[:, 0], mixed[:, :, 0])
    np.testing.assert_allclose(found.first.value, [0.5, 0.5], atol=0.03)
    np.testing.assert_allclose(found.total.value, [0.5, 0.5], atol=0.03)


def test_memory_is_bounded():
    rng = np.random.default_rng(0)
    a, b, mixed = rng.standard_normal(65_536), rng.standard_normal(65_536), rng.standard_normal((7, 65_536))
    tracemalloc.start()
    indices(a, b, mixed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80e6


def test_a_constant_output_has_no_indices():
    found = indices(np.ones(64), np.ones(64), np.ones((2, 64)))
    assert found.variance == 0
    assert np.all(found.first.value == 0)
