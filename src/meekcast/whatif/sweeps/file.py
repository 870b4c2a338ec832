"""What a file of a grid may say."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence, Sized
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from meekcast.cards import library
from meekcast.cards.priors import Entry, Text
from meekcast.errors import InputError, naming
from meekcast.forecasts.questions.answer import PROBABILITIES
from meekcast.inference.sampler import MOST_SAMPLED, Settings
from meekcast.vocabulary.grammar import parse

_CALLED = {
    "card": "cards", "priors": "prior sets", "followers": "sets of followers", "without": "choices of boards",
    "seed": "seeds",
}  # fmt: skip

OWN = "own"
"""Instead of a prior set: the one that each card names."""


def shape_text(shape: Mapping[str, int]) -> str:
    """Lengths of the axes of a grid, in words; axes of one are left out.

    Examples
    --------
    >>> shape_text({"card": 3, "priors": 1, "seed": 2})
    '3 cards x 2 seeds'
    """
    return " x ".join(f"{number} {_CALLED[axis]}" for axis, number in shape.items() if number > 1)


def _each_once[T](values: list[T]) -> list[T]:
    counted = Counter(map(repr, values))  # lists of names, too
    twice = [text for text, count in counted.items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} is there twice")
    return values


def _increasing(values: list[float]) -> list[float]:
    if any(late <= early for early, late in itertools.pairwise(values)):
        raise ValueError("they are not in increasing order")
    return values


def _whole() -> list[list[str]]:
    return [[]]


type _Once[T] = Annotated[list[T], Field(min_length=1), AfterValidator(_each_once)]
type _Names = Annotated[list[Text], AfterValidator(_each_once)]


class SweepFile(Entry):
    """A grid of forecasts, and what each is asked.

    Every combination of ``cards``, ``priors``, ``followers``, ``without`` and ``seeds`` is one forecast. An empty
    list of followers is all of a card, of boards left out none.
    """

    schema_: Literal[1] = Field(alias="schema")
    cards: _Once[Text]
    priors: _Once[Text] = Field(default_factory=lambda: [OWN])
    followers: _Once[_Names] = Field(default_factory=_whole)
    without: _Once[_Names] = Field(default_factory=_whole)
    seeds: _Once[Annotated[int, Field(ge=0, lt=2**32)]] = Field(default_factory=lambda: [0])
    draws: Annotated[int, Field(ge=50, le=MOST_SAMPLED)] = Settings.draws
    exact: bool = False
    until: float | None = None
    years: Annotated[list[float], Field(min_length=1), AfterValidator(_increasing)]
    quantities: _Names = Field(default_factory=list)
    events: _Names = Field(default_factory=list)
    quantiles: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1), AfterValidator(_increasing)
    ] = Field(default_factory=lambda: list(PROBABILITIES))

    @field_validator("events")
    @classmethod
    def _canonical(cls, events: list[str]) -> list[str]:
        return _each_once([str(parse(event)) for event in events])

    @property
    def shape(self) -> dict[str, int]:
        """Length of each axis of the grid."""
        axes: dict[str, Sized] = {
            "card": self.cards, "priors": self.priors, "followers": self.followers, "without": self.without,
            "seed": self.seeds,
        }  # fmt: skip
        return {name: len(values) for name, values in axes.items()}

    def seeded(self, seeds: Sequence[int]) -> SweepFile:
        """The same grid with other seeds, each once; its own where none is given."""
        return self.model_copy(update={"seeds": list(dict.fromkeys(seeds))}) if seeds else self

    def settings(self, seed: int) -> Settings:
        """How the forecasts of one seed are sampled."""
        return Settings(draws=self.draws, seed=seed, exact=self.exact)


def read_sweep(path: Path) -> SweepFile:
    """Read a file of a grid.

    Raises
    ------
    InputError
        If it is missing or says something that it may not say; names the key.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", "`meekcast sweep --example` prints one to start from.")
    with naming(path):
        return library.read(SweepFile, path)
