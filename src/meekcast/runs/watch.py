"""New evidence held against an earlier run: what the boards show now, beside what the run said they would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from meekcast.backtests import baselines, scores
from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.forecasts.bands import sorted_quantiles
from meekcast.inputs import renewed
from meekcast.observations import EvidenceTable, ScoreTable
from meekcast.observations.schema import FRONTIER, RecordRow
from meekcast.runs.held import Earlier, Held, chance_of, coverage, new_rows, news, stream
from meekcast.runs.surprise import ENOUGH_NEW, SURPRISE, verdict
from meekcast.runs.updated import updated
from meekcast.vocabulary.quantities import best_score

if TYPE_CHECKING:
    from meekcast.cards.reading import Board
    from meekcast.runs.documents import WatchDocument, WatchedOverall, WatchedRecord, WatchedSeries

SCHEMA = "meekcast.watch/1"
_RECORD_STREAM = 32  # of the seed; those of forecasts, backtests and targets are others

DEFINITIONS = {
    "target": (
        "gap that a board showed at the end of a month after the run's evidence ended, up to the end of the new "
        "evidence: of models and scores known then (later scores where those of then are lost); held against the run's "
        "draws at the nearest date of its grid"
    ),
    "coverage": scores.DEFINITIONS["coverage"],
    "pit": scores.DEFINITIONS["pit"],
    "crps": scores.DEFINITIONS["crps"],
    "crps_over_persistence": (
        "mean CRPS over that of persistence on the same targets, pooled with equal weight of targets; below 1 is better"
    ),
    "persistence": f"{baselines.DEFINITIONS['persistence']}; the origin is where the run's evidence ended",
    "chance": (
        "share of the run's own futures that are at least as odd as the latest gaps; tails of all series are combined "
        "in each future alike, so series may depend on each other as the run says"
    ),
    "verdict": (
        f"surprised: chance below {100 * SURPRISE:g} %; refit: surprised, and {ENOUGH_NEW} new records or more, or "
        "another past; the overall verdict counts, for of many series some are surprised by chance"
    ),
    "changed": (
        "whether the gap of the date on which the run's evidence ended, by all that is known now, is another than the "
        "run knew, by more than the noise (SD) of a published score"
    ),
    "updated": (
        "probabilities of the run's events as it had them, and given the new evidence: its own draws are weighted by "
        "the likelihood of what is known now over that of what it knew (Pareto-smoothed), from what boards show now on"
    ),
    "records": (
        "records by all that is known now that the run did not know, each among draws of the latent score at its date, "
        "with the noise of a published score"
    ),
}


def watch(earlier: Earlier, evidence: Sequence[str] = (), as_of: dt.date | None = None) -> WatchDocument:
    """Hold new evidence against an earlier run.

    Parameters
    ----------
    earlier : Earlier
        The run.
    evidence : sequence of str, optional
        Newer tables of scores, by name or path; the card's boards as they are found now by default.
    as_of : datetime.date, optional
        Only what was known on this date counts; everything by default.

    Returns
    -------
    dict
        For each series and overall how many gaps are new, how often they lie in the run's intervals, their CRPS and
        its ratio to persistence's, and a verdict (`meekcast.runs.surprise`); for each event of the run what the
        evidence does to it (`meekcast.runs.updated`).

    Raises
    ------
    InputError
        If nothing can be held against the run, or a table does not fit its card.
    """
    earlier.check()
    newer = renewed(earlier.inputs, evidence)
    boards = newer.boards
    tables = {board.benchmark.name: board.at(as_of) for board in boards}
    card = earlier.inputs.card
    readers = {board.benchmark.name: cache(board.at) for board in boards}  # followers share boards
    held = [
        Held(earlier, s, earlier.inputs.known_table_of(s), tables[s.benchmark.name], readers[s.benchmark.name])
        for s in card.series
    ]
    rows = [one.document() for one in held]
    pairs = list(zip(earlier.inputs.known_tables, tables.values(), strict=True))
    records = [record for b, pair in zip(boards, pairs, strict=True) for record in _records(earlier, b, *pair)]
    overall = _overall(held, rows, sum(news(*pair, (FRONTIER, *pair[1].followers)) for pair in pairs))
    return {
        "schema": SCHEMA,
        "run": earlier.name,
        "card": card.name,
        "title": earlier.summary["title"],
        "asked_on": earlier.summary["today"],
        "as_of": as_of.isoformat() if as_of else None,
        "verdict": overall["verdict"],
        "why": _why(overall),
        "overall": overall,
        "updated": updated(earlier, newer, evidence, as_of),
        "series": rows,
        "targets": [target for one in held for target in one.targets],
        "records": sorted(records, key=lambda record: record["known_on"]),
        "notes": [*_notes(earlier, held, rows), *_scales(held, boards)],
        "definitions": DEFINITIONS,
    }


def _records(earlier: Earlier, board: Board, then: EvidenceTable, now: EvidenceTable) -> Iterator[WatchedRecord]:
    """New records of a board, each among the scores that the run expected of a model of its date."""
    card, benchmark = earlier.inputs.card, board.benchmark
    index, times = card.observed.index(benchmark), earlier.draws.times
    noise = earlier.draws.posterior[f"{benchmark.name}_noise"]
    for number, actor in enumerate((FRONTIER, *(follower.name for follower in card.read_of(benchmark)))):
        rows = new_rows(then, now, actor)
        latent = earlier.draws.read(f"{benchmark.name}_{actor}") if rows else np.empty((0, 0))
        for row in rows:
            rng = stream(earlier, _RECORD_STREAM, index, number, row.date.toordinal())
            at = latent[:, np.argmin(np.abs(times - decimal_year(row.date)))]
            drawn = at + np.hypot(noise, row.score_se or 0.0) * rng.standard_normal(len(at))
            yield _record(benchmark.name, row, np.minimum(drawn, best_score(benchmark.unit)), rng)


def _record(benchmark: str, row: RecordRow, drawn: Array, rng: np.random.Generator) -> WatchedRecord:
    quantiles = sorted_quantiles(np.sort(drawn), scores.PROBABILITIES)
    return {
        "benchmark": benchmark,
        "actor": row.actor,
        "model": row.model,
        "date": row.date.isoformat(),
        "known_on": row.known.isoformat(),
        "score": row.score,
        "quantiles": {f"{p:g}": float(q) for p, q in zip(scores.PROBABILITIES, quantiles, strict=True)},
        "pit": scores.pit(drawn, row.score, rng),
        "inside90": bool(quantiles[0] <= row.score <= quantiles[-1]),
    }


def _overall(held: Sequence[Held], rows: Sequence[WatchedSeries], new_records: int) -> WatchedOverall:
    targets = [target for one in held for target in one.targets]
    found = chance_of(held)
    past_changed = any(row["board"]["changed"] for row in rows if row["targets"])
    return {
        "targets": len(targets),
        "series": sum(bool(one.dates) for one in held),
        "new_records": new_records,
        "coverage50": coverage(targets, "50"),
        "coverage90": coverage(targets, "90"),
        "crps_over_persistence": _pooled(rows),
        "chance": found,
        "verdict": verdict(found, new_records, past_changed),
    }


def _pooled(rows: Sequence[WatchedSeries]) -> float | None:
    """Mean CRPS of all targets, each in units of persistence's on its series."""
    found = [(row["crps_over_persistence"], row["targets"]) for row in rows]
    known = [(ratio, n) for ratio, n in found if ratio is not None]
    return sum(ratio * n for ratio, n in known) / sum(n for _, n in known) if known else None


def _why(overall: WatchedOverall) -> str:
    """The verdict in a sentence."""
    n = overall["new_records"]
    new = f"{n} new record{'s' * (n != 1)}"
    if overall["chance"] is None:
        return f"no month with a gap has ended since the run's evidence did; {new}"
    share = f"{100 * overall['chance']:.1f} % of the run's own futures are as odd as the latest gaps; {new}"
    advice = {
        "surprised": ": look at them, and at the table, before anything is fitted again",
        "refit": ": there is enough to learn from, forecast again",
    }
    return share + advice.get(overall["verdict"], "")


def _notes(earlier: Earlier, held: Sequence[Held], rows: Sequence[WatchedSeries]) -> list[str]:
    """What else to know before the verdict is believed."""
    found = []
    if earlier.summary["diagnostics"]["status"] == "fail":
        found.append("the run's sampler failed its diagnostics: its bands are not to be believed, nor is the verdict")
    for one, row in zip(held, rows, strict=True):
        then, now = row["board"]["then"], row["board"]["now"]
        end, again = then["known_until"], now["gap"]
        if then["evidence"] != now["evidence"]:
            found.append(f"{row['title']}: the run read evidence {then['evidence']!r}, this is {now['evidence']!r}")
        if now["known_until"] < end:
            found.append(f"{row['title']}: this evidence ends on {now['known_until']}, that of the run on {end}")
        if not one.had_gap:
            found.append(f"{row['title']}: the run knew no gap yet")
        elif again is not None and then["gap"] != again:
            much = "the past changed" if row["board"]["changed"] else "the past changed a little"
            found.append(f"{row['title']}: {much}: the gap of {end} was {then['gap']:.4g} then, it is {again:.4g} now")
        if one.beyond:
            found.append(f"{row['title']}: {one.beyond} months are beyond the run's horizon")
    return found


def _scales(held: Sequence[Held], boards: Sequence[Board]) -> list[str]:
    """Boards whose scale changed since the run's evidence ended: gaps before and after are not the same measure."""
    ends = {one.series.benchmark.name: (one.then.complete_until, one.now.complete_until) for one in held}
    found = []
    for board in boards:
        since, until = ends[board.benchmark.name]
        scales = board.table.scales if isinstance(board.table, ScoreTable) else ()
        changes = [change for change in scales if since < change <= until]
        if changes:
            found.append(f"{board.benchmark.title}: the scale of the board changed, last on {max(changes)}")
    return found
