"""Forecasts made from Python: what a user names is gathered and checked before anything is sampled."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from meekcast.door.named import Named, read_date
from meekcast.errors import InputError
from meekcast.inference.sampler import MOST_EXACT, Progress, Settings

if TYPE_CHECKING:
    from meekcast.clock import When
    from meekcast.door.answer import Answer
    from meekcast.door.result import Forecast
    from meekcast.door.watch import Watch
    from meekcast.inputs import Inputs, Override

type Told = bool | Progress | None
"""Whether progress is shown: True, False, a listener, or None, which shows it in a terminal."""


def forecast(
    card: Named = "leaderboard",
    priors: Named | None = None,
    *,
    set: Mapping[str, float] | None = None,
    prior: Mapping[str, str | float] | None = None,
    evidence: Named | Iterable[Named] = (),
    until: float | None = None,
    today: dt.date | str | None = None,
    as_of: dt.date | str | None = None,
    seed: int = 0,
    draws: int = Settings.draws,
    tune: int = Settings.tune,
    target_accept: float = Settings.target_accept,
    sampler: Literal["nutpie", "pymc"] = Settings.sampler,
    fresh: bool = False,
    exact: bool = False,
    progress: Told = None,
) -> Forecast:
    """Forecast when meek models catch up with the frontier.

    Parameters
    ----------
    card : str or path, default "leaderboard"
        Model card, by name (`meekcast.models` lists them) or path.
    priors : str or path, optional
        Prior set, by name (`meekcast.priors`) or path; the card's own by default.
    set : mapping of str to float, optional
        Parameters known exactly: ``{"g_price": 2.0}``.
    prior : mapping of str to str, optional
        Changed priors, in one line each: ``{"g_investment": "LogNormal(2.4, 90% 2.0..2.9)"}``.
    evidence : str or path, or several
        Tables that replace the card's or are added to them, by name (`meekcast.evidence`) or path.
    until : float, optional
        Horizon: a calendar year, or a number of years on an elapsed clock; the card's own by default.
    today : datetime.date or str, optional
        Date of asking, stored with the result; the current date, or `as_of`, by default.
    as_of : datetime.date or str, optional
        Only what was known on this date counts; on the date of asking by default.
    seed : int, default 0
        The same seed gives the same result.
    draws, tune : int
        Kept draws and warm-up draws of each of four chains. Where no scores are read, bands are of all draws, up to
        25,000,000 of each; events and files hold the first 10,000.
    target_accept : float
        Aimed acceptance of the sampler; higher takes smaller steps.
    sampler : {"nutpie", "pymc"}
        nutpie, or PyMC's own NUTS.
    fresh : bool, default False
        Sample even if the posterior is on disk from an earlier time.
    exact : bool, default False
        Sample changed priors anew, even where weights of the card's own draws would do.
    progress : bool or Progress, optional
        Whether to show progress; in a terminal by default.

    Returns
    -------
    Forecast
        The result.

    Raises
    ------
    InputError
        If a name, a path or a value is wrong; says which, and what to do.

    Examples
    --------
    >>> import meekcast as mk
    >>> f = mk.forecast("paper", set={"g_investment": 2.4}, today="2026-11-21")
    >>> f.events[0.5].round(2).to_dict()["the loss gap passes its peak"]
    3.65
    """
    settings = settings_of(seed=seed, draws=draws, tune=tune, target_accept=target_accept, sampler=sampler, exact=exact)
    inputs, asked_on = asked(gathered(card, priors, set, prior, evidence), today, as_of)
    with listening(progress) as listener:
        return forecast_of(inputs, settings, until, asked_on, fresh, listener)


def forecast_of(
    inputs: Inputs, settings: Settings, until: float | None, today: dt.date, fresh: bool, progress: Progress
) -> Forecast:
    """Forecast from what was gathered and checked."""
    from meekcast.door.result import Forecast
    from meekcast.door.source import Fresh
    from meekcast.forecasts.forecast import forecast as run

    return Forecast(Fresh(run(inputs, settings, until=until, today=today, fresh=fresh, progress=progress), until))


def when(
    expression: str,
    card: Named = "leaderboard",
    *,
    by: Iterable[When | str] = (),
    given: Sequence[str] = (),
    priors: Named | None = None,
    set: Mapping[str, float] | None = None,
    prior: Mapping[str, str | float] | None = None,
    evidence: Named | Iterable[Named] = (),
    until: float | None = None,
    today: dt.date | str | None = None,
    as_of: dt.date | str | None = None,
    seed: int = 0,
    draws: int = Settings.draws,
    exact: bool = False,
    progress: Told = None,
) -> Answer:
    """Ask when something happens; the question is checked before anything is sampled.

    Parameters
    ----------
    expression : str
        The event, such as ``"gpqa_gap_observed < 5"``.
    card : str or path, default "leaderboard"
        Model card.
    by : iterable, optional
        Dates by which it may have happened; 2030 is the end of that year.
    given : sequence of str, optional
        Conditions; only draws in which all are true count.
    priors, set, prior, evidence, until, today, as_of, seed, draws, exact, progress
        As in `meekcast.forecast`.

    Returns
    -------
    Answer
        The distribution of the date.

    Raises
    ------
    InputError
        If the question or the inputs cannot be used.

    Examples
    --------
    >>> import meekcast as mk
    >>> round(mk.when("loss_gap < 0.05", card="paper", by=[15]).quantiles["0.5"], 3)
    13.002
    """
    from meekcast.door.answer import Answer
    from meekcast.forecasts.questions.when import check_question
    from meekcast.whatif.world import World, blank

    inputs, asked_on = asked(gathered(card, priors, set, prior, evidence), today, as_of)
    check_question(expression, blank(inputs, until), by, given)
    with listening(progress) as listener:
        world = World.of(inputs, settings_of(seed=seed, draws=draws, exact=exact), until=until, progress=listener)
        return Answer.asked(expression, world.source(), by, given, asked_on)


def gathered(
    card: Named,
    priors: Named | None,
    set: Mapping[str, float] | None = None,
    prior: Mapping[str, str | float] | None = None,
    evidence: Named | Iterable[Named] = (),
) -> Inputs:
    """Gather what a user named, see `forecast`."""
    from meekcast.inputs import gather

    tables = [evidence] if isinstance(evidence, str | PathLike) else list(evidence)
    names = None if priors is None else fspath(priors)
    return gather(fspath(card), names, overrides(set or {}, prior or {}), [fspath(table) for table in tables])


def asked(inputs: Inputs, today: dt.date | str | None, as_of: dt.date | str | None = None) -> tuple[Inputs, dt.date]:
    """Inputs as of the dates that a user named, and the date of asking (`meekcast.inputs.as_asked`)."""
    from meekcast.inputs import as_asked

    return as_asked(inputs, read_date(today, "today"), read_date(as_of, "as_of"))


def overrides(fixed: Mapping[str, float], changed: Mapping[str, str | float]) -> list[Override]:
    """What a user changed.

    Raises
    ------
    InputError
        If a value is no number, a prior cannot be read, or a parameter is changed twice.
    """
    from meekcast.inputs import Override

    for name, value in fixed.items():
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"set: {name} = {value!r} is not a number", "For a distribution use prior=.")
    twice = sorted(fixed.keys() & changed.keys())
    if twice:
        raise InputError(f"{', '.join(twice)} is changed twice", "Give each parameter once, in set= or in prior=.")
    return [Override.read(f"{name}={value}") for name, value in {**fixed, **changed}.items()]


def settings_of(**changes: object) -> Settings:
    """How to sample.

    Raises
    ------
    InputError
        If a setting is out of range.
    """
    settings = replace(Settings(), **changes)  # type: ignore[arg-type]
    allowed: dict[str, tuple[bool, str]] = {
        "sampler": (settings.sampler in ("nutpie", "pymc"), "nutpie or pymc"),
        "draws": (50 <= settings.draws <= MOST_EXACT, f"50 to {MOST_EXACT}"),
        "tune": (50 <= settings.tune <= 100_000, "50 to 100000"),
        "target_accept": (0.5 <= settings.target_accept <= 0.999, "0.5 to 0.999"),
        "seed": (0 <= settings.seed < 2**32, "0 to 4294967295"),
    }
    for name, (fits, range_) in allowed.items():
        if not fits:
            raise InputError(f"{name} = {getattr(settings, name)!r} is not allowed", f"Allowed: {range_}.")
    return settings


@contextmanager
def listening(progress: Told) -> Iterator[Progress]:
    """A listener as a user asks for it."""
    from meekcast.report.progress import showing

    if progress is None or isinstance(progress, bool):
        shown = sys.stderr.isatty() if progress is None else progress
        with showing(quiet=not shown) as live:
            yield live
    else:
        yield progress


def watch(
    run: Forecast | Named, *, evidence: Named | Iterable[Named] = (), as_of: dt.date | str | None = None
) -> Watch:
    """Hold new evidence against an earlier forecast, and say whether it is as expected.

    Parameters
    ----------
    run : Forecast, str or path
        A forecast, or the folder of one; its files are held against their hashes.
    evidence : str or path, or several
        Newer tables of scores, by name or path; the card's boards as they are found now by default.
    as_of : datetime.date or str, optional
        Only what was known on this date counts; everything by default.

    Returns
    -------
    Watch
        Coverage, CRPS and a verdict for each series and overall.

    Raises
    ------
    InputError
        If the forecast has no bands of scores, its files were changed, or a table does not fit its card.
    """
    from meekcast.door.watch import watched
    from meekcast.runs.held import Earlier
    from meekcast.runs.read import open_run

    if isinstance(run, str | PathLike):
        return watched(Earlier.stored(open_run(Path(run))), evidence, as_of)
    return run.watch(evidence, as_of)
