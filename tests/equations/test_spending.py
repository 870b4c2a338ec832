"""Investment paths: integrals of their rates, limits, and the same numbers in three worlds."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pytensor.compile.mode import Mode
from scipy.integrate import quad

from meekcast.equations.spending import (
    capped_spending,
    capped_spending_rate,
    piecewise_spending,
    piecewise_spending_rate,
)

PIECES = ([2.0, 5.0], [3.5, 1.5, 0.8])
growth = st.floats(1.05, 20.0)


@pytest.mark.parametrize("t", [-1.0, 0.0, 1.9, 2.0, 3.3, 5.0, 9.0])
def test_piecewise_spending_is_the_integral_of_its_rate(t):
    integral, _ = quad(lambda u: piecewise_spending_rate(u, *PIECES), 0.0, t, points=[p for p in PIECES[0] if p < t])
    assert piecewise_spending(t, *PIECES) == pytest.approx(integral, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(t=st.floats(-5, 40).filter(lambda t: abs(t) > 1e-9), g=growth, cap=st.floats(1.5, 1e10))  # quad has no room
def test_capped_spending_is_the_integral_of_its_rate(t, g, cap):
    integral, _ = quad(lambda u: capped_spending_rate(u, g, cap), 0.0, t, limit=200)
    assert capped_spending(t, g, cap) == pytest.approx(integral, rel=1e-6, abs=1e-7)


@settings(deadline=None, max_examples=60)
@given(g=growth, cap=st.floats(1.5, 1e10))
def test_capped_spending_starts_at_one_grows_as_stated_and_stays_below_its_ceiling(g, cap):
    assert capped_spending(0.0, g, cap) == pytest.approx(0.0, abs=1e-12)
    assert capped_spending_rate(0.0, g, cap) == pytest.approx(np.log(g), rel=1e-9)
    assert capped_spending(1e4, g, cap) == pytest.approx(np.log(cap), rel=1e-9)
    assert np.all(capped_spending(np.linspace(0, 100, 50), g, cap) <= np.log(cap) * (1 + 1e-12))


def test_a_path_that_stops_stands_still_and_one_without_ends_is_constant_growth():
    assert piecewise_spending(9.0, [5.0], [3.5, 1.0]) == piecewise_spending(5.0, [5.0], [3.5, 1.0])
    assert piecewise_spending(9.0, [], [3.5]) == pytest.approx(9 * np.log(3.5))


@pytest.mark.parametrize("function", [piecewise_spending, piecewise_spending_rate])
def test_piecewise_spending_gives_the_same_numbers_in_three_worlds(function):
    times = np.array([0.0, 2.0, 3.3, 5.0, 9.0])
    on_floats = [float(function(t, *PIECES)) for t in times]
    np.testing.assert_allclose(function(times, *PIECES), on_floats, rtol=1e-14)
    labelled = function(xr.DataArray(times, dims="time"), *PIECES)
    assert labelled.dims == ("time",)
    np.testing.assert_allclose(labelled, on_floats, rtol=1e-14)
    t, end, factor = pt.dvector("t"), pt.dscalar("end"), pt.dscalar("factor")
    graph = function(t, [end, 5.0], [factor, 1.5, 0.8])
    compiled = pytensor.function([t, end, factor], graph, mode=Mode(linker="py", optimizer=None))
    np.testing.assert_allclose(compiled(times, 2.0, 3.5), on_floats, rtol=1e-14)
