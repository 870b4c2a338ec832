"""Tokens to tell two models apart: Wald's sequential test, its error rates, and a check by simulation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from meekcast.equations import dates
from meekcast.equations.sprt import decision_nats
from meekcast.equations.sprt import tokens as expected_tokens
from meekcast.equations.types import Array
from meekcast.paper.claims import ARXIV, Claim, number, words
from meekcast.paper.pictures import Line, Panel, Picture
from meekcast.paper.sequential import Simulated, simulate
from meekcast.paper.training import ALPHA, C0, TIME, A, G, S
from meekcast.paper.uncertainty import SEED, band, draws, spread

PUBLISHED = {0.155: (13.1, 30.1, 219.5), 0.154: (12.5, 28.4, 204.1)}
MOMENTS = ("peak", "10y", "20y")
SLOWDOWNS = (1.0, 10.0, 100.0)
MARKS = {"tweet": 100.0, "post": 1000.0}
MARK_NAMES = {"tweet": "a tweet, 100 tokens", "post": "a short post, 1,000 tokens"}
ERROR_RATES = (0.01, 0.02, 0.05, 0.1)
ERROR = 0.05
TESTS = 20_000
YEARS = np.linspace(0.1, 40.0, 400)
SOURCE, FIGURES = f"{ARXIV}, tokens to distinguish", f"{ARXIV}, figures of tokens to distinguish"


def claims() -> list[Claim]:
    """Every claim about tokens."""
    return [*_nats(), *_needed(), *_marks(), *_simulated()]


def gap_at(moment: str, alpha: Array | float, s: Array | float = S, g: Array | float = G) -> Array:
    """Loss gap at the peak, or after some years, with the paper's A."""
    t = dates.peak_time(alpha, s, g) if moment == "peak" else float(moment.removesuffix("y"))
    return np.asarray(dates.gap_at(t, alpha, A, C0, s, g))


def _when(moment: str) -> str:
    return "at the peak" if moment == "peak" else f"after {moment[:-1]} years"


def _nats() -> Iterator[Claim]:
    yield number(
        "sprt-nats", "A decision needs 2.65 nats at error rates of 0.05", SOURCE, 2.65, decision_nats(ERROR, ERROR),
        "nats", "(1 - 2e) ln((1 - e)/e), Wald's expected evidence without overshoot.", places=2,
    )  # fmt: skip
    base = decision_nats(ERROR, ERROR)
    for e in ERROR_RATES:
        nats = float(decision_nats(e, e))
        yield words(
            f"sprt-nats-error-{e:g}", f"Error rate {e:g} leaves the order of magnitude of the tokens", FIGURES,
            0.5 <= nats / base <= 2, nats, "nats", f"{nats / base:.2f} times the nats of 0.05.",
        )  # fmt: skip


def _needed() -> Iterator[Claim]:
    for alpha, published in PUBLISHED.items():
        d = draws(alpha=alpha)
        for moment, value in zip(MOMENTS, published, strict=True):
            t = dates.peak_time(d["alpha"], d["s"], d["g_investment"]) if moment == "peak" else float(moment[:-1])
            spreads = dates.gap_at(t, d["alpha"], d["A"], d["C0"], d["s"], d["g_investment"])
            yield number(
                f"tokens-{moment}-alpha-{alpha:g}",
                f"Tokens to tell both models apart {_when(moment)}, exponent {alpha:g}", SOURCE, value,
                expected_tokens(gap_at(moment, alpha)), "tokens",
                "2.65 nats over the gap. " + spread(expected_tokens(spreads), "tokens, exponent fixed"), places=1,
            )  # fmt: skip


def passed(tokens: float, slowdown: float) -> float:
    """Date after which telling the models apart takes more than `tokens`; -inf if it always does."""
    return float(dates.end_time(ALPHA, A, C0, S, G, 1.0, slowdown * decision_nats(ERROR, ERROR) / tokens))


def _passed_spread(tokens: float, slowdown: float) -> Array:
    d = draws()
    eps = slowdown * decision_nats(ERROR, ERROR) / tokens
    law = (d[name] for name in ("alpha", "A", "C0", "s", "g_investment", "R"))
    return np.asarray(dates.end_time(*law, eps))


def _marks() -> Iterator[Claim]:
    for slowdown in SLOWDOWNS:
        for mark, count in MARKS.items():
            date = passed(count, slowdown)
            always = date == -np.inf
            yield words(
                f"tokens-{mark}-slowdown-{slowdown:g}",
                f"In the end {MARK_NAMES[mark]}, no longer tells them apart (slowdown {slowdown:g})", FIGURES,
                date < np.inf, date, "years",
                ("It never does: even at the peak the text is too short." if always else "After this date.")
                + " " + spread(_passed_spread(count, slowdown), "y"),
            )  # fmt: skip


@cache
def simulated(moment: str, error_rate: float = ERROR) -> Simulated:
    """Simulated tests at the gap of a moment, always with the same seed."""
    return simulate(float(gap_at(moment, ALPHA)), error_rate, TESTS, np.random.default_rng(SEED))


def _simulated() -> Iterator[Claim]:
    for moment, value in zip(MOMENTS, PUBLISHED[ALPHA], strict=True):
        found = simulated(moment)
        formula = float(expected_tokens(gap_at(moment, ALPHA)))
        yield number(
            f"tokens-simulated-{moment}",
            f"A simulated test needs that many tokens {_when(moment)}", SOURCE, value, found.tokens, "tokens",
            f"{found.tokens / formula - 1:+.0%} (standard error {found.standard_error:.2g}): the last token carries "
            "the evidence past the boundary, which the formula neglects.", places=1,
        )  # fmt: skip
    found = simulated("peak")
    yield words(
        "tokens-simulated-error-rate", "The simulated test errs in at most 5 % of cases", SOURCE,
        found.error_rate <= ERROR, found.error_rate, "share",
        "Fewer: what overshoots is surer. The formula is a lower bound on tokens, and close for small gaps.",
    )  # fmt: skip


def pictures() -> list[Picture]:
    """Tokens against gap and time, and against error rate with the simulation."""
    return [_tokens(), _checked()]


def _levels() -> tuple[tuple[float, str], ...]:
    return tuple((count, MARK_NAMES[mark].split(",")[0]) for mark, count in MARKS.items())


def _tokens() -> Picture:
    gaps = np.geomspace(1e-3, 1.0, 100)
    d = {name: value[:, None] for name, value in draws().items()}
    spreads = dates.gap_at(YEARS, *(d[n] for n in ("alpha", "A", "C0", "s", "g_investment", "R")))
    gap = dates.gap_at(YEARS, ALPHA, A, C0, S, G)
    by_gap, by_time = [], []
    for k, slowdown in enumerate(SLOWDOWNS):
        label = "ideal judge" if slowdown == 1 else f"{slowdown:g} times slower"
        needed = expected_tokens(gap, ERROR, ERROR, slowdown)
        shade = band(expected_tokens(spreads, ERROR, ERROR, slowdown)) if slowdown == 1 else None
        by_gap.append(Line(label, gaps, expected_tokens(gaps, ERROR, ERROR, slowdown), k / 2))
        by_time.append(Line(label, YEARS, needed, k / 2, shade))
    tokens = "Tokens to tell them apart"
    return Picture(
        "tokens", "How much text tells the two models apart",
        (
            Panel("Against the gap", "Loss gap (nats per token)", tokens, tuple(by_gap),
                  tuple((count, "") for count, _ in _levels()), log="xy", limits=(2, 1e6)),
            Panel("Against time", TIME, tokens, tuple(by_time), _levels(), log="y", limits=(2, 1e6), legend="",
                  level_side="outside"),
        ),
        "Error rates of 5 %. Shaded: 90 % under the literature priors, ideal judge.",
    )  # fmt: skip


def _checked() -> Picture:
    rates = np.geomspace(0.01, 0.1, 50)
    gap = float(gap_at("peak", ALPHA))
    drawn = np.array([simulated("peak", e).tokens for e in ERROR_RATES])
    gaps = np.array([gap_at(m, ALPHA) for m in MOMENTS], dtype=float)
    ratio = np.array(
        [100 * (simulated(m).tokens / float(expected_tokens(g)) - 1) for m, g in zip(MOMENTS, gaps, strict=True)]
    )
    return Picture(
        "tokens-check", "Wald's formula against simulated tests",
        (
            Panel("By error rate, at the peak of the gap", "Both error rates", "Tokens",
                  (Line("formula", rates, expected_tokens(gap, rates, rates), "budget"),
                   Line("20,000 simulated tests", np.array(ERROR_RATES), drawn, "seen", style="o")), log="x",
                  limits=(0, 30), ticks=ERROR_RATES),
            Panel("What the formula leaves out", "Loss gap (nats per token)", "More tokens than the formula (%)",
                  (Line("after 20 and 10 years, and at the peak", gaps, ratio, "seen", style="o"),), log="x",
                  limits=(0, 22), ticks=(0.01, 0.02, 0.05, 0.1, 0.2), legend="upper left"),
        ),
        "Evidence per token is normal with mean equal to the gap. The last token overshoots the boundary; the smaller\n"
        "the gap, the less it matters.",
    )  # fmt: skip
