"""What meekcast wrote, opened again."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meekcast.errors import InputError

if TYPE_CHECKING:
    from meekcast.door.backtests import Backtest
    from meekcast.door.calibrations import Calibration
    from meekcast.door.result import Forecast
    from meekcast.door.stacks import Stack


def open(path: str | PathLike[str]) -> Forecast | Backtest | Calibration | Stack:
    """Open a run folder, or the JSON file of a backtest, a calibration or a stack.

    Parameters
    ----------
    path : str or path
        Folder of a forecast, such as ``out/leaderboard``, whose files are held against their hashes;
        or a ``backtest.json`` or ``calibrate.json``, or the folder or ``summary.json`` of a stack.

    Returns
    -------
    Forecast, Backtest, Calibration or Stack
        As if it had just been made.

    Raises
    ------
    InputError
        If there is nothing that can be read, or a file is not the one that was written.

    Examples
    --------
    >>> import meekcast as mk
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = mk.forecast("paper").save(folder)
    ...     mk.open(saved).events[0.5].round(2).tolist()[0]
    3.34
    """
    place = Path(path)
    if place.suffix == ".json" and place.name != "manifest.json":
        return _document(place)
    if (place / "summary.json").is_file() and not (place / "manifest.json").is_file():
        return _document(place / "summary.json")
    from meekcast.door.result import Forecast
    from meekcast.door.source import Opened
    from meekcast.runs.read import open_run

    return Forecast(Opened(open_run(place)))


def _document(file: Path) -> Backtest | Calibration | Stack:
    """A result that is one JSON document, by its schema."""
    from meekcast.backtests.shelf import BACKTEST
    from meekcast.runs.verify import misfit, reading

    kinds, document = _kinds(), _read(file)
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(schema, str) or schema not in kinds:
        raise InputError(
            f"{file} has schema {schema!r}, which cannot be opened by itself",
            f"Name a run folder, or a file of schema {' or '.join(kinds)}.",
        )
    if schema == BACKTEST and "weights" not in document:
        raise InputError(
            f"{file} is a backtest by an earlier version of meekcast, which knew no pool and no true gaps",
            "Make it anew with meekcast backtest.",
        )
    kind, keys = kinds[schema]
    if wrong := misfit(keys, document):
        raise InputError(f"{file} is damaged: {wrong}", "Make it anew with meekcast.")
    found: Backtest | Calibration | Stack = kind(document)
    with reading(file):  # its rows are plain: whether it can be shown is tried
        repr(found)
    return found


def _kinds() -> dict[str, tuple[type[Any], Any]]:
    """What can be opened: its class, and what its document holds, by schema."""
    from meekcast.backtests.documents import BacktestDocument
    from meekcast.backtests.shelf import BACKTEST
    from meekcast.calibrations.documents import CalibrationDocument
    from meekcast.calibrations.shelf import DOCUMENT as CALIBRATION
    from meekcast.door.backtests import Backtest
    from meekcast.door.calibrations import Calibration
    from meekcast.door.stacks import Stack
    from meekcast.stacks.documents import StackDocument
    from meekcast.stacks.summary import SCHEMA as STACK

    return {
        BACKTEST: (Backtest, BacktestDocument),
        CALIBRATION: (Calibration, CalibrationDocument),
        STACK: (Stack, StackDocument),
    }


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot read {file}: {error}", "Name a file that meekcast wrote.") from None
