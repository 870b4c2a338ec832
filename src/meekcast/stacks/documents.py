"""What the documents of averages hold, key by key: of a stack of cards, and of a mixture of prior sets."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from meekcast.forecasts.questions.answer import AnswerDocument
from meekcast.runs.documents import Comparable, Told


class Behind(TypedDict):
    """How far a card's mean log score lies behind the best card's, with its interval."""

    log_score: float
    behind_best: float
    interval: list[float]


class CardWeight(TypedDict):
    """The weight of a card; no score where it shares no held-out targets."""

    card: str
    weight: float
    group: int
    prior_weight: float
    share_of_group: float
    score: Behind | None


class Group(TypedDict):
    """Cards that past dates cannot tell apart; no interval where they are weighted by the prior alone."""

    cards: list[str]
    weight: float
    interval: list[float] | None
    weighted_by: str


class GroupWeight(Group):
    """A group with its number."""

    group: int


class Weights(TypedDict):
    """From `meekcast.stacks.weighing.weigh`."""

    cards: list[CardWeight]
    groups: list[GroupWeight]
    targets: int
    origins: int
    of_earlier_version: list[str]


class Contribution(AnswerDocument):
    """What a card says of an event, and what that adds to the average."""

    card: str
    weight: float
    contribution_by: dict[str, float]
    contribution: list[float]


class StackedEvent(AnswerDocument):
    """An event averaged over cards."""

    cards: list[Contribution]


class StackDocument(Told):
    """summary.json of a stack."""

    schema: str
    seed: int
    weights: Weights
    events: list[StackedEvent]
    events_left_out: list[str]
    event_definition: str
    time: list[float]
    definitions: dict[str, str]
    interval_probability: float
    runs: dict[str, str]
    files: NotRequired[list[str]]


class Mixed(TypedDict):
    """A run in a mixture, with the seal of its manifest."""

    folder: str
    priors: str
    share: float
    manifest: str


class MixtureDocument(Comparable):
    """The equal mixture of one card's forecasts under several prior sets."""

    of: list[Mixed]
