"""Averages of forecasts, against draws pooled by brute force."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.forecasts.bands import weighted_quantiles
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.when import when
from meekcast.stacks.mixture import Member, contributions, mixed_band, mixed_event

P = (0.05, 0.25, 0.5, 0.75, 0.95)
TIMES = np.linspace(2024, 2041, 18)


def answer(dates, calendar=True, by=("2027", "2030")):
    """The answer whose dates are these: a path for each draw that crosses a threshold then."""
    dates = np.asarray(dates, float)
    shown = np.where(np.isinf(dates), 1e6, dates)
    labels = {"q": {"units": "points", "long_name": "q"}}
    times = np.linspace(0, 17, 171) + 2024 * calendar
    source = Draws("toy", times, calendar, None, labels, lambda _: shown[:, None] - times)
    return replace(when("q < 0", source, by), dates=dates, name="e")


@pytest.fixture
def members():
    rng = np.random.default_rng(0)
    one, two = 2024 + rng.gamma(3, 2, 400), np.where(rng.random(100) < 0.3, np.inf, 2024 + rng.gamma(8, 2, 100))
    paths = [rng.normal(m, 1, (n, len(TIMES))) for m, n in ((0, 400), (3, 100))]
    return [
        Member("a", 0.6, {"e": answer(one)}, lambda _: paths[0]),
        Member("b", 0.4, {"e": answer(two)}, lambda _: paths[1]),
    ]


def brute(first, second):
    return np.sort(
        np.concatenate([np.repeat(first, 6, axis=0), np.repeat(second, 16, axis=0)], axis=0), axis=0
    )  # 400 * 6 to 100 * 16 is 0.6 to 0.4


def test_the_event_of_a_mixture_is_that_of_pooled_draws(members):
    found = mixed_event("e", members)
    pool = brute(*(member.events["e"].dates for member in members))
    expected = np.quantile(pool, P, method="inverted_cdf")
    assert list(found.quantiles.values()) == expected.tolist()
    assert found.probability_by["2030"].value == pytest.approx(np.mean(pool < 2031))
    errors = [member.weight * member.events["e"].probability_by["2030"].error for member in members]
    assert found.probability_by["2030"].error == pytest.approx(np.hypot(*errors))


def test_contributions_add_up_and_are_weight_times_probability(members):
    found, cards = mixed_event("e", members), contributions("e", members, TIMES)
    for year in ("2027", "2030"):
        parts = [card["contribution_by"][year] for card in cards]
        assert sum(parts) == pytest.approx(found.probability_by[year].value)
        assert parts == [pytest.approx(c["weight"] * c["probability_by"][year]["value"]) for c in cards]
    total = np.sum([card["contribution"] for card in cards], axis=0)
    assert (np.diff(total) >= 0).all()
    pool = brute(*(member.events["e"].dates for member in members))
    assert total[-1] == pytest.approx(np.mean(pool <= TIMES[-1]))


def test_on_an_elapsed_clock_by_a_year_is_within_so_many(members):
    five = answer(np.full(3, 5.0), calendar=False, by=["4", "5"])
    found = mixed_event("e", [Member(m.card, m.weight, {"e": five}, m.paths) for m in members])
    assert {year: p.value for year, p in found.probability_by.items()} == {"4": 0.0, "5": pytest.approx(1)}


def test_the_band_of_a_mixture_is_that_of_pooled_draws(members):
    pool = brute(members[0].paths("q"), members[1].paths("q"))
    expected = np.quantile(pool, P, axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(mixed_band("q", members), expected)


def test_where_nothing_is_defined_yet_the_band_is_not_either(members):
    for member in members:
        member.paths("q")[:, 0] = np.nan
    band = mixed_band("q", members)
    assert np.isnan(band[:, 0]).all()
    assert np.isfinite(band[:, 1:]).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(1, 5))
def test_equal_weights_are_plain_quantiles(values, times):
    values = np.array(values)
    repeated = np.repeat(values, times)
    equal = np.full(len(repeated), 1 / len(repeated))
    expected = np.quantile(values, P, method="inverted_cdf")
    found = weighted_quantiles(repeated, equal, P)
    ranks = [
        abs(np.searchsorted(np.sort(values), f) - np.searchsorted(np.sort(values), e))
        for f, e in zip(found, expected, strict=True)
    ]
    assert max(ranks) <= 1  # at a boundary rounding may take the neighbour


def test_a_weight_of_zero_is_not_there():
    values, weights = np.array([1.0, 5.0, 9.0]), np.array([0.0, 1.0, 0.0])
    assert weighted_quantiles(values, weights, P).tolist() == [5.0] * 5
