"""One equation, three worlds: every smooth equation gives the same numbers in each."""

import importlib
import inspect
import itertools
import pkgutil

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from pytensor.compile.mode import Mode
from scipy import stats

import meekcast.equations
from meekcast.equations import (
    discrepancy,
    gap,
    links,
    paths,
    price_per_token,
    scaling,
    spending,
    sprt,
    stationary,
    turning,
)

# Each argument has two values, so that the broadcast shape has one axis of length 2 per argument.
# Signs and edges of interest are among them: no lead, a lead of the budget actor, z = 0.
EXAMPLES = {
    scaling.reducible_loss: ((46.1, 59.9), (0.154, 0.178), (1070.0, 482.0)),
    scaling.loss: ((46.1, 59.9), (0.154, 0.178), (1070.0, 482.0), (1.7, 1.82)),
    scaling.exponent_in_compute: ((0.34, 0.3478), (0.28, 0.3658)),
    scaling.scale_in_compute: ((406.4, 482.0), (410.7, 2085.4), (0.34, 0.3478), (0.28, 0.3658)),
    paths.log_growth: ((1.4, 1.2), (2.8, 0.9), (25 / 7, 1.0)),
    paths.log_compute: ((0.0, 7.5), (1e20, 3e24), (1.37, 2.64)),
    paths.log_lead: ((0.0, 7.5), (1.0, 0.01), (1.27, -0.2)),
    gap.loss_gap: ((46.1, 59.9), (0.0, -2.5), (0.154, 0.178), (1070.0, 482.0)),
    gap.loss_gap_slope: ((46.1, 59.9), (0.0, -2.5), (0.154, 0.178), (1070.0, 482.0), (1.37, 0.0), (1.27, -0.2)),
    gap.lag: ((2.0, -1.5), (1.37, 0.4)),
    stationary.stationary_time: ((0.154, 0.178), (3.92, 1.3), (25 / 7, 1.1), (1.0, 40.0)),
    stationary.inflection_point: ((0.154, 0.178), (3.92, 1.3), (25 / 7, 1.1), (1.0, 40.0)),
    links.bounded_link: ((1.9, 2.6), (23.77, 4.0), (1.9739, 2.1), (0.254, 0.1), (0.8107, 1.0)),
    links.bounded_link_of_compute: ((46.1, 59.9), (0.154, 0.178), (55.0, 61.0), (0.7, 1.5), (0.25, 0.1), (0.8, 1.0)),
    links.unbounded_link: ((46.1, 59.9), (-500.0, 3.0), (30.0, 2.2)),
    links.consecutive_steps: ((0.254, 0.81), (1.0, 10.0)),
    links.saturating_link: ((1000.0, 5000.0), (3600.0, 6000.0), (100.0, 400.0)),
    spending.capped_spending: ((0.0, 7.5), (3.5, 1.3), (10.0, 1e8)),
    spending.capped_spending_rate: ((0.0, 7.5), (3.5, 1.3), (10.0, 1e8)),
    price_per_token.inference_compute: ((0.0, 7.5), (0.3, 2.0), (3.0, 7.0), (1.4, 1.0), (2.8, 9.0), (3.6, 2.8)),
    price_per_token.matching_price: ((1e20, 3e24), (1e17, 4e17)),
    sprt.decision_nats: ((0.05, 0.2), (0.05, 0.01)),
    discrepancy.softplus: ((0.0, -3.0),),
    discrepancy.ou_decay: ((0.0, 1.5), (2.0, 0.3)),
    discrepancy.ou_scores: ((0.3, -1.0), (0.5, 0.2), (1.0, 0.1), (0.5, 0.9), (2.0, 0.3)),
    discrepancy.ou_innovation: ((1e6, 1.5), (0.5, 1.2), (2.0, 0.3)),
}


def filtered(name):
    """A part of what is known after an observation, as an equation of its own."""

    def part(mean, variance, away, slope, noise, decay, sd):
        found = discrepancy.ou_filtered(discrepancy.Filtered(mean, variance), away, slope, noise, decay, sd)
        return getattr(found, name) + 0 * (mean + away)  # on which the variance does not depend

    part.__name__ = f"ou_filtered_{name}"
    return part


STATES = ((0.4, -1.0), (0.0, 0.3), (2.5, -0.8), (0.0, 4.0), (0.6, 2.0), (0.0, 0.9), (0.7, 1.4))
PARTS = {filtered(name): STATES for name in discrepancy.Filtered._fields}
EXAMPLES |= PARTS
BY_PARTS = {discrepancy.ou_filtered}
MATRICES = {discrepancy.ou_log_density, discrepancy.ou_path}  # tested apart: it takes and makes whole vectors
PIECEWISE = {spending.piecewise_spending, spending.piecewise_spending_rate}  # test_spending.py: they take lists
SEARCHES = {turning.local_maxima, turning.last_time_at_least}  # test_turning.py: they take a function
NUMPY_ONLY = {discrepancy.ou_steps}  # prepares a constant of the graph from dates that are data

every_equation = pytest.mark.parametrize(
    "function", EXAMPLES, ids=lambda f: f"{f.__module__.split('.')[-1]}.{f.__name__}"
)
fast = Mode(linker="py", optimizer=None)


def on_floats(function):
    """The numbers of the first world, with one axis per argument."""
    examples = EXAMPLES[function]
    values = [function(*arguments) for arguments in itertools.product(*examples)]
    return np.array(values).reshape([2] * len(examples))


def in_pairs(function):
    """The first values of all arguments together, then the second values."""
    return [np.array(pair) for pair in EXAMPLES[function]]


def pairs_on_floats(function):
    return np.array([function(*first_or_second) for first_or_second in zip(*EXAMPLES[function], strict=True)])


def public_smooth_functions():
    for info in pkgutil.iter_modules(meekcast.equations.__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"meekcast.equations.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            with_branches = hasattr(function, "__wrapped__")  # the mark of `elementwise`
            if function.__module__ == module.__name__ and not name.startswith("_") and not with_branches:
                yield function


def test_every_public_smooth_equation_is_in_the_table():
    assert set(public_smooth_functions()) == (
        (set(EXAMPLES) - set(PARTS)) | BY_PARTS | MATRICES | PIECEWISE | SEARCHES | NUMPY_ONLY
    )


@every_equation
def test_every_example_gives_a_finite_float(function):
    assert np.all(np.isfinite(on_floats(function)))
    assert all(isinstance(function(*a), float) for a in itertools.product(*EXAMPLES[function]))


@every_equation
def test_numpy_arrays_broadcast_to_the_numbers_of_floats(function):
    arrays = np.ix_(*EXAMPLES[function])
    result = function(*arrays)
    assert result.shape == (2,) * len(arrays)
    np.testing.assert_allclose(result, on_floats(function), rtol=1e-13, atol=1e-15)


@every_equation
def test_numpy_arguments_are_not_mutated(function):
    arrays = in_pairs(function)
    for array in arrays:
        array.flags.writeable = False
    function(*arrays)
    assert [a.tolist() for a in arrays] == [list(pair) for pair in EXAMPLES[function]]


@every_equation
def test_xarray_broadcasts_by_name_and_keeps_every_dimension(function):
    names = [f"axis_{i}" for i in range(len(EXAMPLES[function]))]
    labelled = [
        xr.DataArray(list(pair), dims=name, coords={name: ["first", "second"]})
        for name, pair in zip(names, EXAMPLES[function], strict=True)
    ]
    result = function(*labelled)
    assert set(result.dims) == set(names)
    assert all(result.indexes[name].tolist() == ["first", "second"] for name in names)
    np.testing.assert_allclose(result.transpose(*names), on_floats(function), rtol=1e-13, atol=1e-15)


@every_equation
def test_xarray_matches_dimensions_by_name_in_any_order(function):
    table = np.stack(np.broadcast_arrays(*(np.array(pair)[:, None] for pair in EXAMPLES[function])))
    table = np.concatenate([table, table[:, ::-1]], axis=2)  # argument x sample x time, 2 x 2 each
    orders = itertools.cycle([("sample", "time"), ("time", "sample")])
    labelled = [
        xr.DataArray(values, dims=("sample", "time")).transpose(*order)
        for values, order in zip(table, orders, strict=False)
    ]
    result = function(*labelled)
    pairs = pairs_on_floats(function)
    expected = np.column_stack([pairs, pairs[::-1]])
    np.testing.assert_allclose(result.transpose("sample", "time"), expected, rtol=1e-13, atol=1e-15)


@every_equation
def test_pytensor_scalars_give_the_numbers_of_floats(function):
    symbols = [pt.dscalar(f"argument_{i}") for i in range(len(EXAMPLES[function]))]
    graph = function(*symbols)
    assert isinstance(graph, pt.TensorVariable)
    compiled = pytensor.function(symbols, graph, mode=fast)
    values = [float(compiled(*arguments)) for arguments in itertools.product(*EXAMPLES[function])]
    np.testing.assert_allclose(values, on_floats(function).ravel(), rtol=1e-13, atol=1e-15)


@every_equation
def test_pytensor_vectors_give_the_numbers_of_floats(function):
    symbols = [pt.dvector(f"argument_{i}") for i in range(len(EXAMPLES[function]))]
    compiled = pytensor.function(symbols, function(*symbols), mode=fast)
    np.testing.assert_allclose(compiled(*in_pairs(function)), pairs_on_floats(function), rtol=1e-13, atol=1e-15)


@every_equation
def test_pytensor_gradient_is_the_numerical_one(function):
    symbols = [pt.dvector(f"argument_{i}") for i in range(len(EXAMPLES[function]))]
    gradients = pt.grad(function(*symbols).sum(), symbols)
    computed = pytensor.function(symbols, gradients, mode=fast)(*in_pairs(function))
    for i, gradient in enumerate(computed):
        up, down = in_pairs(function), in_pairs(function)
        step = 1e-5 * np.maximum(np.abs(up[i]), 0.1)
        up[i], down[i] = up[i] + step, down[i] - step
        numerical = (function(*up) - function(*down)) / (2 * step)
        rounding = 1e-14 * np.abs(function(*up)) / step
        assert np.all(np.abs(gradient - numerical) <= 1e-6 * np.abs(numerical) + rounding)


def density(states, steps, sd, memory, join=np.concatenate):
    """Log density of a path, first turned into scores."""
    scores = discrepancy.ou_scores(states, join([np.zeros(1), states[:-1]]), steps, sd, memory)
    return discrepancy.ou_log_density(scores, steps, sd, memory)


def test_the_density_of_an_ou_path_is_that_of_a_normal_in_numpy_and_pytensor():
    dates, states = np.array([2023.2, 2023.9, 2024.0, 2025.75]), np.array([0.3, -1.2, 0.8, 2.0])
    steps = discrepancy.ou_steps(dates)
    kernel = 0.7**2 * np.exp(-abs(np.subtract.outer(dates, dates)) / 1.6)
    expected = stats.multivariate_normal.logpdf(states, cov=kernel)
    assert density(states, steps, 0.7, 1.6) == pytest.approx(expected, rel=1e-12)
    symbols = [pt.dvector("states"), pt.dvector("steps"), pt.dscalar("sd"), pt.dscalar("memory")]
    compiled = pytensor.function(symbols, density(*symbols, join=pt.concatenate), mode=fast)
    assert compiled(states, steps, 0.7, 1.6) == pytest.approx(expected, rel=1e-12)


def test_a_path_is_had_again_from_its_scores_in_numpy_and_pytensor():
    dates, states = np.array([2023.2, 2023.9, 2024.0, 2025.75]), np.array([0.3, -1.2, 0.8, 2.0])
    steps, since = discrepancy.ou_steps(dates), dates - dates[0]
    scores = discrepancy.ou_scores(states, np.append(0.0, states[:-1]), steps, 0.7, 1.6)
    np.testing.assert_allclose(discrepancy.ou_path(scores, since, steps, 0.7, 1.6), states, rtol=1e-12)
    symbol = pt.dvector("scores")
    compiled = pytensor.function([symbol], discrepancy.ou_path(symbol, since, steps, 0.7, 1.6), mode=fast)
    np.testing.assert_allclose(compiled(scores), states, rtol=1e-12)


def test_the_density_of_an_ou_path_has_a_finite_gradient_in_pytensor():
    dates, states = np.array([2023.2, 2023.9, 2024.0, 2025.75]), np.array([0.3, -1.2, 0.8, 2.0])
    steps = discrepancy.ou_steps(dates)
    sd, memory = pt.dscalar("sd"), pt.dscalar("memory")
    compiled = pytensor.function([sd, memory], pt.grad(density(states, steps, sd, memory), [sd, memory]), mode=fast)

    def in_numpy(sd, memory):
        return density(states, steps, sd, memory)

    by_sd, by_memory = compiled(0.7, 1.6)
    assert by_sd == pytest.approx((in_numpy(0.7 + 1e-5, 1.6) - in_numpy(0.7 - 1e-5, 1.6)) / 2e-5, rel=1e-7)
    assert by_memory == pytest.approx((in_numpy(0.7, 1.6 + 1e-5) - in_numpy(0.7, 1.6 - 1e-5)) / 2e-5, rel=1e-7)
