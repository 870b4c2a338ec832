"""A series of an earlier run, and its board of today: gaps that the run foresaw, gaps that came."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from meekcast.backtests import baselines, scores
from meekcast.backtests.targets import month_end, monthly_past
from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.inputs import Inputs
from meekcast.model.leaderboard import standing_gaps
from meekcast.observations import EvidenceTable
from meekcast.observations.schema import FRONTIER, RecordRow
from meekcast.runs.surprise import chance, verdict

if TYPE_CHECKING:
    from meekcast.cards.schema import Series
    from meekcast.forecasts.draws import Draws
    from meekcast.runs.documents import BoardState, Summary, ThenAndNow, WatchedSeries, WatchedTarget
    from meekcast.runs.read import StoredRun

FEWEST_DRAWS = 100
"""Draws below which there are no bands to speak of."""

_PIT_STREAM = 31  # of the seed; a forecast's and a backtest's streams are others


@dataclass(frozen=True, eq=False)
class Earlier:
    """A forecast that was made before, as far as it can be held against anything.

    Parameters
    ----------
    name : str
        Its folder, or what else it is called.
    inputs : Inputs
        What it knew.
    draws : Draws
        Its predictions.
    summary : dict
        Its summary.
    command : sequence of str, optional
        Arguments of the command line that asked for it.
    foreign : str, default ""
        Why its draws are not those of the inputs, to this version; empty where they are.
    """

    name: str
    inputs: Inputs
    draws: Draws
    summary: Summary
    command: Sequence[str] | None = None
    foreign: str = ""

    @classmethod
    def stored(cls, run: StoredRun) -> Earlier:
        """A run in its folder, perhaps of an earlier version; what it knew is read from its manifest."""
        from meekcast.runs.gathered import gather_again

        foreign = ""
        with tempfile.TemporaryDirectory() as folder:
            try:
                inputs = gather_again(run.manifest, Path(folder))
            except InputError as error:
                inputs, foreign = gather_again(run.manifest, Path(folder), exact=False), error.message
        return cls(str(run.folder), inputs, run.draws, run.summary, run.manifest["command"], foreign)

    def check(self) -> None:
        """Refuse what nothing can be held against.

        Raises
        ------
        InputError
            If its card reads no evidence, it has no bands, or this version understands its card differently.
        """
        card = self.inputs.card
        if not card.series:
            raise InputError(
                f"card {card.name!r} reads no evidence: nothing can be held against {self.name}",
                "Watch a run of a card with benchmarks that have evidence, such as leaderboard.",
            )
        lacking = [series.name for series in card.series if f"{series.name}_gap_observed" not in self.draws.labels]
        if lacking:
            raise InputError(
                f"{self.name} has no {lacking[0]}_gap_observed: this version of meekcast reads its card differently",
                "Install the version that made it, or make the run again with `meekcast forecast`.",
            )
        n = len(self.draws.read(f"{card.series[0].name}_gap_observed"))
        if n < FEWEST_DRAWS:
            raise InputError(
                f"{self.name} has {n} draw{'s' * (n > 1)}: there are no bands to hold anything against",
                "Make the run with priors that state an uncertainty, such as --priors literature.",
            )


@dataclass(frozen=True, eq=False)
class Held:
    """A series of an earlier run and its board of today.

    Parameters
    ----------
    earlier : Earlier
        The run.
    series : Series
        One of its card's.
    then, now : EvidenceTable
        Its board as the run knew it, and as it is read now.
    at : callable
        The board as it was known on a date.
    """

    earlier: Earlier
    series: Series
    then: EvidenceTable
    now: EvidenceTable
    at: Callable[[dt.date], EvidenceTable]

    @cached_property
    def _paths(self) -> Array:
        return _single(self.earlier.draws.read(f"{self.series.name}_gap_observed"))

    @cached_property
    def _ended(self) -> list[dt.date]:
        """Ends of months for which both the run and the board have a gap."""
        found = month_ends(self.then.complete_until, self.now.complete_until) if self.had_gap else ()
        return [date for date in found if np.isfinite(self._gap(self.at(date), date))]

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Ends of months that can be held against the run."""
        return tuple(date for date in self._ended if decimal_year(date) <= self.earlier.draws.times[-1])

    @property
    def beyond(self) -> int:
        """How many months have ended after the run's horizon."""
        return len(self._ended) - len(self.dates)

    @property
    def had_gap(self) -> bool:
        """Whether the run knew a gap at all."""
        return self.then.has_gap(self.series.follower.name)

    @cached_property
    def gaps(self) -> Array:
        """Gap that the board showed on each date."""
        return np.array([self._gap(self.at(date), date) for date in self.dates])

    @property
    def seen(self) -> Array:
        """The same as precise as draws are."""
        return _single(self.gaps)

    @cached_property
    def futures(self) -> Array:
        """The run's draws of the same, shape (n, m): at the date of its grid that is nearest, of those it foresaw."""
        times = self.earlier.draws.times
        foreseen = np.flatnonzero(times > decimal_year(self.then.complete_until))
        columns = [foreseen[np.argmin(np.abs(times[foreseen] - decimal_year(date)))] for date in self.dates]
        return self._paths[:, columns]

    @cached_property
    def targets(self) -> list[WatchedTarget]:
        """Every date with its scores."""
        if not self.dates:
            return []
        end = self.then.complete_until
        past = monthly_past(self.then, self.series.follower.name, end, self.series.benchmark.since)
        return [self._target(j, past) for j in range(len(self.dates))]

    def _target(self, j: int, past: Array) -> WatchedTarget:
        date, seen, reach = self.dates[j], float(self.seen[j]), float(np.ptp(past))
        index = self.earlier.inputs.card.series.index(self.series)
        rng = stream(self.earlier, _PIT_STREAM, date.toordinal(), index)
        own = scores.score(self.futures[:, j], seen, reach, rng)
        horizon = decimal_year(date) - decimal_year(self.then.complete_until)
        rival = scores.score(baselines.persistence(past, horizon), seen, reach, rng)
        assert own.pit is not None  # draws have one
        return {
            "series": self.series.name,
            "date": date.isoformat(),
            "observed": float(self.gaps[j]),
            "quantiles": own.quantiles,
            "pit": own.pit,
            "inside50": bool(own.inside50),
            "inside90": bool(own.inside90),
            "crps": own.crps,
            "crps_of_persistence": rival.crps,
        }

    @property
    def new_records(self) -> int:
        """Records of the frontier and the follower that the run did not know."""
        return news(self.then, self.now, (FRONTIER, self.series.follower.name))

    def board(self) -> ThenAndNow:
        """The board then and now."""
        end = self.then.complete_until
        noise = float(np.median(self.earlier.draws.posterior[f"{self.series.benchmark.name}_noise"]))
        reached = self.now.complete_until >= end
        gaps = [self._gap(self.then, end), self._gap(self.now, end) if reached else np.nan]
        return {
            "then": _state(self.then, gaps[0]),
            "now": _state(self.now, gaps[1]),
            "changed": bool(abs(gaps[1] - gaps[0]) > noise),  # not where one is unknown
        }

    def _gap(self, table: EvidenceTable, date: dt.date) -> float:
        """Gap on a date by a table, NaN where it has none."""
        return float(standing_gaps(table, self.series.follower.name, np.array([decimal_year(date)]))[0])

    def document(self) -> WatchedSeries:
        """What new evidence says of the series."""
        board, found = self.board(), chance_of([self])
        return {
            "series": self.series.name,
            "title": self.earlier.inputs.card.title_of(self.series),
            "benchmark": self.series.benchmark.name,
            "follower": self.series.follower.name,
            "unit": self.series.benchmark.unit,
            "board": board,
            "targets": len(self.dates),
            "new_records": self.new_records,
            "coverage50": coverage(self.targets, "50"),
            "coverage90": coverage(self.targets, "90"),
            "crps": mean([target["crps"] for target in self.targets]),
            "crps_over_persistence": over_persistence(self.targets),
            "chance": found,
            "verdict": verdict(found, self.new_records, board["changed"]),
        }


def month_ends(after: dt.date, until: dt.date) -> Iterator[dt.date]:
    """Last days of months after a date, up to another.

    Examples
    --------
    >>> [str(date) for date in month_ends(dt.date(2026, 4, 30), dt.date(2026, 7, 30))]
    ['2026-05-31', '2026-06-30']
    """
    date = month_end(after) if after < month_end(after) else month_end(after, 1)
    while date <= until:
        yield date
        date = month_end(date, 1)


def chance_of(held: Sequence[Held]) -> float | None:
    """Share of the run's futures that are at least as odd as the latest gaps of all these series together."""
    with_news = [one for one in held if one.dates]
    if not with_news:
        return None
    futures = np.column_stack([one.futures[:, -1] for one in with_news])
    return chance(futures, np.array([one.seen[-1] for one in with_news]))


def new_rows(then: EvidenceTable, now: EvidenceTable, actor: str) -> list[RecordRow]:
    """Records of an actor that became known after a table ended."""
    return [row for row in now.records_of(actor) if row.known > then.complete_until]


def news(then: EvidenceTable, now: EvidenceTable, actors: Sequence[str]) -> int:
    """How many records of these actors, or published gaps, became known after a table ended."""
    gaps = sum(gap.date > then.complete_until for gap in now.gaps)
    return gaps + sum(len(new_rows(then, now, actor)) for actor in actors)


def coverage(targets: Sequence[WatchedTarget], interval: str) -> float | None:
    """Share of targets in an interval, "50" or "90"; None of no targets."""
    return mean([target["inside50" if interval == "50" else "inside90"] for target in targets])


def over_persistence(targets: Sequence[WatchedTarget]) -> float | None:
    """Mean CRPS of targets of one series over that of persistence; None where persistence made no error."""
    rival = mean([target["crps_of_persistence"] for target in targets])
    own = mean([target["crps"] for target in targets])
    return own / rival if own is not None and rival is not None and rival > scores.TIE else None


def mean(values: Sequence[float]) -> float | None:
    """Their mean; None of none."""
    return float(np.mean(values)) if values else None


def stream(earlier: Earlier, *where: int) -> np.random.Generator:
    """Randomness of a target's or a record's own, so that another one does not change it."""
    return np.random.default_rng(np.random.SeedSequence(earlier.summary["seed"], spawn_key=where))


def _state(table: EvidenceTable, gap: float) -> BoardState:
    return {
        "evidence": table.name,
        "edition": table.edition.isoformat() if table.edition else None,
        "known_until": table.complete_until.isoformat(),
        "gap": gap if np.isfinite(gap) else None,
    }


def _single(values: Array) -> Array:
    """Values in single precision, as runs store paths: a gap that did not change equals the draws that say so."""
    return values.astype(np.float32).astype(float)
