"""What the documents of backtests hold, key by key: backtest.json, and the scorecard that a forecast carries."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

type Row = dict[str, Any]
"""One target, or the scores of a block of them: read by names that are put together, such as ``coverage90``."""

DIGITS = 6
"""Significant digits of scores, which is more than any of them is good for."""


class SkippedDocument(TypedDict):
    """An origin at which a benchmark is not asked, and why."""

    card: str
    origin: str
    benchmark: str
    reason: str


class EditionDocument(TypedDict):
    """Which edition of a board an origin read; one after the origin stands in where none is known from then."""

    card: str
    origin: str
    evidence: str
    edition: str
    stands_in: bool


class PoolWeights(TypedDict):
    """Weights of the pool at a horizon, from the targets that are dated by an origin; from all where it is null."""

    card: str
    horizon: float
    origin: str | None
    targets: int
    weights: dict[str, float]


class Scale(TypedDict):
    """By what scores are divided before pooling."""

    card: str
    benchmark: str
    crps_of_persistence: float


class Interval(TypedDict):
    """How intervals are made."""

    kind: str
    probability: float
    resamples: int


class MadeBy(TypedDict):
    """What made a backtest."""

    card: str
    title: str
    benchmarks: dict[str, dict[str, str]]
    priors: str
    evidence: list[str]
    hashes: dict[str, str]
    source: str
    versions: dict[str, str]


class BacktestDocument(TypedDict):
    """backtest.json; of several cards together with their comparison."""

    schema: str
    cards: list[Row]
    periods: list[Row]
    true: list[Row]
    followers: list[Row]
    weights: list[PoolWeights]
    rows: list[Row]
    skipped: list[SkippedDocument]
    fits: list[Row]
    editions: list[EditionDocument]
    scales: list[Scale]
    baselines: dict[str, str]
    definitions: dict[str, str]
    interval: Interval
    settings: dict[str, Any]
    provenance: list[MadeBy]
    comparison: NotRequired[list[Row]]
    files: NotRequired[list[str]]


class HeldOut(TypedDict):
    """What weighs a card in a stack and a report shows: past targets and forecasts. Where it is kept says the last."""

    schema: str
    card: str
    rows: list[Row]
    hashes: dict[str, str]
    source: str
    versions: dict[str, str]
    settings: dict[str, Any]
    earlier_version: NotRequired[bool]


class PoolCard(TypedDict):
    """How the pool of a card and damped persistence did, and the weights that a forecast now would use."""

    weights: list[Row]
    pooled: Row
    by_horizon: list[Row]
    by_benchmark: list[Row]
    by_follower: list[Row]
    earlier: Row
    later: Row
    true: Row


class FitsHealth(TypedDict):
    """Worst of a card's own fits; None where nothing was sampled by a Markov chain."""

    n: int
    divergences: int
    origins_with_divergences: int
    r_hat_max: float | None
    ess_bulk_min: float | None
    not_ok: int


class Scorecard(TypedDict):
    """How a card did on past dates; where it is kept says the last two.

    ``confirmed`` are origins whose forecasts a later version made again, to the same digits; the rest is an earlier
    one's.
    """

    schema: str
    card: str
    first_origin: str
    last_origin: str
    pooled: Row
    by_horizon: list[Row]
    by_benchmark: list[Row]
    by_follower: list[Row]
    earlier: Row
    later: Row
    true: Row
    pool: PoolCard
    fits: FitsHealth
    baselines: list[str]
    chosen_until: str
    interval_probability: float
    hashes: dict[str, str]
    source: str
    versions: dict[str, str]
    settings: dict[str, Any]
    confirmed: NotRequired[list[str]]
    key: NotRequired[str]
    earlier_version: NotRequired[bool]


def rounded(value: Any) -> Any:
    """The same with numbers to six digits.

    Examples
    --------
    >>> rounded({"crps": [1.23456789, 2]})
    {'crps': [1.23457, 2]}
    """
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
