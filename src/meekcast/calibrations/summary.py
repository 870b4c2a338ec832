"""From ranks to a document: coverage, p-values, what is off in plain words, and a verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from meekcast import cache
from meekcast.calibrations import ranks
from meekcast.calibrations.asked import quantities
from meekcast.calibrations.documents import (
    R_HAT,
    Calibrated,
    CalibrationDocument,
    EcdfBand,
    FitsHealth,
    KindRow,
    QuantityRow,
    SimulationRow,
    Verdict,
)
from meekcast.calibrations.run import DRAWS
from meekcast.calibrations.shelf import DOCUMENT, SCHEMA, source

if TYPE_CHECKING:
    from meekcast.calibrations.ranks import Counts
    from meekcast.calibrations.run import Calibration, Simulation

PROBABILITY = 0.95
"""Of bands; what falls outside by chance less often than one in twenty is off."""
MOST_NOT_STARTED = 0.01
"""Share of fits that may find no point to start from."""
PLACES = DRAWS + 1

DEFINITIONS = {
    "rank": f"place of the truth among {DRAWS} draws of the posterior, 0 to {DRAWS}; ties are broken by chance",
    "coverage50": "share of simulations whose truth lies in the central 50 % interval; likewise 90",
    "p": "probability that uniform ranks leave a simultaneous band as narrow as the one that these just leave",
    "p_adjusted": "the same, allowing for how many quantities there are (Holm)",
    "now": "the first month after the last evidence; a year on, or the horizon if that is earlier",
}


def document(found: Calibration) -> CalibrationDocument:
    """What a calibration says.

    Parameters
    ----------
    found : Calibration
        From `meekcast.calibrations.run.calibration`.

    Returns
    -------
    dict
        As calibrate.json holds it, files left out.
    """
    inputs, fitted = found.inputs, [s for s in found.simulations if s.ranks]
    rows, n = _rows(found, fitted), len(fitted)
    fits = _fits(found.simulations)
    off = [_without_counts(row) for row in rows if row["off"]]
    limits = {f"coverage{round(100 * p)}": list(ranks.held_range(n, p, PROBABILITY)) for p in (0.5, 0.9)} if n else {}
    return {
        "schema": DOCUMENT,
        "card": inputs.card.name,
        "title": inputs.card.title,
        "simulations": len(found.simulations),
        "process": found.process,
        "ranks": PLACES,
        "probability": PROBABILITY,
        "verdict": _verdict(off, fits),
        "kinds": _kinds(rows),
        "off": off,
        "expected": {"coverage50": limits.get("coverage50", []), "coverage90": limits.get("coverage90", [])},
        "fits": fits,
        "sample": _sample(found.simulations),
        "quantities": rows,
        "band": _band(n),
        "definitions": DEFINITIONS,
        "hashes": inputs.hashes,
        "source": source(),
        "versions": cache.versions(),
        "settings": dataclasses.asdict(found.settings),
    }


def calibrated(found: CalibrationDocument) -> Calibrated:
    """What cards and forecasts show of a calibration."""
    kept = {key: value for key, value in found.items() if key in Calibrated.__annotations__}
    return cast("Calibrated", {**kept, "schema": SCHEMA})


def _rows(found: Calibration, fitted: Sequence[Simulation]) -> list[QuantityRow]:
    """Every quantity; none where nothing could be fitted."""
    if not fitted:
        return []
    asked = quantities(found.inputs)
    counts = [ranks.counted([s.ranks[quantity.name] for s in fitted], PLACES) for quantity in asked]
    p_values = [ranks.p_value(of) for of in counts]
    return [
        {
            "kind": quantity.kind,
            "name": quantity.name,
            "n": len(fitted),
            "coverage50": ranks.held(of, 0.5),
            "coverage90": ranks.held(of, 0.9),
            "p": p,
            "p_adjusted": p_adjusted,
            "off": fault(of) if p_adjusted < 1 - PROBABILITY else "",
            "counts": of.tolist(),
        }
        for quantity, of, p, p_adjusted in zip(asked, counts, p_values, ranks.adjusted(p_values), strict=True)
    ]


def fault(counts: Counts) -> str:
    """What ranks that are not uniform say of a forecast, by what is plainest in them.

    Parameters
    ----------
    counts : ndarray of int
        How often each rank came.

    Returns
    -------
    str
        "intervals too narrow", "intervals too wide", "too high", "too low" or "of another shape".

    Examples
    --------
    >>> fault(np.repeat([40, 1, 40], [5, 90, 5])), fault(np.repeat([9, 1], 50))
    ('intervals too narrow', 'too high')
    """
    n, places = int(counts.sum()), len(counts)
    middle = (np.arange(places) + 0.5) / places
    away = float((counts @ middle / n - 0.5) * np.sqrt(12 * n))  # in standard errors, of a uniform mean
    spread = float((counts @ (middle - 0.5) ** 2 / n - 1 / 12) * np.sqrt(180 * n))
    if max(abs(away), abs(spread)) < 2:
        return "of another shape"
    if abs(spread) > abs(away):
        return "intervals too narrow" if spread > 0 else "intervals too wide"
    return "too high" if away < 0 else "too low"


def _without_counts(row: QuantityRow) -> QuantityRow:
    return cast("QuantityRow", {key: value for key, value in row.items() if key != "counts"})


def _kinds(rows: Sequence[QuantityRow]) -> list[KindRow]:
    kinds = dict.fromkeys(row["kind"] for row in rows)
    return [_together(kind, [row for row in rows if row["kind"] == kind]) for kind in kinds]


def _together(kind: str, rows: Sequence[QuantityRow]) -> KindRow:
    half, most = [row["coverage50"] for row in rows], [row["coverage90"] for row in rows]
    return {
        "kind": kind,
        "quantities": len(rows),
        "coverage50": float(np.mean(half)),
        "coverage90": float(np.mean(most)),
        "coverage50_range": [min(half), max(half)],
        "coverage90_range": [min(most), max(most)],
        "p_adjusted": min(row["p_adjusted"] for row in rows),
    }


def _band(n: int) -> EcdfBand:
    if not n:
        return {"rank": [], "low": [], "high": []}
    limits, at = ranks.band(n, PLACES, PROBABILITY), np.arange(1, PLACES) / PLACES
    return {"rank": at.tolist(), "low": (limits.low / n - at).tolist(), "high": (limits.high / n - at).tolist()}


def _fits(simulations: Sequence[Simulation]) -> FitsHealth:
    diverging = [s.divergences for s in simulations if s.divergences is not None]
    r_hats = [s.r_hat_max for s in simulations if s.r_hat_max is not None]
    return {
        "n": len(simulations),
        "not_started": sum(not s.ranks for s in simulations),
        "divergences": sum(diverging),
        "with_divergences": sum(d > 0 for d in diverging),
        "r_hat_max": max(r_hats, default=None),
        "r_hat_above": sum(r > R_HAT for r in r_hats),
        "ess_bulk_min": min((s.ess_bulk_min for s in simulations if s.ess_bulk_min is not None), default=None),
    }


def _sample(simulations: Sequence[Simulation]) -> list[SimulationRow]:
    chosen = sorted({0, len(simulations) // 2, len(simulations) - 1})
    return [cast("SimulationRow", simulations[i]._asdict()) for i in chosen]


def _verdict(off: Sequence[QuantityRow], fits: FitsHealth) -> Verdict:
    return "warn" if off or fits["not_started"] > MOST_NOT_STARTED * fits["n"] else "ok"
