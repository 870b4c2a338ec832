"""New evidence held against an earlier forecast, from Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, override

from meekcast.door.named import Named, read_date
from meekcast.door.shown import Listing, Sheet, Shown, frame

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.forecasts.questions.monte_carlo import ProbabilityDocument
    from meekcast.runs.documents import WatchDocument
    from meekcast.runs.held import Earlier
    from meekcast.runs.surprise import Verdict

_SHOWN = (0, 1, 3, 4, 6, 8, 9, 10)
"""Of the columns of the report those that fit on a screen."""


class Watch(Shown):
    """A forecast held against newer evidence.

    `meekcast.watch` makes one, and `Forecast.watch`.

    Parameters
    ----------
    document : dict
        As ``meekcast watch --json`` prints it.
    """

    def __init__(self, document: WatchDocument) -> None:
        self.document = document

    @property
    def verdict(self) -> Verdict:
        """What to do: "nothing new", "as expected", "surprised" or "refit"."""
        return self.document["verdict"]

    @property
    def table(self) -> pd.DataFrame:
        """One row a series: new gaps, coverage of intervals, CRPS and its ratio to persistence's, chance, verdict."""
        return frame([{k: v for k, v in row.items() if k != "board"} for row in self.document["series"]], "series")

    @property
    def targets(self) -> pd.DataFrame:
        """Every gap that came, and what the forecast said of it."""
        return frame([_flat(target) for target in self.document["targets"]])

    @property
    def records(self) -> Listing:
        """Records that the forecast did not know, each with the scores that it expected."""
        rows = tuple(_flat(record) for record in self.document["records"])
        columns = ("model", "benchmark", "actor", "known_on", "score", "0.05", "0.5", "0.95")
        return Listing(f"New records since {self.document['run']}", rows, columns, named=False)

    @property
    def updated(self) -> Listing:
        """Probabilities of the forecast's events by some dates: then, and now, by weights of its own draws.

        Those of now are None where weights will not do; the notes say why.
        """
        told = self.document["updated"]
        rows = tuple(
            {"event": event["name"], "by": by, **_chance("then", then), **_chance("now", (event["now"] or {}).get(by))}
            for event in told["events"]
            for by, then in event["then"].items()
        )
        title = f"Answers of {self.document['run']}, then and now"
        return Listing(title, rows, ("event", "by", "then", "now"), (told["why"],), named=False)

    @override
    def _sheet(self) -> Sheet:
        from meekcast.report.watch import words_of

        document = self.document
        columns = ["series", "gaps", "latest", "90 % of the run", "in 90 %", "/ persistence", "chance", "verdict"]
        rows = [[cells[i] for i in _SHOWN] for cells in words_of(document)]
        title = f"{self.verdict}: {document['run']}, asked on {document['asked_on']}"
        return Sheet(title, columns, rows, [document["why"], *document["notes"]])


def watched(earlier: Earlier, evidence: Named | Iterable[Named] = (), as_of: dt.date | str | None = None) -> Watch:
    """Hold new evidence against an earlier run, see `meekcast.watch`."""
    from meekcast.runs.watch import watch

    tables = [evidence] if isinstance(evidence, str | PathLike) else list(evidence)
    return Watch(watch(earlier, [fspath(table) for table in tables], read_date(as_of, "as_of")))


def _chance(when: str, told: ProbabilityDocument | None) -> dict[str, float | None]:
    """A probability and its Monte Carlo error as columns."""
    return {when: told and told["value"], f"{when}_error": told and told["error"]}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its quantiles as columns."""
    return {**{k: v for k, v in row.items() if k != "quantiles"}, **row["quantiles"]}
