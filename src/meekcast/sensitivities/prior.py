"""Sobol indices under the prior, and answers under other priors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.inference.densities import dependent_blocks
from meekcast.sensitivities.groups import LAW
from meekcast.sensitivities.outputs import Output
from meekcast.sensitivities.runs import Run
from meekcast.sensitivities.sobol import Sobol, indices, pick_freeze

if TYPE_CHECKING:
    from meekcast.inputs import Inputs
    from meekcast.whatif.world import World


BASE_POINTS, MOST_POINTS = 1024, 2**20
CHANCE = "chance"


def prior_indices(
    inputs: Inputs, run: Run, outputs: Sequence[Output], n: int = BASE_POINTS, seed: int = 0
) -> tuple[dict[str, tuple[str, ...]], list[tuple[str, ...]], list[Sobol]]:
    """Sobol indices of outputs under the prior.

    A belief is one normal distribution, so its inverse Rosenblatt transform is a Cholesky factor: of parameters
    that depend on each other, each is asked what it adds to those before it. The scaling law is one group, in
    which no order matters. Departures and noise are one more input, `chance`. A date that does not come by the
    horizon counts as the horizon.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    run : Run
        For its dates.
    outputs : sequence of Output
        What is asked.
    n : int, default 1024
        Base points, a power of two.
    seed : int, default 0
        Of the design.

    Returns
    -------
    groups : dict of str to tuple of str
        Parameters of each input.
    order : list of tuple of str
        Parameters that depend on each other, in the order of the transform.
    found : list of Sobol
        For each output.

    Raises
    ------
    InputError
        If `n` is not a power of two, or the prior knows everything.
    """
    check_base_points(n)
    free = inputs.belief.free
    if not free:
        raise InputError("every prior is a point", "Under the prior nothing varies; choose another set with --priors.")
    law = tuple(name for name in free if name in LAW)
    groups = ({"scaling law": law} if law else {}) | {name: (name,) for name in free if name not in LAW}
    columns = [[free.index(name) for name in members] for members in groups.values()]
    if _has_chance(inputs):
        groups[CHANCE], columns = (), [*columns, [len(free)]]
    a, b, mixed = pick_freeze(_model(inputs, run, outputs), columns, n, len(free) + 1, seed)
    order = [tuple(m for m in free if m in block) for block in dependent_blocks(inputs.belief) if len(block) > 1]
    return groups, order, [indices(a[:, j], b[:, j], mixed[:, :, j], seed) for j in range(len(outputs))]


def _has_chance(inputs: Inputs) -> bool:
    return inputs.card.discrepancy != "none" or bool(inputs.data)


def _model(inputs: Inputs, run: Run, outputs: Sequence[Output]) -> Callable[[Array, slice], Array]:
    """From scores to outputs; the last score stands for chance, and seeds what is drawn for its rows."""
    from meekcast.equations.discrepancy import ou_path, ou_steps
    from meekcast.forecasts.predictions import predict
    from meekcast.model.realised import departures

    end = float(run.draws.times[-1])

    def model(scores: Array, rows: slice) -> Array:
        draws = dict(inputs.belief.values(scores[:, :-1].T))
        seed = int(np.abs(scores[0, -1]).view(np.uint64)) >> 12
        if inputs.card.discrepancy != "none":
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(9,)))
            times = inputs.evidence_times if inputs.data else np.empty(0)
            steps, since = ou_steps(times), times - times[:1]
            for name, what in departures(inputs.card).items():
                raw = rng.standard_normal((len(scores), len(times)))
                sd, memory = draws[f"{what}_sd"][:, None], draws[f"{what}_memory"][:, None]
                draws[name] = ou_path(raw, since, steps, sd, memory)
        predictions = predict(inputs, draws, run.draws.times, seed)
        source = run.draws.reading(lambda name: predictions[name].to_numpy())
        read = [output.read(source) for output in outputs]
        return np.column_stack([np.where(np.isnan(values), end, values) for values in read])

    return model


def check_base_points(n: int) -> None:
    """Refuse a number of base points that is no power of two.

    Raises
    ------
    InputError
        If so.
    """
    if not 64 <= n <= MOST_POINTS or n & (n - 1):
        raise InputError(
            f"{n} base points", f"A Sobol sequence needs a power of two, 64 to {MOST_POINTS}: 1024, 4096, 16384."
        )


def alternatives(run: Run, outputs: Sequence[Output], others: Mapping[str, World]) -> list[dict[str, Any]]:
    """The same questions under other prior sets, on the same evidence.

    Parameters
    ----------
    run : Run
        Its answers are the baseline.
    outputs : sequence of Output
        What is asked.
    others : mapping of str to World
        The same card and evidence under other prior sets, by name or path.

    Returns
    -------
    list of dict
        Keys ``priors`` and ``answers``: for each output its mean (the probability of an event, else the mean where
        it is defined), the central 90 % interval of what is not a probability, and the change of the mean; of other
        sets ``diagnostics``, which say how their draws were obtained.
    """
    rows: list[dict[str, Any]] = [
        {"priors": run.summary["priors"], "answers": [_answer(o, o.values, None) for o in outputs]}
    ]
    for name, world in others.items():
        fitted = world.source()
        answers = []
        for output, before in zip(outputs, rows[0]["answers"], strict=True):
            values = output.read(fitted)
            answers.append(_answer(output, values, before["mean"]))
        rows.append({"priors": name, "answers": answers, "diagnostics": world.posterior.diagnostics.as_dict()})
    return rows


def _answer(output: Output, values: Array, before: float | None) -> dict[str, Any]:
    defined = values[np.isfinite(values)]
    mean = float(defined.mean()) if len(defined) else None
    interval = None
    if output.kind != "probability" and len(defined):
        interval = [float(q) for q in np.quantile(defined, (0.05, 0.95))]
    change = mean - before if mean is not None and before is not None else None
    return {
        "output": output.name,
        "mean": mean,
        "interval": interval,
        "defined": len(defined) / len(values),
        "change": change,
    }
