"""What the scripts of a page read: the summary, the evidence, the beliefs and draws."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

import numpy as np

from meekcast.backtests.blocks import CHOSEN_UNTIL
from meekcast.clock import decimal_year
from meekcast.model.leaderboard import standing_gaps, standing_records
from meekcast.observations.schema import FRONTIER
from meekcast.report.page.packing import THINNED_BANDS, Packed, kept, kept_dates, pack

if TYPE_CHECKING:
    from meekcast.backtests.documents import Row
    from meekcast.beliefs.belief import Belief
    from meekcast.cards.schema import Series
    from meekcast.files import Document
    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Summary

SLIDERS = 5
"""Parameters of which a reader may believe otherwise."""

INPUTS = 8
"""Inputs that are worth measuring first, of each answer."""

MONTHS = 12


class Learning(TypedDict):
    """What learning an input would do to the variance of an answer."""

    input: str
    variance: dict[str, float]


class MeasureFirst(TypedDict):
    """The inputs of an answer."""

    output: str
    inputs: list[Learning]


class OverTime(TypedDict):
    """Shares of the variance of a quantity at the ends of years."""

    quantity: str
    unit: str
    years: list[float]
    shapley: dict[str, dict[str, list[float]]]


class Drivers(TypedDict):
    """What a page shows of ``sensitivity.json``."""

    over_time: OverTime | None
    measure_first: list[MeasureFirst]


class Told(Protocol):
    """A forecast that was just made, or one that was opened again."""

    @property
    def inputs(self) -> Inputs:
        """Card, belief and evidence."""

    @property
    def draws(self) -> Draws:
        """Draws of quantities and parameters."""

    @property
    def events(self) -> Sequence[Answer]:
        """The card's events with their dates."""

    @property
    def today(self) -> dt.date:
        """The date of asking."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What may stand beside a forecast on its page.

    Parameters
    ----------
    past : sequence of dict
        Forecasts at past dates and what came (`meekcast.backtests.scorecard.held_out`).
    drivers : dict, optional
        What drives the answer, as ``sensitivity.json`` holds it.
    stories : sequence of dict
        Summaries of other forecasts.
    pictures : mapping of str to bytes
        PNG files by the words that stand for them, for readers without JavaScript.
    decision : str
        The example of a decision, as a TOML file.
    sliders : sequence of str
        Parameters of which a reader is asked first; what the user changed comes before them, what matters most after.
    """

    decision: str
    past: Sequence[Row] = ()
    drivers: Document | None = None
    stories: Sequence[Summary] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    sliders: Sequence[str] = ()


def content(result: Told, summary: Summary, beside: Beside) -> dict[str, Any]:
    """Gather what a page's scripts read.

    Parameters
    ----------
    result : Forecast
        The forecast.
    summary : dict
        Its summary.
    beside : Beside
        What else is shown.

    Returns
    -------
    dict
        Keys ``summary`` (without bands and files), ``asked`` (options by which it is asked anew), ``quantities`` (what
        can be asked, with bands), ``boards``
        and ``evidence``, ``beliefs``, ``times`` and ``draws`` (packed), ``past``, ``chosen_until``, ``drivers``,
        ``decision`` and ``stories``.
    """
    times = result.draws.times
    today = decimal_year(result.today) if summary["clock"] == "calendar" else float(times[0])
    banded = kept_dates(times, today, THINNED_BANDS)
    asked = list(quantities(result, summary, banded))
    order = [*(o.name for o in result.inputs.overrides), *beside.sliders, *by_worth(beside.drivers)]
    beliefs = beliefs_of(result.inputs.stated, result, order)
    names, boards = [q["name"] for q in asked], [_board(result.inputs, series) for series in result.inputs.card.series]
    chosen, dates = kept(times, today, len(result.draws.read(names[0])), len(names))
    return {
        "summary": {key: value for key, value in summary.items() if key not in ("bands", "files")},
        "asked": _options(result, summary),
        "quantities": asked,
        "band_times": times[banded].tolist(),
        "boards": boards,
        "evidence": list(_evidence(result.inputs)),
        "beliefs": beliefs,
        "times": times[dates].tolist(),
        "draws": _packed(result, names, [b["name"] for b in beliefs], chosen, dates, boards),
        "past": list(beside.past),
        "chosen_until": CHOSEN_UNTIL.isoformat(),
        "drivers": _drivers(beside.drivers),
        "decision": tomllib.loads(beside.decision),
        "stories": [_story(story) for story in (summary, *beside.stories)],
    }


def _options(result: Told, summary: Summary) -> str:
    """What a command needs to ask the same again, beside priors: options that are not as a card has them."""
    inputs = result.inputs
    known = {"--as-of": inputs.as_of, "--today": result.today if inputs.as_of not in (None, result.today) else None}
    until = None if summary["horizon"] == inputs.card.horizon else f"{summary['horizon']:g}"
    options = {**known, "--until": until, "--seed": summary["seed"] or None}
    asked = [*options.items(), *(("--evidence", name) for name in _replaced(inputs))]
    return "".join(f" {option} {value}" for option, value in asked if value is not None)


def _replaced(inputs: Inputs) -> list[str]:
    """Tables that the card does not name: they stand in the place of its own, or inform parameters besides."""
    card = inputs.card
    own = {Path(name).stem for name in (*(b.evidence for b in card.observed), *card.trends, card.losses) if name}
    return [table.name for table in (*inputs.tables, *inputs.informing) if table.name not in own]


def quantities(result: Told, summary: Summary, dates: np.ndarray) -> Iterator[dict[str, Any]]:
    """What can be asked on a page: gaps seen and true, lags, the loss gap, and what the card's events ask.

    Each with its name, words, unit, by how much its values are multiplied for a reader (``times``), and its bands on
    some dates, given by their positions.
    """
    card = result.inputs.card
    named: dict[str, dict[str, Any]] = {}
    for series in card.series:
        of = {"board": series.benchmark.name, "follower": series.follower.name, "title": card.title_of(series)}
        named[f"{series.name}_gap_observed"] = {**of, "kind": "seen"}
        named[f"{series.name}_gap"] = {**of, "kind": "true"}
        named[f"{series.benchmark.name}_{FRONTIER}"] = {**of, "kind": "level", "title": series.benchmark.title}
    for follower in card.followers:
        whose = {"board": None, "follower": follower.name, "title": follower.called}
        named[f"{card.prefix(follower)}lag_behind"] = {**whose, "kind": "lag"}
        named[f"{card.prefix(follower)}loss_gap"] = {**whose, "kind": "loss"}
    for name in summary["bands"]:
        if any(re.search(rf"\b{name}\b", event["expression"]) for event in summary["events"]):
            named.setdefault(name, {"board": None, "follower": None, "title": "", "kind": "other"})
    for name, about in named.items():
        if name in summary["bands"]:
            yield {"name": name, **about, **_banded(summary, name, about["kind"], dates)}


def _banded(summary: Summary, name: str, kind: str, dates: np.ndarray) -> dict[str, Any]:
    """Unit and bands; lags are told in months."""
    band = summary["bands"][name]
    in_months = kind == "lag" and summary["clock"] == "calendar"
    return {
        "words": band["long_name"],
        "unit": "months" if in_months else band["unit"],
        "times": MONTHS if in_months else 1,
        "bands": {p: [values[i] for i in dates] for p, values in band["quantiles"].items()},
    }


def _packed(
    result: Told,
    names: Sequence[str],
    parameters: Sequence[str],
    chosen: np.ndarray,
    dates: np.ndarray,
    boards: Sequence[Mapping[str, Any]],
) -> Packed:
    read = {name: result.draws.read(name) for name in names}
    values = {name: whole[np.ix_(chosen, dates)] for name, whole in read.items()}
    drawn = {name: result.draws.posterior[name][chosen] for name in parameters}
    events = {event.name: event.dates[chosen] for event in result.events}
    seen = {f"{board['series']}_gap_observed": board["gap"][1] for board in boards}
    return pack(values, drawn, events, len(read[names[0]]), seen)


def _board(inputs: Inputs, series: Series) -> dict[str, Any]:
    """A board as one follower is read on it: where it is from, until when it is known, and the gap that it showed."""
    table = inputs.known_table_of(series)
    years = np.union1d(*(standing_records(table, actor)[0] for actor in (FRONTIER, series.follower.name)))
    gaps = standing_gaps(table, series.follower.name, years)
    both = np.isfinite(gaps)
    return {
        "name": series.benchmark.name,
        "series": series.name,
        "title": inputs.card.title_of(series),
        "follower": series.follower.name,
        "unit": table.unit,
        "until": decimal_year(table.complete_until),
        "source": table.source,
        "gap": [years[both].tolist(), gaps[both].tolist()],
    }


def _evidence(inputs: Inputs) -> Iterator[dict[str, Any]]:
    """Every record that is read, with what a reader asks of a point."""
    for board, table in zip(inputs.boards, inputs.known_tables, strict=True):
        for row in table.records:
            yield {
                "board": board.benchmark.name, "actor": row.actor, "model": row.model, "date": row.date.isoformat(),
                "year": decimal_year(row.date), "score": row.score, "price": row.price,
            }  # fmt: skip


def beliefs_of(stated: Belief, result: Told, order: Sequence[str]) -> list[dict[str, Any]]:
    """Parameters of which a reader may believe otherwise: normal on a scale, and independent of each other.

    Weights of draws are then products of ratios of their own priors, whatever else they are correlated with: a changed
    prior moves the others along (`meekcast.beliefs.belief.Belief.with_marginal`).

    Parameters
    ----------
    stated : Belief
        The prior, before any evidence.
    result : Forecast
        The forecast; a parameter that it has no draws of has no slider.
    order : sequence of str
        Names, those first that matter most.
    """
    drawn = result.draws.posterior
    chosen: list[str] = []
    for name in (*order, *_usual(stated)):
        i = stated.index(name) if name in stated.free else -1
        tied = any(stated.covariance[i, stated.index(other)] for other in chosen)
        if i >= 0 and name in drawn and name not in chosen and not tied and len(chosen) < SLIDERS:
            chosen.append(name)
    return [_belief(stated, result, name) for name in chosen]


def _usual(stated: Belief) -> list[str]:
    """Growth rates, the least known first, then what the lead starts from and how it wanders."""
    rates = [name for name in stated.free if name.startswith("g_")]
    rates.sort(key=lambda name: -stated.sd[stated.index(name)])
    return [*rates, *(name for name in ("R", "lead_sd", "frontier_sd") if name in stated.free)]


def _belief(stated: Belief, result: Told, name: str) -> dict[str, Any]:
    i = stated.index(name)
    scale, parameter = stated.scales[i], result.inputs.card.parameter(name)
    return {
        "name": name, "meaning": parameter.meaning, "unit": parameter.unit, "source": result.inputs.sources()[name],
        "scale": scale.name, "low": scale.low, "high": scale.high,
        "mean": float(stated.mean[i]), "sd": float(stated.sd[i]),
    }  # fmt: skip


def by_worth(drivers: Document | None) -> list[str]:
    """Order inputs by how much learning them narrows the answers, those first that narrow any of them most.

    Parameters
    ----------
    drivers : dict or None
        What drives the answer, as ``sensitivity.json`` holds it.
    """
    gains: dict[str, float] = {}
    for answer in drivers["measure_first"] if drivers else ():
        for row in answer["inputs"]:
            gains[row["input"]] = max(gains.get(row["input"], 0.0), float(row["variance"]["value"]))
    return sorted(gains, key=lambda name: (-gains[name], name))


def _drivers(drivers: Document | None) -> Document | None:
    if not drivers:
        return None
    first = [{**answer, "inputs": answer["inputs"][:INPUTS]} for answer in drivers["measure_first"]]
    return {"over_time": drivers["over_time"], "measure_first": first}


def _story(summary: Summary) -> dict[str, Any]:
    """What of a forecast stands beside others: its events and lags."""
    return {key: summary.get(key) for key in ("card", "title", "priors", "overrides", "events", "lags")}
