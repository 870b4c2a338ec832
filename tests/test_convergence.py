"""Figures of chains: each against ArviZ's, to 1e-12."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meekcast.inference.convergence import convergence, e_bfmi, ess_mean, size_of


def remembering(noise, memory):
    """Autoregressive chains."""
    values = noise.copy()
    for j in range(1, noise.shape[1]):
        values[:, j] = memory * values[:, j - 1] + math.sqrt(1 - memory**2) * noise[:, j]
    return values


KINDS = {
    "independent": lambda rng, shape: rng.standard_normal(shape),
    "sticky": lambda rng, shape: remembering(rng.standard_normal(shape), 0.97),
    "antithetic": lambda rng, shape: remembering(rng.standard_normal(shape), -0.7),
    "a walk": lambda rng, shape: rng.standard_normal(shape).cumsum(axis=1),
    "apart": lambda rng, shape: rng.standard_normal(shape) + np.arange(shape[0])[:, None, None],
    "heavy": lambda rng, shape: rng.standard_cauchy(shape) ** 3,
    "ties": lambda rng, shape: np.round(rng.standard_normal(shape)),
    "flags": lambda rng, shape: (rng.standard_normal(shape) > 1.5).astype(float),
    "alternating": lambda rng, shape: rng.standard_normal(shape) * 0.1 + (-1.0) ** np.arange(shape[1])[:, None],
    "constant": lambda rng, shape: np.full(shape, rng.standard_normal()),
    "one chain stuck": lambda rng, shape: rng.standard_normal(shape) * (np.arange(shape[0]) > 0)[:, None, None],
    "offset": lambda rng, shape: 1e6 + rng.standard_normal(shape),
}


def hold_against_arviz(values):
    from arviz_stats.base import array_stats

    by_variable = np.moveaxis(values, 2, 0)
    with np.errstate(all="ignore"):
        theirs = {
            "r_hat": array_stats.rhat(by_variable),
            "ess_bulk": array_stats.ess(by_variable, method="bulk"),
            "ess_tail": array_stats.ess(by_variable, method="tail", prob=(0.05, 0.95)),
            "ess_mean": array_stats.ess(by_variable, method="mean"),
        }
    ours = convergence(values)._asdict() | {"ess_mean": ess_mean(values)}
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-12, atol=0, err_msg=name)


@settings(deadline=None, max_examples=200)
@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3),
    st.integers(1, 5),
    st.one_of(st.integers(1, 30), st.sampled_from([100, 251, 999, 1000])),
)
def test_chains_of_every_kind_are_judged_as_arviz_does(seed, kinds, chains, draws):
    rng = np.random.default_rng(seed)
    hold_against_arviz(np.concatenate([KINDS[kind](rng, (chains, draws, 1)) for kind in kinds], axis=2))


@settings(deadline=None, max_examples=200)
@given(
    st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 2)).flatmap(
        lambda shape: arrays(float, shape, elements=st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6)))
    )
)
def test_any_few_numbers_are_judged_as_arviz_does(values):
    hold_against_arviz(values)


def test_a_value_that_is_no_number_leaves_the_others():
    values = np.random.default_rng(0).standard_normal((4, 100, 3))
    alone = convergence(values)
    values[1, 7, 1] = math.nan
    hold_against_arviz(values)
    for with_it, without in zip(convergence(values), alone, strict=True):
        assert math.isnan(with_it[1])
        np.testing.assert_array_equal(with_it[[0, 2]], without[[0, 2]])


def test_a_real_posterior_is_judged_as_arviz_does(leaderboard):
    variables = leaderboard.posterior.tree["posterior"].to_dataset().data_vars.values()
    hold_against_arviz(np.concatenate([v.to_numpy().reshape(*v.shape[:2], -1) for v in variables], axis=2))


@pytest.mark.parametrize("monotone", [np.exp, lambda x: -(x**3)])
def test_a_monotone_change_of_scale_changes_nothing_but_the_mean(monotone):
    values = remembering(np.random.default_rng(3).standard_normal((4, 401, 2)), 0.8)
    bulk = convergence(monotone(values)).ess_bulk
    np.testing.assert_allclose(bulk, convergence(values).ess_bulk, rtol=1e-9)
    assert (ess_mean(monotone(values)) != ess_mean(values)).all()


def test_the_memory_of_a_chain_counts_as_theory_says():
    values = remembering(np.random.default_rng(5).standard_normal((4, 20_000, 3)), 0.8)
    np.testing.assert_allclose(ess_mean(values), 80_000 * (1 - 0.8) / (1 + 0.8), rtol=0.1)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(3, 400), st.floats(0.05, 3.0))
def test_the_energy_is_judged_as_arviz_does(seed, chains, draws, step):
    from arviz_stats.base import array_stats

    energy = np.random.default_rng(seed).normal(1000, step, (chains, draws)).cumsum(axis=1)
    np.testing.assert_allclose(e_bfmi(energy), array_stats.bfmi(energy), rtol=1e-12)


def test_draws_in_one_row_are_chain_after_chain():
    chains = remembering(np.random.default_rng(5).standard_normal((4, 400)), 0.6)
    assert size_of(chains.ravel(), 4) == ess_mean(chains[:, :, None])[0]
