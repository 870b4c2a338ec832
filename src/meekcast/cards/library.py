"""Where cards, prior sets and evidence are found, by name or by path, and how they are read."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from meekcast.cards.extension import extended
from meekcast.cards.priors import PriorSet
from meekcast.cards.schema import ModelCard
from meekcast.errors import InputError, naming, nearest
from meekcast.observations import EvidenceTable, LossTable, PointTable, TrendTable

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parents[1]

KINDS: dict[str, type[BaseModel]] = {
    "models": ModelCard,
    "priors": PriorSet,
    "evidence": EvidenceTable,
    "points": PointTable,
    "trends": TrendTable,
    "losses": LossTable,
}
"""Kinds of files, and what each may say."""

SINGULAR = {
    "models": "model card",
    "priors": "prior set",
    "points": "table of points",
    "trends": "trend",
    "losses": "table of losses",
}
"""What one file of a kind is called, where not as its kind."""

EXTENDABLE: dict[type[BaseModel], str] = {ModelCard: "models", PriorSet: "priors"}
"""What may take over from another of its kind, and the folder in which that is found."""

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


def shelf(kind: str) -> Path:
    """Folder of the built-in files of a kind.

    An editable checkout reads the live files at its top; an installed wheel carries its own.
    """
    if kind == "evidence":
        return PACKAGE / "observations" / "tables"
    if kind in {"points", "trends", "losses"}:
        return PACKAGE / "observations" / kind
    live = CHECKOUT / kind  # models, priors; docs holds the examples that commands print
    return live if (CHECKOUT / "pyproject.toml").is_file() and live.is_dir() else PACKAGE / kind


def names(kind: str) -> tuple[str, ...]:
    """Names of the built-in files of a kind, sorted."""
    return tuple(sorted(path.stem for path in shelf(kind).glob("*.toml")))


def locate(kind: str, name: str) -> Path:
    """Find a file by its built-in name or by its path.

    Raises
    ------
    InputError
        If there is none; lists the built-in names.
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
    return shelf(kind) / f"{name}.toml"


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
    return card.benchmarks, card.events, card.discrepancy


def load_priors(name: str) -> PriorSet:
    """Load a prior set by name or path."""
    return read(PriorSet, locate("priors", name))


def load_evidence(name: str) -> EvidenceTable:
    """Load an evidence table by name or path."""
    return read(EvidenceTable, locate("evidence", name))


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
    """Names of everything that ships as evidence: tables of scores first, then trends."""
    return names("evidence") + names("trends")


def load_any_evidence(name: str) -> EvidenceTable | TrendTable | LossTable:
    """Load a table of scores, a trend or a table of losses, by name or path.

    Raises
    ------
    InputError
        If there is none, or the file is of another kind.
    """
    if name in names("trends"):
        return load_trend(name)
    if not _is_path(name) and name not in names("evidence"):
        raise InputError(f"unknown evidence {name!r}", nearest(name, evidence_names()) + OR_A_PATH)
    path = locate("evidence", name)
    kind = _toml(path, _text(path)).get("kind")
    if kind == "trend":
        return read(TrendTable, path)
    return read(LossTable, path) if kind == "losses" else read(EvidenceTable, path)


def check(path: Path) -> BaseModel:
    """Read a file of any kind and say what it is.

    Raises
    ------
    InputError
        If it is none of them, or says something that its kind may not say.
    """
    located = locate("models", os.path.join(".", path))
    data = _toml(located, _text(located))
    if data.keys() & {"events", "clock"} or ("extends" in data and "description" not in data):
        kind = "models"
    elif data.get("kind") in ("trend", "losses"):  # a list is no member of a set
        kind = {"trend": "trends", "losses": "losses"}[data["kind"]]
    elif "points" in data:
        kind = "points"
    elif "records" in data or "gaps" in data or "benchmark" in data:
        kind = "evidence"
    else:
        kind = "priors"
    return validated(KINDS[kind], _whole(KINDS[kind], data, path), path)


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
    text = _text(path)
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
    return validated(kind, _whole(kind, _toml(path, text), path), path)


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
            told = _toml(base, _text(base))
        seen.append(base.resolve())
        data = extended(data, told)
    return data


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors put a mark at the front
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}", "Check that it is a readable UTF-8 text file.") from None
    if not text.strip():
        raise InputError(f"{path} is empty", "CONTRIBUTING.md shows what such a file holds.")
    return text


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}", "Mend the line named above.") from None
    _refuse_nul(data, path, "")
    return data


def _refuse_nul(value: Any, path: Path, key: str) -> None:
    """Refuse the one character that NetCDF cannot hold, and that no text needs."""
    if isinstance(value, str) and "\0" in value:
        raise InputError(f"{path}: {key or 'a key'} holds a NUL character (got {value!r})", r"Leave out \u0000.")
    if isinstance(value, dict):
        for name, held in value.items():
            _refuse_nul(name, path, "")
            _refuse_nul(held, path, f"{key}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for held in value:
            _refuse_nul(held, path, key)


def validated[T: BaseModel](kind: type[T], data: dict[str, Any], path: Path | str) -> T:
    """Read what a file says, or what was written in Python in its place.

    Raises
    ------
    InputError
        If it says something that its kind may not say; names the place, the key and what is allowed.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = [_explain(kind, problem) for problem in error.errors()]
        raise InputError(f"{path}: " + f"\n{path}: ".join(lines), "Mend the file and try again.") from None


def _explain(kind: type[BaseModel], problem: Any) -> str:
    """One line for one problem: the key, what was got, what is allowed."""
    key = ".".join(str(part) for part in problem["loc"]) or "(file)"
    got = problem["input"]
    value = str(got) if isinstance(got, dt.date) else repr(got)
    shown = "" if isinstance(got, dict | list) or problem["type"] == "missing" else f" (got {value})"
    if problem["type"] == "extra_forbidden":
        *parents, last = problem["loc"]
        return f"unknown key {key!r}. " + nearest(str(last), _keys(kind, tuple(parents)))
    if problem["type"].startswith("date"):
        return f"{key}: not a date{shown}. Write year-month-day without quotes, such as 2024-05-01."
    return f"{key}: {problem['msg'].removeprefix('Value error, ')}{shown}"


def _keys(kind: Any, parents: tuple[Any, ...]) -> tuple[str, ...]:
    """Keys that a table inside a file may have."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not parents:
            return tuple(f.alias or name for name, f in kind.model_fields.items())
        field = kind.model_fields.get(str(parents[0]))
        return _keys(field.annotation, parents[1:]) if field else ()
    deeper = parents[1:] if get_origin(kind) in (list, dict) else parents  # an optional table is no step down
    return tuple(key for argument in get_args(kind) for key in _keys(argument, deeper))
