"""Everything that goes into a forecast, gathered and checked before anything is computed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, override

import numpy as np

from meekcast.beliefs.belief import Belief
from meekcast.beliefs.prior import parse
from meekcast.cards import library
from meekcast.cards.priors import PriorSet
from meekcast.cards.reading import Board
from meekcast.cards.schema import BenchmarkEntry, ModelCard, Series
from meekcast.clock import decimal_year, mid_month
from meekcast.errors import InputError, naming
from meekcast.observations import (
    EvidenceTable,
    Measurement,
    Observation,
    ParameterTable,
    observations,
)  # fmt: skip
from meekcast.vocabulary.parameters import usual


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


class Own(NamedTuple):
    """The prior set that a card names, and the joint prior without any change."""

    priors: PriorSet
    stated: Belief


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
    own : Own, optional
        What the card says by itself, where the user believes otherwise.
    """

    card: ModelCard
    priors: PriorSet
    stated: Belief
    boards: tuple[Board, ...]
    overrides: tuple[Override, ...]
    as_of: dt.date | None = None
    informing: tuple[ParameterTable, ...] = ()
    own: Own | None = None

    @property
    def unchanged(self) -> Inputs:
        """The same card and evidence under the card's own priors."""
        if self.own is None:
            return self
        return dataclasses.replace(self, priors=self.own.priors, stated=self.own.stated, overrides=(), own=None)

    @override
    def __getstate__(self) -> tuple[dict[str, Any], dict[str, str]]:
        """What another process is handed: also the texts that were read, which a manifest holds word for word."""
        return self.__dict__, library.texts()

    def __setstate__(self, state: tuple[dict[str, Any], dict[str, str]]) -> None:
        own, texts = state
        self.__dict__.update(own)
        library.remember(texts)

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

    def board_of(self, series: Series) -> Board:
        """The board on which a series is read."""
        return self.boards[self.card.observed.index(series.benchmark)]

    def table_of(self, series: Series) -> EvidenceTable:
        """Records or gaps of the board on which a series is read, whatever the date of the inputs."""
        return self.tables[self.card.observed.index(series.benchmark)]

    def known_table_of(self, series: Series) -> EvidenceTable:
        """The same as it stood on the date of the inputs."""
        return self.known_tables[self.card.observed.index(series.benchmark)]

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

    @property
    def longest_line(self) -> int:
        """Largest number of observations of an actor on a board, those after the date of the inputs included."""
        every = ([o.weights for o in rows] for rows in self._all_data.values())
        return max((int(np.count_nonzero(rows, axis=0).max()) for rows in every if rows), default=0)

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
        for name in set(self.stated.names) - found.keys():  # nothing is said of it, but of what it is like
            known = next(like for like in self._likes(name) if like in found)
            found[name] = f"as {known}: {found[known]}"
        for table, measurement in self.measurements:
            for name in table.parameters if measurement else ():
                found[name] = f"{found[name]}; then evidence {table.name!r}: {table.source}"
        return found

    def _likes(self, name: str) -> Iterator[str]:
        """Parameters whose priors may stand for one: of boards of its kind, of any board, of the first follower."""
        for board in self.card.benchmarks:
            if name.startswith(f"{board.name}_"):
                yield from usual(board.kind, name.removeprefix(f"{board.name}_"))
        for follower in self.card.followers[1:]:
            if name.startswith(self.card.prefix(follower)):
                yield name.removeprefix(self.card.prefix(follower))

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
            **({"own_priors": library.fingerprint(self.own.priors)} if self.own else {}),
        }
