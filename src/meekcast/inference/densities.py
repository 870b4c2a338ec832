"""Log densities of draws: of each block of the prior, and of every observation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meekcast.equations.types import Array
from meekcast.model.realised import carried, departing, on_board
from meekcast.model.theory import shown, theoretical_paths

if TYPE_CHECKING:
    from meekcast.beliefs.belief import Belief
    from meekcast.cards.schema import BenchmarkEntry
    from meekcast.inputs import Inputs
    from meekcast.observations import Observation


def dependent_blocks(belief: Belief) -> list[tuple[str, ...]]:
    """Free parameters in blocks: within a block priors depend on each other, between blocks they do not.

    Examples
    --------
    >>> from meekcast.beliefs.belief import Belief
    >>> from meekcast.beliefs.prior import parse
    >>> priors = {name: parse("Normal(0, sd 1)") for name in "abc"}
    >>> dependent_blocks(Belief.independent(priors).correlated({("a", "c"): 0.5}))
    [('a', 'c'), ('b',)]
    """
    blocks: list[set[str]] = []
    for name in belief.free:
        row = belief.covariance[belief.index(name)]
        tied = {other for other in belief.free if row[belief.index(other)] != 0}
        touching = [block for block in blocks if block & tied]
        blocks = [block for block in blocks if not block & tied] + [tied.union(*touching)]
    return sorted(tuple(sorted(block)) for block in blocks)


def log_prior(belief: Belief, draws: Mapping[str, Array]) -> dict[tuple[str, ...], Array]:
    """Log density of each independent block of the prior, on the scales on which it is normal.

    Parameters
    ----------
    belief : Belief
        The prior.
    draws : mapping of str to ndarray, shape (n,)
        Values of the parameters.

    Returns
    -------
    dict of tuple of str to ndarray, shape (n,)
        Up to a constant, by block.
    """
    found = {}
    for block in dependent_blocks(belief):
        rows = [belief.index(name) for name in block]
        positions = [belief.scales[i].positions(np.asarray(draws[belief.names[i]])) for i in rows]
        away = np.array(positions) - belief.mean[rows, None]
        factor = np.linalg.cholesky(belief.covariance[np.ix_(rows, rows)])
        found[block] = -0.5 * (np.linalg.solve(factor, away) ** 2).sum(axis=0)
    return found


class Expected(NamedTuple):
    """What the model expects of one benchmark's observations: normal, of shape (n, k) each."""

    benchmark: BenchmarkEntry
    rows: tuple[Observation, ...]
    mean: Array
    sd: Array


def expected(
    inputs: Inputs, draws: Mapping[str, Array], departures_at: Array, rng: np.random.Generator
) -> Iterator[Expected]:
    """Distribution of every observation in each draw.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    draws : mapping of str to ndarray, shape (n, ...)
        Parameters and departures.
    departures_at : ndarray
        Dates at which the departures are known, in years since the start.
    rng : numpy.random.Generator
        Draws the departures at other dates.

    Yields
    ------
    Expected
        One a benchmark.
    """
    parameters = {name: draws[name] for name in inputs.belief.names}
    columns = {name: value[:, None] for name, value in parameters.items()}
    theory = theoretical_paths(inputs.card, columns, inputs.evidence_times[None, :])
    departed = carried(inputs.card, parameters, draws, departures_at, inputs.evidence_times, rng)
    paths = departing(inputs.card, theory, departed)
    for benchmark, rows in inputs.data:
        x = on_board(inputs.card, paths, departed, benchmark)
        at, se = inputs.month_of(rows), np.array([o.se for o in rows])
        actors = inputs.card.actors_on(benchmark)
        weights = np.array([o.weights for o in rows]).reshape(-1, len(actors))
        mean = shown(benchmark, actors, columns, x, at, weights).mean
        sd = np.sqrt(columns[f"{benchmark.name}_noise"] ** 2 * (weights**2).sum(axis=1) + se**2)
        yield Expected(benchmark, rows, mean, sd)


def log_likelihood(inputs: Inputs, draws: Mapping[str, Array]) -> dict[str, Array]:
    """Log density of every observation given draws of parameters and departures.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    draws : mapping of str to ndarray, shape (n, ...)
        Posterior draws, departures at the dates of evidence included.

    Returns
    -------
    dict of str to ndarray, shape (n, k)
        By benchmark, for its k observations; a datum that several actors share has its share of it for each.
    """
    found = {}
    # At the dates of evidence the departures are known: nothing random is drawn
    for benchmark, rows, mean, sd in expected(inputs, draws, inputs.evidence_times, np.random.default_rng(0)):
        away = (np.array([o.value for o in rows]) - mean) / sd
        found[benchmark.name] = -0.5 * np.array([o.share for o in rows]) * (away**2 + np.log(2 * np.pi * sd**2))
    return found
