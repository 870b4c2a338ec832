"""One question at several thresholds as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from meekcast.door.shown import frame
from meekcast.whatif.documents import unit_of
from meekcast.whatif.grid import read_grid

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.clock import When
    from meekcast.forecasts.draws import Draws


def grid_table(question: str, draws: Draws, by: Iterable[When | str], given: Sequence[str]) -> pd.DataFrame:
    """Probabilities of thresholds by dates, see `meekcast.door.result.Forecast.grid`."""
    grid = read_grid(question)
    answers = dict(zip(grid.thresholds, grid.answers(draws, by, given), strict=True))
    table = frame(
        [
            {"threshold": threshold, **{date: p.value for date, p in answer.probability_by.items()}}
            for threshold, answer in answers.items()
        ],
        "threshold",
    )
    dates = list(table.columns)
    errors = {date: {t: answer.probability_by[date].error for t, answer in answers.items()} for date in dates}
    table.attrs = {"question": grid.text, "units": unit_of(grid, draws), "errors": errors}
    table.columns.name = "by" if draws.calendar else "within years"
    return table
