"""The PyMC model of a card: one graph of named dimensions.

The parameters are sampled as independent standard normal scores, turned into values by the factor of the joint
belief (non-centred), so the sampler sees none of the near-singular correlation of the scaling law; the
departures are sampled centred by a part. A known parameter has a score too, which moves nothing. The graph holds no
Deterministic: results are computed from the draws afterwards.

All numbers are data, see `meekcast.inference.numbers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pymc as pm

from meekcast.equations.discrepancy import ou_log_density, softplus
from meekcast.inference.centring import departed
from meekcast.inference.numbers import numbers, pack
from meekcast.model.realised import departures
from meekcast.model.theory import Parameters, Paths, score, theoretical_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meekcast.cards.schema import BenchmarkEntry, ModelCard
    from meekcast.equations.types import Values
    from meekcast.inputs import Inputs

type Actors = Mapping[str, Values]

NUMBERS = "numbers"
"""Name of the data vector."""


def build(inputs: Inputs) -> pm.Model:
    """Build the model of a card with evidence.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.

    Returns
    -------
    pymc.Model
        Free variables: ``scores`` (parameter), and with discrepancy ``frontier_states`` and one
        ``lead_states`` a follower (evidence_date); one potential a benchmark, its log-likelihood.
    """
    coords = {"parameter": inputs.belief.names, "evidence_date": inputs.evidence_times + inputs.start}
    with pm.Model(coords=coords) as model:
        data = _unpacked(numbers(inputs))
        u = data["prior_mean"] + (data["prior_factor"] * pm.Normal("scores", dims="parameter")).sum(axis=1)
        p = inputs.belief.to_values(u[i] for i in range(len(inputs.belief.names)))
        paths = theoretical_paths(inputs.card, p, data["time"])
        if inputs.card.discrepancy == "ou":
            paths = _departed(inputs.card, paths, p, data)
        x = dict(zip(("frontier", *inputs.card.follower_names), paths.actors(), strict=True))
        for benchmark in inputs.card.observed:
            _observe(inputs.card, benchmark, data, p, x)
    return model


def _unpacked(named: Mapping[str, np.ndarray]) -> dict[str, Values]:
    """Name the parts of the data vector again."""
    vector = pm.Data(NUMBERS, pack(named))
    ends = np.cumsum([value.size for value in named.values()]).tolist()
    starts = [0, *ends[:-1]]
    parts = zip(named.items(), starts, ends, strict=True)
    return {
        name: vector[start:end].reshape(value.shape) if value.ndim > 1 else vector[start:end]
        for (name, value), start, end in parts
    }


def _departed(card: ModelCard, paths: Paths, p: Parameters, data: Mapping[str, Values]) -> Paths:
    """Theory plus Ornstein-Uhlenbeck departures; a realised lead is never negative."""
    frontier, *leads = (_departure(what, p, data) for what in departures(card).values())
    led = tuple(softplus(lead + departure) for lead, departure in zip(paths.leads, leads, strict=True))
    return Paths(paths.frontier + frontier, led)


def _departure(what: str, p: Parameters, data: Mapping[str, Values]) -> Values:
    """Departures at all dates, sampled as states of a process whose SD is a power of theirs."""
    sd, centred, states = p[f"{what}_sd"], data[f"{what}_centring"][0], pm.Flat(f"{what}_states", dims="evidence_date")
    density = ou_log_density(states, data["step"], sd**centred, p[f"{what}_memory"])
    pm.Potential(f"{what}_density", density)
    return departed(states, sd, centred)


def _observe(card: ModelCard, benchmark: BenchmarkEntry, data: Mapping[str, Values], p: Parameters, x: Actors) -> None:
    """Add the likelihood of a benchmark: scores of one actor each, or gaps between two."""
    rows = {key: data[f"{benchmark.name}_{key}"] for key in ("at", "weights", "variance", "value", "share")}
    at = rows["at"].astype("int64")
    actors = ("frontier", *(follower.name for follower in card.read_of(benchmark)))
    expected = sum(rows["weights"][:, i] * score(benchmark, p, x[actor])[at] for i, actor in enumerate(actors))
    variance = p[f"{benchmark.name}_noise"] ** 2 * (rows["weights"] ** 2).sum(axis=1) + rows["variance"]
    log_density = pm.logp(pm.Normal.dist(expected, np.sqrt(variance)), rows["value"])
    pm.Potential(benchmark.name, (rows["share"] * log_density).sum())  # what is not known yet says nothing
