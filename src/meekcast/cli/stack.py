"""``meekcast forecast --stack``: weigh cards by their past, average their forecasts."""

from __future__ import annotations

import datetime as dt
import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from meekcast.cli.backtest import check_once, settings_of
from meekcast.cli.backtest import obtain as obtain_backtest
from meekcast.cli.forecast import Job, Request, exit_code, obtain
from meekcast.errors import InputError, nearest
from meekcast.files import to_json
from meekcast.inference.sampler import Progress, Settings, Silent
from meekcast.report.progress import LiveProgress
from meekcast.report.tables import Document, out_console

if TYPE_CHECKING:
    from rich.console import Console

    from meekcast.inputs import Inputs

FOLDER = "stack"


def run_stack(request: Request, jobs: list[Job], settings: Settings, today: dt.date, err: Console) -> int:
    """Weigh, forecast, average, write and print; returns the exit code.

    Raises
    ------
    InputError
        If the cards cannot be averaged, or a weight is wrong.
    """
    if len(request.priors) > 1:
        raise InputError("a stack is of cards, under one prior set", "Give --priors once, or leave --stack out.")
    every = [job.inputs for job in jobs]
    check_stackable(request, every)
    prior = read_weights(request.weights, [inputs.card.name for inputs in every])
    folder = request.out / FOLDER
    from meekcast.files import check_writable
    from meekcast.plots.stack import draw_stack
    from meekcast.stacks.summary import write_stack

    check_writable(folder)
    with nullcontext(Silent()) if request.quiet else LiveProgress(err) as progress:
        backtests = {inputs.card.name: _backtest(request, inputs, progress) for inputs in every}
        runs = [obtain(request, job, settings, today, progress) for job in jobs]
        progress.step("weighing and averaging")
        from meekcast.stacks.summary import stack_summary
        from meekcast.stacks.weighing import weigh

        documents = [run.document for run in runs]
        files = [next(file for file in run.files if file.name == "forecast.nc") for run in runs]
        document, written = write_stack(
            stack_summary(documents, files, weigh(backtests, prior, request.seed)), folder, draw_stack
        )
    if request.json:
        print(to_json(document))
    elif not request.quiet:
        from meekcast.report.stack import stack_report

        out_console().print(stack_report(document, written))
    return max(exit_code(document) for document in documents)


def _backtest(request: Request, inputs: Inputs, progress: Progress) -> Document | None:
    """Find the backtest of a card, or run it; None for one that reads no evidence."""
    if not inputs.tables:
        return None
    from dataclasses import asdict

    from meekcast.backtests.shelf import find_backtest

    known = find_backtest(inputs, asdict(settings_of(request.seed)))
    if known:
        return known
    from meekcast.inference.posterior import infer

    progress.step(f"{inputs.card.name}: not backtested yet, this takes minutes once")
    return obtain_backtest(inputs, request.seed, request.out, infer, progress)


def check_stackable(request: Request, every: list[Inputs]) -> None:
    """Refuse cards that do not answer the same question.

    Raises
    ------
    InputError
        If there are fewer than two, or they differ in clock, start or horizon, or share no event.
    """
    check_once(every)
    cards = [inputs.card for inputs in every]
    if len(cards) < 2:
        raise InputError(f"a stack of {cards[0].name!r} alone is no average", "Name two cards or more, or none at all.")
    first = cards[0]
    for card in cards[1:]:
        pair = f"{first.name!r} and {card.name!r}"
        if card.clock != first.clock:
            raise InputError(
                f"{pair} have different clocks: {first.clock} and {card.clock}", "Stack cards of one clock."
            )
        if card.start != first.start:
            raise InputError(f"{pair} start on {first.start} and {card.start}", "Stack cards with one start.")
        if card.horizon != first.horizon and request.until is None:
            raise InputError(
                f"{pair} have different horizons: {first.horizon:g} and {card.horizon:g}", "Give one by --until."
            )
    if not any(all(event in card.events for card in cards) for event in first.events):
        raise InputError(
            f"cards {', '.join(card.name for card in cards)} have no event in common",
            "Stack cards that ask the same: name and question of an event are the same.",
        )


def read_weights(texts: tuple[str, ...], cards: list[str]) -> dict[str, float]:
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


__all__: list[Any] = ["check_stackable", "read_weights", "run_stack"]
