"""Calibrations from Python: whether a card's intervals hold what they promise, on evidence whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, override

from meekcast.calibrations.obtain import SIMULATIONS
from meekcast.door.making import Told, gathered, listening
from meekcast.door.named import Named
from meekcast.door.shown import Sheet, Shown, frame

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.calibrations.documents import CalibrationDocument, Verdict
    from meekcast.door.pictures import CalibrationPlots


class Calibration(Shown):
    """A card fitted to evidence that was simulated from its own prior.

    `meekcast.calibrate` makes one, `meekcast.open` reads one from its ``calibrate.json``.

    Parameters
    ----------
    document : dict
        As ``calibrate.json`` holds it.
    """

    def __init__(self, document: CalibrationDocument) -> None:
        self.document = document

    @property
    def verdict(self) -> Verdict:
        """``"ok"``, or ``"warn"`` where ranks are further from uniform than chance explains, or fits did not start."""
        return self.document["verdict"]

    @property
    def table(self) -> pd.DataFrame:
        """Every quantity: coverage of 50 and 90 % intervals, p-values, what is off."""
        rows = [{k: v for k, v in row.items() if k != "counts"} for row in self.document["quantities"]]
        return frame(rows, "name" if rows else None)

    @property
    def plot(self) -> CalibrationPlots:
        """Pictures: ``.ranks()``."""
        from meekcast.door.pictures import CalibrationPlots

        return CalibrationPlots(self.document)

    def save(self, folder: str | Path) -> Path:
        """Write calibrate.json and its picture, as ``meekcast calibrate`` does; returns the folder.

        Raises
        ------
        OutputError
            If it cannot be written; earlier files stay.
        """
        from meekcast.calibrations.obtain import write_calibration
        from meekcast.plots.calibration import write_pictures

        write_calibration(self.document, Path(folder), write_pictures)
        return Path(folder)

    @override
    def _sheet(self) -> Sheet:
        from meekcast.report.calibration import COLUMNS, kind_cells, words

        rows = [kind_cells(kind) for kind in self.document["kinds"]]
        return Sheet(f"In simulations: {self.document['title']}", COLUMNS if rows else (), rows, words(self.document))


def calibrate(
    card: Named = "leaderboard",
    priors: Named | None = None,
    *,
    simulations: int = SIMULATIONS,
    process: Literal["predictions", "likelihood"] = "predictions",
    set: Mapping[str, float] | None = None,
    prior: Mapping[str, str | float] | None = None,
    evidence: Named | Iterable[Named] = (),
    seed: int = 0,
    fresh: bool = False,
    progress: Told = None,
) -> Calibration:
    """Check a card's intervals on simulated evidence, of which the truth is known.

    Parameters
    ----------
    card : str or path, default "leaderboard"
        A model card that reads scores.
    priors, set, prior, evidence, seed, progress
        As in `meekcast.forecast`.
    simulations : int, default 1000
        Truths that are drawn, simulated and fitted, some seconds of a processor each; those that are on disk count.
    process : {"predictions", "likelihood"}, default "predictions"
        Simulate scores as forecasts predict them, or as the likelihood takes them (tastes to first order).
    fresh : bool, default False
        Simulate anew also what is kept on disk.

    Returns
    -------
    Calibration
        Coverage and ranks of every quantity, and a verdict.

    Raises
    ------
    InputError
        If the card reads no scores, or the inputs cannot be used.
    """
    from meekcast.calibrations.obtain import check_asked, make_calibration
    from meekcast.calibrations.run import check

    check_asked(simulations, process)
    inputs = gathered(card, priors, set, prior, evidence)
    check(inputs)
    with listening(progress) as listener:
        return Calibration(make_calibration(inputs, simulations, seed, listener, process=process, fresh=fresh))
