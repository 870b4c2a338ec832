"""Departures from theory, bridged between the dates of evidence and carried beyond, against dense Gaussian algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.cards import library
from meekcast.equations.discrepancy import ou_path, ou_steps, softplus
from meekcast.forecasts.forecast import forecast
from meekcast.inputs import Override, gather
from meekcast.model.realised import LAGS, carried, carry, departing, years_to_level
from meekcast.model.theory import Paths, Rates, theoretical_paths

KNOWN = np.array([-0.1, 0.3, 0.55, 1.4])
NEW = np.array([-0.4, 0.0, 0.2, 0.25, 0.5, 1.0, 1.5, 2.0, 7.0])
SD, MEMORY = 0.8, 0.75


class Fixed:
    """A source of randomness whose scores are chosen: column j of a matrix at the j-th call."""

    def __init__(self, scores):
        self.scores, self.calls = scores, 0

    def standard_normal(self, n):
        self.calls += 1
        assert n == len(self.scores)
        return self.scores[:, self.calls - 1]


def kernel(first, second, sd=SD, memory=MEMORY):
    return sd**2 * np.exp(-abs(np.subtract.outer(first, second)) / memory)


def dense(known, states, new, sd=SD, memory=MEMORY):
    """Mean and covariance of a Gaussian process given some of its values."""
    gain = kernel(new, known, sd, memory) @ np.linalg.inv(kernel(known, known, sd, memory))
    return gain @ states, kernel(new, new, sd, memory) - gain @ kernel(known, new, sd, memory)


def carried_by(known, states, new, scores, sd=SD, memory=MEMORY):
    n = len(scores)
    full = np.full(n, sd), np.full(n, memory)
    return carry(known, np.tile(states, (n, 1)), new, *full, Fixed(scores))


@given(st.lists(st.floats(0.01, 2), min_size=1, max_size=6), st.floats(0.1, 2), st.floats(0.1, 5))
def test_states_are_the_factor_times_the_scores(steps, sd, memory):
    times = np.cumsum(steps)
    scores = np.random.default_rng(len(steps)).standard_normal((5, len(times)))
    kernel = sd**2 * np.exp(-abs(np.subtract.outer(times, times)) / memory)
    expected = scores @ np.linalg.cholesky(kernel).T
    np.testing.assert_allclose(ou_path(scores, times - times[0], ou_steps(times), sd, memory), expected, atol=1e-9)


def test_each_draw_has_its_own_spread_and_memory():
    scores = np.ones((2, 3))
    sd, memory = np.array([0.5, 2.0]), np.array([0.1, 3.0])
    times = KNOWN[:3] - KNOWN[0], ou_steps(KNOWN[:3])
    both = ou_path(scores, *times, sd[:, None], memory[:, None])
    for i in range(2):
        np.testing.assert_array_equal(both[i], ou_path(scores[0], *times, sd[i], memory[i]))


@pytest.mark.parametrize("known", [KNOWN, KNOWN[:1], KNOWN[2:]])
def test_bridged_and_carried_states_have_the_conditional_mean_and_covariance(known):
    """Exactly: with chosen scores the draws are mean + L z, so L L' is the covariance."""
    states = np.linspace(1.0, -2.0, len(known))
    mean, covariance = dense(known, states, NEW)
    drawn = carried_by(known, states, NEW, np.vstack([np.zeros(len(NEW)), np.eye(len(NEW))]))
    np.testing.assert_allclose(drawn[0], mean, atol=1e-12)
    root = drawn[1:] - drawn[0]
    np.testing.assert_allclose(root.T @ root, covariance, atol=1e-12)


def test_without_evidence_the_process_is_stationary():
    drawn = carried_by(np.empty(0), np.empty(0), NEW, np.eye(len(NEW)))
    np.testing.assert_allclose(drawn.T @ drawn, kernel(NEW, NEW), atol=1e-12)


def test_at_known_dates_the_states_are_returned_without_a_draw():
    states = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, 2.0, -1.0]])
    rng = Fixed(np.zeros((2, 9)))
    np.testing.assert_array_equal(carry(KNOWN, states, KNOWN, np.ones(2), np.ones(2), rng), states)
    assert rng.calls == 0
    mixed = carry(KNOWN, states, np.array([0.0, 0.3, 0.4, 1.4]), np.ones(2), np.ones(2), rng)
    np.testing.assert_array_equal(mixed[:, [1, 3]], states[:, [1, 3]])
    assert rng.calls == 2


def test_far_ahead_the_states_are_forgotten():
    n = 100_000
    states = np.full((n, 4), 5.0)
    far = carry(KNOWN, states, np.array([40.0]), np.full(n, SD), np.full(n, MEMORY), np.random.default_rng(0))
    assert far.mean() == pytest.approx(0, abs=4 * SD / np.sqrt(n))
    assert far.std() == pytest.approx(SD, rel=4 / np.sqrt(2 * n))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(-1800, 1800), min_size=1, max_size=5, unique=True).map(sorted),  # days
    st.lists(st.integers(-3000, 4000), min_size=1, max_size=6, unique=True).map(sorted),
    st.floats(0.05, 5),
)
def test_whatever_the_dates_a_draw_is_finite_and_no_wider_than_the_process(known, new, memory):
    known, new = np.array(known) / 365, np.array(new) / 365
    drawn = carried_by(known, np.ones(len(known)), new, np.vstack([np.zeros(len(new)), np.eye(len(new))]), SD, memory)
    assert np.isfinite(drawn).all()
    assert (abs(drawn[1:] - drawn[0]) <= SD * (1 + 1e-9)).all()


# Realised paths of a card


@pytest.fixture(scope="module")
def draws():
    card = library.load_card("mmlu-pro-alone")
    belief = card.belief.joined(library.load_priors("literature").belief)
    parameters = belief.draw(200, np.random.default_rng(4))
    departures = {f"{a}_departure": np.random.default_rng(5).standard_normal((200, 4)) for a in ("frontier", "lead")}
    return card, parameters, departures


def theory(card, parameters, times):
    return theoretical_paths(card, {name: value[:, None] for name, value in parameters.items()}, times[None, :])


def realised(card, parameters, departures, times, rng):
    return departing(card, theory(card, parameters, times), carried(card, parameters, departures, KNOWN, times, rng))


def test_without_discrepancy_a_path_is_theory(draws):
    card, parameters, _ = draws
    plain = card.model_copy(update={"discrepancy": "none"})
    paths = realised(plain, parameters, {}, NEW, Fixed(np.empty((0, 0))))
    expected = theory(card, parameters, NEW)
    np.testing.assert_array_equal(paths.frontier, expected.frontier)
    np.testing.assert_array_equal(paths.leads[0], expected.leads[0])
    assert (paths.leads[0] < 0).any()  # theory may be negative


def test_with_discrepancy_the_realised_lead_is_never_negative(draws):
    card, parameters, departures = draws
    paths = realised(card, parameters, departures, NEW, np.random.default_rng(0))
    assert isinstance(paths, Paths)
    assert (paths.leads[0] > 0).all()
    assert (theory(card, parameters, NEW).leads[0] < 0).any()


def test_at_the_dates_of_evidence_a_path_is_theory_plus_the_sampled_departure(draws):
    card, parameters, departures = draws
    paths = realised(card, parameters, departures, KNOWN, Fixed(np.empty((0, 0))))
    expected = theory(card, parameters, KNOWN)
    np.testing.assert_allclose(paths.frontier, expected.frontier + departures["frontier_departure"])
    np.testing.assert_allclose(paths.leads[0], softplus(expected.leads[0] + departures["lead_departure"]))


def test_theory_grows_as_the_cards_follower_says(draws):
    card, parameters, _ = draws
    p = {name: value[:1] for name, value in parameters.items()}
    later, start = (theory(card, p, np.array([t])) for t in (1.0, 0.0))
    growth = {n: np.log(p[n][0]) for n in ("g_hardware", "g_algorithms", "g_investment", "g_price")}
    frontier = growth["g_hardware"] + growth["g_algorithms"] + growth["g_investment"]
    assert (later.frontier - start.frontier).item() == pytest.approx(frontier)
    assert (later.leads[0] - start.leads[0]).item() == pytest.approx(growth["g_investment"] - growth["g_price"])
    assert start.leads[0].item() == pytest.approx(np.log(p["R"][0]))
    assert (start.frontier - start.leads[0]).item() == pytest.approx(np.log(p["C0"][0]))
    training = card.model_copy(update={"followers": [card.followers[0].model_copy(update={"growth": "training"})]})
    of_training = [theory(training, p, np.array([t])).leads[0].item() for t in (0.0, 1.0)]
    assert of_training[1] - of_training[0] == pytest.approx(growth["g_investment"])


# Lags


def crossings(times, path, level, first_rate, last_rate):
    """All dates at which a path of straight pieces stands at a level, by the roots of each piece."""
    long = 1e4
    x = np.concatenate([[path[0] - first_rate * long], path, [path[-1] + last_rate * long]])
    t = np.concatenate([[times[0] - long], times, [times[-1] + long]])
    found = [t[k] + (level - x[k]) / (x[k + 1] - x[k]) * (t[k + 1] - t[k]) for k in np.flatnonzero(np.diff(x > level))]
    return np.array([*found, *t[x == level]])


@given(st.integers(0, 2**31), st.integers(2, 30), st.floats(0.05, 2), st.booleans())
@settings(deadline=None)
def test_a_lag_is_the_nearest_root_on_its_side_departures_included(seed, m, roughness, leads):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.02, 0.3, m))
    path = 2.0 * times + roughness * rng.standard_normal(m).cumsum()
    lead = np.abs(rng.normal(1.0, 1.0, m)) if leads else rng.normal(0.0, 1.0, m)
    first, last = rng.uniform(0.1, 3.0, 2)
    rates = [Rates(*(np.array([rate]) for rate in (end, end, 0.0))) for end in (first, last)]
    follower = path - lead
    found = {name: years(path[None], follower[None], times, *rates)[0] for name, years in LAGS.items()}
    for name, x, level, sign in (("lag_behind", path, follower, -1), ("lag", follower, path, 1)):
        for j, t in enumerate(times):
            roots = crossings(times, x, level[j], first, last)
            side = roots[roots <= t + 1e-9] if x[j] > level[j] else roots[roots >= t - 1e-9]
            nearest = side.max() if x[j] > level[j] else side.min()
            assert found[name][j] == pytest.approx(sign * (nearest - t), abs=1e-7), (name, j)


@given(st.integers(0, 2**31), st.integers(1, 30), st.integers(1, 700))
@settings(deadline=None, max_examples=20)
def test_lags_of_many_draws_are_those_of_each_by_itself(seed, m, n):
    rng = np.random.default_rng(seed)
    times, rate = np.cumsum(rng.uniform(0.02, 0.3, m)), rng.normal(0.5, 1.0, (2, n))
    path = np.round(rng.standard_normal((n, m)).cumsum(axis=1), 1)  # rounded, so that levels are met exactly
    level = path - np.round(rng.normal(0.5, 1.0, (n, m)), 1)
    found = years_to_level(times, path, level, *rate)
    alone = [years_to_level(times, path[i : i + 1], level[i : i + 1], *rate[:, i : i + 1]) for i in range(n)]
    np.testing.assert_array_equal(found, np.vstack(alone))


def test_without_departures_lags_are_the_closed_forms_from_before_the_start_to_after_the_end():
    s = np.log(1.4 * 2.8)
    for R, g in ((1.0, 5 / 1.4), (1e4, 2.0), (1e-3, 1.5), (1.0, 1.0)):
        found = forecast(gather("paper", overrides=[Override("R", str(R)), Override("g_investment", str(g))]))
        t = found.predictions["time"].to_numpy()
        lead = np.log(R) + np.log(g) * t
        at = found.predictions.isel(sample=0)
        np.testing.assert_allclose(at["lag"], lead / s, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(at["lag_behind"], lead / (s + np.log(g)), rtol=1e-12, atol=1e-12)


def test_a_level_at_which_a_path_never_stood_is_infinitely_far():
    times, path = np.array([0.0, 1.0]), np.array([[5.0, 4.0]])
    shrinking, still = np.array([-1.0]), np.zeros(1)
    for rate in (shrinking, still):
        assert years_to_level(times, path, path - 2.0, rate, rate).tolist() == [[-np.inf, -np.inf]]
        assert years_to_level(times, path, path + 2.0, rate, rate).tolist() == [[np.inf, np.inf]]
    assert years_to_level(times, path, path, still, still).tolist() == [[0.0, 0.0]]


def test_the_default_kind_of_card_reads_its_lags_off_its_paths(leaderboard):
    """The frontier stood at the follower's level so many years ago: found again on the frontier's own path."""
    frontier = np.log(leaderboard.predictions["frontier_effective_compute"].to_numpy())
    lead, lag = (leaderboard.predictions[name].to_numpy() for name in ("lead", "lag_behind"))
    times = leaderboard.predictions["time"].to_numpy()
    earlier = times - lag
    inside = earlier >= times[0]
    assert inside[:, 40:].mean() > 0.99
    assert (lag >= 0).all()
    assert (lag[lead > 1e-12] > 0).all()  # smaller leads are lost in the rounding of 60 ln FLOP
    for i in range(0, len(lag), 100):
        then = np.interp(earlier[i], times, frontier[i])
        np.testing.assert_allclose(then[inside[i]], (frontier - lead)[i][inside[i]], atol=1e-8)
