"""Draws of one posterior that stand for newer evidence: against closed forms, and against posteriors sampled anew."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from meekcast.beliefs.prior import parse
from meekcast.inference.posterior import infer
from meekcast.inference.reweighting import weighted
from meekcast.inference.sampler import Settings, Silent
from meekcast.inference.smoothing import weighted_ess
from meekcast.inputs import renewed
from meekcast.model.theory import score, theoretical_paths

FEW = Settings(draws=500)
RECORDS = "records = [\n"


@pytest.fixture
def newer(edited, leaderboard_inputs):
    """The inputs with more records, of tables that end on 2025-09-30."""

    def read(rows, *replacements):
        lines = [f'  {{ actor = "{a}", date = {d}, model = "{m}", score = {s} }},\n' for a, d, m, s in rows]
        until, more = ("as_of = 2025-04-30", "as_of = 2025-09-30"), (RECORDS, RECORDS + "".join(lines))
        return renewed(leaderboard_inputs, [edited("evidence", "mmlu-pro", until, more, *replacements)])

    return read


@pytest.fixture
def draws(leaderboard_inputs, prior_fit):
    """Draws of parameters and departures, wherever they come from: weights are ratios of densities at them."""
    return prior_fit()(leaderboard_inputs, FEW, Silent()).draws()


def of_the_middle(weights, expected):
    """Ratios of weights to what is expected of them, where smoothing leaves weights as they are, over their mean."""
    middle = np.argsort(weights)[: int(0.8 * len(weights))]
    ratio = weights[middle] / expected[middle]
    return ratio / ratio.mean()


def density(inputs, draws, value):
    """Density of a score of the frontier's in the last month of the evidence, in each draw."""
    (benchmark,) = inputs.card.benchmarks
    parameters = {name: draws[name] for name in inputs.belief.names}
    frontier = theoretical_paths(inputs.card, parameters, inputs.evidence_times[-1]).frontier
    level = score(benchmark, parameters, frontier + draws["frontier_departure"][:, -1])
    return stats.norm(level, draws[f"{benchmark.name}_noise"]).pdf(value)


def test_the_same_evidence_leaves_all_draws_alike(leaderboard_inputs, draws):
    again = renewed(leaderboard_inputs)
    found = weighted(leaderboard_inputs, again, draws, 4)
    np.testing.assert_allclose(found.weights, 1 / 2000, rtol=1e-12)
    assert (found.k, found.ess) == (-np.inf, pytest.approx(found.ess_before))
    assert all((values == draws[name]).all() for name, values in found.resampled().items())


@pytest.mark.parametrize(("date", "ahead"), [("2025-04-10", 0), ("2025-05-10", 1), ("2025-08-20", 4)])
def test_one_more_score_weighs_by_its_density(leaderboard_inputs, newer, draws, date, ahead):
    inputs = newer([("frontier", date, "F1", 87.5)])
    assert len(inputs.evidence_times) - len(leaderboard_inputs.evidence_times) == ahead
    found = weighted(leaderboard_inputs, inputs, draws, 4, seed=5)
    expected = density(inputs, found.draws, 87.5)
    np.testing.assert_allclose(of_the_middle(found.weights, expected), 1.0, rtol=1e-9)


def test_departures_go_on_from_those_that_are_known(leaderboard_inputs, newer, draws):
    inputs = newer([("budget", "2025-07-03", "B1", 84)])
    found = weighted(leaderboard_inputs, inputs, draws, 4, seed=5).draws["lead_departure"]
    known = draws["lead_departure"]
    assert (found[:, : known.shape[1]] == known).all()
    for step in range(known.shape[1], found.shape[1]):
        decay = np.exp(-1 / 12 / draws["lead_memory"])
        scores = (found[:, step] - decay * found[:, step - 1]) / (draws["lead_sd"] * np.sqrt(1 - decay**2))
        assert stats.kstest(scores, "norm").pvalue > 1e-3
    again, other = (weighted(leaderboard_inputs, inputs, draws, 4, seed).draws["lead_departure"] for seed in (5, 6))
    assert (again == found).all() and (other[:, -1] != found[:, -1]).all()


def test_evidence_that_is_taken_back_divides_by_its_density(leaderboard_inputs, newer, draws):
    more = newer([("frontier", "2025-04-10", "F1", 87.5)])
    found = weighted(more, leaderboard_inputs, draws, 4)
    expected = 1 / density(more, draws, 87.5)
    np.testing.assert_allclose(of_the_middle(found.weights, expected), 1.0, rtol=1e-9)


def test_months_that_are_no_longer_told_of_go(leaderboard_inputs, newer, draws):
    ahead = newer([("frontier", "2025-08-20", "F1", 87.5)])
    more = weighted(leaderboard_inputs, ahead, draws, 4).draws
    back = weighted(ahead, leaderboard_inputs, more, 4).draws
    for name in ("frontier_departure", "lead_departure"):
        assert (back[name] == draws[name]).all()


def test_another_belief_and_more_evidence_at_once(leaderboard_inputs, newer, draws):
    """The prior counts and the likelihood does."""
    inputs = newer([("frontier", "2025-05-10", "F1", 87.5)])
    stated = inputs.stated.with_marginal("mmlu_pro_noise", parse("LogNormal(2.2, 90% 1.2..4)"))
    found = weighted(leaderboard_inputs, dataclasses.replace(inputs, stated=stated), draws, 4, seed=5)
    u, i = np.log(draws["mmlu_pro_noise"]), stated.index("mmlu_pro_noise")
    then, now = (stats.norm(b.mean[i], b.sd[i]).pdf(u) for b in (leaderboard_inputs.belief, stated))
    expected = density(inputs, found.draws, 87.5) * now / then
    np.testing.assert_allclose(of_the_middle(found.weights, expected), 1.0, rtol=1e-9)


def test_the_departures_tell_of_their_own_sd(leaderboard_inputs, draws):
    """No score changes with it once the departures are known; it may not be moved without them all the same."""
    stated = leaderboard_inputs.stated.with_marginal("frontier_sd", parse("LogNormal(0.5, 90% 0.2..1.3)"))
    found = weighted(leaderboard_inputs, dataclasses.replace(leaderboard_inputs, stated=stated), draws, 4)
    assert (found.draws["frontier_sd"] == draws["frontier_sd"]).all()
    u, i = np.log(draws["frontier_sd"]), stated.index("frontier_sd")
    then, now = (stats.norm(b.mean[i], b.sd[i]).pdf(u) for b in (leaderboard_inputs.belief, stated))
    np.testing.assert_allclose(of_the_middle(found.weights, now / then), 1.0, rtol=1e-9)


# Against posteriors sampled anew

CHANGES = {
    "one of the followers": [("budget", "2025-07-03", "B1", 84)],
    "one of the frontier's": [("frontier", "2025-05-10", "F1", 87)],
    "both": [("budget", "2025-07-03", "B1", 84), ("frontier", "2025-05-10", "F1", 87)],
    "further ahead": [("frontier", "2025-07-10", "F3", 90)],
    "three": [
        ("frontier", "2025-05-10", "F1", 87), ("budget", "2025-07-03", "B1", 84), ("budget", "2025-08-20", "B2", 85.5),
    ],
    "none, and another score then": [],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_weights_say_what_a_refit_says(leaderboard, newer, change):
    old = leaderboard.inputs
    replaced = [("score = 83, price = 0.5", "score = 82, price = 0.5")] if not CHANGES[change] else []
    inputs = newer(CHANGES[change], *replaced)
    found = weighted(old, inputs, leaderboard.posterior.draws(), 4)
    assert found.good
    refit = infer(inputs, Settings(seed=11), Silent())
    assert refit.diagnostics.status != "fail"
    z = []
    for name, anew in refit.draws().items():
        if anew.ndim == 1 and name not in inputs.belief.free:
            continue
        own, anew = (v if v.ndim == 1 else v[:, -1] for v in (found.draws[name], anew))
        sizes = [weighted_ess(w, v[:, None], 4)[0] for w, v in ((found.weights, own), (np.ones(len(anew)), anew))]
        z.append((found.weights @ own - anew.mean()) / anew.std() / np.sqrt(np.sum(1 / np.array(sizes))))
    assert max(map(abs, z)) < 4.5
    assert np.sqrt(np.mean(np.square(z))) < 1.7


@pytest.mark.slow
def test_three_records_far_away_are_no_matter_of_weights(leaderboard, newer):
    far = [("frontier", f"2025-0{month}-10", f"F{month}", score) for month, score in ((5, 89), (6, 94), (7, 97))]
    found = weighted(leaderboard.inputs, newer(far), leaderboard.posterior.draws(), 4)
    assert not found.good
