"""Whether priors fit a card: their units, the supports of their parameters, and values that mean something."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from meekcast.beliefs.belief import Belief
from meekcast.cards.priors import Priors
from meekcast.cards.schema import ModelCard
from meekcast.errors import InputError, naming
from meekcast.vocabulary import parameters
from meekcast.vocabulary.quantities import best_score

OUTSIDE_TOLERANCE = 1e-6
"""Probability that a prior may put outside a parameter's support."""


def check_units(files: Mapping[Path, Priors], card: ModelCard) -> None:
    """Every prior stands on a known parameter, in that parameter's unit; a score in that of its benchmark."""
    for file, source in files.items():
        for name, unit in source.units().items():
            with naming(file):
                known = card.parameter(name)
            allowed = known.unit
            for benchmark in card.benchmarks:
                if name.startswith(f"{benchmark.name}_"):  # a score is stated in the benchmark's unit
                    allowed = allowed.replace("score", benchmark.unit)
            if unit != allowed:
                raise InputError(f"{file}: {name} has unit {unit!r}", f"Allowed: {allowed!r} ({known.meaning}).")


def check_support(card: ModelCard, belief: Belief, stated_in: Mapping[str, str]) -> None:
    """No prior puts more than a trace of probability where its parameter cannot be."""
    limits = {f"{b.name}_ceiling": (b.floor, best_score(b.unit)) for b in card.benchmarks}
    for name in belief.names:
        known = card.parameter(name)
        low, high = limits.get(name, (known.low, known.high))
        outside = belief.probability_outside(name, low, high)
        if outside > OUTSIDE_TOLERANCE:
            raise InputError(
                f"{stated_in[name]}: the prior of {name} (median {belief.quantile(name, 0.5):g}) "
                f"puts probability {outside:.2g} outside {low:g}..{high:g}",
                f"This is the {known.meaning} ({known.unit}): use LogNormal or LogitNormal, or a narrower prior.",
            )


def check_plausible(card: ModelCard, belief: Belief, stated_in: Mapping[str, str]) -> None:
    """No prior says what nothing could mean; floats might not hold it, nor the sampler find a way through."""
    for name in sorted(belief.names, key=lambda n: not stated_in[n].startswith("--")):  # what the user wrote first
        known = card.parameter(name)
        least, most = parameters.plausible(known)
        for reached in (belief.quantile(name, 0.05), belief.quantile(name, 0.95)):
            if not least <= reached <= most:
                raise InputError(
                    f"{stated_in[name]}: the prior of {name} reaches {reached:g}; plausible are {least:g}..{most:g}",
                    f"This is the {known.meaning} ({known.unit}): look for a slip in a number or its exponent.",
                )
