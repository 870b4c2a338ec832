"""What the documents of a run hold: summary.json and manifest.json, key by key."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict, final

from meekcast.backtests.documents import Scorecard
from meekcast.calibrations.documents import Calibrated
from meekcast.files import Number
from meekcast.forecasts.checks import CheckDocument
from meekcast.forecasts.forecast import Provenance
from meekcast.forecasts.lags import LagsDocument
from meekcast.forecasts.questions.answer import AnswerDocument, Span
from meekcast.forecasts.questions.monte_carlo import ProbabilityDocument
from meekcast.inference.diagnostics import DiagnosticsDocument
from meekcast.runs.surprise import Verdict


class Band(TypedDict):
    """Quantiles of a quantity over time; None where there is nothing to observe yet."""

    unit: str
    long_name: str
    time: list[float]
    quantiles: dict[str, list[Number | None]]


class Told(Span):
    """What summaries of forecasts and of averages have in common."""

    title: str
    today: str
    point: bool
    bands: dict[str, Band]


class Comparable(Told):
    """A forecast of one card that can stand beside others."""

    schema: str
    card: str
    events: list[AnswerDocument]
    label: NotRequired[str]  # what a comparison calls it; in no file


@final
class ScoresEntry(TypedDict):
    """A table of scores that was read."""

    name: str
    benchmark: str
    records_used: int
    records_in_table: int
    last_date: str | None
    as_of: str
    edition: str | None
    age_months: float
    source: str
    licence: str


@final
class InformingEntry(TypedDict):
    """A table on parameters that was read; too few rows by a date measure nothing."""

    name: str
    kind: str
    measured: dict[str, dict[str, float]]
    known_exactly: list[str]
    records_used: int
    records_in_table: int
    last_date: str | None
    source: str
    licence: str


class ParameterEntry(TypedDict):
    """Quantiles of a parameter before and after the evidence."""

    unit: str
    prior: dict[str, float]
    posterior: dict[str, float]
    source: str


class FollowerDocument(TypedDict):
    """A follower of the card, and what names of its own begin with."""

    name: str
    title: str
    prefix: str
    rule: str | None
    entry: str | None
    growth: str


class AlreadyDocument(TypedDict):
    """An event that may have happened before anybody asked."""

    event: str
    probability: ProbabilityDocument


class PoolWeightsNow(TypedDict):
    """Weights of the pool at a horizon in years, and from how many past targets they are; none: equal."""

    horizon: float
    targets: int
    weights: dict[str, float]


class PoolDate(TypedDict):
    """Quantiles of a gap on a date: seen, by forecast, and true, by the card; its month, if it is a horizon's."""

    date: str
    months: int | None
    headline: Literal["pool", "card"]
    weights: dict[str, float]
    seen: dict[str, dict[str, float]]
    true: dict[str, float]
    probability_below: dict[str, float]


class PoolSeries(TypedDict):
    """A series: the gap that its board shows now, and what is said of dates ahead."""

    series: str
    benchmark: str
    follower: str
    title: str
    unit: str
    evidence_until: str
    now: float
    dates: list[PoolDate]


class PoolDocument(TypedDict):
    """Gaps ahead; why which forecast is the headline; weights are learnt where a backtest is known, else equal."""

    learnt: bool
    weights: list[PoolWeightsNow]
    why: str
    series: list[PoolSeries]


class Summary(Comparable):
    """summary.json; what is not required is added when it is written."""

    priors: str
    overrides: dict[str, str]
    seed: int
    evidence: list[ScoresEntry | InformingEntry]
    followers: list[FollowerDocument]
    evidence_until: str | None
    already: list[AlreadyDocument]
    diagnostics: DiagnosticsDocument
    parameters: dict[str, ParameterEntry]
    lags: list[LagsDocument] | None
    pool: PoolDocument | None
    event_definition: str
    scorecard: Scorecard | None
    calibration: NotRequired[Calibrated | None]
    provenance: Provenance
    predictive_checks: NotRequired[list[CheckDocument]]
    run: NotRequired[str]
    files: NotRequired[list[str]]


class Text(TypedDict):
    """A file that was read, word for word, with the hash of its text and of what it says; no text if it had none."""

    name: str
    text: str | None
    sha256: str | None
    fingerprint: str


class PriorsText(Text):
    """A prior set, and where each of its priors is from."""

    sources: dict[str, str]


class EvidenceText(Text):
    """A table of scores, and the benchmark that reads it."""

    benchmark: str


class OverrideDocument(TypedDict):
    """What the user changed."""

    name: str
    prior: str


class Read(TypedDict):
    """What a run was made from; earlier versions did not tell of all."""

    card: Text
    bases: NotRequired[list[Text]]
    prior_bases: NotRequired[list[Text]]
    priors: PriorsText
    overrides: list[OverrideDocument]
    evidence: list[EvidenceText]
    informing: NotRequired[list[Text]]


class Commit(TypedDict):
    """The checkout that ran."""

    hash: str
    modified: bool


class Asked(TypedDict):
    """What the user asked for beside the inputs."""

    until: float | None
    today: str
    check: bool
    as_of: NotRequired[str | None]


class Manifest(TypedDict):
    """manifest.json; the seal is put on it last."""

    schema: str
    version: str
    commit: Commit | None
    command: list[str] | None
    run: str
    seed: int
    settings: dict[str, Any]
    asked: Asked
    inputs: Read
    source: str
    python: str
    platform: str
    distributions: dict[str, str]
    diagnostics: DiagnosticsDocument
    scorecard: Scorecard | None
    outputs: dict[str, str]
    sha256_of_this_manifest: NotRequired[str]


class BoardState(TypedDict):
    """A board as it was read; the gap is that of the date on which the run's evidence ended, None if unknown."""

    evidence: str
    edition: str | None
    known_until: str
    gap: float | None


class ThenAndNow(TypedDict):
    """A board when the run was made, and as it is read now."""

    then: BoardState
    now: BoardState
    changed: bool


class WatchedSeries(TypedDict):
    """What new evidence says of one series of a run; None where no month has ended."""

    series: str
    title: str
    benchmark: str
    follower: str
    unit: str
    board: ThenAndNow
    targets: int
    new_records: int
    coverage50: float | None
    coverage90: float | None
    crps: float | None
    crps_over_persistence: float | None
    chance: float | None
    verdict: Verdict


class WatchedTarget(TypedDict):
    """A gap that a board showed at the end of a month, and what the run said of it."""

    series: str
    date: str
    observed: float
    quantiles: dict[str, float]
    pit: float
    inside50: bool
    inside90: bool
    crps: float
    crps_of_persistence: float


class WatchedRecord(TypedDict):
    """A record that the run did not know, and the scores that it expected of a model of that date."""

    benchmark: str
    actor: str
    model: str
    date: str
    known_on: str
    score: float
    quantiles: dict[str, float]
    pit: float
    inside90: bool


class WatchedOverall(TypedDict):
    """All series together; the CRPS is divided by that of persistence, series by series, before it is averaged."""

    targets: int
    series: int
    new_records: int
    coverage50: float | None
    coverage90: float | None
    crps_over_persistence: float | None
    chance: float | None
    verdict: Verdict


class UpdatedEvent(TypedDict):
    """Probabilities of an event by the dates that the run states, as it had them and given the new evidence."""

    name: str
    expression: str
    then: dict[str, ProbabilityDocument]
    now: dict[str, ProbabilityDocument] | None


class Updated(TypedDict):
    """What the new evidence does to the answers; figures are None where draws could not be weighed, `why` says why."""

    way: Literal["weights", "refit"]
    why: str
    pareto_k: Number | None
    weights_ess: float | None
    refit: str | None
    events: list[UpdatedEvent]


class WatchDocument(TypedDict):
    """What ``meekcast watch --json`` prints."""

    schema: str
    run: str
    card: str
    title: str
    asked_on: str
    as_of: str | None
    verdict: Verdict
    why: str
    overall: WatchedOverall
    updated: Updated
    series: list[WatchedSeries]
    targets: list[WatchedTarget]
    records: list[WatchedRecord]
    notes: list[str]
    definitions: dict[str, str]
