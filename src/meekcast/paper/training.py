"""Training: losses of both actors, the gap and its peak, and how robust they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from meekcast.equations import dates
from meekcast.equations.gap import loss_gap
from meekcast.equations.paths import log_compute, log_growth
from meekcast.equations.scaling import loss, reducible_loss
from meekcast.equations.spending import piecewise_spending
from meekcast.equations.turning import Peak, last_time_at_least, local_maxima
from meekcast.equations.types import Array
from meekcast.model.published import PAPER
from meekcast.paper.claims import ARXIV, Claim, number, words
from meekcast.paper.pictures import Line, Panel, Picture
from meekcast.paper.uncertainty import band, draws, last_above, spread

ALPHA, A, L0, C0, G = (PAPER[name] for name in ("alpha", "A", "L0", "C0", "g_investment"))
S = PAPER["g_hardware"] * PAPER["g_algorithms"]
EPS = PAPER["eps"]

EXPONENTS = {0.155: (3.3372, "paper's text"), 0.154: (3.3589, "released code"), 0.178: (2.9060, "robustness section")}
KAPLAN = 0.05
GROWTHS = {1.1: 4.57, 2.0: 3.82, 3.571: 3.34, 5.0: 3.12, 10.0: 2.77, 20.0: 2.50}
CAPITALS = (1e3, 1e4, 1e5, 1e6)
FLOP_PER_USD = 1e17
CHANGE = 5.0  # years until investment stops or slows down
SLOW = 1.5
LATE = 20.0
YEARS = np.linspace(0.0, 20.0, 201)
PATHS = {"constant": (G,), "stop-after-5": (G, 1.0), "slow-after-5": (G, SLOW)}
PATH_NAMES = {
    "constant": "grows 3.57x a year throughout",
    "slow-after-5": "falls to 1.5x a year after 5 years",
    "stop-after-5": "stops growing after 5 years",
}
FORMULA, EQUATIONS, ROBUST = f"{ARXIV}, formula of t*", f"{ARXIV}, equations", f"{ARXIV}, robustness figures"


def claims() -> list[Claim]:
    """Every claim about training."""
    return [
        *_start(),
        *_exponents(),
        *_growth(),
        *_capital(),
        *_investment(),
    ]


def growth(name: float) -> float:
    """The growth factor that a printed one stands for: 3.571 is 5/1.4."""
    return G if name == 3.571 else name


def gap_along(t: Array, ends: tuple[float, ...], factors: tuple[float, ...], alpha: float = ALPHA) -> Array:
    """Loss gap when the frontier's spending follows a piecewise path."""
    lead = piecewise_spending(t, ends, factors)
    return np.asarray(loss_gap(log_compute(t, C0, np.log(S)) + lead, lead, alpha, A))


def _start() -> Iterator[Claim]:
    yield number(
        "start-compute", "1,000 USD buy 1e20 FLOP at t = 0", EQUATIONS, 1e20, 1000 * FLOP_PER_USD, "FLOP",
        "1e17 FLOP/USD, a cloud price of about 2020-21; the paper gives t = 0 no calendar year.", places=-18,
    )  # fmt: skip
    yield number(
        "investment-growth", "Frontier investment grows 3.571x a year", EQUATIONS, 3.571, 5 / 1.4, "per year",
        "Compute growth of 5x over hardware growth of 1.4x; longer training runs explain about 1.2x of it.", places=3,
    )  # fmt: skip
    excess = 100 * np.expm1(0.001 * np.log(C0))
    yield number(
        "code-exponent-excess", "The released code's exponent 0.154 raises the reducible loss at 1e20 FLOP by 4.7 %",
        f"{ARXIV}, released code", 4.7, excess, "%", "The text says 0.155; both are kept here, named apart.", places=1,
    )  # fmt: skip
    yield words(
        "start-loss", "Both actors start at the same loss", EQUATIONS, True, loss(np.log(C0), ALPHA, A, L0),
        "nats/token", "1070 (1e20)^-0.155 + 1.7. " + spread(_start_losses(), "nats/token"),
    )  # fmt: skip

    for actor, g in (("budget", 1.0), ("frontier", G)):
        value = float(loss(log_compute(LATE, C0, log_growth(S, g)), ALPHA, A, L0))
        yield words(
            f"loss-{actor}-20y", f"The {actor} actor's loss approaches the floor of 1.7 within 20 years", EQUATIONS,
            value - L0 < 0.02, value, "nats/token",
            f"{value - L0:.2g} above it. {spread(_late_losses(g), 'nats/token')}",
        )  # fmt: skip


def _start_losses() -> Array:
    d = draws()
    return np.asarray(loss(np.log(d["C0"]), d["alpha"], d["A"], d["L0"]))


def _late_losses(g: float) -> Array:
    """Losses after 20 years: of the budget actor (g = 1), or of the frontier."""
    d = draws()
    lead = 1.0 if g == 1 else d["g_investment"]
    return np.asarray(loss(log_compute(LATE, d["C0"], log_growth(d["s"], lead)), d["alpha"], d["A"], d["L0"]))


def _exponents() -> Iterator[Claim]:
    for alpha, (published, where) in EXPONENTS.items():
        d = draws(alpha=alpha)
        yield number(
            f"peak-time-alpha-{alpha:g}", f"The gap turns at t*, exponent {alpha:g}", f"{ARXIV}, {where}", published,
            dates.peak_time(alpha, S, G), "years",
            "t* is the maximum of the gap. "
            + spread(dates.peak_time(d["alpha"], d["s"], d["g_investment"]), "y, exponent fixed"), places=4,
        )  # fmt: skip
    yield from _gap_heights()
    d = draws()
    yield number(
        "inflection-time", "t* is the inflection point of the gap", f"{ARXIV}, text", 3.3372,
        dates.inflection_time(ALPHA, S, G), "years",
        "The slope of the gap is zero at t*: it is the maximum. The inflection proper is at 2 t*. "
        + spread(dates.inflection_time(d["alpha"], d["s"], d["g_investment"]), "y"), places=4,
    )  # fmt: skip
    kaplan, d = dates.peak_time(KAPLAN, S, G), draws()
    yield words(
        "peak-time-alpha-0.05", "With Kaplan's exponent 0.05 the gap still peaks and then closes", ROBUST,
        bool(np.isfinite(kaplan)), kaplan, "years", "It does, three times later: t* is inversely "
        "proportional to it. " + spread(dates.peak_time(KAPLAN, d["s"], d["g_investment"]), "y, exponent fixed"),
    )  # fmt: skip
    end = dates.end_time(ALPHA, A, C0, S, G, 1.0, EPS)
    yield words(
        "end-time-0.05-nats", "The gap converges to zero", EQUATIONS, bool(np.isfinite(end)), end,
        "years until below 0.05 nats/token", "It does in the long run. " + spread(_ends(), "y"),
    )  # fmt: skip


def _ends() -> Array:
    d = draws()
    return np.asarray(dates.end_time(d["alpha"], d["A"], d["C0"], d["s"], d["g_investment"], d["R"], EPS))


def _gap_heights() -> Iterator[Claim]:
    for alpha, published in ((0.155, 0.2022), (0.154, 0.2118)):
        d = draws(alpha=alpha)
        yield number(
            f"peak-gap-alpha-{alpha:g}", f"Largest loss gap, exponent {alpha:g}", EQUATIONS, published,
            dates.peak_gap(alpha, A, C0, S, G), "nats/token",
            "At t*. " + spread(_heights(d), "nats/token, exponent fixed"), places=4,
        )  # fmt: skip
    lower = dates.peak_gap(0.178, A, C0, S, G)
    yield words(
        "peak-gap-alpha-0.178", "A steeper law (0.178) makes the gap smaller and earlier", ROBUST,
        bool(lower < dates.peak_gap(ALPHA, A, C0, S, G)), lower, "nats/token",
        "With A = 1070 kept. Besiroglu's own A (2732) raises it to "
        f"{dates.peak_gap(0.1785, np.exp(7.912726), C0, S, G):.3f}: exponent and scale belong together.",
    )  # fmt: skip


def _growth() -> Iterator[Claim]:
    base = dates.peak_gap(ALPHA, A, C0, S, G), dates.end_time(ALPHA, A, C0, S, G)
    for name, published in GROWTHS.items():
        g = growth(name)
        d = draws(g_investment=g)
        times = dates.peak_time(d["alpha"], d["s"], d["g_investment"])
        yield number(
            f"peak-time-growth-{name:g}", f"Peak when frontier investment grows {name:g}x a year", FORMULA, published,
            dates.peak_time(ALPHA, S, g), "years",
            "Faster spending peaks earlier. " + spread(times, "y, growth fixed"), places=2,
        )  # fmt: skip
        height, end = dates.peak_gap(ALPHA, A, C0, S, g), dates.end_time(ALPHA, A, C0, S, g)
        yield words(
            f"peak-gap-growth-{name:g}", f"The gap stays bounded when frontier investment grows {name:g}x a year",
            ROBUST, bool(end < np.inf), height, "nats/token",
            f"{_growth_note(height, end, base)} {spread(_heights(d), 'nats/token, growth fixed')}",
        )  # fmt: skip
    yield number(
        "peak-time-growth-3.6", "Peak at the rounded growth 3.6 of the figures", ROBUST, 3.34,
        dates.peak_time(ALPHA, S, 3.6), "years", "Rounding 3.571 to 3.6 moves the peak by 0.007 y.", places=2,
    )  # fmt: skip


def _heights(d: dict[str, Array]) -> Array:
    return np.asarray(dates.peak_gap(d["alpha"], d["A"], d["C0"], d["s"], d["g_investment"]))


def _growth_note(height: float, end: float, base: tuple[float, float]) -> str:
    """What faster or slower spending changes, against the paper's."""
    taller = f"{100 * (height / base[0] - 1):+.0f} % against 3.571x"
    if end == -np.inf:
        return f"It does; {taller}: it never reaches 0.05 nats."
    return f"It does; {taller}, below 0.05 nats after {end:.1f} y ({end - base[1]:+.1f} y)."


def _capital() -> Iterator[Claim]:
    base, d = dates.peak_gap(ALPHA, A, C0, S, G), draws()
    for usd in CAPITALS:
        C = usd * FLOP_PER_USD
        height = dates.peak_gap(ALPHA, A, C, S, G)
        yield words(
            f"start-capital-{_usd(usd)}-peak-gap",
            f"The gap still peaks and closes when both start with {usd:,.0f} USD",
            ROBUST, bool(height <= base * (1 + 1e-12)), height, "nats/token",
            f"t* stays 3.34 y; a richer start only scales the gap, by {height / base:.2f}. "
            + spread(dates.peak_gap(d["alpha"], d["A"], C, d["s"], d["g_investment"]), "nats/token"),
        )  # fmt: skip
    for usd in CAPITALS[1:]:
        R = usd / CAPITALS[0]
        peak, end = dates.peak_time(ALPHA, S, G, R), dates.end_time(ALPHA, A, C0, S, G, R)
        yield words(
            f"frontier-richer-{_usd(usd)}-peak-time",
            f"The gap still closes when the frontier alone starts with {usd:,.0f} USD", ROBUST, bool(np.isfinite(end)),
            peak, "years",
            f"A head start of {R:g} moves the peak earlier by ln R / ln g_investment"
            + (", to before t = 0: the gap only falls" if peak < 0 else "")
            + f". Below 0.05 nats after {end:.1f} y. "
            + spread(dates.peak_time(d["alpha"], d["s"], d["g_investment"], R), "y"),
        )  # fmt: skip


def _usd(usd: float) -> str:
    return f"1e{round(np.log10(usd))}"


def peaks_along(name: str, alpha: float = ALPHA) -> list[Peak]:
    """All local maxima of the gap along an investment path."""
    return local_maxima(lambda t: gap_along(t, (CHANGE,), PATHS[name], alpha), 0.0, 60.0)


def _ends_along(name: str) -> Array:
    """Date after which the gap is below `EPS`, draw by draw, to a tenth of a year."""
    d = {key: value[:, None] for key, value in draws().items()}
    t = np.linspace(0.0, 60.0, 601)
    factors = (d["g_investment"], *PATHS[name][1:])
    lead = piecewise_spending(t, (CHANGE,), factors)
    gap = loss_gap(log_compute(t, d["C0"], np.log(d["s"])) + lead, lead, d["alpha"], d["A"])
    return last_above(t, np.asarray(gap), EPS)


def _investment() -> Iterator[Claim]:
    constant = dates.end_time(ALPHA, A, C0, S, G, 1.0, EPS)
    for name in ("stop-after-5", "slow-after-5"):
        peaks = peaks_along(name)
        end = last_time_at_least(partial(gap_along, ends=(CHANGE,), factors=PATHS[name]), EPS, 0.0, 60.0)
        what = f"investment that {PATH_NAMES[name]}"
        yield words(
            f"{name}-peak-time", f"Peak under {what}", ROBUST, len(peaks) == 1, peaks[0].time, "years",
            f"One local maximum, {peaks[0].height:.4f} nats/token: the peak comes before the change and stays.",
        )  # fmt: skip
        yield words(
            f"{name}-end-time", f"The gap closes sooner under {what}", ROBUST, bool(end < constant), end,
            "years until below 0.05 nats/token", f"{constant - end:.1f} y sooner than under constant growth. "
            + spread(_ends_along(name), "y"),
        )  # fmt: skip
    kink = peaks_along("stop-after-5", KAPLAN)
    yield words(
        "stop-after-5-kaplan-peak-time", "A path that stops has its peak where it stops if the law is shallow (0.05)",
        ROBUST, len(kink) == 1, kink[0].time, "years",
        "t* of constant growth would be 10.3 y: the gap turns at the kink, where its slope jumps.",
    )  # fmt: skip


def pictures() -> list[Picture]:
    """Five pictures."""
    return [_losses(), _by_growth(), _by_capital(), _by_investment(), _by_exponent()]


def _losses() -> Picture:
    d = draws()
    per_draw = {name: value[:, None] for name, value in d.items()}
    rate = log_growth(per_draw["s"])
    lines = []
    for actor, extra in (("budget", 1.0), ("frontier", per_draw["g_investment"])):
        g = G if actor == "frontier" else 1.0
        x = log_compute(YEARS, per_draw["C0"], rate + np.log(extra))
        spread_of = loss(x, per_draw["alpha"], per_draw["A"], per_draw["L0"])
        y = loss(log_compute(YEARS, C0, log_growth(S, g)), ALPHA, A, L0)
        lines.append(Line(actor, YEARS, y, actor, band(spread_of)))
    gap_draws = dates.gap_at(YEARS, *(per_draw[n] for n in ("alpha", "A", "C0", "s", "g_investment", "R")))
    gap = dates.gap_at(YEARS, ALPHA, A, C0, S, G)
    peak = Line("peak: 3.34 y, 0.202 nats", *_mark(dates.peak_time(ALPHA, S, G), dates.peak_gap(ALPHA, A, C0, S, G)),
                "seen", style="peak")  # fmt: skip
    turn = dates.inflection_time(ALPHA, S, G)
    bend = Line("inflection: 6.67 y", *_mark(turn, dates.gap_at(turn, ALPHA, A, C0, S, G)), "seen", style="o")
    return Picture(
        "training-losses",
        "Training: both actors approach the same floor",
        (
            Panel("Loss of both actors", TIME, "Loss (nats per token)", tuple(lines)),
            Panel("Loss gap", TIME, "Gap (nats per token)",
                  (Line("budget minus frontier", YEARS, gap, "gap", band(gap_draws)), peak, bend), zero=True),
        ),
        "Lines: the paper's values. Shaded: 90 % under the literature priors, whose floor is 1.82 nats instead of 1.7\n"
        "(Besiroglu et al.).",
    )  # fmt: skip


TIME = "Years since both spent the same"


def _mark(x: float, y: float) -> tuple[Array, Array]:
    return np.array([float(x)]), np.array([float(y)])


def _by_growth() -> Picture:
    lines = []
    for k, name in enumerate(GROWTHS):
        g = growth(name)
        colour = k / (len(GROWTHS) - 1)
        lines.append(Line(f"{name:.4g}x a year", YEARS, dates.gap_at(YEARS, ALPHA, A, C0, S, g), colour))
        mark = _mark(dates.peak_time(ALPHA, S, g), dates.peak_gap(ALPHA, A, C0, S, g))
        lines.append(Line("", *mark, colour, style="peak"))
    panel = Panel("", TIME, "Loss gap (nats per token)", tuple(lines), zero=True)
    return Picture(
        "training-growth",
        "A frontier that spends faster peaks earlier and higher",
        (panel,),
        "Growth of the frontier's spending; exponent 0.155. Triangles: peaks.",
        1,
    )


def _by_capital() -> Picture:
    both, alone = [], []
    for k, usd in enumerate(CAPITALS):
        colour = k / (len(CAPITALS) - 1)
        both.append(Line(f"{usd:,.0f} USD", YEARS, dates.gap_at(YEARS, ALPHA, A, usd * FLOP_PER_USD, S, G), colour))
        R = usd / CAPITALS[0]
        alone.append(Line(f"{usd:,.0f} USD", YEARS, dates.gap_at(YEARS, ALPHA, A, C0, S, G, R), colour))
    label = "Loss gap (nats per token)"
    return Picture(
        "training-capital",
        "Start capital scales the gap; a head start moves its peak back",
        (
            Panel("Both start with ...", TIME, label, tuple(both), zero=True, limits=(0, 0.62)),
            Panel("Only the frontier starts with ...", TIME, label, tuple(alone), zero=True, limits=(0, 0.62)),
        ),
        "Right: the budget actor starts with 1,000 USD; from 100,000 USD on the peak is past at t = 0.",
    )


def _by_investment() -> Picture:
    lines = [
        Line(text, YEARS, gap_along(YEARS, (CHANGE,), PATHS[name]), k / 2)
        for k, (name, text) in enumerate(PATH_NAMES.items())
    ]
    panel = Panel("", TIME, "Loss gap (nats per token)", tuple(lines), zero=True)
    return Picture(
        "training-investment",
        "If the frontier's spending slows down, the gap closes sooner",
        (panel,),
        "Frontier investment after the fifth year; the peak at 3.34 years comes before the change.",
        1,
    )


def _by_exponent() -> Picture:
    lines = []
    for k, alpha in enumerate((0.178, 0.155, 0.154, KAPLAN)):
        start = reducible_loss(np.log(C0), alpha, A)
        share = 100 * dates.gap_at(YEARS, alpha, A, C0, S, G) / start
        t = dates.peak_time(alpha, S, G)
        lines.append(Line(f"{alpha:g} ({_LAWS[alpha]})", YEARS, share, k / 3, style="--" if alpha == 0.154 else "-"))
        mark = _mark(t, 100 * dates.gap_at(t, alpha, A, C0, S, G) / start)
        lines.append(Line("", *mark, k / 3, style="peak"))
    panel = Panel("", TIME, "Gap (% of the reducible loss at t = 0)", tuple(lines), zero=True)
    return Picture(
        "training-exponent",
        "A shallower scaling law only postpones the peak",
        (panel,),
        "As a share of the reducible loss at the start, so that laws of different scale A compare.",
        1,
    )


_LAWS = {0.155: "the paper", 0.154: "its code", 0.178: "Besiroglu", KAPLAN: "Kaplan"}
