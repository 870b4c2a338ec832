"""A claim: what was published, what the equations give, and a verdict from stated tolerances."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

Verdict = Literal["reproduced", "rounding", "differs", "does not follow"]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

ROUNDING_STEPS = 1.5
"""A number off by up to one unit in its last printed digit, and half a unit of its own rounding, is `rounding`."""

ARXIV = "arXiv:2507.07931"


@dataclass(frozen=True)
class Claim:
    """One number of the paper, or one that a sentence of it stands on.

    Parameters
    ----------
    id : str
        Stable name in kebab case.
    claim : str
        What is claimed, in words.
    source : str
        Where.
    published : float or None
        The number that was published; None if there is none.
    computed : float
        What the equations give.
    unit : str
        Of both numbers.
    verdict : Verdict
        ``reproduced``, ``rounding``, ``differs`` (a number) or ``does not follow`` (a sentence).
    note : str
        Why, in a sentence; with the spread under uncertain parameters where there is one.
    """

    id: str
    claim: str
    source: str
    published: float | None
    computed: float
    unit: str
    verdict: Verdict
    note: str

    @property
    def difference(self) -> float | None:
        """Computed minus published."""
        if self.published is None:
            return None
        return 0.0 if self.computed == self.published else self.computed - self.published

    def as_dict(self) -> dict[str, Any]:
        """The claim as JSON shows it."""
        return {
            "id": self.id,
            "claim": self.claim,
            "source": self.source,
            "published": self.published,
            "computed": self.computed,
            "unit": self.unit,
            "verdict": self.verdict,
            "note": self.note,
        }


def judge(published: float, computed: float, resolution: float) -> Verdict:
    """Compare a number with one that was printed to a resolution.

    Parameters
    ----------
    published, computed : float
        The two numbers; equal infinities agree.
    resolution : float
        One unit of the last printed digit.

    Returns
    -------
    Verdict
        ``reproduced`` if `computed` rounds to `published`, ``rounding`` if the last digit is off by one,
        else ``differs``.

    Examples
    --------
    >>> judge(5.8, 5.746, 0.1), judge(5.7, 5.746, 0.1), judge(5.0, 5.746, 0.1)
    ('rounding', 'reproduced', 'differs')
    """
    if math.isnan(published) or math.isnan(computed):
        raise ValueError("a claim needs numbers, not NaN")
    if published == computed:
        return "reproduced"
    off = abs(computed - published) * (1 - 1e-9)  # a tie in decimals is not a tie in binary
    if off <= resolution / 2:
        return "reproduced"
    return "rounding" if off <= ROUNDING_STEPS * resolution else "differs"


def number(
    id: str, claim: str, source: str, published: float, computed: float, unit: str, note: str, *, places: int
) -> Claim:
    """Claim of a number printed with `places` digits after the point (negative: tens, hundreds, ...)."""
    value = float(computed)
    return Claim(id, claim, source, published, value, unit, judge(published, value, 10.0**-places), note)


def words(
    id: str,
    claim: str,
    source: str,
    holds: bool,
    computed: float,
    unit: str,
    note: str,
    *,
    published: float | None = None,
) -> Claim:
    """Claim in words: it follows from the equations, or it does not.

    Parameters
    ----------
    id, claim, source, computed, unit, note
        As in `Claim`.
    holds : bool
        Whether the sentence follows.
    published : float, optional
        A number in the sentence.

    Returns
    -------
    Claim
        With verdict ``reproduced`` or ``does not follow``.
    """
    value = float(computed)
    if math.isnan(value):
        raise ValueError(f"{id}: a claim needs a number, not NaN")
    return Claim(id, claim, source, published, value, unit, "reproduced" if holds else "does not follow", note)
