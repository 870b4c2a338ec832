"""Leaderboard: best overall, best in the price band, best of 7 to 8 billion parameters, on MMLU-Pro."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from meekcast.cards import library
from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.observations import EvidenceTable
from meekcast.paper.claims import ARXIV, Claim, number, words
from meekcast.paper.pictures import Line, Panel, Picture

DATA = f"data set published with {ARXIV}"
SUMMARY = f"summary of {ARXIV}, three-row table"
PRICE, SMALL, ROWS = "mmlu-pro", "mmlu-pro-small", "mmlu-pro-summary"
GAPS = {  # frontier, price band and gap in points, as the published data set gives them
    (2023, 12): (69, 39, 30),
    (2024, 3): (70, 39, 31),
    (2024, 6): (75, 57, 18),
    (2024, 9): (75, 68, 7),
    (2024, 12): (84, 71, 13),
    (2025, 3): (84, 83, 1),
}
WHEN = ("mid-2023", "early-2024", "late-2024")
AXIS = np.arange(2023.5, 2025.34, 1 / 48)


def best(table: EvidenceTable, actor: str, date: dt.date) -> float:
    """Best score of an actor up to a date."""
    return max(r.score for r in table.records if r.actor == actor and r.date <= date)


def _published(name: str) -> EvidenceTable:
    table = library.load_evidence(name)
    assert isinstance(table, EvidenceTable)  # it ships as records
    return table


def claims() -> list[Claim]:
    """Every claim about the leaderboard."""
    return [*_data(), *_summary(), *_small()]


def _data() -> Iterator[Claim]:
    table = library.load_published(PRICE)
    for (year, month), (frontier, budget, gap) in GAPS.items():
        day = dt.date(year, month, 1)
        top, band = best(table, "frontier", day), best(table, "budget", day)
        yield number(
            f"leaderboard-gap-{year}-{month:02}", f"MMLU-Pro gap to models at 0.5 to 1 USD, {day:%B %Y}", DATA, gap,
            top - band, "points", f"{top:g} against {band:g} (published data: {frontier} and {budget}).", places=0,
        )  # fmt: skip


def _summary() -> Iterator[Claim]:
    table = library.load_published(PRICE)
    for when, row in zip(WHEN, library.load_published(ROWS).gaps, strict=True):
        day = max(row.date, min(r.date for r in table.records if r.actor == "budget"))
        top, band = best(table, "frontier", day), best(table, "budget", day)
        early = " No model stood in the price band before." if day > row.date else ""
        note = f"A rough read-off: the data of {day:%B %Y} say {top:g} and {band:g}.{early}"
        values = {
            "frontier": (row.frontier, top),
            "budget": (row.budget, band),
            "gap": (row.frontier - row.budget, top - band),
        }
        for what, (published, computed) in values.items():
            name = {"frontier": "best overall", "budget": "best at 0.5 to 1 USD", "gap": "gap"}[what]
            yield number(
                f"summary-{what}-{when}", f"MMLU-Pro, {when.replace('-', ' ')}: {name}", SUMMARY, published, computed,
                "points", note, places=0,
            )  # fmt: skip


def _small() -> Iterator[Claim]:
    table = library.load_published(SMALL)
    first, last = dt.date(2023, 12, 1), dt.date(2025, 4, 1)
    start, end = (best(table, "frontier", day) - best(table, "budget", day) for day in (first, last))
    yield words(
        "leaderboard-small-narrows", "The gap to models of 7 to 8 billion parameters narrows too", DATA, end < start,
        end, "points in April 2025",
        f"From {start:g} points in December 2023, through 17 in May 2024; no small model set a record after that, so "
        "it widened again.",
    )  # fmt: skip
    table = library.load_published(PRICE)
    start, end = (best(table, "frontier", day) - best(table, "budget", day) for day in (first, last))
    yield words(
        "leaderboard-price-narrows", "The gap to models at 0.5 to 1 USD narrows", DATA, end < start, end,
        "points in April 2025", f"From {start:g} points in December 2023. Prices are one snapshot of 2025 applied to "
        "all dates, a look-ahead that favours narrowing.",
    )  # fmt: skip


def _standing(table: EvidenceTable, actor: str) -> tuple[Array, Array]:
    """Dates and best-so-far scores, to the end of the picture."""
    days = sorted({r.date for r in table.records if r.actor == actor})
    years = [decimal_year(day) for day in days]
    scores = [best(table, actor, day) for day in days]
    return np.array([*years, AXIS[-1]]), np.array([*scores, scores[-1]], dtype=float)


def _gap(table: EvidenceTable) -> tuple[Array, Array]:
    (top_years, top), (low_years, low) = _standing(table, "frontier"), _standing(table, "budget")
    years = np.union1d(top_years, low_years)
    years = years[years >= max(top_years[0], low_years[0])]
    first, second = (
        scores[np.searchsorted(when, years, side="right") - 1] for when, scores in ((top_years, top), (low_years, low))
    )
    return years, first - second


def pictures() -> list[Picture]:
    """Records of the three classes, and both gaps with the summary's rows."""
    price, small = library.load_published(PRICE), _published(SMALL)
    rows = library.load_published(ROWS).gaps
    dates = np.array([decimal_year(row.date) for row in rows])
    read_off = np.array([row.frontier - row.budget for row in rows])
    records = (
        Line("best overall", *_standing(price, "frontier"), "frontier", style="step"),
        Line("best at 0.5 to 1 USD", *_standing(price, "budget"), "budget", style="step"),
        Line("best of 7 to 8 billion parameters", *_standing(small, "budget"), "gap", style="step"),
    )
    gaps = (
        Line("to models at 0.5 to 1 USD", *_gap(price), "budget", style="step"),
        Line("to 7 to 8 billion parameters", *_gap(small), "gap", style="step"),
        Line("the summary's three rows", dates, read_off, "seen", style="o"),
    )
    return [
        Picture(
            "leaderboard", "MMLU-Pro: the cheap class catches up, the small one lags",
            (
                Panel(
                    "Best so far", "Year", "MMLU-Pro (points)", records,
                    limits=(0, 100), legend="lower right", calendar=True,
                ),
                Panel("Gap to the best overall", "Year", "Gap (points)", gaps, limits=(0, 60), calendar=True),
            ),
            "Output price per million tokens, one snapshot of 2025. Data: Gundlach et al. 2025, Artificial Analysis.",
        )
    ]  # fmt: skip
