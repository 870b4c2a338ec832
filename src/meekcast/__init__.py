"""Forecasts of when low-budget ("meek") AI models catch up with the frontier, and of how sure anyone can be.

The probabilistic form of Gundlach, Lynch & Thompson 2025, "Meek Models Shall Inherit the Earth". Everything that a
user needs is here, and loaded when it is needed:

==================  =================================================================================
`forecast`          forecast with a model card, a prior set, changed priors, evidence
`open`              a run that stands in a folder
`when`              when something happens, given something else
`scenarios`         named changes against the base
`sweep`             a grid of forecasts: cards, priors, followers, boards left out, seeds
`sensitivity`       what drives the answer, and what to measure first
`backtest`          how a card would have done on past dates
`calibrate`         whether its intervals hold what they promise, in simulations
`watch`             new evidence held against an earlier forecast
`stack`             several cards averaged by how they did
`point`             the paper's closed forms at point values
`reproduce`         the paper's claims computed again
`models`            the model cards that ship; likewise `priors` and `evidence`
`import_evidence`   scores and prices from somebody's file into your own evidence
==================  =================================================================================

Examples
--------
>>> import meekcast as mk
>>> f = mk.forecast("paper")
>>> f.at("loss_gap", [5, 10])[0.5].round(3).tolist()
[0.185, 0.088]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meekcast.door.answer import Answer
    from meekcast.door.backtests import Backtest, backtest
    from meekcast.door.calibrations import Calibration, calibrate
    from meekcast.door.imports import import_evidence
    from meekcast.door.making import forecast, watch, when
    from meekcast.door.opening import open
    from meekcast.door.paper import Claims, Point, point, reproduce
    from meekcast.door.result import Forecast
    from meekcast.door.scenarios import Scenarios, scenarios
    from meekcast.door.sensitivities import Sensitivity, sensitivity
    from meekcast.door.shelf import evidence, models, priors
    from meekcast.door.stacks import Stack, stack
    from meekcast.door.sweeps import Sweep, sweep
    from meekcast.door.watch import Watch
    from meekcast.errors import InputError, MeekcastError, OutputError

    __version__: str

__all__ = [
    "Answer", "Backtest", "Calibration", "Claims", "Forecast", "InputError", "MeekcastError", "OutputError", "Point",
    "Scenarios", "Sensitivity", "Stack", "Sweep", "Watch", "__version__", "backtest", "calibrate", "evidence",
    "forecast", "import_evidence", "models", "open", "point", "priors", "reproduce", "scenarios", "sensitivity",
    "stack", "sweep", "watch", "when",
]  # fmt: skip

_HOMES = {
    "door.answer": ("Answer",),
    "door.backtests": ("Backtest", "backtest"),
    "door.calibrations": ("Calibration", "calibrate"),
    "door.imports": ("import_evidence",),
    "door.making": ("forecast", "watch", "when"),
    "door.opening": ("open",),
    "door.paper": ("Claims", "Point", "point", "reproduce"),
    "door.result": ("Forecast",),
    "door.scenarios": ("Scenarios", "scenarios"),
    "door.sensitivities": ("Sensitivity", "sensitivity"),
    "door.shelf": ("evidence", "models", "priors"),
    "door.stacks": ("Stack", "stack"),
    "door.sweeps": ("Sweep", "sweep"),
    "door.watch": ("Watch",),
    "errors": ("InputError", "MeekcastError", "OutputError"),
}
"""Where each name lives: it is loaded when it is first used (PEP 562)."""


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name == "__version__":
        from importlib.metadata import version

        return version("meekcast")
    for module, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f"meekcast.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'meekcast' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, for tab completion."""
    return __all__
