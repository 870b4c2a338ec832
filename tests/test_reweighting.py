"""A changed belief by weights of draws: against closed forms, its gates, and the same answer whatever came before."""

import dataclasses
import datetime as dt
import json
import math

import numpy as np
import pytest

import meekcast as mk
from meekcast.beliefs.prior import parse
from meekcast.clock import mid_month
from meekcast.forecasts.forecast import forecast
from meekcast.inference.convergence import ess_mean
from meekcast.inference.diagnostics import ESS
from meekcast.inference.posterior import FEWEST, infer
from meekcast.inference.reweighting import MOST_K, Weighted, weighted
from meekcast.inference.sampler import Settings, Silent
from meekcast.inference.smoothing import pareto_smoothed
from meekcast.inputs import Override, gather
from meekcast.model.realised import departures
from meekcast.runs.obtain import Order, obtain_run
from meekcast.runs.replay import replay
from meekcast.whatif.world import World

TODAY = dt.date(2026, 11, 21)
FEW = Settings(draws=250, tune=200, seed=3)
QUESTION = "exam_frontier > 120"

SET = """
schema = 1
name = "{name}"
title = "Beliefs"
description = "Two parameters are unknown: one is seen, of the other the evidence says nothing."
extends = "paper"

[parameters.L0]
prior = "LogNormal(1.7, sd 0.1)"
unit = "nats/token"
source = "Ours"

[parameters.exam_level]
prior = "{level}"
unit = "index"
source = "Ours"
"""

RECORDS = """
schema = 1
name = "exam"
title = "Our exam"
benchmark = "exam"
kind = "records"
unit = "index"
rule = "budget: output price under 1 USD per million tokens"
date_precision = "month"
source = "Made up"
licence = "Facts"
records = [
  { actor = "frontier", date = 2024-01-01, model = "Big 1", score = 102, price = 30 },
  { actor = "frontier", date = 2024-07-01, model = "Big 2", score = 108, price = 20 },
  { actor = "frontier", date = 2025-02-01, model = "Big 3", score = 116, price = 20 },
  { actor = "budget", date = 2024-03-01, model = "Small 1", score = 90, price = 0.6 },
  { actor = "budget", date = 2024-10-01, model = "Small 2", score = 96, price = 0.5 },
]
"""

CARD = """
schema = 1
name = "exam-card"
title = "One board, straight lines"
story = "Both actors move along the paper's paths and show on a straight line."
wrong_if = "New records fall outside the band."
clock = "calendar"
start = 2023-12-01
horizon = 2030
priors = "{priors}"
discrepancy = "none"

[[followers]]
name = "budget"
growth = "price_band"

[parameters.C0]
prior = 5e24
unit = "FLOP"
source = "Ours"

[parameters.R]
prior = 20
unit = "ratio"
source = "Ours"

[[benchmarks]]
name = "exam"
title = "Our exam"
evidence = "{evidence}"
link = "linear"
unit = "index"
reference = "start"
rationale = "Ours"

[parameters.exam_slope]
prior = 4
unit = "index per ln FLOP"
source = "Ours"

[parameters.exam_noise]
prior = 3
unit = "index"
source = "Ours"

[[events]]
name = "the frontier passes 120 points"
ask = "exam_frontier > 120"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exam")


@pytest.fixture
def own_set(folder):
    """The set that the card names; what a test makes of it is undone."""
    file = folder / "own.toml"
    told = file.read_text()
    yield file
    file.write_text(told)


@pytest.fixture(scope="module")
def card(folder):
    """A card of which posteriors are known in closed form, in files of its own."""
    (folder / "own.toml").write_text(SET.format(name="own", level="Normal(100, sd 3)"))
    (folder / "others.toml").write_text(SET.format(name="others", level="Normal(101, sd 2.5)"))
    (folder / "exam.toml").write_text(RECORDS)
    file = folder / "exam-card.toml"
    file.write_text(CARD.format(priors=folder / "own.toml", evidence=folder / "exam.toml"))
    return str(file)


@pytest.fixture(scope="module")
def inputs(card):
    return gather(card)


def changed(card, *lines, priors=None):
    return gather(card, priors, [Override.read(line) for line in lines])


def believing(inputs, belief):
    return dataclasses.replace(inputs, stated=belief)


# Closed forms


def level_given_scores(inputs):
    """Mean and SD of the level: scores are the level, plus what theory adds since the start, plus noise."""
    belief = inputs.belief
    known = {name: belief.quantile(name, 0.5) for name in belief.names if name not in belief.free}
    i = belief.index("exam_level")
    precision, pull = 1 / belief.sd[i] ** 2, belief.mean[i] / belief.sd[i] ** 2
    growth = math.log(known["g_hardware"] * known["g_algorithms"] * known["g_investment"])
    ((_, rows),) = inputs.data
    for o in rows:
        t = mid_month(o.year) - inputs.start
        lead = math.log(known["R"]) + math.log(known["g_investment"] / known["g_price"]) * t
        above = known["exam_slope"] * (growth * t - o.weights[1] * lead)
        precision += 1 / known["exam_noise"] ** 2
        pull += (o.value - above) / known["exam_noise"] ** 2
    assert len(rows) == 5
    return pull / precision, precision**-0.5


def true_draws(inputs, n=8000, seed=5):
    """Independent draws of the posterior in closed form."""
    rng, belief = np.random.default_rng(seed), inputs.belief
    mean, sd = level_given_scores(inputs)
    level = mean + sd * rng.standard_normal(n)
    centre, spread = of_the_unseen(belief, level)
    draws = dict(belief.draw(n, rng))
    return {**draws, "exam_level": level, "L0": np.exp(centre + spread * rng.standard_normal(n))}


def of_the_unseen(belief, level):
    """Mean and SD of ln L0 given the level."""
    i, j = belief.index("L0"), belief.index("exam_level")
    slope = belief.covariance[i, j] / belief.covariance[j, j]
    return (
        belief.mean[i] + slope * (level - belief.mean[j]),
        math.sqrt(belief.covariance[i, i] - slope * belief.covariance[i, j]),
    )


def test_the_closed_form_is_the_posterior_that_is_sampled(inputs):
    mean, sd = level_given_scores(inputs)
    level = infer(inputs, FEW, Silent()).draws()["exam_level"]
    assert level.mean() == pytest.approx(mean, abs=0.2 * sd)
    assert level.std() == pytest.approx(sd, rel=0.15)


@pytest.mark.parametrize("prior", ["Normal(102, sd 3)", "Normal(100, sd 1)", "Normal(97, sd 4.5)"])
def test_weights_are_the_ratio_of_the_priors_and_give_the_posterior_in_closed_form(inputs, prior):
    draws = true_draws(inputs)
    new = believing(inputs, inputs.stated.with_marginal("exam_level", parse(prior)))
    found = weighted(inputs, new, draws, 4)
    u = draws["exam_level"]
    ratio = sum(
        sign * (-0.5 * ((u - b.mean[i]) / b.sd[i]) ** 2)
        for sign, b, i in ((1, new.belief, new.belief.index("exam_level")), (-1, inputs.belief, inputs.belief.index("exam_level")))
    )  # fmt: skip
    usual = np.argsort(ratio)[: int(0.9 * len(u))]  # the largest weights are smoothed
    off = (np.log(found.weights) - ratio)[usual]
    assert np.ptp(off) < 1e-9
    mean, sd = level_given_scores(new)
    assert abs(mean - level_given_scores(inputs)[0]) > 5 * sd / math.sqrt(len(u))
    assert found.weights.sum() == pytest.approx(1)
    assert found.good
    assert 7000 < found.ess_before <= 8000
    for weights, values in ((found.weights, u), (None, found.resampled()["exam_level"])):
        here = np.average(values, weights=weights)
        assert here == pytest.approx(mean, abs=4.5 * sd / math.sqrt(found.ess))
        assert np.average((values - here) ** 2, weights=weights) == pytest.approx(sd**2, rel=6 / math.sqrt(found.ess))


def test_the_effective_size_is_what_repeating_shows(inputs):
    new = believing(inputs, inputs.stated.with_marginal("exam_level", parse("Normal(107, sd 3)")))
    runs = [(weighted(inputs, new, d, 4), d["exam_level"]) for d in (true_draws(inputs, 1000, s) for s in range(150))]
    means = [found.weights @ level for found, level in runs]
    _, sd = level_given_scores(new)
    told = np.mean([sd / math.sqrt(found.ess) for found, _ in runs])
    assert told == pytest.approx(np.std(means), rel=0.25)
    assert told > 1.2 * sd / math.sqrt(1000)  # weights cost something here


@pytest.mark.parametrize("correlation", [0.0, 0.7])
@pytest.mark.parametrize("prior", ["LogNormal(1.8, sd 0.1)", "LogNormal(1.7, sd 0.07)"])
def test_what_the_evidence_says_nothing_of_is_carried_to_its_new_prior_given_the_rest(inputs, correlation, prior):
    old = believing(inputs, inputs.stated.correlated({("exam_level", "L0"): correlation}))
    new = believing(old, old.stated.with_marginal("L0", parse(prior)))
    draws = true_draws(old)
    found = weighted(old, new, draws, 4)
    assert found.good
    for name in draws.keys() - {"L0"}:
        np.testing.assert_array_equal(found.draws[name], draws[name])
    places = []
    for inputs_of, of in ((old, draws), (new, found.draws)):
        centre, spread = of_the_unseen(inputs_of.belief, of["exam_level"])
        places.append((np.log(of["L0"]) - centre) / spread)
    np.testing.assert_allclose(places[1], places[0], atol=1e-8)
    mean, _ = level_given_scores(new)
    centre, _ = of_the_unseen(new.belief, mean)
    sd = new.belief.sd[new.belief.index("L0")]
    assert found.weights @ np.log(found.draws["L0"]) == pytest.approx(centre, abs=4.5 * sd / math.sqrt(found.ess))
    if not correlation:
        np.testing.assert_allclose(found.weights, 1 / 8000, rtol=1e-9)


def test_however_far_the_unseen_moves_no_draw_is_lost(inputs):
    new = believing(inputs, inputs.stated.with_marginal("L0", parse("LogNormal(4, sd 0.01)")))
    found = weighted(inputs, new, true_draws(inputs), 4)
    assert found.good
    assert found.ess == pytest.approx(found.ess_before)
    assert np.log(found.draws["L0"]).std() == pytest.approx(0.01, rel=0.05)


@pytest.fixture(scope="module")
def four_boards():
    """The default card, and draws of its prior: what is carried over does not ask where draws come from."""
    inputs = gather("leaderboard")
    rng, n = np.random.default_rng(8), 400
    draws = dict(inputs.belief.draw(n, rng))
    return inputs, draws | {
        name: 0.3 * rng.standard_normal((n, len(inputs.evidence_times))) for name in departures(inputs.card)
    }


def moved_alone(inputs, name, by):
    """The mean of one prior moved by so many SD; those tied to it stay."""
    i, mean = inputs.stated.index(name), inputs.stated.mean.copy()
    mean[i] += by * inputs.stated.sd[i]
    return believing(inputs, dataclasses.replace(inputs.stated, mean=mean))


@pytest.mark.parametrize("name", ["A", "L0", "C0"])
def test_on_four_boards_the_law_and_the_anchor_are_carried_over(four_boards, name):
    old, draws = four_boards
    new = moved_alone(old, name, 0.5)
    found = weighted(old, new, draws, 4)
    moved = [other for other in old.belief.free if not np.array_equal(found.draws[other], draws[other])]
    assert name in moved
    places = [given_the_rest(i.belief, d, moved) for i, d in ((old, draws), (new, found.draws))]
    np.testing.assert_allclose(places[1], places[0], atol=1e-6)


def given_the_rest(belief, draws, names):
    """Standard scores of some parameters given all others, by the precision of the joint prior."""
    u = belief.positions(draws) - belief.mean[belief.places, None]
    rows = [belief.free.index(name) for name in names]
    others = [i for i in range(len(belief.free)) if i not in rows]
    precision = np.linalg.inv(belief.covariance[np.ix_(belief.places, belief.places)])
    own = precision[np.ix_(rows, rows)]
    centre = -np.linalg.solve(own, precision[np.ix_(rows, others)] @ u[others])
    return np.linalg.solve(np.linalg.cholesky(np.linalg.inv(own)), u[rows] - centre)


@pytest.mark.parametrize("name", ["frontier_sd", "frontier_memory", "lead_sd", "lead_memory"])
@pytest.mark.parametrize("shift", [0.5, 4.0])
def test_sizes_of_departures_are_never_carried_over(four_boards, name, shift):
    """Given the departures no score speaks of them, but the departures do."""
    old, draws = four_boards
    new = moved_alone(old, name, shift)
    found = weighted(old, new, draws, 4)
    for other in draws:
        np.testing.assert_array_equal(found.draws[other], draws[other])
    assert math.isfinite(found.k)
    assert found.ess < found.ess_before


def test_what_a_hopeless_change_leaves_is_a_draw_or_two(inputs):
    for prior in ("Normal(160, sd 3)", "Normal(300, sd 1)"):
        new = believing(inputs, inputs.stated.with_marginal("exam_level", parse(prior)))
        found = weighted(inputs, new, true_draws(inputs), 4)
        assert not found.good
        assert found.k > 1
        assert 0 < found.ess < 20


def test_weights_that_differ_by_rounding_alone_are_equal():
    """No tail can be fitted to these; they were refused."""
    rng = np.random.default_rng(1)
    for size in (1e-16, 1e-13, 1e-11):
        smoothed, k = pareto_smoothed(size * rng.standard_normal(4000))
        assert k == -math.inf
        np.testing.assert_allclose(np.exp(smoothed), 1 / 4000, rtol=1e-9)


def test_an_unchanged_belief_weighs_all_draws_the_same(inputs):
    draws = true_draws(inputs)
    found = weighted(inputs, inputs, draws, 4)
    np.testing.assert_allclose(found.weights, 1 / 8000, rtol=1e-12)
    assert found.good
    assert found.ess == pytest.approx(found.ess_before)
    np.testing.assert_array_equal(found.origin, np.arange(8000))


@pytest.mark.parametrize("prior", ["LogNormal(100, sd 0.03)", "Point(101)"])
def test_other_families_and_other_known_parameters_cannot_be_weighed(inputs, prior):
    new = believing(inputs, inputs.stated.with_marginal("exam_level", parse(prior)))
    assert weighted(inputs, new, true_draws(inputs, 400), 4) is None


@pytest.mark.parametrize("spread", [0.0, 0.5, 3.0])
def test_each_draw_comes_as_often_as_its_weight_says_in_order(spread):
    raw = np.exp(spread * np.random.default_rng(2).standard_normal(1000))
    values = np.arange(3000.0).reshape(1000, 3)
    found = Weighted({"x": values}, raw / raw.sum(), 0.1, 500.0, 900.0)
    origin = found.origin
    counts, due = np.bincount(origin, minlength=1000), 1000 * found.weights
    assert len(origin) == 1000
    assert (np.diff(origin) >= 0).all()
    assert (np.floor(due - 1e-9) <= counts).all()
    assert (counts <= np.ceil(due + 1e-9)).all()
    np.testing.assert_array_equal(found.origin, origin)
    np.testing.assert_array_equal(found.resampled()["x"], values[origin])


# Gates


class Steps(Silent):
    def __init__(self):
        self.heard = []

    def step(self, text):
        self.heard.append(text)


def answered(inputs, settings=FEW):
    """A posterior, and how often draws were weighed and sampled for it."""
    steps = Steps()
    posterior = infer(inputs, settings, steps, fresh=True)
    return posterior, steps.heard.count("weighing draws"), steps.heard.count("sampling")


def test_a_small_change_is_answered_by_weights_of_the_cards_own_draws(card):
    own = infer(gather(card), FEW, Silent())
    new = changed(card, "exam_level=Normal(101, sd 3)")
    posterior, weighed, sampled = answered(new)
    assert (weighed, sampled) == (1, 1)  # sampled are its own
    verdict = posterior.diagnostics
    assert verdict.method == "weights of the draws under the card's own priors"
    assert verdict.pareto_k < MOST_K
    assert verdict.weights_ess >= ESS[0]
    assert verdict.error_ratio > 1
    assert (verdict.draws, verdict.r_hat_max) == (own.diagnostics.draws, own.diagnostics.r_hat_max)
    origin = posterior.tree["sample_stats"]["origin"].to_numpy()[0]
    np.testing.assert_array_equal(posterior.draws()["exam_level"], own.draws()["exam_level"][origin])
    mean, sd = level_given_scores(new)
    assert posterior.draws()["exam_level"].mean() == pytest.approx(mean, abs=4.5 * sd / math.sqrt(verdict.weights_ess))


@pytest.mark.parametrize(
    ("prior", "heavy"), [("Normal(135, sd 3)", True), ("Normal(100.5, sd 0.1)", False)], ids=["far", "tight"]
)
def test_a_change_that_leaves_too_little_is_sampled_anew_and_says_what_was_left(card, prior, heavy):
    new = changed(card, f"exam_level={prior}")
    posterior, weighed, sampled = answered(new)
    assert (weighed, sampled) == (1, 2)
    verdict = posterior.diagnostics
    assert (verdict.method, verdict.error_ratio) == ("nutpie", None)
    assert (verdict.pareto_k >= MOST_K) == heavy
    assert verdict.weights_ess < ESS[0]
    exact, weighed, sampled = answered(new, dataclasses.replace(FEW, exact=True))
    assert (weighed, sampled) == (0, 1)
    assert (exact.diagnostics.pareto_k, exact.diagnostics.weights_ess) == (None, None)
    assert posterior.tree["posterior"].identical(exact.tree["posterior"])
    mean, sd = level_given_scores(new)
    assert exact.draws()["exam_level"].mean() == pytest.approx(mean, abs=0.25 * sd)


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        ("exam_level=Normal(101, sd 3)", dataclasses.replace(FEW, draws=int(FEWEST) // 4 - 1)),
        ("exam_level=Normal(101, sd 3)", dataclasses.replace(FEW, exact=True)),
    ],
    ids=["too few draws", "asked for"],
)
def test_nothing_is_weighed_where_it_cannot_do_or_is_not_wanted(card, line, settings):
    posterior, weighed, sampled = answered(changed(card, line), settings)
    assert (weighed, sampled) == (0, 1)
    assert (posterior.diagnostics.method, posterior.diagnostics.pareto_k) == ("nutpie", None)


def test_what_cannot_be_weighed_is_sampled_and_no_weights_are_told(card):
    posterior, _, sampled = answered(changed(card, "L0=1.6"))
    assert sampled == 2
    assert (posterior.diagnostics.method, posterior.diagnostics.weights_ess) == ("nutpie", None)
    assert set(posterior.draws()["L0"]) == {1.6}


# The same answer, whatever was there before


def undrawn(result, checks, summary, folder):
    """No pictures."""


def made(inputs, folder, fresh=False):
    obtain_run(Order(inputs=inputs, folder=folder, settings=FEW, today=TODAY), Silent(), undrawn, fresh=fresh)
    return {name: (folder / name).read_bytes() for name in ("summary.json", "forecast.nc")}


def method_of(folder):
    return json.loads((folder / "summary.json").read_text())["diagnostics"]["method"]


@pytest.mark.parametrize("prior", ["Normal(101, sd 3)", "Normal(100.5, sd 0.1)"], ids=["weighed", "sampled"])
def test_the_same_bytes_whether_the_own_posterior_was_kept_or_not(card, prior, tmp_path, monkeypatch):
    new = changed(card, f"exam_level={prior}")
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "empty"))
    first = made(new, tmp_path / "first")
    assert made(new, tmp_path / "later") == first
    assert made(new, tmp_path / "later", fresh=True) == first
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "other"))
    infer(gather(card), FEW, Silent())
    infer(changed(card, "exam_level=Normal(99, sd 3)"), FEW, Silent())
    assert made(new, tmp_path / "after-others") == first


def test_a_replay_of_a_weighted_run_gives_the_same_bytes(card, own_set, tmp_path):
    folder = tmp_path / "run"
    made(changed(card, "exam_level=Normal(101, sd 3)", "L0=LogNormal(2.5, sd 0.1)"), folder)
    assert method_of(folder).startswith("weights")
    own_set.write_text(SET.format(name="own", level="Normal(95, sd 1)"))
    found = replay(folder / "manifest.json", None, Silent(), draw=undrawn)
    assert (set(found.identical), found.different) == ({"summary.json", "forecast.nc"}, ())


def test_a_replay_under_another_set_has_the_cards_own_from_its_manifest(card, folder, own_set, run_cli, tmp_path):
    out = tmp_path / "out"
    answer = run_cli(
        "forecast", card, "--priors", folder / "others.toml", "--draws", 250, "--today", TODAY, "--out", out
    )
    assert answer.code == 0, answer.err
    run = out / "exam-card"
    assert method_of(run).startswith("weights")
    told = json.loads((run / "manifest.json").read_text())["inputs"]
    assert own_set.read_text() in [base["text"] for base in told["prior_bases"]]
    assert told["priors"]["name"] == "others"
    own_set.write_text(SET.format(name="own", level="Normal(95, sd 1)"))
    assert run_cli("replay", run).code == 0
    own_set.unlink()
    again = run_cli("replay", run)
    assert again.code == 0, again.err
    assert "weighing draws" in again.err


# What is said, and every way to ask


@pytest.mark.long
def test_the_report_and_the_summary_say_what_weights_left(card, run_cli, tmp_path):
    arguments = ("forecast", card, "--draws", 250, "--today", TODAY, "--out", tmp_path)
    answer = run_cli(*arguments, "--prior", "exam_level=Normal(101, sd 3)")
    said = " ".join(answer.out.split())
    d = json.loads((tmp_path / "exam-card" / "summary.json").read_text())["diagnostics"]
    assert d["pareto_k"] < MOST_K
    assert d["weights_ess"] >= ESS[0]
    assert d["error_ratio"] > 1
    told = (
        f"weights of the draws under the card's own priors, k {d['pareto_k']:.2f}, ESS {d['weights_ess']:.0f}, "
        f"Monte Carlo errors {d['error_ratio']:.2f} times theirs (--exact samples anew)"
    )
    assert told in said
    answer = run_cli(*arguments, "--prior", "exam_level=Normal(135, sd 3)")
    d = json.loads((tmp_path / "exam-card" / "summary.json").read_text())["diagnostics"]
    assert (d["method"], d["error_ratio"]) == ("nutpie", None)
    assert f"; weights would leave {d['weights_ess']:.0f} draws" in " ".join(answer.out.split())
    answer = run_cli(*arguments, "--prior", "exam_level=Normal(101, sd 3)", "--exact", "--json")
    document = json.loads(answer.out)
    assert (document["diagnostics"]["method"], document["diagnostics"]["weights_ess"]) == ("nutpie", None)
    assert document["provenance"]["settings"]["exact"] is True
    assert "--exact" in json.loads((tmp_path / "exam-card" / "manifest.json").read_text())["command"]


STORY = """
schema = 1
events = ["exam_frontier > 120"]

[[scenarios]]
name = "a higher level"
prior = {{ exam_level = "Normal(101, sd 3)" }}
"""

CHANGE = {"exam_level": "Normal(101, sd 3)"}


@pytest.fixture
def commands(card, tmp_path):
    """Ways to ask the command line."""
    (tmp_path / "story.toml").write_text(STORY.format())
    more = ("--draws", 250, "--today", TODAY, "--out", tmp_path)
    return {
        "when": ("when", QUESTION, "--card", card, "--prior", "exam_level=Normal(101, sd 3)", *more),
        "scenarios": ("scenarios", tmp_path / "story.toml", "--card", card, *more),
    }


@pytest.mark.long
@pytest.mark.parametrize("command", ["when", "scenarios"])
def test_commands_weigh_draws_unless_asked_not_to(commands, card, run_cli, tmp_path, command):
    run_cli("forecast", card, "--draws", 250, "--today", TODAY, "--out", tmp_path)
    for exact in (False, True):
        answer = run_cli(*commands[command], *(["--exact"] if exact else []))
        assert answer.code == 0, answer.err
        assert ("weighing draws" in answer.err) is not exact
        assert ("(--exact samples anew)" in " ".join(answer.out.split())) is not exact


def by_forecast(card, folder, steps, exact):
    return mk.forecast(card, prior=CHANGE, draws=250, today=TODAY, exact=exact, progress=steps)


def by_when(card, folder, steps, exact):
    return mk.when(QUESTION, card, prior=CHANGE, draws=250, today=TODAY, exact=exact, progress=steps)


def by_scenarios(card, folder, steps, exact):
    stories = [{"name": "higher", "prior": CHANGE}]
    return mk.scenarios(stories, events=[QUESTION], card=card, draws=250, today=TODAY, exact=exact, progress=steps)


@pytest.mark.parametrize("ask", [by_forecast, by_when, by_scenarios])
def test_the_door_weighs_draws_unless_asked_not_to(card, folder, ask):
    for exact in (False, True):
        steps = Steps()
        ask(card, folder, steps, exact)
        assert any("weighing draws" in step for step in steps.heard) is not exact


@pytest.mark.parametrize("exact", [False, True])
def test_sensitivity_way_that_was_asked_for(leaderboard_run, monkeypatch, exact):
    heard, fitted = [], []

    def refit(kind, inputs, settings, **asked):
        heard.append((inputs.priors.name, settings.exact))
        fitted.append(made(inputs, dataclasses.replace(settings, exact=False), **asked))
        return fitted[-1]

    folder, _ = leaderboard_run
    run, made = mk.open(folder), World.of
    monkeypatch.setattr("meekcast.whatif.world.World.of", classmethod(refit))
    event = "the MMLU-Pro gap stays below 5 points"
    found = mk.sensitivity(run, event, by="g_price,R", alternatives=["wide"], exact=exact, progress=False)
    assert heard[-1] == ("wide", exact)
    assert found.document["alternatives"][1]["diagnostics"] == fitted[-1].posterior.diagnostics.as_dict()


# Real cards

CHANGES = ["g_price=LogNormal(3.0, sd 0.25)", "lead_sd=LogNormal(1.0, sd 0.42)", "R=LogNormal(30, sd 0.8)"]


@pytest.mark.parametrize("line", CHANGES)
def test_duplicates_and_memory_count_in_the_errors_of_events(leaderboard, line):
    """A weighted run knows an event no better than the draws that it weighs, at the same probability."""
    new = forecast(changed("mmlu-pro-alone", line), today=TODAY)
    assert new.diagnostics.method.startswith("weights")
    compared = 0
    for ours, theirs in zip(new.events, leaderboard.events, strict=True):
        for year in ours.cdf.keys() & theirs.cdf.keys():
            p, own = ours.cdf[year], theirs.cdf[year]
            if 0.05 < min(p.value, own.value) <= max(p.value, own.value) < 0.95:
                compared += 1
                assert unit_error(p) >= 0.9 * unit_error(own)
    assert compared >= 10


def unit_error(p):
    """Monte Carlo error in standard deviations of the event."""
    return p.error / math.sqrt(p.value * (1 - p.value))


SHIFTS = {"+sd/2": (0.5, 1.0), "+sd": (1.0, 1.0), "sd/2": (0.0, 0.5), "sd*1.5": (0.0, 1.5)}
SINGLE = [
    ("g_price", "+sd/2"), ("g_price", "+sd"), ("g_price", "sd/2"), ("g_price", "sd*1.5"),
    ("g_investment", "+sd/2"), ("g_investment", "+sd"), ("g_investment", "sd/2"), ("g_algorithms", "+sd"),
    ("g_hardware", "sd/2"), ("R", "+sd/2"), ("R", "sd*1.5"), ("C0", "+sd"), ("C0", "sd/2"), ("L0", "+sd"),
    ("A", "+sd/2"), ("lead_sd", "+sd"), ("lead_sd", "sd*1.5"), ("lead_memory", "+sd/2"), ("frontier_sd", "+sd"),
    ("gpqa_difficulty", "+sd"),
]  # fmt: skip


def single_change(inputs, name, how):
    """One prior of a card moved or made wider or narrower, as a user writes it."""
    i, (by, times) = inputs.belief.index(name), SHIFTS[how]
    scale, mean, sd = inputs.belief.scales[i], inputs.belief.mean[i], inputs.belief.sd[i]
    family = {"log": "LogNormal", "identity": "Normal"}[scale.name]
    return changed("leaderboard", f"{name}={family}({float(scale.to_value(mean + by * sd))!r}, sd {times * sd})")


@pytest.mark.slow
def test_twenty_changes_of_the_default_card_have_the_answers_that_sampling_gives():
    own = gather("leaderboard")
    by_weights, worst = 0, []
    for name, how in SINGLE:
        new = single_change(own, name, how)
        quick = forecast(new, today=TODAY)
        exact = forecast(new, Settings(exact=True), today=TODAY)
        weighed = quick.diagnostics.method.startswith("weights")
        by_weights += weighed
        events, means = in_errors(quick, exact), means_in_errors(quick, exact)
        d = quick.diagnostics
        print(f"{name:16} {how:7} {'weights' if weighed else 'sampled':8} k {d.pareto_k:5.2f} ESS {d.weights_ess:5.0f}  "
              f"events {max(events.values()):.1f}  means {max(means.values()):.1f} {max(means, key=means.get)}")  # fmt: skip
        worst.append((max(events.values()), max(means.values())))
        if not weighed:
            assert quick.posterior.tree["posterior"].identical(exact.posterior.tree["posterior"])
    print(f"{by_weights} of {len(SINGLE)} by weights")
    assert len(SINGLE) == 20
    assert by_weights >= 15
    assert np.max(worst) < 4


def in_errors(one, other):
    """Differences of all probabilities of two forecasts, in their combined Monte Carlo errors."""
    found = {}
    for a, b in zip(one.events, other.events, strict=True):
        pairs = {year: (a.cdf[year], b.cdf[year]) for year in a.cdf} | {"ever": (a.probability, b.probability)}
        found |= {
            (a.name, year): abs(p.value - q.value) / math.hypot(p.error, q.error) for year, (p, q) in pairs.items()
        }
    return found


def means_in_errors(one, other):
    """Differences of the means of all free parameters, on the scales on which their priors are normal."""
    found = [mean_and_error(result) for result in (one, other)]
    apart = (found[0][0] - found[1][0]) / np.hypot(found[0][1], found[1][1])
    return dict(zip(one.inputs.belief.free, abs(apart), strict=True))


def mean_and_error(result):
    posterior = result.posterior
    u = result.inputs.belief.positions(posterior.draws()).T
    chains = posterior.tree["posterior"].sizes["chain"]
    return u.mean(axis=0), u.std(axis=0) / np.sqrt(ess_mean(u.reshape(chains, -1, u.shape[1])))
