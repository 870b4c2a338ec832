"""The date of an event as a forecast on a question of Metaculus: a CDF at 201 points of the question's range.

The site's rules (its source, ``continuous_validation``): 201 values; every step at least 0.01/200 = 5e-5 and at most
0.2; at a closed bound exactly 0 or 1; at an open bound at least 0.001 beyond. What a date beyond a bound means:

* open above: what has not happened by the end of the range, "never" included, is the mass beyond the upper bound
* closed below: the question is open, so it has not happened before; the forecast is conditioned on that, and the share
  of draws that this leaves is written beside it
* open below and closed above likewise

Where the CDF of the draws breaks a rule it is brought within it, evenly from both sides (the jump of a point result is
spread over ten steps); how far it was moved at most is written beside it.

Beside the CDF are the points at which it is given (``x_grid``), its quantiles, and the texts that a question has on the
site, ``resolution_criteria`` and ``fine_print`` (`meekcast.export.resolution`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.clock import decimal_year, instant, read_when, to_date
from meekcast.equations.types import Array
from meekcast.errors import InputError, naming, nearest
from meekcast.export.resolution import resolution
from meekcast.files import to_json

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun


POINTS = 201
LEAST_STEP, LARGEST_STEP, BEYOND = 0.01 / (POINTS - 1), 0.2, 0.001
FEWEST_DRAWS = 100
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)

_MARGIN = 1e-8  # the site rounds to 9 or 10 digits


def write(run: StoredRun, wanted: Wanted, file: Path) -> str:
    """Write the forecast as JSON, ``continuous_cdf`` is what the site takes; returns what a user has to know."""
    made = document(run, wanted)
    file.write_text(to_json(made) + "\n", encoding="utf-8")
    kept, question = made["share_of_draws_that_agree_with_closed_bounds"], made["question"]
    given = f"; conditioned on the closed bounds, which {kept:.1%} of the draws agree with" if kept < 1 else ""
    return f"{made['event']}, {question['range_min']} to {question['range_max']}{given}"


def document(run: StoredRun, wanted: Wanted) -> dict[str, Any]:
    """Make the forecast.

    Raises
    ------
    InputError
        If the range is none, a bound is neither open nor closed, or too few draws agree with closed bounds.
    """
    event = wanted.event_of(run)
    low, high = _range(run, wanted)
    is_open = _is_open("--lower", wanted.lower or "closed"), _is_open("--upper", wanted.upper or "open")
    dates, kept = _conditioned(event.dates, low, high, is_open)
    at = np.linspace(low, high, POINTS)
    raw = np.searchsorted(np.sort(dates), at, side="right") / len(dates)
    cdf = within_rules(raw, *is_open)
    ends = _label(run, low), _label(run, high)
    return {
        "event": event.name,
        "expression": event.expression,
        "question": {
            "type": "date" if run.calendar else "numeric",
            "unit": run.time_unit,
            "range_min": ends[0],
            "range_max": ends[1],
            "open_lower_bound": is_open[0],
            "open_upper_bound": is_open[1],
            **resolution(run, event, *map(str, ends)),
        },
        "share_of_draws_that_agree_with_closed_bounds": kept,
        "largest_change_for_the_rules": float(np.abs(cdf - raw).max()),
        "quantiles": {f"{p:g}": _quantile(run, at, cdf, p) for p in LEVELS},
        "x_grid": at.tolist(),
        **({"x_grid_dates": [_label(run, x) for x in at]} if run.calendar else {}),
        "continuous_cdf": cdf.tolist(),
    }


def _quantile(run: StoredRun, at: Array, cdf: Array, level: float) -> str | float:
    """Where the CDF, linear between its points as on the site, reaches a probability; in words beyond the range."""
    if not cdf[0] <= level <= cdf[-1]:
        return f"before {_label(run, at[0])}" if level < cdf[0] else f"after {_label(run, at[-1])}"
    return _label(run, float(np.interp(level, cdf, at)))


def within_rules(raw: Array, open_lower: bool, open_upper: bool) -> Array:
    """Bring a CDF within the site's rules, evenly from both sides.

    From the left, every value goes to the nearest one that the step before it and the bounds allow; from the right
    likewise; the mean of both keeps every rule too, because the rules are convex, and favours neither side.

    Parameters
    ----------
    raw : ndarray, shape (201,)
        Increasing, between 0 and 1.
    open_lower, open_upper : bool
        Whether the bounds are open.

    Returns
    -------
    ndarray, shape (201,)
        The CDF, rounded to 10 digits.

    Examples
    --------
    >>> step = within_rules((np.arange(201) >= 100).astype(float), False, True)
    >>> step[[0, 98, 99, 100, 101, 200]].round(2).tolist()
    [0.0, 0.3, 0.4, 0.6, 0.7, 1.0]
    """
    lower = (BEYOND, 1.0) if open_lower else (0.0, 0.0)
    upper = (0.0, 1 - BEYOND) if open_upper else (1.0, 1.0)
    forward = _nearest_allowed(raw, lower, upper)
    mirror = tuple(1 - b for b in reversed(upper)), tuple(1 - b for b in reversed(lower))
    backward = 1 - _nearest_allowed(1 - raw[::-1], *mirror)[::-1]
    return np.round((forward + backward) / 2, 10)


def _nearest_allowed(raw: Array, first: tuple[float, ...], last: tuple[float, ...]) -> Array:
    least, largest = LEAST_STEP + _MARGIN, LARGEST_STEP - _MARGIN
    left = np.arange(len(raw))[::-1]  # steps left to the last value, which has to be reached
    lowest = np.maximum(last[0] - largest * left, 0.0)
    highest = np.minimum(last[1] - least * left, 1.0)
    out = np.empty_like(raw)
    out[0] = np.clip(raw[0], max(first[0], lowest[0]), min(first[1], highest[0]))
    for i in range(1, len(raw)):
        out[i] = np.clip(raw[i], max(out[i - 1] + least, lowest[i]), min(out[i - 1] + largest, highest[i]))
    return out


def _conditioned(dates: Array, low: float, high: float, is_open: tuple[bool, bool]) -> tuple[Array, float]:
    """Draws that agree with the closed bounds, and their share; a point result is kept whole."""
    agree = (is_open[0] | (dates > low)) & (is_open[1] | (dates <= high))
    kept = int(agree.sum())
    if kept < min(FEWEST_DRAWS, dates.size):
        raise InputError(
            f"only {kept} of {dates.size} draws lie within the closed bounds of the question, "
            f"{low:.2f} to {high:.2f}; {min(FEWEST_DRAWS, dates.size)} are needed",
            "Open the bound with --lower open or --upper open, or give another --range.",
        )
    return dates[agree], kept / dates.size


def _range(run: StoredRun, wanted: Wanted) -> tuple[float, float]:
    today = decimal_year(dt.date.fromisoformat(run.summary["today"])) if run.calendar else run.summary["start"]
    low = today if wanted.low is None else _position(run, wanted.low)
    high = run.end if wanted.high is None else _position(run, wanted.high)
    if not low < high <= run.end or low < run.summary["start"]:
        raise InputError(
            f"the range {low:.2f} to {high:.2f} is not inside this run, {run.summary['start']:.2f} to {run.end:g}",
            "Give --range LOW HIGH inside it, or make a run with another --until.",
        )
    return float(low), float(high)


def _position(run: StoredRun, text: str) -> float:
    with naming("--range"):
        return instant(read_when(text), run.calendar)


def _label(run: StoredRun, position: float) -> str | float:
    return to_date(position).isoformat() if run.calendar else position


def _is_open(option: str, text: str) -> bool:
    if text not in {"open", "closed"}:
        raise InputError(f"{option} {text!r}", nearest(text, ("open", "closed")))
    return text == "open"
