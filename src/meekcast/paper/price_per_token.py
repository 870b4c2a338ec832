"""Inference: an actor who pays a fixed price per token, as published and in corrected forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.optimize import brentq

from meekcast.equations.dates import end_time, gap_at
from meekcast.equations.gap import loss_gap
from meekcast.equations.paths import log_compute, log_growth
from meekcast.equations.price_per_token import CORRECTION, inference_compute, matching_price
from meekcast.equations.types import Array, Values
from meekcast.model.published import PAPER
from meekcast.paper.claims import ARXIV, Claim, number, words
from meekcast.paper.pictures import Line, Panel, Picture
from meekcast.paper.training import ALPHA, C0, EPS, FLOP_PER_USD, TIME, A, G, S
from meekcast.paper.uncertainty import band, draws, spread

PRICE = 1e-8  # USD per token, as published
FIGURES, TEXT = 3.6, PAPER["g_algorithms"]  # g_algorithms of the figures and of the text
TOKENS_PER_PARAMETER, TRAIN_FLOP, USE_FLOP = 20, 6, 2  # D = 20 N, C = 6 N D, c F = 2 N
YEARS = np.linspace(0.0, 10.0, 201)
SOURCE, CODE = f"{ARXIV}, inference section", f"{ARXIV}, inference figures and released code"
SLOW, FAST = 2.8, 9.0
LATER = 5.0  # years, after both crossings


@dataclass(frozen=True)
class Story:
    """How the inference actor and the frontier grow; numbers, or arrays of draws.

    Parameters
    ----------
    g_inference : array_like
        Growth of what a price buys, per year.
    g_hardware : array_like
        Hardware gain on top; 1 where the price decline holds it already.
    price : float
        USD per token.
    factor : float
        1 as published, `CORRECTION` with the dropped factor.
    algorithms, frontier_algorithms : array_like
        g_algorithms of the two actors.
    frontier_hardware, investment : array_like
        The frontier's g_hardware and g_investment.
    """

    g_inference: Values
    g_hardware: Values = PAPER["g_hardware"]
    price: float = PRICE
    factor: float = 1.0
    algorithms: Values = FIGURES
    frontier_algorithms: Values = FIGURES
    frontier_hardware: Values = PAPER["g_hardware"]
    investment: Values = G

    def compute(self, t: Values) -> Array:
        """Effective compute, in ln FLOP, of the inference actor."""
        rates = (self.g_hardware, self.g_inference, self.algorithms)
        return np.asarray(inference_compute(t, self.price, FLOP_PER_USD, *rates) + np.log(self.factor))

    def frontier(self, t: Values) -> Array:
        """Effective compute, in ln FLOP, of the frontier."""
        rate = log_growth(self.frontier_hardware, self.frontier_algorithms, self.investment)
        return np.asarray(log_compute(t, C0, rate))

    def gap(self, t: Values, alpha: Values = ALPHA, scale: Values = A) -> Array:
        """Loss gap to the frontier, negative where the inference actor is ahead."""
        x = self.frontier(t)
        return np.asarray(loss_gap(x, x - self.compute(t), alpha, scale))

    @property
    def crossing(self) -> Array:
        """Date from which the inference actor is ahead; the start if it always is, inf if never."""
        lead = self.frontier(0.0) - self.compute(0.0)
        closing = self.compute(1.0) - self.compute(0.0) - (self.frontier(1.0) - self.frontier(0.0))
        when = lead / np.where(closing > 0, closing, 1.0)
        return np.where(lead <= 0, 0.0, np.where(closing > 0, when, np.inf))

    def closed(self, eps: float) -> float:
        """Date at which the gap falls below `eps`, of numbers."""
        if self.gap(0.0) < eps:
            return 0.0
        return float(brentq(lambda t: self.gap(t) - eps, 0.0, float(self.crossing), xtol=1e-12))


def uncertain(**fixed: Values) -> Story:
    """The story as published under the priors, which share g_algorithms between both actors."""
    d = draws()
    story = Story(
        d["g_inference"],
        d["g_hardware"],
        algorithms=d["g_algorithms"],
        frontier_algorithms=d["g_algorithms"],
        frontier_hardware=d["g_hardware"],
        investment=d["g_investment"],
    )
    return replace(story, **fixed)


TRAINING_END = float(end_time(ALPHA, A, C0, S, G, 1.0, EPS))
MATCHING = float(matching_price(C0, FLOP_PER_USD))


def claims() -> list[Claim]:
    """Every claim about inference."""
    return [*_crossings(), *_prices(), *_growth(), *_levels()]


def _crossings() -> Iterator[Claim]:
    yield number(
        "inference-crossing-g9", "With g_inference 9 the clipped gap is zero from 1.33 y on", CODE, 1.33,
        float(Story(FAST).crossing), "years", "With the same g_algorithms, 3.6 or 2.8, for both actors: it cancels. "
        "Unclipped, the gap is negative from there on: the budget actor leads.", places=2,
    )  # fmt: skip
    yield words(
        "inference-crossing-g2.8", "With g_inference 2.8 the inference gap closes too", CODE, True,
        float(Story(SLOW).crossing), "years", "Zero as clipped; unclipped it goes negative. " + _crossing_spread(),
    )  # fmt: skip
    for g in (SLOW, FAST):
        yield from _variants(g)


def _crossing_spread() -> str:
    dates = uncertain().crossing
    return spread(dates, "y") + f" It never closes in {np.mean(np.isinf(dates)):.0%} of the draws."


def _variants(g: float) -> Iterator[Claim]:
    """The same crossing in each corrected form."""
    base = Story(g)
    forms = {
        "algorithms-mixed": (replace(base, frontier_algorithms=TEXT), "3.6 for the inference actor, 2.8 (text) for the "
                             "frontier: the date moves only if the two actors differ"),
        "algorithms-text": (replace(base, algorithms=TEXT, frontier_algorithms=TEXT), "2.8 for both, as the text says: "
                            "g_algorithms cancels"),
        "hardware-once": (replace(base, g_hardware=1.0), "hardware counted once, as a price decline holds it already"),
        "factor-30": (replace(base, factor=CORRECTION), "with the dropped factor 30"),
        "matching-price": (replace(base, price=MATCHING), "at the price that matches at t = 0 it leads from the start"),
    }  # fmt: skip
    for name, (story, what) in forms.items():
        crossing, label = float(story.crossing), f"inference-crossing-g{g:g}-{name}"
        note = f"{what[0].upper()}{what[1:]}; as published {float(base.crossing):.2f} y."
        if g == FAST:
            claim = f"Zero from 1.33 y on with g_inference 9: {name.replace('-', ' ')}"
            yield number(label, claim, CODE, 1.33, crossing, "years", note, places=2)
        else:
            if name == "hardware-once":
                note += " But 2.8 is hardware-adjusted: here the published form is the right one."
            if name in _UNCERTAIN:
                note += " " + spread(uncertain(**_UNCERTAIN[name]).crossing, "y")
            claim = f"The inference gap closes faster than the training gap (g_inference 2.8): {name.replace('-', ' ')}"
            yield words(label, claim, SOURCE, crossing < TRAINING_END, crossing, "years", note)


_UNCERTAIN: dict[str, dict[str, Values]] = {"hardware-once": {"g_hardware": 1.0}, "factor-30": {"factor": CORRECTION}}


def _prices() -> Iterator[Claim]:
    yield number(
        "inference-matching-price", "1e-8 USD per token is the inference counterpart of a 1,000 USD training run",
        SOURCE, PRICE, MATCHING, "USD/token",
        "The price that buys the same effective compute at t = 0 is ten times higher; at 1e-8 the actor starts with "
        "100 times less than the trainer.", places=9,
    )  # fmt: skip
    corrected = MATCHING / np.sqrt(CORRECTION)
    yield number(
        "inference-matching-price-factor-30", "The same with the dropped factor 30", SOURCE, PRICE, corrected,
        "USD/token", "Factor 30 brings the matching price down by sqrt(30), still twice the published one.", places=9,
    )  # fmt: skip
    yield number(
        "inference-price-per-million", "The modelled price is that of the leaderboard's band, from 0.5 USD", SOURCE,
        0.5, PRICE * 1e6, "USD per million tokens",
        "1e-8 USD per token is 0.01 USD per million, 50 to 100 times below the band of 0.5 to 1 USD.", places=2,
    )  # fmt: skip
    yield number(
        "inference-dropped-factor", "C_eff = (c F)^2: a factor of 1", SOURCE, 1.0,
        TRAIN_FLOP * TOKENS_PER_PARAMETER / USE_FLOP**2, "ratio",
        "c F = 2 N, C = 6 N D and D = 20 N give 30 (c F)^2, or 3.40 more in ln C.", places=0,
    )  # fmt: skip


def _growth() -> Iterator[Claim]:
    frontier = PAPER["g_hardware"] * TEXT * G
    for g, algorithms in ((SLOW, TEXT), (SLOW, FIGURES), (FAST, TEXT), (FAST, FIGURES)):
        yearly = float(np.exp(inference_compute(1.0, 1.0, 1.0, PAPER["g_hardware"], g, algorithms)))
        yield words(
            f"inference-growth-g{g:g}-algorithms-{algorithms:g}",
            f"A fixed price buys ever more compute (g_inference {g:g}, g_algorithms {algorithms:g})", SOURCE,
            yearly > frontier, yearly, "per year",
            f"It grows faster than the frontier ({frontier:.0f}x a year): the gap must go negative, not only close.",
        )  # fmt: skip


def _levels() -> Iterator[Claim]:
    story = Story(SLOW)
    yield words(
        "inference-gap-start", "At t = 0 the inference actor stands behind", CODE, bool(story.gap(0.0) > 0),
        float(story.gap(0.0)), "nats/token", "It buys 1e18 FLOP where the frontier starts with 1e20.",
    )  # fmt: skip
    for g in (SLOW, FAST):
        gap = float(Story(g).gap(LATER))
        yield words(
            f"inference-gap-5y-g{g:g}", f"The inference gap is zero after 5 years (g_inference {g:g})", CODE,
            abs(gap) < 0.0005, gap, "nats/token",
            "Only when clipped: as the equation stands the frontier would be behind.",
        )  # fmt: skip


def pictures() -> list[Picture]:
    """The inference gap for both values of g_inference, in every form."""
    panels = tuple(_panel(g) for g in (SLOW, FAST))
    return [
        Picture(
            "inference-gap",
            "Inference at a fixed price: the gap closes, then turns negative",
            panels,
            "Gap to the frontier; below zero the budget actor leads. The paper clips it at zero. Hardware counted\n"
            "once: the price decline holds its gain already. Shaded: 90 % under the literature priors, as published.",
            2,
        )
    ]


def _panel(g: float) -> Panel:
    story = Story(g)
    published = story.gap(YEARS)
    training = gap_at(YEARS, ALPHA, A, C0, S, G)
    lines = [
        Line("as published, clipped", YEARS, np.maximum(published, 0.0), "seen"),
        Line("as published, unclipped", YEARS, published, "budget", _band() if g == SLOW else None, "--"),
        Line("hardware counted once", YEARS, replace(story, g_hardware=1.0).gap(YEARS), "gap"),
        Line("with the factor 30", YEARS, replace(story, factor=CORRECTION).gap(YEARS), "frontier"),
        Line("at the matching price", YEARS, replace(story, price=MATCHING).gap(YEARS), "other"),
        Line("training gap, to compare", YEARS, training, "neutral", style=":"),
    ]
    return Panel(
        f"g_inference = {g:g} a year", TIME, "Loss gap (nats per token)", tuple(lines),
        ((0.0, ""),), limits=(-0.3, 1.2), legend="upper right",
    )  # fmt: skip


def _band() -> tuple[Array, Array]:
    """Band of the unclipped gap under the priors."""
    d, story = draws(), uncertain()
    columns: dict[str, Any] = {f.name: np.asarray(getattr(story, f.name))[..., None] for f in fields(story)}
    return band(Story(**columns).gap(YEARS, d["alpha"][:, None], d["A"][:, None]))
