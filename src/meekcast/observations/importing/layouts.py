"""Whose file is this, and which of its columns says what: one entry a publisher.

Another publisher of CSV files is another `Layout`; one of JSON also needs a function in
`meekcast.observations.importing.documents` that makes a table of its document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from meekcast.observations.importing.cells import accessibility, licence, yes_or_no
from meekcast.vocabulary.components import ScoreUnit

ROLES = (
    "model", "date", "known_on", "score", "score_se", "open_weights", "parameters", "cost", "developer", "price",
    "input", "output", "vintage",
)  # fmt: skip
"""What a column can be, as in ``--column score=Accuracy``."""

SYNONYMS = {"released": "date", "cost_per_task": "cost", "blended": "price"}
"""What the columns of meekcast's own tables are called."""

INTERVAL_95, INTERVAL_90 = 2 * 1.959964, 2 * 1.644854
"""Widths of central intervals of a normal distribution, in standard deviations."""


@dataclass(frozen=True)
class Layout:
    """What a publisher's files look like.

    Parameters
    ----------
    publisher : str
        Who.
    source, licence : str
        What a table made of such a file says about where it is from.
    marks : tuple of str
        Columns by which such a file is known: it has all of them.
    columns : mapping of str to tuple of str
        From what a column can be to its names, best first; ``low`` and ``high`` bound an interval of the score.
    width : float, optional
        How wide that interval is, in standard errors.
    unit : str, optional
        What scores are in; of other boards the user says it.
    opened : callable, optional
        How the column on open weights is read.
    prices : bool, default False
        Whether such a file is about prices.
    """

    publisher: str
    source: str
    licence: str
    marks: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    width: float = INTERVAL_95
    unit: ScoreUnit | None = None
    opened: Callable[[str], bool | None] = field(default=yes_or_no)
    prices: bool = False


def _of(**columns: str | tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({role: (c,) if isinstance(c, str) else c for role, c in columns.items()})


_EPOCH_SOURCE = "Epoch AI, AI Benchmarking Hub, https://epoch.ai/benchmarks"
_CC_BY = "CC BY 4.0"
_ACCESSIBILITY = ("Model accessibility", "Accessibility group")

EPOCH_SCORES = (
    "mean_score", "Best score (across scorers)", "Score", "Accuracy", "Accuracy mean", "Percent correct", "EM",
    "Global average", "Overall accuracy", "Overall score", "Average", "Arena Score",
)  # fmt: skip
"""What Epoch AI's files of different boards call the score; the archive's list of benchmarks says it for each."""

EPOCH_INDEX = Layout(
    "Epoch AI (ECI)",
    "Epoch AI, Epoch Capabilities Index, https://epoch.ai/benchmarks",
    _CC_BY,
    ("Model", "eci"),
    _of(
        model="Model",
        score="eci",
        low="eci_ci_low",
        high="eci_ci_high",
        date="date",
        developer="Organization",
        open_weights=_ACCESSIBILITY,
    ),
    width=INTERVAL_90,
    unit="index",
    opened=accessibility,
)
EPOCH_INDEX_TO_2026_08 = Layout(
    EPOCH_INDEX.publisher,
    EPOCH_INDEX.source,
    _CC_BY,
    ("Model version", "ECI Score"),
    _of(
        model=("Model name", "Display name", "Model version"),
        score="ECI Score",
        date="Release date",
        developer="Organization",
        open_weights=_ACCESSIBILITY,
    ),
    unit="index",
    opened=accessibility,
)
EPOCH_BOARD = Layout(
    "Epoch AI",
    _EPOCH_SOURCE,
    _CC_BY,
    ("Model version",),
    _of(
        model="Model version",
        score=EPOCH_SCORES,
        score_se=("stderr", "Standard error", "SE"),
        low="95% CI Low",
        high="95% CI High",
        date="Release date",
        known_on="Started at",
        developer="Organization",
        open_weights=_ACCESSIBILITY,
        cost=("Cost per task", "Cost per task (USD)"),
    ),
    opened=accessibility,
)
ARENA = Layout(
    "LMArena",
    "LMArena leaderboard dataset, https://huggingface.co/datasets/lmarena-ai/leaderboard-dataset",
    _CC_BY,
    ("model_name", "rating", "leaderboard_publish_date"),
    _of(
        model="model_name",
        score="rating",
        low="rating_lower",
        high="rating_upper",
        developer="organization",
        open_weights="license",
        vintage="leaderboard_publish_date",
    ),
    unit="elo",
    opened=licence,
)
ARENA_CSV = Layout(
    "LMArena",
    "LMArena leaderboard, https://lmarena.ai/leaderboard",
    _CC_BY,
    ("model", "arena_score"),
    _of(model="model", score="arena_score", developer="organization", open_weights="license"),
    unit="elo",
    opened=licence,
)
ANALYSIS = Layout(
    "Artificial Analysis",
    "Artificial Analysis, https://artificialanalysis.ai",
    "terms of Artificial Analysis: a copy for your own use, not to be passed on",
    ("name", "model_creator.name"),
    _of(
        model="name",
        date="release_date",
        developer="model_creator.name",
        input="pricing.price_1m_input_tokens",
        output="pricing.price_1m_output_tokens",
        price="pricing.price_1m_blended_3_to_1",
    ),
)
_PRICES = _of(model="model", date="date", input="input", output="output")
MODELS_DEV = Layout("models.dev", "models.dev, https://models.dev/api.json", "MIT", (), _PRICES, prices=True)
LLM_PRICES = Layout(
    "llm-prices", "llm-prices, https://www.llm-prices.com", "none stated; facts", (), _PRICES, prices=True
)
LITELLM = Layout(
    "LiteLLM", "LiteLLM, model_prices_and_context_window.json of BerriAI/litellm", "MIT", (), _PRICES, prices=True
)
OWN = Layout("", "", "", (), _of(**{role: role for role in ROLES}))

LAYOUTS = (EPOCH_INDEX, EPOCH_INDEX_TO_2026_08, EPOCH_BOARD, ARENA, ARENA_CSV)
"""Tables by their columns; the first that fits."""
