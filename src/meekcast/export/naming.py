"""What the name of a quantity says of it: whose it is, and on which board it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meekcast.runs.documents import FollowerDocument
    from meekcast.runs.read import StoredRun

SEEN = "gap_observed"
"""How the name of a gap ends that a board shows."""


def whose(run: StoredRun, quantity: str) -> tuple[str, str]:
    """A quantity's name without that of its actor, and the actor; where none is named, it is the card's first follower.

    Earlier versions had one follower, ``budget``, and did not tell of it.
    """
    followers = [follower["name"] for follower in run.summary.get("followers") or ()] or ["budget"]
    for actor in ("frontier", *followers):
        if quantity.startswith(f"{actor}_") or quantity.endswith(f"_{actor}"):
            return quantity.removeprefix(f"{actor}_").removesuffix(f"_{actor}"), actor
    return quantity, followers[0]


def follower_of(run: StoredRun, quantity: str) -> FollowerDocument | None:
    """What the run tells of the follower whose quantity it is; None for the frontier's."""
    _, actor = whose(run, quantity)
    return next((told for told in run.summary.get("followers") or () if told["name"] == actor), None)


def board_of(run: StoredRun, quantity: str) -> Mapping[str, Any] | None:
    """The table of scores that the card reads on a quantity's board; None for what is read on no board."""
    kind, _ = whose(run, quantity)
    read: list[Mapping[str, Any]] = [table for table in run.summary["evidence"] if "benchmark" in table]
    of_it = [table for table in read if f"{kind}_".startswith(f"{table['benchmark']}_")]
    return max(of_it, key=lambda table: len(table["benchmark"]), default=None)
