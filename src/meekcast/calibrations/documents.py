"""What the documents of calibrations hold, key by key: calibrate.json, and what cards and forecasts show of it."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from meekcast.files import Number

type Verdict = Literal["ok", "warn"]

R_HAT = 1.05
"""Above it a fit is counted as one whose chains disagree."""

KINDS = {
    "parameter": "parameters of paths",
    "board": "parameters of boards",
    "departure": "departures of paths",
    "taste": "tastes of boards",
    "gap": "gaps",
    "lag": "lags",
    "event": "dates of events",
}
"""What quantities of each kind are called together."""


class QuantityRow(TypedDict):
    """Ranks of one quantity: how often each came, what that says, and in plain words what is off (empty: nothing)."""

    kind: str
    name: str
    n: int
    coverage50: float
    coverage90: float
    p: float
    p_adjusted: float
    off: str
    counts: NotRequired[list[int]]


class KindRow(TypedDict):
    """Quantities of a kind together: mean coverage, its range over them, and the smallest p-value."""

    kind: str
    quantities: int
    coverage50: float
    coverage90: float
    coverage50_range: list[float]
    coverage90_range: list[float]
    p_adjusted: float


class Expected(TypedDict):
    """Between what the coverage of one quantity lies with the probability of the bands, if intervals are right."""

    coverage50: list[float]
    coverage90: list[float]


class EcdfBand(TypedDict):
    """Differences between the ECDF and that of uniform ranks: limits that hold at all ranks at once."""

    rank: list[float]
    low: list[float]
    high: list[float]


class FitsHealth(TypedDict):
    """Health of all fits; None where none could start."""

    n: int
    not_started: int
    divergences: int
    with_divergences: int
    r_hat_max: Number | None
    r_hat_above: int
    ess_bulk_min: float | None


class SimulationRow(TypedDict):
    """One simulation: ranks by quantity, and the health of its fit; see `meekcast.calibrations.run.Simulation`."""

    number: int
    ranks: dict[str, int]
    divergences: int | None
    r_hat_max: Number | None
    ess_bulk_min: float | None


class Calibrated(TypedDict):
    """How a card did in simulations; where it is kept says the last.

    ``sample``, only where it is kept, are the first, the middle and the last simulation: a later version can make them
    again; ``confirmed`` are those that one did, to the same digits.
    """

    schema: str
    card: str
    simulations: int
    process: str
    ranks: int
    probability: float
    verdict: Verdict
    kinds: list[KindRow]
    off: list[QuantityRow]
    expected: Expected
    fits: FitsHealth
    sample: NotRequired[list[SimulationRow]]
    hashes: dict[str, str]
    source: str
    versions: dict[str, str]
    settings: dict[str, Any]
    confirmed: NotRequired[list[int]]
    earlier_version: NotRequired[bool]


class CalibrationDocument(Calibrated):
    """calibrate.json: the same with every quantity."""

    title: str
    quantities: list[QuantityRow]
    band: EcdfBand
    definitions: dict[str, str]
    files: NotRequired[list[str]]
