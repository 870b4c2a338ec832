"""What drives the answers of a run, as one document: plain values, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from meekcast.clock import When
from meekcast.errors import InputError
from meekcast.files import Document
from meekcast.forecasts.questions.evaluate import values_at
from meekcast.forecasts.questions.when import read_by
from meekcast.sensitivities import outputs as asked
from meekcast.sensitivities.groups import DRAWS_AN_INPUT, Grouping, check_draws, grouping
from meekcast.sensitivities.outputs import Output
from meekcast.sensitivities.runs import Run, inputs_of, quantity_paths
from meekcast.sensitivities.shares import LEVEL, Estimate, Shares, first_order, variance_shares
from meekcast.sensitivities.value import decision_value, width_reduction
from meekcast.sensitivities.verdicts import verdict

if TYPE_CHECKING:
    from meekcast.inputs import Inputs
    from meekcast.sensitivities.decision import Decision


SCHEMA = "meekcast.sensitivity/1"
METHOD = "bootstrap of blocks of consecutive draws, reaching on by what the regression misses of all inputs"
NARROWED = 5
"""For so many of the parameters that explain most, the interval's width is asked too."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a run.

    Parameters
    ----------
    run : Run
        The forecast.
    outputs : tuple of Output
        The answers whose variance is shared out.
    left_out : tuple of str
        Answers on which nearly all draws agree.
    grouping : Grouping
        The inputs.
    over_time : str
        Quantity whose shares are asked for every year.
    seed : int
        Of the resampling.
    """

    run: Run
    outputs: tuple[Output, ...]
    left_out: tuple[str, ...]
    grouping: Grouping
    over_time: str
    seed: int


def question(
    run: Run, events: Sequence[str] = (), years: Sequence[str | When] = (), by: str = "groups", seed: int = 0
) -> Question:
    """Read what is asked.

    Parameters
    ----------
    run : Run
        The forecast.
    events : sequence of str
        As after ``--event``; every event of the card by default.
    years : sequence of str, float or datetime.date
        As after ``--at``; the year in which most is open by default.
    by : str, default "groups"
        See `meekcast.sensitivities.groups.grouping`.
    seed : int, default 0
        Of the resampling.

    Returns
    -------
    Question
        Checked.

    Raises
    ------
    InputError
        If a name is unknown, an event that was asked for never or always happens, or draws are too few.
    """
    if not run.inputs:
        raise InputError(
            "every input of this run is known exactly: nothing drives a point result",
            "Forecast with others, `meekcast forecast CARD --priors literature --out DIR`, and name the run DIR/CARD.",
        )
    check_draws(len(next(iter(run.inputs.values()))), len(run.inputs), "the run")
    chosen = read_by(years, run.draws, "--at") or asked.default_years(run)
    kept: list[Output] = []
    left_out: list[str] = []
    for text in events or [str(i + 1) for i in range(len(run.summary["events"]))]:
        found = asked.find_outputs(run, text, chosen)
        usable = [output for output in found if _usable(output, len(run.inputs))]
        if events and not usable:
            raise InputError(f"{text!r}: {_why_not(found)}", "Ask for another year with --at, or for another event.")
        kept += [output for output in usable if output.name not in {k.name for k in kept}]
        left_out += [output.name for output in found if output not in usable]
    if not kept:
        raise InputError("nearly all draws agree on every event of this card", "Ask for QUANTITY@YEAR with --event.")
    read = [name for output in kept for name in output.quantities]
    main = next((name for name in read if name.endswith("_gap")), read[0])
    return Question(run, tuple(kept), tuple(left_out), grouping(run.inputs, by), main, seed)


def _usable(output: Output, inputs: int) -> bool:
    return output.is_open and int(output.defined.sum()) >= DRAWS_AN_INPUT * inputs


def _why_not(outputs: Sequence[Output]) -> str:
    if all(o.kind == "value" for o in outputs):
        return "the value is the same in all draws, or infinite in too many"
    chances = [o.values.mean() for o in outputs if o.kind == "probability"]
    if chances and max(chances) > 0.5:
        return "it always happens, or nearly: nothing decides whether"
    return "it never happens, or too seldom to see on what it depends"


def shares_document(q: Question) -> Document:
    """Shares of every output, shares over time, and what to measure first.

    Parameters
    ----------
    q : Question
        What is asked.

    Returns
    -------
    dict
        Keys ``schema``, what the run says of itself, ``draws``, ``interval``, ``groups``,
        ``known_exactly``, ``outputs``, ``left_out``, ``over_time`` and ``measure_first``.
    """
    head = {key: q.run.summary[key] for key in ("card", "title", "priors", "clock", "start", "horizon", "today")}
    along = along_years(q)
    whole = [o for o in q.outputs if o.defined.all()]
    together = variance_shares(
        q.grouping.arrays(), np.column_stack([o.values for o in [*whole, *along.values()]]), q.seed
    )
    outputs = []
    for output in q.outputs:
        if output.defined.all():
            outputs.append(_output(q, output, together, whole.index(output)))
        else:
            keep = output.defined
            own = variance_shares(q.grouping.arrays(keep), output.values[keep][:, None], q.seed, order=together.order)
            outputs.append(_output(q, output, own, 0))
    span = [len(whole) + i for i in range(len(along))]
    return {
        "schema": SCHEMA,
        **head,
        "draws": len(whole[0].values if whole else q.outputs[0].values),
        "interval": {"kind": "central", "probability": LEVEL, "method": METHOD},
        "groups": {name: list(members) for name, members in q.grouping.members.items()},
        "known_exactly": list(q.run.known),
        "outputs": outputs,
        "left_out": list(q.left_out),
        "over_time": _over_time(q, along, together, span),
        "measure_first": measure_first(q),
    }


def along_years(q: Question) -> dict[float, Output]:
    """The quantity at the ends of years after the last evidence, all of them on one scale, by date."""
    first = int(np.floor(q.run.last_evidence)) + 1
    ends = {float(date): float(date - q.run.draws.calendar) for date in range(first, int(q.run.draws.times[-1]) + 1)}
    paths = quantity_paths(q.run, q.over_time)
    logarithmic = any(asked.has_long_tail(values_at(q.run.draws.times, paths, date)) for date in ends)
    along = {date: asked.value_at(q.run, q.over_time, year, logarithmic) for date, year in ends.items()}
    return {year: output for year, output in along.items() if output.is_open and output.defined.all()}


def _output(q: Question, output: Output, shares: Shares, j: int) -> Document:
    values = output.values[output.defined]
    return {
        "name": output.name,
        "kind": output.kind,
        "unit": output.unit,
        "defined": float(output.defined.mean()),
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "shares": {
            name: {
                key: _plain(estimate, g, j)
                for key in ("alone", "last", "shapley", "proportional")
                if (estimate := getattr(shares, key)) is not None
            }
            for g, name in enumerate(q.grouping.names)
        },
        "chance": _plain(shares.chance, j),
        "verdict": verdict(shares, j),
    }


def _plain(estimate: Estimate, *at: int) -> Document:
    value, low, high = (float(part[at]) for part in (estimate.value, estimate.low, estimate.high))
    return {"value": value, "low": low, "high": high}


def _over_time(q: Question, outputs: dict[float, Output], shares: Shares, span: Sequence[int]) -> Document:
    def along(estimate: Estimate, *at: int) -> Document:
        return {key: [float(getattr(estimate, key)[(*at, j)]) for j in span] for key in ("value", "low", "high")}

    return {
        "quantity": q.over_time,
        "unit": next((output.unit for output in outputs.values()), q.run.draws.labels[q.over_time]["units"]),
        "years": list(outputs),
        "shapley": {name: along(shares.shapley, g) for g, name in enumerate(q.grouping.names)},
        "chance": along(shares.chance),
    }


def measure_first(q: Question) -> list[Document]:
    """Inputs in the order in which learning them narrows each answer most.

    Returns
    -------
    list of dict
        For each output its inputs, the best first: the expected fall of its variance, and for the first few of an
        answer that is no probability, of the width of its central 90 % interval.
    """
    singles = grouping(q.run.inputs, "parameters")
    whole = [o for o in q.outputs if o.defined.all()]
    falls = _alone(singles, whole, q.seed)
    for output in q.outputs:
        if not output.defined.all():
            falls |= _alone(singles, [output], q.seed)
    found = []
    for output in q.outputs:
        fall = falls[output.name]
        order = sorted(fall, key=lambda name: -fall[name]["value"])
        rows = [{"input": name, "variance": fall[name]} for name in order]
        if output.kind != "probability":
            arrays = [q.run.inputs[name][output.defined][:, None] for name in order[:NARROWED]]
            width = width_reduction(arrays, output.values[output.defined], q.seed)
            for place, row in enumerate(rows[:NARROWED]):
                row["width"] = _plain(width, place)
        found.append({"output": output.name, "inputs": rows})
    return found


def _alone(singles: Grouping, outputs: Sequence[Output], seed: int) -> dict[str, dict[str, Document]]:
    """What each input explains by itself, of outputs that are defined in the same draws."""
    if not outputs:
        return {}
    keep = outputs[0].defined
    fall = first_order(singles.arrays(keep), np.column_stack([o.values[keep] for o in outputs]), seed)
    return {o.name: {name: _plain(fall, i, j) for i, name in enumerate(singles.names)} for j, o in enumerate(outputs)}


def decision_document(q: Question, decision: Decision) -> Document:
    """What it is worth to learn each group, and each input, before choosing an action."""
    from meekcast.sensitivities.decision import losses

    output, table = losses(decision, q.run)
    singles = grouping(q.run.inputs, "parameters")
    names = [*q.grouping.names, *(name for name in singles.names if (name,) not in q.grouping.members.values())]
    arrays = {
        **dict(zip(singles.names, singles.arrays(), strict=True)),
        **dict(zip(q.grouping.names, q.grouping.arrays(), strict=True)),
    }
    worth = decision_value([arrays[name] for name in names], table, q.seed)
    actions = list(decision.actions)
    order = np.argsort(-worth.partial.value, kind="stable")
    return {
        "title": decision.title,
        "unit": decision.unit,
        "outcome": output.name,
        "best": actions[worth.best],
        "expected_loss": dict(zip(actions, worth.expected.tolist(), strict=True)),
        "perfect": _plain(worth.perfect),
        "learning": [{"input": names[i], **_plain(worth.partial, i)} for i in order],
    }


def path_document(q: Question, inputs: Inputs | None = None) -> Document:
    """Tornado and twin: what needs the card's equations again.

    Raises
    ------
    InputError
        If the card, the priors or the evidence are not what the run was made from.
    """
    from meekcast.sensitivities.tornado import has_tornado, tornado, twin

    inputs = inputs or inputs_of(q.run)
    bars = [o for o in q.outputs if has_tornado(o)]
    whole = [o for o in q.outputs if o.defined.all()]
    common = twin(inputs, q.run, [*whole, *along_years(q).values()])
    return {
        "tornado": tornado(inputs, q.run, bars) if bars else {},
        "twin": {o.name: _plain(common, j) for j, o in enumerate(whole)},
        # None where a gap of the second forecast has closed so far that its logarithm is infinite
        "twin_over_time": [float(v) if np.isfinite(v) else None for v in common.value[len(whole) :]],
    }


def power_scaling_document(q: Question, inputs: Inputs | None = None, diagnostics: bool = False) -> Document:
    """What the answers lean on: each prior, and the data.

    Parameters
    ----------
    q : Question
        What is asked.
    inputs : Inputs, optional
        From which the run was made; gathered again by default.
    diagnostics : bool, default False
        Whether to add ArviZ's power-scaling diagnostics of every input and output.

    Returns
    -------
    dict
        Keys ``doubling`` (change of each output's mean for each doubling of the weight of a prior, or of the data)
        and, with `diagnostics`, ``diagnostics``.
    """
    from meekcast.inference.densities import log_likelihood, log_prior
    from meekcast.sensitivities import power_scaling

    inputs = inputs or inputs_of(q.run)
    priors = log_prior(inputs.belief, q.run.draws.posterior)
    data = log_likelihood(inputs, q.run.draws.posterior) if inputs.data else {}
    sources = {" & ".join(block): density for block, density in priors.items()}
    if data:
        sources["the data"] = sum(
            (density.sum(axis=1) for density in data.values()), np.zeros(len(q.outputs[0].values))
        )
    doubling = {}
    for output in q.outputs:
        keep = output.defined
        moved = {s: power_scaling.doubling(d[keep], output.values[keep][:, None]) for s, d in sources.items()}
        doubling[output.name] = {source: _plain(estimate, 0) for source, estimate in moved.items()}
    found: Document = {"doubling": doubling}
    if diagnostics and data:
        variables = dict(q.run.inputs) | {o.name: o.values for o in q.outputs if o.defined.all()}
        found["diagnostics"] = power_scaling.power_scaling(priors, data, variables)
    return found


def prior_document(q: Question, inputs: Inputs, base_points: int) -> Document:
    """Sobol indices under the prior: groups, the order of the transform, and the indices of each output."""
    from meekcast.sensitivities.prior import prior_indices

    groups, order, found = prior_indices(inputs, q.run, q.outputs, base_points, q.seed)

    def named(estimate: Estimate) -> Document:
        return {name: _plain(estimate, g) for g, name in enumerate(groups)}

    return {
        "base_points": base_points,
        "groups": {name: list(members) for name, members in groups.items()},
        "order": [list(block) for block in order],
        "outputs": [
            {
                "name": output.name.replace("if by the horizon", "at latest the horizon"),
                "mean": sobol.mean,
                "variance": sobol.variance,
            }
            | {"first": named(sobol.first), "total": named(sobol.total)}
            for output, sobol in zip(q.outputs, found, strict=True)
        ],
    }
