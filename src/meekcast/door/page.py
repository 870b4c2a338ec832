"""The page of a forecast: what stands on it, gathered and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from meekcast.errors import InputError
from meekcast.files import Document, from_json, replacing, text_in

if TYPE_CHECKING:
    from meekcast.backtests.documents import Row
    from meekcast.door.result import Forecast
    from meekcast.door.source import Source
    from meekcast.forecasts.checks import PredictiveCheck
    from meekcast.forecasts.forecast import Forecast as Made
    from meekcast.inputs import Inputs
    from meekcast.report.page.content import Beside
    from meekcast.runs.documents import Summary

PAGE = "report.html"
DRIVERS, DRIVERS_SCHEMA = "sensitivity.json", "meekcast.sensitivity/1"
PICTURES = {"gap.png": "gaps over time, with the evidence", "lags.png": "months behind the frontier over time"}
"""Pictures of a run that a page shows where there is no JavaScript, and the words that stand for them."""


def draw_run(result: Made, checks: Sequence[PredictiveCheck], summary: Summary, folder: Path) -> None:
    """Draw all pictures of a run, and its page: what `meekcast.runs.write.write_run` asks for."""
    from meekcast.plots import run
    from meekcast.report.page.write import page

    run.draw_run(result, checks, folder)
    pictures = {said: (folder / name).read_bytes() for name, said in PICTURES.items() if (folder / name).exists()}
    html = page(result, summary, _beside(result.inputs, summary, pictures))
    (folder / PAGE).write_text(html, encoding="utf-8")


def page_of(
    source: Source,
    drivers: Document | None = None,
    stories: Iterable[Forecast] = (),
    *,
    token: str | None = None,
    sliders: Sequence[str] = (),
) -> str:
    """The page of a forecast, fresh or opened.

    Parameters
    ----------
    source : Source
        Where the forecast is read from.
    drivers : dict, optional
        What drives the answer, as ``sensitivity.json`` holds it; of a run folder, what stands there by default.
    stories : iterable of Forecast
        Other forecasts that stand beside it.
    token : str, optional
        What a refit has to carry, where a server stands behind the page that samples changed beliefs.
    sliders : sequence of str, optional
        Parameters of which a reader is asked first.

    Raises
    ------
    InputError
        If a forecast beside it is on another clock.
    """
    from meekcast.report.page.write import page
    from meekcast.runs.verify import reading

    summary = source.summary
    if drivers is None and source.folder:
        drivers = drivers_beside(source.folder, summary)
    others = [story.document for story in stories]
    _check_whole([summary, *others])
    for other in others:
        if other["clock"] != summary["clock"]:
            raise InputError(
                f"card {other['card']} counts on the {other['clock']} clock, {summary['card']} on the "
                f"{summary['clock']} clock: they cannot stand side by side",
                "Leave it out.",
            )
    with reading(f"the run of card {summary['card']!r}") if source.folder else nullcontext():
        beside = _beside(source.inputs, summary, source.pictures(PICTURES), drivers, others, sliders)
        return page(source, summary, beside, token=token)


def _check_whole(summaries: Sequence[Summary]) -> None:
    """Refuse summaries that are not as they are written: a page reads all of each, and its scripts trust it."""
    from meekcast.runs.documents import Summary
    from meekcast.runs.verify import AGAIN, misfit

    for told in summaries:
        if wrong := misfit(Summary, told):
            raise InputError(f"the summary of card {told['card']!r} is damaged: {wrong}", AGAIN)
        for name, band in told["bands"].items():
            if {len(values) for values in band["quantiles"].values()} != {len(band["time"])}:
                raise InputError(f"the summary of card {told['card']!r} is damaged: bands.{name} misses dates", AGAIN)


def write_page(html: str, file: Path) -> Path:
    """Write a page, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written; an earlier one stays.
    """
    with replacing(file) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return file


def drivers_beside(folder: Path, summary: Summary) -> Document | None:
    """What drives the answer, where ``meekcast sensitivity`` wrote it beside this run; None if it is of another."""
    from meekcast.report.page.content import Drivers
    from meekcast.runs.verify import misfit

    file = folder / DRIVERS
    try:
        found: Document = from_json(text_in(file), file, "")
        older = file.stat().st_mtime < (folder / "manifest.json").stat().st_mtime
    except (OSError, InputError):
        return None
    same = isinstance(found, dict) and found.get("schema") == DRIVERS_SCHEMA and not misfit(Drivers, found)
    return found if same and not older and all(found.get(key) == summary[key] for key in _ALIKE) else None  # type: ignore[literal-required]


_ALIKE = ("card", "priors", "today", "horizon")


def _beside(
    inputs: Inputs,
    summary: Summary,
    pictures: Mapping[str, bytes],
    drivers: Document | None = None,
    stories: Sequence[Summary] = (),
    sliders: Sequence[str] = (),
) -> Beside:
    """All that stands beside a forecast, with what every page has: past forecasts, and the example of a decision."""
    from meekcast.cards.library import shelf
    from meekcast.report.page.content import Beside

    decision = (shelf("docs") / "decision.toml").read_text(encoding="utf-8")
    past = _past(inputs, summary)
    return Beside(decision=decision, past=past, drivers=drivers, stories=stories, pictures=pictures, sliders=sliders)


def _past(inputs: Inputs, summary: Summary) -> Sequence[Row]:
    """Forecasts at past dates and what came, where the forecast carries a scorecard."""
    from meekcast.backtests.obtain import known_scores

    if not summary["scorecard"]:
        return ()
    known = known_scores(inputs, summary["scorecard"]["settings"]["seed"])
    return known["rows"] if known else ()
