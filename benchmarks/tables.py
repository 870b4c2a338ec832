"""Tables of README and docs, in Markdown, from what stands in files: nothing in them is typed by hand.

Usage: python benchmarks/tables.py SUMMARY.json ... BACKTEST.json ...
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meekcast.backtests.blocks import ALL, PERIODS
from meekcast.backtests.targets import HORIZONS
from meekcast.clock import to_date

type Row = Mapping[str, Any]

SHOWN = ("all", *HORIZONS)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(p: Row) -> str:
    """A probability in percent."""
    value = 100 * p["value"]
    return "<1 %" if value < 1 else ">99 %" if value > 99 else f"{value:.0f} %"


def dated(value: float | str, horizon: float) -> str:
    """A quantile of a date; "inf" is what has not happened by the horizon."""
    return f">{horizon:g}" if value == "inf" else f"{to_date(float(value)):%Y-%m}"


def events(summary: Row) -> Iterator[Sequence[str]]:
    """Dates and probabilities of the card's events."""
    for event in summary["events"]:
        q = {p: dated(v, summary["horizon"]) for p, v in event["quantiles"].items()}
        by = [share(event["probability_by"][year]) for year in ("2027", "2030")]
        last = share(event["probability_not_by_horizon"])
        yield event["name"], q["0.5"], f"{q['0.25']} – {q['0.75']}", f"{q['0.05']} – {q['0.95']}", *by, last


def lags(summary: Row) -> Iterator[Sequence[str]]:
    """Months behind of each follower: median and 90 %."""
    for follower in summary["lags"] or ():
        cells = [f"{q['0.5']:.0f} [{q['0.05']:.0f}, {q['0.95']:.0f}]" for q in follower["behind"].values()]
        yield follower["title"], *cells


def ahead(summary: Row) -> Iterator[Sequence[str]]:
    """Seen gaps a half year and a year ahead, by the pool."""
    for series in summary["pool"]["series"] if summary["pool"] else ():
        dates = [date for date in series["dates"] if date["months"] in {6, 12}]
        for date in dates:
            q, below = date["seen"]["pool"], date["probability_below"]
            told = ", ".join(f"<{level}: {100 * float(p):.0f} %" for level, p in below.items())
            interval = f"{q['0.5']:.3g} [{q['0.05']:.3g}, {q['0.95']:.3g}]"
            yield series["title"], f"{series['now']:.3g}", date["date"], interval, told


def percent(value: float | None, interval: Sequence[float] | None = None) -> str:
    """A skill, and its interval."""
    told = "–" if value is None else f"{100 * value:+.0f} %"
    return told + (f" [{100 * interval[0]:+.0f}, {100 * interval[1]:+.0f}]" if interval else "")


def skills(blocks: Iterable[Row], label: str) -> Iterator[Sequence[str]]:
    """Skill of card and pool over both persistences, and coverage of both."""
    for b in blocks:
        if not b["n"]:
            continue
        cells = []
        for own in (b, b["pool"]):
            for rival in ("persistence", "damped_persistence"):
                cells.append(percent(own["skill"][rival], own["intervals"]["skill"][rival]))
        covered = [f"{100 * own['coverage50']:.0f} / {100 * own['coverage90']:.0f}" for own in (b, b["pool"])]
        yield named(b[label]), str(b["n"]), *cells, *covered


def named(label: float | str) -> str:
    """A horizon in months, or the name of a series."""
    months = HORIZONS.get(label) if isinstance(label, float) else None
    return label if months is None else f"{months} month{'s' * (months != 1)}"


def backtest_tables(document: Row) -> Iterator[tuple[str, str]]:
    """By horizon and by series, of the choosing and the proof origins, seen and true."""
    ends = ["targets", "card over persistence", "card over damped", "pool over persistence", "pool over damped"]
    head = [*ends, "card in 50 / 90 %", "pool in 50 / 90 %"]
    periods = [*document["cards"], *document["periods"]]
    for said, blocks in (("seen", periods), ("true", document["true"])):
        for period in PERIODS:
            own = [b for b in blocks if b["period"] == period]
            by_horizon = [b for b in own if b["benchmark"] == ALL]
            by_series = [b for b in own if b["horizon"] == ALL and b["benchmark"] != ALL]
            yield f"{said}, {period}", table(["horizon", *head], skills(by_horizon, "horizon"))
            yield f"{said}, {period}, by series", table(["series", *head], skills(by_series, "benchmark"))
    for period in PERIODS:
        own = [b for b in document["followers"] if b["period"] == period and b["horizon"] == ALL]
        if own:
            yield f"by follower, {period}", table(["follower", *head], skills(own, "follower"))


def main(files: list[str]) -> None:
    """Print the tables of every file."""
    for file in files:
        document = json.loads(Path(file).read_text(encoding="utf-8"))
        if "rows" in document:
            told = backtest_tables(document)
        else:
            ends = [key if key == "now" else f"end of {key}" for key in document["lags"][0]["behind"]]
            said = ["event", "median", "50 % interval", "90 % interval", "P(by 2027)", "P(by 2030)", "P(not by 2040)"]
            told = iter(
                [
                    ("lags", table(["months behind", *ends], lags(document))),
                    ("events", table(said, events(document))),
                    (
                        "gaps ahead",
                        table(["board", "now", "on", "median [90 %]", "chances"], ahead(document)),
                    ),
                ]
            )
        for title, text in told:
            print(f"\n{file}: {title}\n\n{text}")


if __name__ == "__main__":
    main(sys.argv[1:])
