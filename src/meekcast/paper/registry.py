"""All claims by id, and the pictures of their families."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from meekcast.errors import InputError, nearest
from meekcast.paper import benchmark, leaderboard, price_per_token, tokens, training, words
from meekcast.paper.claims import Claim
from meekcast.paper.pictures import Picture


@dataclass(frozen=True)
class Family:
    """Claims that belong together, and how their pictures are prepared."""

    title: str
    claims: Callable[[], list[Claim]]
    pictures: Callable[[], list[Picture]]


FAMILIES: dict[str, Family] = {
    "training": Family("Training", training.claims, training.pictures),
    "inference": Family("Inference at a fixed price", price_per_token.claims, price_per_token.pictures),
    "benchmark": Family("Benchmark (MMLU)", benchmark.claims, benchmark.pictures),
    "tokens": Family("Tokens to distinguish", tokens.claims, tokens.pictures),
    "leaderboard": Family("Leaderboard (MMLU-Pro)", leaderboard.claims, leaderboard.pictures),
    "words": Family("Claims in words", words.claims, words.pictures),
}


def gather_claims(ids: Iterable[str] = ()) -> dict[str, list[Claim]]:
    """Evaluate claims, by family.

    Parameters
    ----------
    ids : iterable of str, optional
        Claims or whole families; everything by default.

    Returns
    -------
    dict of str to list of Claim
        Families that have a claim left, in order.

    Raises
    ------
    InputError
        If an id is unknown; names the nearest.
    """
    wanted = set(ids)
    found = {name: family.claims() for name, family in FAMILIES.items()}
    known = {claim.id for claims in found.values() for claim in claims}
    for name in sorted(wanted - known - set(FAMILIES)):
        raise InputError(f"unknown claim {name!r}", _suggestion(name, known))
    if not wanted:
        return found
    kept = {name: [c for c in claims if {c.id, name} & wanted] for name, claims in found.items()}
    return {name: claims for name, claims in kept.items() if claims}


def _suggestion(name: str, known: set[str]) -> str:
    """Nearest ids first; there are too many to list them all."""
    hint, _, _ = nearest(name, {*known, *FAMILIES}).partition("Allowed:")
    return f"{hint}Name a claim of `meekcast reproduce`, or a family: {', '.join(FAMILIES)}."


def gather_pictures(families: Iterable[str]) -> list[Picture]:
    """Pictures of some families, in order."""
    return [picture for name in families for picture in FAMILIES[name].pictures()]
