"""The tables of answers to ``meekcast when``, and what tables of other questions share with them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from meekcast.report.layout import Column, FittingTable
from meekcast.report.tables import date_text, health_text, probability_text
from meekcast.vocabulary.grammar import parse
from meekcast.whatif.budgets import usd_text

if TYPE_CHECKING:
    from meekcast.files import Number
    from meekcast.forecasts.questions.answer import Span
    from meekcast.forecasts.questions.monte_carlo import ProbabilityDocument
    from meekcast.whatif.documents import (
        BudgetAnswer,
        GovernanceDocument,
        GridDocument,
        ScenariosDocument,
        WhenDocument,
    )

MOST_ROWS = 12
WORTH_SAYING = 0.01  # probability


def when_report(document: WhenDocument, files: Iterable[Path], by_asked: bool = False) -> RenderableType:
    """Dates and probabilities of one question, for one or several budgets.

    Parameters
    ----------
    document : dict
        From `meekcast.whatif.documents.when_document`.
    files : iterable of pathlib.Path
        What was written.
    by_asked : bool, default False
        Whether to show only the years that were asked for.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    parts: list[RenderableType] = [Text(f"\nWhen: {document['expression']}", style="bold")]
    for line in _conditions(document):
        parts.append(Text(line))
    if not document["answers"][0]["quantiles"]:
        return Group(*parts, _on_a_date(document), origin(document, files))
    horizon = f"{document['horizon']:g}" if document["clock"] == "calendar" else f"year {document['horizon']:g}"
    parts.append(Text(f"Date: {lasting_text(document['expression'])} (horizon: {horizon}).", style="dim"))
    parts += [_dates(document), *map(Text, _passing(document)), _by_year(document, by_asked), origin(document, files)]
    return Group(*parts)


def lasting_text(question: str) -> str:
    """What dates a question, in words.

    Examples
    --------
    >>> lasting_text("lag < 1 for 6 months")
    'from when on it holds for 6 months'
    """
    lasting = parse(question).lasting
    if lasting == "stays":
        return "from when on it holds, up to the horizon"
    return "when it first holds" if lasting == "first" else f"from when on it holds {lasting}"


def _on_a_date(document: WhenDocument) -> Table:
    """How probable it is, for each budget."""
    table = Table()
    several = any(answer["budget_usd"] for answer in document["answers"])
    for heading in ("budget", "P, ± Monte Carlo error")[not several :]:
        table.add_column(heading, justify="right")
    for answer in document["answers"]:
        table.add_row(*([_budget(answer)] * several), chance_text(answer["probability"], _is_point(answer)))
    return table


def _conditions(document: WhenDocument) -> list[str]:
    if not document["given"]:
        return []
    stated = [f"Given: {' and '.join(document['given'])}"]
    for answer in document["answers"]:
        left = f"{answer['draws']:,} draws, worth {answer['effective_draws']:,.0f} independent ones"
        given = answer["probability_given"]
        p = given and probability_text(given["value"], certain=_is_point(answer))
        stated.append(f"  {_budget(answer) + ': ' if answer['budget_usd'] else ''}true with probability {p}: {left}")
    return stated


def _passing(document: WhenDocument) -> list[str]:
    """What a reader who expects a first passage must know."""
    said = []
    until = "at the horizon" if parse(document["expression"]).lasting == "stays" else "for so long"
    for answer in document["answers"]:
        p = answer["probability_passing"]["value"]
        if p >= WORTH_SAYING:
            who = f"{_budget(answer)}: " if answer["budget_usd"] else ""
            shown = probability_text(p, certain=_is_point(answer))
            said.append(f"{who}With probability {shown} it holds for a while but not {until}: no date.")
    return said


def _budget(answer: BudgetAnswer) -> str:
    return usd_text(answer["budget_usd"]) if answer["budget_usd"] else "all"


def _is_point(answer: BudgetAnswer) -> bool:
    return bool(answer["draws"] == 1)


def _dates(document: WhenDocument) -> FittingTable:
    several = any(answer["budget_usd"] for answer in document["answers"])
    table = FittingTable(
        [
            *([Column("budget")] if several else []),
            Column("median"),
            Column("50 % interval", rank=2),
            Column("90 % interval", rank=1),
            Column(f"P(not by {horizon_text(document)})"),
        ]
    )
    for answer in document["answers"]:
        never = chance_text(answer["probability_not_by_horizon"], _is_point(answer))
        row = [*interval_texts(answer["quantiles"], document, _is_point(answer)), never]
        table.add_row(*([_budget(answer)] if several else []), *row)
    return table


def interval_texts(quantiles: dict[str, Number], document: Span, point: bool) -> list[str]:
    """Median, central 50 % and central 90 % interval of a date; a point result has no intervals."""
    q = {p: date_text(value, document) for p, value in quantiles.items()}
    if point:
        return [q["0.5"], "–", "–"]
    return [q["0.5"], f"{q['0.25']} – {q['0.75']}", f"{q['0.05']} – {q['0.95']}"]


def chance_text(p: ProbabilityDocument, certain: bool = False) -> str:
    """A probability with its Monte Carlo standard error.

    Examples
    --------
    >>> chance_text({"value": 0.256, "error": 0.0069}), chance_text({"value": 0.999, "error": 0.001})
    ('25.6 ± 0.7 %', '>99 %')
    """
    if certain or not 0.01 <= p["value"] <= 0.99:
        return probability_text(p["value"], certain)
    return f"{100 * p['value']:.1f} ± {100 * p['error']:.1f} %"


def horizon_text(document: Span) -> str:
    """The horizon as a reader reads it."""
    return f"{document['horizon']:g}" + ("" if document["clock"] == "calendar" else " y")


def _by_year(document: WhenDocument, by_asked: bool) -> FittingTable:
    answers = document["answers"]
    chances = [answer["probability_by" if by_asked else "cdf"] for answer in answers]
    calendar = document["clock"] == "calendar"
    headings = [_budget(answer) if answer["budget_usd"] else "P, ± Monte Carlo error" for answer in answers]
    columns = [Column(heading, rank) for rank, heading in enumerate(headings)]
    whole = all(year.isdecimal() for year in (chances[0] if by_asked else []))
    table = FittingTable([Column(("by the end of" if whole else "by") if calendar else "within"), *columns])
    years = list(chances[0]) if by_asked else _telling(chances)
    for year in years:
        shown = [chance_text(by[year], _is_point(a)) for by, a in zip(chances, answers, strict=True)]
        end = "" if whole or not year.isdecimal() else "the end of "
        table.add_row(f"{end}{year}" if calendar else f"{year} y", *shown)
    return table


def _telling(chances: list[dict[str, ProbabilityDocument]]) -> list[str]:
    """Years in which something changes, not more than fit on a screen."""
    years = list(chances[0])
    moving = [i for i, year in enumerate(years) if any(0.005 <= by[year]["value"] <= 0.995 for by in chances)]
    first, last = (max(moving[0] - 1, 0), min(moving[-1] + 1, len(years) - 1)) if moving else (0, len(years) - 1)
    step = math.ceil((last - first + 1) / MOST_ROWS)
    return years[first : last + 1][::step]


def years_text(years: float) -> str:
    """A difference of dates, in years.

    Examples
    --------
    >>> years_text(1.26), years_text(-0.04), years_text(float("inf")), years_text(0.0)
    ('+1.3', '-0.04', '+inf', '0')
    """
    if years == 0:
        return "0"
    return f"{years:+.1f}" if not abs(years) < 0.095 else f"{years:+.1g}"


def origin(
    document: WhenDocument | GridDocument | GovernanceDocument | ScenariosDocument, files: Iterable[Path]
) -> Table:
    """Where an answer comes from and where it is written.

    Parameters
    ----------
    document : dict
        Any of the documents of `meekcast.whatif.documents`.
    files : iterable of pathlib.Path
        What was written.

    Returns
    -------
    rich.table.Table
        Two columns.
    """
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    changed = "".join(f", {name} = {prior}" for name, prior in document.get("overrides", {}).items())
    grid.add_row("card", f"{document['card']}, priors {document['priors']}{changed}")
    if "run" in document:
        grid.add_row("run", f"{document['run']}, asked on {document['today']}")
    told = document.get("diagnostics")
    if told and (told["status"] != "ok" or told.get("error_ratio") is not None):
        grid.add_row("health", f"{told['status']}: {health_text(told)}")
    written = "\n".join(map(str, files))
    if written:
        grid.add_row("files", written)
    return grid
