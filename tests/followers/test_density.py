"""The likelihood of several followers written down again by hand, against the graph and against stored densities."""

import datetime as dt
import math

import numpy as np
import pytest
from scipy import stats

from meekcast.clock import to_date
from meekcast.inference import densities
from meekcast.inference.centring import HALF
from meekcast.inference.numbers import numbers, structure
from meekcast.inputs import Override

# What each follower's effective compute grows by: the parameters that divide its lead's growth by g_investment
GROWTH = {
    "cheap": lambda own, p: math.log(own("g_price")),
    "pennies": lambda own, p: math.log(own("g_price")),
    "open": lambda own, p: math.log(own("g_spending")),
    "small": lambda own, p: math.log(own("g_overtraining")) - math.log(p["g_hardware"]),
}


def latent(inputs, p, departures):
    """Effective compute of the frontier and of each follower, each month of the evidence, one draw."""
    t = inputs.evidence_times
    growth = math.log(p["g_hardware"] * p["g_algorithms"] * p["g_investment"])
    frontier = math.log(p["C0"] * p["R"]) + growth * t + departures["frontier"]
    found = {"frontier": frontier}
    for i, follower in enumerate(inputs.card.follower_names):
        prefix = f"{follower}_" if i else ""

        def own(name, prefix=prefix):
            return p[f"{prefix}{name}"]

        lead = math.log(own("R")) + (math.log(p["g_investment"]) - GROWTH[follower](own, p)) * t
        found[follower] = frontier - np.logaddexp(0, lead + departures[f"{prefix}lead"])
    return found


def score(p, name, x):
    if name == "duel":  # counts from the frontier at the start
        return p["duel_level"] + p["duel_slope"] * (x - math.log(p["C0"] * p["R"]))
    steep, half = p["mmlu_pro_discrimination"], p["mmlu_pro_difficulty"]
    logit = steep / p["alpha"] * (1 - np.exp(-p["alpha"] * (x - half)))
    return 10 + (p["mmlu_pro_ceiling"] - 10) / (1 + np.exp(-logit))


def month(inputs, year):
    date = to_date(year + 1e-9)
    first = inputs.evidence_times[0] + inputs.start
    return round((date.year + (date.month - 0.5) / 12 - first) * 12)


def by_hand(inputs, p, departures):
    """Log density of each datum of each benchmark: a record of k actors is seen by each with a k-th of it.

    On a board that has tastes the frontier is the best of all as that board has them.
    """
    paths = latent(inputs, p, departures)
    found = {}
    for benchmark, rows in inputs.data:
        models = {}
        x = {actor: path + departures.get(f"{benchmark.name}_{actor}", 0.0) for actor, path in paths.items()}
        if inputs.card.discrepancy == "boards":
            x["frontier"] = np.max(list(x.values()), axis=0)
        actors = ("frontier", *(f.name for f in inputs.card.read_of(benchmark)))
        for o in rows:
            models.setdefault((o.label, o.value), []).append(actors[o.weights.index(1)])
        densities_of = []
        for o in rows:
            actor = actors[o.weights.index(1)]
            seen_by = models[o.label, o.value]
            mean = score(p, benchmark.name, x[actor])[month(inputs, o.year)]
            sd = math.hypot(p[f"{benchmark.name}_noise"], o.se)
            densities_of.append(stats.norm.logpdf(o.value, mean, sd) / len(seen_by))
        found[benchmark.name] = np.array(densities_of)
    return found


def integrated(inputs, p, departures):
    """Log density of all data, tastes integrated out: a normal for each actor on each board.

    A taste moves a score by the slope of its link where the path stands; a record of k actors has k times the
    variance for each of them.
    """
    x, total = latent(inputs, p, departures), 0.0
    for benchmark, rows in inputs.data:
        name, actors = benchmark.name, ("frontier", *(f.name for f in inputs.card.read_of(benchmark)))
        records = [(o, (o.label, o.value)) for o in rows]
        for i, actor in enumerate(actors):
            seen = [(o, sum(datum == other for _, other in records)) for o, datum in records if o.weights[i] == 1]
            if not seen:
                continue
            at = [month(inputs, o.year) for o, _ in seen]
            mean, slope = score(p, name, x[actor][at]), slope_by_complex_step(p, name, x[actor][at])
            taste = ou_kernel(inputs, p[f"{name}_taste_sd"], p[f"{name}_taste_memory"])[np.ix_(at, at)]
            noise = [k * (p[f"{name}_noise"] ** 2 + o.se**2) for o, k in seen]
            covariance = slope[:, None] * taste * slope + np.diag(noise)
            total += stats.multivariate_normal.logpdf([o.value for o, _ in seen], mean, covariance)
    return total


def slope_by_complex_step(p, name, x):
    """Derivative of a score, to the last digits."""
    return np.imag(score(p, name, x + 1e-30j)) / 1e-30


def transformed(inputs, scores):
    """Parameters from standard normal scores, by the belief's own mean, covariance and scales."""
    belief = inputs.belief
    free = [belief.index(name) for name in belief.free]
    u = belief.mean.copy()
    u[free] += np.linalg.cholesky(belief.covariance[np.ix_(free, free)]) @ scores[free]
    return {n: float(scale.to_value(v)) for n, scale, v in zip(belief.names, belief.scales, u, strict=True)}


def ou_kernel(inputs, sd, memory):
    distance = abs(np.subtract.outer(inputs.evidence_times, inputs.evidence_times))
    return sd**2 * np.exp(-distance / memory)


def case(followed, both, name):
    return {
        "two on one board": lambda: followed("cheap", "small"),
        "three on two boards": lambda: followed("cheap", "open", "small", benchmarks=both),
        "two of one growth": lambda: followed("small", "cheap", "pennies"),
        "as of a date": lambda: followed("cheap", "open", "small", benchmarks=both).at(dt.date(2025, 3, 1)),
        "tastes of one follower": lambda: followed("cheap", discrepancy="boards"),
        "tastes on two boards": lambda: followed("cheap", "open", "small", benchmarks=both, discrepancy="boards"),
        "tastes as of a date": lambda: followed("cheap", "open", "small", benchmarks=both, discrepancy="boards").at(
            dt.date(2025, 3, 1)
        ),
        "tastes as of an early date": lambda: followed("cheap", "open", benchmarks=both, discrepancy="boards").at(
            dt.date(2024, 9, 1)
        ),
    }[name]()


CASES = (
    "two on one board", "three on two boards", "two of one growth", "as of a date", "tastes of one follower",
    "tastes on two boards", "tastes as of a date", "tastes as of an early date",
)  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_the_graphs_log_density_is_the_one_written_down_by_hand(followed, both, name):
    from meekcast.inference.graph import build

    inputs = case(followed, both, name)
    model = build(inputs)
    compiled = model.compile_logp(mode="FAST_COMPILE")
    shapes = {name: np.shape(value) for name, value in model.initial_point().items()}
    leads = [f"{inputs.card.prefix(f)}lead" for f in inputs.card.followers]
    assert set(shapes) == {"scores", "frontier_states", *(f"{lead}_states" for lead in leads)}
    rng = np.random.default_rng(3)
    for spread in (0.0, 0.5, 1.5):
        at = {v: spread * rng.standard_normal(shape) for v, shape in shapes.items()}
        p = transformed(inputs, at["scores"])
        departures, expected = {}, stats.norm.logpdf(at["scores"]).sum()
        for what, follower in zip(("frontier", *leads), (None, *inputs.card.followers), strict=True):
            told = [
                o.weights[inputs.card.read_of(b).index(follower) + 1] != 0 if follower else True
                for b, rows in inputs.data
                for o in rows
                if follower is None or follower in inputs.card.read_of(b)
            ]
            states, sd, memory = at[f"{what}_states"], p[f"{what}_sd"], p[f"{what}_memory"]
            usual = inputs.belief.quantile(f"{what}_memory", 0.5)
            c = sum(told) / (sum(told) + HALF)
            of_states = ou_kernel(inputs, sd**c, memory**c * usual ** (1 - c))
            expected += stats.multivariate_normal.logpdf(states, cov=of_states)
            standard = np.linalg.solve(np.linalg.cholesky(of_states), states)
            departures[what] = np.linalg.cholesky(ou_kernel(inputs, sd, memory)) @ standard
        if inputs.card.discrepancy == "boards":
            expected += integrated(inputs, p, departures)
        else:
            expected += sum(rows.sum() for rows in by_hand(inputs, p, departures).values())
        assert float(compiled(at)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_stored_densities_are_those_written_down_by_hand(followed, both, draws_of, name):
    inputs = case(followed, both, name)
    draws = draws_of(inputs, 4)
    found = densities.log_likelihood(inputs, draws)
    for k in range(4):
        p = {n: float(draws[n][k]) for n in inputs.belief.names}
        departures = {n.removesuffix("_departure"): v[k] for n, v in draws.items() if n.endswith("_departure")}
        for benchmark, expected in by_hand(inputs, p, departures).items():
            np.testing.assert_allclose(found[benchmark][k], expected, rtol=1e-9)


def test_a_record_of_three_actors_counts_as_much_as_one_of_one(followed, draws_of):
    """If all three expect the same score, the shares of a model add up to the density of one datum."""
    inputs = followed("cheap", "open", "small", benchmarks=NO_LEAD)
    ((_, rows),) = inputs.data
    at = [i for i, o in enumerate(rows) if o.label == "open-13"]
    draws = draws_of(inputs, 3)
    draws |= {n: np.full_like(v, -50.0) for n, v in draws.items() if n.endswith("lead_departure")}
    draws["frontier_departure"] = np.zeros_like(draws["frontier_departure"])
    still = {"g_hardware": 1.0, "g_algorithms": 1.0, "g_investment": 1.0}
    draws |= {name: np.full(3, value) for name, value in still.items()}
    found = densities.log_likelihood(inputs, draws)["mmlu_pro"][:, at].sum(axis=1)
    for k in range(3):
        p = {n: float(draws[n][k]) for n in inputs.belief.names}
        mean = float(score(p, "mmlu_pro", math.log(p["C0"] * p["R"])))
        sd = math.hypot(p["mmlu_pro_noise"], 1.5)
        assert found[k] == pytest.approx(stats.norm.logpdf(70.0, mean, sd), rel=1e-6)


NO_LEAD = '\n[[benchmarks]]\nname = "mmlu_pro"\ntitle = "Quiz"\nevidence = "quiz"\nlink = "sigmoid"\nfloor = 10.0\n'


def test_what_is_not_known_yet_takes_up_room_in_the_graph_and_says_nothing(followed, both):
    inputs = followed("cheap", "open", "small", benchmarks=both)
    dates = [dt.date(2024, 8, 1), dt.date(2025, 3, 1), dt.date(2026, 6, 1)]
    assert {structure(inputs.at(date)) for date in dates} == {structure(inputs)}
    for date in dates:
        then = inputs.at(date)
        named = numbers(then)
        for benchmark, rows in then.data:
            assert len(named[f"{benchmark.name}_share"]) == inputs.sizes[benchmark.name]
            assert (named[f"{benchmark.name}_share"][len(rows) :] == 0).all()
            assert (named[f"{benchmark.name}_share"][: len(rows)] > 0).all()
            assert np.isfinite(np.concatenate([v.ravel() for v in named.values()])).all()


def test_another_follower_is_another_graph(followed):
    pair, other, more = followed("cheap", "open"), followed("cheap", "small"), followed("cheap", "open", "small")
    assert len({structure(inputs) for inputs in (pair, other, more)}) == 3


def test_a_prior_of_a_later_follower_is_a_number_of_the_same_graph(card):
    from meekcast.inputs import gather

    file = card("cheap", "pennies")
    plain, changed = gather(file), gather(file, overrides=[Override("pennies_R", "LogNormal(80, sd 0.5)")])
    assert structure(plain) == structure(changed)


def test_the_graph_names_a_potential_a_benchmark_or_one_where_boards_have_tastes(followed, both):
    from meekcast.inference.graph import build

    departures = [f"{what}_departure_density" for what in ("frontier", "lead", "small_lead")]
    for discrepancy, data in (("ou", ["mmlu_pro", "duel"]), ("boards", ["boards"])):
        model = build(followed("cheap", "small", benchmarks=both, discrepancy=discrepancy))
        assert [v.name for v in model.potentials] == [*departures, *data]
        assert not model.deterministics
