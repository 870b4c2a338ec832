"""One question at several thresholds: how probable each is by some dates, as a table of thresholds by dates.

A grid is a question in which one number is a list, ``gpqa_gap_observed < 1,3,5,10 points for 6 months``. Each threshold
is a question of its own, put to the same draws by the one evaluator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meekcast.clock import When
from meekcast.errors import InputError
from meekcast.forecasts.questions.when import check_question, when
from meekcast.vocabulary.expression import Comparison, Expression, Level
from meekcast.vocabulary.grammar import fault, parse

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.questions.answer import Answer

_PIECE = r"[^\s,<>()]*"
_LIST = re.compile(rf"[<>]=?\s*({_PIECE}(?:\s*,\s*{_PIECE})+)")
_REMEDY = "Write for example 'gpqa_gap_observed < 1,3,5,10' or 'lag < 0.5,1,2 years for 6 months'."


@dataclass(frozen=True)
class Grid:
    """A question at several thresholds.

    Parameters
    ----------
    text : str
        As asked, without superfluous blanks.
    quantity, operator : str
        What is compared with the thresholds, and how.
    unit : str
        Of the thresholds, as written; empty for the quantity's own.
    thresholds : tuple of float
        Each once, in the order of the text.
    questions : tuple of Expression
        One a threshold.
    """

    text: str
    quantity: str
    operator: str
    unit: str
    thresholds: tuple[float, ...]
    questions: tuple[Expression, ...]

    def check(self, source: Draws, by: Iterable[str | When] = (), given: Sequence[str | Expression] = ()) -> None:
        """Refuse what does not fit before any draw is read.

        Raises
        ------
        InputError
            If a name, unit, threshold or date does not fit, or the question is on a date and so has none.
        """
        dates = tuple(by)
        for question in self.questions:
            source.scope.check_dated(question)
            check_question(question, source, dates, given)

    def answers(
        self, source: Draws, by: Iterable[str | When] = (), given: Sequence[str | Expression] = ()
    ) -> tuple[Answer, ...]:
        """Answers to the questions (`meekcast.forecasts.questions.when`), one a threshold.

        Raises
        ------
        InputError
            As `check`, or if the conditions leave too few draws.
        """
        dates = tuple(by)
        self.check(source, dates, given)
        return tuple(when(question, source, dates, given) for question in self.questions)


def read_grid(text: str) -> Grid:
    """Read a question that has a list of thresholds.

    Parameters
    ----------
    text : str
        In the grammar of `meekcast.vocabulary.grammar`, with a list of numbers in place of one.

    Returns
    -------
    Grid
        Its questions.

    Raises
    ------
    InputError
        If there is no list, or more than one, or a piece of it is no number; points at the piece.

    Examples
    --------
    >>> [str(question) for question in read_grid("lag < 0.5, 1 years for 6 months").questions]
    ['lag < 0.5 years for 6 months', 'lag < 1 years for 6 months']
    """
    lists = list(_LIST.finditer(text))
    if not lists:
        parse(text)
        remedy = f"{_REMEDY} One is a plain question, without --grid."
        raise fault(text, len(text.rstrip()), "a grid needs several thresholds", remedy)
    if len(lists) > 1:
        remedy = "One number of a grid is a list; write one number here."
        raise fault(text, lists[1].start(1), "a second list of thresholds", remedy)
    start, end = lists[0].span(1)
    pieces = _pieces(text, start, end)
    questions = {parse(f"{text[:start]}{piece}{text[end:]}"): None for piece in pieces}
    asked = [_at_column(question, start) for question in questions]
    levels = [c.right for c in asked if isinstance(c.right, Level)]
    return Grid(
        " ".join(text.split()),
        asked[0].left.quantity,
        asked[0].operator,
        levels[0].unit,
        tuple(level.value for level in levels),
        tuple(questions),
    )


def _pieces(text: str, start: int, end: int) -> list[str]:
    """The numbers of the list between two columns, as written."""
    found, column = [], start
    for piece in text[start:end].split(","):
        _check_number(text, piece.strip(), column + len(piece) - len(piece.lstrip()))
        found.append(piece.strip())
        column += len(piece) + 1
    return found


def _check_number(text: str, piece: str, column: int) -> None:
    """Refuse a piece that the grammar does not read as a number and nothing else."""
    if not piece:
        raise fault(text, column, "a threshold is missing between commas", _REMEDY)
    try:
        right = parse(f"x < {piece}").comparisons[0].right
    except InputError:
        right = None
    if not isinstance(right, Level) or right.unit:
        raise fault(text, column, f"{piece!r} is not a number", f"{_REMEDY} A unit stands once, after the last number.")


def _at_column(question: Expression, column: int) -> Comparison:
    """The comparison whose number stands at a column."""
    return next(c for c in question.comparisons if isinstance(c.right, Level) and c.right.column == column)
