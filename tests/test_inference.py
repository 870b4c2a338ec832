"""The graph against an independent log density, the posterior against reweighted prior draws, and the cache."""

import dataclasses
import json
import math

import h5py
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from meekcast import cache
from meekcast.beliefs.prior import parse
from meekcast.cards import library
from meekcast.clock import to_date
from meekcast.inference import posterior as posterior_module
from meekcast.inference.centring import HALF
from meekcast.inference.diagnostics import BFMI, DIVERGENT_SHARE, ESS, R_HAT, Diagnostics, Finding, judge
from meekcast.inference.posterior import infer
from meekcast.inference.sampler import Settings, Silent, sample
from meekcast.inputs import Override, gather

FEW = Settings(chains=2, draws=100, tune=200, seed=3)


def without_discrepancy(text):
    return text.replace('discrepancy = "ou"', 'discrepancy = "none"').replace("since = 2023-11-01\n", "")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Three published gaps and no discrepancy: a posterior that prior draws can be reweighted to."""
    file = tmp_path_factory.mktemp("cards") / "small.toml"
    file.write_text(without_discrepancy((library.shelf("models") / "mmlu-pro-alone.toml").read_text()))
    return gather(str(file), evidence=["mmlu-pro-summary"])


@pytest.fixture(scope="module")
def small_posterior(small):
    return infer(small, Settings(draws=1500, tune=800), Silent(), fresh=True)


# The graph


def predicted(inputs, p, departures, years):
    """Scores of both actors at given dates, written down again from the card, one draw."""
    t = np.asarray(years) - inputs.start
    frontier_growth = math.log(p["g_hardware"] * p["g_algorithms"] * p["g_investment"])
    x = math.log(p["C0"] * p["R"]) + frontier_growth * t
    lead = math.log(p["R"]) + (math.log(p["g_investment"]) - math.log(p["g_price"])) * t
    if inputs.card.discrepancy != "none":
        x = x + departures["frontier"]
        lead = np.logaddexp(0, lead + departures["lead"])

    def score(x):
        loss_logit = (
            p["mmlu_pro_discrimination"] / p["alpha"] * (1 - np.exp(-p["alpha"] * (x - p["mmlu_pro_difficulty"])))
        )
        return 10 + (p["mmlu_pro_ceiling"] - 10) / (1 + np.exp(-loss_logit))

    slopes = [np.imag(score(at + 1e-30j)) / 1e-30 for at in (x, x - lead)]  # by a complex step, to the last digits
    return (score(x), score(x - lead)), slopes


def middle(year):
    """Middle of a month, of any date in it."""
    date = to_date(year)
    return date.year + (date.month - 0.5) / 12


def months(inputs):
    """Middles of all months from that of the first observation to that of the last."""
    seen = [middle(o.year) for _, rows in inputs.data for o in rows]
    return [min(seen) + k / 12 for k in range(round((max(seen) - min(seen)) * 12) + 1)]


def ou_kernel(years, sd, memory):
    return sd**2 * np.exp(-abs(np.subtract.outer(years, years)) / memory)


def log_density(inputs, scores, frontier_states, lead_states):
    """The joint log density of scores and data, with SciPy's distributions and dense matrices."""
    belief = inputs.belief
    free = [belief.index(name) for name in belief.free]
    u = belief.mean.copy()
    u[free] += np.linalg.cholesky(belief.covariance[np.ix_(free, free)]) @ scores[free]
    p = {}
    for name, scale, position in zip(belief.names, belief.scales, u, strict=True):
        logistic = 1 / (1 + math.exp(-position)) if scale.name == "logit" else 0
        p[name] = {
            "identity": position,
            "log": math.exp(position) if scale.name == "log" else 0,
            "logit": scale.low + (scale.high - scale.low) * logistic if scale.name == "logit" else 0,
        }[scale.name]
    years = months(inputs)
    departures = {}
    total = stats.norm.logpdf(scores).sum()
    if inputs.card.discrepancy != "none":
        weights = [o.weights for _, rows in inputs.data for o in rows]
        of_the_lead = sum(w[1] != 0 for w in weights)
        for actor, states, data in (("frontier", frontier_states, len(weights)), ("lead", lead_states, of_the_lead)):
            usual = belief.quantile(f"{actor}_memory", 0.5)
            c = data / (data + HALF)
            like = p[f"{actor}_sd"] ** c, p[f"{actor}_memory"] ** c * usual ** (1 - c)
            of_states, own = ou_kernel(years, *like), ou_kernel(years, p[f"{actor}_sd"], p[f"{actor}_memory"])
            total += stats.multivariate_normal.logpdf(states, cov=of_states)
            standard = np.linalg.solve(np.linalg.cholesky(of_states), states)
            departures[actor] = np.linalg.cholesky(own) @ standard
    (frontier, budget), slopes = predicted(inputs, p, departures, years)
    for _, rows in inputs.data:
        at = [round((middle(o.year) - years[0]) * 12) for o in rows]
        mean = np.array([o.weights[0] * frontier[j] + o.weights[1] * budget[j] for o, j in zip(rows, at, strict=True)])
        noises = [2 if all(o.weights) else 1 for o in rows]  # a gap is a difference of two scores
        variance = np.array([n * p["mmlu_pro_noise"] ** 2 + o.se**2 for n, o in zip(noises, rows, strict=True)])
        value, share = np.array([o.value for o in rows]), np.array([o.share for o in rows])
        if inputs.card.discrepancy != "boards":
            total += share @ stats.norm.logpdf(value, mean, np.sqrt(variance))
            continue
        taste = ou_kernel(np.array(years)[at], p["mmlu_pro_taste_sd"], p["mmlu_pro_taste_memory"])
        whose = np.array([o.weights.index(1) for o in rows])  # a published gap has one taste, as the frontier's score
        slope = np.array([slopes[actor][j] for actor, j in zip(whose, at, strict=True)])
        for actor in set(whose):
            line = np.flatnonzero(whose == actor)
            covariance = (slope[:, None] * taste * slope + np.diag(variance / share))[np.ix_(line, line)]
            total += stats.multivariate_normal.logpdf(value[line], mean[line], covariance)
    return total


def graphs():
    yield "records", lambda edited, small: gather("mmlu-pro-alone")
    yield "gaps without discrepancy", lambda edited, small: small
    yield "one fixed value", lambda edited, small: gather("mmlu-pro-alone", overrides=[Override.read("alpha=0.155")])

    def with_errors(edited, small):
        score = 'model = "GPT-4 Turbo", score = 69'
        return gather("mmlu-pro-alone", evidence=[edited("evidence", "mmlu-pro", (score, f"{score}, score_se = 3.5"))])

    yield "published standard errors", with_errors

    def with_a_shared_record(edited, small):
        row = '{ actor = "budget", date = 2024-12-01, model = "o1", score = 84 },'
        inputs = gather(
            "mmlu-pro-alone", evidence=[edited("evidence", "mmlu-pro", ("records = [", f"records = [\n{row}"))]
        )
        assert [o.share for _, rows in inputs.data for o in rows if o.label == "o1"] == [0.5, 0.5]
        return inputs

    yield "a record of both actors", with_a_shared_record

    yield "tastes", lambda edited, small: gather(edited("models", "mmlu-pro-alone", tastes=True))
    yield (
        "gaps with tastes",
        lambda edited, small: gather(
            edited("models", "mmlu-pro-alone", ("since = 2023-11-01\n", ""), tastes=True), evidence=["mmlu-pro-summary"]
        ),
    )


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in graphs()])
def test_the_graphs_log_density_is_the_one_written_down_by_hand(edited, small, make):
    from meekcast.inference.graph import build

    inputs = make(edited, small)
    model = build(inputs)
    compiled = model.compile_logp(mode="FAST_COMPILE")
    rng = np.random.default_rng(7)
    shape = {name: np.shape(value) for name, value in model.initial_point().items()}
    for spread in (0.0, 0.5, 1.0, 2.0):
        at = {name: spread * rng.standard_normal(size) for name, size in shape.items()}
        expected = log_density(inputs, at["scores"], at.get("frontier_states"), at.get("lead_states"))
        assert float(compiled(at)) == pytest.approx(expected, rel=1e-9)


def test_the_graph_has_named_dimensions_and_nothing_deterministic(leaderboard_inputs):
    from meekcast.inference.graph import NUMBERS, build

    model = build(leaderboard_inputs)
    assert {v.name: model.named_vars_to_dims[v.name] for v in model.free_RVs} == {
        "scores": ("parameter",),
        "frontier_states": ("evidence_date",),
        "lead_states": ("evidence_date",),
    }
    assert tuple(model.coords["parameter"]) == leaderboard_inputs.belief.names
    np.testing.assert_allclose(
        model.coords["evidence_date"], leaderboard_inputs.evidence_times + leaderboard_inputs.start
    )
    assert not model.deterministics
    assert [v.name for v in model.potentials] == ["frontier_departure_density", "lead_departure_density", "mmlu_pro"]
    assert not model.observed_RVs
    assert [v.name for v in model.data_vars] == [NUMBERS]


def test_all_numbers_lie_in_one_vector_in_order(leaderboard_inputs):
    from meekcast.inference.numbers import numbers, pack

    named = numbers(leaderboard_inputs)
    k, dates, rows = 20, 18, 13
    assert {name: value.shape for name, value in named.items()} == {
        "prior_mean": (k,),
        "prior_factor": (k, k),
        "time": (dates,),
        "step": (dates,),
        "frontier_departure_centring": (2,),
        "lead_departure_centring": (2,),
        "mmlu_pro_at": (rows,),
        "mmlu_pro_weights": (rows, 2),
        "mmlu_pro_variance": (rows,),
        "mmlu_pro_value": (rows,),
        "mmlu_pro_share": (rows,),
    }
    vector = pack(named)
    at = 0
    for value in named.values():
        np.testing.assert_array_equal(vector[at : at + value.size].reshape(value.shape), value)
        at += value.size
    assert at == len(vector)


# The posterior


def test_the_default_forecast_is_sampled_well(leaderboard):
    verdict = leaderboard.diagnostics
    assert verdict.status in {"ok", "warn"}
    assert verdict.r_hat_max < 1.05
    assert verdict.divergences < 0.01 * verdict.draws
    assert verdict.ess_bulk_min > 100
    assert verdict.ess_tail_min > 100
    assert (verdict.method, verdict.draws) == ("nutpie", 4000)


def test_the_posterior_is_labelled(leaderboard):
    posterior = leaderboard.posterior.tree["posterior"].to_dataset()
    assert set(posterior.data_vars) == {*leaderboard.inputs.belief.names, "frontier_departure", "lead_departure"}
    assert posterior.sizes == {"chain": 4, "draw": 1000, "evidence_date": 18}
    for variable in posterior.data_vars.values():
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]
    assert posterior["alpha"].attrs["units"] == "per ln FLOP"
    assert posterior["evidence_date"].to_numpy()[0] == pytest.approx(2023 + 10.5 / 12)
    assert {"diverging", "energy", "n_steps"} <= set(leaderboard.posterior.tree["sample_stats"].data_vars)


def test_flat_draws_keep_chains_together(leaderboard):
    tree, flat = leaderboard.posterior.tree["posterior"], leaderboard.posterior.draws()
    np.testing.assert_array_equal(flat["alpha"], tree["alpha"].to_numpy().ravel())
    np.testing.assert_array_equal(flat["lead_departure"][1000:2000], tree["lead_departure"].to_numpy()[1])


def test_the_sampled_departures_and_parameters_are_within_their_support(leaderboard):
    draws = leaderboard.posterior.draws()
    assert ((draws["mmlu_pro_ceiling"] > 80) & (draws["mmlu_pro_ceiling"] < 100)).all()
    for name in ("alpha", "A", "g_price", "R", "frontier_sd", "lead_memory", "mmlu_pro_noise"):
        assert (draws[name] > 0).all()
    assert set(draws["type_1"]) == {0.05}


@pytest.fixture(scope="module")
def reweighted(small):
    """Prior draws and their weights by the likelihood of three gaps: importance sampling."""
    draws = small.belief.draw(400_000, np.random.default_rng(11))
    (_, rows), log_weight, gaps = small.data[0], 0.0, []
    for o in rows:
        t = middle(o.year) - small.start
        x = np.log(draws["C0"] * draws["R"]) + t * np.log(
            draws["g_hardware"] * draws["g_algorithms"] * draws["g_investment"]
        )
        lead = np.log(draws["R"]) + t * np.log(draws["g_investment"] / draws["g_price"])
        score = {}
        for actor, position in (("frontier", x), ("budget", x - lead)):
            with np.errstate(over="ignore"):
                logit = draws["mmlu_pro_discrimination"] * -np.expm1(
                    -draws["alpha"] * (position - draws["mmlu_pro_difficulty"])
                )
                score[actor] = 10 + (draws["mmlu_pro_ceiling"] - 10) / (1 + np.exp(-logit / draws["alpha"]))
        gaps.append(score["frontier"] - score["budget"])
        log_weight = log_weight + stats.norm.logpdf(o.value, gaps[-1], math.sqrt(2) * draws["mmlu_pro_noise"])
    weight = np.exp(log_weight - log_weight.max())
    return draws, weight / weight.sum()


@pytest.mark.parametrize(
    "name",
    ["R", "g_price", "g_investment", "mmlu_pro_difficulty", "mmlu_pro_discrimination", "mmlu_pro_noise", "alpha"],
)
def test_the_posterior_is_the_prior_reweighted_by_the_likelihood(small, small_posterior, reweighted, name):
    import arviz_stats

    draws, weight = reweighted
    transform = np.log if small.belief.scales[small.belief.index(name)].name == "log" else np.asarray
    reference, chains = transform(draws[name]), transform(small_posterior.tree["posterior"][name].to_numpy())
    n_reference = 1 / (weight**2).sum()
    assert n_reference > 2000
    n_chains = float(arviz_stats.ess(chains, method="bulk"))
    mean = weight @ reference
    sd = math.sqrt(weight @ (reference - mean) ** 2)
    assert chains.mean() == pytest.approx(mean, abs=4.5 * sd * math.sqrt(1 / n_reference + 1 / n_chains))
    assert chains.std() == pytest.approx(sd, rel=0.12)


def test_three_gaps_teach_something(small, small_posterior):
    """So that the agreement above is not that of two priors."""
    belief = small.belief
    learnt = np.log(small_posterior.draws()["R"]).std() / belief.sd[belief.index("R")]
    assert learnt < 0.85


def test_without_evidence_the_draws_are_the_priors_own(paper_literature):
    posterior = paper_literature.posterior
    assert (posterior.diagnostics.status, posterior.diagnostics.draws) == ("ok", 4000)
    assert posterior.diagnostics.method == "exact draws from the prior"
    assert posterior.diagnostics.r_hat_max is None
    assert "sample_stats" not in posterior.tree
    belief, draws = paper_literature.inputs.belief, posterior.draws()
    for name in ("g_investment", "A", "alpha"):
        assert stats.kstest(draws[name], lambda v, n=name: probability_below(belief, n, v)).pvalue > 1e-4


def probability_below(belief, name, values):
    i = belief.index(name)
    u = [belief.scales[i].from_value(v) for v in np.atleast_1d(values)]
    return stats.norm(belief.mean[i], belief.sd[i]).cdf(u)


def test_points_are_not_sampled(paper):
    assert (paper.diagnostics.method, paper.diagnostics.draws) == ("point values", 1)
    assert paper.posterior.draws()["alpha"].tolist() == [0.155]


def test_a_card_with_discrepancy_and_without_evidence_has_no_departures_to_carry(tmp_path):
    text = (library.shelf("models") / "mmlu-pro-alone.toml").read_text()
    start, end = text.index("[[benchmarks]]"), text.index('[[events]]\nname = "the price band')
    kept = "\n\n".join(b for b in (text[:start] + text[end:]).split("\n\n") if not b.startswith("[parameters.mmlu_pro"))
    file = tmp_path / "unseen.toml"
    file.write_text(kept)
    posterior = infer(gather(str(file)), FEW, Silent())
    assert posterior.draws()["lead_departure"].shape == (200, 0)
    assert posterior.diagnostics.method == "exact draws from the prior"


@pytest.mark.long
def test_tastes_are_drawn_for_the_posterior_and_labelled(edited):
    """They are no variables of the sampler; what it leaves out is drawn from what it leaves, the same each time."""
    inputs = gather(edited("models", "mmlu-pro-alone", tastes=True))
    first, again = (infer(inputs, FEW, Silent(), fresh=True) for _ in range(2))
    posterior = variables(first)
    own = ["mmlu_pro_frontier_departure", "mmlu_pro_budget_departure"]
    assert set(posterior.data_vars) == {*inputs.belief.names, "frontier_departure", "lead_departure", *own}
    for name in own:
        assert posterior[name].dims == ("chain", "draw", "evidence_date")
        assert posterior[name].attrs["units"] == "ln FLOP"
        assert (posterior[name].std() > 0).all()
    xr.testing.assert_identical(posterior, variables(again))
    sd, taste = posterior["mmlu_pro_taste_sd"], posterior[own[0]]
    assert 0.5 < float((taste / sd).std()) < 1.5  # each draw's taste goes with its own spread


# Seed and cache


def variables(posterior):
    return posterior.tree["posterior"].to_dataset()


def test_the_same_seed_gives_identical_draws_and_another_seed_others(small):
    first = infer(small, FEW, Silent(), fresh=True)
    again = infer(small, FEW, Silent(), fresh=True)
    other = infer(small, dataclasses.replace(FEW, seed=4), Silent(), fresh=True)
    xr.testing.assert_identical(variables(first), variables(again))
    assert first.diagnostics == again.diagnostics
    assert (variables(first)["g_price"] != variables(other)["g_price"]).all()


def test_draws_are_the_same_by_one_thread_or_two(small, monkeypatch):
    trees = []
    for cores in ("1", "2"):
        monkeypatch.setenv("MEEKCAST_CORES", cores)
        trees.append(infer(small, FEW, Silent(), fresh=True).tree)
    assert trees[0].identical(trees[1])


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "prior", "shared"),
    [
        ("mmlu_pro_ceiling", "LogitNormal(90, 90% 86..95, within 80..100)", True),
        ("mmlu_pro_ceiling", "LogitNormal(92, 90% 87..97, within 60..100)", False),
        ("mmlu_pro_noise", "Normal(2.5, sd 0.3)", False),
    ],
)
def test_another_prior_shares_a_compilation_only_if_its_scale_is_the_same(small, monkeypatch, name, prior, shared):
    """What was compiled for one belief is never used for a belief of another shape: the draws are its own."""
    from meekcast.inference import compiling
    from meekcast.inference.numbers import structure

    other = dataclasses.replace(small, stated=small.stated.with_marginal(name, parse(prior)))
    assert (structure(other) == structure(small)) == shared
    infer(small, FEW, Silent(), fresh=True)
    after_another = infer(other, FEW, Silent(), fresh=True)
    monkeypatch.setattr(compiling, "_ready", {})
    xr.testing.assert_identical(variables(infer(other, FEW, Silent(), fresh=True)), variables(after_another))


def test_seed_zero_is_a_seed(paper_literature):
    settings = Settings(draws=50)
    first, again = (infer(paper_literature.inputs, settings, Silent()) for _ in range(2))
    other = infer(paper_literature.inputs, dataclasses.replace(settings, seed=1), Silent())
    xr.testing.assert_identical(variables(first), variables(again))
    assert (variables(first)["alpha"] != variables(other)["alpha"]).all()


@pytest.mark.long
@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_nothing_is_compiled_with_fast_math_and_the_users_own_setting_comes_back(small, sampler, tmp_path, monkeypatch):
    import pytensor

    from meekcast.inference import compiling, graph

    heard = []

    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    monkeypatch.setattr(compiling, "_ready", {})
    with pytensor.config.change_flags(numba__fastmath=True), monkeypatch.context() as patch:
        built = graph.build
        patch.setattr(graph, "build", lambda inputs: heard.append(pytensor.config.numba__fastmath) or built(inputs))
        sample(small, dataclasses.replace(FEW, draws=10, tune=20, sampler=sampler), Silent())
        assert pytensor.config.numba__fastmath
    assert heard == [False]


@pytest.mark.long
@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_a_sampler_that_cannot_start_says_so_and_ends_cleanly(run_process, sampler):
    """Threads of other chains went on while the interpreter was torn down: signal 11."""
    code = f"""
import dataclasses, numpy as np
from meekcast.inference.sampler import Settings, Silent, sample
from meekcast.errors import InputError
from meekcast.inputs import gather
inputs = gather("mmlu-pro-alone")
at = inputs.stated.index("mmlu_pro_noise")
mean = inputs.stated.mean.copy()
mean[at] = -700.0
try:
    sample(dataclasses.replace(inputs, stated=dataclasses.replace(inputs.stated, mean=mean)),
           Settings(sampler="{sampler}", draws=10, tune=50), Silent())
except InputError as error:
    print(error)
"""
    answer = run_process(code=code)
    assert answer.code == 0, answer.err
    assert "the sampler cannot start" in answer.out
    assert "look for a prior" in answer.out


class Steps(Silent):
    def __init__(self):
        self.heard = []

    def step(self, text):
        self.heard.append(text)


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_asking_again_reads_the_cache_and_fresh_samples_again(own_cache, monkeypatch, small):
    steps = Steps()
    first = infer(small, FEW, steps)
    assert any("sampling" in text for text in steps.heard)
    assert [file.name[:10] for file in own_cache.iterdir()] == ["posterior-"]
    with monkeypatch.context() as patch:
        patch.setattr(posterior_module, "sampled", None)  # calling it would fail
        steps = Steps()
        again = infer(small, FEW, steps)
    assert not steps.heard
    assert (first.from_cache, again.from_cache) == (False, True)
    xr.testing.assert_identical(variables(first), variables(again))
    assert again.diagnostics == first.diagnostics
    assert again.tree["posterior"]["R"].attrs == first.tree["posterior"]["R"].attrs
    fresh = infer(small, FEW, Silent(), fresh=True)
    assert not fresh.from_cache


@pytest.mark.parametrize("damage", ["cut short", "emptied", "no diagnostics", "altered"])
def test_a_damaged_cache_file_is_as_good_as_none(own_cache, small, damage):
    infer(small, FEW, Silent())
    (file,) = own_cache.iterdir()
    whole = file.read_bytes()
    if damage == "no diagnostics":
        xr.DataTree.from_dict({"/posterior": xr.Dataset({"a": 1})}).to_netcdf(file, engine="h5netcdf")
    elif damage == "altered":
        with h5py.File(file, "a") as arrays:
            arrays["posterior/g_price"][...] *= 3
    else:
        file.write_bytes(whole[: len(whole) // 2] if damage == "cut short" else b"")
    mended = infer(small, FEW, Silent())
    assert not mended.from_cache
    assert [file.read_bytes() for file in own_cache.iterdir()] == [whole]
    assert infer(small, FEW, Silent()).from_cache


def test_a_cache_that_cannot_be_written_does_not_cost_the_posterior(monkeypatch, small):
    monkeypatch.setenv("MEEKCAST_CACHE", "/dev/null/cache")
    steps = Steps()
    assert infer(small, FEW, steps).diagnostics.draws == 200
    assert any("not kept" in text and "/dev/null/cache" in text for text in steps.heard)


def key(inputs, settings=FEW):
    return cache.key({**inputs.hashes, "settings": dataclasses.asdict(settings)})


def test_the_key_changes_with_every_ingredient(edited, monkeypatch, leaderboard_inputs):
    changed_card = edited("models", "mmlu-pro-alone", ("floor = 10.0", "floor = 12.0"))
    ours = edited("evidence", "mmlu-pro", ('model = "o1", score = 84', 'model = "o1", score = 85'))
    keys = [
        key(leaderboard_inputs),
        key(gather("mmlu-pro-alone", "wide")),
        key(gather("mmlu-pro-alone", overrides=[Override.read("g_price=2")])),
        key(gather("mmlu-pro-alone", overrides=[Override.read("g_price=3")])),
        key(gather("mmlu-pro-alone", evidence=[ours])),
        key(gather(changed_card)),
        key(leaderboard_inputs, dataclasses.replace(FEW, seed=5)),
        key(leaderboard_inputs, dataclasses.replace(FEW, draws=101)),
        key(leaderboard_inputs, dataclasses.replace(FEW, sampler="pymc")),
    ]
    monkeypatch.setattr(cache, "versions", lambda: {"pymc": "0"})
    keys.append(key(leaderboard_inputs))
    assert len(set(keys)) == len(keys)
    monkeypatch.undo()
    assert key(gather("mmlu-pro-alone")) == keys[0]


def test_every_room_that_a_posterior_is_made_in_is_in_its_key():
    """What inference imports from the package decides what a posterior is."""
    import ast
    from pathlib import Path

    package = Path(cache.__file__).parent

    def rooms(file):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("meekcast"):
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                yield from (name.split(".")[1] for name in names if "." in name)

    sources = {name.removesuffix(".py") for name in cache.SOURCES}
    files = [
        f for name in cache.SOURCES for f in [package / name, *(package / name).rglob("*.py")] if f.suffix == ".py"
    ]
    used = {
        room for file in files for room in rooms(file) if (package / f"{room}.py").exists() or (package / room).is_dir()
    }
    labels_only = {"cache", "errors", "files", "interrupts"}  # messages, and how results are kept
    assert used - sources <= labels_only


def test_the_cached_default_is_read_without_pymc(leaderboard, run_process):
    code = """if True:
        import sys, json
        from meekcast.inference.posterior import infer
        from meekcast.inference.sampler import Settings, Silent, sample
        from meekcast.inputs import gather
        posterior = infer(gather("mmlu-pro-alone"), Settings(), Silent())
        loaded = [m for m in ("pymc", "pytensor", "nutpie", "matplotlib") if m in sys.modules]
        print(json.dumps([posterior.from_cache, loaded, posterior.draws()["alpha"][:3].tolist()]))
    """
    answer = run_process(code=code)
    assert answer.code == 0, answer.err
    from_cache, loaded, alphas = json.loads(answer.out)
    assert (from_cache, loaded) == (True, [])
    assert alphas == leaderboard.posterior.draws()["alpha"][:3].tolist()


# The verdict


def chains(rng, shift=0.0, draws=500, diverging=0, energy_step=1.0):
    values = rng.standard_normal((4, draws)) + shift * np.arange(4)[:, None]
    flags = np.zeros((4, draws), bool)
    flags.ravel()[:diverging] = True
    energy = (
        np.cumsum(energy_step * rng.standard_normal((4, draws)), axis=1)
        if energy_step < 1
        else rng.standard_normal((4, draws))
    )
    dims = ("chain", "draw")
    return xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset({"scores": (dims, values)}),
            "/sample_stats": xr.Dataset(
                {"diverging": (dims, flags), "energy": (dims, energy), "n_steps": (dims, np.full((4, draws), 7))}
            ),
        }
    )


@pytest.mark.parametrize(
    ("changes", "status", "message", "remedy"),
    [
        ({}, "ok", None, None),
        ({"shift": 0.15}, "warn", "chains disagree", "--draws"),
        ({"shift": 1.0}, "fail", "chains disagree", "--draws"),
        ({"draws": 60}, "warn", "few effective draws", "--draws"),
        ({"draws": 15}, "fail", "few effective draws", "--draws"),
        ({"diverging": 1}, "warn", "1 of 2000 transitions diverged", "--target-accept"),
        ({"diverging": 21}, "fail", "21 of 2000 transitions diverged", "--target-accept"),
        ({"energy_step": 0.5}, "fail", "energy is explored slowly", "--target-accept"),
    ],
)
def test_each_fault_of_the_chains_has_its_finding_with_a_remedy(changes, status, message, remedy):
    verdict = judge(chains(np.random.default_rng(0), **changes), "nutpie")
    assert verdict.status == status
    if message is None:
        assert not verdict.findings
    else:
        (finding, *_) = [f for f in verdict.findings if message in f.message]
        assert finding.status == status
        assert remedy in finding.remedy
    assert verdict.steps_per_draw == 7


def test_a_chain_that_does_not_move_fails():
    stuck = chains(np.random.default_rng(0))
    stuck["posterior"]["scores"][:] = 1.0
    verdict = judge(stuck, "nutpie")
    assert verdict.status == "fail"
    assert verdict.r_hat_max == math.inf


def test_the_verdict_is_on_the_worst_variable_as_arviz_sees_it():
    import arviz_stats

    tree = chains(np.random.default_rng(4))
    states = np.random.default_rng(5).standard_normal((4, 500, 3)).cumsum(axis=1)
    tree["posterior"]["states"] = xr.Variable(("chain", "draw", "month"), states)
    verdict, posterior = judge(tree, "nutpie"), tree["posterior"].to_dataset()
    tail = arviz_stats.ess(posterior, method="tail", prob=(0.05, 0.95))
    assert verdict.r_hat_max == pytest.approx(float(arviz_stats.rhat(posterior)["states"].max()), rel=1e-12)
    assert verdict.ess_bulk_min == pytest.approx(float(arviz_stats.ess(posterior)["states"].min()), rel=1e-12)
    assert verdict.ess_tail_min == pytest.approx(float(tail["states"].min()), rel=1e-12)
    assert verdict.bfmi_min == pytest.approx(float(arviz_stats.bfmi(tree)["energy"].min()), rel=1e-12)


def test_judging_loads_no_library_of_statistics(run_process):
    code = """if True:
        import sys
        import numpy as np, xarray as xr
        sys.modules["dask.array"] = None  # xarray loads it where it is installed, and it loads SciPy
        from meekcast.inference.diagnostics import judge
        rng = np.random.default_rng(0)
        of = lambda *values: {name: (("chain", "draw"), v) for name, v in values}
        moved = of(("energy", rng.normal(size=(4, 500))), ("diverging", np.zeros((4, 500))), ("n_steps", np.ones((4, 500))))
        drawn = of(("scores", rng.normal(size=(4, 500))))
        tree = xr.DataTree.from_dict({"/posterior": xr.Dataset(drawn), "/sample_stats": xr.Dataset(moved)})
        print(judge(tree, "nutpie").status)
        print([name for name in ("arviz", "arviz_stats", "xarray_einstats", "scipy") if name in sys.modules])
    """
    answer = run_process(code=code)
    assert answer.out.split("\n")[:2] == ["ok", "[]"], answer.err


def test_the_bounds_are_the_published_ones():
    assert (R_HAT, ESS, DIVERGENT_SHARE, BFMI) == ((1.01, 1.05), (400, 100), (0, 0.01), (0.3, 0.1))


def test_a_verdict_survives_json():
    verdict = Diagnostics("warn", "nutpie", 4000, 1.02, 300.0, 350.0, 0.9, 2, 15.0, (Finding("warn", "m", "r"),))
    assert Diagnostics.from_dict(json.loads(json.dumps(verdict.as_dict()))) == verdict


@pytest.mark.slow
def test_pymcs_own_sampler_agrees_with_nutpie(small, small_posterior):
    other = infer(
        small, Settings(sampler="pymc", chains=2, draws=1000, tune=1000, target_accept=0.9), Silent(), fresh=True
    )
    assert other.diagnostics.method == "pymc"
    for name in ("R", "g_price", "mmlu_pro_discrimination"):
        ours, theirs = (np.log(p.draws()[name]) for p in (small_posterior, other))
        assert theirs.mean() == pytest.approx(ours.mean(), abs=0.2 * ours.std())
        assert theirs.std() == pytest.approx(ours.std(), rel=0.2)
