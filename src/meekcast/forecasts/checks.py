"""Prior and posterior predictive checks: whether the model would have shown what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from meekcast.cards.schema import BenchmarkEntry
from meekcast.equations.types import Array
from meekcast.forecasts.forecast import Forecast
from meekcast.inputs import Inputs
from meekcast.model.realised import realised
from meekcast.model.theory import score
from meekcast.observations import Observation

_PRIOR_STREAM, _REPLICATE_STREAM = 3, 4
INTERVALS = (0.5, 0.9)


@dataclass(frozen=True, eq=False)
class PredictiveCheck:
    """Replicated observations of one benchmark against those seen.

    Parameters
    ----------
    kind : {"prior", "posterior"}
        Which draws were replicated.
    benchmark : BenchmarkEntry
        Entry of the card.
    rows : tuple of Observation
        What was seen.
    replicates : ndarray, shape (n, k)
        What the model would have shown, noise included.
    """

    kind: str
    benchmark: BenchmarkEntry
    rows: tuple[Observation, ...]
    replicates: Array

    @property
    def pit(self) -> Array:
        """Share of replicates below each value seen; uniform if the model is right."""
        return np.asarray((self.replicates < [o.value for o in self.rows]).mean(axis=0))

    def inside(self, probability: float) -> float:
        """Share of values seen inside the central interval of the replicates."""
        tail = (1 - probability) / 2
        return float(np.mean((self.pit > tail) & (self.pit < 1 - tail)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `summary.json` holds them."""
        inside = {f"{p:g}": self.inside(p) for p in INTERVALS}
        return {
            "kind": self.kind,
            "benchmark": self.benchmark.name,
            "records": len(self.rows),
            "share_inside_interval": inside,
            "pit": self.pit.tolist(),
        }


def predictive_checks(result: Forecast) -> tuple[PredictiveCheck, ...]:
    """Replicate the evidence under the prior and under the posterior.

    Parameters
    ----------
    result : Forecast
        A forecast of a card with evidence.

    Returns
    -------
    tuple of PredictiveCheck
        Prior and posterior, for each benchmark; empty without evidence.
    """
    inputs = result.inputs
    if not inputs.data:
        return ()
    posterior = result.posterior.draws()
    n = len(posterior["alpha"])
    rng = _stream(result, _PRIOR_STREAM)
    nothing = {f"{actor}_departure": np.empty((n, 0)) for actor in ("frontier", "lead")}
    prior = {**inputs.belief.draw(n, rng), **nothing}
    return (
        *_replicate(inputs, "prior", prior, np.empty(0), rng),
        *_replicate(inputs, "posterior", posterior, inputs.evidence_times, _stream(result, _REPLICATE_STREAM)),
    )


def _stream(result: Forecast, stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(result.settings.seed, spawn_key=(stream,)))


def _replicate(
    inputs: Inputs, kind: str, draws: Mapping[str, Array], known: Array, rng: np.random.Generator
) -> list[PredictiveCheck]:
    parameters = {name: draws[name] for name in inputs.belief.names}
    columns = {name: value[:, None] for name, value in parameters.items()}
    paths = realised(inputs.card, parameters, draws, known, inputs.evidence_times, rng)
    checks = []
    for benchmark, rows in inputs.data:
        at = inputs.month_of(rows)
        frontier, budget, se = (np.array([getattr(o, key) for o in rows]) for key in ("frontier", "budget", "se"))
        expected = frontier * score(benchmark, columns, paths.frontier[:, at])
        expected += budget * score(benchmark, columns, (paths.frontier - paths.lead)[:, at])
        sd = np.sqrt(columns[f"{benchmark.name}_noise"] ** 2 * (frontier**2 + budget**2) + se**2)
        replicates = expected + sd * rng.standard_normal(sd.shape)
        checks.append(PredictiveCheck(kind, benchmark, rows, replicates))
    return checks
