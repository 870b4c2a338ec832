"""Tidy long tables of a run, one value a row, for `csv` and `parquet`.

Three tables, chosen by name:

* ``bands``: quantity, unit, time, quantile, value
* ``draws``: quantity, unit, time, sample, value: every draw at every date
* ``dates``: event, unit, sample, date: every draw of every event's date

A date that is not reached by the horizon is infinite: ``inf`` in CSV, an IEEE infinity in Parquet; pandas and
pyarrow read both as such. A value is missing (null) where there is nothing to observe yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.errors import InputError, nearest, optional

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun

TABLES = ("bands", "draws", "dates")


def long_table(run: StoredRun, wanted: Wanted) -> Any:
    """Build a table.

    Parameters
    ----------
    run : StoredRun
        The run.
    wanted : Wanted
        Which table, quantities and event.

    Returns
    -------
    pyarrow.Table
        Its schema says what each column is and its unit, and which run it is from.

    Raises
    ------
    InputError
        If the table is unknown or asked with an option of another, or pyarrow is not installed.
    """
    name = wanted.table or "bands"
    if name not in TABLES:
        raise InputError(f"unknown table {name!r}", nearest(name, TABLES))
    if name == "dates" and wanted.quantities:
        raise InputError("--quantity means nothing to the table dates", "Choose --table bands or --table draws.")
    if name != "dates" and wanted.event:
        raise InputError(f"--event means nothing to the table {name}", "Choose --table dates.")
    pa = optional("pyarrow", "exports")
    columns = _dates(pa, run, wanted) if name == "dates" else _values(pa, run, wanted, name)
    fields = [pa.field(key, column.type, metadata=about) for key, (column, about) in columns.items()]
    return pa.table([column for column, _ in columns.values()], schema=pa.schema(fields, metadata=_about(run, name)))


def _about(run: StoredRun, table: str) -> dict[str, str]:
    keys = ("card", "priors", "clock", "today", "event_definition", "run")
    summary: Mapping[str, object] = run.summary
    return {"table": table, **{key: str(summary[key]) for key in keys}}


def _dates(pa: Any, run: StoredRun, wanted: Wanted) -> dict[str, tuple[Any, dict[str, str]]]:
    events = wanted.events_of(run)
    n = events[0].dates.size
    return {
        "event": (_named(pa, [e.name for e in events], n), {"description": "name of the event"}),
        "unit": (_named(pa, [run.time_unit], n * len(events)), {"description": "unit of the date"}),
        "sample": (pa.array(np.tile(np.arange(n, dtype=np.int32), len(events))), {"description": "draw"}),
        "date": (
            pa.array(np.concatenate([e.dates for e in events])),
            {"description": "date of the event, inf if not by the horizon", "unit": run.time_unit},
        ),
    }


def _values(pa: Any, run: StoredRun, wanted: Wanted, name: str) -> dict[str, tuple[Any, dict[str, str]]]:
    """Columns of bands or draws: the third axis is the quantile, or the draw."""
    names = wanted.quantities_of(run)
    group = run.tree["bands"].to_dataset() if name == "bands" else run.draws.table(names)
    axis = "quantile" if name == "bands" else "sample"
    values = [group[q].transpose("time", axis).to_numpy() for q in names]
    times, n = group["time"].to_numpy(), values[0].shape[1]
    inner = group["quantile"].to_numpy() if name == "bands" else np.arange(n, dtype=np.int32)
    units = [str(group[q].attrs["units"]) for q in names]
    column = np.concatenate([v.ravel() for v in values]).astype(np.float64)
    missing = np.isnan(column)
    return {
        "quantity": (_named(pa, names, values[0].size), {"description": "name of the quantity"}),
        "unit": (_named(pa, units, values[0].size), {"description": "unit of the value"}),
        "time": (pa.array(np.tile(np.repeat(times, n), len(names))), {"description": "date", "unit": run.time_unit}),
        axis: (pa.array(np.tile(inner, len(times) * len(names))), {"description": axis, "unit": "1"}),
        "value": (
            pa.array(column, mask=missing) if missing.any() else pa.array(column),
            {"description": "value of the quantity", "unit": "see the column unit"},
        ),
    }


def _named(pa: Any, names: Any, each: int) -> Any:
    """A column of names, each repeated; stored as numbers into a dictionary."""
    distinct = list(dict.fromkeys(names))
    codes = np.repeat(np.array([distinct.index(name) for name in names], dtype=np.int32), each)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(distinct))
