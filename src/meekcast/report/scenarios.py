"""The table of scenarios: what each changes in dates and probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.report.answers import origin, years_text
from meekcast.report.tables import Document, date_text, probability_text

PAIRED = """Paired by draw: the same draws with and without the change, so small differences are not noise.
Shift: median [90 % interval] over the draws, in years; +inf where only the base has a date."""
REFITTED = "* fitted anew, not paired: the shift is the difference of the medians."


def scenarios_report(document: Document, files: Iterable[Path]) -> RenderableType:
    """Every event under the base and under every scenario.

    Parameters
    ----------
    document : dict
        From `meekcast.whatif.documents.scenarios_document`.
    files : iterable of pathlib.Path
        What was written.

    Returns
    -------
    rich renderable
        For a terminal of 80 columns or more.
    """
    every = [scenario for event in document["events"] for scenario in event["scenarios"]]
    notes = [PAIRED] if any(s["paired"] for s in every) else []
    notes += [REFITTED] if not all(s["paired"] for s in every) else []
    lines = [Text(note, style="dim") for note in notes]
    return Group(Text("\nScenarios against the base", style="bold"), *lines, _table(document), origin(document, files))


def _table(document: Document) -> Table:
    events = document["events"]
    years = next((list(event["probability_by"])[:2] for event in events if event["probability_by"]), [])
    unit = "" if document["clock"] == "calendar" else " y"
    table = Table()
    table.add_column("event and scenario", min_width=14)
    table.add_column("median\nshift", justify="right", no_wrap=True)
    for year in years:
        table.add_column(f"P(by {year}{unit})\nchange", justify="right", no_wrap=True)
    table.add_column("P(not by\nhorizon)", justify="right", no_wrap=True)
    on_dates = not all(event["quantiles"] for event in events)
    if on_dates:
        table.add_column("P(on its date)\nchange", justify="right", no_wrap=True)
    for event in events:
        table.add_row(Text(event["expression"], style="bold"))
        table.add_row("base", *_base(event, years, document))
        for scenario in event["scenarios"]:
            name = scenario["scenario"] + ("" if scenario["paired"] else " *")
            table.add_row(name, *_scenario(scenario, years, document))
        table.add_section()
    return table


def _base(event: dict[str, Any], years: list[str], document: Document) -> list[str]:
    point = event["draws"] == 1
    if not event["quantiles"]:
        return [""] * (len(years) + 2) + [probability_text(event["probability"]["value"], point)]
    chances = [event["probability_by"][year] for year in years] + [event["probability_not_by_horizon"]]
    return [date_text(event["quantiles"]["0.5"], document)] + [probability_text(p["value"], point) for p in chances]


def _scenario(scenario: dict[str, Any], years: list[str], document: Document) -> list[str]:
    point, change = scenario["draws"] == 1, scenario["change"]

    def cell(p: dict[str, float], by: dict[str, float]) -> str:
        return f"{probability_text(p['value'], point)}\n{change_text(by)}"

    if not scenario["quantiles"]:
        return [""] * (len(years) + 2) + [cell(scenario["probability"], change["probability"])]
    shift = {p: years_text(value) for p, value in change["shift"].items()}
    moved = f"{shift['0.5']} [{shift['0.05']}, {shift['0.95']}]" if len(shift) > 1 and not point else shift["0.5"]
    dated = f"{date_text(scenario['quantiles']['0.5'], document)}\n{moved}"
    by = [cell(scenario["probability_by"][year], change["probability_by"][year]) for year in years]
    return [dated, *by, probability_text(scenario["probability_not_by_horizon"]["value"], point)]


def change_text(change: dict[str, float]) -> str:
    """Change of a probability in points, with its Monte Carlo standard error.

    Examples
    --------
    >>> change_text({"value": -0.031, "error": 0.004}), change_text({"value": 0.0, "error": 0.0})
    ('-3.1 ± 0.4', '0')
    """
    if change["value"] == change["error"] == 0:
        return "0"
    return f"{100 * change['value']:+.1f} ± {100 * change['error']:.1f}"
