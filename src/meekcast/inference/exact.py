"""Independent draws of a card without scores: as many as anybody wants, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.inference.sampler import MOST_EXACT, MOST_SAMPLED
from meekcast.model.realised import departures

if TYPE_CHECKING:
    from meekcast.inference.sampler import Settings
    from meekcast.inputs import Inputs

MOST_KEPT = 4 * MOST_SAMPLED
"""Draws that a forecast of such a card keeps, for events and files; those beyond leave nothing but bands."""


def check_draws(inputs: Inputs, settings: Settings) -> None:
    """Refuse more draws than a card can have.

    Raises
    ------
    InputError
        If its posterior is sampled, and more draws are wanted than are kept.
    """
    if inputs.data and settings.draws > MOST_SAMPLED:
        raise InputError(
            f"--draws {settings.draws}: card {inputs.card.name!r} reads scores, so it is sampled, and at most "
            f"{MOST_SAMPLED} draws of a chain are kept",
            f"Give --draws {MOST_SAMPLED} or less; up to {MOST_EXACT} are for cards without scores, such as paper.",
        )


def blocks(inputs: Inputs, first: int, draws: int, size: int, seed: int) -> Iterator[dict[str, Array]]:
    """Draws from the belief, one block after the other.

    Parameters
    ----------
    inputs : Inputs
        A card without scores.
    first : int
        Size of the first block, of what a forecast keeps.
    draws : int
        Size of all blocks together.
    size : int
        Size of a later block.
    seed : int
        Seed of the forecast.

    Yields
    ------
    dict of str to ndarray
        Values of every parameter, each of shape (n,), and departures of which nothing is known, of shape (n, 0).
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    for start in [0, *range(first, draws, size)]:
        n = min(size, draws - start) if start else min(first, draws)
        yield inputs.belief.draw(n, rng) | {name: np.empty((n, 0)) for name in departures(inputs.card)}
