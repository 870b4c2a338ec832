"""The forecasts of a grid: which there are, and why the others do not exist; nothing is sampled."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from meekcast.cards import library
from meekcast.cards.reading import boards_of
from meekcast.cards.schema import ModelCard
from meekcast.errors import InputError, naming, nearest
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.when import check_question
from meekcast.inputs import Inputs, as_asked, gather
from meekcast.model.theory import required_parameters
from meekcast.vocabulary.grammar import parse
from meekcast.whatif.sweeps.file import OWN, SweepFile, shape_text
from meekcast.whatif.world import blank

MOST = 10**8
"""Numbers of one store: they are held in memory."""

ASKED = ("lag", "lag_behind", "loss_gap")
"""What is of common interest, beside the gap on each board; later followers have theirs."""


class Missing(Exception):
    """A forecast that the grid has a place for, but that does not exist; says why."""


@dataclass(frozen=True, eq=False)
class Cell:
    """A forecast of the grid, whatever its seed.

    Parameters
    ----------
    place : tuple of int
        Position on the axes card, priors, followers, without.
    label : str
        What steps and errors call it.
    inputs : Inputs or None
        Card, belief and evidence; None where there is no such forecast.
    why : str
        Why there is none.
    """

    place: tuple[int, int, int, int]
    label: str
    inputs: Inputs | None
    why: str = ""


class Plan(NamedTuple):
    """A grid that was checked.

    Parameters
    ----------
    file : SweepFile
        As stated.
    cells : tuple of Cell
        All places, seeds apart.
    quantities, events : tuple of str
        What is asked, of those cards that know it.
    calendar : bool
        Whether years are calendar years; else years since the start.
    """

    file: SweepFile
    cells: tuple[Cell, ...]
    quantities: tuple[str, ...]
    events: tuple[str, ...]
    calendar: bool

    @property
    def fits(self) -> int:
        """How many forecasts there are."""
        return sum(cell.inputs is not None for cell in self.cells) * len(self.file.seeds)

    @property
    def places(self) -> int:
        """How many the grid has room for."""
        return len(self.cells) * len(self.file.seeds)

    @property
    def size(self) -> str:
        """How large it is, in words."""
        absent = f", {self.places - self.fits} places have none" if self.fits < self.places else ""
        return f"{shape_text(self.file.shape) or 'a grid of one'}: {self.fits} forecasts{absent}"


def plan(file: SweepFile) -> Plan:
    """Check a grid against cards, priors and evidence, before anything is sampled.

    Parameters
    ----------
    file : SweepFile
        The grid.

    Returns
    -------
    Plan
        All that it asks for.

    Raises
    ------
    InputError
        If a name is known to no card, a year or an event fits none, cards have different clocks, no forecast is left,
        or there are too many numbers for one store; names the key.
    """
    cells = tuple(_cells(file))
    there = [cell.inputs for cell in cells if cell.inputs]
    if not there:
        raise InputError(f"no forecast of the grid exists: {cells[0].label}: {cells[0].why}", "Change that axis.")
    if len({inputs.card.clock for inputs in there}) > 1:
        raise InputError("cards: their clocks differ", "Compare cards of one clock: calendar, or elapsed.")
    sources = [blank(inputs, file.until) for inputs in there]
    quantities = _known(file.quantities, sources) or tuple(dict.fromkeys(q for s in sources for q in _usual(s)))
    events = tuple(file.events) or tuple(dict.fromkeys(event.ask for i in there for event in i.card.events))
    _check(file, sources, events)
    found = Plan(file, cells, quantities, events, there[0].card.clock == "calendar")
    numbers = found.places * len(file.years) * (len(quantities) * len(file.quantiles) + 2 * len(events))
    if numbers > MOST:
        raise InputError(
            f"the grid asks for {numbers:,} numbers, {MOST:,} are what one store holds",
            "Split it: a file for some cards, or some seeds, each.",
        )
    return found


def _cells(file: SweepFile) -> Iterator[Cell]:
    _check_names(file, [library.load_card(name) for name in file.cards])
    for (i, card), (j, priors) in itertools.product(enumerate(file.cards), enumerate(file.priors)):
        with naming(f"cards {card!r}, priors {priors!r}"):
            whole, _ = as_asked(gather(card, None if priors == OWN else priors))
        for (k, followers), (m, without) in itertools.product(enumerate(file.followers), enumerate(file.without)):
            label = ", ".join([card, priors, *followers, *(f"without {board}" for board in without)])
            try:
                yield Cell((i, j, k, m), label, restricted(whole, followers, without))
            except Missing as error:
                yield Cell((i, j, k, m), label, None, str(error))


def _check_names(file: SweepFile, cards: Sequence[ModelCard]) -> None:
    """Refuse what no card knows."""
    followers = {name for card in cards for name in card.follower_names}
    boards = {benchmark.name for card in cards for benchmark in card.benchmarks}
    for key, lists, known in (("followers", file.followers, followers), ("without", file.without, boards)):
        for name in itertools.chain(*lists):
            if name not in known:
                raise InputError(f"{key}: no card of the grid has {name!r}", nearest(name, known))


def restricted(inputs: Inputs, followers: Sequence[str] = (), without: Sequence[str] = ()) -> Inputs:
    """The same card with some of its followers, or without some of its boards; priors of the rest stay as they are.

    Parameters
    ----------
    inputs : Inputs
        Of the whole card.
    followers : sequence of str
        Those that stay, the card's first among them; all by default.
    without : sequence of str
        Boards that are left out. One that is read of no follower that stays goes too, as do events about what is gone.

    Returns
    -------
    Inputs
        What is left; the same object where nothing is taken away.

    Raises
    ------
    Missing
        If there is no such card.
    """
    card = inputs.card
    if not followers and not without:
        return inputs
    _check_there(card, followers, without)
    kept = [f for f in card.followers if not followers or f.name in followers]
    names = {follower.name for follower in kept}
    boards = [
        b.model_copy(update={"followers": [f for f in b.followers if f in names]}) if b.followers else b
        for b in card.benchmarks
        if b.name not in without and (b.followers is None or names & set(b.followers))
    ]
    if card.benchmarks and not boards:
        raise Missing("no board is left")
    less = card.model_copy(update={"followers": kept, "benchmarks": boards})
    events = [event for event in card.events if _fits(less, event.ask)]
    if not events:
        raise Missing("no event of the card is about what is left")
    return _of(inputs, less.model_copy(update={"events": events}))


def _check_there(card: ModelCard, followers: Sequence[str], without: Sequence[str]) -> None:
    for kind, named, there in (
        ("follower", followers, card.follower_names), ("board", without, card.benchmark_names)
    ):  # fmt: skip
        lacking = [name for name in named if name not in there]
        if lacking:
            raise Missing(f"card {card.name!r} has no {kind} {', '.join(lacking)}")
    first = card.followers[0].name
    if followers and first not in followers:
        raise Missing(f"names without a prefix are those of {first}, the first follower of card {card.name!r}")


def _of(inputs: Inputs, card: ModelCard) -> Inputs:
    """The inputs of a card that says less."""
    needed = required_parameters(card)
    tables = {board.table.name: board.table for board in inputs.boards if board.benchmark.name in card.benchmark_names}
    own = inputs.own and inputs.own._replace(stated=inputs.own.stated.only(needed))
    informing = tuple(table for table in inputs.informing if needed.issuperset(table.parameters))
    return dataclasses.replace(
        inputs,
        card=card,
        stated=inputs.stated.only(needed),
        boards=boards_of(card, tables),
        own=own,
        informing=informing,
    )


def _fits(card: ModelCard, question: str) -> bool:
    try:
        card.scope.check(parse(question))
    except InputError:
        return False
    return True


def _usual(source: Draws) -> Iterable[str]:
    """Gaps and lags."""
    return (
        name
        for name in source.labels
        if name.endswith("_gap") or any(name == asked or name.endswith(f"_{asked}") for asked in ASKED)
    )


def _known(quantities: Sequence[str], sources: Sequence[Draws]) -> tuple[str, ...]:
    known = {name for source in sources for name in source.labels}
    for name in quantities:
        if name not in known:
            raise InputError(f"quantities: no card of the grid has {name!r}", nearest(name, known))
    return tuple(quantities)


def _check(file: SweepFile, sources: Sequence[Draws], events: Sequence[str]) -> None:
    """Every year is inside every forecast, and every event that is stated fits one at least."""
    for source in sources:
        with naming(f"years, card {source.card!r}"):
            for year in file.years:
                source.scope.position(year)
    for event in file.events:
        errors = []
        for source in sources:
            try:
                check_question(event, source, file.years)
            except InputError as error:
                errors.append(error)
        if len(errors) == len(sources):
            with naming("events"):
                raise errors[0]
