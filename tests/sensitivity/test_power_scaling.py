"""Prior against data: power-scaling with a known answer."""

import math

import numpy as np
import pytest

from meekcast.sensitivities import power_scaling


def test_doubling_the_weight_of_a_prior_moves_a_conjugate_answer_as_it_must():
    """Prior N(0, 1), datum 2 of variance 1: with power a the mean is 2 / (1 + a)."""
    x = 1 + np.sqrt(0.5) * np.random.default_rng(0).standard_normal(200_000)
    by_prior = power_scaling.doubling(-0.5 * x**2, x[:, None])
    by_data = power_scaling.doubling(-0.5 * (2 - x) ** 2, x[:, None])
    truth = -0.5 * math.log(2)  # slope of 2 / (1 + a) at 1, for each doubling
    assert by_prior.low[0] <= truth <= by_prior.high[0]
    assert by_data.low[0] <= -truth <= by_data.high[0]
    assert by_prior.value[0] == pytest.approx(truth, abs=0.01)


def test_power_scaling_says_who_decides():
    rng = np.random.default_rng(1)
    by_prior, by_data = rng.standard_normal(4000), rng.standard_normal(4000)
    found = power_scaling.power_scaling(
        {("a",): -0.5 * by_prior**2}, {"b": -0.5 * by_data[:, None] ** 2}, {"a": by_prior, "alpha": by_data}
    )
    said = {row["name"]: row["diagnosis"] for row in found}
    assert said == {"a": "the prior decides", "alpha": "the data decide"}


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_arviz(seed):
    import arviz_base
    from arviz_stats import psense

    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 4000)) * [[1], [0.1]] + [[0], [5]]
    priors = {("x",): -0.5 * x**2, ("y",): -50 * (y - 5) ** 2}
    data = {"b": -0.5 * (rng.standard_normal((4000, 30)) - x[:, None]) ** 2}
    variables = {"x": x, "y": y, "rounded": np.round(x), "skew": np.exp(2 * x + y)}
    found = power_scaling.power_scaling(priors, data, variables)
    by_chain = {
        "posterior": variables,
        "log_prior": {f"p{i}": density for i, density in enumerate(priors.values())},
        "log_likelihood": data,
    }
    tree = arviz_base.from_dict(
        {g: {n: v.reshape(4, 1000, *v.shape[1:]) for n, v in values.items()} for g, values in by_chain.items()}
    )
    for group in ("prior", "likelihood"):
        theirs = psense(tree, group=group)
        for row in found:
            assert row[group] == pytest.approx(float(theirs[row["name"]]), rel=1e-8)


def test_what_does_not_vary_does_not_move():
    x = np.random.default_rng(1).standard_normal(1000)
    (row,) = power_scaling.power_scaling({("a",): -0.5 * x**2}, {"b": x[:, None]}, {"fixed": np.full(1000, 0.05)})
    assert (row["prior"], row["likelihood"], row["diagnosis"]) == (0.0, 0.0, "neither")
