"""Bands of millions of exact draws, in the memory of a few thousand.

Where nothing is sampled, draws are independent and cheap: they come in blocks, go through the equations, and are
counted at each date in bins that the first of them laid (`meekcast.forecasts.bins`). Then they come again, and what
lies in the bins of a quantile is kept: it is exact. Of more than `MOST_RANKED` draws too much would be kept; there a
quantile is read off the bins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from meekcast.equations.types import Array, Counts
from meekcast.forecasts.bands import in_threads, interpolated, neighbours
from meekcast.forecasts.bins import Tally
from meekcast.forecasts.predictions import Latent
from meekcast.inference.exact import MOST_KEPT, blocks
from meekcast.inputs import Inputs

MOST_RANKED = 4_000_000
"""Draws up to which quantiles are exact: what is kept of a quantity then takes some 100 MB."""

AT_ONCE = 4096
"""Draws of a block, and bins of a date: to count takes as long as to add up the counts."""

PATHS_AT_ONCE, DATES_AT_ONCE = 128, 8
"""Draws whose paths are computed, and dates that are counted together, so that they stay in the processor's cache."""

_ROUNDING, _TINY = 1e-9, 1e-300
"""What is the same in all draws has no band."""

_BLOCKS_STREAM = 5  # of the seed: departures of each block have a stream of their own under this one

type Rows = dict[str, Array]


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
    dates = [slice(start, start + DATES_AT_ONCE) for start in range(0, len(times), DATES_AT_ONCE)]
    first = _rows(inputs, names, times, seed, *next(_blocks(inputs, draws, seed)))
    tallies = {name: [Tally(rows[some], AT_ONCE) for some in dates] for name, rows in first.items()}

    def see(what: Callable[[Tally, Array, Counts], None]) -> None:
        def block(number: int, drawn: Mapping[str, Array]) -> None:
            for name, rows in _rows(inputs, names, times, seed, number, drawn).items():
                for tally, some in zip(tallies[name], dates, strict=True):
                    what(tally, rows[some], tally.bins.place(rows[some]))

        in_threads(block, _blocks(inputs, draws, seed), draws * len(times))

    see(lambda tally, _, at: tally.add(at))
    for tally in (one for several in tallies.values() for one in several):
        tally.seek(neighbours(draws, probabilities))
    if draws <= MOST_RANKED:
        see(Tally.keep)
    read = _exact if draws <= MOST_RANKED else _estimated
    variables = {name: read(inputs, name, several, draws, probabilities) for name, several in tallies.items()}
    return xr.Dataset(variables, {"quantile": list(probabilities), "time": times})


def _blocks(inputs: Inputs, draws: int, seed: int) -> Iterator[tuple[int, dict[str, Array]]]:
    """Draws in blocks with their numbers; the first ones are those that a forecast keeps."""
    pieces = (
        {name: values[start : start + AT_ONCE] for name, values in some.items()}
        for some in blocks(inputs, min(draws, MOST_KEPT), draws, AT_ONCE, seed)
        for start in range(0, len(some["alpha"]), AT_ONCE)
    )
    return enumerate(pieces)


def _rows(
    inputs: Inputs, names: Sequence[str], times: Array, seed: int, number: int, drawn: Mapping[str, Array]
) -> Rows:
    """Quantities of a block, dates by draws."""
    n = len(drawn["alpha"])
    rows = {name: np.empty((len(times), n)) for name in names}
    own = np.random.SeedSequence(seed, spawn_key=(_BLOCKS_STREAM, number))
    for start, state in zip(range(0, n, PATHS_AT_ONCE), own.generate_state(-(-n // PATHS_AT_ONCE)), strict=True):
        some = slice(start, start + PATHS_AT_ONCE)
        along = Latent.drawn(inputs, {name: values[some] for name, values in drawn.items()}, times, int(state))
        for name in names:
            rows[name][:, some] = along.read(name).T
    return rows


def _exact(
    inputs: Inputs, name: str, several: Sequence[Tally], draws: int, probabilities: Sequence[float]
) -> xr.Variable:
    values = np.concatenate([tally.ranked() for tally in several])
    bands = interpolated(values, draws, probabilities).T
    return xr.Variable(("quantile", "time"), bands, inputs.card.quantities[name].attributes)


def _estimated(
    inputs: Inputs, name: str, several: Sequence[Tally], draws: int, probabilities: Sequence[float]
) -> xr.Variable:
    values, widths = (np.concatenate(part) for part in zip(*(tally.estimated() for tally in several), strict=True))
    bands = interpolated(values, draws, probabilities)
    with np.errstate(invalid="ignore"):
        band = np.ptp(bands, axis=1)
        spread = np.isfinite(band) & (band > _ROUNDING * np.abs(bands).max(axis=1)) & (band > _TINY)
    error = {"bin_width": float(np.max(widths.max(axis=1)[spread] / band[spread], initial=0.0))}
    return xr.Variable(("quantile", "time"), bands.T, {**inputs.card.quantities[name].attributes, **error})
