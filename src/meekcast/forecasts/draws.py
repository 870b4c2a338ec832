"""What a question is put to: draws of quantities over time, wherever they are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.clock import decimal_year
from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.vocabulary.scope import Scope

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.inference.posterior import Posterior


_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of quantities over time.

    Parameters
    ----------
    card : str
        The model card.
    times : ndarray, shape (m,)
        Dates in the card's clock, from the start to the horizon.
    calendar : bool
        Whether they are calendar years; else years since the start.
    chains : int or None
        Number of Markov chains, whose draws follow each other; None for exact draws.
    labels : mapping of str to mapping
        Of each quantity: ``units``, ``long_name``, and where they are finite the limits ``valid_min``
        and ``valid_max``.
    read : callable
        From the name of a quantity to its draws, shape (n, m).
    read_posterior : callable, optional
        Gives what the quantities were computed from, see `posterior`.
    """

    card: str
    times: Array
    calendar: bool
    chains: int | None
    labels: Mapping[str, Mapping[str, Any]]
    read: Callable[[str], Array]
    read_posterior: Callable[[], Mapping[str, Array]] = dict

    @cached_property
    def posterior(self) -> Mapping[str, Array]:
        """Draws of each parameter, shape (n,), and of departures from theory at dates of evidence, shape (n, k)."""
        return self.read_posterior()

    @property
    def start(self) -> float:
        """First date."""
        return float(self.times[0])

    @property
    def horizon(self) -> float:
        """Last whole year (calendar), or number of years."""
        return float(self.times[-1]) - self.calendar

    @property
    def scope(self) -> Scope:
        """What can be asked of them."""
        return Scope(self.card, self.labels, self.calendar, self.start, float(self.times[-1]))

    @property
    def clock(self) -> str:
        """Name of the clock, as on cards."""
        return "calendar" if self.calendar else "elapsed"

    def reading(self, read: Callable[[str], Array]) -> Draws:
        """Other predictions of the same quantities at the same dates."""
        return replace(self, read=read)

    def table(self, names: Iterable[str] | None = None) -> xr.Dataset:
        """Draws of some quantities, of all by default, over ``sample`` and ``time``; see `single`."""
        chosen = self.labels if names is None else names
        return labelled({name: single(self.read(name)) for name in chosen}, self.labels, self.times, self.calendar)

    def anchored(self, start: dt.date) -> Draws:
        """The same draws on the calendar, for a card that counts years since its start.

        Parameters
        ----------
        start : datetime.date
            The date of year 0.

        Returns
        -------
        Draws
            Up to the end of the last whole year.

        Raises
        ------
        InputError
            If the card has dates already.
        """
        if self.calendar:
            raise InputError(f"card {self.card!r} has a calendar already", "Drop --anchor.")
        times = self.times + decimal_year(start)
        end = np.floor(times[-1] + _ROUNDING)
        kept = int(np.searchsorted(times, end - _ROUNDING))  # dates before the end; it is put after them
        share = (end - times[kept - 1]) / (times[kept] - times[kept - 1])

        def read(name: str) -> Array:
            values = self.read(name)
            low, high = values[:, kept - 1 : kept], values[:, kept : kept + 1]
            with np.errstate(invalid="ignore"):
                last = np.where(low == high, low, low + share * (high - low))
            return np.concatenate([values[:, :kept], last], axis=1)

        return replace(self, times=np.append(times[:kept], end), calendar=True, read=read)

    @classmethod
    def of(cls, card: str, predictions: xr.Dataset, posterior: Posterior) -> Draws:
        """Put questions to predictions in memory.

        Parameters
        ----------
        card : str
            Name of the card.
        predictions : xarray.Dataset
            Quantities over ``sample`` and ``time``.
        posterior : Posterior
            The draws from which they were made.
        """
        return cls(
            card,
            predictions["time"].to_numpy(),
            predictions["time"].attrs["units"] == "decimal year",
            posterior.chains,
            {str(name): variable.attrs for name, variable in predictions.data_vars.items()},
            lambda name: predictions[name].to_numpy(),
            posterior.draws,
        )


def labelled(
    values: Mapping[str, Array], labels: Mapping[str, Mapping[str, Any]], times: Array, calendar: bool
) -> xr.Dataset:
    """Draws of quantities with their labels, over ``sample`` and ``time``; arguments as of `Draws`."""
    import xarray as xr

    attrs = {  # no unit "years since ...": xarray would decode it as a date
        "units": "decimal year" if calendar else "years",
        "long_name": "date" if calendar else "time since both actors spent the same",
    }
    variables = {name: xr.Variable(("sample", "time"), drawn, labels[name]) for name, drawn in values.items()}
    return xr.Dataset(variables, {"time": xr.Variable("time", times, attrs)})


def single(values: Array) -> Array:
    """Values in single precision, where they fit.

    Examples
    --------
    >>> [single(np.array([value, np.inf])).dtype.name for value in (1.0, 1e39)]
    ['float32', 'float64']
    """
    largest = np.abs(values).max(where=np.isfinite(values), initial=0.0)
    return values.astype(np.float32) if largest < np.finfo(np.float32).max else values
