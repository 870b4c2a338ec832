"""Where cards, prior sets and evidence are found, by name or by path, and how they are read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from meekcast.cards import evidence
from meekcast.cards.extension import extended
from meekcast.cards.parsing import text_in, toml_in, validated
from meekcast.cards.priors import PriorSet
from meekcast.cards.schema import ModelCard
from meekcast.errors import InputError, naming, nearest
from meekcast.observations import EvidenceTable, LossTable, PointTable, Prices, PriceTable, ScoreTable, TrendTable

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parents[1]

KINDS: dict[str, type[BaseModel]] = {
    "models": ModelCard,
    "priors": PriorSet,
    "evidence": EvidenceTable,
    "scores": ScoreTable,
    "prices": PriceTable,
    "points": PointTable,
    "trends": TrendTable,
    "losses": LossTable,
}
"""Kinds of files, and what each may say."""

SINGULAR = {
    "models": "model card",
    "priors": "prior set",
    "scores": "table of scores",
    "prices": "price list",
    "points": "table of points",
    "trends": "trend",
    "losses": "table of losses",
}
"""What one file of a kind is called, where not as its kind."""

EXTENDABLE: dict[type[BaseModel], str] = {ModelCard: "models", PriorSet: "priors"}
"""What may take over from another of its kind, and the folder in which that is found."""

OF_KIND: dict[object, str] = {"scores": "scores", "prices": "prices", "trend": "trends", "losses": "losses"}
"""Which kind of file says ``kind = ...``; "records" and "gaps" are evidence."""

OR_A_PATH = " Or give the path of a TOML file."

_STAND_INS: ContextVar[Mapping[tuple[str, str], Path]] = ContextVar("stand_ins", default={})  # noqa: B039 (never changed)
_TEXTS: dict[str, str] = {}  # what files said word for word, by their fingerprints


@contextmanager
def standing_in(files: Mapping[tuple[str, str], Path]) -> Iterator[None]:
    """Let files stand in for others while a run is made again from the texts that it was made from.

    Parameters
    ----------
    files : mapping of tuple of str to pathlib.Path
        From kind and name, as a card names it, to the file that is read in its place.
    """
    token = _STAND_INS.set(dict(files))
    try:
        yield
    finally:
        _STAND_INS.reset(token)


def text_of(content: BaseModel) -> str | None:
    """Text of the file from which something was read in this process, comments included; None if it was made otherwise.

    Examples
    --------
    >>> text_of(load_card("paper")).splitlines()[1]
    'name = "paper"'
    """
    return _TEXTS.get(fingerprint(content))


def texts() -> dict[str, str]:
    """All texts that `text_of` knows, for a process that is handed what this one has read."""
    return dict(_TEXTS)


def remember(told: Mapping[str, str]) -> None:
    """Know the `texts` of another process."""
    _TEXTS.update(told)


def shelf(kind: str) -> Path:
    """Folder of the built-in files of a kind.

    An editable checkout reads the live files at its top; an installed wheel carries its own.
    """
    if kind == "evidence":
        return PACKAGE / "observations" / "tables"
    if kind in {"prices", "points", "trends", "losses"}:
        return PACKAGE / "observations" / kind
    live = CHECKOUT / kind  # models, priors; docs holds the examples that commands print
    return live if (CHECKOUT / "pyproject.toml").is_file() and live.is_dir() else PACKAGE / kind


def names(kind: str) -> tuple[str, ...]:
    """Names of the files of a kind, sorted: of those that ship, and of evidence in the user's own folder."""
    return tuple(sorted({path.stem for folder in _folders(kind) for path in folder.glob("*.toml")}))


def _folders(kind: str) -> tuple[Path, ...]:
    """Where files of a kind are looked for by name; the first one wins."""
    return (evidence.user_folder(), shelf(kind)) if kind == "evidence" else (shelf(kind),)


def locate(kind: str, name: str) -> Path:
    """Find a file by its name or by its path.

    Raises
    ------
    InputError
        If there is none; lists the names.
    """
    if stand_in := _STAND_INS.get().get((kind, name)):
        return stand_in
    if _is_path(name):
        path = Path(name)
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a file", "Give the path of a TOML file.")
        if not path.is_file():
            or_name = f", or name one of: {', '.join(names(kind))}" if names(kind) else ""
            raise InputError(f"there is no file {path}", f"Check the path{or_name}.")
        return path
    if name not in names(kind):
        singular = SINGULAR.get(kind, kind)
        raise InputError(f"unknown {singular} {name!r}", nearest(name, names(kind)) + OR_A_PATH)
    return next(path for folder in _folders(kind) if (path := folder / f"{name}.toml").is_file())


def _is_path(name: str) -> bool:
    return name.endswith(".toml") or "/" in name


def load_card(name: str) -> ModelCard:
    """Load a model card by name or path, with what it takes over from the card that it extends."""
    path = locate("models", name)
    return read(ModelCard, path)


def bases[T: (ModelCard, PriorSet)](content: T) -> list[tuple[str, T]]:
    """What a card or a prior set extends, one extending the next, each with the name by which it was told.

    Examples
    --------
    >>> [name for name, _ in bases(load_card("unbounded-measure"))]
    ['leaderboard']
    """
    kind, found = type(content), []
    while content.extends:
        name = content.extends
        content = read(kind, locate(EXTENDABLE[kind], name))
        found.append((name, content))
    return found


def variants(name: str) -> tuple[str, ...]:
    """Names of a built-in card and of those that extend it and ask the same of the same leaderboards.

    A card without the base's discrepancy is none of them: it shows a cost, it is no story about the future.

    Examples
    --------
    >>> variants("paper")
    ('paper',)
    """
    base = load_card(name)
    others = {other: load_card(other) for other in names("models") if other != name}
    alike = [other for other, card in others.items() if card.extends == name and _asks(card) == _asks(base)]
    return (name, *alike)


def _asks(card: ModelCard) -> tuple[object, ...]:
    return card.benchmarks, card.followers, card.events, card.discrepancy


def load_priors(name: str) -> PriorSet:
    """Load a prior set by name or path."""
    return read(PriorSet, locate("priors", name))


def load_evidence(name: str) -> EvidenceTable | ScoreTable:
    """Load a table of all scores, of records or of gaps, by name or path."""
    path = locate("evidence", name)
    return read(ScoreTable, path) if _said_kind(path) == "scores" else read(EvidenceTable, path)


def load_published(name: str) -> EvidenceTable:
    """Load a table of records or of gaps, as they were published, by name or path."""
    return read(EvidenceTable, locate("evidence", name))


def load_prices() -> Prices:
    """Load all prices: the lists that ship, then the user's own."""
    return evidence.load_prices(shelf("prices"), evidence.user_folder() / "prices")


def _said_kind(path: Path) -> object:
    return toml_in(path, text_in(path)).get("kind")


def load_points(name: str) -> PointTable:
    """Load a table of points by name or path."""
    return read(PointTable, locate("points", name))


def load_trend(name: str) -> TrendTable:
    """Load a trend by name or path."""
    return read(TrendTable, locate("trends", name))


def load_losses(name: str) -> LossTable:
    """Load a table of measured losses by name or path."""
    return read(LossTable, locate("losses", name))


def evidence_names() -> tuple[str, ...]:
    """Names of all evidence, the user's own included: tables of scores first, then trends."""
    return tuple(dict.fromkeys(names("evidence") + names("trends")))


def load_any_evidence(name: str) -> EvidenceTable | ScoreTable | TrendTable | LossTable:
    """Load a table of scores, a trend or a table of losses, by name or path.

    Raises
    ------
    InputError
        If there is none, or the file is of another kind.
    """
    if not _is_path(name) and name not in names("evidence"):
        if name in names("trends"):
            return load_trend(name)
        raise InputError(f"unknown evidence {name!r}", nearest(name, evidence_names()) + OR_A_PATH)
    path = locate("evidence", name)
    kind = _said_kind(path)
    if kind == "trend":
        return read(TrendTable, path)
    return read(LossTable, path) if kind == "losses" else load_evidence(name)


def check(path: Path) -> BaseModel:
    """Read a file of any kind and say what it is.

    Raises
    ------
    InputError
        If it is none of them, or says something that its kind may not say.
    """
    located = locate("models", os.path.join(".", path))
    data = toml_in(located, text_in(located))
    if data.keys() & {"events", "clock"} or ("extends" in data and "description" not in data):
        kind = "models"
    elif data.get("kind") in tuple(OF_KIND):  # a list is no member of a dictionary
        kind = OF_KIND[data["kind"]]
    elif "points" in data:
        kind = "points"
    elif "records" in data or "gaps" in data or "benchmark" in data:
        kind = "evidence"
    else:
        kind = "priors"
    return _understood(KINDS[kind], data, path)


def kind_of(content: BaseModel) -> str:
    """What a file that was read is called: "model card", "evidence table".

    Examples
    --------
    >>> kind_of(load_card("paper"))
    'model card'
    """
    kind = next(kind for kind, holder in KINDS.items() if type(content) is holder)
    return SINGULAR.get(kind, f"{kind} table")


def document_of(content: BaseModel) -> dict[str, Any]:
    """What a file says, as a document that can be read again as such a file."""
    return content.model_dump(mode="json", by_alias=True, exclude_none=True)


def toml_of(content: BaseModel) -> str:
    """What something says, as the text of a file of its kind."""
    import tomli_w

    return tomli_w.dumps(content.model_dump(by_alias=True, exclude_none=True))


def fingerprint(content: BaseModel) -> str:
    """SHA-256 of what a file says, whatever its comments and spacing."""
    text = json.dumps(content.model_dump(mode="json", by_alias=True), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read[T: BaseModel](kind: type[T], path: Path) -> T:
    """Read a TOML file of a kind; a card or a prior set with what it takes over from the one that it extends.

    Raises
    ------
    InputError
        If it cannot be read, or says something that its kind may not say.
    """
    text = text_in(path)
    content = understood(kind, text, path)
    _TEXTS[fingerprint(content)] = text
    return content


def understood[T: BaseModel](kind: type[T], text: str, path: Path) -> T:
    """What a text says that stands, or will stand, in a file.

    Raises
    ------
    InputError
        As `read` does; names the file.
    """
    return _understood(kind, toml_in(path, text), path)


def _understood[T: BaseModel](kind: type[T], data: dict[str, Any], path: Path) -> T:
    if issubclass(kind, ScoreTable | PriceTable):
        return evidence.with_rows(kind, data, path)
    return validated(kind, _whole(kind, data, path), path)


def _whole(kind: type[BaseModel], data: dict[str, Any], path: Path) -> dict[str, Any]:
    """A card or a prior set as if it were written out: with what it takes over from the one that it extends.

    Raises
    ------
    InputError
        If there is none such, or one extends itself.
    """
    if kind not in EXTENDABLE:
        return data
    folder = EXTENDABLE[kind]
    seen, told = [path.resolve()], data
    while "extends" in told:
        if not isinstance(told["extends"], str):
            raise InputError(
                f"{path}: extends is not a name (got {told['extends']!r})",
                f"Write the name or path of a {SINGULAR[folder]}.",
            )
        with naming(f"{path}: extends = {told['extends']!r}"):
            base = locate(folder, told["extends"])
            if base.resolve() in seen:
                raise InputError(f"{base} extends itself", "Write one of these files out in full.")
            told = toml_in(base, text_in(base))
        seen.append(base.resolve())
        data = extended(data, told)
    return data
