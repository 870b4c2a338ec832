"""Weights of cards: against closed forms and simulated truth; groups, prior weights, intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from meekcast.backtests.resampling import Futures, bootstrap
from meekcast.stacks.stacking import REACH, groups, stack, stacking_weights
from meekcast.stacks.weighing import BY_PRIOR, BY_SCORE, weigh

EVEN = np.full(2, 0.5)


def drawn_anew(origins, seed=0):
    """A target an origin, a day ahead of it."""
    days = np.datetime64("2024-01-01") + np.arange(origins + 1, dtype="timedelta64[D]")
    return bootstrap(Futures(days[:-1], days[1:]), seed)


def test_two_cards_that_take_turns_have_a_closed_form():
    """Where one card or the other gives (next to) no density, weights are counts, the prior's among them."""
    table = np.array([[0.0, -600.0]] * 6 + [[-600.0, 0.0]] * 3)
    weights = stacking_weights(table, np.ones(9), np.array([0.25, 0.75]))
    np.testing.assert_allclose(weights, [(6 + 0.25) / 10, (3 + 0.75) / 10], rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_the_weights_are_on_the_simplex_and_no_others_score_better(seed, k):
    rng = np.random.default_rng(seed)
    table, prior = rng.normal(0, 2, (12, k)), rng.dirichlet(np.full(k, 5.0))

    def goal(w):
        return np.log(np.exp(table) @ w).sum() + prior @ np.log(w)

    found = stacking_weights(table, np.ones(12), prior)
    assert found.sum() == pytest.approx(1)
    assert (found > 0).all()
    best = max(goal(w) for w in rng.dirichlet(np.ones(k), 300))
    assert goal(found) >= best - 1e-6


def test_identical_cards_keep_their_prior_weights_and_a_dominated_one_goes_near_zero():
    rng = np.random.default_rng(0)
    same = np.repeat(rng.normal(size=(40, 1)), 3, axis=1)
    prior = np.array([0.5, 0.3, 0.2])
    np.testing.assert_allclose(stacking_weights(same, np.ones(40), prior), prior, atol=1e-5)
    worse = same[:, :2] - [0.0, 5.0]
    assert stacking_weights(worse, np.ones(40), EVEN)[1] < 0.02


def test_a_constant_added_to_a_target_changes_nothing():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(20, 3))
    shifted = table + rng.normal(0, 300, (20, 1))  # another unit, far from what exp can hold
    prior = np.full(3, 1 / 3)
    found = [stacking_weights(t, np.ones(20), prior) for t in (table, shifted)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_simulated_truth_the_weights_of_a_mixture_come_back():
    rng = np.random.default_rng(2)
    first = rng.random(4000) < 0.7
    seen = np.where(first, rng.normal(-1.5, 1, 4000), rng.normal(1.5, 1, 4000))
    table = np.column_stack([stats.norm.logpdf(seen, m, 1) for m in (-1.5, 1.5)])
    assert stacking_weights(table, np.ones(4000), EVEN)[0] == pytest.approx(0.7, abs=0.03)


@pytest.mark.slow
def test_the_bootstrap_interval_covers_the_best_weight():
    """Independent origins of one target each: nine intervals in ten hold the weight that unlimited data would give."""
    covered = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        first = rng.random(60) < 0.6
        seen = np.where(first, rng.normal(-2, 1, 60), rng.normal(2, 1, 60))
        table = np.column_stack([stats.norm.logpdf(seen, m, 1) for m in (-2, 2)])
        low, high = stack(table, drawn_anew(60, seed), EVEN).intervals[0]
        covered += low <= 0.6 <= high
    assert covered >= 14


def test_groups_are_cards_within_reach_every_pair_of_them():
    steps = np.array([[0.0, 0.6 * REACH, 1.2 * REACH, 30 * REACH]] * 5)
    assert groups(steps).tolist() in ([0, 0, 1, 2], [0, 1, 1, 2])  # no chain from the first to the third
    assert groups(steps[:, [0, 1, 3, 3]]).tolist() == [0, 0, 1, 1]
    assert groups(steps[:, :1]).tolist() == [0]
    signs = np.array([[0.0, 5.0], [0.0, -5.0]])
    assert groups(signs).tolist() == [0, 1]  # equal means, but not equal forecasts


def test_within_a_group_weights_are_prior_weights_and_between_groups_the_datas():
    table = np.column_stack([np.zeros(20), np.zeros(20) + 0.01, np.full(20, -3.0)])
    found = stack(table, drawn_anew(20), np.array([3.0, 1.0, 1.0]))
    assert found.group.tolist() == [0, 0, 1]
    assert found.weights[0] == pytest.approx(3 * found.weights[1])
    assert found.weights[2] < 0.2 * 1 / 3
    assert found.weights.sum() == pytest.approx(1)
    assert (found.intervals[:, 0] <= found.weights).all()
    assert (found.weights <= found.intervals[:, 1] + 1e-9).all()


def backtest_of(card, scores, benchmark="eci"):
    """As much of a backtest as weighing reads: a target an origin."""
    rows = [
        {
            "card": card,
            "origin": f"20{24 + i // 12}-{1 + i % 12:02}-28",
            "target_date": f"20{25 + i // 12}-{1 + i % 12:02}-28",
            "benchmark": benchmark,
            "follower": "price_band",
            "of": "seen",
            "observed": float(i),
            "log_score": float(score),
        }
        for i, score in enumerate(scores)
    ]
    return {"rows": rows}


def weights_of(found):
    return {row["card"]: row["weight"] for row in found["cards"]}


def test_cards_without_targets_in_common_keep_their_prior_share():
    backtests = {
        "good": backtest_of("good", np.ones(24)),
        "bad": backtest_of("bad", np.full(24, 6.0)),
        "elsewhere": backtest_of("elsewhere", np.ones(24), "arena"),
        "no evidence": None,
    }
    found = weigh(backtests, {"good": 1, "bad": 1, "elsewhere": 1, "no evidence": 2})
    weights = weights_of(found)
    assert weights["elsewhere"] == pytest.approx(1 / 5)
    assert weights["no evidence"] == pytest.approx(2 / 5)
    assert weights["good"] > 5 * weights["bad"]
    assert sum(weights.values()) == pytest.approx(1)
    assert (found["targets"], found["origins"]) == (24, 24)
    by = {tuple(g["cards"]): g["weighted_by"] for g in found["groups"]}
    assert by == {("good",): BY_SCORE, ("bad",): BY_SCORE, ("elsewhere",): BY_PRIOR, ("no evidence",): BY_PRIOR}
    bad = found["cards"][1]["score"]
    assert bad["behind_best"] == pytest.approx(5)
    assert bad["log_score"] == pytest.approx(6)
    for group in found["groups"][:2]:
        low, high = group["interval"]
        assert low - 1e-9 <= group["weight"] <= high + 1e-9 <= 2 / 5 + 2e-9


@pytest.mark.parametrize(
    "backtests",
    [
        {"a": None, "b": None},
        {"a": backtest_of("a", np.ones(12)), "b": None},
        {"a": backtest_of("a", np.ones(6)), "b": backtest_of("b", np.full(6, 9.0))},
        {"a": backtest_of("a", np.ones(12)), "b": backtest_of("b", np.full(12, 9.0), "arena")},
        {"a": backtest_of("a", np.ones(12)), "b": backtest_of("b", np.full(12, 1.05))},
    ],
    ids=["no evidence", "evidence of one", "few targets", "other benchmarks", "alike"],
)
def test_where_the_data_say_nothing_prior_weights_stay(backtests):
    found = weigh(backtests, {"a": 3.0, "b": 1.0})
    assert weights_of(found) == {"a": pytest.approx(0.75), "b": pytest.approx(0.25)}
    assert all(group["weighted_by"] == BY_PRIOR and group["interval"] is None for group in found["groups"])


def test_rows_are_joined_by_target_not_by_place():
    scores = np.random.default_rng(3).normal(0, 2, 12)
    plain = {"a": backtest_of("a", scores), "b": backtest_of("b", scores + 0.05)}
    turned = {**plain, "b": {"rows": plain["b"]["rows"][::-1]}}
    prior = {"a": 1.0, "b": 1.0}
    assert weigh(turned, prior) == weigh(plain, prior)
    assert len(weigh(turned, prior)["groups"]) == 1
