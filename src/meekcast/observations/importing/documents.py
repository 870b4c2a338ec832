"""JSON documents of publishers as tables: which entries they have, and what these are called.

Lists of prices have a model once for each provider: the maker's own price counts; of what its maker does not sell, the
price that is known as long as somebody asks it, or else the lowest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from meekcast.errors import InputError
from meekcast.observations.importing.layouts import ANALYSIS, LITELLM, LLM_PRICES, MODELS_DEV, OWN, Layout
from meekcast.observations.importing.readers import Grid, Tree, grid

MAKERS = {
    "ai21", "alibaba", "amazon", "anthropic", "cohere", "cohere_chat", "dashscope", "deepseek", "gemini", "google",
    "inception", "llama", "meta_llama", "minimax", "mistral", "moonshot", "moonshotai", "openai", "reka", "stepfun",
    "upstage", "xai", "xiaomi", "zai", "zhipuai",
}  # fmt: skip
"""Providers that sell models of their own, as models.dev and LiteLLM call them."""

CHATS = {"chat", "completion", "responses"}
"""What LiteLLM calls models that write text."""

MILLION = Decimal(1_000_000)


def tables(tree: Tree) -> list[tuple[Layout, Grid]]:
    """Tables in a JSON document, each with what is known about such tables.

    Raises
    ------
    InputError
        If there is none.
    """
    if isinstance(tree.value, list):
        return [(OWN, grid(tree.file, tree.value))]
    value: dict[str, Any] = tree.value if isinstance(tree.value, dict) else {}
    listed = {key: v for key, v in value.items() if isinstance(v, list)}
    if any("evaluations" in row for row in _entries(listed.get("data"))):
        return [(ANALYSIS, grid(tree.file, listed["data"]))]
    for layout, entries in ((LLM_PRICES, _llm_prices), (MODELS_DEV, _models_dev), (LITELLM, _litellm)):
        if rows := list(entries(value)):
            return [(layout, grid(tree.file, rows, ("model", "name", "provider", "input", "output", "date")))]
    if len(listed) == 1:
        rows = next(iter(listed.values()))
        return [(OWN, grid(tree.file, [_row(row) for row in rows]))]
    raise InputError(
        f"{tree.file} holds no list of scores or prices that meekcast knows",
        "Known are Artificial Analysis, LMArena, models.dev, llm-prices and LiteLLM, and any list of objects.",
    )


def _row(row: Any) -> Any:
    """An entry; of the viewer of Hugging Face, what it wraps."""
    return row["row"] if isinstance(row, dict) and isinstance(row.get("row"), dict) else row


def _objects(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in an object, by name."""
    if isinstance(value, dict):
        yield from ((key, inner) for key, inner in value.items() if isinstance(inner, dict))


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list."""
    if isinstance(value, list):
        yield from (inner for inner in value if isinstance(inner, dict))


def _llm_prices(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What llm-prices.com offers: the prices of today, of all time, or of one vendor."""
    for entry in _entries(value.get("prices")):
        if "id" in entry and "input" in entry:
            date = entry.get("from_date") or (None if "from_date" in entry else value.get("updated_at"))
            yield {"model": entry["id"], "name": entry.get("name"), "provider": entry.get("vendor"), **_priced(entry),
                   "date": date, "until": entry.get("to_date")}  # fmt: skip
    for model in _entries(value.get("models")):
        for entry in _entries(model.get("price_history")):
            yield {"model": model.get("id"), "name": model.get("name"), "provider": value.get("vendor"),
                   **_priced(entry), "date": entry.get("from_date"), "until": entry.get("to_date")}  # fmt: skip


def _priced(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"input": entry.get("input"), "output": entry.get("output")}


def _models_dev(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The api.json of models.dev: providers, their models, and what these cost."""
    for provider, offer in _objects(value):
        for name, model in _objects(offer.get("models")):
            if isinstance(model.get("cost"), dict):
                yield {"model": _bare(name), "name": model.get("name"), "provider": provider, **_priced(model["cost"])}


def _litellm(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """LiteLLM's list, in USD per token."""
    for name, model in _objects(value):
        if "litellm_provider" in model and str(model.get("mode")) in CHATS and name != "sample_spec":
            prices = {side: _per_million(model.get(f"{side}_cost_per_token")) for side in ("input", "output")}
            yield {"model": _bare(name), "name": None, "provider": model["litellm_provider"], **prices}


def _per_million(price: Any) -> str | None:
    """A price per token as one per million tokens, exact as it is written."""
    if price is None:
        return None
    try:
        return f"{(Decimal(str(price)) * MILLION).normalize():f}"
    except InvalidOperation:
        return str(price)


def _bare(name: str) -> str:
    """A model's name without who offers it.

    Examples
    --------
    >>> _bare("deepinfra/meta-llama/Llama-3-70b")
    'Llama-3-70b'
    """
    return name.rsplit("/", 1)[-1]
