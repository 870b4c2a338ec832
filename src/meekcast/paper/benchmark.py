"""Benchmark: loss as MMLU, the gap in points, and p steps in a row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from meekcast.equations.links import bounded_link_of_compute, consecutive_steps
from meekcast.equations.turning import last_time_at_least
from meekcast.equations.types import Array
from meekcast.model.published import (
    MMLU_END,
    largest_mmlu_gap,
    mmlu_gap,
    mmlu_scores,
    sigmoid,
)
from meekcast.paper.claims import ARXIV, Claim, number, words
from meekcast.paper.pictures import Line, Panel, Picture
from meekcast.paper.sigmoid import BESIROGLU, HOFFMANN, Fit, draws_given_alpha, fit
from meekcast.paper.training import C0, L0, TIME, A
from meekcast.paper.uncertainty import SEED, band, draws, last_above, spread

STEPS = (1, 2, 5, 10)
PUBLISHED = {  # largest gap (points) and its date (years), rounded sigmoid; largest gap, unrounded
    1: (46.4, 4.1, 47.0),
    2: (49.3, 4.4, 50.7),
    5: (29.0, 5.1, 31.1),
    10: (9.6, 5.8, 11.1),
}
GPT4 = 0.864
SUMMARY_LAW = (0.178500, 2731.83, 1.81613)  # alpha, A, L0: Besiroglu et al. 2024 in compute
YEARS = np.linspace(0.0, 20.0, 201)
FIGURE, CODE, OWN = f"{ARXIV}, MMLU figures", f"{ARXIV}, released code", "not in the paper; own refit of its 30 points"
UNITS = {"S": "share", "x0": "nats/token", "k": "per nat", "b": "share"}
NAMES = tuple(UNITS)


def claims() -> list[Claim]:
    """Every claim about MMLU."""
    return [*_parameters(), *_errors(), *_ceiling(), *_gaps(), *_besiroglu()]


def unrounded() -> tuple[float, ...]:
    """The refitted sigmoid, all digits."""
    return tuple(float(v) for v in fit().values)


@cache
def spread_of_gaps() -> dict[int, Array]:
    """Gaps in points under the literature priors, the sigmoid refitted to each draw: draws by date."""
    d = draws()
    link = draws_given_alpha(d["alpha"], np.random.default_rng(SEED))
    args = [link[n][:, None] for n in ("difficulty", "discrimination", "floor", "ceiling")]
    rate, lead = np.log(d["s"])[:, None], np.log(d["g_investment"])[:, None]
    x = np.log(C0) + rate * YEARS
    frontier, budget = (bounded_link_of_compute(x + k * lead * YEARS, d["alpha"][:, None], *args) for k in (1.0, 0.0))
    return {p: 100 * (consecutive_steps(frontier, p) - consecutive_steps(budget, p)) for p in STEPS}


def _parameters() -> Iterator[Claim]:
    found = fit()
    for name, value, published, places in zip(
        NAMES, found.values, (0.5567, 1.9739, -23.77, 0.2540), (4, 4, 2, 4), strict=True
    ):
        sign = -1.0 if name == "k" else 1.0  # the paper writes the slope negative
        i = NAMES.index(name)
        yield number(
            f"sigmoid-{name.lower()}", f"Sigmoid from loss to MMLU: {name}", FIGURE, published, sign * value,
            UNITS[name],
            f"Least squares through 30 models; standard error {found.errors[i]:.3g}.", places=places,
        )  # fmt: skip
    for name, value, published in zip(("S", "x0", "b"), found.values[[0, 1, 3]], (0.55, 1.97, 0.25), strict=True):
        yield number(
            f"sigmoid-{name.lower()}-plotted", f"The plots round {name} to {published:g}", CODE, published, value,
            "nats/token" if name == "x0" else "share",
            "Rounding S from 0.557 lowers the ceiling from 0.811 to 0.80." if name == "S" else "As printed.", places=2,
        )  # fmt: skip


def _errors() -> Iterator[Claim]:
    found = fit()
    for i, name in enumerate(NAMES):
        error, value = found.errors[i], found.values[i]
        yield words(
            f"sigmoid-{name.lower()}-error", f"Standard error of {name} in the refit to the 30 models", OWN, True,
            error, UNITS[name], f"{100 * error / abs(value):.0f} % of the estimate.",
        )  # fmt: skip
    yield words(
        "sigmoid-residual-sd", "Loss predicts MMLU to within 0.1 (residual SD)", OWN, found.residual_sd < 0.1,
        found.residual_sd, "share", "Over 26 degrees of freedom; 7.6 points of MMLU.",
    )  # fmt: skip
    for i in range(4):
        for j in range(i + 1, 4):
            r = found.correlations[i, j] * (-1 if "k" in (NAMES[i], NAMES[j]) else 1)  # the paper's k is negative
            yield words(
                f"sigmoid-correlation-{NAMES[i].lower()}-{NAMES[j].lower()}",
                f"Correlation of {NAMES[i]} and {NAMES[j]} in the refit to the 30 models", OWN, True, r, "correlation",
                "Nearly independent." if abs(r) < 0.3 else "The estimates move together: draw all four jointly.",
            )  # fmt: skip


def _ceiling() -> Iterator[Claim]:
    ceiling, error = fit().ceiling
    yield number(
        "sigmoid-ceiling", "The sigmoid's ceiling, S + b", FIGURE, 0.81, ceiling, "share",
        f"Standard error {error:.2f}: few of the 30 models come near it.", places=2,
    )  # fmt: skip
    corrected, corrected_error = fit(BESIROGLU).ceiling
    yield words(
        "sigmoid-ceiling-gpt4", "MMLU saturates at the ceiling, although GPT-4 scored 0.864 in 2023", FIGURE,
        ceiling >= GPT4, ceiling, "share",
        f"A model stood above it before the paper; within one standard error ({error:.2f}). Under Besiroglu's law the "
        f"ceiling is {corrected:.2f} ({corrected_error:.2f}).", published=GPT4,
    )  # fmt: skip


def _gaps() -> Iterator[Claim]:
    for p, (height, date, full) in PUBLISHED.items():
        peak, other = largest_mmlu_gap(p), largest_mmlu_gap(p, unrounded())
        what = f"Largest MMLU gap, {p} step{'s' * (p > 1)}"
        yield number(
            f"mmlu-gap-p{p}", f"{what} (rounded sigmoid)", FIGURE, height, peak.height, "points",
            f"Exponent 0.154. {spread(spread_of_gaps()[p].max(axis=1), 'points')}", places=1,
        )  # fmt: skip
        yield number(
            f"mmlu-gap-p{p}-date", f"{what}: when", FIGURE, date, peak.time, "years",
            ("More steps move the peak later. " if p > 1 else "") + ("5.746 rounds to 5.7. " if p == 10 else "")
            + spread(YEARS[spread_of_gaps()[p].argmax(axis=1)], "y"), places=1,
        )  # fmt: skip
        yield number(
            f"mmlu-gap-p{p}-unrounded", f"{what} (unrounded sigmoid)", CODE, full, other.height, "points",
            f"All digits of the refit; at {other.time:.2f} y.", places=1,
        )  # fmt: skip
    end = last_time_at_least(lambda t: mmlu_gap(t, 1), 5.0, 0.0, MMLU_END)
    below = last_above(YEARS, spread_of_gaps()[1], 5.0)
    yield number(
        "mmlu-gap-below-5", "The MMLU gap is below 5 points after 7.7 y", FIGURE, 7.7, end, "years",
        "Exponent 0.154, rounded sigmoid. " + spread(below, "y"), places=1,
    )  # fmt: skip
    peak = largest_mmlu_gap(1, law=(0.155, A, L0))
    yield number(
        "mmlu-gap-p1-exponent-0.155", "The same at the text's exponent 0.155", f"{ARXIV}, text", 46.4, peak.height,
        "points", f"The figures use 0.154; the text's exponent peaks at {peak.time:.1f} y.", places=1,
    )  # fmt: skip


def _besiroglu() -> Iterator[Claim]:
    found, source = fit(BESIROGLU), f"{ARXIV}, MMLU figures; refit under Besiroglu et al. 2024 (arXiv:2404.10102)"
    for i, (name, published, places) in enumerate(
        zip(NAMES, (0.5567, 1.9739, -23.77, 0.2540), (4, 4, 2, 4), strict=True)
    ):
        sign = -1.0 if name == "k" else 1.0
        yield number(
            f"besiroglu-sigmoid-{name.lower()}", f"{name} is the same under the corrected Chinchilla coefficients",
            source, published, sign * found.values[i],
            UNITS[name],
            f"Standard error {found.errors[i]:.2g}; loss from N and D by Besiroglu's law.", places=places,
        )  # fmt: skip
    curve = tuple(float(v) for v in found.values)
    peak = largest_mmlu_gap(1, curve, SUMMARY_LAW)
    yield number(
        "besiroglu-mmlu-gap-p1", "Largest MMLU gap under the corrected coefficients", source, 46.4, peak.height,
        "points", f"At {peak.time:.1f} y, with law and sigmoid both refitted.", places=1,
    )  # fmt: skip


def pictures() -> list[Picture]:
    """The fits, and MMLU of both actors for each number of steps."""
    return [_fits(), _steps()]


def _fits() -> Picture:
    panels = []
    for title, law in (("Loss by Hoffmann et al. (the paper)", HOFFMANN), ("Loss by Besiroglu et al.", BESIROGLU)):
        found = fit(law)
        grid = np.linspace(found.losses.min() - 0.05, found.losses.max(), 200)
        curve = 100 * sigmoid(grid, *found.values)
        lines = (
            Line("least squares, 90 % band", grid, curve, "budget", _fit_band(found, grid)),
            Line("30 base models", found.losses, 100 * found.scores, "seen", style="o"),
        )
        ceiling, error = found.ceiling
        label = f"{title}\nceiling {100 * ceiling:.0f} ± {100 * error:.0f} points"
        panels.append(
            Panel(
                label, "Loss (nats per token)", "MMLU (points)", lines, ((100 * GPT4, "GPT-4: 86.4"),), limits=(15, 100)
            )
        )
    return Picture(
        "sigmoid-fit", "From loss to MMLU: the ceiling is poorly known", tuple(panels),
        "Loss is computed from parameters and tokens, not measured. ±: standard error. Band: 90 %, joint error of\n"
        "the four parameters, ceilings above 100 points excluded.",
    )  # fmt: skip


def _fit_band(found: Fit, grid: Array) -> tuple[Array, Array]:
    drawn = found.draw(2000, np.random.default_rng(SEED))
    return band(100 * sigmoid(grid, *(column[:, None] for column in drawn.T)))


def _steps() -> Picture:
    panels = []
    for p in STEPS:
        shares = [100 * np.asarray(consecutive_steps(mmlu_scores(YEARS, lead), p)) for lead in (1.0, 0.0)]
        lines = (
            Line("frontier", YEARS, shares[0], "frontier"),
            Line("budget", YEARS, shares[1], "budget"),
            Line("gap", YEARS, mmlu_gap(YEARS, p), "gap", band(spread_of_gaps()[p])),
        )
        name = "One answer" if p == 1 else f"{p} answers in a row"
        panels.append(Panel(name, TIME, "Success (%)", lines, limits=(0, 85), legend="center right" if p == 1 else ""))
    return Picture(
        "mmlu-steps", "MMLU and tasks of several steps: the gap opens, then closes", tuple(panels),
        "Lines: rounded sigmoid, exponent 0.154. Shaded: 90 % of the gap under the literature priors, with the\n"
        "sigmoid refitted to each draw.",
    )  # fmt: skip
