"""What boards make of each actor: drawn as exact conditioning has it, and seen in scores, gaps and stored runs."""

import datetime as dt

import numpy as np
import pytest

from meekcast.forecasts.predictions import predict
from meekcast.inference.numbers import numbers
from meekcast.inference.tastes import drawn_tastes
from meekcast.model.realised import departing, on_board, path_departures, taste, tastes
from meekcast.model.theory import score, theoretical_paths

N = 40_000
GRID = np.linspace(2024, 2034, 41)


@pytest.fixture
def tasting(followed, both):
    """Two followers on two boards, each with its taste of every actor."""
    return followed("cheap", "open", benchmarks=both, discrepancy="boards")


def one_draw(inputs, seed=2):
    """Parameters and departures of the paths, one draw."""
    rng = np.random.default_rng(seed)
    months = len(inputs.evidence_times)
    return inputs.belief.draw(1, rng) | {
        name: 0.4 * rng.standard_normal((1, months)) for name in path_departures(inputs.card)
    }


def scores_of(inputs, draw, board, moved=0.0):
    """Expected score of each actor of a board in each month, all paths moved by some ln FLOP."""
    columns = {name: draw[name][:, None] for name in inputs.belief.names}
    paths = departing(inputs.card, theoretical_paths(inputs.card, columns, inputs.evidence_times), draw)
    actors = dict(zip(("frontier", *inputs.card.follower_names), paths.actors(), strict=True))
    return {actor: score(board, columns, actors[actor] + moved)[0] for actor in inputs.card.actors_on(board)}


def conditioned(inputs, draw):
    """Mean and covariance of every taste in every month given all rows, by dense matrices."""
    times, found = inputs.evidence_times, {}
    for board, rows in inputs.data:
        sd, memory, noise = (float(draw[f"{board.name}_{of}"][0]) for of in ("taste_sd", "taste_memory", "noise"))
        prior = sd**2 * np.exp(-abs(np.subtract.outer(times, times)) / memory)
        here, below, above = (scores_of(inputs, draw, board, moved) for moved in (0.0, -1e-5, 1e-5))
        for i, actor in enumerate(inputs.card.actors_on(board)):
            line = [o for o in rows if o.weights[i] == 1]
            at = inputs.month_of(line)
            slope = (above[actor] - below[actor])[at] / 2e-5
            reads = slope[:, None] * np.eye(len(times))[at]
            variance = np.diag([(noise**2 + o.se**2) / o.share for o in line])
            away = np.array([o.value for o in line]) - here[actor][at]
            gain = prior @ reads.T @ np.linalg.inv(reads @ prior @ reads.T + variance)
            found[taste(board, actor)] = gain @ away, prior - gain @ reads @ prior
    return found


def check_moments(drawn, mean, covariance):
    """Of independent draws of a normal: to five standard errors."""
    n = len(drawn)
    spread = np.diag(covariance)
    np.testing.assert_array_less(abs(drawn.mean(axis=0) - mean), 5 * np.sqrt(spread / n))
    of_covariance = np.sqrt((np.outer(spread, spread) + covariance**2) / n)
    np.testing.assert_array_less(abs(np.cov(drawn.T) - covariance), 5 * of_covariance)


@pytest.mark.parametrize("date", [None, dt.date(2025, 3, 1), dt.date(2024, 9, 1)])
def test_tastes_are_drawn_as_exact_conditioning_has_them(tasting, date):
    """On one draw of everything else, again and again; as of early dates too, in months without any row."""
    inputs = tasting.at(date) if date else tasting
    assert any(o.share < 1 for _, rows in inputs.data for o in rows)
    draw = one_draw(inputs)
    drawn = drawn_tastes(inputs, {name: np.repeat(v, N, axis=0) for name, v in draw.items()}, seed=1)
    expected = conditioned(inputs, draw)
    assert set(drawn) == set(expected) == set(tastes(inputs.card))
    for name, (mean, covariance) in expected.items():
        check_moments(drawn[name], mean, covariance)
        sd = float(draw[f"{tastes(inputs.card)[name]}_sd"][0])
        assert np.diag(covariance).min() < 0.9 * sd**2  # so that the rows told something
    first, *others = drawn.values()
    for other in others:  # given paths and parameters they have nothing to do with each other
        together = (first - first.mean(axis=0)).T @ (other - other.mean(axis=0)) / N
        np.testing.assert_array_less(abs(together), 5 * np.outer(first.std(axis=0), other.std(axis=0)) / np.sqrt(N))


def test_an_actor_without_a_record_has_the_taste_of_the_prior(followed, both):
    """The board may make anything of it."""
    inputs = followed("cheap", "small", benchmarks=both, discrepancy="boards").at(dt.date(2024, 4, 1))
    ((duel, rows),) = [(board, rows) for board, rows in inputs.data if board.name == "duel"]
    draw = one_draw(inputs)
    drawn = drawn_tastes(inputs, {name: np.repeat(v, N, axis=0) for name, v in draw.items()}, seed=1)
    unseen = [a for i, a in enumerate(inputs.card.actors_on(duel)) if not any(o.weights[i] for o in rows)]
    assert unseen
    sd, memory, times = float(draw["duel_taste_sd"][0]), float(draw["duel_taste_memory"][0]), inputs.evidence_times
    for actor in unseen:
        prior = sd**2 * np.exp(-abs(np.subtract.outer(times, times)) / memory)
        check_moments(drawn[taste(duel, actor)], np.zeros(len(times)), prior)


def test_each_draw_has_tastes_of_its_own_and_the_seed_decides_them(tasting, draws_of):
    draws = {name: v for name, v in draws_of(tasting, 6).items() if name not in tastes(tasting.card)}
    first, again, other = (drawn_tastes(tasting, draws, seed) for seed in (3, 3, 4))
    for name in tastes(tasting.card):
        assert first[name].shape == (6, len(tasting.evidence_times))
        np.testing.assert_array_equal(first[name], again[name])
        assert (first[name] != other[name]).all()


def test_without_tastes_none_are_drawn(followed, draws_of):
    inputs = followed("cheap")
    assert drawn_tastes(inputs, draws_of(inputs, 3), 0) == {}
    assert not tastes(inputs.card)


# On a board


@pytest.fixture
def read_of_one(followed, both):
    """Two followers; the second board is read of one of them alone, and so is its taste."""
    duel = both.replace('evidence = "duel"', 'evidence = "duel"\nfollowers = ["open"]')
    return followed("cheap", "open", benchmarks=duel, discrepancy="boards")


def realised(inputs, draws):
    columns = {name: draws[name][:, None] for name in inputs.belief.names}
    return departing(inputs.card, theoretical_paths(inputs.card, columns, inputs.evidence_times), draws)


def test_a_board_moves_those_of_whom_it_is_read_and_its_frontier_is_the_best_of_all(read_of_one, draws_of):
    inputs, draws = read_of_one, draws_of(read_of_one, 40)
    assert set(tastes(inputs.card)) == {
        *(f"mmlu_pro_{actor}_departure" for actor in ("frontier", "cheap", "open")),
        "duel_frontier_departure",
        "duel_open_departure",
    }
    paths = realised(inputs, draws)
    x = dict(zip(("frontier", "cheap", "open"), paths.actors(), strict=True))
    quiz, duel = inputs.card.benchmarks
    for board, unread in ((quiz, set()), (duel, {"cheap"})):
        moved = {a: path + (0 if a in unread else draws[taste(board, a)]) for a, path in x.items()}
        best = np.max(list(moved.values()), axis=0)
        seen = on_board(inputs.card, paths, draws, board)
        assert set(seen) == set(x)
        for actor in ("cheap", "open"):
            np.testing.assert_array_equal(seen[actor], moved[actor])
        np.testing.assert_array_equal(seen["frontier"], best)
        assert (best > moved["frontier"]).any()  # a follower that the board likes is the frontier there
        assert (best == moved["frontier"]).any()


def test_without_tastes_a_board_sees_the_paths(followed, draws_of):
    inputs = followed("cheap", "open")
    draws = draws_of(inputs, 5)
    paths = realised(inputs, draws)
    seen = on_board(inputs.card, paths, draws, inputs.card.benchmarks[0])
    for actor, path in zip(("frontier", "cheap", "open"), paths.actors(), strict=True):
        np.testing.assert_array_equal(seen[actor], path)


def test_no_gap_is_ever_negative_and_leads_know_nothing_of_tastes(read_of_one, draws_of):
    inputs, draws = read_of_one, draws_of(read_of_one, 60)
    found = predict(inputs, draws, GRID, 0)
    gaps = [name for name in found if name.endswith("_gap")]
    assert {"mmlu_pro_gap", "open_mmlu_pro_gap", "duel_gap", "open_duel_gap"} <= set(gaps)
    for name in gaps:
        assert float(found[name].min()) >= 0, name
    assert any(float((found[name] == 0).mean()) > 0 for name in gaps)  # there a board sees the follower on top
    flat = draws | {name: np.zeros_like(draws[name]) for name in tastes(inputs.card)}
    flat |= {name: np.full_like(draws[name], 1e-12) for name in flat if name.endswith("_taste_sd")}
    plain = predict(inputs, flat, GRID, 0)
    for name in ("lead", "open_lead", "lag_behind", "frontier_effective_compute", "loss_gap"):
        np.testing.assert_array_equal(found[name], plain[name])
    assert (found["mmlu_pro_gap"] != plain["mmlu_pro_gap"]).mean() > 0.9


def test_tastes_that_are_nothing_leave_the_forecast_as_it_was(followed, both, draws_of):
    """All paths and gaps of a card without tastes, where those of one with them vanish."""
    with_tastes = followed("cheap", "open", benchmarks=both, discrepancy="boards", name="with")
    without = followed("cheap", "open", benchmarks=both, name="without")
    draws = draws_of(without, 20)
    nothing = {name: np.zeros((20, len(without.evidence_times))) for name in tastes(with_tastes.card)}
    nothing |= {name: np.full(20, 1e-12) for name in with_tastes.belief.names if name.endswith("_taste_sd")}
    nothing |= {name: np.full(20, 1.0) for name in with_tastes.belief.names if name.endswith("_taste_memory")}
    found, expected = predict(with_tastes, draws | nothing, GRID, 0), predict(without, draws, GRID, 0)
    for name in expected:
        if not name.endswith("_observed"):
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-7, err_msg=name)


# Lines of records, as the graph has them


@pytest.mark.parametrize("date", [None, dt.date(2025, 3, 1), dt.date(2024, 9, 1)])
def test_each_record_that_is_known_is_in_one_line_in_order_of_date(tasting, date):
    inputs = tasting.at(date) if date else tasting
    named, before, lines = numbers(inputs), 0, []
    for board, rows in inputs.data:
        for i in range(len(inputs.card.actors_on(board))):
            lines.append([before + k for k, o in enumerate(rows) if o.weights[i] == 1])
        before += inputs.sizes[board.name]
    months = np.concatenate(
        [inputs.month_of(rows).tolist() + [0] * (inputs.sizes[b.name] - len(rows)) for b, rows in inputs.data]
    )
    known, places, step = (named[f"line_{of}"] for of in ("known", "rows", "step"))
    assert known.shape == places.shape == step.shape == (max(known.sum(axis=0).max(), len(known)), len(lines))
    for i, line in enumerate(lines):
        assert known[:, i].tolist() == [1.0] * len(line) + [0.0] * (len(known) - len(line))
        assert places[: len(line), i].tolist() == line
        times = inputs.evidence_times[months[line].astype(int)]
        np.testing.assert_allclose(step[1 : len(line), i], np.diff(times), atol=1e-12)
        assert (step[1 : len(line), i] >= 0).all()
        assert not len(line) or step[0, i] < -1e5 or step[0, i] > 1e5  # nothing is left of what was before
