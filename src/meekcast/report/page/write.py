"""The page put together: template, tables, pictures, and what its scripts read."""

from __future__ import annotations

import base64
import datetime as dt
import io
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from meekcast.files import to_json
from meekcast.report.backtest import proof_line, scorecard_report
from meekcast.report.calibration import calibration_line
from meekcast.report.cards import interval_text
from meekcast.report.lags import lags_report
from meekcast.report.layout import Column, FittingTable
from meekcast.report.numbers import number_text
from meekcast.report.page.content import Beside, Told, content
from meekcast.report.page.packing import packed
from meekcast.report.pool import pool_report
from meekcast.report.tables import (
    already_report,
    date_text,
    definition_text,
    events_table,
    health_text,
    probability_text,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from meekcast.forecasts.questions.answer import AnswerDocument
    from meekcast.runs.documents import Summary

LIBRARIES = ("vendor/d3.min.js", "vendor/plot.min.js")
SCRIPTS = ("charts.js", "page.js", "ask.js", "believe.js", "look.js", "beside.js")
"""What a page runs, compressed in it; `OPEN` unpacks it."""

EXPLORE = "explore.js"
"""What it runs besides, where a server stands behind it."""

OPEN = ("draws.js", "boot.js")
PARTS = {
    "answer": "Answer", "ask": "Ask", "disagree": "Disagree", "look": "Look", "exceedance": "Thresholds and dates",
    "gaps": "Gaps ahead", "stories": "Stories", "drivers": "Drivers", "past": "Track record", "where": "Where from",
}  # fmt: skip
WIDTH, COLOURS = 900, 32
"""Pixels and colours of a picture on a page: enough to read it, a quarter of its bytes."""


def page(result: Told, summary: Summary, beside: Beside, *, token: str | None = None) -> str:
    """Write a forecast as one HTML page that needs no network.

    Parameters
    ----------
    result : Forecast
        The forecast.
    summary : dict
        Its summary; the numbers of the page are those of it.
    beside : Beside
        What else is shown.
    token : str, optional
        What a refit has to carry, where a server stands behind the page that samples changed beliefs.

    Returns
    -------
    str
        HTML. All text of cards and evidence is escaped.
    """
    told = content(result, summary, beside)
    html: str = _template().render(
        title=summary["title"],
        summary=summary,
        parts=list(PARTS.items()),
        age=_age(summary),
        sentence=sentence(summary),
        answer=_answer(summary),
        gaps=_shown(pool_report(summary) or ["The card reads no board of which a gap could be told ahead."]),
        health=f"health {summary['diagnostics']['status']}: {health_text(summary['diagnostics'])}",
        scorecard=proof_line(summary["scorecard"]) if summary["scorecard"] else "",
        past=_past(summary),
        has_past=bool(beside.past),
        where=[_sources(summary)],
        records=[_records(told["evidence"])],
        parameters=[_parameters(summary)],
        hashes=[_hashes(summary)],
        pictures=[(words, small(picture)) for words, picture in beside.pictures.items()],
        decision=told["decision"],
        token=token,
        connect="'self'" if token else "'none'",
        style=Markup(_part("page.css")),
        libraries=Markup(_libraries(*((EXPLORE,) if token else ()))),
        content=Markup(packed(to_json(told).encode())),
        scripts=Markup("\n".join(map(_part, OPEN))),
    )
    return html


@cache
def _template() -> Any:
    loader = PackageLoader("meekcast.report.page", "")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html")


def _part(name: str) -> str:
    return (resources.files("meekcast.report.page") / name).read_text(encoding="utf-8")


@cache
def _libraries(*more: str) -> str:
    return packed("\n".join(map(_part, (*LIBRARIES, *SCRIPTS, *more))).encode())


def small(picture: bytes) -> str:
    """A PNG of fewer colours and points, as text.

    Parameters
    ----------
    picture : bytes
        A PNG file.
    """
    with Image.open(io.BytesIO(picture)) as whole:
        height = round(whole.height * min(1.0, WIDTH / whole.width))
        drawn = whole.convert("RGB").resize((min(WIDTH, whole.width), height)).quantize(COLOURS)
    written = io.BytesIO()
    drawn.save(written, format="png", optimize=True)
    return base64.b64encode(written.getvalue()).decode("ascii")


def _shown(parts: Sequence[RenderableType]) -> list[Any]:
    """Tables as they are, everything else as text."""
    return [part if isinstance(part, FittingTable) else str(part).strip() for part in parts]


def _answer(summary: Summary) -> list[Any]:
    """Lags, events, and what may have happened already, as the terminal has them."""
    events = [definition_text(summary), events_table(summary), *already_report(summary)]
    return _shown([*lags_report(summary), *events])


def sentence(summary: Summary) -> str:
    """The answer in a sentence or two.

    Parameters
    ----------
    summary : dict
        Of a forecast.
    """
    event = summary["events"][0]
    last = _chance(event, summary)
    if summary["point"] or not summary["lags"] or not summary["lags"][0]["behind"]:
        return f"Median date on which {event['name']}: {date_text(event['quantiles']['0.5'], summary)}. {last}"
    behind = "; ".join(f"{entry['title']} by {_months(entry['behind']['now'])}" for entry in summary["lags"])
    return f"Behind the frontier now: {behind}. {last}"


def _chance(event: AnswerDocument, summary: Summary) -> str:
    """The probability of an event by the second date for which it is told; a near horizon leaves one, or none."""
    told = list(event["probability_by"].items())[:2]
    year, p = told[-1] if told else (f"{summary['horizon']:g}", event["probability"])
    by = f"by the end of {year}" if summary["clock"] == "calendar" else f"by year {year}"
    return f"Probability that {event['name']} {by}: {probability_text(p['value'], certain=summary['point'])}."


def _months(quantiles: dict[str, Any]) -> str:
    q = {p: float(x) for p, x in quantiles.items()}
    return f"{q['0.5']:.0f} months (90 %: {q['0.05']:.0f} to {q['0.95']:.0f})"


def _age(summary: Summary) -> str:
    until = summary["evidence_until"]
    if until is None:
        return "no evidence: the card's equations and the priors alone"
    days = (dt.date.fromisoformat(summary["today"]) - dt.date.fromisoformat(until)).days
    return f"evidence until {until}, {days} days before"


def _past(summary: Summary) -> list[str]:
    if not any("benchmark" in table for table in summary["evidence"]):
        return ["The card reads no scores: there is no past forecast to hold it against."]
    told = str(scorecard_report(summary["scorecard"], f"meekcast backtest {summary['card']}"))
    known = summary.get("calibration")
    return [*told.splitlines(), *([calibration_line(known)] if known else [])]


def _sources(summary: Summary) -> FittingTable:
    table = FittingTable(
        [
            Column("evidence", left=True),
            Column("records"),
            Column("last"),
            Column("source", words=True),
            Column("licence"),
        ]
    )
    for entry in summary["evidence"]:
        used = f"{entry['records_used']} of {entry['records_in_table']}"
        table.add_row(entry["name"], used, entry["last_date"] or "", entry["source"], entry["licence"])
    return table


def _records(evidence: Sequence[dict[str, Any]]) -> FittingTable:
    """What the points of the charts are: also for those who cannot hover."""
    columns = ("board", "actor", "date", "model", "score", "USD a million tokens")
    table = FittingTable([Column(name, words=name == "model") for name in columns])
    for row in evidence:
        price = "unknown" if row["price"] is None else number_text(row["price"], 3)
        table.add_row(row["board"], row["actor"], row["date"], row["model"], number_text(row["score"]), price)
    return table


def _parameters(summary: Summary) -> FittingTable:
    table = FittingTable(
        [
            Column("parameter", left=True),
            Column("unit"),
            Column("prior"),
            Column("posterior"),
            Column("source", words=True),
        ]
    )
    for name, entry in summary["parameters"].items():
        spread = [interval_text([q["0.05"], q["0.5"], q["0.95"]]) for q in (entry["prior"], entry["posterior"])]
        table.add_row(name, entry["unit"], *spread, entry["source"])
    return table


def _hashes(summary: Summary) -> FittingTable:
    made_by = summary["provenance"]
    table = FittingTable([Column("what", left=True), Column("value", words=True)])
    told = {**made_by["versions"], **{f"hash of {k}": v for k, v in made_by["hashes"].items()}}
    told |= {"source": made_by["source"], "settings": ", ".join(f"{k} {v}" for k, v in made_by["settings"].items())}
    told |= {"run": summary.get("run", "not written to a folder")}
    for name, value in told.items():
        table.add_row(name, str(value))
    return table
