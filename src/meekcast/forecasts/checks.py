"""Prior and posterior predictive checks: whether the model would have shown what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from meekcast.cards.schema import BenchmarkEntry
from meekcast.equations.types import Array
from meekcast.forecasts.forecast import Forecast
from meekcast.inference.densities import expected
from meekcast.inputs import Inputs
from meekcast.model.realised import departures
from meekcast.observations import Observation

_PRIOR_STREAM, _REPLICATE_STREAM = 3, 4
INTERVALS = (0.5, 0.9)


class CheckDocument(TypedDict):
    """A `PredictiveCheck` as documents hold it, without the replicates."""

    kind: str
    benchmark: str
    records: int
    share_inside_interval: dict[str, float]
    pit: list[float]


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

    def as_dict(self) -> CheckDocument:
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
    return replicated(result.inputs, result.posterior.draws(), result.settings.seed)


def replicated(inputs: Inputs, posterior: Mapping[str, Array], seed: int) -> tuple[PredictiveCheck, ...]:
    """Replicate the evidence, see `predictive_checks`, from draws wherever they are kept."""
    if not inputs.data:
        return ()
    prior, rng = prior_draws(inputs, len(posterior["alpha"]), seed)
    return (
        *_replicate(inputs, "prior", prior, np.empty(0), rng),
        *_replicate(inputs, "posterior", posterior, inputs.evidence_times, _stream(seed, _REPLICATE_STREAM)),
    )


def prior_draws(inputs: Inputs, n: int, seed: int) -> tuple[dict[str, Array], np.random.Generator]:
    """Draws from the prior of the likelihood, and the stream from which what is random beside them follows.

    Parameters
    ----------
    inputs : Inputs
        The belief.
    n : int
        How many.
    seed : int
        Of the forecast; the stream is the prior's own, so that nothing else changes.

    Returns
    -------
    tuple of dict and numpy.random.Generator
        Parameters, each of shape (n,), and departures of which nothing is known, of shape (n, 0).
    """
    rng = _stream(seed, _PRIOR_STREAM)
    nothing = {name: np.empty((n, 0)) for name in departures(inputs.card)}
    return {**inputs.belief.draw(n, rng), **nothing}, rng


def _stream(seed: int, stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream,)))


def _replicate(
    inputs: Inputs, kind: str, draws: Mapping[str, Array], known: Array, rng: np.random.Generator
) -> list[PredictiveCheck]:
    return [
        PredictiveCheck(kind, benchmark, rows, mean + sd * rng.standard_normal(sd.shape))
        for benchmark, rows, mean, sd in expected(inputs, draws, known, rng)
    ]
