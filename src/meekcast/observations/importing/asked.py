"""What the user asks of an import, and what stands already."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from meekcast.errors import InputError, nearest
from meekcast.observations.prices import Prices, PriceTable
from meekcast.observations.scores import ScoreTable
from meekcast.vocabulary.components import ScoreUnit

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
BENCHMARK = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_NAME = 80
RESERVED = {"import", "aliases"}
"""A command of ``meekcast evidence``, and the file of aliases."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an import is called and what its file does not say.

    Parameters
    ----------
    name : str
        Name of the table that is written.
    today : datetime.date
        Nothing may be dated later.
    board : str, optional
        Which of several boards in the file is meant.
    benchmark, title, source, licence : str, optional
        What the table says about itself.
    unit : str, optional
        What scores are in: points, index or elo.
    chance : float, optional
        What a guess scores, in points.
    questions : int, optional
        How many there are.
    as_of : datetime.date, optional
        Date up to which the file is complete; by default its newest row is.
    columns : mapping of str to str, optional
        Which column is what.
    scale : float, optional
        What a score is multiplied with; by default it is found out.
    add : bool, default False
        Keep what stood and is not in the file.

    Raises
    ------
    InputError
        If something of this is not allowed.
    """

    name: str
    today: dt.date
    board: str | None = None
    benchmark: str | None = None
    title: str | None = None
    unit: str | None = None
    chance: float | None = None
    questions: int | None = None
    source: str | None = None
    licence: str | None = None
    as_of: dt.date | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    scale: float | None = None
    add: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be, before anything is read."""
        good = NAME.fullmatch(self.name) and len(self.name) <= LONGEST_NAME and self.name not in RESERVED
        if not good:
            raise InputError(f"--as {self.name}: no table can be called so", "Use letters, digits, - and _: my-board")
        if self.benchmark is not None and not BENCHMARK.fullmatch(self.benchmark):
            raise InputError(f"--benchmark {self.benchmark}: no benchmark can be called so", "Such as: gpqa, my_exam")
        for option in ("title", "source", "licence"):
            text = getattr(self, option)
            if text is not None and not (text.strip() and text.isprintable()):
                raise InputError(f"--{option} {text!a}: no text in one line", "Write a few words.")
        if self.unit is not None and self.unit not in get_args(ScoreUnit):
            raise InputError(f"--unit {self.unit}: unknown unit", nearest(self.unit, get_args(ScoreUnit)))
        if self.chance is not None and not 0 <= self.chance < 100:
            raise InputError(f"--chance {self.chance:g} is not from 0 to 100 points", "Four options: --chance 25")
        if self.scale is not None and not 0 < self.scale <= 1e6:
            raise InputError(f"--scale {self.scale:g} makes no scores", "Fractions: --scale 100; points: --scale 1")
        if self.questions is not None and self.questions < 1:
            raise InputError(f"--questions {self.questions}: there has to be one", "Leave it out if it is not known.")
        if self.as_of is not None and self.as_of > self.today:
            raise InputError(f"--as-of {self.as_of} is after today, {self.today}", "Leave it out, or give its date.")


@dataclass(frozen=True)
class Standing:
    """What is there before an import.

    Parameters
    ----------
    folder : pathlib.Path
        The user's evidence.
    boards : mapping of str to ScoreTable, optional
        All tables of scores by name, the user's in place of those that ship.
    own_board : bool, default False
        Whether the one of the name that is written is the user's.
    prices : Prices, optional
        All prices and aliases.
    own_prices : PriceTable, optional
        The user's own price list of the name that is written.
    own_aliases : mapping of str to str, optional
        The user's own aliases.
    """

    folder: Path
    boards: Mapping[str, ScoreTable] = field(default_factory=dict)
    own_board: bool = False
    prices: Prices = field(default_factory=Prices)
    own_prices: PriceTable | None = None
    own_aliases: Mapping[str, str] = field(default_factory=dict)
