"""A decision as data: actions, and what each loses in each outcome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

from meekcast.cards.parsing import text_in, toml_in
from meekcast.cards.priors import Entry, Text
from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.sensitivities.outputs import Output, find_outputs
from meekcast.sensitivities.runs import Run


class Decision(Entry):
    """A TOML file with a table of losses.

    ``outcome`` is named as after ``--event``; the date of an event, or a quantity at a year. ``edges`` divide its
    values into outcomes: below the first, between two, from the last on (where what never comes by the horizon
    belongs). Each action has one loss for each outcome.
    """

    schema_: Literal[1] = Field(alias="schema")
    title: Text
    unit: Text
    outcome: Text
    edges: Annotated[list[float], Field(min_length=1, max_length=100)]
    actions: Annotated[dict[str, list[float]], Field(min_length=2, max_length=100)]

    @model_validator(mode="after")
    def _consistent(self) -> Decision:
        if any(b <= a for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges are not increasing")
        for name, losses in self.actions.items():
            if len(losses) != len(self.edges) + 1:
                outcomes = f"{len(self.edges) + 1} outcomes ({len(self.edges)} edges)"
                raise ValueError(f"action {name!r} has {len(losses)} losses for {outcomes}")
        return self


def load_decision(file: Path) -> Decision:
    """Read a decision.

    Raises
    ------
    InputError
        If the file is missing or wrong.
    """
    if not file.exists():
        raise InputError(f"there is no decision {file}", "`meekcast sensitivity --example` prints one.")
    return read_decision(toml_in(file, text_in(file)), file)


def read_decision(data: Mapping[str, Any], place: Path | str = "decision") -> Decision:
    """Read what a file says, or what was written in Python in its place.

    Raises
    ------
    InputError
        If it is wrong; names the place and the key.
    """
    try:
        return Decision.model_validate(data)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc'])) or '(file)'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise InputError(
            f"{place}: " + "; ".join(lines),
            "A decision has schema = 1, title, unit, outcome, edges, and [actions] with one loss for each outcome.",
        ) from None


def losses(decision: Decision, run: Run) -> tuple[Output, Array]:
    """Loss of each action in each draw.

    Parameters
    ----------
    decision : Decision
        The table.
    run : Run
        The forecast.

    Returns
    -------
    output : Output
        What the outcome is.
    losses : ndarray, shape (n, a)
        In the decision's unit.
    """
    output = find_outputs(run, decision.outcome, [])[-1]
    value = np.where(np.isnan(output.values), np.inf, output.values)
    place = np.searchsorted(decision.edges, value, side="right")
    return output, np.array(list(decision.actions.values()))[:, place].T
