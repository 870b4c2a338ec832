"""What a forecast says of events, parameters and its making, as rows and lines of a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meekcast.forecasts.questions.answer import AnswerDocument, Span
    from meekcast.inference.diagnostics import DiagnosticsDocument
    from meekcast.runs.documents import Comparable, ParameterEntry, Summary, Told
    from meekcast.stacks.documents import StackDocument


def event_row(event: AnswerDocument, document: Span) -> dict[Any, Any]:
    """An event as numbers, one entry a column."""
    quantiles = {float(p): float(date) for p, date in event["quantiles"].items()}
    by = {f"P(by {year})": p["value"] for year, p in event["probability_by"].items()}
    never = {f"P(not by {document['horizon']:g})": event["probability_not_by_horizon"]["value"]}
    return {"event": event["name"], **quantiles, **by, **never}


def event_columns(document: Comparable | StackDocument) -> list[str]:
    """Headings of a table of events."""
    unit = "" if document["clock"] == "calendar" else " y"
    years = list(document["events"][0]["probability_by"])[:2]
    dates = ["date"] if document["point"] else ["median", "90 % interval"]
    return ["event", *dates, *(f"P(by {y}{unit})" for y in years), f"P(not by {document['horizon']:g}{unit})"]


def event_cells(event: AnswerDocument, document: Told) -> list[str]:
    """An event as a reader reads it."""
    from meekcast.report.tables import date_text, probability_text

    date = {p: date_text(value, document) for p, value in event["quantiles"].items()}
    interval = [] if document["point"] else [f"{date['0.05']} – {date['0.95']}"]
    chances = [*list(event["probability_by"].values())[:2], event["probability_not_by_horizon"]]
    return [
        event["name"], date["0.5"], *interval,
        *(probability_text(p["value"], certain=document["point"]) for p in chances),
    ]  # fmt: skip


def made_from(document: Summary) -> str:
    """Card, priors and date of asking in a line."""
    changed = "".join(f", {name} = {prior}" for name, prior in document["overrides"].items())
    return f"card {document['card']}, priors {document['priors']}{changed}; asked on {document['today']}"


def data_age(document: Summary) -> str:
    """How old the newest evidence was when the forecast was asked."""
    dates = [entry["last_date"] for entry in document["evidence"] if entry["last_date"]]
    if not dates:
        return "no evidence: the card's equations and the priors alone"
    used = sum(entry["records_used"] for entry in document["evidence"])
    age = (dt.date.fromisoformat(document["today"]) - dt.date.fromisoformat(max(dates))).days
    tables = f"{len(dates)} table{'s' * (len(dates) > 1)}"
    return f"data: {used} records of {tables}, the last of {max(dates)}, {age} days before it was asked"


def health_line(found: DiagnosticsDocument) -> str:
    """The sampler's verdict in a line."""
    from meekcast.report.tables import health_text

    return f"health {found['status']}: {health_text(found)}"


def parameter_row(name: str, entry: ParameterEntry) -> dict[str, Any]:
    """A parameter before and after the evidence, one entry a column."""
    return {
        "parameter": name,
        "unit": entry["unit"],
        **{kind: _interval(entry[kind]) for kind in ("prior", "posterior")},
        **{f"{kind} {p}": value for kind in ("prior", "posterior") for p, value in entry[kind].items()},
        "source": entry["source"],
    }


def _interval(quantiles: Mapping[str, float]) -> str:
    low, median, high = (float(quantiles[p]) for p in ("0.05", "0.5", "0.95"))
    return f"{median:.3g}" if low == high else f"{median:.3g} [{low:.3g}, {high:.3g}]"
