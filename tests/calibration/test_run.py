"""Simulations: what they draw, that each stands for itself, that a run goes on, and what a wrong fit looks like."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from meekcast.beliefs.prior import parse
from meekcast.calibrations.asked import quantities
from meekcast.calibrations.run import SETTINGS, calibration
from meekcast.calibrations.simulate import simulated, truth
from meekcast.calibrations.summary import calibrated, document
from meekcast.errors import InputError
from meekcast.forecasts.predictions import Latent
from meekcast.inference.numbers import structure
from meekcast.inference.posterior import sampled
from meekcast.inputs import Override, gather
from meekcast.model.realised import departures

QUICK = dataclasses.replace(SETTINGS, draws=100)


@pytest.fixture(scope="module")
def index():
    return gather("unbounded-measure")


@pytest.fixture(scope="module")
def boards():
    """The default card: boards with tastes, of which some rows are shared."""
    return gather("leaderboard")


def values(inputs):
    return {board.name: np.array([o.value for o in rows]) for board, rows in inputs.data}


# What is simulated


def test_simulated_evidence_is_the_real_one_with_other_values(boards):
    rng = np.random.default_rng(0)
    found = simulated(boards, truth(boards, rng), "predictions", rng)
    for (board, rows), (same, real) in zip(found.data, boards.data, strict=True):
        assert board == same
        assert [o._replace(value=0.0) for o in rows] == [o._replace(value=0.0) for o in real]
        assert [o.value for o in rows] != [o.value for o in real]
    assert structure(found) == structure(boards)  # so nothing is compiled


@pytest.mark.parametrize("process", ["predictions", "likelihood"])
def test_scores_lie_about_those_of_the_truth_with_the_noise_of_the_likelihood(boards, process):
    true = truth(boards, np.random.default_rng(1))
    draws = [values(simulated(boards, true, process, np.random.default_rng(seed))) for seed in range(150)]
    for board, rows in boards.data:
        found = np.array([one[board.name] for one in draws])
        variance = [(true[f"{board.name}_noise"][0] ** 2 + o.se**2) / o.share for o in rows]
        ratio = found.var(axis=0, ddof=1) / variance
        assert stats.norm.sf(abs(ratio - 1).max() / np.sqrt(2 / 149)) > 1e-5
        if process == "predictions":
            departed = {name: true[name] for name in departures(boards.card)}
            latent = Latent(boards.card, {n: true[n] for n in boards.belief.names}, departed, boards.evidence_times)
            actors = boards.card.actors_on(board)
            at = boards.month_of(rows)
            mean = [
                latent.read(f"{board.name}_{actors[o.weights.index(1)]}")[0, k] for o, k in zip(rows, at, strict=True)
            ]
            away = (found.mean(axis=0) - mean) / np.sqrt(np.array(variance) / 150)
            assert stats.norm.sf(abs(away).max()) > 1e-5


def test_both_processes_agree_where_boards_have_no_tastes(boards):
    rng = np.random.default_rng(2)
    true = truth(boards, rng)
    tasteless = {
        n: 0 * v if n.count("_departure") and n.split("_")[0] not in ("frontier", "lead") else v
        for n, v in true.items()
    }
    both = [
        values(simulated(boards, tasteless, how, np.random.default_rng(3))) for how in ("predictions", "likelihood")
    ]
    for board in both[0]:
        assert both[0][board] == pytest.approx(both[1][board], rel=1e-6)


def test_truths_are_draws_of_the_prior(boards):
    rng = np.random.default_rng(4)
    drawn = [truth(boards, rng) for _ in range(120)]
    for name in ("gpqa_noise", "g_price", "frontier_sd"):
        logs = np.log([one[name][0] for one in drawn])
        i = boards.belief.index(name)
        assert stats.kstest((logs - boards.belief.mean[i]) / boards.belief.sd[i], "norm").pvalue > 0.001
    scores = [one["frontier_departure"][0, -1] / one["frontier_sd"][0] for one in drawn]
    assert stats.kstest(scores, "norm").pvalue > 0.001


# What is ranked


def test_everything_that_a_forecast_says_is_ranked(boards):
    kinds = Counter(quantity.kind for quantity in quantities(boards))
    card = boards.card
    assert kinds["parameter"] + kinds["board"] == len(boards.belief.free)
    assert kinds["departure"] + kinds["taste"] == len(departures(card))
    assert kinds["gap"] == 2 * len(card.series)
    assert kinds["lag"] == 2 * len(card.followers)
    assert 0 < kinds["event"] <= len(card.events)
    names = [quantity.name for quantity in quantities(boards)]
    assert len(names) == len(set(names))
    assert not any("observed" in name for name in names)


def test_fits_that_give_back_the_prior_have_uniform_ranks(index, prior_fit):
    """Of parameters only: the stand-in has departures of its own."""
    found = document(calibration(index, 100, QUICK, fit=prior_fit()))
    rows = [row for row in found["quantities"] if row["kind"] in ("parameter", "board")]
    assert min(row["p"] for row in rows) * len(rows) > 0.01
    assert all(sum(row["counts"]) == row["n"] == 100 for row in rows)
    assert 0.86 < np.mean([row["coverage90"] for row in rows]) < 0.94


def test_a_card_whose_horizon_is_near_is_ranked_there(edited, prior_fit):
    near = gather(
        edited("models", "unbounded-measure", ("discrepancy =", "horizon = 2025\ndiscrepancy ="), to="near.toml")
    )
    (found,) = calibration(near, 1, QUICK, fit=prior_fit()).simulations
    assert found.ranks.keys() == {quantity.name for quantity in quantities(near)}


# Each simulation stands for itself


def test_a_simulation_depends_on_its_number_and_the_seed_alone(index, prior_fit):
    few, many = (calibration(index, n, QUICK, fit=prior_fit()).simulations for n in (2, 4))
    assert many[:2] == few
    assert len({tuple(s.ranks.values()) for s in many}) == 4
    other = calibration(index, 2, dataclasses.replace(QUICK, seed=1), fit=prior_fit()).simulations
    assert other != few


def test_what_is_known_is_not_made_again(index, prior_fit):
    whole, fit, told = calibration(index, 5, QUICK, fit=prior_fit()).simulations, prior_fit(), []
    known = [whole[3], whole[0]]
    assert calibration(index, 5, QUICK, known=known, fit=fit, done=told.append).simulations == whole
    assert len(fit.asked) == 3
    assert {found.number for found in told} == {1, 2, 4}


def no_start(inputs, settings, progress):
    raise InputError("the sampler cannot start: made up", "None.")


def test_fits_that_cannot_start_are_counted(index):
    found = document(calibration(index, 3, QUICK, fit=no_start))
    assert (found["verdict"], found["fits"]["not_started"], found["quantities"]) == ("warn", 3, [])


def test_a_card_without_scores_is_refused():
    with pytest.raises(InputError, match="reads no scores"):
        calibration(gather("paper"), 10)


# A likelihood that is right, and one that is not


@pytest.fixture
def steady(edited):
    """A card without departures, whose fits take a moment; noise is known."""
    card = edited("models", "unbounded-measure", ('discrepancy = "ou"', 'discrepancy = "none"'), to="steady.toml")
    return lambda noise: gather(card, overrides=[Override("eci_noise", str(noise))])


def surer(inputs, settings, progress):
    """A fit that takes the noise to be half of what it is."""
    half = parse(str(inputs.stated.quantile("eci_noise", 0.5) / 2))
    stated = inputs.stated.with_marginal("eci_noise", half)
    return sampled(dataclasses.replace(inputs, stated=stated), settings, progress)


@pytest.mark.slow
def test_a_fit_that_is_right_is_found_right_and_one_with_half_the_noise_is_not(steady):
    right = document(calibration(steady(3.0), 200, QUICK))
    assert right["verdict"] == "ok"
    wrong = calibrated(document(calibration(steady(3.0), 200, QUICK, fit=surer)))
    assert wrong["verdict"] == "warn"
    assert {row["off"] for row in wrong["off"]} == {"intervals too narrow"}
    assert any(row["kind"] == "gap" for row in wrong["off"])
