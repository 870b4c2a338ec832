"""The tables that the command line prints, from a forecast's summary."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.clock import to_date

STATUS_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}

type Document = dict[str, Any]


def forecast_report(document: Document, files: Iterable[Path], note: str = "") -> RenderableType:
    """What a policy reader reads: events first, then inputs, sampler's health and files.

    Parameters
    ----------
    document : dict
        The summary (`meekcast.runs.summary`).
    files : iterable of pathlib.Path
        Where the results are.
    note : str, optional
        How the result was obtained, if not by computing it now.

    Returns
    -------
    rich renderable
        For a terminal of 80 columns or more.
    """
    title = Text(f"\n{document['title']}", style="bold")
    definition = Text(definition_text(document), style="dim")
    return Group(title, definition, events_table(document), *_past(document), _inputs(document, files, note))


def _past(document: Document) -> list[RenderableType]:
    """How the card did on past dates; nothing for one that reads no evidence."""
    from meekcast.report.backtest import scorecard_report

    if not any("benchmark" in table for table in document["evidence"]):
        return []
    return [scorecard_report(document["scorecard"], document["card"]), ""]


def definition_text(document: Document) -> str:
    """What the date of an event is, in a line."""
    if document["point"]:
        return "Every prior is a point, so this is a point result: no uncertainty is stated."
    horizon = f"{document['horizon']:g}" if document["clock"] == "calendar" else f"year {document['horizon']:g}"
    return f"Date of an event: from when on it holds, up to the horizon ({horizon}). Asked on {document['today']}."


def events_table(document: Document) -> Table:
    """When each event happens, and how probable it is by some years."""
    calendar = document["clock"] == "calendar"
    years = list(document["events"][0]["probability_by"])[:2]
    table = Table(show_lines=True)
    table.add_column("event", overflow="fold")
    table.add_column("median", justify="right", no_wrap=True)
    if not document["point"]:
        table.add_column("50 % interval\n90 % interval", justify="right", no_wrap=True)
    for year in years:
        table.add_column(f"P(by\n{year})" if calendar else f"P(by\n{year} y)", justify="right", no_wrap=True)
    end = f"{document['horizon']:g}" + ("" if calendar else " y")
    table.add_column(f"P(not by\n{end})", justify="right", no_wrap=True)
    for event in document["events"]:
        q = {p: date_text(value, document) for p, value in event["quantiles"].items()}
        intervals = [f"{q['0.25']} – {q['0.75']}\n{q['0.05']} – {q['0.95']}"] if not document["point"] else []
        chances = [*(event["probability_by"][year] for year in years), event["probability_not_by_horizon"]]
        shown = [chance_lines(p, certain=document["point"]) for p in chances]
        table.add_row(event["name"], q["0.5"], *intervals, *shown)
    return table


def comparison_report(documents: list[Document], picture: Path) -> RenderableType:
    """Several cards side by side: every event under each card that asks it.

    Parameters
    ----------
    documents : list of dict
        Summaries.
    picture : pathlib.Path
        The picture of the comparison.

    Returns
    -------
    rich renderable
        For a terminal of 80 columns or more.
    """
    table = Table(show_lines=False)
    of_one_card = len({document["card"] for document in documents}) == 1
    table.add_column(f"event and {'prior set' if of_one_card else 'card'}", overflow="fold")
    for heading in ("median", "50 % interval", "90 % interval", "P(not by\nhorizon)"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in dict.fromkeys(event["name"] for document in documents for event in document["events"]):
        table.add_row(Text(name, style="bold"))
        for document in documents:
            for event in document["events"]:
                if event["name"] == name:
                    table.add_row(f"  {label(document)}", *_compared(event, document))
        table.add_section()
    files = Text(f"picture  {picture}; the files of each forecast are beside it", style="dim")
    title = f"{documents[0]['title']}: prior sets side by side" if of_one_card else "Cards side by side"
    return Group(Text(f"\n{title}", style="bold"), table, files)


def label(document: Document) -> str:
    """What a comparison calls a forecast: its card, unless it was given another name.

    Examples
    --------
    >>> label({"card": "paper"}), label({"card": "paper", "label": "wide"})
    ('paper', 'wide')
    """
    return str(document.get("label", document["card"]))


def _compared(event: dict[str, Any], document: Document) -> list[str]:
    q = {p: date_text(value, document) for p, value in event["quantiles"].items()}
    never = probability_text(event["probability_not_by_horizon"]["value"], certain=document["point"])
    if document["point"]:
        return [q["0.5"], "", "", never]
    return [q["0.5"], f"{q['0.25']} – {q['0.75']}", f"{q['0.05']} – {q['0.95']}", never]


def date_text(value: float | str, document: Document) -> str:
    """A date as a reader reads it: year and month, or years since the start.

    Examples
    --------
    >>> date_text(2027.6, {"clock": "calendar", "horizon": 2040, "start": 2023.9})
    '2027-08'
    >>> date_text("inf", {"clock": "calendar", "horizon": 2040, "start": 2023.9})
    '>2040'
    """
    when = float(value)
    calendar = document["clock"] == "calendar"
    if math.isinf(when):
        return f">{document['horizon']:g}"
    if when <= document["start"]:
        return "at start"
    return f"{to_date(when):%Y-%m}" if calendar else f"{when:.1f} y"


def probability_text(p: float, certain: bool = False) -> str:
    """A probability; a share of draws is never shown as a certainty, a point result is.

    Examples
    --------
    >>> probability_text(0.999), probability_text(1.0), probability_text(0.256)
    ('>99 %', '>99 %', '26 %')
    >>> probability_text(1.0, certain=True)
    '100 %'
    """
    if certain or 0.01 <= p <= 0.99:
        return f"{100 * p:.0f} %"
    return "<1 %" if p < 0.01 else ">99 %"


def chance_lines(p: dict[str, float], certain: bool = False) -> str:
    r"""A probability above its Monte Carlo standard error.

    Examples
    --------
    >>> chance_lines({"value": 0.256, "error": 0.0069}), chance_lines({"value": 0.999, "error": 0.001})
    ('26 %\n± 0.7', '>99 %')
    """
    shown = probability_text(p["value"], certain)
    return shown if certain or not 0.01 <= p["value"] <= 0.99 else f"{shown}\n± {100 * p['error']:.1f}"


def _inputs(document: Document, files: Iterable[Path], note: str) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("card", f"{document['card']} ({document['clock']} clock)")
    changed = "".join(f", {name} = {prior}" for name, prior in document["overrides"].items())
    grid.add_row("priors", f"{document['priors']}{changed}")
    for table in document["evidence"]:
        grid.add_row("evidence", _evidence(table))
    if not document["evidence"]:
        grid.add_row("evidence", "none: the card's equations and the priors alone")
    grid.add_row("health", _health(document["diagnostics"]))
    for finding in document["diagnostics"]["findings"]:
        grid.add_row("", Text(f"{finding['message']}. {finding['remedy']}", style=STATUS_STYLE[finding["status"]]))
    for check in document.get("predictive_checks", []):
        inside = check["share_inside_interval"]
        shares = ", ".join(f"{share:.0%} in the {float(p):.0%} interval" for p, share in inside.items())
        grid.add_row("check", f"{check['kind']} predictive, {check['benchmark']}: {shares}")
    grid.add_row("files", "\n".join(map(str, files)))
    if note:
        grid.add_row("", Text(note, style="dim"))
    return grid


def _evidence(table: dict[str, Any]) -> str:
    """One line on one table: records of a benchmark, or what it says about parameters."""
    if "measured" not in table:
        return f"{table['name']}: {table['records_used']} records, the last of {table['last_date']}"
    measured = [f"{name} {q['0.5']:.3g} [{q['0.05']:.3g}, {q['0.95']:.3g}]" for name, q in table["measured"].items()]
    if not measured:
        return f"{table['name']}: too few rows by that date"
    known = table["known_exactly"]
    note = f"; no effect on {', '.join(known)}, known exactly" if known else ""
    return f"{table['name']}: {table['records_used']} rows, {', '.join(measured)} (90 %){note}"


def _health(d: dict[str, Any]) -> Text:
    text = Text(d["status"], style=STATUS_STYLE[d["status"]])
    if d["r_hat_max"] is None:
        return text.append(f": {d['method']}, {d['draws']:,} draw{'s' * (d['draws'] > 1)}", style="default")
    return text.append(
        f": {d['method']}, {d['draws']:,} draws, r-hat {d['r_hat_max']:.3f}, ESS {d['ess_bulk_min']:.0f} "
        f"(tails {d['ess_tail_min']:.0f}), {d['divergences']} divergent",
        style="default",
    )


def out_console() -> Console:
    """Console of results: stdout."""
    return Console(highlight=False)


def err_console(quiet: bool = False) -> Console:
    """Console of progress and errors: stderr."""
    return Console(stderr=True, quiet=quiet, highlight=False)
