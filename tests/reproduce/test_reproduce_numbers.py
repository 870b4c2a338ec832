"""Every computed number of `meekcast reproduce` against a calculation of its own: definitions, optima and roots.

Nothing of `meekcast.equations` is used here: losses from the definition, peaks by minimisation, dates by bracketing,
the sequential test by an integral equation, the sigmoid by another parametrisation and another solver.
"""

import functools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, least_squares, minimize_scalar
from scipy.special import expit
from scipy.stats import norm

from meekcast.cards import library
from meekcast.paper.registry import gather_claims

LN_C0, S, G, ALPHA, A, L0 = 20 * math.log(10), 3.92, 5 / 1.4, 0.155, 1070.0, 1.7
EXACT = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
CURVE = (0.55, 1.97, 23.77, 0.25)
HOFFMANN, BESIROGLU = (1.69, 406.4, 410.7, 0.34, 0.28), (1.8172, 482.0, 2085.4, 0.3478, 0.3658)


@functools.cache
def claims():
    return {c.id: c for family in gather_claims().values() for c in family}


def gap(t, alpha=ALPHA, g=G, ln_C0=LN_C0, R=1.0, lead=None):
    """The definition; `lead` replaces constant growth."""
    budget = ln_C0 + t * math.log(S)
    ahead = math.log(R) + t * math.log(g) if lead is None else lead(t)
    return A * (math.exp(-alpha * budget) - math.exp(-alpha * (budget + ahead)))


def highest(f, low=-10.0, high=60.0):
    grid = np.linspace(low, high, 561)
    k = int(np.argmax([f(t) for t in grid]))
    bounds = (grid[max(k - 1, 0)], grid[min(k + 1, 560)])
    found = minimize_scalar(lambda t: -f(t), bounds=bounds, method="bounded", options={"xatol": 1e-11})
    return float(found.x), float(-found.fun)


def falls_below(f, eps, low, high=200.0):
    return brentq(lambda t: f(t) - eps, low, high, xtol=1e-12)


def end(eps=0.05, **law):
    when, height = highest(lambda t: gap(t, **law))
    return falls_below(lambda t: gap(t, **law), eps, when) if height > eps else -math.inf


def bends():
    step = 1e-3
    return brentq(lambda t: gap(t + step) - 2 * gap(t) + gap(t - step), 4.0, 12.0)


def lead_after(late):
    return lambda t: math.log(G) * min(t, 5.0) + math.log(late) * max(t - 5.0, 0.0)


def training():
    yield "start-compute", 1000 * 1e17
    yield "investment-growth", 25 / 7
    yield "code-exponent-excess", 100 * (1e20**-0.154 / 1e20**-0.155 - 1)
    yield "start-loss", 1070 * 1e20**-0.155 + 1.7
    yield "loss-budget-20y", 1.7 + 1070 * (1e20 * 3.92**20) ** -0.155
    yield "loss-frontier-20y", 1.7 + 1070 * (1e20 * 14.0**20) ** -0.155
    for alpha in (0.155, 0.154, 0.178, 0.05):
        yield f"peak-time-alpha-{alpha}", highest(lambda t, a=alpha: gap(t, a))[0]
    for alpha in (0.155, 0.154, 0.178):
        yield f"peak-gap-alpha-{alpha}", highest(lambda t, a=alpha: gap(t, a))[1]
    yield "inflection-time", bends()
    yield "end-time-0.05-nats", end()
    for name, g in (("1.1", 1.1), ("2", 2.0), ("3.571", G), ("5", 5.0), ("10", 10.0), ("20", 20.0)):
        when, height = highest(lambda t, g=g: gap(t, g=g))
        yield f"peak-time-growth-{name}", when
        yield f"peak-gap-growth-{name}", height
    yield "peak-time-growth-3.6", highest(lambda t: gap(t, g=3.6))[0]
    for k in range(4):
        yield f"start-capital-1e{3 + k}-peak-gap", highest(lambda t, k=k: gap(t, ln_C0=LN_C0 + k * math.log(10)))[1]
    for k in range(1, 4):
        yield f"frontier-richer-1e{3 + k}-peak-time", highest(lambda t, k=k: gap(t, R=10.0**k))[0]
    for name, late in (("stop", 1.0), ("slow", 1.5)):
        path = functools.partial(gap, lead=lead_after(late))
        yield f"{name}-after-5-peak-time", highest(path, 0.0)[0]
        yield f"{name}-after-5-end-time", falls_below(path, 0.05, 5.0)
    yield "stop-after-5-kaplan-peak-time", highest(lambda t: gap(t, 0.05, lead=lead_after(1.0)), 0.0)[0]


def bought(t, g, hardware=1.4, price=1e-8, factor=1.0, algorithms=3.6):
    return factor * (price * 1e17 * (hardware * g) ** t) ** 2 * algorithms**t


def inference_gap(t, g, algorithms=3.6, frontier=None, **form):
    ahead = 1e20 * (1.4 * (frontier or algorithms) * G) ** t
    return A * (bought(t, g, algorithms=algorithms, **form) ** -ALPHA - ahead**-ALPHA)


def inference():
    for g in (2.8, 9.0):
        name = f"inference-crossing-g{g:g}"
        yield name, brentq(lambda t, g=g: inference_gap(t, g), 0.0, 30.0, xtol=1e-12)
        mixed = brentq(lambda t, g=g: inference_gap(t, g, 3.6, frontier=2.8), 0.0, 30.0, xtol=1e-12)
        yield f"{name}-algorithms-mixed", mixed
        both = brentq(lambda t, g=g: math.log(bought(t, g, algorithms=2.8)) - math.log(1e20 * 14.0**t), 0.0, 30.0)
        yield f"{name}-algorithms-text", both
        yield f"{name}-hardware-once", brentq(lambda t, g=g: inference_gap(t, g, hardware=1.0), 0.0, 30.0, xtol=1e-12)
        yield f"{name}-factor-30", brentq(lambda t, g=g: inference_gap(t, g, factor=30.0), 0.0, 30.0, xtol=1e-12)
        yield f"{name}-matching-price", 0.0
        yield f"inference-gap-5y-g{g:g}", inference_gap(5.0, g)
        for algorithms in (2.8, 3.6):
            ratio = bought(3.0, g, algorithms=algorithms) / bought(2.0, g, algorithms=algorithms)
            yield f"inference-growth-g{g:g}-algorithms-{algorithms}", ratio
    yield "inference-matching-price", math.exp(brentq(lambda p: 2 * (p + math.log(1e17)) - LN_C0, -40, 0, xtol=1e-13))
    matched = brentq(lambda p: math.log(30) + 2 * (p + math.log(1e17)) - LN_C0, -40, 0, xtol=1e-13)
    yield "inference-matching-price-factor-30", math.exp(matched)
    yield "inference-price-per-million", 0.01
    N = 7e9
    yield "inference-dropped-factor", 6 * N * (20 * N) / (2 * N) ** 2
    yield "inference-gap-start", A * (1e18**-ALPHA - 1e20**-ALPHA)
    for name, form in (("g2.8", (2.8, 1.4)), ("g9", (9.0, 1.4)), ("g9-hardware-once", (9.0, 1.0))):
        g, hardware = form
        when = brentq(lambda t, g=g, h=hardware: inference_gap(t, g, hardware=h) - 0.05, 0.0, 10.0, xtol=1e-12)
        yield f"inference-faster-{name}", when


@functools.cache
def refit(law):
    """Another parametrisation (floor, ceiling, midpoint, ln slope), another solver, covariance from its Jacobian."""
    N, D, y = library.load_points("owen2024-mmlu").columns()
    E, a, b, p, q = law
    losses = E + a / N**p + b / D**q

    def curve(theta):
        low, top, middle, log_slope = theta
        return low + (top - low) * expit((middle - losses) * np.exp(log_slope))

    found = least_squares(lambda theta: curve(theta) - y, (0.25, 0.8, 1.97, 3.0), jac="3-point", **EXACT)
    variance = 2 * found.cost / (len(y) - 4)
    covariance = variance * np.linalg.inv(found.jac.T @ found.jac)
    low, top, middle, log_slope = found.x
    slope = -math.exp(log_slope)
    change = np.array([[-1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, slope], [1, 0, 0, 0]])  # to S, x0, k < 0, b
    covariance = change @ covariance @ change.T
    return np.array([top - low, middle, slope, low]), covariance, math.sqrt(variance)


def score(t, lead, curve, law):
    alpha, scale, floor = law
    loss = floor + scale * np.exp(-alpha * (LN_C0 + t * math.log(S) + lead * t * math.log(G)))
    span, middle, slope, low = curve
    return low + span * expit(slope * (middle - loss))


def points(t, p, curve=CURVE, law=(0.154, A, L0)):
    return 100 * (score(t, 1, curve, law) ** p - score(t, 0, curve, law) ** p)


def positive(values):
    return values[0], values[1], -values[2], values[3]


def benchmark():
    names = ("s", "x0", "k", "b")
    values, covariance, sd = refit(HOFFMANN)
    errors = np.sqrt(np.diag(covariance))
    for i, name in enumerate(names):
        yield f"sigmoid-{name}", values[i]
        yield f"sigmoid-{name}-error", errors[i]
        yield f"besiroglu-sigmoid-{name}", refit(BESIROGLU)[0][i]
        if name != "k":
            yield f"sigmoid-{name}-plotted", values[i]
        for j in range(i + 1, 4):
            yield f"sigmoid-correlation-{name}-{names[j]}", covariance[i, j] / errors[i] / errors[j]
    yield "sigmoid-residual-sd", sd
    yield "sigmoid-ceiling", values[0] + values[3]
    yield "sigmoid-ceiling-gpt4", values[0] + values[3]
    first = highest(lambda t: points(t, 1), 0.0, 20.0)
    for p in (1, 2, 5, 10):
        when, height = highest(lambda t, p=p: points(t, p), 0.0, 20.0)
        yield f"mmlu-gap-p{p}", height
        yield f"mmlu-gap-p{p}-date", when
        yield f"mmlu-gap-p{p}-unrounded", highest(lambda t, p=p: points(t, p, positive(values)), 0.0, 20.0)[1]
        if p > 1:
            yield f"multi-step-peak-p{p}", when - first[0]
            yield f"multi-step-end-p{p}", falls_below(lambda t, p=p: points(t, p), 5.0, when)
    below = falls_below(lambda t: points(t, 1), 5.0, first[0])
    yield "mmlu-gap-below-5", below
    yield "mmlu-20-to-5-falling", below - falls_below(lambda t: points(t, 1), 20.0, first[0])
    yield "mmlu-20-to-5-from-rise", below - brentq(lambda t: points(t, 1) - 20, 0.0, first[0])
    yield "mmlu-gap-p1-exponent-0.155", highest(lambda t: points(t, 1, law=(0.155, A, L0)), 0.0, 20.0)[1]
    besiroglu = (0.1785, 2731.83, 1.81613)
    curve = positive(refit(BESIROGLU)[0])
    yield "besiroglu-mmlu-gap-p1", highest(lambda t: points(t, 1, curve, besiroglu), 0.0, 20.0)[1]


def nats(e):
    """Expected log likelihood ratio at the boundaries, under the better model."""
    boundary = math.log((1 - e) / e)
    return (1 - e) * boundary - e * boundary


MOMENTS = ("peak", "10y", "20y")


def gap_of(moment, alpha):
    return highest(lambda t: gap(t, alpha))[1] if moment == "peak" else gap(float(moment[:-1]), alpha)


def tokens():
    yield "sprt-nats", nats(0.05)
    for e in ("0.01", "0.02", "0.05", "0.1"):
        yield f"sprt-nats-error-{e}", nats(float(e))
    for alpha in (0.155, 0.154):
        for moment in MOMENTS:
            yield f"tokens-{moment}-alpha-{alpha}", nats(0.05) / gap_of(moment, alpha)
    for slowdown in (1, 10, 100):
        for name, count in (("tweet", 100), ("post", 1000)):
            yield f"tokens-{name}-slowdown-{slowdown}", end(slowdown * nats(0.05) / count)


def leaderboard():
    for date, value in (
        ("2023-12", 30),
        ("2024-03", 31),
        ("2024-06", 18),
        ("2024-09", 7),
        ("2024-12", 13),
        ("2025-03", 1),
    ):
        yield f"leaderboard-gap-{date}", value
    # read off the published data set: first month with a priced model, February and November 2024
    for when, frontier, budget in (("mid-2023", 69, 39), ("early-2024", 69, 39), ("late-2024", 77, 68)):
        yield f"summary-frontier-{when}", frontier
        yield f"summary-budget-{when}", budget
        yield f"summary-gap-{when}", frontier - budget
    yield "leaderboard-small-narrows", 86 - 57
    yield "leaderboard-price-narrows", 86 - 83


def words():
    peak = highest(gap)[0]
    yield "mid-2020s-year", 2020.5 + peak
    yield "mid-2020s-anchor", 2025 - peak
    yield "mid-2020s-ratio", math.exp(brentq(lambda r: highest(lambda t: gap(t, R=math.exp(r)))[0], 2.0, 6.0))
    yield "mid-2020s-gpt4", 2023.2 + highest(lambda t: gap(t, R=42_000.0))[0]
    wanted = brentq(lambda r: highest(lambda t: gap(t, R=math.exp(r)))[0] - 1.8, -2.0, 6.0)
    yield "mid-2020s-budget", 42e6 / math.exp(wanted)
    yield "growth-delays-peak", highest(lambda t: gap(t, g=20.0))[0] - peak
    for eps in (0.1, 0.05, 0.01):
        yield f"growth-delays-end-{eps}", end(eps, g=20.0) - end(eps)
    alone = brentq(lambda t: A * math.exp(-ALPHA * (LN_C0 + t * math.log(S))) - 0.05, 0.0, 50.0)
    yield "growth-delays-limit", alone - end()
    yield "tenfold-reducible-loss", 100 * (1 - 10**-0.155)
    before, after = (1070 * C**-0.155 + 1.7 for C in (1e20, 1e21))
    yield "tenfold-total-loss", 100 * (before - after) / before
    for rule in (25, 26):
        for usd in (3, 4, 5, 6):
            for kind, growth in (("raw", 1.4), ("effective", S)):
                years = (rule - usd - 17) / math.log10(growth)
                yield f"flop-rule-1e{rule}-1e{usd}-{kind}", years
    yield "home-computer-2030", brentq(lambda y: S ** (y - 2020.5) - (S * G) ** 5, 2021, 2050, xtol=1e-11)
    level = 5e26 * 2.8**5
    yield "home-computer-2030-measured", brentq(lambda y: 1e20 * S ** (y - 2020.5) / level - 1, 2021, 2050, xtol=1e-11)
    frontier = 1e20 * (1.4 * 3.6 * G) ** 5
    yield (
        "home-computer-2030-inference",
        brentq(lambda y: bought(y - 2020.5, 2.8) / frontier - 1, 2021, 2050, xtol=1e-11),
    )


EXPECTED = {
    id: float(value)
    for family in (training, inference, benchmark, tokens, leaderboard, words)
    for id, value in family()
}
SIMULATED = {f"tokens-simulated-{moment}" for moment in MOMENTS} | {"tokens-simulated-error-rate"}
FITTED = ("sigmoid", "besiroglu", *(f"mmlu-gap-p{p}-unrounded" for p in (1, 2, 5, 10)))


def test_every_claim_has_a_calculation_of_its_own():
    assert set(claims()) == set(EXPECTED) | SIMULATED


@pytest.mark.parametrize("id", EXPECTED)
def test_computed_number(id):
    tolerance = 1e-5 if id.startswith(FITTED) else 2e-6
    expected = EXPECTED[id]
    if math.isinf(expected):
        assert claims()[id].computed == expected
    else:
        assert claims()[id].computed == pytest.approx(expected, rel=tolerance, abs=2e-7)


def exact_test(gap, error):
    """Expected tokens and error rate of the sequential test with normal steps, from their integral equations."""
    edge, sd = math.log((1 - error) / error), math.sqrt(2 * gap)
    nodes, weights = np.polynomial.legendre.leggauss(160)
    nodes, weights = edge * nodes, edge * weights
    kernel = norm.pdf(nodes[None, :] - nodes[:, None], gap, sd) * weights
    system = np.eye(len(nodes)) - kernel
    count = np.linalg.solve(system, np.ones(len(nodes)))
    wrong = np.linalg.solve(system, norm.cdf(-edge - nodes, gap, sd))
    start = norm.pdf(nodes, gap, sd) * weights
    return 1 + start @ count, norm.cdf(-edge, gap, sd) + start @ wrong


@pytest.mark.parametrize("moment", MOMENTS)
def test_simulated_tokens_are_those_of_the_integral_equation(moment):
    from meekcast.paper.tokens import simulated

    exact, wrong = exact_test(gap_of(moment, ALPHA), 0.05)
    found = simulated(moment)
    assert claims()[f"tokens-simulated-{moment}"].computed == found.tokens
    assert abs(found.tokens - exact) < 4 * found.standard_error
    assert abs(found.error_rate - wrong) < 4 * math.sqrt(wrong * (1 - wrong) / 20_000)


def test_simulated_error_rate_is_below_the_nominal_one():
    _, wrong = exact_test(gap_of("peak", ALPHA), 0.05)
    claim = claims()["tokens-simulated-error-rate"]
    assert claim.computed == pytest.approx(wrong, abs=0.006)
    assert claim.verdict == "reproduced"


def test_the_integral_equation_itself():
    """Its kernel integrates to the chance of going on."""
    edge, gap, sd = math.log(19), 0.2, math.sqrt(0.4)
    on, _ = quad(lambda y: norm.pdf(y, gap, sd), -edge, edge)
    assert on == pytest.approx(norm.cdf(edge, gap, sd) - norm.cdf(-edge, gap, sd), abs=1e-10)
