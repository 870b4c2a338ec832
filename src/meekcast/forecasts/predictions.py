"""Draws of parameters sent through the equations: every quantity of a card over draws and dates.

What is random is drawn first: departures from theory, and the gaps that leaderboards show. All else follows from it and
the parameters, whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.forecasts.draws import labelled
from meekcast.model.leaderboard import best_so_far
from meekcast.model.realised import LAGS, carried, departing, on_board
from meekcast.model.theory import Paths, loss_floor, parameters_of, rates, score, theoretical_paths
from meekcast.vocabulary.quantities import Quantity

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.cards.schema import BenchmarkEntry, FollowerEntry, ModelCard
    from meekcast.inputs import Inputs

STEPS_PER_YEAR = 12
DRAWS_AT_ONCE = 512
_PATHS_STREAM, _OBSERVED_STREAM = 1, 2  # streams of the seed; 0 draws from the prior


def time_grid(inputs: Inputs, horizon: float) -> Array:
    """Monthly dates in the card's clock, from the start to the end of the horizon.

    A calendar horizon of 2040 ends with 2040, that is at 2041.0; an elapsed one at so many years.
    """
    end = horizon + 1 if inputs.card.clock == "calendar" else horizon
    return np.linspace(inputs.start, end, round((end - inputs.start) * STEPS_PER_YEAR) + 1)


@dataclass(frozen=True, eq=False)
class Latent:
    """Quantities of a card along the paths of its actors, each computed when it is read: all but what boards show.

    Parameters
    ----------
    card : ModelCard
        Names the equations.
    parameters : mapping of str to ndarray, shape (n,)
        Draws of every parameter.
    departures : mapping of str to ndarray, shape (n, m)
        Of the paths from theory, in ln FLOP (`meekcast.model.realised.carried`), as precise as runs store them, so
        that what is computed from a stored run is what it was; empty without discrepancy.
    elapsed : ndarray, shape (m,)
        Dates, in years since the card's start.
    """

    card: ModelCard
    parameters: Mapping[str, Array]
    departures: Mapping[str, Array]
    elapsed: Array

    @classmethod
    def drawn(cls, inputs: Inputs, draws: Mapping[str, Array], times: Array, seed: int) -> Latent:
        """Draw the departures from a stream of the seed; arguments as in `predict`."""
        parameters, elapsed = {name: draws[name] for name in inputs.belief.names}, times - inputs.start
        if inputs.card.discrepancy == "none":
            return cls(inputs.card, parameters, {}, elapsed)
        rng = _stream(seed, _PATHS_STREAM)
        departures = carried(inputs.card, parameters, draws, inputs.evidence_times, elapsed, rng)
        single = {name: path.astype(np.float32).astype(float) for name, path in departures.items()}
        return cls(inputs.card, parameters, single, elapsed)

    def table(self, names: Iterable[str]) -> dict[str, Array]:
        """Draws of some quantities, each of shape (n, m)."""
        chosen = tuple(names)
        found = [{name: block.read(name) for name in chosen} for block in self._blocks()]
        return {name: np.concatenate([some.pop(name) for some in found]) for name in chosen}

    def _blocks(self) -> Iterator[Latent]:
        """The same of some draws at a time: what is computed of them on the way stays in the processor's cache."""
        for start in range(0, len(self.parameters["R"]), DRAWS_AT_ONCE):
            rows = slice(start, start + DRAWS_AT_ONCE)
            parameters, departures = (
                {name: values[rows] for name, values in table.items()} for table in (self.parameters, self.departures)
            )
            yield Latent(self.card, parameters, departures, self.elapsed)

    def read(self, name: str) -> Array:
        """Draws of a quantity, shape (n, m); all that is computed on the way is kept for the next one."""
        return self.values(self.quantities[name])

    def values(self, quantity: Quantity) -> Array:
        """The same of one of the card's `quantities`.

        Raises
        ------
        InputError
            If parameters are so extreme that it has no value in some draw.
        """
        try:  # a sigmoid far from its middle is 0, whatever the exponential says
            with np.errstate(over="ignore", invalid="raise"):
                return np.asarray(quantity.compute(self._states[quantity.follower or self.card.followers[0].name]))
        except FloatingPointError:
            raise InputError(
                f"{quantity.name} has no value up to the horizon: what is computed on the way is beyond numbers",
                "Look for a slip in a number of the card, --set or --prior, or look less far ahead with --until.",
            ) from None

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """The card's, by name."""
        return self.card.quantities

    @cached_property
    def paths(self) -> Paths:
        """Realised paths."""
        theory = theoretical_paths(self.card, self._columns, self.elapsed[None, :])
        return departing(self.card, theory, self.departures)

    @cached_property
    def _columns(self) -> dict[str, Array]:
        return {name: value[:, None] for name, value in self.parameters.items()}

    @cached_property
    def _states(self) -> dict[str, _State]:
        """What quantities of each follower read, and the frontier's with it."""
        return {follower.name: self._state(follower) for follower in self.card.followers}

    def _state(self, follower: FollowerEntry) -> _State:
        card, paths, elapsed = self.card, self.paths, self.elapsed
        own = parameters_of(card, follower, self.parameters)
        columns = {name: value[:, None] for name, value in own.items()}
        lead = paths.leads[card.followers.index(follower)]

        def read_off(years: Callable[..., Array]) -> Array:
            first, last = (rates(card, follower, own, elapsed[end]) for end in (0, -1))
            return years(paths.frontier, paths.frontier - lead, elapsed, first, last)

        known = {**columns, "time": elapsed[None, :], "x_frontier": paths.frontier, "lead": lead}
        return _State(
            known,
            {
                "rates": lambda: rates(card, follower, columns, elapsed[None, :]),
                "loss_floor": lambda: loss_floor(card, columns, elapsed[None, :]),
                **{name: partial(read_off, years) for name, years in LAGS.items()},
                **{name: partial(self._scores.__getitem__, name) for name in self._scores.parts},
            },
        )

    @cached_property
    def _scores(self) -> _State:
        """Scores of all actors on all benchmarks, and the gaps between them."""
        card, found, actors = self.card, _State({}, {}), ("frontier", *self.card.follower_names)
        seen = {b.name: cache(partial(on_board, card, self.paths, self.departures, b)) for b in card.benchmarks}

        def scored(benchmark: BenchmarkEntry, actor: str) -> Array:
            return np.asarray(score(benchmark, self._columns, seen[benchmark.name]()[actor]))

        def gap(benchmark: BenchmarkEntry, follower: FollowerEntry) -> Array:
            return np.asarray(found[f"{benchmark.name}_frontier"] - found[f"{benchmark.name}_{follower.name}"])

        for b in card.benchmarks:
            found.parts |= {f"{b.name}_{actor}": partial(scored, b, actor) for actor in actors}
            found.parts |= {f"{card.prefix(f)}{b.name}_gap": partial(gap, b, f) for f in card.followers}
        return found


class _State(dict[str, Any]):
    """What equations read; some of it is made when it is first read.

    Parameters
    ----------
    known : mapping
        What is there.
    parts : dict of str to callable
        What makes the rest.
    """

    def __init__(self, known: Mapping[str, Any], parts: dict[str, Callable[[], Any]]) -> None:
        super().__init__(known)
        self.parts = parts

    def __missing__(self, name: str) -> Any:
        self[name] = self.parts[name]()
        return self[name]


def predict(inputs: Inputs, draws: Mapping[str, Array], times: Array, seed: int) -> xr.Dataset:
    """Send draws through the equations.

    Parameters
    ----------
    inputs : Inputs
        Card and evidence.
    draws : mapping of str to ndarray, shape (n, ...)
        Parameters, and departures where the card has a discrepancy.
    times : ndarray, shape (m,)
        Dates in the card's clock.
    seed : int
        Seed; departures and observed scores have streams of their own.

    Returns
    -------
    xarray.Dataset
        Every quantity of the card over ``sample`` and ``time``.
    """
    return completed(inputs, Latent.drawn(inputs, draws, times, seed), times, seed)


def reading(inputs: Inputs, draws: Mapping[str, Array], times: Array, seed: int) -> Callable[[str], Array]:
    """The same quantities, each computed when it is read: few questions need them all. Arguments as in `predict`."""
    latent = Latent.drawn(inputs, draws, times, seed)
    return cache(lambda name: computed(inputs, latent, times, seed, [name])[name])


def completed(inputs: Inputs, latent: Latent, times: Array, seed: int) -> xr.Dataset:
    """Every quantity along some paths, and what leaderboards show of them; the rest as in `predict`."""
    found = computed(inputs, latent, times, seed, latent.quantities)
    labels = {name: latent.quantities[name].attributes for name in found}
    return labelled(found, labels, times, calendar=inputs.card.clock == "calendar")


def computed(inputs: Inputs, latent: Latent, times: Array, seed: int, names: Iterable[str]) -> dict[str, Array]:
    """Some quantities along some paths, each of shape (n, m): the same numbers as if all were asked for."""
    card, wanted = inputs.card, tuple(names)
    shown = {f"{series.name}_gap_observed" for series in card.series}
    found = latent.table(name for name in wanted if name not in shown)
    if shown.intersection(wanted):
        actors = {b.name: ("frontier", *(follower.name for follower in card.read_of(b))) for b in card.observed}
        scores = [f"{board}_{actor}" for board, known in actors.items() for actor in known]
        at = found | latent.table(name for name in scores if name not in found)
        found |= _observed_gaps(inputs, latent.parameters, at, times, _stream(seed, _OBSERVED_STREAM))
    return {name: found[name] for name in wanted}


def _observed_gaps(
    inputs: Inputs,
    parameters: Mapping[str, Array],
    scores: Mapping[str, Array],
    times: Array,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Gaps as leaderboards show them, from the scores of all actors by the names of quantities."""
    card, found = inputs.card, {}
    for b, table in zip(card.observed, inputs.known_tables, strict=True):
        best = {
            actor: best_so_far(table, actor, parameters[f"{b.name}_noise"], scores[f"{b.name}_{actor}"], times, rng)
            for actor in ("frontier", *(follower.name for follower in card.read_of(b)))
        }
        for follower in card.read_of(b):  # a follower's model that tops the board is the frontier
            shown = np.maximum(best["frontier"] - best[follower.name], 0.0)
            found[f"{card.prefix(follower)}{b.name}_gap_observed"] = shown
    return found


def paths_of(inputs: Inputs, draws: Mapping[str, Array], times: Array, seed: int) -> Paths:
    """Realised paths of draws, as `predict` has them: the same seed gives the same departures."""
    return Latent.drawn(inputs, draws, times, seed).paths


def _stream(seed: int, key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,)))
