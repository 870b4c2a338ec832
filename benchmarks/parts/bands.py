"""Quantiles at every date: what a forecast does with its draws, and a million draws from the prior.

Peers are one `numpy.quantile` a quantity, and squigglepy's percentiles of each quantity and date. Of a table that is
there all do the same work on equal tables. From the prior all draw and evaluate too: the same draws, equations and
dates; peers have the whole table in memory, as they must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from measuring import Row, Stopwatch, against, in_process, number, peak_megabytes, seconds, timed

FORECAST, MILLION = (4_000, 206, 14), (1_000_000, 200, 1)
"""Draws, dates and quantities: the default card's forecast, and far more than anyone draws."""


def _probabilities() -> list[float]:
    from meekcast.forecasts.questions.answer import PROBABILITIES

    return list(PROBABILITIES)


def _ours(predictions: Any) -> Any:
    """What every forecast calls."""
    from meekcast.forecasts.forecast import bands_of

    return bands_of(predictions).to_dataarray().to_numpy()


def _numpy(predictions: Any) -> Any:
    import numpy as np

    return np.array([np.quantile(table.to_numpy(), _probabilities(), axis=0) for table in predictions.values()])


def _squigglepy(predictions: Any) -> Any:
    import numpy as np
    import squigglepy

    percentiles = [100 * q for q in _probabilities()]
    bands = [
        [list(squigglepy.get_percentiles(samples, percentiles=percentiles).values()) for samples in table.to_numpy().T]
        for table in predictions.values()
    ]
    return np.array(bands).transpose(0, 2, 1)


WAYS: dict[str, Callable[[Any], Any]] = {"ours": _ours, "NumPy": _numpy, "squigglepy": _squigglepy}


def table_of_draws(draws: int, dates: int, quantities: int) -> Any:
    """Predictions as a forecast holds them: so many quantities over draws and dates."""
    import numpy as np
    import xarray as xr

    rng = np.random.default_rng(0)
    tables = {f"q{i}": (("sample", "time"), rng.standard_normal((draws, dates))) for i in range(quantities)}
    return xr.Dataset(tables, {"time": np.arange(dates)})


def banded(way: str, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Time of one way, and the memory that it takes beside the table, in this process."""
    WAYS[way](table_of_draws(100, 2, 1))  # loading is no part of it
    table = table_of_draws(*shape)
    held, watch = peak_megabytes(), Stopwatch()
    bands = WAYS[way](table)
    return {"spent": watch.read(), "megabytes": peak_megabytes() - held, "check": float(bands.sum())}


def _from_prior(way: str, name: str, draws: int, dates: int) -> Any:
    """Bands of a quantity of the paper's card under the literature's priors: drawn, evaluated, and ranked."""
    import numpy as np
    import xarray as xr

    from meekcast.forecasts.predictions import Latent
    from meekcast.forecasts.prior_bands import AT_ONCE, prior_bands
    from meekcast.inference.exact import MOST_KEPT, blocks
    from meekcast.inputs import gather

    inputs, times = gather("paper", "literature"), np.linspace(0.0, 20.0, dates)
    if way == "ours":
        return prior_bands(inputs, [name], times, draws, 0, _probabilities())[name].to_numpy()
    some = list(blocks(inputs, min(draws, MOST_KEPT), draws, AT_ONCE, 0))
    every = {parameter: np.concatenate([block[parameter] for block in some]) for parameter in some[0]}
    table = Latent.drawn(inputs, every, times, 0).table([name])[name]
    return WAYS[way](xr.Dataset({name: (("sample", "time"), table)}))


def drawn(way: str, name: str, draws: int, dates: int) -> dict[str, Any]:
    """Time and memory of one way from the prior, in this process."""
    _from_prior(way, name, 1_000, dates)  # loading is no part of it
    held, watch = peak_megabytes(), Stopwatch()
    bands = _from_prior(way, name, draws, dates)
    return {"spent": watch.read(), "megabytes": peak_megabytes() - held, "check": float(bands.sum())}


def rows(repeats: int) -> Iterator[Row]:
    """Of equal tables, then from the prior."""
    for shape, aim in ((FORECAST, "half of 0.5 s"), (MILLION, "")):
        draws, dates, quantities = shape
        what = f"bands of a table, {draws:,} draws x {dates} dates x {quantities} quantities"
        yield _compared(what, aim, partial(in_process, "parts.bands:banded"), (shape,), repeats)
    for name in ("loss_frontier", "loss_gap"):
        what = f"bands of {name} from the prior, {MILLION[0]:,} draws x {MILLION[1]} dates, all drawing and evaluate"
        run = partial(in_process, "parts.bands:drawn")
        yield _compared(what, "0.75 s, 150 MB", run, (name, *MILLION[:2]), repeats)


def _compared(what: str, aim: str, run: Callable[..., dict[str, Any]], of: tuple[Any, ...], repeats: int) -> Row:
    """We and the others; all must say the same."""
    found = {way: [run(way, *of) for _ in range(repeats)] for way in WAYS}
    mine = found.pop("ours")
    assert all(abs(mine[0]["check"] / peer[0]["check"] - 1) < 1e-6 for peer in found.values()), "the ways disagree"
    memory = {way: max(run["megabytes"] for run in runs) for way, runs in {"ours": mine, **found}.items()}
    sizes = ", ".join(f"{way} {number(size)} MB" for way, size in memory.items())
    peers = {way: seconds(runs) for way, runs in found.items()}
    return timed(what, seconds(mine), aim, f"{against(seconds(mine), peers)}; memory taken: {sizes}")
