"""Several budgets in USD at once: the budget actor starts elsewhere, the frontier's path stays put."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from meekcast.equations.types import Array
from meekcast.errors import InputError
from meekcast.vocabulary.expression import number_text

if TYPE_CHECKING:
    from meekcast.cards.schema import ModelCard


def check_budgets(card: ModelCard, budgets: Iterable[float]) -> tuple[float, ...]:
    """Refuse budgets that a card cannot have.

    Parameters
    ----------
    card : ModelCard
        The story.
    budgets : iterable of float
        In USD a training run.

    Returns
    -------
    tuple of float
        Each once, in order.

    Raises
    ------
    InputError
        If the card's budget is no sum of money, it does not say what sum C0 stands for, or a budget is
        not a positive number.
    """
    sums = tuple(dict.fromkeys(map(float, budgets)))
    first = card.followers[0]
    if sums and first.growth != "training":
        raise InputError(
            f"card {card.name!r} has no budget in USD: follower {first.name!r} has growth = {first.growth!r}, "
            "of which it is not known what training cost",
            'Ask a card whose first follower has growth = "training", such as --card paper.',
        )
    if sums and card.budget_usd is None:
        raise InputError(
            f"card {card.name!r} does not say what sum of money C0 stands for",
            "Add it to the card, such as budget_usd = 1000.0.",
        )
    for usd in sums:
        if not (math.isfinite(usd) and usd > 0):
            raise InputError(f"--budget {usd:g} is not a sum of money", "Give USD above 0, such as --budget 1e6.")
    return sums


def with_budget(card: ModelCard, draws: Mapping[str, Array], usd: float) -> dict[str, Array]:
    """Draws for a budget actor that spends another sum on every training run.

    Compute is bought at the card's price: C0 is proportional to the sum. R is inversely so, which leaves
    the frontier where it is; whatever was learned from evidence is kept.

    Parameters
    ----------
    card : ModelCard
        Says what sum C0 stands for.
    draws : mapping of str to ndarray
        Draws of the card's own budget.
    usd : float
        The other sum.

    Returns
    -------
    dict of str to ndarray
        All draws, with C0 and R changed.

    Raises
    ------
    InputError
        If the card cannot have such a budget.

    Examples
    --------
    >>> import numpy as np
    >>> from meekcast.cards.library import load_card
    >>> changed = with_budget(load_card("paper"), {"C0": np.array([1e20]), "R": np.array([1.0])}, 1e6)
    >>> changed["C0"].tolist(), changed["R"].tolist()
    ([1e+23], [0.001])
    """
    check_budgets(card, [usd])
    factor = usd / (card.budget_usd or math.nan)
    return {**draws, "C0": draws["C0"] * factor, "R": draws["R"] / factor}


def usd_text(usd: float) -> str:
    """A sum of money as a reader reads it.

    Examples
    --------
    >>> usd_text(1000), usd_text(2.5e7), usd_text(0.5)
    ('1,000 USD', '25,000,000 USD', '0.5 USD')
    """
    return f"{usd:,.0f} USD" if usd >= 1 else f"{number_text(usd)} USD"
