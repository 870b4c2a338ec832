"""What a model card and a prior set may say.

Cards are data: TOML read into these frozen types, checked once here and trusted afterwards. Names of
components form a closed registry (`meekcast.vocabulary.components`); the mathematics behind each name is in
`meekcast.model`.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, field_validator, model_validator

from meekcast.cards.priors import Entry, Name, Priors, Text, Title
from meekcast.clock import decimal_year
from meekcast.errors import naming, nearest
from meekcast.observations import rules
from meekcast.observations.schema import FRONTIER, Reading, Word
from meekcast.vocabulary.components import Algorithms, Discrepancy, Extra, Growth, Investment, Kind, Link, ScoreUnit
from meekcast.vocabulary.expression import Expression
from meekcast.vocabulary.grammar import parse as parse_question
from meekcast.vocabulary.parameters import Parameter, find
from meekcast.vocabulary.quantities import Followed, Measure, Quantity, available
from meekcast.vocabulary.scope import Scope

Clock = Literal["elapsed", "calendar"]


def _canonical_rule(rule: str) -> str:
    return str(rules.Rule.read(rule))


class FollowerEntry(Entry):
    """An actor that follows the frontier: who counts for it, from when on, and what it grows by.

    Without a ``rule`` it can be read only from published tables of records or gaps.
    """

    name: Word
    title: Title | None = None
    rule: Annotated[str, AfterValidator(_canonical_rule)] | None = None
    entry: rules.Entry = "price"
    growth: Growth

    @property
    def actor(self) -> rules.Actor | None:
        """Whom it admits, as tables of scores read it."""
        return rules.Actor(self.name, rules.Rule.read(self.rule), self.entry) if self.rule else None

    @property
    def called(self) -> str:
        """What it is called in sentences."""
        return self.title or f"the {self.name.replace('_', ' ')} actor"


class BenchmarkEntry(Entry):
    """A benchmark that the card reads, and its link from compute to score.

    ``rule`` says which scores are observations (`meekcast.observations.observations`); ``followers``, on whose
    records there are enough (all by default); ``kind``, like which other boards it is where a prior is missing;
    ``prices_within``, in days, leaves out models whose price was
    first seen later than that after their release.
    """

    name: Word
    title: Title
    link: Link
    unit: ScoreUnit = "points"
    kind: Kind | None = None
    evidence: Text | None = None
    since: dt.date | None = None
    rule: Reading = "records"
    followers: Annotated[list[str], Field(min_length=1)] | None = None
    prices_within: Annotated[int, Field(ge=0)] | None = None
    floor: Annotated[float, Field(ge=0)] = 0.0
    steps: Annotated[int, Field(ge=1)] = 1
    reference: float | Literal["start"] = 0.0
    rationale: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> BenchmarkEntry:
        if self.steps > 1 and self.unit != "points":
            raise ValueError("several steps in a row need a score that is a probability: unit points")
        if self.since and not self.evidence:
            raise ValueError("since says which evidence to read, and there is none")
        if (self.rule != "records" or self.prices_within is not None) and not self.evidence:
            raise ValueError("rule and prices_within say how evidence is read, and there is none")
        return self


class Piece(Entry):
    """A later piece of an investment path: from `after` years since the start it grows by `factor`."""

    after: Annotated[float, Field(ge=0)]
    factor: Annotated[float, Field(gt=0)]


class EventEntry(Entry):
    """Something that happens at a date: a question with a name."""

    name: Title
    ask: Text

    @model_validator(mode="before")
    @classmethod
    def _one_line(cls, data: Any) -> Any:
        old = {"quantity", "below", "above", "unit"}
        if isinstance(data, dict) and data.keys() & old:
            sign, level = ("<", data["below"]) if "below" in data else (">", data.get("above", "NUMBER"))
            line = f"{data.get('quantity', 'QUANTITY')} {sign} {level} {data.get('unit', '')}".strip()
            raise ValueError(
                f'{", ".join(key for key in data if key in old)} became one question: write ask = "{line}" instead'
            )
        return data

    @field_validator("ask")
    @classmethod
    def _canonical(cls, value: str) -> str:
        return str(parse_question(value))

    @property
    def expression(self) -> Expression:
        """The question."""
        return parse_question(self.ask)


class Series(NamedTuple):
    """A benchmark as it is read of one follower; its gaps are named ``<name>_gap``."""

    name: str
    benchmark: BenchmarkEntry
    follower: FollowerEntry


class ModelCard(Priors):
    """A story about the frontier and its followers: a TOML file in ``models/``."""

    schema_: Literal[1] = Field(alias="schema")
    name: Name
    title: Title
    story: Text
    wrong_if: Text
    clock: Clock
    start: dt.date | None = None
    horizon: Annotated[float, Field(gt=0)]
    priors: Text
    extends: Text | None = Field(default=None, exclude=True)  # already merged; no part of what the card says
    followers: Annotated[list[FollowerEntry], Field(min_length=1, max_length=20)]
    budget_usd: Annotated[float, Field(gt=0)] | None = None
    investment: Investment = "constant"
    pieces: list[Piece] = Field(default_factory=list, max_length=100)
    algorithms: Algorithms = "shared"
    extras: list[Extra] = Field(default_factory=list)
    discrepancy: Discrepancy = "none"
    benchmarks: list[BenchmarkEntry] = Field(default_factory=list, max_length=100)
    trends: list[Text] = Field(default_factory=list, max_length=100)
    losses: Text | None = None
    events: Annotated[list[EventEntry], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _consistent(self) -> ModelCard:
        if (self.clock == "calendar") != (self.start is not None):
            raise ValueError('clock = "calendar" needs a start date, clock = "elapsed" has none')
        if self.observed and self.clock != "calendar":
            raise ValueError('evidence is dated: it needs clock = "calendar"')
        if (self.investment == "piecewise") != bool(self.pieces):
            raise ValueError('investment = "piecewise" needs pieces, and only it has them')
        if any(late.after <= early.after for early, late in itertools.pairwise(self.pieces)):
            raise ValueError("pieces are not in order of `after`")
        if self.budget_usd is not None and self.followers[0].growth != "training":
            raise ValueError('budget_usd, the sum of money that C0 stands for, needs a follower of growth = "training"')
        if len(set(self.extras)) < len(self.extras):
            raise ValueError("an extra is named twice")
        if len(set(self.trends)) < len(self.trends):
            raise ValueError("a trend is named twice")
        if self.start and not self.start.year < self.horizon < 2200:
            raise ValueError(f"horizon is a year after the start {self.start} and before 2200, got {self.horizon:g}")
        if not self.start and not 1 <= self.horizon <= 200:
            raise ValueError(f"horizon is 1 to 200 years after the start, got {self.horizon:g}")
        if len(set(self.benchmark_names)) < len(self.benchmarks):
            raise ValueError("two benchmarks have the same name")
        self._check_followers()
        names = [event.name for event in self.events]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two events have the name {min(twice)!r}")
        for event in self.events:
            with naming(f"event {event.name!r}"):
                self.scope.check_dated(event.expression)
        return self

    @model_validator(mode="before")
    @classmethod
    def _one_budget(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("budget"), str):
            entry = f'[[followers]] with name = "budget" and growth = "{data["budget"]}"'
            raise ValueError(f"budget became a list of followers: write {entry} instead")
        return data

    def _check_followers(self) -> None:
        names = [follower.name for follower in self.followers]
        taken = {"frontier", "loss", "gap", "gap_slope", "gap_observed", *self.benchmark_names}
        for name in names:
            if names.count(name) > 1 or name in taken:
                raise ValueError(f"two things have the name {name!r}: a follower needs one of its own")
        for benchmark in self.benchmarks:
            unknown = sorted(set(benchmark.followers or []) - set(names))
            if unknown:
                raise ValueError(
                    f"benchmark {benchmark.name!r}: no follower {unknown[0]!r}; {nearest(unknown[0], names)}"
                )

    @property
    def follower_names(self) -> tuple[str, ...]:
        """Names of the followers, in order."""
        return tuple(follower.name for follower in self.followers)

    def prefix(self, follower: FollowerEntry) -> str:
        """What names of a follower's own begin with: nothing for the first."""
        return "" if follower.name == self.followers[0].name else f"{follower.name}_"

    def parameter(self, name: str) -> Parameter:
        """A parameter of this card, by name.

        Raises
        ------
        InputError
            If it has none such.
        """
        return find(name, self.benchmark_names, self.follower_names[1:])

    def read_of(self, benchmark: BenchmarkEntry) -> tuple[FollowerEntry, ...]:
        """Followers whose records on a benchmark are read."""
        named = benchmark.followers or self.follower_names
        return tuple(follower for follower in self.followers if follower.name in named)

    def actors_on(self, benchmark: BenchmarkEntry) -> tuple[str, ...]:
        """Actors whose records on a benchmark are read: the frontier, then followers."""
        return FRONTIER, *(follower.name for follower in self.read_of(benchmark))

    @property
    def series(self) -> tuple[Series, ...]:
        """What is observed: each benchmark with evidence, and each follower of whom it is read."""
        return tuple(
            Series(f"{self.prefix(follower)}{benchmark.name}", benchmark, follower)
            for benchmark in self.observed
            for follower in self.read_of(benchmark)
        )

    def title_of(self, series: Series) -> str:
        """What a series is called in tables and pictures: the benchmark, and the follower where it is not the first."""
        title = series.benchmark.title
        return f"{title}, {series.follower.called}" if self.prefix(series.follower) else title

    @property
    def benchmark_names(self) -> tuple[str, ...]:
        """Names of the benchmarks, in order."""
        return tuple(benchmark.name for benchmark in self.benchmarks)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Everything that can be asked of this card, by name."""
        seen = [(series.benchmark.name, series.follower.name) for series in self.series]
        followed = [Followed(f.name, self.prefix(f), f.called, f.growth) for f in self.followers]
        measures = [
            Measure(b.name, b.title, b.unit, tuple(name for board, name in seen if board == b.name))
            for b in self.benchmarks
        ]
        return available(followed, self.discrepancy, measures)

    @property
    def scope(self) -> Scope:
        """What can be asked of this card, up to its own horizon."""
        calendar = self.clock == "calendar"
        labels = {name: quantity.attributes for name, quantity in self.quantities.items()}
        start = decimal_year(self.start) if self.start else 0.0
        return Scope(self.name, labels, calendar, start, self.horizon + calendar)

    @property
    def observed(self) -> tuple[BenchmarkEntry, ...]:
        """Benchmarks with evidence."""
        return tuple(benchmark for benchmark in self.benchmarks if benchmark.evidence)

    @property
    def constant_growth(self) -> bool:
        """Whether all actors grow at constant rates, so that the closed forms hold."""
        constant = {"training", "price_band", "spending"}
        steady = self.investment == "constant" and all(f.growth in constant for f in self.followers)
        return steady and self.algorithms == "shared" and not self.extras and self.discrepancy == "none"
