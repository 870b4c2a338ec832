"""Bands of millions of exact draws, in the memory of a few thousand.

Where nothing is sampled, draws are independent and cheap: they come in blocks, go through the equations, and are
looked at once (`meekcast.forecasts.sieve`): what lies near a quantile, as the draws so far have it, is caught, the rest
counted. Among what is caught the quantiles are exact. Of more than `MOST_RANKED` draws too much would be caught; there
it is counted in narrow bins, and a quantile is read off these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from meekcast.equations.types import Array
from meekcast.forecasts.bands import WORTH_THREADS, interpolated, neighbours
from meekcast.forecasts.predictions import Latent
from meekcast.forecasts.sieve import Sieve
from meekcast.inference.cores import in_threads
from meekcast.inference.exact import MOST_KEPT, blocks
from meekcast.inputs import Inputs

MOST_RANKED = 4_000_000
"""Draws up to which quantiles are exact: what is caught of a quantity at 200 dates then takes some 100 MB."""

PATHS_AT_ONCE, AT_ONCE = 241, 4096
"""Draws whose paths are computed together, so that they stay in the processor's cache; and draws of a block."""

SPREAD = 5.0
"""Half the width of a bracket in standard deviations: of a thousand forecasts one or so has to look again."""

SHARES = (128, 32, 8, 2)
"""After which parts of the draws brackets are drawn closer."""

_ROUNDING, _TINY = 1e-9, 1e-300
"""What is the same in all draws has no band."""

_BLOCKS_STREAM = 5  # of the seed: departures of each block have a stream of their own under this one


def prior_bands(
    inputs: Inputs, names: Sequence[str], times: Array, draws: int, seed: int, probabilities: Sequence[float]
) -> xr.Dataset:
    """Quantiles of quantities over time under the belief, from any number of draws.

    Parameters
    ----------
    inputs : Inputs
        A card without scores.
    names : sequence of str
        Quantities of the card.
    times : ndarray, shape (m,)
        Dates in the card's clock.
    draws : int
        How many.
    seed : int
        Seed.
    probabilities : sequence of float
        Which quantiles.

    Returns
    -------
    xarray.Dataset
        Over ``quantile`` and ``time``. Of up to `MOST_RANKED` draws they are exact. Of more they are off by less than
        the bin in which they lie is wide: the attribute ``bin_width`` of a quantity is the widest of them, as a share
        of the distance between the outermost quantiles at its date.

    Examples
    --------
    >>> from meekcast.inputs import gather
    >>> bands = prior_bands(gather("paper", "literature"), ["loss_gap"], np.array([5.0, 10.0]), 100_000, 0, [0.5])
    >>> bands["loss_gap"].round(3).to_numpy().tolist()
    [[0.133, 0.05]]
    """
    wanted = (names, times, draws, seed, probabilities)
    spread = SPREAD
    while (found := _looked(inputs, *wanted, spread)) is None:
        spread *= 2  # some number was not where the first draws had said
    return xr.Dataset(found, {"quantile": list(probabilities), "time": times})


def _looked(
    inputs: Inputs,
    names: Sequence[str],
    times: Array,
    draws: int,
    seed: int,
    probabilities: Sequence[float],
    spread: float,
) -> dict[str, xr.Variable] | None:
    """Bands from one look at all draws; none if brackets were too narrow."""
    known = inputs.card.quantities
    sieves = [(known[name], Sieve(len(times), draws, probabilities, spread)) for name in names]

    def block(number: int, drawn: Mapping[str, Array]) -> None:
        for along in _paths(inputs, times, seed, number, drawn):
            for quantity, sieve in sieves:
                sieve.see(along.values(quantity))

    for settle, work in _rounds(inputs, draws, seed):
        in_threads(block, work, draws * len(times) > WORTH_THREADS)
        for _, sieve in sieves:
            settle(sieve)
    read = _exact if draws <= MOST_RANKED else _estimated
    found = {quantity.name: read(sieve, draws, probabilities, quantity.attributes) for quantity, sieve in sieves}
    whole = {name: bands for name, bands in found.items() if bands is not None}
    return whole if len(whole) == len(found) else None


type Block = tuple[int, dict[str, Array]]


def _rounds(inputs: Inputs, draws: int, seed: int) -> Iterator[tuple[Callable[[Sieve], None], Iterator[Block]]]:
    """Blocks up to where brackets are drawn closer or what they caught is counted, and which of the two."""
    first = min(draws, MOST_RANKED // 2)
    closer = [(Sieve.tighten, first // share) for share in SHARES]
    counted = [(Sieve.tally, upto) for upto in range(first, draws, first // 4)]
    last = Sieve.tally if draws > MOST_RANKED else (lambda _: None)
    rest, done = _blocks(inputs, draws, seed), 0

    def until(upto: int) -> Iterator[Block]:
        nonlocal done
        while done < upto:
            number, drawn = next(rest)
            done += len(drawn["alpha"])
            yield number, drawn

    for settle, upto in (*closer, *counted, (last, draws)):
        if done < upto:
            yield settle, until(upto)


def _blocks(inputs: Inputs, draws: int, seed: int) -> Iterator[tuple[int, dict[str, Array]]]:
    """Draws in blocks with their numbers; the first ones are those that a forecast keeps."""
    pieces = (
        {name: values[start : start + AT_ONCE] for name, values in some.items()}
        for some in blocks(inputs, min(draws, MOST_KEPT), draws, AT_ONCE, seed)
        for start in range(0, len(some["alpha"]), AT_ONCE)
    )
    return enumerate(pieces)


def _paths(inputs: Inputs, times: Array, seed: int, number: int, drawn: Mapping[str, Array]) -> Iterator[Latent]:
    """Paths of a block, of so few draws at a time that they stay in the processor's cache."""
    n = len(drawn["alpha"])
    own = np.random.SeedSequence(seed, spawn_key=(_BLOCKS_STREAM, number))
    for start, state in zip(range(0, n, PATHS_AT_ONCE), own.generate_state(-(-n // PATHS_AT_ONCE)), strict=True):
        some = {name: values[start : start + PATHS_AT_ONCE] for name, values in drawn.items()}
        yield Latent.drawn(inputs, some, times, int(state))


def _exact(
    sieve: Sieve, draws: int, probabilities: Sequence[float], attributes: Mapping[str, Any]
) -> xr.Variable | None:
    values, known = sieve.ranked(neighbours(draws, probabilities))
    if not known.all():
        return None
    return xr.Variable(("quantile", "time"), interpolated(values.T, draws, probabilities).T, attributes)


def _estimated(
    sieve: Sieve, draws: int, probabilities: Sequence[float], attributes: Mapping[str, Any]
) -> xr.Variable | None:
    values, widths, known = sieve.estimated(neighbours(draws, probabilities))
    if not known.all():
        return None
    bands = interpolated(values.T, draws, probabilities)
    with np.errstate(invalid="ignore"):
        band = np.ptp(bands, axis=1)
        spread = np.isfinite(band) & (band > _ROUNDING * np.abs(bands).max(axis=1)) & (band > _TINY)
    error = {"bin_width": float(np.max(widths.max(axis=0)[spread] / band[spread], initial=0.0))}
    return xr.Variable(("quantile", "time"), bands.T, {**attributes, **error})
