"""A calibration made and kept: simulations in the cache as they are made, its files, and what others show of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from meekcast.errors import InputError, nearest
from meekcast.files import by_entries, check_writable, staged, to_json

if TYPE_CHECKING:
    from meekcast.calibrations.documents import CalibrationDocument
    from meekcast.calibrations.run import Simulation
    from meekcast.calibrations.shelf import Kept
    from meekcast.calibrations.simulate import Process
    from meekcast.inference.sampler import Progress, Settings
    from meekcast.inputs import Inputs

type Draw = Callable[[CalibrationDocument, Path], object]

DOCUMENT = "calibrate.json"
SIMULATIONS, MOST = 1000, 100_000
"""By default, so that a coverage of 90 % shows to within 2 points; and at most."""


class Counted:
    """Counts simulations: how many were there, and how many were made; `lost` says why those cannot be kept."""

    def __init__(self) -> None:
        self.known = self.made = 0
        self.lost = ""


def settings_of(seed: int) -> Settings:
    """How each fit of a calibration is sampled."""
    from meekcast.calibrations.run import SETTINGS

    return dataclasses.replace(SETTINGS, seed=seed)


def check_calibrations(
    every: Sequence[Inputs], simulations: int, out: Path, process: Process = "predictions", ship: bool = False
) -> None:
    """Refuse what cannot be calibrated, before the first fit of the first card.

    Parameters
    ----------
    every : sequence of Inputs
        Cards with their evidence.
    simulations : int
        How many are wanted.
    out : pathlib.Path
        Where folders of cards go.
    process : {"predictions", "likelihood"}
        How scores are simulated.
    ship : bool, default False
        Whether the result is to ship with meekcast.

    Raises
    ------
    InputError
        If a card is named twice or reads no scores, or what would ship is no calibration of forecasts.
    OutputError
        If a folder cannot be written.
    """
    from meekcast.calibrations.run import check
    from meekcast.calibrations.shelf import FEWEST

    check_asked(simulations, process)
    names = [inputs.card.name for inputs in every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"card {', '.join(twice)} is named twice", "Name each card once.")
    if ship and process == "likelihood":
        raise InputError("--ship: --process likelihood is no calibration of forecasts", "Drop --process.")
    if ship and simulations < FEWEST:
        raise InputError(
            f"--ship: {simulations} simulations find gross faults only", f"Give --simulations {FEWEST} or more."
        )
    for inputs in every:
        check(inputs)
        check_writable(out / inputs.card.name)


def check_asked(simulations: int, process: str) -> None:
    """Refuse a number of simulations that cannot be, and a process that nobody knows.

    Raises
    ------
    InputError
        If so.
    """
    from meekcast.calibrations.simulate import PROCESSES

    if not 1 <= simulations <= MOST:
        raise InputError(f"{simulations} simulations cannot be made", f"Ask for 1 to {MOST}.")
    if process not in PROCESSES:
        raise InputError(f"there is no process {process!r}", nearest(process, PROCESSES))


def obtain_calibration(
    inputs: Inputs,
    folder: Path,
    simulations: int,
    seed: int,
    progress: Progress,
    draw: Draw,
    *,
    process: Process = "predictions",
    counted: Counted | None = None,
    fresh: bool = False,
    ship: bool = False,
) -> CalibrationDocument:
    """Calibrate one card, write its files, keep what cards and forecasts show of it.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    folder : pathlib.Path
        Where; files of an earlier calibration are replaced when all new ones are whole.
    simulations, seed, progress, process, counted, fresh
        As in `make_calibration`.
    draw : callable
        Draws the picture of a document into a folder (`meekcast.plots.calibration.write_pictures`).
    ship : bool, default False
        Keep what is shown of it also with what ships with meekcast.

    Returns
    -------
    dict
        The document as the file holds it.
    """
    found = make_calibration(inputs, simulations, seed, progress, process=process, counted=counted, fresh=fresh)
    progress.step("drawing and writing")
    if ship:
        from meekcast.calibrations import shelf
        from meekcast.calibrations.summary import calibrated

        shelf.ship(calibrated(found))
    return write_calibration(found, folder, draw)


def make_calibration(
    inputs: Inputs,
    simulations: int,
    seed: int,
    progress: Progress,
    *,
    process: Process = "predictions",
    counted: Counted | None = None,
    fresh: bool = False,
) -> CalibrationDocument:
    """Calibrate one card; each simulation is kept as soon as it is there.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    simulations : int
        How many; those that are there already count.
    seed : int
        Of everything random.
    progress : Progress
        Is told of each step.
    process : {"predictions", "likelihood"}
        How scores are simulated.
    counted : Counted, optional
        Counts the simulations.
    fresh : bool, default False
        Make also those anew that are there.

    Returns
    -------
    dict
        The document without files.
    """
    from meekcast.calibrations import shelf
    from meekcast.calibrations.run import calibration
    from meekcast.calibrations.summary import calibrated, document
    from meekcast.mapper.ledger import Counting

    counted, settings = counted or Counted(), settings_of(seed)
    kept = shelf.Kept(inputs, {**dataclasses.asdict(settings), "process": process})
    known = [] if fresh else _known(kept, inputs, simulations)
    counted.known += len(known)
    missing, before = simulations - len(known), counted.made

    def tell() -> None:
        if isinstance(progress, Counting) and missing:
            progress.counted(counted.made - before, missing)

    def done(simulation: Simulation) -> None:
        kept.add(simulation._asdict())
        counted.made, counted.lost = counted.made + 1, kept.lost
        tell()

    tell()
    found = document(calibration(inputs, simulations, settings, process, progress, known, done=done))
    if process == "predictions" and simulations >= shelf.FEWEST:
        shelf.store(calibrated(found))
    return found


def _known(kept: Kept, inputs: Inputs, simulations: int) -> list[Simulation]:
    """Simulations that are there, of those that are wanted; lines that are no longer what they were are left out."""
    from meekcast.calibrations.asked import quantities
    from meekcast.calibrations.run import DRAWS, Simulation

    names = {quantity.name for quantity in quantities(inputs)}

    def is_whole(line: dict[str, Any]) -> bool:
        ranks = line.get("ranks")
        return (
            line.keys() == {*Simulation._fields}
            and line["number"] in range(simulations)
            and isinstance(ranks, dict)
            and ranks.keys() in (names, set())
            and all(rank in range(DRAWS + 1) for rank in ranks.values())
        )

    found = {line["number"]: Simulation(**line) for line in kept.read() if is_whole(line)}
    return [*found.values()]


def write_calibration(found: CalibrationDocument, folder: Path, draw: Draw) -> CalibrationDocument:
    """Write calibrate.json and the picture, all files or none; returns the document as the file holds it."""
    with staged(folder) as stage:
        draw(found, stage)
        names = sorted([*(file.name for file in stage.iterdir()), DOCUMENT])
        plain = json.loads(to_json({**found, "files": names}))
        (stage / DOCUMENT).write_text(by_entries(plain), encoding="utf-8")
    return cast("CalibrationDocument", plain)
