"""Who draws what: loaded when something is drawn, because most commands draw nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def draw_run(*arguments: Any) -> None:
    """Draw the pictures of a run and its page (`meekcast.door.page.draw_run`)."""
    from meekcast.door import page

    page.draw_run(*arguments)


def draw_backtest(*arguments: Any) -> None:
    """Draw the pictures of a backtest (`meekcast.plots.backtest.write_pictures`)."""
    from meekcast.plots import backtest

    backtest.write_pictures(*arguments)


def draw_calibration(*arguments: Any) -> None:
    """Draw the picture of a calibration (`meekcast.plots.calibration.write_pictures`)."""
    from meekcast.plots import calibration

    calibration.write_pictures(*arguments)


def draw_stack(*arguments: Any) -> None:
    """Draw the picture of a stack (`meekcast.plots.stack.draw_stack`)."""
    from meekcast.plots import stack

    stack.draw_stack(*arguments)


def write_answer(folder: Path, name: str, document: Any, draw: Callable[[Path], object] | None) -> list[Path]:
    """Write the document of an answer and its picture, all or none.

    Parameters
    ----------
    folder : pathlib.Path
        Where.
    name : str
        Of both files, without an ending.
    document : any
        What the JSON file holds.
    draw : callable
        Draws into the file that it is given; None where there is nothing to draw.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    from meekcast.files import staged, to_json

    with staged(folder) as stage:
        if draw:
            draw(stage / f"{name}.png")
        (stage / f"{name}.json").write_text(to_json(document) + "\n", encoding="utf-8")
    return [folder / f"{name}.{ending}" for ending in ("json", "png" if draw else "") if ending]
