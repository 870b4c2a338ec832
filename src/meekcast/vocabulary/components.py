"""The closed registry of what a card may be made of: names that cards use and that `meekcast.model` gives a meaning.

A test holds that each name has its mathematics, and no mathematics lacks its name.
"""

from typing import Literal

Growth = Literal["training", "price_band", "inference", "size_class", "spending"]
"""What a follower's effective compute grows by."""

Investment = Literal["constant", "stop", "slow_down", "cap", "piecewise"]
"""How the frontier's spending grows."""

Algorithms = Literal["shared", "late", "own"]
"""How algorithmic progress reaches the followers."""

Extra = Literal["test_time_compute", "new_paradigm", "data_wall"]
"""What a story adds."""

Discrepancy = Literal["none", "ou", "boards"]
"""How paths depart from theory."""

Link = Literal["sigmoid", "linear", "saturating"]
"""From compute to a score."""

type Kind = Literal["knowledge", "mathematics", "code", "agentic", "preference", "index"]
"""What a board asks; boards of a kind are alike, so a new one is believed to be like the others."""

ScoreUnit = Literal["points", "index", "elo"]
"""What scores are stated in."""
