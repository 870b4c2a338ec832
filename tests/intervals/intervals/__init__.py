"""How often each interval that meekcast reports holds a truth that is known: `make intervals ARGS=1000`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from intervals import draws, drivers, origins


@dataclass(frozen=True)
class Study:
    """An interval, data of known truth, and how often it holds the truth.

    Parameters
    ----------
    name : str
        What is estimated, of which data.
    nominal : float
        How often it is said to hold the truth.
    hits : callable
        From a seed to whether it did, for one or several truths.
    least, most : float
        Between which the coverage is known to lie in the long run.
    seeds : int
        How many are enough for the slow test.
    """

    name: str
    nominal: float
    hits: Callable[[int], np.ndarray]
    least: float = 0.86
    most: float = 0.94
    seeds: int = 200

    def coverage(self, seeds: int, first: int = 0) -> tuple[float, float]:
        """Share of truths that were held, and its binomial error; truths of one seed count as one observation."""
        each = np.array([self.hits(seed).mean() for seed in range(first, first + seeds)])
        share = float(each.mean())
        return share, float(max(each.std(), np.sqrt(1 / seeds / 4 / seeds)) / np.sqrt(seeds))


LINEAR, CHAIN = drivers.normal_sum(0.0, 500), drivers.normal_sum(0.5, 1000)
TRUTH = drivers.linear_truth()
SOME, NOTHING = slice(3), slice(4, 5)

STUDIES = (
    *(
        Study(f"{name}, normal sum of correlated inputs", 0.9, drivers.shares(LINEAR, TRUTH, effect, SOME))
        for name, effect in (("Shapley effect", "shapley"), ("first order", "alone"), ("last", "last"))
    ),
    Study("Shapley effect, the same in chains of memory 0.5", 0.9, drivers.shares(CHAIN, TRUTH, "shapley", SOME)),
    Study("Shapley effect, of an input that says nothing", 0.9, drivers.shares(LINEAR, TRUTH, "shapley", NOTHING), 0.97, 1),
    Study(
        "Shapley effect, Ishigami",
        0.9,
        drivers.shares(drivers.ishigami_draws, drivers.ISHIGAMI, "shapley", deterministic=True),
        0.88,
        1,
    ),
    Study(
        "last, Ishigami",
        0.9,
        drivers.shares(drivers.ishigami_draws, drivers.ISHIGAMI, "last", deterministic=True),
        0.86,
        1,
    ),
    Study(
        "Shapley effect, sign of a normal sum",
        0.9,
        drivers.shares(drivers.probit_draws, drivers.probit_truth(), "shapley"),
    ),
    Study("what all inputs explain, by a second forecast", 0.9, drivers.explained(0.0)),
    Study("the same in chains of memory 0.8", 0.9, drivers.explained(0.8)),
    Study("Sobol index, first order, Ishigami", 0.9, drivers.sobol("first", slice(None)), 0.85, 1),
    Study("Sobol index, total order, Ishigami", 0.9, drivers.sobol("total", slice(None)), 0.85, 1),
    Study("change as a prior's weight doubles, memory 0.5", 0.9, drivers.conjugate(0.5)),
    Study("value of information, two actions", 0.9, drivers.two_actions(0.0, 1.0), 0.85, 0.95, 60),
    Study("value of information, memory 0.5, even odds", 0.9, drivers.two_actions(0.5, 0.0), 0.85, 0.95, 60),
    Study("narrowing of an interval", 0.9, drivers.narrowing, 0.84, 0.95),
    *(
        Study(f"Monte Carlo error, probability of {chance:g}, memory {memory:g}", 0.9, draws.probability(memory, chance), *within)
        for chance, memory, within in (
            (0.5, 0.0, (0.86, 0.94)), (0.5, 0.9, (0.86, 0.94)), (0.5, -0.4, (0.86, 0.97)), (0.01, 0.0, (0.86, 0.94)),
            (0.01, 0.5, (0.85, 0.94)), (0.01, 0.9, (0.8, 0.9)), (0.001, 0.9, (0.62, 0.75)),
        )
    ),
    Study("Monte Carlo error, of a condition of 0.1, memory 0.5", 0.9, draws.conditional(0.5)),
    Study("effective draws, mean, memory 0.9", 0.9, draws.mean(0.9)),
    Study("effective draws, 5 % and 95 % quantiles, memory 0.9", 0.9, draws.quantile(0.9)),
    Study("effective draws of weights, memory 0", 0.9, draws.weighted_mean(0.0)),
    Study("effective draws of weights, memory 0.9", 0.9, draws.weighted_mean(0.9)),
    *(
        Study(f"{name} 27 origins, {horizon} months ahead", 0.9, of(27, horizon), *within, seeds)
        for name, of, seeds, withins in (
            ("skill over", origins.skill_over, 200, ((0.86, 0.94), (0.87, 0.96), (0.89, 0.98))),
            ("average score of", origins.average, 200, ((0.83, 0.93), (0.81, 0.91), (0.85, 0.96))),
            ("share within 50 % intervals of", origins.share_within, 200, ((0.86, 0.94), (0.88, 0.97), (0.91, 0.99))),
            ("weight in a stack,", origins.stacking, 60, ((0.8, 0.91), (0.83, 0.94), (0.75, 0.88))),
        )
        for horizon, within in zip((1, 6, 12), withins, strict=True)
    ),
    Study("median lag, 15 levels", 0.95, origins.median_lag(15, 0.0), 0.89, 0.97),
    Study("median lag, 40 levels, 4 of 10 not matched yet", 0.95, origins.median_lag(40, 0.4), 0.92, 0.98),
)  # fmt: skip
