"""One input at a time from low to high, on the path without chance; and the twin that shows what chance is.

The path of a tornado has no departures yet to come, so its dates are not medians of the forecast. Others are held
at their medians (*apart*), or move to what the posterior expects of them (*together*): where inputs are
correlated only the second asks about worlds that the data allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.equations.types import Array
from meekcast.sensitivities.basis import normal_scores
from meekcast.sensitivities.outputs import Output
from meekcast.sensitivities.runs import Run, now
from meekcast.sensitivities.shares import LEVEL, Estimate
from meekcast.sensitivities.value import block_error

if TYPE_CHECKING:
    from meekcast.inputs import Inputs


ENDS = (0.05, 0.95)
_TWIN_STREAM = 7
NOISY = "_gap_observed"
"""Ending of quantities that are noisy even on the path without departures."""


def tornado(inputs: Inputs, run: Run, outputs: Sequence[Output]) -> dict[str, Any]:
    """Dates and values at both ends of each input.

    Parameters
    ----------
    inputs : Inputs
        From which the run was made.
    run : Run
        Draws of the inputs.
    outputs : sequence of Output
        Those that are dates or values, and not noisy.

    Returns
    -------
    dict
        For each output's name: ``base``, and ``bars`` by input with the keys ``apart`` and ``together``, each
        a pair of values at the 5 % and the 95 % quantile; dates that never come are infinite.
    """
    drawn = run.inputs
    points = np.vstack([np.full(len(drawn), 0.5), *_levels(drawn)])
    values = {name: np.quantile(v, points[:, i], method="linear") for i, (name, v) in enumerate(drawn.items())}
    read = _evaluated(inputs, run, values, outputs)
    d = len(drawn)
    found = {}
    for output in outputs:
        at = read[output.name]
        pairs = at[1:].reshape(2, d, 2)
        found[output.name] = {
            "base": float(at[0]),
            "bars": {
                name: {"apart": pairs[0, i].tolist(), "together": pairs[1, i].tolist()} for i, name in enumerate(drawn)
            },
        }
    return found


def has_tornado(output: Output) -> bool:
    """Whether an output has a value on a single path."""
    return output.kind != "probability" and not any(name.endswith(NOISY) for name in output.quantities)


def _levels(drawn: Mapping[str, Array]) -> tuple[Array, Array]:
    """Levels of all inputs: rows go through the inputs, low end first; apart, then together."""
    d, normal = len(drawn), NormalDist()
    apart = np.full((d, 2, d), 0.5)
    apart[np.arange(d), :, np.arange(d)] = ENDS
    scores = normal_scores(np.column_stack(list(drawn.values())))
    correlation = scores.T @ scores / len(scores)
    ends = np.array([normal.inv_cdf(p) for p in ENDS])
    expected = correlation[:, None, :] * ends[None, :, None]  # of normal scores, given one of them
    together = np.array([normal.cdf(z) for z in expected.ravel()])
    return apart.reshape(2 * d, d), together.reshape(2 * d, d)


def _evaluated(inputs: Inputs, run: Run, values: Mapping[str, Array], outputs: Sequence[Output]) -> dict[str, Array]:
    """Read outputs on paths without departures to come."""
    from meekcast.forecasts.predictions import predict
    from meekcast.model.realised import departures

    rows = len(next(iter(values.values())))
    draws = {name: values.get(name, np.full(rows, v.flat[0])) for name, v in run.draws.posterior.items() if v.ndim == 1}
    for departure, what in departures(inputs.card).items():
        states = np.tile(np.median(run.draws.posterior[departure], axis=0), (rows, 1))
        if now(departure) in values:
            states[:, -1] = values[now(departure)]
        draws[departure] = states
        draws[f"{what}_sd"] = np.zeros(rows)  # nothing is drawn: the expected path
    predictions = predict(inputs, draws, run.draws.times, 0)
    source = run.draws.reading(lambda name: predictions[name].to_numpy())
    found = {}
    for output in outputs:
        read = output.read(source)
        found[output.name] = np.where(np.isnan(read), np.inf, read)
    return found


def twin(inputs: Inputs, run: Run, outputs: Sequence[Output]) -> Estimate:
    """Share of the variance that all inputs explain, from a second forecast with the same inputs and other chance.

    What the two forecasts have in common is what the inputs say (the covariance of the two). No regression is
    in it, so that it shows what the regression misses.

    Parameters
    ----------
    inputs : Inputs
        From which the run was made.
    run : Run
        The forecast.
    outputs : sequence of Output
        Defined in every draw.

    Returns
    -------
    Estimate, shape (len(outputs),)
        With central 90 % intervals.
    """
    from meekcast.forecasts.predictions import predict

    seed = int(np.random.SeedSequence(run.summary["seed"], spawn_key=(_TWIN_STREAM,)).generate_state(1)[0])
    predictions = predict(inputs, run.draws.posterior, run.draws.times, seed)
    source = run.draws.reading(lambda name: predictions[name].to_numpy())
    seconds = [output.read(source) for output in outputs]
    nothing = Estimate(*np.full(3, np.nan))
    found = [
        in_common(output.values, second) if np.isfinite(second).all() else nothing
        for output, second in zip(outputs, seconds, strict=True)
    ]
    return Estimate(*(np.array([getattr(one, part) for one in found]) for part in ("value", "low", "high")))


def in_common(first: Array, second: Array) -> Estimate:
    """Share of the variance that two outputs with the same inputs and other chance have in common.

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        Draws.

    Returns
    -------
    Estimate, shape ()
        Their covariance over their variance, with a central 90 % interval.

    Examples
    --------
    >>> inputs, one, other = np.random.default_rng(0).standard_normal((3, 10_000))
    >>> float(in_common(inputs + one, inputs + other).value.round(1))
    0.5
    """
    first, second = first - first.mean(), second - second.mean()
    both = (first**2 + second**2) / 2
    value = (first * second).mean() / both.mean()
    error = block_error((first * second - value * both) / both.mean())
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return Estimate(*map(np.asarray, (value, value - reach, min(value + reach, 1.0))))
