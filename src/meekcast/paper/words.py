"""Claims in words, each with the number that decides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from scipy.optimize import brentq

from meekcast.equations import dates
from meekcast.equations.gap import lag
from meekcast.equations.paths import log_lead
from meekcast.equations.scaling import loss
from meekcast.equations.turning import last_time_at_least
from meekcast.equations.types import Array
from meekcast.model.published import MMLU_END, PAPER, largest_mmlu_gap, mmlu_gap
from meekcast.paper.benchmark import YEARS as GRID
from meekcast.paper.benchmark import spread_of_gaps
from meekcast.paper.claims import ARXIV, Claim, number, words
from meekcast.paper.pictures import Line, Panel, Picture
from meekcast.paper.price_per_token import FAST, PRICE, SLOW, Story, uncertain
from meekcast.paper.training import ALPHA, C0, CAPITALS, EPS, FLOP_PER_USD, L0, A, G, S
from meekcast.paper.uncertainty import band, draws, last_above, spread

TEXT, SUMMARY = f"{ARXIV}, text", f"summary of {ARXIV}"
CLOUD_YEAR = 2020.5  # 1e17 FLOP/USD is a cloud price of about 2020-21
PUBLISHED_YEAR = 2025.5  # July 2025
MID = (2024.0, 2027.0)  # "mid-2020s"
GPT4_USD, GPT4_YEAR = 42e6, 2023.2
GROK4_FLOP = 5e26  # July 2025
RULES = {"1e25": (1e25, "EU AI Act"), "1e26": (1e26, "US order of 2023, withdrawn in 2025")}
POINT = {"alpha": np.asarray(ALPHA), "s": np.asarray(S), "g_investment": np.asarray(G)}
WINDOW = 20.0  # years that the paper's figures show
ENORMOUS = 1e300  # growth of a frontier whose loss is the floor at once
HARDWARE = PAPER["g_hardware"]


def claims() -> list[Claim]:
    """Every claim in words."""
    return [*_mid_2020s(), *_delays(), *_five_years(), *_tenfold(), *_faster(), *_steps(), *_rules(), *_home()]


def _mid_2020s() -> Iterator[Claim]:
    claim, t = "The gap peaks in the mid-2020s", float(dates.peak_time(ALPHA, S, G))
    d = draws()
    times = dates.peak_time(d["alpha"], d["s"], d["g_investment"])
    yield words(
        "mid-2020s-year", f"{claim}, if t = 0 is where 1,000 USD bought 1e20 FLOP (about 2020.5)", TEXT,
        MID[0] <= CLOUD_YEAR + t < MID[1], CLOUD_YEAR + t, "year",
        "Late 2023 by that anchor, which the paper does not state. " + spread(CLOUD_YEAR + times, "", 6),
    )  # fmt: skip
    yield words(
        "mid-2020s-anchor", f"{claim}: the t = 0 that puts it at 2025.0", TEXT, False, 2025.0 - t, "year",
        f"The paper names no calendar year; any t = 0 from {MID[0] - t:.1f} to {MID[1] - t:.1f} makes it true. "
        + spread(2025.0 - times, "", 6),
    )  # fmt: skip
    yield from _real_ratios(claim)


def _real_ratios(claim: str) -> Iterator[Claim]:
    """The same when the frontier spends more from the start, as it does."""
    d = draws()
    R = float(head_start(2025.0, 2025.0))
    yield words(
        "mid-2020s-ratio", f"{claim}: in 2025.0, if the frontier then spends so many times more", TEXT, False, R,
        "ratio",
        "The largest real runs of 2025 cost about 400,000 times 1,000 USD (Grok 4: 388 million USD). "
        + spread(head_start(2025.0, 2025.0, d), ""),
    )  # fmt: skip
    actual = GPT4_YEAR + float(dates.peak_time(ALPHA, S, G, GPT4_USD / CAPITALS[0]))
    yield words(
        "mid-2020s-gpt4", f"{claim}, for 1,000 USD against GPT-4's 42 million USD in 2023.2", TEXT,
        MID[0] <= actual < MID[1], actual, "year",
        "By then the lead was so large that the loss gap had passed its peak; a later one needs a richer budget actor. "
        + spread(GPT4_YEAR + dates.peak_time(d["alpha"], d["s"], d["g_investment"], GPT4_USD / CAPITALS[0]), "", 6),
    )  # fmt: skip
    usd = GPT4_USD / float(head_start(2025.0, GPT4_YEAR))
    yield words(
        "mid-2020s-budget", f"{claim}: in 2025.0, for a budget of so much against GPT-4's 42 million USD", TEXT,
        False, usd, "USD", "True of an actor with millions of USD; the paper's has 1,000. "
        + spread(GPT4_USD / head_start(2025.0, GPT4_YEAR, d), "USD"),
    )  # fmt: skip


def head_start(peak: float, anchor: float, law: Mapping[str, Array] = POINT) -> Array:
    """Ratio of spending at the anchor for which the gap peaks at a date."""
    alpha, s, g = law["alpha"], law["s"], law["g_investment"]
    return np.asarray(np.exp((dates.peak_time(alpha, s, g) - (peak - anchor)) * np.log(g)))


def _delays() -> Iterator[Claim]:
    claim = "Faster growth of the frontier only delays the inflection"
    d = draws()
    later = dates.peak_time(ALPHA, S, 20.0) - dates.peak_time(ALPHA, S, G)
    yield words(
        "growth-delays-peak", f"{claim} (20x instead of 3.57x a year)", TEXT, bool(later > 0), later, "years",
        "t* comes earlier, and the gap there is higher. "
        + spread(dates.peak_time(d["alpha"], d["s"], 20.0) - dates.peak_time(d["alpha"], d["s"], G), "y, growth fixed"),
    )  # fmt: skip
    for eps in (0.1, 0.05, 0.01):
        fast, base = (dates.end_time(ALPHA, A, C0, S, g, 1.0, eps) for g in (20.0, G))
        yield words(
            f"growth-delays-end-{eps:g}", f"{claim}, read as: a gap of {eps:g} nats lasts longer", TEXT,
            bool(fast > base), fast - base, "years", "True of how long a given gap lasts, and the delay is bounded. "
            + _delay_spread(eps),
        )  # fmt: skip
    fastest, base = (dates.end_time(ALPHA, A, C0, S, g, 1.0, EPS) for g in (ENORMOUS, G))
    limit = fastest - base
    yield words(
        "growth-delays-limit", "However fast the frontier grows, the delay is bounded (0.05 nats)", TEXT,
        bool(np.isfinite(limit)), limit, "years", "The gap cannot exceed the budget actor's own "
        "reducible loss. " + _delay_spread(EPS, ENORMOUS),
    )  # fmt: skip


def _delay_spread(eps: float, fastest: float = 20.0) -> str:
    """Delay of the end, over the draws in which the slower frontier's gap gets that large."""
    d = draws()
    law = (d["alpha"], d["A"], d["C0"], d["s"])
    fast, base = (dates.end_time(*law, g, d["R"], eps) for g in (fastest, G))
    return spread((fast - base)[np.isfinite(base)], "y, growth fixed")


def _five_years() -> Iterator[Claim]:
    peak = largest_mmlu_gap(1)
    rise = float(brentq(lambda t: mmlu_gap(t, 1) - 20, 0.0, peak.time, xtol=1e-12))
    fall, end = (last_time_at_least(lambda t: mmlu_gap(t, 1), points, 0.0, MMLU_END) for points in (20.0, 5.0))
    claim = "The MMLU gap falls from 20 % to 5 % in 5 years"
    yield words(
        "mmlu-20-to-5-falling", claim, SUMMARY, abs(end - fall - 5) < 0.5, end - fall, "years",
        f"From {fall:.1f} to {end:.1f} y, once it falls. {_falling_spread()}", published=5.0,
    )  # fmt: skip
    yield words(
        "mmlu-20-to-5-from-rise", "The MMLU gap is 20 % and, 5 years later, 5 %", SUMMARY,
        abs(end - rise - 5) < 0.5, end - rise, "years",
        f"It holds if the 20 points are those passed on the way up ({rise:.1f} y), with a peak of {peak.height:.0f} "
        "points in between.", published=5.0,
    )  # fmt: skip


def _falling_spread() -> str:
    """Years from 20 to 5 points after the peak, for the draws that reach 20 and end below 5."""
    rows = spread_of_gaps()[1]
    kept = rows[(rows.max(axis=1) >= 20) & (rows[:, -1] < 5)]
    return spread(last_above(GRID, kept, 5.0) - last_above(GRID, kept, 20.0), "y")


def _tenfold() -> Iterator[Claim]:
    d = draws()
    yield number(
        "tenfold-reducible-loss", "Ten times the compute lowers the loss by 30 %", TEXT, 30.0,
        100 * -np.expm1(-ALPHA * np.log(10)), "% of the reducible loss",
        "True of the reducible loss: 1 - 10^-0.155. " + spread(100 * -np.expm1(-d["alpha"] * np.log(10)), "%"),
        places=0,
    )  # fmt: skip
    before, after = (loss(np.log(C), ALPHA, A, L0) for C in (C0, 10 * C0))
    yield words(
        "tenfold-total-loss", "Ten times the compute lowers the loss by 30 %, read as the whole loss at 1e20 FLOP",
        TEXT, abs(100 * (1 - after / before) - 30) < 0.5, 100 * (1 - after / before), "% of the loss",
        "Two thirds of the loss are irreducible, and ever more at larger compute.", published=30.0,
    )  # fmt: skip


def _faster() -> Iterator[Claim]:
    training = float(dates.end_time(ALPHA, A, C0, S, G, 1.0, EPS))
    forms = {
        "g2.8": Story(SLOW),
        "g9": Story(FAST),
        "g9-hardware-once": Story(FAST, g_hardware=1.0),
    }
    share = f" The gap closes in {np.mean(np.isfinite(uncertain().crossing)):.0%} of draws of the literature priors."
    for name, story in forms.items():
        yield words(
            f"inference-faster-{name}", f"The inference gap closes faster than the training gap ({name})", TEXT,
            story.closed(EPS) < training, story.closed(EPS), "years until below 0.05 nats/token",
            f"Against {training:.1f} y, though it starts at {float(story.gap(0)):.2f} nats instead of 0."
            + (share if name == "g2.8" else ""),
        )  # fmt: skip


def _steps() -> Iterator[Claim]:
    base = last_time_at_least(lambda t: mmlu_gap(t, 1), 5.0, 0.0, MMLU_END)
    first, drawn = largest_mmlu_gap(1).time, spread_of_gaps()
    claim = "extend the lead but still converge"
    for p in (2, 5, 10):
        end, peak = last_time_at_least(partial(mmlu_gap, steps=p), 5.0, 0.0, MMLU_END), largest_mmlu_gap(p)
        yield words(
            f"multi-step-peak-p{p}", f"Tasks of {p} steps {claim}: the peak comes later", TEXT, peak.time > first,
            peak.time - first, "years", f"At {peak.time:.1f} instead of {first:.1f} y, {peak.height:.0f} points high. "
            + spread(GRID[drawn[p].argmax(axis=1)] - GRID[drawn[1].argmax(axis=1)], "y"),
        )  # fmt: skip
        yield words(
            f"multi-step-end-p{p}", f"Tasks of {p} steps {claim}: 5 points last longer", TEXT, base < end < np.inf, end,
            "years until below 5 points", f"Against {base:.1f} y for one step. "
            + spread(last_above(GRID, drawn[p], 5.0), "y") + (LOW if p == 10 else ""),
        )  # fmt: skip


LOW = " They converge, but the gap is small from the start: the rounded ceiling is 0.8, and 0.8 to the tenth is 0.11."


def _rules() -> Iterator[Claim]:
    d = draws()
    for rule, (flop, law) in RULES.items():
        for usd in CAPITALS:
            start = usd * FLOP_PER_USD
            for kind, growth, drawn in (("raw", HARDWARE, d["g_hardware"]), ("effective", S, d["s"])):
                date = float(dates.rule_time(flop, start, growth))
                yield words(
                    f"flop-rule-{rule}-{_usd(usd)}-{kind}",
                    f"{usd:,.0f} USD outgrow a rule of {rule} FLOP within 20 years ({kind} FLOP)",
                    f"asked here, after the policy argument of {ARXIV}; rule: {law}", date <= WINDOW, date, "years",
                    spread(dates.rule_time(flop, start, drawn), "y")
                    + (" The law counts raw FLOP." if kind == "raw" else " Counted in FLOP of t = 0's algorithms."),
                )  # fmt: skip


def _usd(usd: float) -> str:
    return f"1e{round(np.log10(usd))}"


def _home() -> Iterator[Claim]:
    claim = "In 2030 a home computer runs a model like today's frontier"
    elapsed = PUBLISHED_YEAR - CLOUD_YEAR
    reached = PUBLISHED_YEAR + float(lag(log_lead(elapsed, 1.0, np.log(G)), np.log(S)))
    d = draws()
    spreads = PUBLISHED_YEAR + log_lead(elapsed, 1.0, np.log(d["g_investment"])) / np.log(d["s"])
    yield words(
        "home-computer-2030", f"{claim}: 1,000 USD reach the model's frontier of mid 2025 (t = 0 at 2020.5)", SUMMARY,
        abs(reached - 2030) < 1, reached, "year",
        "It follows inside the paper's model, where both spent the same in 2020.5. " + spread(spreads, "", 6),
        published=2030.0,
    )  # fmt: skip
    effective = GROK4_FLOP * PAPER["g_algorithms"] ** elapsed
    actual = CLOUD_YEAR + float(dates.rule_time(effective, C0, S))
    yield words(
        "home-computer-2030-measured", f"{claim}: 1,000 USD reach the measured frontier of mid 2025 (5e26 FLOP)",
        SUMMARY, abs(actual - 2030) < 1, actual, "year",
        "The real frontier had not started level with 1,000 USD; training it, not running it. "
        + spread(CLOUD_YEAR + dates.rule_time(GROK4_FLOP * d["g_algorithms"] ** elapsed, C0, d["s"]), "", 6),
        published=2030.0,
    )  # fmt: skip
    price = PRICE * 1e6
    story = Story(SLOW)
    level = float(story.frontier(elapsed))
    rate = float(story.compute(1.0) - story.compute(0.0))
    run = CLOUD_YEAR + (level - float(story.compute(0.0))) / rate
    yield words(
        "home-computer-2030-inference", f"{claim}: {price:g} USD per million tokens runs it, g_inference 2.8", SUMMARY,
        run <= 2030, run, "year", "The inference equation as published: earlier than 2030.", published=2030.0,
    )  # fmt: skip


def pictures() -> list[Picture]:
    """The anchor of the mid-2020s, and the FLOP rules."""
    return [_anchors(), _rules_picture()]


def _anchors() -> Picture:
    ratios = np.geomspace(0.1, 1e5, 200)
    lines = []
    for k, anchor in enumerate((2020.5, 2022.0, 2023.2, 2025.0)):
        years = anchor + dates.peak_time(ALPHA, S, G, ratios)
        d = {name: value[:, None] for name, value in draws().items()}
        shade = band(anchor + dates.peak_time(d["alpha"], d["s"], d["g_investment"], ratios)) if k == 0 else None
        lines.append(Line(f"anchor {anchor:g}", ratios, years, k / 3, shade))
    marks = (
        Line("paper: both spend the same", np.ones(1), np.array([lines[0].y[np.abs(ratios - 1).argmin()]]), "seen",
             style="o"),
        Line("1,000 USD against GPT-4 (2023.2)", np.array([GPT4_USD / 1e3]),
             GPT4_YEAR + np.atleast_1d(dates.peak_time(ALPHA, S, G, GPT4_USD / 1e3)), "seen", style="peak"),
    )  # fmt: skip
    panel = Panel(
        "", "Frontier's spending over the budget actor's, at the anchor (ratio)", "Year in which the loss gap peaks",
        (*lines, *marks), ((2025.5, "mid-2020s"),), MID, log="x", limits=(2005, 2032), legend="lower left",
    )  # fmt: skip
    return Picture(
        "peak-year", "“The gap peaks in the mid-2020s” needs an anchor",
        (panel,),
        "Anchor: the date at which spending differs by that ratio. Shaded: 90 %, literature priors, anchor 2020.5.",
        1,
    )  # fmt: skip


def _rules_picture() -> Picture:
    years = np.linspace(0.0, 40.0, 81)
    d = {name: value[:, None] for name, value in draws().items()}
    panels = []
    for kind, growth, drawn in (
        ("Raw FLOP (what the law counts)", HARDWARE, d["g_hardware"]),
        ("Effective FLOP", S, d["s"]),
    ):
        lines = []
        for k, usd in enumerate(CAPITALS):
            start = usd * FLOP_PER_USD
            shade = band(start * drawn**years) if k in (0, 3) else None
            lines.append(Line(f"{usd:,.0f} USD", years, start * growth**years, k / 3, shade))
        levels = ((1e25, "EU: 1e25"), (1e26, "US (2023): 1e26"))
        raw = kind.startswith("Raw")
        panels.append(
            Panel(kind, "Years since 1e17 FLOP per USD", "Training compute (FLOP)", tuple(lines), levels, log="y",
                  limits=(1e20, 1e30), level_side="left" if raw else "right", legend="upper left" if raw else "")
        )  # fmt: skip
    return Picture(
        "flop-rules", "When a fixed budget passes the FLOP rules", tuple(panels),
        "Lines: the paper's growth of 1.4x (hardware) and 3.92x (with algorithms) a year. Shaded: 90 % under the\n"
        "literature priors, for 1,000 and 1,000,000 USD.",
    )  # fmt: skip
