"""Everything that goes into a forecast, gathered and checked before anything is computed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import parse
from meekcast.cards import library
from meekcast.cards.fitting import check_plausible, check_support, check_units
from meekcast.cards.priors import PriorSet
from meekcast.cards.reading import Board, boards_of
from meekcast.cards.schema import BenchmarkEntry, ModelCard, Series
from meekcast.clock import decimal_year, mid_month
from meekcast.errors import InputError, naming, nearest
from meekcast.model import theory
from meekcast.observations import (
    EvidenceTable,
    LossTable,
    Measurement,
    Observation,
    ParameterTable,
    ScoreTable,
    observations,
)  # fmt: skip
from meekcast.vocabulary import parameters

ONE_DAY = dt.timedelta(days=1)  # between the first and the last time zone


@dataclass(frozen=True)
class Override:
    """One line by which a user disagrees: ``name = prior``."""

    name: str
    prior: str

    @classmethod
    def read(cls, text: str) -> Override:
        """Read ``NAME=PRIOR``.

        Raises
        ------
        InputError
            If there is no ``=`` or the prior cannot be read.

        Examples
        --------
        >>> Override.read("g_investment=LogNormal(2.4, 90% 2.0..2.9)").name
        'g_investment'
        """
        name, equals, prior = text.partition("=")
        if not equals:
            raise InputError(f"cannot read {text!r}", "Write NAME=VALUE or NAME=PRIOR, such as g_investment=2.4.")
        with naming(name.strip()):
            parse(prior)
        return cls(name.strip(), prior.strip())


@dataclass(frozen=True, eq=False)
class Inputs:
    """A card, a belief and evidence that fit together.

    Parameters
    ----------
    card : ModelCard
        The story.
    priors : PriorSet
        The prior set that was named.
    stated : Belief
        Joint prior of exactly the parameters that the card needs, overrides included, before any evidence.
    boards : tuple of Board
        One for each benchmark of the card that has evidence.
    overrides : tuple of Override
        What the user changed in one line.
    as_of : datetime.date, optional
        Only evidence released by then counts; all of it by default.
    informing : tuple of TrendTable or LossTable
        Evidence on parameters rather than scores: `belief` is conditioned by it.
    """

    card: ModelCard
    priors: PriorSet
    stated: Belief
    boards: tuple[Board, ...]
    overrides: tuple[Override, ...]
    as_of: dt.date | None = None
    informing: tuple[ParameterTable, ...] = ()

    def at(self, date: dt.date) -> Inputs:
        """The same inputs as of a date: later evidence is there, but does not count.

        The graph of the model stays the same, so that fits at many dates need one compilation.
        """
        return dataclasses.replace(self, as_of=date)

    def as_known(self, date: dt.date) -> Inputs:
        """What the inputs were on a date: later evidence is not there. A run made of them needs nothing else.

        Raises
        ------
        InputError
            If a follower had no gap on any board yet.
        """
        then = self.at(date)
        pairs = zip(self.boards, then.known_tables, strict=True)
        return dataclasses.replace(
            then, boards=tuple(dataclasses.replace(board, table=table) for board, table in pairs)
        )

    @cached_property
    def tables(self) -> tuple[EvidenceTable, ...]:
        """Records or gaps of each board, whatever the date of the inputs."""
        return tuple(board.at() for board in self.boards)

    @cached_property
    def known_tables(self) -> tuple[EvidenceTable, ...]:
        """The tables as they stood on the date of the inputs; a board may have had no gap yet.

        Raises
        ------
        InputError
            If a follower had no gap on any board.
        """
        if self.as_of is None:
            return self.tables
        found = tuple(board.at(self.as_of) for board in self.boards)
        for follower in self.card.followers if found else ():
            if not any(table.has_gap(follower.name) for table in found):
                boards = ", ".join(table.name for table in found)
                raise InputError(
                    f"card {self.card.name!r} has no gap yet on {self.as_of}: no records of both the frontier and "
                    f"{follower.name} in evidence {boards}",
                    "Ask for a later date.",
                )
        return found

    def table_of(self, series: Series) -> EvidenceTable:
        """Records or gaps of the board on which a series is read, whatever the date of the inputs."""
        return self.tables[self.card.observed.index(series.benchmark)]

    def known_table_of(self, series: Series) -> EvidenceTable:
        """The same as it stood on the date of the inputs."""
        return self.known_tables[self.card.observed.index(series.benchmark)]

    @property
    def vintages(self) -> dict[str, dt.date | None]:
        """Of each board that has vintages, the one that was known on the date of the inputs; None: later scores."""
        date = self.as_of or dt.date.max
        return {
            b.table.name: b.vintage(date) for b in self.boards if isinstance(b.table, ScoreTable) and b.table.vintages
        }

    @property
    def learns(self) -> bool:
        """Whether there is any evidence, on scores or on parameters."""
        return bool(self.data or self.informing)

    @cached_property
    def measurements(self) -> tuple[tuple[ParameterTable, Measurement | None], ...]:
        """What each informing table says as of the date of the inputs; None where it had too few rows."""
        return tuple((table, table.measurement(self.as_of)) for table in self.informing)

    @cached_property
    def belief(self) -> Belief:
        """Joint prior of the likelihood: as stated, conditioned by what trends and losses say.

        Raises
        ------
        InputError
            If a prior is normal on another scale than what is measured.
        """
        belief = self.stated
        for table, m in self.measurements:
            if m:
                with naming(f"evidence {table.name!r}"):
                    belief = belief.measured(m.parameters, m.scales, m.mean, m.covariance)
        return belief

    @cached_property
    def start(self) -> float:
        """Date of t0: a decimal year, or 0 on an elapsed clock."""
        return decimal_year(self.card.start) if self.card.start else 0.0

    def _read(self, tables: Sequence[EvidenceTable]) -> Iterator[tuple[BenchmarkEntry, tuple[Observation, ...]]]:
        for board, table in zip(self.boards, tables, strict=True):
            followers = [follower.name for follower in self.card.read_of(board.benchmark)]
            yield board.benchmark, observations(table, followers, board.benchmark.since, board.benchmark.rule)

    @cached_property
    def data(self) -> tuple[tuple[BenchmarkEntry, tuple[Observation, ...]], ...]:
        """Observations of each benchmark that were known on the date of the inputs."""
        return tuple(self._read(self.known_tables))

    @cached_property
    def _all_data(self) -> dict[str, tuple[Observation, ...]]:
        return {benchmark.name: rows for benchmark, rows in self._read(self.tables)}

    @property
    def sizes(self) -> dict[str, int]:
        """Number of observations of each benchmark, those after the date of the inputs included."""
        return {name: len(rows) for name, rows in self._all_data.items()}

    @cached_property
    def evidence_times(self) -> np.ndarray:
        """Months of the observations, from the first to the last: their middles in years since t0.

        The model ticks in months: some tables state no days, and departures within a month are below the noise.
        """
        every = [o.year for rows in (*self._all_data.values(), *(rows for _, rows in self.data)) for o in rows]
        if not every:
            return np.empty(0)
        first, last = mid_month(min(every)), mid_month(max(every))
        return first - self.start + np.arange(round((last - first) * 12) + 1) / 12

    def month_of(self, rows: Sequence[Observation]) -> np.ndarray:
        """Position of each observation's month among `evidence_times`."""
        since = [mid_month(o.year) - self.start - self.evidence_times[0] for o in rows]
        return np.rint(np.array(since) * 12).astype(int)

    def sources(self) -> dict[str, str]:
        """Where each parameter's prior comes from."""
        changed = {o.name: f"stated by the user: {o.prior}" for o in self.overrides}
        found = {**self.card.sources(), **self.priors.sources(), **changed}
        for name in set(self.stated.names) - found.keys():  # a later follower's, of which nothing is said
            known = next(own for own in found if name.endswith(f"_{own}"))
            found[name] = f"as {known}: {found[known]}"
        for table, measurement in self.measurements:
            for name in table.parameters if measurement else ():
                found[name] = f"{found[name]}; then evidence {table.name!r}: {table.source}"
        return found

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of what card, priors and evidence say."""
        evidence = (*self.known_tables, *self.informing)
        changes = json.dumps([dataclasses.asdict(o) for o in self.overrides])
        return {
            "card": library.fingerprint(self.card),
            "priors": library.fingerprint(self.priors),
            "overrides": hashlib.sha256(changes.encode()).hexdigest(),
            "evidence": hashlib.sha256("".join(map(library.fingerprint, evidence)).encode()).hexdigest(),
            "as_of": str(self.as_of),
        }


def gather(
    card: str,
    priors: str | None = None,
    overrides: Sequence[Override] = (),
    evidence: Sequence[str] = (),
    today: dt.date | None = None,
) -> Inputs:
    """Load and check everything that a forecast needs.

    Parameters
    ----------
    card : str
        Model card, by name or path.
    priors : str, optional
        Prior set, by name or path; the card's own choice by default.
    overrides : sequence of Override, optional
        Changed priors; on a member of a joint prior they move the others along.
    evidence : sequence of str, optional
        By name or path: tables that replace the card's, each for the benchmark that it names, and trends
        and losses, which inform parameters of any card.
    today : datetime.date, optional
        Evidence from after it is refused; the current date by default.

    Returns
    -------
    Inputs
        What was gathered.

    Raises
    ------
    InputError
        If a file is missing or wrong, or the pieces do not fit together.
    """
    model_card = library.load_card(card)
    set_name = priors or model_card.priors
    prior_set = library.load_priors(set_name)
    files = {library.locate("models", card): model_card, library.locate("priors", set_name): prior_set}
    needed = theory.required_parameters(model_card)
    check_units(files, model_card)
    belief = _believed(model_card, prior_set, needed, overrides)
    scores, informing = _sorted_evidence(model_card, evidence)
    boards = boards_of(model_card, scores)
    gathered = Inputs(model_card, prior_set, belief.only(needed), boards, tuple(overrides), informing=informing)
    _check_dates(model_card, gathered.tables, informing, today or dt.date.today())
    stated_in = {name: str(file) for file, source in files.items() for name in source.belief.names}
    stated_in |= dict.fromkeys((o.name for o in overrides), "--set or --prior")
    check_support(model_card, gathered.stated, stated_in)
    check_plausible(model_card, gathered.stated, stated_in)
    for table in informing:
        _check_informs(model_card, table, needed)
    if informing:
        check_support(model_card, gathered.belief, dict.fromkeys(needed, "after the evidence on parameters"))
    return gathered


def _believed(card: ModelCard, priors: PriorSet, needed: AbstractSet[str], overrides: Sequence[Override]) -> Belief:
    """What card and priors say, with the user's changes; everything that is needed, and perhaps more."""
    belief = _as_the_first(card, card.belief.joined(priors.belief), needed)
    missing = needed - set(belief.names) - {o.name for o in overrides}
    if missing:
        raise InputError(
            f"card {card.name!r} needs a prior for {', '.join(sorted(missing))}; prior set {priors.name!r} has none",
            f"Add [parameters.{min(missing)}] to the card or the prior set, or let the set `extends` one that has it; "
            f"or give --prior {min(missing)}=PRIOR, or another set with --priors.",
        )
    for override in overrides:
        if override.name not in needed:
            raise InputError(f"card {card.name!r} has no parameter {override.name!r}", nearest(override.name, needed))
        belief = _changed(belief, override)
    return belief


def _as_the_first(card: ModelCard, belief: Belief, needed: AbstractSet[str]) -> Belief:
    """Where nothing is said of a later follower's own parameter, what is said of the first one's holds for it too."""
    for follower in card.followers[1:]:
        for own in theory.own_parameters(card, follower):
            name = f"{card.prefix(follower)}{own}"
            if name in needed and name not in belief.names and own in belief.names:
                belief = belief.joined(belief.only([own]).renamed({own: name}))
    return belief


def _changed(belief: Belief, override: Override) -> Belief:
    """Apply one override."""
    prior = parse(override.prior)
    if override.name not in belief.names:
        return belief.joined(Belief.independent({override.name: prior}))
    with naming(f"{override.name} = {override.prior}"):
        return belief.with_marginal(override.name, prior)


def _check_dates(
    card: ModelCard, tables: Sequence[EvidenceTable], informing: Sequence[ParameterTable], today: dt.date
) -> None:
    """No evidence is from the future, and a card starts before its scores end."""
    known = [(t.name, t.complete_until) for t in tables] + [(t.name, t.last_date()) for t in informing]
    for name, newest in known:
        if newest and newest > today + ONE_DAY:
            raise InputError(
                f"evidence {name!r} is dated {newest}, after today, {today}",
                "Correct the date: what is only expected is no evidence.",
            )
    last = max((table.last_date for table in tables), default=None)
    if card.start and last and card.start > last:
        raise InputError(
            f"card {card.name!r}: start = {card.start} is after all its evidence, which ends on {last}",
            "Choose an earlier start, or newer evidence.",
        )


def _sorted_evidence(
    card: ModelCard, names: Sequence[str]
) -> tuple[dict[str, EvidenceTable | ScoreTable], tuple[ParameterTable, ...]]:
    """What the user named, by kind: tables of scores, and with the card's own what informs parameters."""
    scores: dict[str, EvidenceTable | ScoreTable] = {}
    own: list[ParameterTable] = [library.load_trend(name) for name in card.trends]
    if card.losses:
        own.append(library.load_losses(card.losses))
    informing: dict[str, ParameterTable] = {table.name: table for table in own}
    for name in names:
        table = library.load_any_evidence(name)
        if isinstance(table, EvidenceTable | ScoreTable):
            scores[name] = table
        else:
            informing[table.name] = table
    laws = [table.name for table in informing.values() if isinstance(table, LossTable)]
    if len(laws) > 1:
        raise InputError(
            f"{' and '.join(laws)} both state losses for a scaling law",
            "Name one of them; losses of one corpus belong in one table.",
        )
    return scores, tuple(informing.values())


def _check_informs(card: ModelCard, table: ParameterTable, needed: AbstractSet[str]) -> None:
    """Evidence on parameters is about parameters that the card has."""
    lacking = sorted(set(table.parameters) - needed)
    if not lacking:
        return
    parameters.find(lacking[0])
    having = [n for n in library.names("models") if set(lacking) <= theory.required_parameters(library.load_card(n))]
    raise InputError(
        f"evidence {table.name!r} informs {', '.join(lacking)}, which card {card.name!r} does not have",
        f"Cards that have it: {', '.join(having) or 'none'}.",
    )
