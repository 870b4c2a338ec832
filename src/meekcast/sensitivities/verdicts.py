"""Whether the shares of an output can be believed, and how far they reach once it is known what the regression misses.

What a regression misses of a set of inputs is at most what it misses of all of them (exactly so where inputs are
independent and no function is dropped). So the true share of a group lies above its estimate by no more than that, and
chance as far below: intervals are carried on to there. No bootstrap of the regression could say so.
"""

from __future__ import annotations

import numpy as np

from meekcast.equations.types import Array
from meekcast.files import Document
from meekcast.sensitivities.shares import Shares

WIDE, MISSED = 0.15, 0.05
"""Half-width of an interval, and share missed by the regression, above which a verdict warns."""


def verdict(shares: Shares, j: int) -> Document:
    """Whether the shares of an output can be believed, as far as their own draws tell."""
    half = float(np.max(shares.shapley.high[:, j] - shares.shapley.low[:, j]) / 2)
    if half > WIDE:
        return {"status": "warn", "message": f"intervals reach {half:.2f} to each side: forecast with more --draws"}
    return {"status": "ok", "message": f"intervals reach at most {half:.2f} to each side"}


def judged(document: Document) -> Document:
    """The document with intervals and verdicts that know what the twin says: how much the regression misses.

    Parameters
    ----------
    document : dict
        From `meekcast.sensitivities.analysis`: shares with ``twin`` and ``twin_over_time``.

    Returns
    -------
    dict
        The same; of each output with ``missed``, and intervals of shares and of chance carried on by as much.
    """
    along = document["over_time"]
    twins = [np.nan if value is None else value for value in document["twin_over_time"]]
    missed = np.nan_to_num(np.array(twins, dtype=float) - (1 - np.array(along["chance"]["value"]))).clip(0)
    return {
        **document,
        "outputs": [_judged(output, document["twin"].get(output["name"])) for output in document["outputs"]],
        "over_time": {
            **along,
            "shapley": {name: carried_on(share, up=missed) for name, share in along["shapley"].items()},
            "chance": carried_on(along["chance"], down=missed),
        },
    }


def _judged(output: Document, common: Document | None) -> Document:
    missed = common["value"] - (1 - output["chance"]["value"]) if common else 0.0
    slack = (common["high"] - common["low"]) / 2 if common else 0.0
    verdict = output["verdict"]
    if missed - slack > MISSED:
        verdict = {
            "status": "warn",
            "message": f"the regression misses {100 * missed:.0f} points of 100: shares may be higher by as much",
        }
    reach = max(missed, 0.0)  # more found than there is: noise
    shares = {
        name: {effect: carried_on(estimate, up=reach) for effect, estimate in effects.items()}
        for name, effects in output["shares"].items()
    }
    chance = carried_on(output["chance"], down=reach)
    return {**output, "shares": shares, "chance": chance, "missed": missed, "verdict": verdict}


def carried_on(estimate: Document, up: float | Array = 0.0, down: float | Array = 0.0) -> Document:
    """An estimate whose interval reaches further, but not for that beyond nothing and all.

    Parameters
    ----------
    estimate : dict
        Keys ``value``, ``low`` and ``high``: numbers, or lists of them.
    up, down : float or ndarray
        How far.

    Examples
    --------
    >>> carried_on({"value": 0.25, "low": 0.125, "high": 0.5}, up=0.25)
    {'value': 0.25, 'low': 0.125, 'high': 0.75}
    >>> carried_on({"value": 0.25, "low": 0.125, "high": 0.5}, down=0.5)["low"]
    0.0
    """
    low, high = np.asarray(estimate["low"]), np.asarray(estimate["high"])
    low, high = np.minimum(low, np.maximum(low - down, 0.0)), np.maximum(high, np.minimum(high + up, 1.0))
    return {**estimate, "low": low.tolist(), "high": high.tolist()}
