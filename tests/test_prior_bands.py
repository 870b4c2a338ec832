"""Bands of many exact draws: the quantiles of all of them, of whatever card reads no scores, in whatever order they come."""

import dataclasses

import numpy as np
import pytest

import meekcast as mk
from meekcast.errors import InputError
from meekcast.forecasts import prior_bands, sieve
from meekcast.forecasts.bands import neighbours, sorted_quantiles
from meekcast.forecasts.forecast import forecast
from meekcast.forecasts.predictions import predict
from meekcast.forecasts.sieve import Sieve
from meekcast.inference import posterior
from meekcast.inference.exact import MOST_KEPT, blocks
from meekcast.inference.sampler import MOST_EXACT, MOST_SAMPLED, Settings
from meekcast.inputs import gather

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
NAMES = ("loss_gap", "loss_gap_slope", "lag", "frontier_effective_compute")
TIMES = np.linspace(0, 20, 9)
SEED = 3


@pytest.fixture(scope="module")
def inputs():
    return gather("paper", "literature")


def all_draws(inputs, n):
    """The same draws as one table."""
    some = list(blocks(inputs, MOST_KEPT, n, prior_bands.AT_ONCE, SEED))
    return {name: np.concatenate([block[name] for block in some]) for name in some[0]}


def test_bands_of_many_draws_are_the_quantiles_of_all_of_them(inputs):
    n = MOST_KEPT + 6000
    found = prior_bands.prior_bands(inputs, NAMES, TIMES, n, SEED, PROBABILITIES)
    every = predict(inputs, all_draws(inputs, n), TIMES, SEED)
    assert every.sizes["sample"] == n
    for name in NAMES:
        expected = sorted_quantiles(np.sort(every[name].to_numpy().T, axis=1), PROBABILITIES).T
        np.testing.assert_allclose(found[name].to_numpy(), expected, rtol=1e-13)
        assert found[name].attrs == every[name].attrs


def test_quantiles_that_are_read_off_bins_are_within_the_width_that_is_stated(inputs, monkeypatch):
    exact = prior_bands.prior_bands(inputs, NAMES, TIMES, 120_000, SEED, PROBABILITIES)
    monkeypatch.setattr(prior_bands, "MOST_RANKED", 60_000)
    found = prior_bands.prior_bands(inputs, NAMES, TIMES, 120_000, SEED, PROBABILITIES)
    for name in NAMES:
        width = found[name].attrs["bin_width"]
        band = np.ptp(exact[name].to_numpy(), axis=0)
        off = np.abs(found[name] - exact[name]).to_numpy()
        assert 0 < width < 0.03
        assert (off <= width * band * (1 + 1e-9) + 1e-15 * np.abs(exact[name].to_numpy()) + 1e-300).all()
        assert off.max() > 0
        assert (off[:, 1:] < width * band[1:] / 2).all()  # less, since a bin is filled nearly evenly


def test_draws_are_looked_at_again_where_the_first_ones_had_misled(inputs, monkeypatch):
    found = []
    for spread in (5.0, 0.01):
        monkeypatch.setattr(prior_bands, "SPREAD", spread)
        found.append(prior_bands.prior_bands(inputs, NAMES, TIMES, 30_000, SEED, PROBABILITIES))
    assert found[0].identical(found[1])


@pytest.mark.parametrize("ranked", [10_000, 1_000_000])
def test_bands_are_the_same_whatever_the_threads(inputs, monkeypatch, ranked):
    monkeypatch.setattr(prior_bands, "MOST_RANKED", ranked)
    for module in (prior_bands, sieve):
        monkeypatch.setattr(module, "WORTH_THREADS", 0)
    found = []
    for threads in (1, 3):
        monkeypatch.setenv("MEEKCAST_CORES", str(threads))
        found.append(prior_bands.prior_bands(inputs, NAMES, TIMES, 30_000, SEED, PROBABILITIES))
    for name in NAMES:
        np.testing.assert_array_equal(*(one[name].to_numpy() for one in found))


def test_an_error_in_a_block_ends_all_threads(inputs):
    with pytest.raises(KeyError, match="nothing"):
        prior_bands.prior_bands(inputs, ["nothing"], TIMES, 30_000, SEED, PROBABILITIES)


def test_paths_that_depart_from_theory_are_carried_through_every_block():
    """A card without scores whose paths depart: at all dates the spread of the departures is that of their prior."""
    scored = gather("leaderboard")
    names = {name for b in scored.card.benchmarks for name in scored.belief.names if name.startswith(f"{b.name}_")}
    card = scored.card.model_copy(update={"benchmarks": [], "events": []})
    stated = scored.stated.only([name for name in scored.belief.names if name not in names])
    inputs = dataclasses.replace(scored, card=card, stated=stated, boards=())
    assert (inputs.data, card.discrepancy) == ((), "boards")
    times = inputs.start + np.linspace(0, 10, 21)
    found = prior_bands.prior_bands(inputs, ["lead", "lag"], times, 60_000, SEED, PROBABILITIES)
    every = predict(inputs, all_draws(inputs, MOST_KEPT), times, SEED)
    for name in ("lead", "lag"):
        table, inside = every[name].to_numpy(), 4.5 * np.sqrt(0.25 / MOST_KEPT + 0.25 / 60_000)
        shares = (table[None] <= found[name].to_numpy()[:, None]).mean(axis=1)
        np.testing.assert_allclose(shares, np.transpose([PROBABILITIES] * len(times)), atol=inside)
    assert float(found["lead"].min()) >= 0


@pytest.mark.long
def test_events_and_files_hold_the_first_draws_and_say_so(inputs):
    until = {"until": 10, "today": None}
    some = forecast(inputs, Settings(draws=MOST_SAMPLED), **until)
    more = forecast(inputs, Settings(draws=MOST_SAMPLED + 500), **until)
    assert some.diagnostics.method == "exact draws from the prior"
    assert more.diagnostics.draws == some.diagnostics.draws == MOST_KEPT
    assert more.diagnostics.method.endswith("(bands from 42,000; events and files hold the first 40,000)")
    assert more.predictions.equals(some.predictions)
    for one, other in zip(more.events, some.events, strict=True):
        assert one.as_dict() == other.as_dict()
    assert more.bands["time"].identical(some.bands["time"])
    assert set(more.bands.data_vars) == set(some.bands.data_vars)
    gap, before = (f.bands["loss_gap"].to_numpy()[:, 1:] for f in (more, some))
    assert (gap != before).all()
    np.testing.assert_allclose(gap, before, rtol=0.05)


def test_a_card_that_reads_scores_has_no_more_draws_than_are_kept(monkeypatch):
    monkeypatch.delattr(posterior, "sample")
    for ask in (
        lambda: forecast(gather("leaderboard"), Settings(draws=MOST_SAMPLED + 1)),
        lambda: mk.forecast("leaderboard", draws=MOST_SAMPLED + 1),
    ):
        with pytest.raises(InputError, match=f"at most {MOST_SAMPLED} draws") as error:
            ask()
        assert str(MOST_EXACT) in error.value.remedy
    with pytest.raises(InputError, match="draws = 25000001"):
        mk.forecast("paper", draws=MOST_EXACT + 1)


SHAPES = {
    "both signs": lambda x: x,
    "positive": np.exp,
    "many orders of magnitude": lambda x: -np.exp(40 * x),
    "infinite above": lambda x: np.where(x > 1, np.inf, x),
    "infinite below": lambda x: np.where(x < 0, -np.inf, x),
    "half zeros": lambda x: np.maximum(x, 0.0),
    "whole numbers": np.round,
    "constant": lambda x: np.full_like(x, 7.0),
    "never finite": lambda x: np.full_like(x, np.inf),
}
COUNT, COLUMNS = 60_000, 18


def sieved(shape, spread, settle):
    """Numbers of a shape that a sieve has seen, a few at a time, settled now and then in one of two ways."""
    table = shape(np.random.default_rng(0).standard_normal((COUNT, COLUMNS)))
    sieve = Sieve(COLUMNS, COUNT, PROBABILITIES, spread)
    for start in range(0, COUNT, 200):
        sieve.see(table[start : start + 200])
        if start in {2000, 10_000, 40_000}:
            sieve.tighten()
            if start == 40_000:
                settle(sieve)
    return sieve, np.sort(table, axis=0)[neighbours(COUNT, PROBABILITIES)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sieve_knows_numbers_by_their_rank(shape):
    sieve, exact = sieved(SHAPES[shape], 5.0, lambda sieve: None)
    found, known = sieve.ranked(neighbours(COUNT, PROBABILITIES))
    assert known.all()
    np.testing.assert_array_equal(found, exact)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sieve_that_counts_in_bins_is_within_their_width(shape):
    sieve, exact = sieved(SHAPES[shape], 5.0, Sieve.tally)
    sieve.tally()
    found, width, known = sieve.estimated(neighbours(COUNT, PROBABILITIES))
    finite = np.isfinite(exact)
    assert known.all()
    np.testing.assert_array_equal(found[~finite], exact[~finite])
    assert (np.abs(found[finite] - exact[finite]) <= width[finite]).all()
    if shape == "both signs":
        assert 0 < width.max() < 0.02


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sieve_says_what_it_let_go_of_and_is_never_wrong(shape):
    sieve, exact = sieved(SHAPES[shape], 0.5, lambda sieve: None)
    found, known = sieve.ranked(neighbours(COUNT, PROBABILITIES))
    np.testing.assert_array_equal(found[known], exact[known])
    assert not known.all() or shape not in {"both signs", "positive"}
