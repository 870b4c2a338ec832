"""A grid of forecasts, from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from meekcast.door.making import Told, listening
from meekcast.door.shown import Sheet, Shown, frame

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class Sweep(Shown):
    """A grid of forecasts.

    `meekcast.sweep` makes it.

    Parameters
    ----------
    dataset : xarray.Dataset
        Over card, priors, followers, without and seed: ``quantiles`` (quantity, date, quantile), ``probability`` and
        its Monte Carlo ``error`` (event, by), diagnostics, and ``status``.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset

    @property
    def table(self) -> pd.DataFrame:
        """One row a forecast, event and year: where it stands on the axes, probability, error, status."""
        rows = self.dataset[["probability", "error", "status", "r_hat"]].to_dataframe()
        return frame(rows.reset_index().to_dict("records"))

    def save(self, target: str | PathLike[str]) -> Path:
        """Write the dataset as NetCDF (``.nc``) or Zarr (``.zarr``), as ``meekcast sweep`` does; returns the path.

        Raises
        ------
        InputError
            If the name ends in neither, or Zarr is not installed.
        OutputError
            If it cannot be written; an earlier one stays.
        """
        from meekcast.whatif.sweeps.store import check_store, write_store

        path = Path(target)
        check_store(path)
        write_store(self.dataset, path)
        return path

    @override
    def _sheet(self) -> Sheet:
        from meekcast.report.tables import probability_text
        from meekcast.vocabulary.expression import number_text
        from meekcast.whatif.sweeps.summary import sweep_document

        document = sweep_document(self.dataset)
        rows = [
            [", ".join(row["at"].values()), *("" if p is None else probability_text(p) for p in row["probability"])]
            for row in document["rows"]
        ]
        heads = [f"P(by {number_text(year)})" for year in document["by"]]
        title = f"Sweep of {document['forecasts']} forecasts: {document['event']}"
        return Sheet(title, ["card, priors, followers, without", *heads], rows)


def sweep(grid: str | PathLike[str] | Mapping[str, Any], *, seeds: Sequence[int] = (), progress: Told = None) -> Sweep:
    """Forecast over a grid: cards, priors, followers, boards left out, seeds.

    Parameters
    ----------
    grid : str, path or mapping
        A TOML file, or what it says: ``cards``, ``priors`` ("own" is the set that a card names), ``followers`` and
        ``without`` (lists of names; an empty one is the whole card), ``seeds``, ``years``; also ``events``,
        ``quantities``, ``quantiles``, ``draws``, ``until``, ``exact``.
    seeds : sequence of int, optional
        In place of those of the grid.
    progress : bool or Progress, optional
        As in `meekcast.forecast`.

    Returns
    -------
    Sweep
        The answers of every forecast.

    Raises
    ------
    InputError
        If something that was named is wrong; all is checked before anything is sampled.

    Examples
    --------
    >>> import meekcast as mk
    >>> found = mk.sweep({"cards": ["paper"], "priors": ["own", "literature"], "years": [5, 10], "draws": 250})
    >>> found.dataset["quantiles"].sel(quantity="loss_gap", quantile=0.5, date=5).squeeze().round(2).values.tolist()
    [0.18, 0.13]
    """
    from meekcast.cards.parsing import validated
    from meekcast.whatif.sweeps.cells import plan
    from meekcast.whatif.sweeps.file import SweepFile, read_sweep
    from meekcast.whatif.sweeps.run import sweep as swept

    stated = (
        validated(SweepFile, {"schema": 1, **grid}, "sweep") if isinstance(grid, Mapping) else read_sweep(Path(grid))
    )
    with listening(progress) as listener:
        return Sweep(swept(plan(stated.seeded(seeds)), listener))
