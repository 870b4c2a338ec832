"""What a card reads on each of its benchmarks: scores seen by the rules of its followers, or published records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meekcast.cards import library
from meekcast.cards.schema import BenchmarkEntry, ModelCard
from meekcast.errors import InputError, nearest
from meekcast.observations import EvidenceTable, LossTable, ParameterTable, Prices, ScoreTable
from meekcast.observations.records import records
from meekcast.observations.schema import FRONTIER

ENOUGH_RECORDS = 5
"""Records that the frontier and a follower need on a board whose scores a card reads by rules."""


@dataclass(frozen=True, eq=False)
class Board:
    """A benchmark's evidence as a card reads it.

    Parameters
    ----------
    card : ModelCard
        Its followers say who counts.
    benchmark : BenchmarkEntry
        One of the card's.
    table : EvidenceTable or ScoreTable
        Published records or gaps, or every scored model.
    prices : Prices
        Of models, for rules that ask for them.
    """

    card: ModelCard
    benchmark: BenchmarkEntry
    table: EvidenceTable | ScoreTable
    prices: Prices

    def at(self, date: dt.date | None = None) -> EvidenceTable:
        """Records or gaps as they were known on a date; all of them by default."""
        if isinstance(self.table, ScoreTable):
            actors = [follower.actor for follower in self.card.read_of(self.benchmark)]
            known = [actor for actor in actors if actor]
            found = records(self.table, self.prices, known, date, self.benchmark.prices_within)
            return found.model_copy(update={"edition": _edition(self.table, date)})
        named = self.table.of(self.card.followers[0].name)
        return named.until(date) if date else named

    def check(self) -> None:
        """Refuse a table that does not fit the card.

        Raises
        ------
        InputError
            If it is about another benchmark or in another unit, a rule is missing, or too little is left of it.
        """
        card, benchmark, table = self.card, self.benchmark, self.table
        if table.unit != benchmark.unit:
            raise InputError(
                f"card {card.name!r} states {benchmark.name!r} in {benchmark.unit}, "
                f"evidence {table.name!r} in {table.unit}",
                "Bring both to one unit.",
            )
        if table.benchmark != benchmark.name:
            raise InputError(
                f"card {card.name!r} reads {benchmark.name!r} from evidence {benchmark.evidence!r}, "
                f"which is about {table.benchmark!r}",
                "Name evidence of the same benchmark.",
            )
        if not (isinstance(table, EvidenceTable) and table.by_rules):  # of a run: what was known then, little or much
            self._check_actors()
            self._check_since()

    def _check_actors(self) -> None:
        by_rules, read = isinstance(self.table, ScoreTable), self.card.read_of(self.benchmark)
        if by_rules:
            for follower in read:
                if follower.rule is None:
                    raise InputError(
                        f"card {self.card.name!r}: follower {follower.name!r} has no rule, and evidence "
                        f"{self.table.name!r} lists all models",
                        'Add rule = "price <= 1 USD per million tokens", or another rule, under [[followers]].',
                    )
        if self.table.kind == "gaps":
            return
        seen = self.at()
        for actor in (FRONTIER, *(follower.name for follower in read)):
            least, found = ENOUGH_RECORDS if by_rules else 1, len(seen.records_of(actor))
            if found < least:
                self._refuse_few(actor, found, least)

    def _refuse_few(self, actor: str, found: int, least: int) -> None:
        whose = next((f" ({f.rule})" for f in self.card.followers if f.name == actor and f.rule), "")
        rest = [f.name for f in self.card.read_of(self.benchmark) if actor not in (f.name, FRONTIER)]
        others = ", ".join(f'"{name}"' for name in rest)
        remedy = f"Write followers = [{others}] under this benchmark, or" if rest else "Leave the benchmark out, or"
        raise InputError(
            f"card {self.card.name!r}: evidence {self.table.name!r} has {found} record{'s' * (found != 1)} of "
            f"{actor}{whose}, {least} {'is' if least == 1 else 'are'} needed",
            f"{remedy} choose a wider rule; `meekcast evidence {self.table.name}` shows who is admitted.",
        )

    def _check_since(self) -> None:
        since, table = self.benchmark.since, self.at()
        dates = [row.date for row in table.records] + [gap.date for gap in table.gaps]
        if since and all(date < since for date in dates):
            raise InputError(
                f"evidence {table.name!r} has no row since {since}", "Choose an earlier `since`, or other evidence."
            )


def _edition(table: ScoreTable, date: dt.date | None) -> dt.date | None:
    """The edition of the board that was known on a date; the last one where none was, which stands in for it."""
    last = table.vintages[-1] if table.vintages else None
    return last if date is None else table.vintage_on(date) or last


def boards_of(card: ModelCard, replacements: Mapping[str, EvidenceTable | ScoreTable]) -> tuple[Board, ...]:
    """Evidence of each benchmark as the card reads it, replaced where the user named another table.

    Parameters
    ----------
    card : ModelCard
        Names tables, and how they are read.
    replacements : mapping of str to EvidenceTable or ScoreTable
        By the name that the user gave.

    Returns
    -------
    tuple of Board
        One for each benchmark with evidence.

    Raises
    ------
    InputError
        If a table does not fit the card.
    """
    chosen: dict[str, EvidenceTable | ScoreTable]
    chosen = {b.name: library.load_evidence(str(b.evidence)) for b in card.observed}
    for name, table in replacements.items():
        if table.benchmark not in chosen:
            raise InputError(
                f"evidence {name!r} is about {table.benchmark!r}, which card {card.name!r} does not read",
                nearest(table.benchmark, chosen),
            )
        chosen[table.benchmark] = table
    by_rules = any(isinstance(table, ScoreTable) for table in chosen.values())
    prices = library.load_prices() if by_rules else Prices()
    boards = tuple(Board(card, b, chosen[b.name], prices) for b in card.observed)
    for board in boards:
        board.check()
    return boards


def sorted_evidence(
    card: ModelCard, names: Sequence[str]
) -> tuple[dict[str, EvidenceTable | ScoreTable], tuple[ParameterTable, ...]]:
    """What the user named, by kind: tables of scores, and with the card's own what informs parameters.

    Raises
    ------
    InputError
        If a file is missing or wrong, or two tables both state losses.
    """
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
