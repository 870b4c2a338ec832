"""Where a result comes from: a forecast that was just made, or a run folder that was opened; the same to its reader."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from meekcast.forecasts.draws import Draws
from meekcast.inference.diagnostics import Diagnostics
from meekcast.inference.posterior import Posterior

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.forecasts.forecast import Forecast
    from meekcast.inputs import Inputs
    from meekcast.runs.read import StoredRun
    from meekcast.sensitivities.runs import Run


class Source(ABC):
    """What a result is read from; each part when it is asked for."""

    document: dict[str, Any]
    """The summary, as its file holds it."""
    stored: xr.DataTree
    """The arrays, as their file holds them."""
    inputs: Inputs
    """Card, belief and evidence."""
    posterior: Posterior
    """Draws of the parameters."""

    @property
    def bands(self) -> xr.Dataset:
        """Quantiles of every quantity over time."""
        return self.stored["bands"].to_dataset()

    @property
    def today(self) -> dt.date:
        """The date on which it was asked."""
        return dt.date.fromisoformat(self.document["today"])

    @property
    def diagnostics(self) -> Diagnostics:
        """The sampler's verdict."""
        return Diagnostics.from_dict(self.document["diagnostics"])

    @cached_property
    def draws(self) -> Draws:
        """What questions are put to."""
        return Draws.of(self.document["card"], self.stored["predictions"].to_dataset(), self.posterior)

    def run(self) -> Run:
        """The draws as sensitivity analysis sees them."""
        from meekcast.sensitivities.runs import Run

        units = {name: label["units"] for name, label in self.draws.labels.items()}
        chains = self.posterior.tree["posterior"].sizes["chain"]
        return Run(self.document, self.posterior.draws(), chains, self.draws.times, units, self.draws.read)

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write a run folder."""


class Fresh(Source):
    """A forecast that was just made.

    Parameters
    ----------
    result : Forecast
        The forecast.
    until : float or None
        Horizon as it was asked.
    """

    def __init__(self, result: Forecast, until: float | None) -> None:
        self._result, self._until = result, until
        self.inputs, self.posterior = result.inputs, result.posterior

    @cached_property
    def document(self) -> dict[str, Any]:  # type: ignore[override]
        """The summary, as its file would hold it."""
        from meekcast.files import to_json
        from meekcast.runs.summary import summary

        return dict(json.loads(to_json(summary(self._result))))

    @cached_property
    def stored(self) -> xr.DataTree:  # type: ignore[override]
        """The arrays, as their file would hold them."""
        from meekcast.runs.netcdf import tree

        return tree(self._result)

    @override
    def write(self, folder: Path) -> None:
        from meekcast.plots.forecast import draw_run
        from meekcast.runs.write import run_id, write_run

        result, until = self._result, self._until
        run = run_id(result.inputs, result.settings, until=until, today=result.today.isoformat(), check=False)
        write_run(result, folder, run, draw=draw_run, until=until)


class Opened(Source):
    """A run folder that was opened.

    Parameters
    ----------
    run : StoredRun
        The folder, checked.
    """

    def __init__(self, run: StoredRun) -> None:
        self._run = run
        self.document = run.summary

    @cached_property
    def stored(self) -> xr.DataTree:  # type: ignore[override]
        """The arrays."""
        return self._run.tree

    @cached_property
    def inputs(self) -> Inputs:  # type: ignore[override]
        """Card, belief and evidence, from the texts that the run carries."""
        from meekcast.runs.replay import gather_again

        with tempfile.TemporaryDirectory() as folder:
            return gather_again(self._run.manifest, Path(folder))

    @cached_property
    def posterior(self) -> Posterior:  # type: ignore[override]
        """Draws of the parameters."""
        import xarray as xr

        kept = {
            f"/{name}": self.stored[name].to_dataset()
            for name in ("posterior", "sample_stats")
            if name in self.stored.children
        }
        return Posterior(xr.DataTree.from_dict(kept), self.diagnostics)

    @override
    def write(self, folder: Path) -> None:
        import shutil

        from meekcast.files import staged
        from meekcast.runs.read import MANIFEST

        if folder.resolve() == self._run.folder.resolve():
            return
        with staged(folder) as stage:
            for name in (*self._run.manifest["outputs"], MANIFEST):
                shutil.copy2(self._run.folder / name, stage / name)
