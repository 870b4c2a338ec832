"""A truth from the prior, and the evidence that a card would have read had it been so."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, override

import numpy as np

from meekcast.equations.types import Array
from meekcast.forecasts.predictions import Latent
from meekcast.inputs import Inputs
from meekcast.model.realised import carried, departures, taste, tastes
from meekcast.model.theory import shown

if TYPE_CHECKING:
    from meekcast.cards.schema import BenchmarkEntry
    from meekcast.observations import Observation

type Data = tuple[tuple[BenchmarkEntry, tuple[Observation, ...]], ...]

Process = Literal["predictions", "likelihood"]
"""How scores follow from paths and tastes: as forecasts have them, or as the likelihood takes them, to first order."""

PROCESSES: tuple[Process, ...] = ("predictions", "likelihood")


@dataclass(frozen=True, eq=False)
class Simulated(Inputs):
    """Inputs whose rows say something else: same card, belief, dates and errors, other values.

    Parameters
    ----------
    rows : tuple
        In the place of `Inputs.data`.
    """

    rows: Data = ()

    @property
    @override
    def data(self) -> Data:
        """The simulated observations of each benchmark."""
        return self.rows


def truth(inputs: Inputs, rng: np.random.Generator) -> dict[str, Array]:
    """One draw from the prior.

    Parameters
    ----------
    inputs : Inputs
        Card, belief, and evidence, of which only the dates count.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to ndarray, shape (1,) or (1, k)
        As of `meekcast.inference.posterior.Posterior.draws`: parameters, and departures at the dates of evidence.
    """
    parameters = inputs.belief.draw(1, rng)
    unknown = {name: np.empty((1, 0)) for name in departures(inputs.card)}
    return parameters | carried(inputs.card, parameters, unknown, np.empty(0), inputs.evidence_times, rng)


def simulated(inputs: Inputs, true: Mapping[str, Array], process: Process, rng: np.random.Generator) -> Simulated:
    """The inputs that would have been gathered, had this been the truth.

    Every row keeps its date, the actors whose scores it weighs, its standard error and its share: a record of k actors
    is seen by each of them with a k-th of its log density, so with k times its variance.

    Parameters
    ----------
    inputs : Inputs
        A card with evidence.
    true : mapping of str to ndarray
        From `truth`.
    process : {"predictions", "likelihood"}
        How scores follow from paths and tastes.
    rng : numpy.random.Generator
        Of the noise.

    Returns
    -------
    Simulated
        Inputs of a fit.
    """
    expected = _predicted if process == "predictions" else _linear
    parameters = {name: true[name] for name in inputs.belief.names}
    departed = {name: true[name] for name in departures(inputs.card)}
    latent = Latent(inputs.card, parameters, departed, inputs.evidence_times)
    found = []
    for board, rows in inputs.data:
        weights, se, share = (np.array([getattr(o, key) for o in rows]) for key in ("weights", "se", "share"))
        mean = expected(latent, board, inputs.month_of(rows), weights)
        noise = parameters[f"{board.name}_noise"] ** 2 * (weights**2).sum(axis=1) + se**2
        values = mean + np.sqrt(noise / share) * rng.standard_normal(len(rows))
        found.append((board, tuple(o._replace(value=float(v)) for o, v in zip(rows, values, strict=True))))
    plain = {field.name: getattr(inputs, field.name) for field in dataclasses.fields(Inputs)}
    return Simulated(**plain, rows=tuple(found))


def _predicted(latent: Latent, board: BenchmarkEntry, at: Array, weights: Array) -> Array:
    """What each row is expected to show: on each board the frontier is the best of all as that board has them."""
    actors = latent.card.actors_on(board)
    scores = np.stack([latent.read(f"{board.name}_{actor}")[0, at] for actor in actors], axis=1)
    return np.asarray((weights * scores).sum(axis=1))


def _linear(latent: Latent, board: BenchmarkEntry, at: Array, weights: Array) -> Array:
    """The same where a taste moves a score by the slope of its link, and nobody else's."""
    card, columns = latent.card, {name: value[:, None] for name, value in latent.parameters.items()}
    x = dict(zip(("frontier", *card.follower_names), latent.paths.actors(), strict=True))
    seen = shown(board, card.actors_on(board), columns, x, at, weights)
    if not tastes(card):
        return np.asarray(seen.mean[0])
    own = np.stack([latent.departures[taste(board, actor)][0] for actor in card.actors_on(board)])
    return np.asarray(seen.mean[0] + seen.slope[0] * own[weights.argmax(axis=1), at])
