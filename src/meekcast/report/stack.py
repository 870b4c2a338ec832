"""A stack in the terminal: weights, events, and what each card contributes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.layout import Column, FittingTable
from meekcast.report.tables import date_text, definition_text, events_table, probability_text

if TYPE_CHECKING:
    from meekcast.stacks.documents import GroupWeight, StackDocument


def stack_report(document: StackDocument, files: Iterable[Path]) -> RenderableType:
    """What a reader of an average needs: how it is weighted, when things happen, and who says so.

    Parameters
    ----------
    document : dict
        From `meekcast.stacks.summary.stack_summary`.
    files : iterable of pathlib.Path
        Where the results are.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    left = ", ".join(document["events_left_out"])
    note = [Text(f"not averaged, because not all cards ask it: {left}", style="dim")] if left else []
    return Group(
        Text(f"\n{document['title']}", style="bold"),
        Text(definition_text(document), style="dim"),
        events_table(document),
        Text("\nWeights", style="bold"),
        _weights(document),
        Text("\n".join(weight_words(document)) + "\n"),
        Text("What each card contributes", style="bold"),
        _contributions(document),
        *note,
        Text("files  " + "\n       ".join(map(str, files)), style="dim"),
    )


def _weights(document: StackDocument) -> FittingTable:
    """One line a card; its group's weight is the data's, its share of the group the user's."""
    table = FittingTable(
        [
            Column("card", words=True),
            Column("weight"),
            Column("its group\nby score", rank=1),
            Column("share\nby prior", rank=2),
            Column("behind\nbest", rank=3),
        ]
    )
    groups = {group["group"]: group for group in document["weights"]["groups"]}
    told: int | None = None
    for card in sorted(document["weights"]["cards"], key=lambda card: card["group"]):
        if told not in (None, card["group"]):
            table.add_section()
        group = groups[card["group"]]
        table.add_row(
            card["card"],
            _percent(card["weight"]),
            _group_weight(group) if card["group"] != told else "",
            _percent(card["share_of_group"]) if len(group["cards"]) > 1 else "alone",
            f"{card['score']['behind_best']:.2f} nats" if card["score"] else "not known",
        )
        told = card["group"]
    return table


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _group_weight(group: GroupWeight) -> str:
    """Weight of a group with its interval; one that the data say nothing about has none."""
    if group["interval"] is None:
        return f"{_percent(group['weight'])} (prior)"
    low, high = group["interval"]
    return f"{_percent(group['weight'])} [{100 * low:.0f}, {100 * high:.0f}]"


def weight_words(document: StackDocument) -> list[str]:
    """Say in plain words which weights the data gave, and which are prior weights.

    Parameters
    ----------
    document : dict
        From `meekcast.stacks.summary.stack_summary`.

    Returns
    -------
    list of str
        Sentences.
    """
    weights = document["weights"]
    scored = [group for group in weights["groups"] if group["weighted_by"] != "prior"]
    said = []
    if scored:
        said.append(
            f"Groups are weighted by held-out log score: {weights['targets']} targets of {weights['origins']} origins "
            f"(brackets: {100 * document['interval_probability']:.0f} % interval; behind best: mean nats a target); "
            "few and dependent, so the weights are rough."
        )
    else:
        said.append("The data do not tell these cards apart: all weights are prior weights.")
    for group in weights["groups"]:
        if len(group["cards"]) > 1:
            names = ", ".join(group["cards"])
            said.append(f"Past dates cannot tell apart: {names}. They differ later; their shares are prior weights.")
    unknown = [card["card"] for card in weights["cards"] if card["score"] is None]
    if unknown:
        said.append(f"No held-out targets in common: {', '.join(unknown)}. Prior weights.")
    if earlier := weights["of_earlier_version"]:
        said.append(
            f"Weighted by backtests of an earlier version of meekcast: {', '.join(earlier)}. "
            "Anew: meekcast backtest CARD, then this command."
        )
    said.append("Prior weights are equal unless you set them with --weight CARD=W.")
    return said


def _contributions(document: StackDocument) -> FittingTable:
    """Each event under each card, and its part of the stack's probability."""
    years = list(document["events"][0]["probability_by"])
    year = years[min(1, len(years) - 1)]
    by = f"by {year}" if document["clock"] == "calendar" else f"by {year} y"
    table = FittingTable(
        [
            Column("event and card", words=True),
            Column("weight", rank=1),
            Column("median", rank=2),
            Column(f"P({by})"),
            Column("contributes"),
            Column("P(not by\nhorizon)", rank=3),
        ]
    )
    for event in document["events"]:
        share = probability_text(event["probability_by"][year]["value"])
        never = probability_text(event["probability_not_by_horizon"]["value"])
        median = date_text(event["quantiles"]["0.5"], document)
        table.add_row(Text(event["name"], style="bold"), "", median, share, share, never)
        for card in event["cards"]:
            table.add_row(
                f"  {card['card']}",
                _percent(card["weight"]),
                date_text(card["quantiles"]["0.5"], document),
                probability_text(card["probability_by"][year]["value"]),
                probability_text(card["contribution_by"][year]),
                probability_text(card["probability_not_by_horizon"]["value"]),
            )
        table.add_section()
    return table
