"""What a leaderboard would show: the evidence up to its last record, and the best so far afterwards."""

import datetime as dt
import math

import numpy as np
import pytest
from scipy import linalg, stats

from meekcast.cards import library
from meekcast.clock import decimal_year
from meekcast.model import leaderboard as observed
from meekcast.model.leaderboard import _Board, _silent_now, _typical_se, best_so_far, standing_gaps, standing_records
from meekcast.observations import EvidenceTable

N = 500
LAST = decimal_year(dt.date(2025, 4, 1))
COMPLETE = decimal_year(dt.date(2025, 4, 30))
GRID = np.linspace(2023 + 334 / 365, 2031, 90)


@pytest.fixture(scope="module")
def table():
    return library.load_evidence("mmlu-pro")


def shown(table, noise, frontier, budget, grid=GRID, n=N, seed=0):
    """Best so far of the frontier and of the budget actor, whose latent scores stay where they are."""
    rng, noise = np.random.default_rng(seed), np.full(n, float(noise))
    latent = {"frontier": frontier, "budget": budget}
    return [
        best_so_far(table, actor, noise, np.full((n, len(grid)), float(score)), grid, rng)
        for actor, score in latent.items()
    ]


def gap(*arguments, **options):
    frontier, budget = shown(*arguments, **options)
    return frontier - budget


def test_up_to_the_last_record_it_is_the_evidence(table):
    days = [
        (2023, 12, 1),
        (2024, 2, 28),
        (2024, 3, 1),
        (2024, 6, 15),
        (2024, 9, 15),
        (2024, 12, 15),
        (2025, 3, 15),
        (2025, 4, 1),
    ]
    grid = np.array([decimal_year(dt.date(*day)) for day in days])
    found = gap(table, 2.5, 95, 20, grid)
    assert (found == [30, 30, 31, 18, 7, 13, 1, 3]).all()


def test_a_record_between_two_dates_of_the_grid_stands_from_the_second_on(table):
    """The last record, 86 of 2025-04-01, falls between March and mid-April."""
    grid = np.array([2025.2, 2025.28, 2025.36])
    found = gap(table, 1e-9, 10, 10, grid)
    assert (found == [1, 3, 3]).all()


def test_before_both_actors_have_a_record_nothing_is_shown(table):
    grid = np.array([2023.0, 2023.7, 2024.0, 2024.5])
    found = gap(table, 1, 70, 50, grid)
    assert np.isnan(found[:, :2]).all()  # the band's first record is of 2023-12
    assert set(found[:, 2]) == {30.0}


@pytest.mark.parametrize("actor", ["frontier", "budget"])
def test_the_best_so_far_of_an_actor_never_falls_and_never_exceeds_100(table, actor):
    score = np.linspace(90, 40, len(GRID)) + np.zeros((N, 1))
    best = best_so_far(table, actor, np.full(N, 20.0), score, GRID, np.random.default_rng(1))
    assert (np.diff(best, axis=1) >= 0).all()
    assert best.max() == 100.0
    standing = {"frontier": 86.0, "budget": 83.0}[actor]
    assert (best[:, GRID > LAST] >= standing).all()


def test_an_actor_without_a_record_shows_nothing(table):
    alone = table.model_copy(update={"records": table.records_of("frontier")})
    best = best_so_far(alone, "budget", np.ones(3), np.full((3, len(GRID)), 60.0), GRID, np.random.default_rng(0))
    assert np.isnan(best).all()


def test_the_gap_that_stood_is_that_of_the_records_and_never_negative(table):
    years = np.array(
        [decimal_year(dt.date(*day)) for day in ((2023, 11, 15), (2023, 12, 1), (2024, 6, 15), (2030, 1, 1))]
    )
    np.testing.assert_array_equal(standing_gaps(table, "budget", years), [np.nan, 30, 18, 3])
    topped = table.model_copy(
        update={"records": [*table.records, table.records_of("budget")[0].model_copy(update={"score": 99.0})]}
    )
    assert standing_gaps(topped, "budget", years)[-1] == 0


def test_without_noise_and_without_progress_the_standing_records_stay(table):
    found = gap(table, 1e-9, 80, 80)
    assert set(found[:, -1]) == {3.0}  # 86 against 83


@pytest.fixture
def always_active(monkeypatch):
    """A board that never falls silent."""
    monkeypatch.setattr(observed, "ACTIVE_SPELL", np.inf)


def test_noise_alone_makes_the_best_grow_with_the_number_of_contenders(table, always_active):
    """The maximum of the standing record and of contenders about the same score, as many as the records suggest."""
    flat = np.full((20_000, len(GRID)), 84.0)
    best = best_so_far(table, "frontier", np.full(20_000, 2.0), flat, GRID, np.random.default_rng(2))[:, -1]
    dates = np.unique([decimal_year(r.date) for r in table.records if r.actor == "frontier"])
    shape, exposure = (dates > COMPLETE - 1).sum() + 2.0, 1.0 + 0.4  # those of the last year
    records = stats.gamma(shape, scale=1 / exposure).ppf((np.arange(2000) + 0.5) / 2000)
    steps = np.diff(GRID[GRID > COMPLETE], prepend=COMPLETE)
    release = -np.expm1(-2 * records[:, None] * steps)
    for level in (86.5, 87.5, 89.0):
        below = stats.norm(84, 2).cdf(level)
        expected = np.prod(1 - release * (1 - below), axis=1).mean()
        assert (best < level).mean() == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 20_000))


def test_a_silence_is_explained_by_a_silent_board_the_more_the_longer_it_lasts_and_the_more_was_usual():
    """Against the matrix exponential of the two states, contenders having failed to come."""
    rates = np.array([0.5, 4.0, 12.0])
    falls, wakes = 1 / observed.ACTIVE_SPELL, 1 / observed.SILENT_SPELL
    for silence in (0.0, 0.1, 0.5, 2.0):
        found = _silent_now(rates, silence)
        for rate, share in zip(rates, found, strict=True):
            flow = np.array([[-falls - rate, wakes], [falls, -wakes]])
            active, silent = linalg.expm(flow * silence) @ [1.0, 0.0]
            assert share == pytest.approx(silent / (active + silent), abs=0.02)
        assert np.all(np.diff(found) >= 0)
    assert np.all(_silent_now(rates, 0.0) == 0)
    assert np.all(_silent_now(rates, 0.5) < _silent_now(rates, 1.0))


@pytest.mark.parametrize("silent", [True, False])
def test_a_board_falls_silent_and_comes_back_as_a_markov_chain_does(silent):
    """Spells are drawn whole, and end with the step in which they are over; the steps need not be equal."""
    n, steps = 20_000, [0.03, *[1 / 12] * 60, *[0.5] * 12]
    board = _Board(np.zeros(n), np.zeros(n), np.full(n, silent), 0.0, 100.0, np.random.default_rng(0))
    share = float(silent)
    for step in steps:
        falls, wakes = (-math.expm1(-step / spell) for spell in (observed.ACTIVE_SPELL, observed.SILENT_SPELL))
        share = share * (1 - wakes) + (1 - share) * falls
        board.after(step, np.zeros(n))
        assert board.silent.mean() == pytest.approx(share, abs=4.5 * math.sqrt(share * (1 - share) / n))


def one_by_one(table, actor, noise, score, years, rng):
    """The model of `best_so_far` after the evidence, draw by draw, on the same random numbers."""
    dates, standing = standing_records(table, actor)
    known_until, n = decimal_year(table.complete_until), len(noise)
    looked_at = min(1.0, known_until - dates[0])
    late = sum(known_until - date < looked_at for date in dates)  # the first of all is as old as what is looked at
    rate = 2 * rng.gamma(late + 2.0, 1 / (looked_at + 0.4), n)
    silent = rng.random(n) < _silent_now(rate, known_until - dates[-1])
    spells = [1.0 if s else 3.0 for s in silent] * rng.standard_exponential(n)
    left, held, since, shown = list(spells), [standing[-1]] * n, known_until, []
    for j in np.flatnonzero(years > known_until):
        step, since, chance = years[j] - since, years[j], rng.random(n)
        for i in range(n):
            if not silent[i] and chance[i] < 1 - math.exp(-rate[i] * step):
                held[i] = max(held[i], min(100.0, score[i, j] + noise[i] * rng.standard_normal()))
        for i in range(n):
            left[i] -= step
            if left[i] <= 0:
                silent[i] = not silent[i]
                left[i] = (1.0 if silent[i] else 3.0) * rng.standard_exponential()
        shown.append(list(held))
    return np.transpose(shown)


@pytest.mark.parametrize("actor", ["frontier", "budget"])
def test_all_draws_together_are_each_draw_by_itself(table, actor):
    rng = np.random.default_rng(5)
    noise, score = rng.uniform(0.5, 4, 60), 84 + np.cumsum(rng.normal(0.05, 0.5, (60, len(GRID))), axis=1)
    best = best_so_far(table, actor, noise, score, GRID, np.random.default_rng(6))[:, GRID > COMPLETE]
    expected = one_by_one(table, actor, noise, score, GRID, np.random.default_rng(6))
    np.testing.assert_allclose(best, expected, rtol=1e-12)
    assert len(np.unique(best[:, -1])) > 3


class Heard(np.random.Generator):
    """A source of randomness that remembers the mean of the gamma distribution that it was asked for."""

    def gamma(self, shape, scale, size):
        self.mean = shape * scale
        return super().gamma(shape, scale, size)


def records_on(*days, until=dt.date(2026, 1, 1)):
    """One actor's records, each better than all before, on a board that is complete until a date."""
    rows = [
        {"actor": "frontier", "date": day, "model": f"f{i}", "score": 50.0 + i, "price": 1.0}
        for i, day in enumerate(days)
    ]
    other = {"actor": "budget", "date": until, "model": "b", "score": 10.0}
    return EvidenceTable(
        schema=1, name="t", title="T", benchmark="mmlu_pro", kind="records", unit="points", rule="r",
        date_precision="day", source="s", licence="l", records=[*rows, other], as_of=until,
    )  # fmt: skip


def contenders(table, n=4000):
    """Mean rate of records that is drawn, and the share of draws with a new one after two months."""
    rng, grid = Heard(np.random.PCG64(1)), decimal_year(table.complete_until) + np.arange(1, 9) / 48
    best = best_so_far(table, "frontier", np.full(n, 1e-9), np.full((n, len(grid)), 99.0), grid, rng)
    return rng.mean, (best[:, -1] > 98).mean()


OLD = [dt.date(2023, month, 1) for month in range(2, 10)]
LATE = [dt.date(2025, month, 20) for month in (3, 6, 9, 12)]


def test_the_rate_of_contenders_is_that_of_the_last_year():
    """Eight records of 2023 and four of 2025 are a rate of four a year, and the usual two in 0.4 years."""
    assert contenders(records_on(*OLD, *LATE))[0] == pytest.approx((4 + 2) / (1 + 0.4))
    assert contenders(records_on(*LATE[:1], *LATE))[0] == pytest.approx(
        (3 + 2) / (decimal_year(dt.date(2026, 1, 1)) - decimal_year(LATE[0]) + 0.4)
    )


def test_records_older_than_a_year_leave_the_rate_lower():
    lively, busy_once = (contenders(records_on(dt.date(2023, 1, 1), *days, LATE[-1])) for days in (LATE[:3], OLD))
    assert lively[0] == pytest.approx(2 * busy_once[0])
    assert lively[1] > busy_once[1] + 0.1


@pytest.mark.parametrize("first", [dt.date(2020, 5, 1), dt.date(2024, 12, 1), dt.date(2025, 12, 1)])
def test_the_first_record_of_all_counts_for_nothing(first):
    """It begins the wait for the others, however late it is."""
    looked_at = min(1.0, decimal_year(dt.date(2026, 1, 1)) - decimal_year(first))
    assert contenders(records_on(first))[0] == pytest.approx(2 / (looked_at + 0.4))
    assert contenders(records_on(first, dt.date(2025, 12, 20)))[0] == pytest.approx(3 / (looked_at + 0.4))


def table_of_errors(*errors):
    """A record of the frontier without a standard error, and some of the budget actor."""
    frontier = {"actor": "frontier", "date": dt.date(2024, 1, 1), "model": "f", "score": 90.0}
    rows = [
        {"actor": "budget", "date": dt.date(2024, 1 + i, 1), "model": f"b{i}", "score": 10.0 + i, "score_se": error}
        for i, error in enumerate(errors)
    ]
    return EvidenceTable(
        schema=1, name="t", title="T", benchmark="mmlu_pro", kind="records", unit="points", rule="r",
        date_precision="day", source="s", licence="l", records=[frontier, *rows],
    )  # fmt: skip


def test_published_standard_errors_widen_what_a_next_score_may_be():
    table = table_of_errors(3.0, 1.0, 2.0, None)
    assert _typical_se(table, "budget") == 2.0
    assert _typical_se(table, "frontier") == 0


def test_a_grid_that_starts_after_the_last_record_starts_at_the_standing_records(table):
    grid = np.linspace(2026, 2030, 30)
    found = gap(table, 1, 10, 10, grid)
    assert set(found.ravel()) == {3.0}


def test_a_table_of_gaps_works_like_one_of_scores():
    summary = library.load_evidence("mmlu-pro-summary")
    found = gap(summary, 1, 10, 10)
    assert set(found[:, 0]) == {20.0}
    assert set(found[:, -1]) == {7.0}


def test_a_table_with_one_date_has_contenders_as_usual(always_active):
    rows = [
        {"actor": a, "date": dt.date(2024, 1, 1), "model": a, "score": s}
        for a, s in (("frontier", 50.0), ("budget", 10.0))
    ]
    table = EvidenceTable(
        schema=1, name="t", title="T", benchmark="mmlu_pro", kind="records", unit="points", rule="r",
        date_precision="day", source="s", licence="l", records=rows,
    )  # fmt: skip
    grid = np.linspace(2024, 2025, 13)
    n = 20_000
    found = gap(table, 1e-9, 60, 0, grid, n)
    released = (found[:, -1] > 40).mean()
    assert released == pytest.approx(1 - (0.4 / (0.4 + 2)) ** 2, abs=4 * 0.5 / math.sqrt(n))


def test_the_same_seed_gives_the_same_draws(table):
    first, again, other = (gap(table, 2, 88, 84, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
