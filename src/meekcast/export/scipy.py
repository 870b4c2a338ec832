"""The date of an event as a frozen distribution of SciPy, from a small JSON file of numbers.

``load(file)`` gives a distribution with every method of `scipy.stats`: ``cdf``, ``ppf``, ``rvs``, ``interval``. It is
linear between the quantiles that the file holds. What has not happened by the horizon is probability at infinity:
``cdf`` ends below 1, ``ppf`` and ``rvs`` give ``inf``, and so does ``mean``, for which there is no other answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.errors import InputError
from meekcast.export.pieces import edges, finite_dates
from meekcast.files import from_json, text_in, to_json

if TYPE_CHECKING:
    from meekcast.export.formats import Wanted
    from meekcast.runs.read import StoredRun

SCHEMA = "meekcast.date-distribution/1"
_LEVELS = np.linspace(0, 1, 1001)


def write(run: StoredRun, wanted: Wanted, file: Path) -> None:
    """Write quantiles of the date, and the probability that there is none."""
    event = wanted.event_of(run)
    happened = finite_dates(event)
    levels = _LEVELS if happened.size else np.empty(0)
    content = {
        "schema": SCHEMA,
        "event": event.name,
        "unit": run.time_unit,
        "probability_not_by_horizon": event.probability_not_by_horizon.value,
        "horizon": run.end,
        "date": edges(happened, levels).tolist() if happened.size else [],
        "cumulative_probability": (levels * (1 - event.probability_not_by_horizon.value)).tolist(),
        "run": run.summary["run"],
    }
    file.write_text(to_json(content) + "\n", encoding="utf-8")


def load(file: str | Path) -> Any:
    """Read an export as a frozen distribution; only numbers are read, nothing is executed.

    Parameters
    ----------
    file : str or pathlib.Path
        From ``meekcast export RUN --to scipy``.

    Returns
    -------
    scipy.stats frozen continuous distribution
        Of the date.

    Raises
    ------
    InputError
        If the file is none of this kind, is damaged, or has no date at all.
    """
    try:
        content = from_json(text_in(Path(file)), file, "")
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema is {content['schema']!r}, not {SCHEMA!r}")
        x, p = (np.array(content[key], dtype=float) for key in ("date", "cumulative_probability"))
        if x.shape != p.shape or x.ndim != 1 or not (np.isfinite(x).all() and (np.diff(x) >= 0).all()):
            raise ValueError("its dates are not increasing numbers, one for each probability")
        if x.size and not (p[0] == 0 and (np.diff(p) > 0).all() and 0 < p[-1] <= 1):
            raise ValueError("its probabilities do not increase from 0 to at most 1")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"cannot read {file}: {error}", "Export it again with `meekcast export RUN --to scipy`."
        ) from None
    if not x.size:
        raise InputError(f"{file}: the event has not happened by the horizon in any draw", "There is no date to load.")
    return _family()(x, p, name="date")()


def _family() -> Any:
    """The class, made when it is needed: scipy.stats takes a second to load."""
    from scipy.stats import rv_continuous

    class DateDistribution(rv_continuous):  # type: ignore[misc]  # SciPy has no types
        """Linear between quantiles, the rest of the probability at infinity."""

        def __init__(self, x: np.ndarray, p: np.ndarray, **options: Any) -> None:
            self._p = p
            self._x = _apart(x)
            options.pop("a", None), options.pop("b", None)
            super().__init__(a=self._x[0], b=np.inf if p[-1] < 1 else self._x[-1], **options)

        def _updated_ctor_param(self) -> dict[str, Any]:
            return {**super()._updated_ctor_param(), "x": self._x, "p": self._p}

        def _cdf(self, x: Any) -> Any:
            return np.interp(x, self._x, self._p)

        def _ppf(self, q: Any) -> Any:
            return np.where(q > self._p[-1], np.inf, np.interp(q, self._p, self._x))

        def _pdf(self, x: Any) -> Any:
            density = np.diff(self._p) / np.diff(self._x)
            piece = np.searchsorted(self._x, x, side="right") - 1
            return np.where(piece >= len(density), 0.0, density[np.minimum(piece, len(density) - 1)])

        def _munp(self, n: Any, *_: Any) -> Any:
            if self._p[-1] < 1:
                return np.inf
            mean = np.diff(self._x ** (n + 1)) / np.diff(self._x) / (n + 1)
            return float(np.sum(np.diff(self._p) * mean))

    return DateDistribution


def _apart(x: np.ndarray) -> np.ndarray:
    """Dates with the smallest possible steps where many draws share one, so that a density exists."""
    least = 1e-9
    return np.asarray(np.maximum.accumulate(x - least * np.arange(len(x))) + least * np.arange(len(x)))
