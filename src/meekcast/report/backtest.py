"""The scorecard in the terminal: how forecasts did on past dates, in a table and in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.report.layout import Column, FittingTable

if TYPE_CHECKING:
    from meekcast.backtests.documents import (
        BacktestDocument,
        EditionDocument,
        FitsHealth,
        Row,
        Scorecard,
        SkippedDocument,
    )

HEADINGS = {
    "persistence": "persist-\nence",
    "trend": "\ntrend",
    "paper": "\npaper",
    "constant_growth": "constant\ngrowth",
}
IN_WORDS = {
    "persistence": "persistence (the gap stays)",
    "trend": "a linear trend",
    "paper": "the paper's point curve (bounded scores only)",
    "constant_growth": "constant growth (the same card without discrepancy)",
}


def backtest_report(document: BacktestDocument, files: Iterable[Path]) -> RenderableType:
    """The scorecard of one card.

    Parameters
    ----------
    document : dict
        The backtest (`meekcast.backtests.summary`).
    files : iterable of pathlib.Path
        Where the results are.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    from meekcast.backtests.scorecard import scorecard

    card = scorecard(document)
    title = Text(f"\nOn past dates: {document['provenance'][0]['title']}", style="bold")
    return Group(
        title,
        Text(_asked(card), style="dim"),
        _table(card),
        Text("\n" + "\n".join(words(card)) + "\n"),
        Text(_legend(card), style="dim"),
        _skipped(document["skipped"]),
        *_editions(document["editions"]),
        Text("files  " + "\n       ".join(map(str, files)), style="dim"),
    )


def scorecard_report(card: Scorecard | None, command: str) -> RenderableType:
    """The scorecard that a forecast carries, in a few sentences.

    Parameters
    ----------
    card : dict or None
        From `meekcast.backtests.shelf.find_scorecard`.
    command : str
        The command that makes it, for where there is none or an earlier one.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    if card is None:
        return Text(
            f"no scorecard for this combination of card, priors and evidence; this makes it:\n  {command}", style="dim"
        )
    lines = [_asked(card), *words(card)]
    if card["earlier_version"]:
        lines.append(f"Found by an earlier version of meekcast; this brings it up to date:\n  {command}")
    return Text("\n".join(lines))


def cards_report(document: BacktestDocument) -> RenderableType:
    """Several cards side by side, on the targets that all of them forecast."""
    title = Text("\nCards side by side", style="bold")
    found = document["comparison"]
    if not found:
        return Group(title, Text("They share no target: nothing can be compared."))
    table = _empty("card")
    for block in found:
        table.add_row(*_cells(block["card"], block))
    n = found[0]["n"]
    return Group(title, table, Text(f"On the {n} targets that all of them forecast, pooled.", style="dim"))


def words(card: Scorecard) -> list[str]:
    """What the scorecard says, in plain sentences.

    Parameters
    ----------
    card : dict
        From `meekcast.backtests.scorecard.scorecard`.

    Returns
    -------
    list of str
        Sentences; the first is about the error, the second about the intervals.
    """
    block, probability = card["pooled"], card["interval_probability"]
    against = [
        f"{_better(block['skill'][m])} {IN_WORDS[m]}" for m in card["baselines"] if block["skill"][m] is not None
    ]
    sentences = [f"Its error (CRPS) was {'; '.join(against)}.", *_range(block, probability)]
    worse = [_months(b["horizon"]) for b in card["by_horizon"] if (b["skill"]["persistence"] or 0) < 0]
    if worse:
        sentences.append(f"Persistence was better {', '.join(worse)} ahead.")
    sentences.append(
        f"Of {block['n']} gaps seen, {_held(block, '90')} lay in the 90 % interval, {_held(block, '50')} in the 50 %."
    )
    sentences.append(f"{block['origins']} origins whose horizons overlap: few and dependent, so this says little.")
    return [*sentences, _health(card["fits"])]


def _asked(card: Scorecard) -> str:
    return (
        f"Forecasts made at {card['pooled']['origins']} quarter ends from {card['first_origin']} to "
        f"{card['last_origin']}, each from evidence known then."
    )


def _held(block: Row, level: str) -> str:
    share = block[f"coverage{level}"]
    return f"{round(share * block['n'])} ({_percent(share)})"


def _better(skill: float) -> str:
    return f"{_percent(abs(skill))} {'lower' if skill >= 0 else 'higher'} than that of"


def _range(block: Row, probability: float) -> list[str]:
    """Interval of the skill over persistence, in words; nothing with a single origin."""
    interval = block["intervals"]["skill"]["persistence"]
    if interval is None:
        return []
    low, high = (f"{_percent(abs(s))} {'lower' if s >= 0 else 'higher'}" for s in interval)
    return [f"Against persistence the {_percent(probability)} interval over origins is {low} to {high}."]


def _health(fits: FitsHealth) -> str:
    if fits["r_hat_max"] is None:
        return f"{fits['n']} fits, none of them by a Markov chain."
    found = f"{fits['divergences']} divergent draws at {fits['origins_with_divergences']} origins"
    trouble = found if fits["divergences"] else "no divergent draw"
    return f"{fits['n']} fits of the card: {trouble}, r-hat up to {fits['r_hat_max']:.3f}."


def _legend(card: Scorecard) -> str:
    return (
        "CRPS: error of the whole distribution; of several benchmarks in units of persistence's error, of one in its "
        "own unit. Under each baseline: how much lower the card's CRPS is (+ is better). Second line: "
        f"{_percent(card['interval_probability'])} interval, bootstrap over origins. Variants of the card were chosen "
        f"on origins up to {card['chosen_until']} only; later ones are the honest look."
    )


def _table(card: Scorecard) -> FittingTable:
    table = _empty("targets")
    table.add_row(*_cells("all, pooled", card["pooled"], intervals=True))
    table.add_section()
    for block in card["by_horizon"]:
        table.add_row(*_cells(f"{_months(block['horizon'])} ahead", block))
    table.add_section()
    for block in card["by_benchmark"]:
        table.add_row(*_cells(block["title"], block))
    table.add_section()
    table.add_row(*_cells(f"up to {card['chosen_until']}", card["earlier"]))
    table.add_row(*_cells("later origins", card["later"]))
    return table


def _empty(first: str) -> FittingTable:
    ranks = {"trend": 2, "paper": 3, "constant_growth": 4}
    baselines = [
        Column(heading, rank=ranks.get(name, 0), named=name.replace("_", " ")) for name, heading in HEADINGS.items()
    ]
    held = [Column("in the\n50 %", rank=1), Column("in the\n90 %")]
    return FittingTable(
        [Column(f"\n{first}", words=True), Column("\nn", rank=5), Column("\nCRPS"), *baselines, *held],
        box=SIMPLE_HEAD,
        padding=0,
    )


def _cells(label: str, block: Row, intervals: bool = False) -> list[str]:
    """One row; with intervals each number has a second line."""
    if not block["n"]:
        return [label, "0", *["–"] * (3 + len(HEADINGS))]
    spread = block["intervals"] if intervals else {}
    cells = [_with_range(f"{block['crps']:.2f}", spread.get("crps"), "{:.1f}", 1)]
    of_skill = spread.get("skill", {})
    for method in HEADINGS:
        skill = block["skill"][method]
        cells.append(
            "–" if skill is None else _with_range(f"{round(100 * skill):+d} %", of_skill.get(method), "{:+.0f}")
        )
    for level in ("coverage50", "coverage90"):
        cells.append(_with_range(f"{100 * block[level]:.0f} %", spread.get(level), "{:.0f}"))
    return [label, str(block["n"]), *cells]


def _with_range(text: str, interval: Sequence[float] | None, form: str, factor: float = 100) -> str:
    if interval is None:
        return text
    return f"{text}\n{'..'.join(form.format(factor * v) for v in interval)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _months(horizon: float) -> str:
    return f"{round(12 * horizon)} months"


def _editions(read: Sequence[EditionDocument]) -> list[Text]:
    """Which editions were read of boards that re-estimate their scores, one line a board."""
    lines = []
    for board in sorted({entry["evidence"] for entry in read}):
        own = [entry for entry in read if entry["evidence"] == board]
        later = [entry["origin"] for entry in own if entry["stands_in"]]
        until = f"; up to {later[-1]} none is known, and the scores of {own[0]['edition']} stand in" if later else ""
        since = next((f"those of the day from origin {e['origin']} on" for e in own if not e["stands_in"]), "none")
        lines.append(Text(f"editions of {board}: {since}{until}", style="dim"))
    return lines


def _skipped(skipped: Sequence[SkippedDocument]) -> Text:
    """What was not asked, one line a benchmark and reason."""

    def what(entry: SkippedDocument) -> tuple[str, str]:
        return entry["benchmark"], entry["reason"]

    lines = [
        f"not asked: {benchmark} at {', '.join(e['origin'] for e in entries)} ({reason})"
        for (benchmark, reason), entries in groupby(skipped, what)
    ]
    return Text("\n".join(lines), style="dim")
