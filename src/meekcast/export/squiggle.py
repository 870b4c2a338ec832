"""The dates of events as source of the Squiggle language, mixtures kept as mixtures.

An event is ``mx([date if it happens, end of the horizon], [P(by the horizon), P(not by the horizon)])``. The language
has no infinite date: what has not happened by the horizon is a point mass at its end, named so, and the date given that
it happens stands beside it. That date is a mixture of uniform pieces between quantiles of the draws (a point mass where
many draws share a date, as at the start). The quantiles at which pieces meet are those of the draws.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from meekcast.export.pieces import LEVELS, edges, finite_dates

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.forecasts.questions.answer import Answer
    from meekcast.runs.read import StoredRun


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write the source text."""
    file.write_text(source(run, wanted), encoding="utf-8")


def source(run: StoredRun, wanted: Wanted) -> str:
    """Source text, one paragraph an event, named ``event_1``, ``event_2`` and so on."""
    s = run.summary
    head = [
        f"// {_line(s['title'])}: card {s['card']}, priors {s['priors']}, asked on {s['today']}",
        f"// meekcast {run.manifest['version']}, run {s['run']}. Dates: {run.time_unit}",
        f"end_of_horizon = {run.end:.10g}",
    ]
    events = wanted.events_of(run)
    return "\n".join([*head, *(_paragraph(i, event) for i, event in enumerate(events, start=1))]) + "\n"


def _paragraph(i: int, event: Answer) -> str:
    never, happened = event.probability_not_by_horizon.value, finite_dates(event)
    lines = [
        f"\n// {_line(event.name)}; event_{i}_happens = P(by the horizon)",
        f"event_{i}_happens = {1 - never:.10g}",
    ]
    if not happened.size:
        return "\n".join([*lines, f"event_{i} = pointMass(end_of_horizon)"])
    lines.append(f"event_{i}_date_if_it_happens = {_mixture(happened)}")
    parts = f"[event_{i}_date_if_it_happens, pointMass(end_of_horizon)], [{1 - never:.10g}, {never:.10g}]"
    whole = f"mx({parts})" if never else f"event_{i}_date_if_it_happens"
    return "\n".join([*lines, f"event_{i} = {whole}"])


def _mixture(happened: np.ndarray) -> str:
    """Uniform pieces and point masses; neighbours at one date are one mass."""
    at = edges(happened)
    pieces: list[tuple[str, float]] = []
    for low, high, p in zip(at[:-1], at[1:], np.diff(LEVELS), strict=True):
        low_text, high_text = f"{low:.10g}", f"{high:.10g}"
        text = f"pointMass({low_text})" if low_text == high_text else f"uniform({low_text}, {high_text})"
        if pieces and pieces[-1][0] == text:
            pieces[-1] = (text, pieces[-1][1] + p)
        else:
            pieces.append((text, float(p)))
    if len(pieces) == 1:
        return pieces[0][0]
    return f"mx([{', '.join(text for text, _ in pieces)}], [{', '.join(f'{p:.6g}' for _, p in pieces)}])"


def _line(text: str) -> str:
    """Text that stays on its line of a comment, and commands nothing."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
