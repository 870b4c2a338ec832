"""Every equation against itself at 50 digits, written again from its formula, at random and at extreme arguments."""

import mpmath as mp
import numpy as np
import pytest

from meekcast.equations import (
    dates,
    discrepancy,
    gap,
    links,
    paths,
    price_per_token,
    scaling,
    spending,
    sprt,
    stationary,
)

DIGITS, TIMES = 50, 200
RELATIVE = 2e-13
"""Error that is allowed, as a share of the terms of which a formula is the sum: exponents of some hundreds lose three digits."""

SMALLEST = np.finfo(float).tiny
"""Below it doubles have fewer digits, or are 0."""


def exactly(*values):
    """Doubles as the numbers that they are."""
    return [mp.mpf(float(value)) for value in values]


def softplus(z):
    return mp.log1p(mp.e**z)


def sigmoid(z):
    return 1 / (1 + mp.e**-z)


def budget_loss(xf, lead, alpha, A):
    return A * mp.e ** (-alpha * (xf - lead))


def gap_slope(xf, lead, alpha, A, rb, rl):
    """The derivative by hand, of the difference of two exponentials."""
    return -alpha * rb * budget_loss(xf, lead, alpha, A) + alpha * (rb + rl) * A * mp.e ** (-alpha * xf)


def turning(order):
    return lambda alpha, s, g, R: (order * mp.log(mp.log(s * g) / mp.log(s)) / alpha - mp.log(R)) / mp.log(g)


def turning_terms(order):
    """The two terms of which a date of turning is the difference."""

    def terms(alpha, s, g, R):
        return (abs(order * mp.log(mp.log(s * g) / mp.log(s)) / alpha) + abs(mp.log(R))) / mp.log(g)

    return terms


def ln(low, high):
    """Positive numbers whose logarithm is uniform."""
    return lambda rng: np.exp(rng.uniform(np.log(low), np.log(high)))


def between(low, high):
    return lambda rng: rng.uniform(low, high)


def one_above(low, high):
    """1 plus something that may be tiny."""
    return lambda rng: 1 + np.exp(rng.uniform(np.log(low), np.log(high)))


def either_sign(low, high):
    return lambda rng: rng.choice([-1, 1]) * ln(low, high)(rng)


X, ALPHA, A = between(20, 120), ln(1e-3, 1), ln(1e-2, 1e6)
LEAD = either_sign(1e-12, 60)
RATE, FACTOR, C0, R = ln(1e-3, 5), one_above(1e-6, 30), ln(1e10, 1e40), ln(1e-6, 1e9)
T, SCORE = between(-50, 200), between(0, 1)

# Function: arguments, formula, and terms that cancel in it where there are any
CASES = {
    scaling.reducible_loss: ((X, ALPHA, A), lambda x, a, A: A * mp.e ** (-a * x)),
    scaling.loss: ((X, ALPHA, A, ln(0.1, 5)), lambda x, a, A, L: L + A * mp.e ** (-a * x)),
    scaling.exponent_in_compute: ((ln(0.01, 2), ln(0.01, 2)), lambda a, b: 1 / (1 / a + 1 / b)),
    scaling.scale_in_compute: (
        (ln(1, 1e5), ln(1, 1e5), ln(0.05, 2), ln(0.05, 2)),
        lambda A, B, a, b: (
            A * (n := (a * A / (b * B)) ** (1 / (a + b)) * mp.mpf(6) ** (-b / (a + b))) ** -a
            + B * (1 / (6 * n)) ** -b
        ),
    ),
    gap.loss_gap: (
        (X, LEAD, ALPHA, A),
        lambda x, y, a, A: budget_loss(x, y, a, A) - A * mp.e ** (-a * x),
    ),
    gap.loss_gap_slope: (
        (X, LEAD, ALPHA, A, RATE, RATE),
        gap_slope,
        lambda x, y, a, A, rb, rl: a * budget_loss(x, y, a, A) * (rl * mp.e ** (-a * y) + rb * abs(mp.expm1(-a * y))),
    ),
    gap.lag: ((LEAD, RATE), lambda y, r: y / r),
    dates.lag: ((LEAD, RATE), lambda y, r: y / r),
    paths.log_growth: ((FACTOR, FACTOR, FACTOR), lambda a, b, c: mp.log(a * b * c)),
    paths.log_compute: ((T, C0, RATE), lambda t, C, r: mp.log(C) + r * t, lambda t, C, r: mp.log(C) + abs(r * t)),
    paths.log_lead: ((T, R, RATE), lambda t, R, r: mp.log(R) + r * t, lambda t, R, r: abs(mp.log(R)) + abs(r * t)),
    stationary.stationary_time: (
        (ALPHA, FACTOR, FACTOR, R),
        turning(1),
        turning_terms(1),
    ),
    stationary.inflection_point: (
        (ALPHA, FACTOR, FACTOR, R),
        turning(2),
        turning_terms(2),
    ),
    dates.peak_time: (
        (ALPHA, FACTOR, FACTOR, R),
        turning(1),
        turning_terms(1),
    ),
    dates.inflection_time: (
        (ALPHA, FACTOR, FACTOR, R),
        turning(2),
        turning_terms(2),
    ),
    dates.rule_time: (
        (C0, C0, FACTOR),
        lambda C, C0, g: mp.log(C / C0) / mp.log(g),
        lambda C, C0, g: mp.log(C * C0) / mp.log(g),
    ),
    price_per_token.inference_compute: (
        (T, ln(1e-12, 1e-2), ln(1e12, 1e22), FACTOR, FACTOR, FACTOR),
        lambda t, c, F, h, i, a: mp.log((c * F * (h * i) ** t) ** 2 * a**t),
        lambda t, c, F, h, i, a: 2 * (abs(mp.log(c)) + mp.log(F)) + abs(t) * mp.log((h * i) ** 2 * a),
    ),
    price_per_token.matching_price: ((C0, ln(1e12, 1e22)), lambda C, F: mp.sqrt(C) / F),
    sprt.decision_nats: (
        (ln(1e-12, 0.4), ln(1e-12, 0.4)),
        lambda a, b: (1 - b) * mp.log((1 - b) / a) + b * mp.log(b / (1 - a)),
        lambda a, b: (1 - b) * mp.log((1 - b) / a) + abs(b * mp.log(b / (1 - a))),
    ),
    sprt.tokens: (
        (ln(1e-12, 10), ln(1e-9, 0.2), ln(1e-9, 0.2), ln(1, 1e4)),
        lambda d, a, b, f: f * ((1 - b) * mp.log((1 - b) / a) + b * mp.log(b / (1 - a))) / d,
    ),
    links.bounded_link: (
        (between(0, 10), ln(0.1, 60), between(0, 10), between(0, 0.4), between(0.5, 1)),
        lambda L, k, x0, low, high: low + (high - low) * sigmoid(-k * (L - x0)),
    ),
    links.bounded_link_of_compute: (
        (X, ln(1e-3, 0.5), X, ln(0.01, 5), between(1, 30), between(60, 100)),
        lambda x, a, d, s, low, high: low + (high - low) * sigmoid(s * (1 - mp.e ** (-a * (x - d))) / a),
    ),
    links.unbounded_link: (
        (X, between(-2000, 2000), between(0, 200)),
        lambda x, i, s: i + s * x,
        lambda x, i, s: abs(i) + s * x,
    ),
    links.consecutive_steps: ((SCORE, between(1, 1000)), lambda p, n: p**n),
    links.saturating_link: (
        (between(-3000, 9000), between(2000, 4000), ln(1, 500)),
        lambda s, c, w: c - w * softplus((c - s) / w),
        lambda s, c, w: c + w * softplus((c - s) / w),
    ),
    discrepancy.softplus: ((between(-700, 700),), softplus),
    discrepancy.ou_decay: ((ln(1e-3, 50), ln(1e-2, 50)), lambda h, m: mp.e ** (-h / m)),
    discrepancy.ou_innovation: (
        (ln(1e-9, 50), ln(1e-3, 10), ln(1e-2, 50)),
        lambda h, sd, m: sd * mp.sqrt(1 - mp.e ** (-2 * h / m)),
    ),
    spending.capped_spending: (
        (between(0, 200), FACTOR, one_above(1e-3, 1e6)),
        lambda t, g, cap: mp.log(cap / (1 + (cap - 1) * mp.e ** (-mp.log(g) * cap / (cap - 1) * t))),
        lambda t, g, cap: mp.log(cap) + softplus(mp.log(cap - 1) - mp.log(g) * cap / (cap - 1) * t),
    ),
    spending.capped_spending_rate: (
        (between(0, 20), FACTOR, one_above(1e-3, 1e6)),
        lambda t, g, cap: (r := mp.log(g) * cap / (cap - 1)) * sigmoid(mp.log(cap - 1) - r * t),
    ),
}  # fmt: skip


@pytest.mark.parametrize("function", CASES, ids=lambda f: f"{f.__module__.rpartition('.')[2]}.{f.__name__}")
def test_an_equation_is_itself_at_fifty_digits(function):
    arguments, formula, *terms = CASES[function]
    rng = np.random.default_rng(0)
    with mp.workdps(DIGITS):
        for _ in range(TIMES):
            given = [draw(rng) for draw in arguments]
            exact = formula(*exactly(*given))
            scale = abs(terms[0](*exactly(*given))) if terms else abs(exact)
            with np.errstate(over="ignore"):  # a score at its floor
                error = abs(mp.mpf(float(function(*given))) - exact)
            assert error <= RELATIVE * scale + SMALLEST, (given, float(error / scale))


def test_the_end_of_a_gap_is_where_fifty_digits_put_it():
    rng = np.random.default_rng(1)
    with mp.workdps(DIGITS):
        for _ in range(60):
            alpha, A, C0, s, g, R = (
                draw(rng) for draw in (ln(0.05, 0.5), ln(1, 1e4), ln(1e15, 1e26), *[ln(1.1, 20)] * 3)
            )
            eps = float(dates.peak_gap(alpha, A, C0, s, g, R)) * rng.uniform(1e-6, 0.95)
            found = float(dates.end_time(alpha, A, C0, s, g, R, eps))
            a, big, c, grows, leads, ratio, e = exactly(alpha, A, C0, s, g, R, eps)

            def excess(t, a=a, big=big, c=c, grows=grows, leads=leads, ratio=ratio, e=e):
                return big * (c * grows**t) ** -a * (1 - (ratio * leads**t) ** -a) - e

            exact = mp.findroot(excess, (found - 1e-3, found + 1e-3), solver="anderson", tol=1e-60)
            assert abs(found - exact) <= 1e-10 * max(1, abs(exact))
            assert excess(exact + mp.mpf(1) / 1000) < 0 < excess(exact - mp.mpf(1) / 1000)


def test_every_equation_is_here_or_is_held_elsewhere():
    """Paths of processes and filters are held against simulation; grids of dates against closed forms."""
    elsewhere = {"ou_scores", "ou_log_density", "ou_path", "ou_filtered", "ou_steps"}
    elsewhere |= {"piecewise_spending", "piecewise_spending_rate", "gap_at", "peak_gap", "end_time", "elementwise"}
    modules = (scaling, gap, paths, stationary, dates, price_per_token, sprt, links, discrepancy, spending)
    public = {
        f"{module.__name__}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and value.__module__ == module.__name__ and name[0].islower() and name not in elsewhere
    }
    assert public == {f"{f.__module__}.{f.__name__}" for f in CASES}
