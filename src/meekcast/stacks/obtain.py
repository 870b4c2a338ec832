"""A stack of cards: each weighed by its past, their forecasts averaged and written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from meekcast.backtests.obtain import check_once, known_scores, obtain_backtest
from meekcast.errors import InputError, nearest
from meekcast.files import check_writable

if TYPE_CHECKING:
    from meekcast.backtests.documents import HeldOut
    from meekcast.backtests.obtain import Draw as DrawBacktest
    from meekcast.cards.schema import ModelCard
    from meekcast.inference.sampler import Progress
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary
    from meekcast.runs.obtain import Order
    from meekcast.runs.write import Draw
    from meekcast.stacks.documents import StackDocument

FOLDER = "stack"


class Drawing(NamedTuple):
    """Who draws the pictures of a run, of a backtest and of a stack."""

    run: Draw
    backtest: DrawBacktest
    stack: Callable[[StackDocument, Path], None]


class Stacked(NamedTuple):
    """A stack, its files, and the summaries of its cards."""

    document: StackDocument
    files: list[Path]
    members: list[Summary]


def check_stack(orders: Sequence[Order], weights: Sequence[str], out: Path) -> dict[str, float]:
    """Refuse cards and weights that make no stack, before anything is fitted; returns the prior weights.

    Raises
    ------
    InputError
        If the cards cannot be averaged, or a weight is wrong.
    OutputError
        If the stack's folder cannot be written.
    """
    every = [order.inputs for order in orders]
    check_stackable(every, orders[0].until)
    prior = read_weights(weights, [inputs.card.name for inputs in every])
    check_writable(out / FOLDER)
    return prior


def obtain_stack(
    orders: Sequence[Order],
    prior: dict[str, float],
    out: Path,
    progress: Progress,
    drawing: Drawing,
    *,
    fresh: bool = False,
) -> Stacked:
    """Weigh cards, obtain their runs, average them and write the stack.

    Parameters
    ----------
    orders : sequence of Order
        The runs, one a card.
    prior : dict of str to float
        Prior weights, from `check_stack`.
    out : pathlib.Path
        The stack goes to ``out/stack``, a backtest that has to be made to ``out/<card>``.
    progress : Progress
        Is told of each step.
    drawing : Drawing
        Who draws.
    fresh : bool, default False
        Make the runs anew.

    Returns
    -------
    Stacked
        The stack.
    """
    from meekcast.runs.obtain import obtain_runs
    from meekcast.runs.read import open_run
    from meekcast.stacks.summary import stack_summary, write_stack
    from meekcast.stacks.weighing import weigh

    seed = orders[0].settings.seed
    held = {o.inputs.card.name: _held_out(o.inputs, out, seed, progress, drawing) for o in orders}
    runs = obtain_runs(orders, progress, drawing.run, fresh=fresh)
    progress.step("weighing and averaging")
    stored = [open_run(order.folder) for order in orders]
    summary = stack_summary(stored, weigh(held, prior, seed))
    return Stacked(*write_stack(summary, out / FOLDER, drawing.stack), [run.document for run in runs])


def _held_out(inputs: Inputs, out: Path, seed: int, progress: Progress, drawing: Drawing) -> HeldOut | None:
    """Find the held-out scores of a card, or make its backtest; None for a card that reads no evidence."""
    from meekcast.backtests.scorecard import held_out

    if not inputs.tables:
        return None
    known = known_scores(inputs, seed)
    if known:
        return known
    progress.step(f"{inputs.card.name}: not backtested yet, this takes a minute or more, once")
    return held_out(obtain_backtest(inputs, out / inputs.card.name, seed, progress, drawing.backtest))


def check_stackable(every: Sequence[Inputs], until: float | None = None) -> None:
    """Refuse cards that do not answer the same question.

    Parameters
    ----------
    every : sequence of Inputs
        One a card.
    until : float, optional
        Horizon of all of them, if one was asked for.

    Raises
    ------
    InputError
        If there are fewer than two, or they differ in clock, start or horizon, or share no event.
    """
    check_once(every)
    cards = [inputs.card for inputs in every]
    if len(cards) < 2:
        raise InputError(f"a stack of {cards[0].name!r} alone is no average", "Name two cards or more, or none at all.")
    for card in cards[1:]:
        _check_alike(cards[0], card, until)
    if not any(all(event in card.events for card in cards) for event in cards[0].events):
        raise InputError(
            f"cards {', '.join(card.name for card in cards)} have no event in common",
            "Stack cards that ask the same: quantity, threshold and name of an event are the same.",
        )


def _check_alike(first: ModelCard, card: ModelCard, until: float | None) -> None:
    pair = f"{first.name!r} and {card.name!r}"
    if card.clock != first.clock:
        raise InputError(f"{pair} have different clocks: {first.clock} and {card.clock}", "Stack cards of one clock.")
    if card.start != first.start:
        raise InputError(f"{pair} start on {first.start} and {card.start}", "Stack cards with one start.")
    if card.horizon != first.horizon and until is None:
        raise InputError(
            f"{pair} have different horizons: {first.horizon:g} and {card.horizon:g}", "Give one by --until."
        )


def read_weights(texts: Sequence[str], cards: list[str]) -> dict[str, float]:
    """Read ``CARD=W``: prior weights, 1 where nothing is said.

    Raises
    ------
    InputError
        If a line cannot be read, names another card or one twice, or the weight is not positive.

    Examples
    --------
    >>> read_weights(("b=2",), ["a", "b"])
    {'a': 1.0, 'b': 2.0}
    """
    weights: dict[str, float] = {}
    for text in texts:
        name, equals, number = (part.strip() for part in text.partition("="))
        if not equals:
            raise InputError(f"--weight {text!r}: there is no '='", "Write CARD=W, such as leaderboard=2.")
        if name not in cards:
            raise InputError(f"--weight {text!r}: {name!r} is not in the stack", nearest(name, cards))
        if name in weights:
            raise InputError(f"--weight: {name!r} is weighted twice", "Give each card one weight.")
        weights[name] = _positive(text, number)
    return {card: weights.get(card, 1.0) for card in cards}


def _positive(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise InputError(
            f"--weight {text!r}: {number!r} is not a positive number",
            "To leave a card out, name the others after --stack.",
        )
    return value
