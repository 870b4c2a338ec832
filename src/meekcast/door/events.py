"""An event of a document, as a row of numbers and as a reader reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meekcast.forecasts.questions.answer import AnswerDocument, Span
    from meekcast.runs.documents import Comparable, Told
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
