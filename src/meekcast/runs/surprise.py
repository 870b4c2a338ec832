"""Whether what was seen is odd, judged by the futures that the run itself drew: no independence is assumed."""

from __future__ import annotations

from typing import Literal

import numpy as np

from meekcast.equations.types import Array

type Verdict = Literal["nothing new", "as expected", "surprised", "refit"]

SURPRISE = 0.05
"""Share of a run's futures below which something as odd as what was seen surprises."""

ENOUGH_NEW = 3
"""New records from which on a new fit has something to learn; one or two may be a slip of a table, to be looked at."""

_ROUNDING = 1e-9


def chance(futures: Array, seen: Array) -> float:
    """Share of futures that are at least as odd as what was seen.

    How odd a value is says its tail: twice the share of values that are as far out, on the side where fewer lie. How
    odd several are together says the sum of minus the logarithms of their tails (Fisher's way of combining). It is
    found for what was seen and for each future alike, and compared. So values may depend on each other in whatever way
    the futures say: ten gaps that always move together count as one. If what is seen is one more of these futures, the
    chance is below 5 % at most one time in twenty; values that many futures share make it larger, never smaller.

    Parameters
    ----------
    futures : ndarray, shape (n, k)
        Values of k quantities in each future.
    seen : ndarray, shape (k,)
        What was seen of them.

    Returns
    -------
    float
        At least 1 / (n + 1).

    Examples
    --------
    >>> futures = np.arange(99.0)[:, None]
    >>> [round(chance(futures, np.array([x])), 2) for x in (49.0, 96.5, 1000.0)]
    [1.0, 0.06, 0.02]
    """
    every = np.vstack([seen, futures])
    ordered = np.sort(every, axis=0)
    odd = np.zeros(len(every))
    for values, column in zip(every.T, ordered.T, strict=True):
        below = np.searchsorted(column, values, side="right")
        above = len(column) - np.searchsorted(column, values, side="left")
        odd -= np.log(np.minimum(2 * np.minimum(below, above) / len(column), 1.0))
    return float(np.mean(odd >= odd[0] - _ROUNDING))


def verdict(found: float | None, new_records: int, past_changed: bool) -> Verdict:
    """What to do about new evidence.

    Only the latest gap of each series decides (`chance` of all of them together): what a board shows in a month is
    mostly what it showed the month before, so earlier months would count the same news again. One look is a false alarm
    at most one time in twenty. Looks at successive months are alike: of twelve, on the card of MMLU-Pro alone, at least
    one is false in 15 years of 100 (`tests/runs/test_watch.py`).

    Parameters
    ----------
    found : float or None
        From `chance`; None where no month has ended since.
    new_records : int
        Records that the run did not know.
    past_changed : bool
        Whether scores that the run did know were estimated anew.

    Returns
    -------
    str
        "nothing new", "as expected", "surprised"; "refit" where a surprise comes with enough to learn from: new
        records, or another past.

    Examples
    --------
    >>> verdict(0.4, 9, False), verdict(0.01, 2, False), verdict(0.01, 3, False), verdict(0.01, 0, True)
    ('as expected', 'surprised', 'refit', 'refit')
    """
    if found is None:
        return "nothing new"
    if found >= SURPRISE:
        return "as expected"
    return "refit" if new_records >= ENOUGH_NEW or past_changed else "surprised"
