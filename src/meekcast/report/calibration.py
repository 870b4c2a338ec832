"""A calibration in the terminal: coverage by kind of quantity, what is off, and a verdict in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.calibrations import shelf
from meekcast.calibrations.documents import KINDS, R_HAT
from meekcast.report.layout import Column, FittingTable

if TYPE_CHECKING:
    from meekcast.calibrations.documents import Calibrated, CalibrationDocument, FitsHealth, KindRow, QuantityRow

FURTHEST = 5
"""Quantities that are named beside those that are off."""
STYLE = {"ok": "green", "warn": "yellow"}


def calibration_report(document: CalibrationDocument, files: Iterable[Path]) -> RenderableType:
    """The calibration of one card.

    Parameters
    ----------
    document : dict
        From `meekcast.calibrations.summary.document`.
    files : iterable of pathlib.Path
        Where the results are.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    verdict, *more = words(document)
    return Group(
        Text(f"\nIn simulations: {document['title']}", style="bold"),
        Text(_asked(document), style="dim"),
        *([_kinds(document), _furthest(document["quantities"])] if document["quantities"] else []),
        Text(f"\n{verdict}", style=STYLE[document["verdict"]]),
        Text("\n".join(more) + "\n"),
        Text(LEGEND, style="dim"),
        Text("files  " + "\n       ".join(map(str, files)), style="dim"),
    )


LEGEND = (
    "If fits are right, truths lie anywhere among their draws, equally often, and 90 % intervals hold 90 % of them. "
    "p: how often ranks of right fits are as far from uniform, given how many quantities there are; below 0.05 is off. "
    "This says whether the computation is right if the card's story is; whether that is, meekcast backtest says."
)


def calibration_line(card: Calibrated) -> str:
    """What is known of a card's calibration, in one sentence.

    Parameters
    ----------
    card : dict
        From `meekcast.calibrations.shelf.find`.

    Returns
    -------
    str
        With the verdict, and whether an earlier version of meekcast found it.
    """
    earlier = " (found by an earlier version of meekcast)" if card.get("earlier_version") else ""
    off = ", ".join(f"{row['name']} ({row['off']})" for row in card["off"][:FURTHEST])
    more = f" and {len(card['off']) - FURTHEST} more" if len(card["off"]) > FURTHEST else ""
    found = f"off beyond chance: {off}{more}" if off else f"none of {_number(card)} quantities is off beyond chance"
    return (
        f"In {card['simulations']:,} simulations with known truth: {card['verdict']}; 90 % intervals held "
        f"{_percent(_coverage(card, 90))} of truths, 50 % ones {_percent(_coverage(card, 50))}; {found}{earlier}."
    )


def words(card: Calibrated) -> list[str]:
    """What a calibration says, in plain sentences.

    Parameters
    ----------
    card : dict
        From `meekcast.calibrations.summary`.

    Returns
    -------
    list of str
        Sentences: the verdict, coverage, fits.
    """
    if not card["kinds"]:
        return [f"{card['verdict']}: no fit could start, so nothing is ranked.", _health(card["fits"])]
    return [_verdict(card), *(_held(card, level) for level in (90, 50)), _health(card["fits"])]


def _verdict(card: Calibrated) -> str:
    if not card["off"]:
        least = min(kind["p_adjusted"] for kind in card["kinds"])
        few = " This many simulations find gross faults only." if card["simulations"] < shelf.FEWEST else ""
        return (
            f"{card['verdict']}: no ranks of {_number(card)} quantities differ from uniform beyond chance (smallest "
            f"p {_p(least)}).{few}"
        )
    off = f"{len(card['off'])} of {_number(card)} quantities"
    return f"{card['verdict']}: ranks of {off} are further from uniform than chance explains."


def _held(card: Calibrated, level: int) -> str:
    key = f"coverage{level}"
    ranges = [kind[f"{key}_range"] for kind in card["kinds"]]  # type: ignore[literal-required]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    right = card["expected"][key]  # type: ignore[literal-required]
    return (
        f"{level} % intervals held {_percent(_coverage(card, level))} of truths; of single quantities {_percent(low)} "
        f"to {_percent(high)}, where 19 of 20 should lie between {_percent(right[0])} and {_percent(right[1])}."
    )


def _coverage(card: Calibrated, level: int) -> float:
    """Mean over all quantities."""
    total = sum(k["quantities"] * k[f"coverage{level}"] for k in card["kinds"])  # type: ignore[literal-required]
    return float(total / max(1, _number(card)))


def _number(card: Calibrated) -> int:
    return sum(kind["quantities"] for kind in card["kinds"])


def _health(fits: FitsHealth) -> str:
    diverging = (
        f"{fits['divergences']} divergent draws in {fits['with_divergences']}"
        if fits["divergences"]
        else "no divergent draw"
    )
    chains = f"r-hat above {R_HAT:g} in {fits['r_hat_above']}"
    started = f"; {fits['not_started']} could not start and are not ranked" if fits["not_started"] else ""
    return f"{fits['n']} fits, none left out: {diverging}, {chains}{started}."


def _asked(document: CalibrationDocument) -> str:
    how = (
        "as forecasts predict them"
        if document["process"] == "predictions"
        else "as the likelihood takes them (tastes to first order)"
    )
    return (
        f"{document['simulations']} truths drawn from the prior, scores simulated {how} at the dates and errors of the "
        "real tables, each fitted anew."
    )


COLUMNS = ("quantities", "n", "in 50 %", "lowest..highest", "in 90 %", "lowest..highest", "p")
"""What is told of each kind of quantity."""


def kind_cells(kind: KindRow) -> list[str]:
    """Cells of those columns."""
    return [
        KINDS[kind["kind"]],
        str(kind["quantities"]),
        _percent(kind["coverage50"]),
        _range(kind["coverage50_range"]),
        _percent(kind["coverage90"]),
        _range(kind["coverage90_range"]),
        _p(kind["p_adjusted"]),
    ]


def _kinds(document: CalibrationDocument) -> FittingTable:
    ranks = (0, 3, 0, 2, 0, 1, 0)
    named = ("", "", "", "range in the 50 %", "", "range in the 90 %", "")
    columns = [
        Column(name, rank=rank, words=name == "quantities", named=called)
        for name, rank, called in zip(COLUMNS, ranks, named, strict=True)
    ]
    table = FittingTable(columns, box=SIMPLE_HEAD, padding=0)
    for kind in document["kinds"]:
        table.add_row(*kind_cells(kind))
    return table


def _furthest(rows: Sequence[QuantityRow]) -> FittingTable:
    """Quantities that are off, and those that come nearest to it."""
    first = sorted(rows, key=lambda row: row["p"])
    shown = first[: max(FURTHEST, sum(bool(row["off"]) for row in rows))]
    columns = [Column("furthest from uniform", words=True), Column("in 50 %", rank=1), Column("in 90 %"), Column("p")]
    table = FittingTable([*columns, Column("what is off", words=True)], box=SIMPLE_HEAD, padding=0)
    for row in shown:
        held = (_percent(row["coverage50"]), _percent(row["coverage90"]))
        table.add_row(row["name"], *held, _p(row["p_adjusted"]), row["off"])
    return table


def _range(limits: Sequence[float]) -> str:
    return "..".join(f"{100 * limit:.0f}" for limit in limits)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _p(value: float) -> str:
    return f"{value:.2f}" if value >= 0.01 else f"{value:.1g}" if value >= 1e-6 else "< 1e-6"
