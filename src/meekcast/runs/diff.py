"""What changed between two runs: first what went in, then what came out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from meekcast.files import from_toml
from meekcast.runs.verify import reading

if TYPE_CHECKING:
    from meekcast.runs.read import StoredRun

SURROUNDINGS = ("version", "commit", "source", "python", "platform")
PROSE = {"title", "description", "story", "wrong_if", "rationale", "source", "licence", "caveats", "unit", "units"}


class Difference(NamedTuple):
    """One thing that is not the same; None where one run has nothing there."""

    where: str
    what: str
    first: Any
    second: Any

    @property
    def is_prose(self) -> bool:
        """Whether it is text for people, which decides no number: sources, rationales, stories."""
        return self.what.rpartition(".")[2] in PROSE


def differences(first: StoredRun, second: StoredRun) -> tuple[list[Difference], list[Difference]]:
    """Explain what changed between two runs.

    Parameters
    ----------
    first, second : StoredRun
        The runs.

    Returns
    -------
    tuple of list of Difference
        Differences of the inputs (card, priors, overrides, evidence, settings, code, versions), then of
        the results (quantiles of dates and probabilities of each event, the sampler's verdict).
    """
    one: Mapping[str, Any] = first.manifest
    two: Mapping[str, Any] = second.manifest
    with reading(f"{first.folder} or {second.folder}"):
        inputs = [*_texts(one, two), *_overrides(one, two)]
        for where in ("settings", "asked", "distributions"):
            inputs += _of(where, one[where], two[where])
        inputs += _of("code", *({key: m[key] for key in SURROUNDINGS} for m in (one, two)))
        results = [*_events(first.summary, second.summary), *_of("diagnostics", *_verdicts(one, two))]
    return inputs, results


def _texts(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[Difference]:
    """What card, priors and evidence say; a change of comments alone is named as such."""
    found = []
    for kind in ("card", "priors"):
        found += _text(kind, one["inputs"][kind], two["inputs"][kind])
    tables = [{entry["benchmark"]: entry for entry in m["inputs"]["evidence"]} for m in (one, two)]
    for benchmark in sorted(tables[0].keys() | tables[1].keys()):
        found += _text(f"evidence of {benchmark}", tables[0].get(benchmark), tables[1].get(benchmark))
    informing = [{entry["name"]: entry for entry in m["inputs"].get("informing", [])} for m in (one, two)]
    for name in sorted(informing[0].keys() | informing[1].keys()):
        found += _text(f"evidence {name}", informing[0].get(name), informing[1].get(name))
    return found


def _text(where: str, one: Any, two: Any) -> list[Difference]:
    if one is None or two is None:
        return [Difference(where, "table", one and one["name"], two and two["name"])]
    if one["fingerprint"] == two["fingerprint"]:
        if one["sha256"] == two["sha256"]:
            return []
        return [Difference(where, "comments or spacing alone", one["sha256"], two["sha256"])]
    if one["text"] is None or two["text"] is None:
        return [Difference(where, "what it says (no text)", one["fingerprint"], two["fingerprint"])]
    return _of(where, *(from_toml(text["text"], f"{where} {text['name']!r}") for text in (one, two)))


def _overrides(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[Difference]:
    said = [{o["name"]: o["prior"] for o in m["inputs"]["overrides"]} for m in (one, two)]
    return _of("--set and --prior", *said)


def _verdicts(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{key: m["diagnostics"][key] for key in ("status", "method", "draws")} for m in (one, two)]


def _events(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[Difference]:
    """Every event's dates and probabilities."""
    entries = [{event["name"]: event for event in summary["events"]} for summary in (one, two)]
    found = []
    for name in dict.fromkeys([*entries[0], *entries[1]]):
        if name in entries[0] and name in entries[1]:
            found += _of(name, *(_results(by_name[name]) for by_name in entries))
        else:
            asked = ["asked" if name in by_name else None for by_name in entries]
            found.append(Difference(name, "event", *asked))
    return found


def _results(event: Mapping[str, Any]) -> dict[str, Any]:
    quantiles = {f"date, {100 * float(p):g} % quantile": float(value) for p, value in event["quantiles"].items()}
    by = {f"P(by {year})": p["value"] for year, p in event["probability_by"].items()}
    return quantiles | by | {"P(not by the horizon)": event["probability_not_by_horizon"]["value"]}


def _of(where: str, one: Any, two: Any) -> list[Difference]:
    """Compare two nested mappings key by key, lists of tables row by row; prose last."""
    flat = [flattened(value) for value in (one, two)]
    pairs = {key: (flat[0].get(key), flat[1].get(key)) for key in [*flat[0], *(k for k in flat[1] if k not in flat[0])]}
    found = [Difference(where, key, *pair) for key, pair in pairs.items() if pair[0] != pair[1]]
    return sorted(found, key=lambda difference: difference.is_prose)


def flattened(value: Any, key: str = "") -> dict[str, Any]:
    """Nested mappings as one, keys joined by dots; a list of tables has one entry for each row.

    A row is named by what it says first (its name, actor or date), so that a row put in between does
    not seem to change all that follow.

    Examples
    --------
    >>> flattened({"a": {"b": 1}, "rows": [{"name": "x", "score": 2}]})
    {'a.b': 1, 'rows[x].score': 2}
    """
    if isinstance(value, Mapping):
        items = [(f"{key}.{inner}" if key else str(inner), content) for inner, content in value.items()]
    elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        items = [(f"{key}[{label}]", row) for label, row in zip(_labels(value), value, strict=True)]
    else:
        return {key: value}
    found: dict[str, Any] = {}
    for name, content in items:
        inner = flattened(content, name)
        found |= {k: v for k, v in inner.items() if not _is_label(k, v)}
    return found


def _labels(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A name for each row: its identity, or its place."""
    labels = []
    for place, row in enumerate(rows, start=1):
        said = [row[k] for k in ("name", "actor", "date", "model", "between", "parameters") if k in row]
        named = [", ".join(value) if isinstance(value, list) else str(value) for value in said]
        label = ", ".join(named) or str(place)
        labels.append(label if label not in labels else f"{label}, {place}")
    return labels


def _is_label(key: str, value: Any) -> bool:
    """Whether an entry only repeats the label of its row."""
    text = ", ".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else str(value)
    return key.rpartition("].")[2] in {"name", "actor", "date", "model", "between", "parameters"} and text in key


def as_text(value: Any) -> str:
    """A value as one short line.

    Examples
    --------
    >>> as_text(None), as_text(0.123456789)
    ('—', '0.123457')
    """
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    flat = " ".join(text.split())
    return flat if len(flat) <= 100 else flat[:97] + "..."
