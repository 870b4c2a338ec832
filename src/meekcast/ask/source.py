"""What a question is put to: draws of quantities over time, wherever they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xarray as xr

    from meekcast.inference.posterior import Posterior

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Source:
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
    """

    card: str
    times: Array
    calendar: bool
    chains: int | None
    labels: Mapping[str, Mapping[str, Any]]
    read: Callable[[str], Array]

    @property
    def start(self) -> float:
        """First date."""
        return float(self.times[0])

    @property
    def horizon(self) -> float:
        """Last year (calendar), or number of years."""
        return round(float(self.times[-1]) - self.calendar, 9)

    @property
    def clock(self) -> str:
        """Name of the clock, as on cards."""
        return "calendar" if self.calendar else "elapsed"

    @classmethod
    def of(cls, card: str, predictions: xr.Dataset, posterior: Posterior) -> Source:
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
        tree = posterior.tree
        return cls(
            card,
            predictions["time"].to_numpy(),
            predictions["time"].attrs["units"] == "decimal year",
            int(tree["posterior"].sizes["chain"]) if "sample_stats" in tree.children else None,
            {str(name): variable.attrs for name, variable in predictions.data_vars.items()},
            lambda name: predictions[name].to_numpy(),
        )
