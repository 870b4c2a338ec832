"""How a card or a prior set takes over what it does not say itself from the one that it extends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN = ("name", "title", "story", "wrong_if", "description")
"""What every card and every prior set says for itself."""

type Content = dict[str, Any]


def extended(card: Mapping[str, Any], base: Mapping[str, Any]) -> Content:
    """Write a card, or a prior set, out: its own statements, and the base's wherever it makes none.

    A list (benchmarks, events, extras) is taken over whole or replaced whole. Priors are taken over one by
    one; a joint prior or a correlation of the base falls away if the card states one of its parameters anew,
    and with a benchmark fall its parameters.

    Parameters
    ----------
    card, base : mapping
        As read from TOML; not changed.

    Returns
    -------
    dict
        To be checked like a card that was written out.

    Examples
    --------
    >>> base = {"name": "a", "horizon": 2040, "parameters": {"R": {"prior": 1}, "C0": {"prior": 2}}}
    >>> extended({"name": "b", "parameters": {"R": {"prior": 3}}}, base)
    {'horizon': 2040, 'parameters': {'C0': {'prior': 2}, 'R': {'prior': 3}}, 'name': 'b'}
    """
    kept = {key: value for key, value in base.items() if key not in (*OWN, "extends")}
    if not all(_well_formed(content) for content in (card, base)):
        return {**kept, **card}  # checking the whole names what is wrong
    whole = {**kept, **card}
    anew = stated(card)
    lost = tuple(f"{name}_" for name in _names(base) - _names(whole))

    def stays(*names: str) -> bool:
        return not any(name in anew or name.startswith(lost) for name in names)

    inherited = {name: entry for name, entry in base.get("parameters", {}).items() if stays(name)}
    merged = {
        "parameters": {**inherited, **card.get("parameters", {})},
        "joint": [e for e in base.get("joint", []) if stays(*e["parameters"])] + card.get("joint", []),
        "correlations": [e for e in base.get("correlations", []) if stays(*e["between"])]
        + card.get("correlations", []),
    }
    return whole | {key: value for key, value in merged.items() if value or key in whole}


def stated(content: Mapping[str, Any]) -> set[str]:
    """Parameters for which a card or a prior set itself states a prior."""
    joint = (name for entry in content.get("joint", []) for name in entry["parameters"])
    return {*content.get("parameters", {}), *joint}


def _names(card: Mapping[str, Any]) -> set[str]:
    return {entry["name"] for entry in card.get("benchmarks", [])}


def _well_formed(card: Mapping[str, Any]) -> bool:
    """Whether priors and benchmarks have the shape that merging needs."""
    needed = {
        "joint": ("parameters", _is_names),
        "correlations": ("between", _is_names),
        "benchmarks": ("name", _is_name),
    }
    lists = all(
        isinstance(card.get(key, []), list)
        and all(isinstance(e, dict) and has_shape(e.get(inner)) for e in card.get(key, []))
        for key, (inner, has_shape) in needed.items()
    )
    return lists and isinstance(card.get("parameters", {}), dict)


def _is_name(value: object) -> bool:
    return isinstance(value, str)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(_is_name(name) for name in value)
