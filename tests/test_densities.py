"""Log densities against plain formulas."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from scipy import stats

from meekcast.equations.discrepancy import softplus
from meekcast.inference import densities
from meekcast.model.theory import score, theoretical_paths


def test_the_log_prior_is_that_of_the_normal_scores(leaderboard_inputs):
    belief = leaderboard_inputs.belief
    draws = belief.draw(7, np.random.default_rng(0))
    found = densities.log_prior(belief, draws)
    assert sorted(name for block in found for name in block) == sorted(belief.free)
    assert ("A", "L0", "alpha") in found
    for block, density in found.items():
        rows = [belief.index(name) for name in block]
        u = np.array([[belief.scales[i].from_value(v) for v in draws[belief.names[i]]] for i in rows])
        full = stats.multivariate_normal(belief.mean[rows], belief.covariance[np.ix_(rows, rows)]).logpdf(u.T)
        np.testing.assert_allclose(np.diff(density), np.diff(np.atleast_1d(full)), rtol=1e-6, atol=1e-8)


def test_the_log_likelihood_is_that_of_the_records(leaderboard):
    inputs, draws = leaderboard.inputs, leaderboard.posterior.draws()
    few = {name: values[:3] for name, values in draws.items()}
    found = densities.log_likelihood(inputs, few)
    assert set(found) == {benchmark.name for benchmark, _ in inputs.data}
    benchmark, rows = inputs.data[0]
    k, j = 2, len(rows) - 1
    p = {name: float(few[name][k]) for name in inputs.belief.names}
    month = int(inputs.month_of(rows)[j])
    theory = theoretical_paths(inputs.card, p, inputs.evidence_times[month])
    frontier = theory.frontier + few["frontier_departure"][k, month]
    lead = softplus(theory.leads[0] + few["lead_departure"][k, month])
    row = rows[j]
    expected = sum(w * score(benchmark, p, x) for w, x in zip(row.weights, (frontier, frontier - lead), strict=True))
    sd = math.hypot(p[f"{benchmark.name}_noise"], row.se)
    assert sorted(map(abs, row.weights)) == [0, 1]
    assert row.share == 1
    assert found[benchmark.name][k, j] == pytest.approx(stats.norm(expected, sd).logpdf(row.value), rel=1e-9)


def test_evidence_of_later_does_not_count(leaderboard):
    few = {name: values[:2] for name, values in leaderboard.posterior.draws().items()}
    early = leaderboard.inputs.at(dt.date(2024, 6, 1))
    now, then = (densities.log_likelihood(inputs, few) for inputs in (leaderboard.inputs, early))
    for (benchmark, rows), (_, known) in zip(leaderboard.inputs.data, early.data, strict=True):
        assert 0 < len(known) < len(rows)
        assert known == rows[: len(known)]
        np.testing.assert_array_equal(then[benchmark.name], now[benchmark.name][:, : len(known)])


def test_a_datum_of_several_actors_has_its_share_of_the_density(leaderboard):
    few = {name: values[:2] for name, values in leaderboard.posterior.draws().items()}
    halves = dataclasses.replace(leaderboard.inputs)
    vars(halves)["data"] = tuple((b, tuple(o._replace(share=0.5) for o in rows)) for b, rows in leaderboard.inputs.data)
    whole, half = (densities.log_likelihood(inputs, few)["mmlu_pro"] for inputs in (leaderboard.inputs, halves))
    np.testing.assert_allclose(half, whole / 2)
