"""What newer evidence does to the answers of an earlier run: its own draws, weighted; nothing is sampled."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from meekcast.cards import library
from meekcast.errors import InputError
from meekcast.forecasts.predictions import Latent, computed
from meekcast.forecasts.questions.when import when
from meekcast.inference.diagnostics import ESS
from meekcast.inference.reweighting import MOST_K, Weighted, weighted
from meekcast.inference.sampler import Settings
from meekcast.model.realised import departures
from meekcast.vocabulary.grammar import parse

if TYPE_CHECKING:
    from meekcast.forecasts.draws import Draws
    from meekcast.forecasts.questions.answer import AnswerDocument
    from meekcast.inputs import Inputs
    from meekcast.runs.documents import Updated, UpdatedEvent
    from meekcast.runs.held import Earlier

_FLAGS, _DATES = ("--check", "--exact"), ("--today", "--as-of")


def updated(earlier: Earlier, newer: Inputs, evidence: Sequence[str] = (), as_of: dt.date | None = None) -> Updated:
    """Weigh the draws of a run for newer evidence, and put its events to them again.

    Parameters
    ----------
    earlier : Earlier
        The run.
    newer : Inputs
        Its inputs with the boards of today (`meekcast.inputs.renewed`).
    evidence : sequence of str, optional
        The tables that were named in place of those of their benchmarks.
    as_of : datetime.date, optional
        Only what was known on this date counts.

    Returns
    -------
    dict
        For each event its probabilities then and now; those of now are None where weights will not do, which ``why``
        explains.
    """
    found = None
    try:
        known = newer.as_known(as_of) if as_of else newer
        found = _weighed(earlier, known)
        why = _why(earlier, known, found)
    except InputError as error:
        why = error.message
    source = _source(earlier, known, found) if found and found.good else None
    return {
        "way": "weights" if source else "refit",
        "why": why,
        "pareto_k": found.k if found else None,
        "weights_ess": found.ess if found else None,
        "refit": _refit(earlier, evidence, as_of),
        "events": [_event(event, source) for event in earlier.summary["events"]],
    }


def _weighed(earlier: Earlier, newer: Inputs) -> Weighted:
    """Weigh the run's draws; refuses those that this version cannot weigh."""
    inputs, draws = earlier.inputs, earlier.draws.posterior
    if earlier.foreign:
        raise InputError(earlier.foreign)
    shapes = dict.fromkeys(inputs.belief.names, ()) | dict.fromkeys(
        departures(inputs.card), inputs.evidence_times.shape
    )
    for name, shape in shapes.items():
        if name not in draws or draws[name].shape[1:] != shape:
            raise InputError(f"the run has no draws of {name} as this version reads its card")
    found = weighted(inputs, newer, draws, earlier.draws.chains, earlier.summary["seed"])
    if found is None:
        raise InputError("this version reads the run's priors differently")
    return found


def _why(earlier: Earlier, newer: Inputs, found: Weighted) -> str:
    """What was done, or why it would not do."""
    k = f"k {found.k:.2f}, " if newer.data != earlier.inputs.data else ""
    left = f"{k}{found.ess:.0f} effective draws of {found.ess_before:.0f}"
    if not found.good:
        return f"weights of the run's draws will not do: {left}, where k below {MOST_K} and {ESS[0]:.0f} are needed"
    told = "the run's own draws, weighted for the new evidence" if k else "no score is new, the run's own draws stand"
    again = "; the run's draws came from weights too" if earlier.summary["diagnostics"].get("error_ratio") else ""
    return f"{told}: {left}{again}"


def _source(earlier: Earlier, newer: Inputs, found: Weighted) -> Draws:
    """Predictions of the draws that stand for the posterior given the new evidence, of what the events ask for."""
    draws, seed = found.resampled(), earlier.summary["seed"]
    names = {name for event in earlier.summary["events"] for name in parse(event["expression"]).quantities}
    times = earlier.draws.times
    predictions = computed(newer, Latent.drawn(newer, draws, times, seed), times, seed, sorted(names))
    return replace(earlier.draws, chains=1, read=predictions.__getitem__, read_posterior=lambda: draws)


def _event(event: AnswerDocument, source: Draws | None) -> UpdatedEvent:
    """Probabilities by the dates that the run states."""
    then = event["probability_by"]
    now = when(event["expression"], source, then).probability_by.values() if source else None
    return {
        "name": event["name"],
        "expression": event["expression"],
        "then": then,
        "now": {by: p.as_dict() for by, p in zip(then, now, strict=True)} if now else None,
    }


def _refit(earlier: Earlier, evidence: Sequence[str], as_of: dt.date | None) -> str | None:
    """The command that made the run, of today and with the new evidence; None where it was made from Python.

    Options that say what is usual are left out, and so are tables in whose place others were named.
    """
    if earlier.command is None:
        return None
    usual = {f"--{name.replace('_', '-')}": str(value) for name, value in asdict(Settings()).items()}
    replaced = {_benchmark(table) for table in evidence} - {None}
    kept, words = list(earlier.command[:2]), iter(earlier.command[2:])
    for word in words:
        said = [word] if word in _FLAGS else [word, next(words, "")]
        another = word == "--evidence" and _benchmark(said[-1]) in replaced
        if word not in _DATES and usual.get(word) != said[-1] and not another:
            kept += said
    kept += [word for table in evidence for word in ("--evidence", table)]
    kept += ["--as-of", as_of.isoformat()] if as_of else []
    return shlex.join(["meekcast", *kept])


def _benchmark(table: str) -> str | None:
    """Benchmark of a table of scores, by name or path; None of another one, and of one that is gone."""
    with suppress(InputError):
        return getattr(library.load_any_evidence(table), "benchmark", None)
    return None
