"""Which inputs belong together, and which of a run's draws are inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from meekcast.equations.types import Array, Mask
from meekcast.errors import InputError, nearest
from meekcast.vocabulary.parameters import GENERAL, OF_FOLLOWERS

NOW = ("frontier_now", "lead_now")
"""Departures from theory at the last date of evidence."""
LAW = ("A", "L0", "alpha")
MEMBERS = {
    "scaling law": LAW,
    "start": ("C0", "R", "price_per_token", "flop_per_usd"),
    "discrepancy": ("frontier_sd", "frontier_memory", "lead_sd", "lead_memory", *NOW),
    "judge": ("type_1", "type_2", "slowdown"),
}  # fmt: skip
"""Groups that are lists of names. Growth rates begin with ``g_``; links and noise are those of benchmarks."""

GROUPS = ("scaling law", "start", "growth rates", "links", "discrepancy", "noise", "structure", "judge")
TASTE = ("_taste_sd", "_taste_memory")
REST = "all others"
DRAWS_AN_INPUT = 25
"""Draws that a regression needs at least, for each input."""


def group_of(name: str) -> str:
    """Group of a parameter.

    Examples
    --------
    >>> group_of("alpha"), group_of("g_price"), group_of("mmlu_pro_noise"), group_of("pennies_lead_sd")
    ('scaling law', 'growth rates', 'noise', 'discrepancy')
    >>> group_of("mmlu_pro_taste_sd"), group_of("mmlu_pro_price_band_now")
    ('discrepancy', 'discrepancy')
    """
    own = next((known for known in (*OF_FOLLOWERS, *NOW) if name.endswith(f"_{known}")), name)  # a later follower's
    if own != name and name not in GENERAL:
        return group_of(own)
    for group, members in MEMBERS.items():
        if name in members:
            return group
    if name.startswith("g_"):
        return "growth rates"
    if name in GENERAL:
        return "structure"
    if name.endswith((*TASTE, "_now")):
        return "discrepancy"
    return "noise" if name.endswith("_noise") else "links"


@dataclass(frozen=True, eq=False)
class Grouping:
    """Named groups of inputs.

    Parameters
    ----------
    members : dict of str to tuple of str
        Inputs of each group.
    draws : mapping of str to ndarray, shape (n,)
        Draws of every input.
    """

    members: dict[str, tuple[str, ...]]
    draws: Mapping[str, Array]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(self.members)

    def arrays(self, keep: Mask | None = None) -> list[Array]:
        """Draws of each group, shape (n, k), of all draws or of some."""
        rows = slice(None) if keep is None else keep
        return [np.column_stack([self.draws[name][rows] for name in members]) for members in self.members.values()]


def grouping(draws: Mapping[str, Array], by: str = "groups") -> Grouping:
    """Put inputs into groups.

    Parameters
    ----------
    draws : mapping of str to ndarray, shape (n,)
        Draws of every input that is not known exactly.
    by : str, default "groups"
        ``"groups"``, ``"parameters"``, or names of either, separated by commas; what is not named is one
        more group.

    Returns
    -------
    Grouping
        In a fixed order.

    Raises
    ------
    InputError
        If a name is unknown, is named twice, or is an input that is known exactly.
    """
    whole: dict[str, tuple[str, ...]] = {}
    for group in GROUPS:
        members = tuple(name for name in draws if group_of(name) == group)
        if members:
            whole[group] = members
    singles: dict[str, tuple[str, ...]] = {name: (name,) for members in whole.values() for name in members}
    if by == "groups":
        return Grouping(whole, draws)
    if by == "parameters":
        return Grouping(singles, draws)
    return Grouping(_chosen([part.strip() for part in by.split(",") if part.strip()], whole, singles), draws)


def _chosen(
    names: Sequence[str], whole: Mapping[str, tuple[str, ...]], singles: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    known = {**singles, **whole}
    chosen: dict[str, tuple[str, ...]] = {}
    for name in names:
        if name not in known and (name in GENERAL or name in GROUPS):
            raise InputError(
                f"{name!r} is no input of this run: the card has none, or it is known exactly",
                f"What is known exactly drives nothing. {nearest(name, known)}",
            )
        if name not in known:
            raise InputError(f"unknown input or group {name!r}", nearest(name, {"groups", "parameters", *known}))
        twice = {member for members in chosen.values() for member in members} & set(known[name])
        if twice:
            raise InputError(f"{', '.join(sorted(twice))} is named twice", "Name each input once, alone or in a group.")
        chosen[name] = known[name]
    if not chosen:
        raise InputError("no inputs are named", f"Write --by groups, --by parameters, or names: {', '.join(known)}.")
    named = {member for members in chosen.values() for member in members}
    rest = tuple(name for name in singles if name not in named)
    return chosen | ({REST: rest} if rest else {})


def shown(shares: Mapping[str, float], most: int = 8) -> list[str]:
    """Groups that a table or a picture has room for: the largest, in their own order.

    Examples
    --------
    >>> shown({"a": 0.1, "b": 0.3, "c": 0.2}, most=2)
    ['b', 'c']
    """
    largest = sorted(shares, key=lambda name: -shares[name])[:most]
    return [name for name in shares if name in largest]


def check_draws(n: int, inputs: int, what: str) -> None:
    """Refuse a regression with too few draws.

    Raises
    ------
    InputError
        If there are fewer than `DRAWS_AN_INPUT` draws for each input.
    """
    needed = DRAWS_AN_INPUT * inputs
    if n < needed:
        raise InputError(
            f"{what}: {n} draws are too few to tell {inputs} inputs apart",
            f"At least {needed} are needed: forecast with more --draws, or ask for fewer inputs with --set NAME=VALUE.",
        )
