"""The scorecard in the terminal: how forecasts did on past dates, in a table and in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.text import Text

from meekcast.backtests.resampling import BLOCK
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

IN_WORDS = {
    "trend": "a linear trend",
    "paper": "the paper's point curve (bounded scores only)",
    "constant_growth": "constant growth (the same card without discrepancy)",
}
"""Baselines that are told of in a sentence."""
SHOWN = ("persistence", "damped_persistence")
"""Those that have columns of their own."""


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
    if again := card.get("confirmed"):
        lines.append(f"Found by an earlier version; forecasts of {len(again)} origins, made again, are the same.")
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
        table.add_row(*_cells(block["card"], block, {**block, **block["pool"]}))
    n = found[0]["n"]
    return Group(title, table, Text(f"On the {n} seen targets that all of them forecast, pooled.", style="dim"))


def words(card: Scorecard) -> list[str]:
    """What the scorecard says, in plain sentences.

    Parameters
    ----------
    card : dict
        From `meekcast.backtests.scorecard.scorecard`.

    Returns
    -------
    list of str
        Sentences: what is scored, errors while choosing and as proof, intervals, fits.
    """
    block, pool, probability = card["pooled"], card["pool"], card["interval_probability"]
    others = {name: block["skill"][m] for m, name in IN_WORDS.items() if block["skill"][m] is not None}
    against = " and ".join(f"{_better(skill)} than that of {name}" for name, skill in others.items())
    sentences = [
        "Scored are the gaps that boards showed (seen), by CRPS: of the card, and of the pool of card and damped "
        "persistence (the gap goes back to its mean), weights learnt from earlier dates. Persistence: the gap stays.",
        *_periods(card),
        *_range(block, pool["pooled"], probability),
        *([f"Of all, the card's error was {against}."] if against else []),
    ]
    worse = [_months(b["horizon"]) for b in card["by_horizon"] if (b["skill"]["persistence"] or 0) < 0]
    if worse:
        sentences.append(f"Persistence was better than the card {', '.join(worse)} ahead.")
    return [
        *sentences,
        f"Of {block['n']} gaps seen, {_held(block, '90')} lay in the 90 % interval, {_held(block, '50')} in the 50 %; "
        f"of the pool's, {_held(pool['pooled'], '90')} and {_held(pool['pooled'], '50')}.",
        f"{block['origins']} origins whose horizons overlap know as much as about "
        f"{max(1, round(block['effective_origins']))} independent ones.",
        _health(card["fits"]),
    ]


def proof_line(card: Scorecard) -> str:
    """How forecasts of later origins did, in one sentence; empty where there are none.

    Parameters
    ----------
    card : dict
        From `meekcast.backtests.scorecard.scorecard`.
    """
    pool = card["pool"]["later"]
    if not pool["n"]:
        return ""
    return (
        f"On {pool['n']} gaps that were forecast from later origins the error was {_over(pool)}; "
        f"{_percent(pool['coverage90'])} lay in the 90 % interval."
    )


def _periods(card: Scorecard) -> list[str]:
    """Errors of card and pool at the origins on which variants were chosen, and at later ones."""
    until = card["chosen_until"]
    told = (
        (f"Choosing (origins up to {until}", card["earlier"], card["pool"]["earlier"]),
        ("Proof (later origins, on which nothing was chosen", card["later"], card["pool"]["later"]),
    )
    return [
        f"{origins}; {own['n']} targets): the card's error was {_over(own)}; the pool's {_over(pool)}."
        for origins, own, pool in told
        if own["n"]
    ]


def _over(block: Row) -> str:
    """The error beside those of both persistences."""
    return " and ".join(f"{_better(block['skill'][m])} than {m.replace('_', ' ')}'s" for m in SHOWN)


def _asked(card: Scorecard) -> str:
    return (
        f"Forecasts made at {card['pooled']['origins']} month ends from {card['first_origin']} to "
        f"{card['last_origin']}, each from evidence known then."
    )


def _held(block: Row, level: str) -> str:
    share = block[f"coverage{level}"]
    return f"{round(share * block['n'])} ({_percent(share)})"


def _better(skill: float) -> str:
    return f"{_percent(abs(skill))} {'lower' if skill >= 0 else 'higher'}"


def _range(card: Row, pool: Row, probability: float) -> list[str]:
    """Intervals of the skill over persistence on all targets, in words; nothing with a single origin."""
    found = {who: block["intervals"]["skill"]["persistence"] for who, block in (("card", card), ("pool", pool))}
    if None in found.values():
        return []
    ranges = {who: " to ".join(map(_better, found[who])) for who in found}
    return [
        f"On all {card['n']} targets, against persistence the {_percent(probability)} interval over origins is "
        f"{ranges['card']} (pool: {ranges['pool']})."
    ]


def _health(fits: FitsHealth) -> str:
    if fits["r_hat_max"] is None:
        return f"{fits['n']} fits, none of them by a Markov chain."
    found = f"{fits['divergences']} divergent draws at {fits['origins_with_divergences']} origins"
    trouble = found if fits["divergences"] else "no divergent draw"
    return f"{fits['n']} fits of the card: {trouble}, r-hat up to {fits['r_hat_max']:.3f}."


def _legend(card: Scorecard) -> str:
    return (
        "CRPS: error of the whole distribution; of several series in units of persistence's error, of one in its "
        "own unit. Over persistence, damped persistence: how much lower it is (+ is better). Second line: "
        f"{_percent(card['interval_probability'])} interval, bootstrap over blocks of {BLOCK} months, widened "
        "because they are few and futures overlap: of simulated series of 27 origins it holds some 9 of 10 truths. "
        "Seen gaps: what the board showed; true: of all models that were there, whenever the board ran them. "
        f"Variants of the card were chosen on origins up to {card['chosen_until']}; later ones are the proof."
    )


def _table(card: Scorecard) -> FittingTable:
    table, pool = _empty("targets"), card["pool"]
    table.add_row(*_cells("all, pooled", card["pooled"], pool["pooled"], intervals=True))
    table.add_section()
    for block, pooled in zip(card["by_horizon"], pool["by_horizon"], strict=True):
        table.add_row(*_cells(f"{_months(block['horizon'])} ahead", block, pooled))
    table.add_section()
    for block, pooled in zip(card["by_benchmark"], pool["by_benchmark"], strict=True):
        table.add_row(*_cells(block["title"], block, pooled))
    table.add_section()
    for block, pooled in zip(card["by_follower"], pool["by_follower"], strict=True):
        table.add_row(*_cells(block["follower"].replace("_", " "), block, pooled))
    table.add_section()
    table.add_row(*_cells(f"chosen: up to {card['chosen_until']}", card["earlier"], pool["earlier"]))
    table.add_row(*_cells("proof: later", card["later"], pool["later"], intervals=True))
    table.add_section()
    table.add_row(*_cells("true gaps", card["true"], pool["true"]))
    return table


def _empty(first: str) -> FittingTable:
    """Columns of the card, then the same of the pool; what matters least has the highest rank."""
    own = [
        Column(f"{who}\n{heading}", rank=rank, named=f"{who} {named}")
        for who, ranks in (("card", (0, 2, 6, 4)), ("pool", (0, 1, 5, 3)))
        for heading, named, rank in zip(
            ("persist.", "damped", "in 50 %", "in 90 %"),
            ("over persistence", "over damped persistence", "in the 50 %", "in the 90 %"),
            ranks,
            strict=True,
        )
    ]
    return FittingTable(
        [Column(f"\n{first}", words=True), Column("\nn", rank=8), Column("card\nCRPS", rank=7), *own],
        box=SIMPLE_HEAD,
        padding=0,
    )


def _cells(label: str, card: Row, pool: Row, intervals: bool = False) -> list[str]:
    """One row; with intervals each number has a second line."""
    if not card["n"]:
        return [label, "0", *["–"] * 9]
    spread = card["intervals"] if intervals else {}
    cells = [label, str(card["n"]), _with_range(f"{card['crps']:.2f}", spread.get("crps"), "{:.1f}", 1)]
    return [*cells, *_scores(card, intervals), *_scores(pool, intervals)]


def _scores(block: Row, intervals: bool) -> list[str]:
    """Skill over both persistences, and coverage, of the card or the pool."""
    spread = block["intervals"] if intervals else {}
    of_skill = spread.get("skill", {})
    skills = [(block["skill"][m], of_skill.get(m)) for m in SHOWN]
    told = ["–" if s is None else _with_range(f"{round(100 * s):+d} %", range_, "{:+.0f}") for s, range_ in skills]
    held = [(block[key], spread.get(key)) for key in ("coverage50", "coverage90")]
    return [*told, *(_with_range(f"{100 * share:.0f} %", range_, "{:.0f}") for share, range_ in held)]


def _with_range(text: str, interval: Sequence[float] | None, form: str, factor: float = 100) -> str:
    if interval is None:
        return text
    return f"{text}\n{'..'.join(form.format(factor * v) for v in interval)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _months(horizon: float) -> str:
    months = round(12 * horizon)
    return f"{months} month{'s' * (months != 1)}"


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
    """What was not asked, and why it was not at last, one line a series."""
    lines = []
    for series in dict.fromkeys(entry["benchmark"] for entry in skipped):
        own = [entry for entry in skipped if entry["benchmark"] == series]
        first, last = own[0]["origin"], own[-1]["origin"]
        when = f"at {first}" if first == last else f"at {len(own)} origins from {first} to {last}"
        lines.append(f"not asked: {series} {when} ({own[-1]['reason']})")
    return Text("\n".join(lines), style="dim")
