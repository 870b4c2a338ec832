"""What boards make of each actor: integrated out of the graph by a Kalman filter, and drawn from what it leaves.

A *line* is the rows of one actor on one board, in order of date. Given paths and parameters a line is normal, since
the effect of a taste on a score is taken as linear.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations.discrepancy import Filtered, ou_decay, ou_filtered
from meekcast.model.realised import departing, taste, tastes
from meekcast.model.theory import shown, theoretical_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meekcast.cards.schema import BenchmarkEntry
    from meekcast.equations.types import Array
    from meekcast.inputs import Inputs
    from meekcast.observations import Observation

LONG_AGO = -1e6
"""Years since before the first row: nothing is left of what was then."""

MONTH = 1 / 12
_STREAM = 4  # of the seed; see `meekcast.forecasts.predictions`


def lines(inputs: Inputs, named: Mapping[str, Array]) -> dict[str, Array]:
    """Rows of all boards in lines, all as long as the longest will be; what is not known yet is left out.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    named : mapping of str to ndarray
        Rows of each board, as the graph reads them.

    Returns
    -------
    dict of str to ndarray, shape (rows of the longest line, lines)
        ``line_rows``, places among the rows of all boards; ``line_known``, whether there is one; ``line_step``, years
        since the one before.
    """
    found, before = [], 0
    for board in inputs.card.observed:
        share, weights = named[f"{board.name}_share"], named[f"{board.name}_weights"]
        actor = np.where(share > 0, weights.argmax(axis=1), -1)
        found += [before + np.flatnonzero(actor == i) for i in range(weights.shape[1])]
        before += len(share)
    months = np.concatenate([named[f"{board.name}_at"] for board in inputs.card.observed]).astype(int)
    longest = max(inputs.longest_line, *map(len, found), 1)  # an edition may hold more records than the last one
    rows, known, step = (np.zeros((longest, len(found))) for _ in range(3))
    for i, line in enumerate(found):
        rows[: len(line), i], known[: len(line), i] = line, 1.0
        step[: len(line), i] = np.diff(inputs.evidence_times[months[line]], prepend=LONG_AGO)
    return {"line_rows": rows, "line_known": known, "line_step": step}


def drawn_tastes(inputs: Inputs, draws: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Draw what boards make of each actor at the dates of evidence, given paths and parameters.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    draws : mapping of str to ndarray, shape (n, ...)
        Parameters, and departures of the paths at the dates of evidence.
    seed : int
        Of the draws.

    Returns
    -------
    dict of str to ndarray, shape (n, k)
        In ln FLOP, by the names of the card's tastes.
    """
    if not tastes(inputs.card):
        return {}
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM,)))
    card, columns = inputs.card, {name: draws[name][:, None] for name in inputs.belief.names}
    paths = departing(card, theoretical_paths(card, columns, inputs.evidence_times[None, :]), draws)
    x = dict(zip(("frontier", *card.follower_names), paths.actors(), strict=True))
    found = {}
    for board, rows in inputs.data:
        for i, actor in enumerate(card.actors_on(board)):
            line = tuple(o for o in rows if np.argmax(o.weights) == i)
            process = columns[f"{board.name}_taste_sd"][:, 0], columns[f"{board.name}_taste_memory"][:, 0]
            found[taste(board, actor)] = _drawn([*_filtered(inputs, board, line, columns, x)], *process, rng)
    return found


def _filtered(
    inputs: Inputs,
    board: BenchmarkEntry,
    line: tuple[Observation, ...],
    columns: Mapping[str, Array],
    x: Mapping[str, Array],
) -> Iterator[Filtered]:
    """What is known in each draw of a taste after each month, from the rows up to then."""
    own = {role: columns[f"{board.name}_{role}"][:, 0] for role in ("taste_sd", "taste_memory", "noise")}
    sd, decay = own["taste_sd"], ou_decay(MONTH, own["taste_memory"])
    at, actors = inputs.month_of(line), inputs.card.actors_on(board)
    weights = np.array([o.weights for o in line]).reshape(-1, len(actors))
    share, se, value = (np.array([getattr(o, key) for o in line]) for key in ("share", "se", "value"))
    seen = shown(board, actors, columns, x, at, weights)
    variance = (own["noise"][:, None] ** 2 * (weights**2).sum(axis=1) + se**2) / share
    months = {month: [*ks] for month, ks in groupby(range(len(line)), key=lambda k: at[k])}
    state = Filtered(np.zeros(len(sd)), sd**2)
    for month in range(len(inputs.evidence_times)):
        state = Filtered(decay * state.mean, sd**2 + decay**2 * (state.variance - sd**2))
        for k in months.get(month, ()):
            state = ou_filtered(state, value[k] - seen.mean[:, k], seen.slope[:, k], variance[:, k], 1.0, sd)
        yield state


def _drawn(filtered: list[Filtered], sd: Array, memory: Array, rng: np.random.Generator) -> Array:
    """A path of the taste in each draw, shape (n, months): the last state first, each given the one after it."""
    decay = ou_decay(MONTH, memory)
    path = np.empty((len(sd), len(filtered) + 1))
    path[:, -1] = 0.0
    gain = np.zeros(len(sd))  # nothing is known of what comes after the last month
    for month in range(len(filtered))[::-1]:
        known = filtered[month]
        mean = known.mean + gain * (path[:, month + 1] - decay * known.mean)
        left = known.variance * (1 - gain * decay)
        path[:, month] = mean + np.sqrt(np.maximum(left, 0.0)) * rng.standard_normal(len(sd))
        if month:
            before = filtered[month - 1].variance
            gain = before * decay / (sd**2 + decay**2 * (before - sd**2))
    return path[:, :-1]
