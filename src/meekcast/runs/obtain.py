"""A run where it is wanted: the one that stands there, if it is the same, else one that is made now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from meekcast.inference.sampler import Progress, Settings
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary
    from meekcast.runs.write import Draw


@dataclass(frozen=True, kw_only=True, eq=False)
class Order:
    """What decides what a run folder holds.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    folder : pathlib.Path
        Where the run belongs.
    settings : Settings
        How to sample.
    today : datetime.date
        Date of asking.
    until : float, optional
        Horizon; the card's own by default.
    checks : bool, default False
        Whether to add the predictive checks.
    command : sequence of str
        Arguments of the command line that ask for this run, for the manifest.
    """

    inputs: Inputs
    folder: Path
    settings: Settings
    today: dt.date
    until: float | None = None
    checks: bool = False
    command: Sequence[str] = ()

    @property
    def run(self) -> str:
        """Hash of all of it, as the run carries it."""
        from meekcast.runs.write import run_id

        return run_id(self.inputs, self.settings, until=self.until, today=self.today.isoformat(), check=self.checks)

    def standing(self) -> tuple[Summary, list[Path]] | None:
        """Summary and files of the run that stands in the folder, if it is this one."""
        from meekcast.runs.write import standing

        return standing(self.folder, self.run)


class Obtained(NamedTuple):
    """A run in its folder."""

    document: Summary
    files: list[Path]
    stood: bool


def check_orders(orders: Sequence[Order], fresh: bool = False) -> None:
    """Refuse what a forecast would refuse only after others are made: horizons, draws, folders that cannot be written.

    Raises
    ------
    InputError
        If a horizon or a number of draws is not possible, or workers of a cluster do not see the folders.
    OutputError
        If a folder cannot be written.
    """
    from meekcast.files import check_writable
    from meekcast.inference.exact import check_draws
    from meekcast.mapper import scheduler

    made = []
    for order in orders:
        check_draws(order.inputs, order.settings)
        if order.until is not None:
            from meekcast.forecasts.forecast import checked_horizon

            checked_horizon(order.inputs, order.until)
        if fresh or not order.standing():
            check_writable(order.folder)
            made.append(order.folder)
    if len(made) > 1:
        scheduler.check(made)


def obtain_run(order: Order, progress: Progress, draw: Draw, *, fresh: bool = False) -> Obtained:
    """Take the run that stands in its folder, or forecast, draw and write it.

    Parameters
    ----------
    order : Order
        What is wanted.
    progress : Progress
        Is told of each step.
    draw : callable
        Draws the pictures, as in `meekcast.runs.write.write_run`.
    fresh : bool, default False
        Make it anew, and sample even if the posterior is in the cache.

    Returns
    -------
    Obtained
        The summary, the files, and whether they stood already.
    """
    (run,) = obtain_runs([order], progress, draw, fresh=fresh)
    return run


def obtain_runs(orders: Sequence[Order], progress: Progress, draw: Draw, *, fresh: bool = False) -> list[Obtained]:
    """Obtain several runs, see `obtain_run`; those that do not stand yet as many at once as there are cores."""
    from meekcast.mapper.spreading import spread

    found = [None if fresh else order.standing() for order in orders]
    missing = [order for order, stands in zip(orders, found, strict=True) if not stands]
    made = iter(spread(partial(_made, draw, fresh, len(missing) > 1), missing, progress))
    return [Obtained(*stands, stood=True) if stands else next(made) for stands in found]


def _made(draw: Draw, fresh: bool, several: bool, order: Order, progress: Progress) -> Obtained:
    """Forecast, draw and write; of several at once each step says of which it is."""
    progress.step(f"{order.folder.name}: loading")
    from meekcast.forecasts.forecast import forecast
    from meekcast.inference.sampler import Placed
    from meekcast.runs.write import write_run

    told = Placed(progress, order.folder.name) if several else progress
    result = forecast(order.inputs, order.settings, until=order.until, today=order.today, fresh=fresh, progress=told)
    told.step("drawing and writing")
    made = write_run(
        result, order.folder, order.run, draw=draw, checks=order.checks, until=order.until, command=order.command
    )
    return Obtained(*made, stood=False)
