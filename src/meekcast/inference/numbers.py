"""The numbers of a card's graph, and what decides the graph without them.

All numbers (prior, dates, scores, what was known) are data, not constants: another prior, another score or
an earlier date of knowledge is the same graph, whose compiled code is at hand. They share one vector, because nutpie
compiles anew the access to each shared variable: one instead of nine halves the wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations.discrepancy import ou_steps
from meekcast.equations.types import Array
from meekcast.inference.centring import centring
from meekcast.inference.tastes import lines
from meekcast.model.realised import tastes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meekcast.beliefs.belief import Belief
    from meekcast.cards.schema import BenchmarkEntry
    from meekcast.inputs import Inputs
    from meekcast.observations import Observation


def numbers(inputs: Inputs) -> dict[str, Array]:
    """All numbers that the graph reads.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.

    Returns
    -------
    dict of str to ndarray
        In the order in which `pack` lays them out.
    """
    belief = graph_belief(inputs)
    named = {
        "prior_mean": belief.mean,
        "prior_factor": _square_factor(belief),
        "time": inputs.evidence_times,
        "step": ou_steps(inputs.evidence_times),
        **{f"{name}_centring": np.array(centred) for name, centred in centring(inputs).items()},
    }
    for benchmark, rows in inputs.data:
        named |= {f"{benchmark.name}_{key}": value for key, value in _rows(inputs, benchmark, rows).items()}
    if tastes(inputs.card):
        named |= lines(inputs, named)
    return {name: value.astype(float) for name, value in named.items()}


def graph_belief(inputs: Inputs) -> Belief:
    """The belief with known parameters on the scales that the card's own priors have, if their values allow it.

    A value that a user states has no scale of its own: so it needs no graph of its own either.
    """
    belief, own = inputs.belief, inputs.unchanged.belief
    for name in belief.names:
        if name not in belief.free and own.scales[own.index(name)].holds(belief.quantile(name, 0.5)):
            belief = belief.restated(name, own.scales[own.index(name)])
    return belief


def _square_factor(belief: Belief) -> Array:
    """Factor with a column for every parameter, of zeros where it is known: a graph serves both."""
    square = np.zeros((len(belief.names), len(belief.names)))
    square[:, belief.places] = belief.factor()
    return square


def _rows(inputs: Inputs, benchmark: BenchmarkEntry, rows: Sequence[Observation]) -> dict[str, Array]:
    """Data of one benchmark; rows that are not known yet stand at the end, without a share."""
    later = max(inputs.sizes[benchmark.name] - len(rows), 0)
    weights = np.zeros((len(rows) + later, 1 + len(inputs.card.read_of(benchmark))))
    weights[:, 0] = 1.0
    weights[: len(rows)] = [o.weights for o in rows] or weights[:0]

    def padded(values: Sequence[float] | Array) -> Array:
        return np.concatenate([np.asarray(values, dtype=float), np.zeros(later)])

    return {
        "at": padded(inputs.month_of(rows)),
        "weights": weights,
        "variance": padded([o.se**2 for o in rows]),
        "value": padded([o.value for o in rows]),
        "share": padded([o.share for o in rows]),
    }


def structure(inputs: Inputs) -> str:
    """What decides the graph, numbers left out: equal structures share one compilation.

    Scales belong to it: the limits of a logit are constants of the graph. Which parameters are known does not.
    """
    components = {"followers", "investment", "pieces", "algorithms", "extras", "discrepancy", "benchmarks"}
    shapes = tuple((name, value.shape) for name, value in numbers(inputs).items())
    belief = graph_belief(inputs)
    return repr((inputs.card.model_dump_json(include=components), belief.names, belief.scales, shapes))


def pack(named: Mapping[str, Array]) -> Array:
    """Lay all numbers out in one vector."""
    return np.concatenate([value.ravel() for value in named.values()])
