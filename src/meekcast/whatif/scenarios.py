"""Scenarios: named changes to a card, and what they change in dates and probabilities.

A scenario either *intervenes*, changing parameters in the draws after everything was learned from
evidence (what if the frontier spent less?), or *refits*, conditioning other inputs on the evidence anew
(what if we believed otherwise?). Interventions are paired with the base draw by draw.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from meekcast.cards import library
from meekcast.cards.priors import Entry, Text
from meekcast.cards.schema import ModelCard
from meekcast.clock import When
from meekcast.equations.types import Array
from meekcast.errors import InputError, naming, nearest
from meekcast.forecasts.draws import Draws
from meekcast.forecasts.questions.when import check_question, when
from meekcast.inputs import Inputs, Override, gather
from meekcast.model.theory import theoretical_paths
from meekcast.vocabulary.expression import Expression
from meekcast.vocabulary.grammar import parse
from meekcast.vocabulary.quantities import OF_WHOLE_PATHS
from meekcast.whatif.comparing import Compared, Comparison, against
from meekcast.whatif.world import World, blank

How = Literal["intervene", "refit"]

_SHIFT = re.compile(r"(?P<sign>[x+-])\s*(?P<size>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


class Scenario(Entry):
    """One named change.

    ``set`` fixes parameters; ``shift`` moves them, "x1.2" by a factor, "+0.1" or "-0.1" by a difference;
    ``from`` is the date until which the paths stay what they are in the base. ``prior``, ``priors``,
    ``evidence`` and ``card`` are other inputs, and need a refit.
    """

    name: Annotated[str, Field(min_length=1, max_length=90)]
    how: How | None = None
    set: dict[str, float] = Field(default_factory=dict)
    shift: dict[str, str] = Field(default_factory=dict)
    from_: dt.date | float | None = Field(default=None, alias="from")
    prior: dict[str, str | float] = Field(default_factory=dict)
    priors: Text | None = None
    evidence: list[Text] = Field(default_factory=list)
    card: Text | None = None

    @property
    def refits(self) -> bool:
        """Whether the evidence is conditioned on anew."""
        return self.how == "refit" or bool(self.prior or self.priors or self.evidence or self.card)

    @field_validator("shift")
    @classmethod
    def _readable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _SHIFT.fullmatch(text):
                raise ValueError(f'cannot read the shift of {name}, {text!r}: write "x1.2", "+0.1" or "-0.1"')
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Scenario:
        both = (self.set.keys() & self.shift.keys()) | (self.prior.keys() & self.set.keys())
        if both:
            raise ValueError(f"{', '.join(sorted(both))} is changed twice")
        if self.refits and self.how == "intervene":
            raise ValueError('prior, priors, evidence and card need how = "refit"')
        if self.refits and (self.shift or self.from_ is not None):
            raise ValueError("shift and from act on draws that stand: they cannot be refitted")
        return self


class ScenarioFile(Entry):
    """A list of scenarios, and the events that are compared."""

    schema_: Literal[1] = Field(alias="schema")
    card: Text = "leaderboard"
    priors: Text | None = None
    events: Annotated[list[Text], Field(min_length=1, max_length=100)]
    by: list[dt.date | float] = Field(default_factory=list, max_length=100)
    scenarios: Annotated[list[Scenario], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _names(self) -> ScenarioFile:
        names = ["base", *(scenario.name for scenario in self.scenarios)]
        if len(set(names)) < len(names):
            raise ValueError("two scenarios have the same name (one is called base already)")
        return self


def read_scenarios(path: Path) -> ScenarioFile:
    """Read a file of scenarios, its expressions included.

    Raises
    ------
    InputError
        If it is missing or says something that it may not say.
    """
    if not path.is_file():
        raise InputError(
            f"there is no file {path}",
            "`meekcast scenarios --example` prints one to start from.",
        )
    file = library.read(ScenarioFile, path)
    for text in file.events:
        with naming(path):
            parse(text)
    return file


def prepare(file: ScenarioFile, inputs: Inputs, until: float | None = None) -> dict[str, Inputs]:
    """Check events and changes against the card, before anything is sampled.

    Parameters
    ----------
    file : ScenarioFile
        The scenarios.
    inputs : Inputs
        Those of the base.
    until : float, optional
        Horizon.

    Returns
    -------
    dict of str to Inputs
        Inputs of the scenarios that are fitted anew, by name.

    Raises
    ------
    InputError
        If a change does not fit; names the scenario.
    """
    world = blank(inputs, until)
    events = [check_question(event, world, _by(file, event))[0] for event in file.events]
    anew = {}
    for scenario in file.scenarios:
        with naming(f"scenario {scenario.name!r}"):
            if scenario.refits:
                anew[scenario.name] = _refitted(scenario, file, inputs)
                for event in file.events:
                    check_question(event, blank(anew[scenario.name], until), _by(file, event))
            else:
                _check_names(scenario, inputs)
                if scenario.from_ is not None:
                    _from(scenario.from_, world)
                    _check_tellable(events)
    return anew


def _by(file: ScenarioFile, event: str) -> Sequence[When]:
    """Dates by which an event is asked; a question on a date has its own."""
    return () if parse(event).is_proposition else file.by


def _refitted(scenario: Scenario, file: ScenarioFile, base: Inputs) -> Inputs:
    """Inputs of a scenario that conditions on evidence anew."""
    overrides = [Override(name, repr(value)) for name, value in scenario.set.items()]
    overrides += [Override.read(f"{name}={prior}") for name, prior in scenario.prior.items()]
    inputs = gather(scenario.card or file.card, scenario.priors or file.priors, overrides, scenario.evidence)
    if inputs.card.clock != base.card.clock:
        raise InputError(
            f"card {inputs.card.name!r} is on the {inputs.card.clock} clock, the base on the other",
            "Compare cards of one clock.",
        )
    return inputs


def _check_names(scenario: Scenario, inputs: Inputs) -> None:
    for name in (*scenario.set, *scenario.shift):
        if name not in inputs.belief.names:
            raise InputError(f"card {inputs.card.name!r} has no parameter {name!r}", nearest(name, inputs.belief.names))


def _check_tellable(events: Iterable[Expression]) -> None:
    """Refuse quantities that remember the path before a change of course."""
    for event in events:
        raw = [n for n in event.quantities if n.endswith("_compute") and not n.endswith("_effective_compute")]
        if raw or any(name.endswith("_gap_observed") for name in event.quantities):
            raise InputError(f"'{event}' cannot be told of a change of course", "Drop `from`, or that event.")


def compare(file: ScenarioFile, base: World, anew: Mapping[str, World]) -> list[Comparison]:
    """Ask every event of the base and of every scenario.

    Parameters
    ----------
    file : ScenarioFile
        The scenarios.
    base : World
        What they are compared with.
    anew : mapping of str to World
        Posteriors of the inputs from `prepare`.

    Returns
    -------
    list of Comparison
        One an event.

    Raises
    ------
    InputError
        If a change leads out of a parameter's support; names the scenario.
    """
    world = base.source()
    answers = [when(event, world, _by(file, event)) for event in file.events]
    found: list[list[Compared]] = [[] for _ in answers]
    for scenario in file.scenarios:
        with naming(f"scenario {scenario.name!r}"):
            other = anew.get(scenario.name)
            source = other.source() if other else intervened(scenario, base, world)
            for before, compared in zip(answers, found, strict=True):
                after = when(before.expression, source, _by(file, before.expression))
                change = against(before, after, scenario.name, world, paired=not scenario.refits)
                compared.append(replace(change, diagnostics=other.posterior.diagnostics if other else None))
    return [Comparison(before, tuple(compared)) for before, compared in zip(answers, found, strict=True)]


def intervened(scenario: Scenario, base: World, world: Draws) -> Draws:
    """Draws of the base with parameters changed, everything else left as it was.

    Parameters
    ----------
    scenario : Scenario
        Sets and shifts.
    base : World
        The posterior.
    world : Draws
        Predictions of the base.

    Returns
    -------
    Draws
        Paths of the scenario; those of the base before ``from``.
    """
    draws = base.posterior.draws()
    changed = {**draws, **changed_parameters(scenario, base.inputs, draws)}
    if scenario.from_ is None:
        return base.predicted(changed)
    date = _from(scenario.from_, world)
    after = _level_at(base.inputs, draws, changed, date - base.inputs.start)
    later, before = base.predicted(after), world.times < date
    card = base.inputs.card
    of_whole_paths = {f"{card.prefix(follower)}{name}" for follower in card.followers for name in OF_WHOLE_PATHS}

    def read(name: str) -> Array:
        if name in of_whole_paths:
            return base.lags_of_course(draws, after, before)[name]
        return np.where(before, world.read(name), later.read(name))

    return replace(later, read=read)


def _from(stated: dt.date | float, world: Draws) -> float:
    with naming("from"):
        date = world.scope.position(stated)
        if date == world.times[-1]:
            raise InputError(f"{stated} is the horizon: nothing comes after it", "Name an earlier date.")
    return date


def changed_parameters(scenario: Scenario, inputs: Inputs, draws: Mapping[str, Array]) -> dict[str, Array]:
    """Draws of the parameters that a scenario sets or shifts, inside their supports.

    Raises
    ------
    InputError
        If a name is unknown to the card or a draw leaves the parameter's support.
    """
    _check_names(scenario, inputs)
    changed = {}
    for name in (*scenario.set, *scenario.shift):
        values = draws[name]
        moved = _shifted(values, scenario.shift[name]) if name in scenario.shift else 0 * values + scenario.set[name]
        known = inputs.card.parameter(name)
        if not (moved > known.low).all() or not (moved < known.high).all():
            raise InputError(
                f"{name} would reach {moved.min():g} .. {moved.max():g}, outside {known.low:g} .. {known.high:g}",
                f"This is the {known.meaning} ({known.unit}).",
            )
        changed[name] = moved
    return changed


def _shifted(values: Array, text: str) -> Array:
    match = _SHIFT.fullmatch(text)
    assert match is not None  # checked when the file was read
    size = float(match["size"])
    return values * size if match["sign"] == "x" else values + (size if match["sign"] == "+" else -size)


def _level_at(inputs: Inputs, draws: Mapping[str, Array], changed: dict[str, Array], t: float) -> dict[str, Array]:
    """Move C0 and the R of each follower so that the changed paths of theory pass through the base's at one date."""
    card = inputs.card
    own, new = (theoretical_paths(card, p, t) for p in (draws, changed))
    moved = [before - after for before, after in zip(own.actors(), new.actors(), strict=True)]
    levelled = {**changed, "C0": changed["C0"] * np.exp(moved[1])}
    for follower, by in zip(card.followers, moved[1:], strict=True):
        levelled[f"{card.prefix(follower)}R"] = changed[f"{card.prefix(follower)}R"] * np.exp(moved[0] - by)
    now = theoretical_paths(card, levelled, t)
    if not all(np.allclose(a, b) for a, b in zip(now.actors(), own.actors(), strict=True)):
        raise InputError(f"card {card.name!r} cannot change course at a date", "Drop `from`.")
    start = np.log(levelled["C0"] / draws["C0"]) + np.log(levelled["R"] / draws["R"])
    return {**levelled, **_same_links(inputs.card, levelled, start)}


def _same_links(card: ModelCard, p: Mapping[str, Array], start: Array) -> dict[str, Array]:
    """Parameters of links that count compute from the frontier at the start, when that start has moved."""
    moved = {}
    for b in card.benchmarks:
        if b.reference == "start" and b.link == "sigmoid":
            moved[f"{b.name}_difficulty"] = p[f"{b.name}_difficulty"] - start
        elif b.reference == "start":
            moved[f"{b.name}_level"] = p[f"{b.name}_level"] + p[f"{b.name}_slope"] * start
    return moved
