"""The PyMC model of a card: one graph of named dimensions.

The parameters are sampled as independent standard normal scores, turned into values by the factor of the joint
belief (non-centred), so the sampler sees none of the near-singular correlation of the scaling law; the
departures are sampled centred by a part. A known parameter has a score too, which moves nothing. The graph holds no
Deterministic: results are computed from the draws afterwards.

All numbers are data, see `meekcast.inference.numbers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pymc as pm
import pytensor

from meekcast.equations.discrepancy import Filtered, ou_decay, ou_filtered, ou_log_density, ou_path, ou_scores
from meekcast.inference.centring import sampled_process, states_of
from meekcast.inference.numbers import graph_belief, numbers, pack
from meekcast.model.realised import departing, path_departures, tastes
from meekcast.model.theory import Parameters, shown, theoretical_paths

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
        belief = graph_belief(inputs)
        p = belief.to_values(u[i] for i in range(len(belief.names)))
        paths = theoretical_paths(inputs.card, p, data["time"])
        departed = {name: _departure(name, what, p, data) for name, what in path_departures(inputs.card).items()}
        actors = departing(inputs.card, paths, departed).actors()
        x = dict(zip(("frontier", *inputs.card.follower_names), actors, strict=True))
        rows = {board.name: _rows(inputs.card, board, data, p, x) for board in inputs.card.observed}
        if tastes(inputs.card):
            pm.Potential("boards", _with_tastes(inputs.card, data, p, rows))
        else:
            for board, seen in rows.items():
                log_density = pm.logp(pm.Normal.dist(0, np.sqrt(seen.variance)), seen.away)
                pm.Potential(board, (seen.share * log_density).sum())  # what is not known yet says nothing
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


def _departure(name: str, what: str, p: Parameters, data: Mapping[str, Values]) -> Values:
    """Departures at all dates, from sampled states of a process like theirs (`meekcast.inference.centring`)."""
    own, steps = (p[f"{what}_sd"], p[f"{what}_memory"]), data["step"]
    process = sampled_process(*own, *(data[f"{name}_centring"][i] for i in range(2)))
    states = pm.Flat(states_of(name), dims="evidence_date")
    before = pm.math.concatenate([np.zeros(1), states[:-1]])
    scores = ou_scores(states, before, steps, *process)
    pm.Potential(f"{name}_density", ou_log_density(scores, steps, *process))
    return ou_path(scores, data["time"] - data["time"][0], steps, *own)


class _Rows(NamedTuple):
    """Rows of a board: their distance from what is expected, its change by a taste, variance of the noise, share."""

    away: Values
    slope: Values
    variance: Values
    share: Values


def _rows(card: ModelCard, benchmark: BenchmarkEntry, data: Mapping[str, Values], p: Parameters, x: Actors) -> _Rows:
    given = {key: data[f"{benchmark.name}_{key}"] for key in ("at", "weights", "variance", "value", "share")}
    seen = shown(benchmark, card.actors_on(benchmark), p, x, given["at"].astype("int64"), given["weights"])
    noise = p[f"{benchmark.name}_noise"] ** 2 * (given["weights"] ** 2).sum(axis=1)
    return _Rows(given["value"] - seen.mean, seen.slope, noise + given["variance"], given["share"])


def _with_tastes(card: ModelCard, data: Mapping[str, Values], p: Parameters, boards: Mapping[str, _Rows]) -> Values:
    """Log density of all rows, tastes integrated out: a Kalman filter along each line, all lines at once."""
    places, parts = data["line_rows"].astype("int64"), zip(*boards.values(), strict=True)
    rows = _Rows(*(pm.math.concatenate([*part])[places] for part in parts))
    sd, memory = (pm.math.stack([p[f"{what}_{of}"] for what in tastes(card).values()]) for of in ("sd", "memory"))
    known, decay = data["line_known"], ou_decay(data["line_step"], memory)
    given = (known * rows.away, known * rows.slope, rows.variance / (1 + known * (rows.share - 1)), decay)

    def step(
        away: Values, slope: Values, noise: Values, decay: Values, mean: Values, variance: Values, sd: Values
    ) -> Any:
        return [*ou_filtered(Filtered(mean, variance), away, slope, noise, decay, sd)]

    nothing = 0 * known[0]
    found = pytensor.scan(step, given, [nothing, nothing, None], [sd], return_updates=False)
    return (known * found[2]).sum()
