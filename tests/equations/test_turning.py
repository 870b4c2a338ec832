"""Peaks and ends along paths without a closed form, against the closed forms and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.equations import dates
from meekcast.equations.gap import loss_gap
from meekcast.equations.spending import piecewise_spending
from meekcast.equations.turning import last_time_at_least, local_maxima

ALPHA, A, C0, S = 0.155, 1070.0, 1e20, 1.4 * 2.8


def gap_along(ends, factors, R=1.0):
    def gap(t):
        lead = np.log(R) + piecewise_spending(t, ends, factors)
        return loss_gap(np.log(C0) + np.log(S) * t + lead, lead, ALPHA, A)

    return gap


@settings(deadline=None, max_examples=40)
@given(g=st.floats(1.2, 20.0), R=st.floats(0.2, 5.0))
def test_a_constant_path_peaks_and_ends_at_the_closed_forms(g, R):
    peaks = local_maxima(gap_along([], [g], R), -20.0, 60.0)
    assert [p.time for p in peaks] == [pytest.approx(dates.peak_time(ALPHA, S, g, R), abs=1e-4)]
    assert peaks[0].height == pytest.approx(dates.peak_gap(ALPHA, A, C0, S, g, R), rel=1e-9)
    eps = peaks[0].height / 3
    end = last_time_at_least(gap_along([], [g], R), eps, -20.0, 80.0)
    assert end == pytest.approx(dates.end_time(ALPHA, A, C0, S, g, R, eps), rel=1e-8)


def test_spending_that_stops_before_the_peak_puts_a_kink_there():
    peaks = local_maxima(gap_along([2.0], [5 / 1.4, 1.0]), 0.0, 40.0)
    assert [p.time for p in peaks] == [pytest.approx(2.0, abs=1e-6)]


def test_spending_that_rests_and_resumes_has_two_maxima():
    peaks = local_maxima(gap_along([2.0, 6.0], [5 / 1.4, 1.0, 8.0]), 0.0, 40.0)
    assert len(peaks) == 2
    assert peaks[0].time == pytest.approx(2.0, abs=1e-6)
    assert peaks[1].time > 6.0


def test_a_gap_that_is_never_or_still_there_has_an_infinite_end():
    gap = gap_along([], [5 / 1.4])
    assert last_time_at_least(gap, 0.3, 0.0, 40.0) == -np.inf
    assert last_time_at_least(gap, 1e-9, 0.0, 40.0) == np.inf
