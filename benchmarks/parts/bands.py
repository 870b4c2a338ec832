"""Quantiles at every date: what a forecast does with its draws, and a million draws from the prior.

Peers are one `numpy.quantile` a quantity, and squigglepy's percentiles of each quantity and date, of equal tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


def drawn(draws: int, dates: int) -> dict[str, Any]:
    """Bands of the loss gap of the paper's card under the literature's priors, drawing included, in this process."""
    import numpy as np

    from meekcast.forecasts.prior_bands import prior_bands
    from meekcast.inputs import gather

    inputs = gather("paper", "literature")
    times = np.linspace(0.0, 20.0, dates)
    prior_bands(inputs, ["loss_gap"], times, 1_000, 0, _probabilities())
    held, watch = peak_megabytes(), Stopwatch()
    prior_bands(inputs, ["loss_gap"], times, draws, 0, _probabilities())
    return {"spent": watch.read(), "megabytes": peak_megabytes() - held}


def rows(repeats: int) -> Iterator[Row]:
    """Of equal tables, then from the prior."""
    for shape, aim in ((FORECAST, "half of 0.5 s"), (MILLION, "")):
        yield _compared(shape, aim, repeats)
    from importlib.util import find_spec

    if find_spec("meekcast.forecasts.prior_bands"):
        runs = [in_process("parts.bands:drawn", *MILLION[:2]) for _ in range(repeats)]
        what = f"bands from the prior, {MILLION[0]:,} draws x {MILLION[1]} dates, drawing included"
        memory = f"{max(run['megabytes'] for run in runs):.0f} MB"
        yield timed(what, seconds(runs), "0.75 s, 150 MB", memory)


def _compared(shape: tuple[int, int, int], aim: str, repeats: int) -> Row:
    """We and the others on one table; all must say the same."""
    found = {way: [in_process("parts.bands:banded", way, shape) for _ in range(repeats)] for way in WAYS}
    mine = found.pop("ours")
    assert all(abs(mine[0]["check"] / peer[0]["check"] - 1) < 1e-6 for peer in found.values()), "the ways disagree"
    memory = {way: max(run["megabytes"] for run in runs) for way, runs in {"ours": mine, **found}.items()}
    sizes = ", ".join(f"{way} {number(size)} MB" for way, size in memory.items())
    beside = f"{against(seconds(mine), {way: seconds(runs) for way, runs in found.items()})}; beside the table {sizes}"
    draws, dates, quantities = shape
    return timed(f"bands, {draws:,} draws x {dates} dates x {quantities} quantities", seconds(mine), aim, beside)
