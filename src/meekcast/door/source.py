"""Where a result comes from: a forecast that was just made, or a run folder that was opened; the same to its reader."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast, override

from meekcast.forecasts.questions.answer import Answer
from meekcast.inference.diagnostics import Diagnostics

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.forecast import Forecast
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary
    from meekcast.runs.read import StoredRun


class Source(ABC):
    """What a result is read from; each part when it is asked for.

    Attributes
    ----------
    folder : pathlib.Path or None
        The run folder, where it is one.
    """

    folder: Path | None = None

    @cached_property
    @abstractmethod
    def inputs(self) -> Inputs:
        """Card, belief and evidence."""

    @cached_property
    @abstractmethod
    def summary(self) -> Summary:
        """The summary, as its file holds it."""

    @cached_property
    @abstractmethod
    def tree(self) -> xr.DataTree:
        """The arrays, as their file holds them; `draws` has every quantity."""

    @cached_property
    @abstractmethod
    def draws(self) -> Draws:
        """Draws of quantities and parameters."""

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write a run folder."""

    @abstractmethod
    def pictures(self, named: Mapping[str, str]) -> dict[str, bytes]:
        """PNG files that a run folder has, by the words that `named` has for them."""

    @property
    def bands(self) -> xr.Dataset:
        """Quantiles of every quantity over time."""
        return self.tree["bands"].to_dataset()

    @property
    def events(self) -> tuple[Answer, ...]:
        """Every event with its dates."""
        dates = self.tree["events"]["date"].to_numpy()
        return tuple(Answer.from_dict(about, row) for about, row in zip(self.summary["events"], dates, strict=True))

    @property
    def today(self) -> dt.date:
        """The date on which it was asked."""
        return dt.date.fromisoformat(self.summary["today"])

    @property
    def diagnostics(self) -> Diagnostics:
        """The sampler's verdict."""
        return Diagnostics.from_dict(self.summary["diagnostics"])


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

    @override
    @cached_property
    def inputs(self) -> Inputs:
        return self._result.inputs

    @override
    @cached_property
    def summary(self) -> Summary:
        from meekcast.files import to_json
        from meekcast.runs.summary import summary

        return cast("Summary", json.loads(to_json({**summary(self._result), "run": self._run})))

    @override
    @cached_property
    def tree(self) -> xr.DataTree:
        from meekcast.runs.netcdf import tree

        return tree(self._result)

    @override
    @cached_property
    def draws(self) -> Draws:
        return self._result.draws

    @cached_property
    def _run(self) -> str:
        from meekcast.runs.write import run_id

        today = self._result.today.isoformat()
        return run_id(self.inputs, self._result.settings, until=self._until, today=today, check=False)

    @override
    def write(self, folder: Path) -> None:
        from meekcast.door.page import draw_run
        from meekcast.runs.write import write_run

        write_run(self._result, folder, self._run, draw=draw_run, until=self._until)

    @override
    def pictures(self, named: Mapping[str, str]) -> dict[str, bytes]:
        from meekcast.plots.run import write_pictures

        with tempfile.TemporaryDirectory() as folder:
            drawn = {file.name: file.read_bytes() for file in write_pictures(self._result, Path(folder))}
        return {said: drawn[name] for name, said in named.items() if name in drawn}


class Opened(Source):
    """A run folder that was opened.

    Parameters
    ----------
    run : StoredRun
        The folder.
    """

    def __init__(self, run: StoredRun) -> None:
        self._run, self.folder = run, run.folder

    @override
    @cached_property
    def inputs(self) -> Inputs:
        from meekcast.runs.gathered import gather_again

        with tempfile.TemporaryDirectory() as folder:
            return gather_again(self._run.manifest, Path(folder))

    @override
    @cached_property
    def summary(self) -> Summary:
        return self._run.summary

    @override
    @cached_property
    def tree(self) -> xr.DataTree:
        return self._run.tree

    @override
    @cached_property
    def draws(self) -> Draws:
        return self._run.draws

    @override
    def pictures(self, named: Mapping[str, str]) -> dict[str, bytes]:
        found = {}
        for name in named.keys() & self._run.manifest["outputs"].keys():
            with self._run.opened(name) as source:
                found[name] = source.read()
        return {said: found[name] for name, said in named.items() if name in found}

    @override
    def write(self, folder: Path) -> None:
        from meekcast.files import staged
        from meekcast.runs.verify import MANIFEST

        if folder.resolve() == self._run.folder.resolve():
            return
        with staged(folder, MANIFEST) as stage:
            for name in self._run.manifest["outputs"]:
                with self._run.opened(name) as source, (stage / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
            shutil.copyfile(self._run.folder / MANIFEST, stage / MANIFEST)
