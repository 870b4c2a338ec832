"""Known truths are recovered from simulated evidence: parameters, departures from theory and noisy scores.

Truths are drawn from the prior, so the ranks of the truths in their posteriors are uniform if and only if the
graph, the priors and the sampler agree with the simulator (Talts et al. 2018).
"""

import datetime as dt

import numpy as np
import pytest
from scipy import stats

from meekcast.clock import decimal_year
from meekcast.inference import nuts
from meekcast.inference.centring import departed
from meekcast.inference.compiling import compiled
from meekcast.inference.numbers import numbers, pack
from meekcast.inference.sampler import Settings, Silent
from meekcast.inputs import gather
from meekcast.model.theory import score, theoretical_paths

SHIPPED = [
    (2023, 11), (2023, 12), (2024, 3), (2024, 4), (2024, 5), (2024, 6), (2024, 7), (2024, 10), (2024, 12),
    (2025, 1), (2025, 2), (2025, 4),
]  # fmt: skip
MORE = [(2025, 7), (2025, 10), (2026, 1), (2026, 4), (2026, 7), (2026, 10)]
AS_OF = dt.date(2025, 3, 31)
DATES = [dt.date(*month, 1) for month in SHIPPED + MORE]

HEAD = """
schema = 1
name = "simulated"
title = "Simulated records"
benchmark = "mmlu_pro"
kind = "records"
unit = "points"
rule = "none: simulated"
date_precision = "day"
source = "simulated by a test"
licence = "none"
records = [
"""


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    """A card with both actors seen at every date, compiled once; the scores are swapped in."""
    rows = [
        f'  {{ actor = "{actor}", date = {date}, model = "{actor} {date}", score = {low + 0.5 * i} }},'
        for actor, low in (("frontier", 50), ("budget", 40))
        for i, date in enumerate(DATES)  # rising, so that each is a record
    ]
    file = tmp_path_factory.mktemp("evidence") / "simulated.toml"
    file.write_text(HEAD + "\n".join(rows) + "\n]\n")
    inputs = gather("mmlu-pro-alone", evidence=[str(file)])
    assert len(inputs.evidence_times) == 36  # every month from the first to the last
    assert len(dated(inputs)) == len(DATES)
    return inputs, compiled(inputs, Silent())


def dated(inputs):
    """Positions of the months of DATES, in which both actors are seen."""
    ((_, rows),) = inputs.data
    return np.unique(inputs.month_of(rows))


def latent(inputs, values, departures):
    """Scores of both actors on each benchmark at the dates of evidence: draws by dates."""
    columns = {name: value[:, None] for name, value in values.items()}
    theory = theoretical_paths(inputs.card, columns, inputs.evidence_times[None, :])
    x = theory.frontier + departures["frontier"]
    lead = np.logaddexp(0, theory.leads[0] + departures["lead"])
    return {b.name: (score(b, columns, x), score(b, columns, x - lead)) for b in inputs.card.observed}


def gaps_of(scores):
    """Gap on each benchmark: draws by dates."""
    return {name: frontier - budget for name, (frontier, budget) in scores.items()}


def simulate(inputs, rng, within=None):
    """One truth, drawn from the prior or not far from its middle, and the scores that it shows."""
    k = len(inputs.belief.free)
    raw = rng.standard_normal(k) if within is None else rng.uniform(-within, within, k)
    values = inputs.belief.values(raw[:, None])
    distance = abs(np.subtract.outer(inputs.evidence_times, inputs.evidence_times))
    departures = {
        actor: rng.multivariate_normal(
            np.zeros(len(distance)), values[f"{actor}_sd"] ** 2 * np.exp(-distance / values[f"{actor}_memory"])
        )[None, :]
        for actor in ("frontier", "lead")
    }
    scores = latent(inputs, values, departures)
    seen = {}
    for benchmark, rows in inputs.data:
        frontier, budget = scores[benchmark.name]
        pairs = zip(rows, inputs.month_of(rows), strict=True)
        shown = [(frontier if o.weights[0] else budget)[0, j] for o, j in pairs]
        sd = np.hypot(values[f"{benchmark.name}_noise"][0], [o.se for o in rows])
        seen[benchmark.name] = np.array(shown) + sd * rng.standard_normal(len(rows))
    gaps = {name: gap[0] for name, gap in gaps_of(scores).items()}
    return {name: v[0] for name, v in values.items()}, gaps, seen


def padded(inputs, seen, later=0.0):
    """Scores that were seen, and behind them some for the rows of later."""
    return {
        f"{name}_value": np.concatenate([values, np.full(inputs.sizes[name] - len(values), later)])
        for name, values in seen.items()
    }


def fit(laboratory, seen, seed, draws=400, tune=400, chains=2, later=0.0):
    """Posterior of the parameters and of the latent gaps, given other scores at the same dates."""
    inputs, code = laboratory
    vector = pack(numbers(inputs) | padded(inputs, seen, later))
    settings = Settings(draws=draws, tune=tune, chains=chains, seed=seed, target_accept=0.9)
    found = nuts.run(code, vector, settings, Silent()).variables
    scores = {name: values.reshape(-1, values.shape[-1]) for name, values in found.items()}
    values = inputs.belief.values(scores["scores"][:, inputs.belief.places].T)
    departures = {
        actor: departed(inputs, f"{actor}_departure", scores[f"{actor}_states"], values)
        for actor in ("frontier", "lead")
    }
    return values, gaps_of(latent(inputs, values, departures))


@pytest.mark.long
@pytest.mark.parametrize("truth", [101, 103, 105])
def test_a_known_truth_is_recovered(laboratory, truth):
    inputs, _ = laboratory
    parameters, truths, seen = simulate(inputs, np.random.default_rng(truth), within=1.3)
    values, found = fit(laboratory, seen, seed=truth)
    at = dated(inputs)
    gap, gaps = truths["mmlu_pro"][at], found["mmlu_pro"][:, at]
    for name in inputs.belief.free:
        low, high = np.quantile(values[name], (0.01, 0.99))
        assert low < parameters[name] < high, name
    low, high = np.quantile(gaps, (0.01, 0.99), axis=0)
    assert ((low < gap) & (gap < high)).sum() >= len(
        DATES
    ) - 1  # of 40 truths 97.4 % of the dates lay within 98 %; two or more of 18 outside in 6 truths
    # and it was the scores that told: the latent gap is known better than a single difference of scores
    assert np.sqrt(np.mean((gaps.mean(axis=0) - gap) ** 2)) < np.sqrt(2) * parameters["mmlu_pro_noise"]
    assert gaps.std(axis=0).mean() < np.sqrt(2) * parameters["mmlu_pro_noise"]
    prior = inputs.belief.draw(4000, np.random.default_rng(0))
    assert np.log(values["mmlu_pro_noise"]).std() < 0.95 * np.log(prior["mmlu_pro_noise"]).std()


@pytest.fixture(scope="module")
def four_boards():
    """The default card as of a date in the middle of its evidence, compiled once."""

    inputs = gather("leaderboard").at(AS_OF)
    return inputs, compiled(inputs, Silent())


@pytest.mark.slow
def test_truths_behind_four_leaderboards_are_recovered_as_of_a_date(four_boards):
    inputs, _ = four_boards
    past = inputs.evidence_times + inputs.start < decimal_year(AS_OF)
    assert 5 < past.sum() < len(past) - 5
    told, known, ahead, widening = [], [], [], []
    for i in range(8):
        parameters, truths, seen = simulate(inputs, np.random.default_rng(3000 + i))
        values, found = fit(four_boards, seen, seed=i)
        told += [_within(values[name], parameters[name], 0.98) for name in inputs.belief.free]
        inside = np.array([_within(found[name], gap, 0.90) for name, gap in truths.items()])
        known.append(inside[:, past].mean())
        ahead.append(inside[:, ~past].mean())
        unbounded = [found[name] for name in ("eci", "arena")]  # near its ceiling a gap is known again
        widening.append(min(draws[:, ~past][:, -1].std() / draws[:, past][:, -1].std() for draws in unbounded))
    # Of 24 truths 97.5 %, 88.8 %, 91.7 % and 2.4 came out. Dates of one path, and leaderboards, are right or wrong
    # together.
    assert np.mean(told) > 0.94
    assert np.mean(known) > 0.8
    assert np.mean(ahead) > 0.6
    assert np.mean(widening) > 1.8  # what came after the date was not read; the next test says so exactly


@pytest.mark.slow
def test_scores_released_after_the_date_change_nothing(four_boards):
    inputs, _ = four_boards
    _, _, seen = simulate(inputs, np.random.default_rng(203), within=1.3)
    assert any(inputs.sizes[b.name] > len(rows) for b, rows in inputs.data)
    short = {"draws": 50, "tune": 100}
    one, two = (fit(four_boards, seen, seed=1, later=score, **short)[0] for score in (0.0, 50.0))
    for name in inputs.belief.free:
        np.testing.assert_array_equal(one[name], two[name])


def _within(draws, true, probability):
    """Whether a truth lies in the central interval of the draws."""
    tail = (1 - probability) / 2
    low, high = np.quantile(draws, (tail, 1 - tail), axis=0)
    return (low < true) & (true < high)


@pytest.mark.slow
def test_ranks_of_truths_in_their_posteriors_are_uniform(laboratory):
    inputs, _ = laboratory
    refits, kept, bins = 40, 99, 5
    ranks = {}
    for i in range(refits):
        parameters, truths, seen = simulate(inputs, np.random.default_rng(1000 + i))
        values, found = fit(laboratory, seen, seed=i, chains=4)
        at = dated(inputs)
        gap, gaps = truths["mmlu_pro"][at], found["mmlu_pro"][:, at]
        thinned = np.linspace(0, len(gaps) - 1, kept).astype(int)
        pairs = {name: (values[name], parameters[name]) for name in inputs.belief.free}
        pairs |= {f"gap {DATES[j]}": (gaps[:, j], gap[j]) for j in (0, 8, 17)}
        for name, (drawn, true) in pairs.items():
            ranks.setdefault(name, []).append(int((drawn[thinned] < true).sum()))
    counts = {name: np.bincount(np.array(r) * bins // (kept + 1), minlength=bins) for name, r in ranks.items()}
    p = {name: stats.chisquare(count).pvalue for name, count in counts.items()}
    assert min(p.values()) > 0.001 / len(p), p
    assert np.quantile(list(p.values()), 0.25) > 0.02, p  # nor are many of them a little off
