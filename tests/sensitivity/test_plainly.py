"""Fast estimators against their definitions, written out plainly: one regression, one order, one block at a time."""

import itertools
from math import factorial

import numpy as np
import pytest

from meekcast.sensitivities.basis import FOLDS, design_for, smooth_functions
from meekcast.sensitivities.shares import proportional, variance_shares
from meekcast.sensitivities.value import block_error
from meekcast.sensitivities.worths import BLOCKS, linked_worths, worths

MASKS = np.arange(16)


def draws(n=1003, outputs=3):
    """Four dependent inputs, and outputs with a product and a bend in them; rows that blocks do not divide."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((n, 4)) @ np.linalg.cholesky(0.5 * np.eye(4) + 0.5).T
    y = x @ rng.standard_normal((4, outputs)) + (x[:, 0] * x[:, 1])[:, None] + np.abs(x[:, [2]])
    return [x[:, [i]] for i in range(4)], y + rng.standard_normal((n, outputs))


def standard(y):
    return (y - y.mean(axis=0)) / y.std(axis=0)


def left_out_fits(columns, y):
    """Each fifth predicted from the rest."""
    found = np.empty_like(y)
    edges = np.linspace(0, len(y), FOLDS + 1).astype(int)
    for first, end in itertools.pairwise(edges):
        rest = np.r_[0:first, end : len(y)]
        found[first:end] = columns[first:end] @ np.linalg.lstsq(columns[rest], y[rest])[0]
    return found


def squares_left(design, y, mask):
    """Of draws that were fitted, and of draws that were left out, so weighed that the scatter of p slopes cancels."""
    inside = design.columns[:, [owner & ~mask == 0 for owner in design.owners]]
    n, p = len(y), inside.shape[1]
    fitted, left_out = 1 / n, 1 / (n * (FOLDS - 1) / FOLDS - p - 1)
    share = left_out / (fitted + left_out)
    seen = (y - inside @ np.linalg.lstsq(inside, y)[0]) ** 2
    return share * seen + (1 - share) * (y - left_out_fits(inside, y)) ** 2


def squares_left_by_links(design, y, mask):
    """Each fifth from the rest, then a smooth function of that."""
    if mask == 0:
        return y**2
    index = left_out_fits(design.columns[:, [owner & ~mask == 0 for owner in design.owners]], y)
    functions = smooth_functions(len(y))
    found = np.empty_like(y)
    for j in range(y.shape[1]):
        order = np.argsort(index[:, j], kind="stable")
        found[order, j] = functions @ np.linalg.lstsq(functions, y[order, j])[0]
    return (y - found) ** 2 * (len(y) - 1) / (len(y) - 1 - functions.shape[1])


def plain_worths(design, y, masks, squares_of):
    """Adjusted shares, and the influence of each block of consecutive draws on them."""
    n, y = len(y), standard(y)
    length = -(-n // BLOCKS)
    blocks = [slice(first, first + length) for first in range(0, n, length)]
    share = np.array([len(y[block]) / n for block in blocks])
    worth, influences = [], []
    for mask in masks:
        squares = squares_of(design, y, int(mask))
        left = squares.mean(axis=0)
        influence = np.array([left * (y[b] ** 2).mean(axis=0) - squares[b].mean(axis=0) for b in blocks])
        worth.append(1 - left)
        influences.append((influence - share @ influence).T)
    return np.array(worth), np.array(influences)


def test_worths_are_those_of_one_regression_a_subset():
    groups, y = draws()
    design = design_for(groups, y, (3, 2))
    for found, plain in zip(worths(design, y, MASKS), plain_worths(design, y, MASKS, squares_left), strict=True):
        np.testing.assert_allclose(found, plain, atol=2e-6)


def test_linked_worths_are_those_of_one_index_a_subset():
    groups, y = draws()
    y = (y > 0.5).astype(float)
    design = design_for(groups, y, (2, 2), linked=True)
    plain = plain_worths(design, y, MASKS, squares_left_by_links)
    for found, expected in zip(linked_worths(design, y, MASKS), plain, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-6)


def test_effects_are_those_of_all_orders():
    groups, y = draws(outputs=1)
    worth, _ = plain_worths(design_for(groups, y, (2, 2)), y, MASKS, squares_left)
    shapley, everyone = np.zeros(4), 15
    for order in itertools.permutations(range(4)):
        before = 0
        for g in order:
            shapley[g] += (worth[before | 1 << g, 0] - worth[before, 0]) / factorial(4)
            before |= 1 << g
    shares = variance_shares(groups, y, order=(2, 2))
    np.testing.assert_allclose(shares.shapley.value[:, 0], shapley, atol=2e-6)
    np.testing.assert_allclose(shares.alone.value[:, 0], [worth[1 << g, 0] for g in range(4)], atol=2e-6)
    last = [worth[everyone, 0] - worth[everyone ^ 1 << g, 0] for g in range(4)]
    np.testing.assert_allclose(shares.last.value[:, 0], last, atol=2e-6)
    np.testing.assert_allclose(shares.chance.value, 1 - worth[everyone], atol=2e-6)


def test_proportional_effects_are_a_mean_over_orders_each_as_likely_as_little_is_lost_early():
    rng = np.random.default_rng(1)
    worth = np.zeros((32, 7))
    for mask in range(1, 32):  # what more is known explains more
        worth[mask] = max_of_parts(worth, mask) + rng.uniform(0.01, 0.2, 7)
    expected, weights = np.zeros((5, 7)), np.zeros(7)
    lost = worth[-1] - worth[::-1]  # by what is taken away
    for order in itertools.permutations(range(5)):
        taken = np.cumsum(1 << np.array(order))
        likely = 1 / np.prod(lost[taken], axis=0)
        weights += likely
        for g, mask in zip(order, taken, strict=True):
            expected[g] += likely * (lost[mask] - lost[mask ^ 1 << g])
    np.testing.assert_allclose(proportional(worth), expected / weights, rtol=1e-12)


def max_of_parts(worth, mask):
    return np.max([worth[mask ^ 1 << g] for g in range(5) if mask >> g & 1], axis=0)


@pytest.mark.parametrize("explained", [0.0, 1e-9, 1.0])
def test_proportional_effects_of_twelve_groups_that_add_next_to_nothing_are_numbers(explained):
    worth = np.full((1 << 12, 1), explained)
    worth[0] = 0
    effects = proportional(worth)
    assert np.all((effects >= 0) & (effects <= 1))
    assert effects.sum() == pytest.approx(explained, abs=1e-9)


@pytest.mark.parametrize("binary", [False, True])
def test_shares_do_not_depend_on_the_number_of_threads(binary, monkeypatch):
    groups, y = draws()
    y = (y > 0).astype(float) if binary else y
    found = []
    for processors in (1, 3):
        monkeypatch.setenv("MEEKCAST_CORES", str(processors))
        found.append(variance_shares(groups, y))
    for name in ("alone", "last", "shapley", "proportional", "chance"):
        for part in ("value", "low", "high"):
            one, three = (getattr(getattr(shares, name), part) for shares in found)
            assert np.array_equal(one, three), f"{name}, {part}"


@pytest.mark.parametrize("n", [61, 199, 1000, 1003])
def test_error_of_a_mean_is_that_of_blocks_of_consecutive_draws(n):
    values = np.random.default_rng(n).standard_normal(n).cumsum()
    means = [block.mean() for block in np.array_split(values, min(BLOCKS, n // 2))]
    assert block_error(values) == pytest.approx(np.std(means, ddof=1) / np.sqrt(len(means)), rel=1e-12)
