"""The tables that the command line prints, from a forecast's summary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.clock import to_date
from meekcast.report.lags import lags_report
from meekcast.report.layout import Column, FittingTable

if TYPE_CHECKING:
    from meekcast.files import Number
    from meekcast.forecasts.questions.answer import AnswerDocument, Answered, Span
    from meekcast.forecasts.questions.monte_carlo import ProbabilityDocument
    from meekcast.inference.diagnostics import DiagnosticsDocument
    from meekcast.runs.documents import Comparable, InformingEntry, ScoresEntry, Summary, Told
    from meekcast.stacks.documents import StackDocument

STATUS_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def forecast_report(document: Summary, files: Iterable[Path], note: str = "", *, backtest: str) -> RenderableType:
    """What a policy reader reads: lags first, then gaps, events, inputs, sampler's health and files.

    Parameters
    ----------
    document : dict
        The summary (`meekcast.runs.summary`).
    files : iterable of pathlib.Path
        Where the results are.
    note : str, optional
        How the result was obtained, if not by computing it now.
    backtest : str
        The command that makes the scorecard, for where there is none.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    from meekcast.report.pool import pool_report

    title = Text(f"\n{document['title']}", style="bold")
    definition = Text(definition_text(document), style="dim")
    told = [
        title,
        *lags_report(document),
        *pool_report(document),
        definition,
        events_table(document),
        *already_report(document),
    ]
    told += _past(document, backtest)
    return Group(*told, _inputs(document, files, note))


def already_report(document: Summary) -> list[RenderableType]:
    """Events that may lie in the past, where no data tell; nothing where there are none."""
    if not document["already"]:
        return []
    events = "; ".join(f"{a['event']} ({probability_text(a['probability']['value'])})" for a in document["already"])
    since = f"{document['evidence_until']}"[:7]
    return [Text(f"May already have happened, no data since {since}: {events}.", style="yellow"), ""]


def _past(document: Summary, backtest: str) -> list[RenderableType]:
    """How the card did on past dates, and in simulations; nothing for one that reads no evidence."""
    from meekcast.report.backtest import scorecard_report
    from meekcast.report.calibration import calibration_line

    if not any("benchmark" in table for table in document["evidence"]):
        return []
    told: list[RenderableType] = [scorecard_report(document["scorecard"], backtest)]
    if known := document.get("calibration"):
        told.append(Text(calibration_line(known)))
    return [*told, ""]


def definition_text(document: Told) -> str:
    """What the date of an event is, in a line."""
    if document["point"]:
        return "Every prior is a point, so this is a point result: no uncertainty is stated."
    horizon = f"{document['horizon']:g}" if document["clock"] == "calendar" else f"year {document['horizon']:g}"
    return f"Date of an event: from when on it holds, up to the horizon ({horizon}). Asked on {document['today']}."


def events_table(document: Comparable | StackDocument) -> FittingTable:
    """When each event happens, and how probable it is by some years."""
    calendar, point = document["clock"] == "calendar", document["point"]
    years = list(document["events"][0]["probability_by"])[:2]
    intervals = [] if point else [Column("50 % interval\n90 % interval", rank=2, named="50 % and 90 % intervals")]
    table = FittingTable(
        [
            Column("event", words=True),
            Column("median"),
            *intervals,
            *(by_column(year, calendar) for year in years),
            not_by_column(document, rank=1),
        ],
        show_lines=True,
    )
    for event in document["events"]:
        q = {p: date_text(value, document) for p, value in event["quantiles"].items()}
        spread = [] if point else [f"{q['0.25']} – {q['0.75']}\n{q['0.05']} – {q['0.95']}"]
        table.add_row(
            event["name"], q["0.5"], *spread, *(chance_lines(p, certain=point) for p in chances(event, years))
        )
    return table


def by_column(year: str, calendar: bool) -> Column:
    """The column of the probability by a year."""
    unit = "" if calendar else " y"
    return Column(f"P(by\n{year}{unit})")


def not_by_column(document: Span, rank: int = 0) -> Column:
    """The column of the probability that something has not happened by the horizon."""
    end = f"{document['horizon']:g}" + ("" if document["clock"] == "calendar" else " y")
    return Column(f"P(not by\n{end})", rank=rank)


def chances(event: Answered, years: Iterable[str]) -> list[ProbabilityDocument]:
    """Probabilities of an event by some years, and that it has not happened by the horizon."""
    return [*(event["probability_by"][year] for year in years), event["probability_not_by_horizon"]]


def comparison_report(documents: Sequence[Comparable], picture: Path) -> RenderableType:
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
        For a terminal of 60 columns or more.
    """
    of_one_card = len({document["card"] for document in documents}) == 1
    files = Text(f"picture  {picture}; the files of each forecast are beside it", style="dim")
    title = f"{documents[0]['title']}: prior sets side by side" if of_one_card else "Cards side by side"
    first = f"event and {'prior set' if of_one_card else 'card'}"
    clocks = list(dict.fromkeys(document["clock"] for document in documents))
    tables = [_side_by_side(first, [d for d in documents if d["clock"] == clock]) for clock in clocks]
    return Group(Text(f"\n{title}", style="bold"), *tables, files)


def _side_by_side(first: str, documents: Sequence[Comparable]) -> FittingTable:
    """Forecasts on one clock: every event under each that asks it."""
    calendar = documents[0]["clock"] == "calendar"
    years = _shared_years(documents)
    table = FittingTable(
        [
            Column(first, words=True),
            Column("median"),
            Column("50 % interval", rank=3),
            Column("90 % interval", rank=2),
            *(by_column(year, calendar) for year in years),
            Column("P(not by\nhorizon)", rank=1),
        ]
    )
    for name in dict.fromkeys(event["name"] for document in documents for event in document["events"]):
        table.add_row(Text(name, style="bold"))
        for document in documents:
            for event in document["events"]:
                if event["name"] == name:
                    table.add_row(f"  {label(document)}", *_compared(event, years, document))
        table.add_section()
    return table


def _shared_years(documents: Sequence[Comparable]) -> list[str]:
    """The first two years by which all of them state probabilities."""
    asked = [list(document["events"][0]["probability_by"]) for document in documents]
    return [year for year in asked[0] if all(year in other for other in asked)][:2]


def label(document: Comparable) -> str:
    """What a comparison calls a forecast: its card, unless it was given another name.

    Examples
    --------
    >>> label({"card": "paper"}), label({"card": "paper", "label": "wide"})
    ('paper', 'wide')
    """
    return str(document.get("label", document["card"]))


def _compared(event: AnswerDocument, years: Iterable[str], document: Comparable) -> list[str]:
    q = {p: date_text(value, document) for p, value in event["quantiles"].items()}
    spread = ["", ""] if document["point"] else [f"{q['0.25']} – {q['0.75']}", f"{q['0.05']} – {q['0.95']}"]
    shown = (probability_text(p["value"], certain=document["point"]) for p in chances(event, years))
    return [q["0.5"], *spread, *shown]


def date_text(value: Number, document: Span) -> str:
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


def chance_lines(p: ProbabilityDocument, certain: bool = False) -> str:
    r"""A probability above its Monte Carlo standard error.

    Examples
    --------
    >>> chance_lines({"value": 0.256, "error": 0.0069}), chance_lines({"value": 0.999, "error": 0.001})
    ('26 %\n± 0.7', '>99 %')
    """
    shown = probability_text(p["value"], certain)
    return shown if certain or not 0.01 <= p["value"] <= 0.99 else f"{shown}\n± {100 * p['error']:.1f}"


def _inputs(document: Summary, files: Iterable[Path], note: str) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
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


def _edition(table: ScoresEntry) -> str:
    """Which edition of a board was read that re-estimates its scores; nothing where it is the one of the day."""
    if not table["edition"] or table["edition"] == table["as_of"]:
        return ""
    if table["edition"] > table["as_of"]:
        return f"; no edition of then is known: scores as of {table['edition']} stand in"
    return f", scores as of {table['edition']}"


def _evidence(table: ScoresEntry | InformingEntry) -> str:
    """One line on one table: records of a benchmark, or what it says about parameters."""
    if "measured" not in table:
        last = f", the last of {table['last_date']}" if table["last_date"] else ""
        return (
            f"{table['name']}: {table['records_used']} records{last}; known to {table['as_of']}, "
            f"{table['age_months']:.0f} months ago{_edition(table)}"
        )
    measured = [f"{name} {q['0.5']:.3g} [{q['0.05']:.3g}, {q['0.95']:.3g}]" for name, q in table["measured"].items()]
    if not measured:
        return f"{table['name']}: too few rows by that date"
    known = table["known_exactly"]
    note = f"; no effect on {', '.join(known)}, known exactly" if known else ""
    return f"{table['name']}: {table['records_used']} rows, {', '.join(measured)} (90 %){note}"


def _health(d: DiagnosticsDocument) -> Text:
    return Text(d["status"], style=STATUS_STYLE[d["status"]]).append(f": {health_text(d)}", style="default")


def health_text(d: DiagnosticsDocument) -> str:
    """How draws were obtained, and how good they are."""
    drawn = f"{d['method']}, {d['draws']:,} draw{'s' * (d['draws'] > 1)}"
    if d.get("error_ratio") is not None:
        k, ratio = float(d["pareto_k"] or 0.0), float(d["error_ratio"] or 1.0)
        return (
            f"{d['method']}, k {k:.2f}, ESS {d['weights_ess']:.0f}, Monte Carlo errors {ratio:.2f} times theirs "
            "(--exact samples anew)"
        )
    if d["r_hat_max"] is None:
        return drawn
    tried = f"; weights would leave {d['weights_ess']:.0f} draws" if d.get("weights_ess") is not None else ""
    return (
        f"{drawn}, r-hat {float(d['r_hat_max']):.3f}, ESS {d['ess_bulk_min']:.0f} "
        f"(tails {d['ess_tail_min']:.0f}), {d['divergences']} divergent{tried}"
    )
