"""The table of scenarios: what each changes in dates and probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.answers import origin, years_text
from meekcast.report.layout import Column, FittingTable
from meekcast.report.tables import date_text, health_text, probability_text

if TYPE_CHECKING:
    from meekcast.forecasts.questions.monte_carlo import ProbabilityDocument
    from meekcast.whatif.documents import ComparedDocument, ComparedEvent, ScenariosDocument

PAIRED = """Paired by draw: the same draws with and without the change, so small differences are not noise.
Shift: median [90 % interval] over the draws, in years; +inf where only the base has a date."""
REFITTED = "* of draws of their own, not paired: the shift is the difference of the medians."


def scenarios_report(document: ScenariosDocument, files: Iterable[Path]) -> RenderableType:
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
        For a terminal of 60 columns or more.
    """
    every = [scenario for event in document["events"] for scenario in event["scenarios"]]
    notes = [PAIRED] if any(s["paired"] for s in every) else []
    notes += [REFITTED] if not all(s["paired"] for s in every) else []
    own = {s["scenario"]: s["diagnostics"] for s in every if s["diagnostics"]}
    notes += [f"  {scenario}: {told['status']}, {health_text(told)}" for scenario, told in own.items()]
    lines = [Text(note, style="dim") for note in notes]
    dated = [bool(event["quantiles"]) for event in document["events"]]
    tables = [_table(document)] if any(dated) else []
    tables += [] if all(dated) else [_on_dates(document)]
    return Group(Text("\nScenarios against the base", style="bold"), *lines, *tables, origin(document, files))


def _table(document: ScenariosDocument) -> FittingTable:
    events = [event for event in document["events"] if event["quantiles"]]
    years = list(events[0]["probability_by"])[:2]
    unit = "" if document["clock"] == "calendar" else " y"
    table = FittingTable(
        [
            Column("event and scenario", words=True),
            Column("median\nshift"),
            *(Column(f"P(by {year}{unit})\nchange", rank=2 * i) for i, year in enumerate(years)),
            Column("P(not by\nhorizon)", rank=1),
        ]
    )
    for event in events:
        table.add_row(Text(event["expression"], style="bold"))
        table.add_row("base", *_base(event, years, document))
        for scenario in event["scenarios"]:
            table.add_row(_name(scenario), *_scenario(scenario, years, document))
        table.add_section()
    return table


def _on_dates(document: ScenariosDocument) -> FittingTable:
    """Questions on a date: true with which probability."""
    table = FittingTable([Column("question and scenario", words=True), Column("P"), Column("change", rank=1)])
    for event in document["events"]:
        if event["quantiles"]:
            continue
        table.add_row(Text(event["expression"], style="bold"))
        table.add_row("base", probability_text(event["probability"]["value"], event["draws"] == 1), "")
        for scenario in event["scenarios"]:
            shown = probability_text(scenario["probability"]["value"], scenario["draws"] == 1)
            table.add_row(_name(scenario), shown, change_text(scenario["change"]["probability"]))
        table.add_section()
    return table


def _name(scenario: ComparedDocument) -> str:
    return f"{scenario['scenario']}{'' if scenario['paired'] else ' *'}"


def _base(event: ComparedEvent, years: list[str], document: ScenariosDocument) -> list[str]:
    point = event["draws"] == 1
    chances = [event["probability_by"][year] for year in years] + [event["probability_not_by_horizon"]]
    return [date_text(event["quantiles"]["0.5"], document)] + [probability_text(p["value"], point) for p in chances]


def _scenario(scenario: ComparedDocument, years: list[str], document: ScenariosDocument) -> list[str]:
    point, change = scenario["draws"] == 1, scenario["change"]
    shift = {p: years_text(value) for p, value in change["shift"].items()}
    moved = f"{shift['0.5']} [{shift['0.05']}, {shift['0.95']}]" if len(shift) > 1 and not point else shift["0.5"]
    cells = [f"{date_text(scenario['quantiles']['0.5'], document)}\n{moved}"]
    for year in years:
        p, by = scenario["probability_by"][year], change["probability_by"][year]
        cells.append(f"{probability_text(p['value'], point)}\n{change_text(by)}")
    return [*cells, probability_text(scenario["probability_not_by_horizon"]["value"], point)]


def change_text(change: ProbabilityDocument) -> str:
    """Change of a probability in points, with its Monte Carlo standard error.

    Examples
    --------
    >>> change_text({"value": -0.031, "error": 0.004}), change_text({"value": 0.0, "error": 0.0})
    ('-3.1 ± 0.4', '0')
    """
    if change["value"] == change["error"] == 0:
        return "0"
    return f"{100 * change['value']:+.1f} ± {100 * change['error']:.1f}"
