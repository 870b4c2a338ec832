"""What a workbook of a run holds, sheet by sheet: rows of texts, numbers and real dates, each column of one kind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from meekcast.clock import to_date
from meekcast.forecasts.questions.answer import PROBABILITIES

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.files import Number
    from meekcast.runs.read import StoredRun

type Cell = str | float | dt.date | None
type Kind = Literal["text", "number", "count", "probability", "error", "date", "years"]

LEVELS = tuple(f"{p:g}" for p in PROBABILITIES)
_LEVEL_NAMES = {"0.5": "median"}
_NO_POOL = "no gaps on boards are told: the card has no calendar, or reads no scores"


class Column(NamedTuple):
    """Heading of a column, and of which kind its cells are."""

    heading: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Parameters
    ----------
    name : str
        On its tab.
    columns : tuple of Column
        From left to right.
    rows : tuple of tuple
        Cells; None is an empty one, and a text may stand in any column where there is no number or date.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def sheets(run: StoredRun, wanted: Wanted) -> list[Sheet]:
    """All sheets of a run.

    Parameters
    ----------
    run : StoredRun
        The run.
    wanted : Wanted
        Which events, and the bands of which quantities.

    Returns
    -------
    list of Sheet
        Always the same ones; where a run tells nothing, the only row says why.
    """
    return [
        _events(run, wanted), _probabilities(run, wanted), _bands(run, wanted), _lags(run), _pool(run),
        _pool_below(run), _evidence(run), _provenance(run),
    ]  # fmt: skip


def _events(run: StoredRun, wanted: Wanted) -> Sheet:
    """When events happen."""
    unit = "" if run.calendar else " years"
    events = wanted.events_of(run)
    years = list(events[0].probability_by)
    chances = [f"P(not by {run.summary['horizon']:g}{unit})", *(f"P(by {year}{unit})" for year in years)]
    columns = (
        Column("event"),
        Column("question"),
        *(Column(f"date, {_level(p)}{_clock(run)}", _date_kind(run)) for p in LEVELS),
        *(Column(*c) for chance in chances for c in ((chance, "probability"), (f"± {chance}", "error"))),
        Column("draws", "count"),
    )
    rows = []
    for event in events:
        found = [event.probability_not_by_horizon, *(event.probability_by[year] for year in years)]
        dates = [_date(run, event.quantiles[p]) for p in LEVELS]
        shares = [x for p in found for x in (p.value, p.error)]
        rows.append((event.name, event.expression, *dates, *shares, float(event.draws)))
    return Sheet("events", columns, tuple(rows))


def _probabilities(run: StoredRun, wanted: Wanted) -> Sheet:
    """How probable it is that events have happened by the end of each year."""
    by = Column("by the end of" if run.calendar else f"within{_clock(run)}", _date_kind(run))
    columns = (Column("event"), by, Column("probability", "probability"), Column("± Monte Carlo error", "error"))
    rows = (
        (event.name, _year_end(run, year), p.value, p.error)
        for event in wanted.events_of(run)
        for year, p in event.cdf.items()
    )
    return Sheet("probabilities", columns, tuple(rows))


def _bands(run: StoredRun, wanted: Wanted) -> Sheet:
    """Quantiles of quantities over time."""
    columns = (
        Column("quantity"), Column("unit"), Column("date" if run.calendar else f"time{_clock(run)}", _date_kind(run)),
        *(Column(_level(p), "number") for p in LEVELS),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for name in wanted.quantities_of(run):
        band = run.summary["bands"][name]
        values = zip(*(band["quantiles"][p] for p in LEVELS), strict=True)
        rows += [
            (name, band["unit"], _date(run, time), *map(_number, some))
            for time, some in zip(band["time"], values, strict=True)
        ]
    return Sheet("bands", columns, tuple(rows))


def _lags(run: StoredRun) -> Sheet:
    """Months behind the frontier: of the paths, and as boards have shown them."""
    columns = (
        Column("follower"), Column("lag in months"), Column("of"), *(Column(_level(p), "number") for p in LEVELS),
        Column("95 % interval from", "number"), Column("95 % interval to", "number"), Column("levels", "count"),
        Column("not matched yet", "count"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    no_ends = (None,) * 4
    for told in run.summary.get("lags") or ():
        who = told["title"]
        rows += [(who, "behind, by the paths", when, *_spread(q), *no_ends) for when, q in told["behind"].items()]
        for seen in told["seen"]:
            for what, how in (("exactly", "as high"), ("within_errors", "as high within errors")):
                found: Any = seen[what]  # type: ignore[literal-required]
                if found:
                    middle = (None, None, _number(found["median"]), None, None)
                    ends = (*map(_number, found["interval"]), found["levels"], found["censored"])
                    rows.append((who, f"seen, {how}", seen["title"], *middle, *ends))
            if seen["forecast"]:
                rows.append((who, "seen, median by the card", seen["title"], *_spread(seen["forecast"]), *no_ends))
    return _told("lags", columns, rows, "no lags are told: the card has no calendar, or reads no scores")


def _pool(run: StoredRun) -> Sheet:
    """Gaps that boards will show, by card, damped persistence and pool, and the card's true ones."""
    columns = (
        Column("series"), Column("unit"), Column("date", "date"), Column("months ahead", "count"), Column("forecast"),
        Column("headline"), Column("weight", "probability"), *(Column(_level(p), "number") for p in LEVELS),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for series, date in _pool_dates(run):
        for forecast, quantiles in {**date["seen"], "true": date["true"]}.items():
            head = (series["title"], series["unit"], dt.date.fromisoformat(date["date"]), date["months"], forecast)
            told = ("yes" if forecast == date["headline"] else "", date["weights"].get(forecast))
            rows.append((*head, *told, *_spread(quantiles)))
    return _told("pool", columns, rows, _NO_POOL)


def _pool_below(run: StoredRun) -> Sheet:
    """How probable it is, by the pool, that a gap seen is below some thresholds."""
    columns = (
        Column("series"), Column("date", "date"), Column("gap seen below", "number"), Column("unit"),
        Column("probability, by the pool", "probability"),
    )  # fmt: skip
    rows = [
        (series["title"], dt.date.fromisoformat(date["date"]), float(threshold), series["unit"], p)
        for series, date in _pool_dates(run)
        for threshold, p in date["probability_below"].items()
    ]
    return _told(
        "pool below", columns, rows, "no gaps on boards are told: the card has no calendar, or reads no scores"
    )


def _pool_dates(run: StoredRun) -> Iterator[tuple[Any, Any]]:
    pool = run.summary.get("pool")
    return ((series, date) for series in (pool["series"] if pool else ()) for date in series["dates"])


def _evidence(run: StoredRun) -> Sheet:
    """Tables that were read."""
    columns = (
        Column("table"), Column("read for"), Column("records used", "count"), Column("rows", "count"),
        Column("last date", "date"), Column("known until", "date"), Column("edition", "date"), Column("source"),
        Column("licence"), Column("says, median and 90 %"),
    )  # fmt: skip
    rows = []
    for entry in run.summary["evidence"]:
        table: Mapping[str, Any] = entry
        dates = (table.get(key) for key in ("last_date", "as_of", "edition"))
        measured = table.get("measured", {}).items()
        said = "; ".join(f"{name} {q['0.5']:.3g} [{q['0.05']:.3g}, {q['0.95']:.3g}]" for name, q in measured)
        rows.append(
            (
                table["name"], table.get("benchmark") or table.get("kind"), table["records_used"],
                table["records_in_table"], *(dt.date.fromisoformat(date) if date else None for date in dates),
                table["source"], table["licence"], said or None,
            )
        )  # fmt: skip
    return _told("evidence", columns, rows, "none: the card's equations and the priors alone")


def _provenance(run: StoredRun) -> Sheet:
    """Where the run is from, in enough words to make it again."""
    summary, manifest = run.summary, run.manifest
    provenance, commit, health = summary["provenance"], manifest["commit"], summary["diagnostics"]
    told: dict[str, object] = {
        "run": summary.get("run"), "card": summary["card"], "title": summary["title"], "priors": summary["priors"],
        **{f"changed: {name}": prior for name, prior in summary["overrides"].items()},
        "asked on": dt.date.fromisoformat(summary["today"]), "clock": summary["clock"],
        "dates": "calendar dates" if run.calendar else run.time_unit, "horizon": f"{summary['horizon']:g}",
        "date of an event": summary["event_definition"], "health": health["status"], "method": health["method"],
        "draws": health["draws"], "seed": summary["seed"],
        "commit": f"{commit['hash']}{', modified' if commit['modified'] else ''}" if commit else None,
        "source of the code, SHA-256": manifest["source"],
        **{f"{name}, SHA-256": text for name, text in provenance["hashes"].items()},
        **{f"{name}, SHA-256": text for name, text in manifest["outputs"].items()},
        **{f"version: {name}": text for name, text in provenance["versions"].items()},
        "platform": manifest["platform"],
    }  # fmt: skip
    rows = (
        (key, value if isinstance(value, dt.date) else str(value)) for key, value in told.items() if value is not None
    )
    return Sheet("provenance", (Column("what"), Column("is")), tuple(rows))


def _told(name: str, columns: tuple[Column, ...], rows: Iterable[tuple[Cell, ...]], why_not: str) -> Sheet:
    """A sheet, or why it is empty."""
    return Sheet(name, columns, tuple(rows) or ((why_not, *[None] * (len(columns) - 1)),))


def _level(p: str) -> str:
    return _LEVEL_NAMES.get(p, f"{float(p):.0%}".replace("%", " %"))


def _clock(run: StoredRun) -> str:
    """What an elapsed clock counts, for headings."""
    return "" if run.calendar else f" ({run.time_unit})"


def _date_kind(run: StoredRun) -> Kind:
    return "date" if run.calendar else "years"


def _date(run: StoredRun, value: Number) -> Cell:
    """A date on a calendar, years on an elapsed clock; words where it is beyond the horizon."""
    when = float(value)
    if math.isinf(when):
        return f"not by {run.summary['horizon']:g}" + ("" if run.calendar else " years")
    return to_date(when) if run.calendar else when


def _year_end(run: StoredRun, year: str) -> Cell:
    return dt.date(int(float(year)), 12, 31) if run.calendar else float(year)


def _spread(quantiles: Mapping[str, Number]) -> Iterator[Cell]:
    return (_number(quantiles[p]) for p in LEVELS)


def _number(value: Number | None) -> Cell:
    """A number; a workbook has no infinity, so that is a word."""
    number = None if value is None else float(value)
    return number if number is None or math.isfinite(number) else ("infinite" if number > 0 else "-infinite")
