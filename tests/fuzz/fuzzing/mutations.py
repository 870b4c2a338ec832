"""Hypothesis strategies that damage what is right: documents at their leaves, files at their bytes, lines at their words."""

from __future__ import annotations

import copy
import datetime as dt
import json
import tomllib
from collections.abc import Sequence
from typing import Any

import tomli_w
from hypothesis import strategies as st

HOSTILE = "\x1b[31m\u202e<script>[/b]$\\frac{"
NUMBERS = [0, -1, 1, 2, 50, 2**31, 2**63, -(2**63), 10**400, 0.0, -0.0, 0.5, -2.5, 5e-324, 1e-320, 1e17, 1e300, -1e308]
ODD_NUMBERS = [float("nan"), float("inf"), float("-inf")]
TEXTS = [
    "", " ", "x", "nan", "inf", "../x", "/dev/null", ".", "a\nb", "é", "\x7f", HOSTILE, "w" * 300, "x\0y",
    "paper", "leaderboard", "LogNormal(1e-320, 90% 2.0..2.9)", "Normal(0.155, sd 1e300)", "Point(1e400)", "2030", "0001-01-01",
    "loss_gap < 1 at 2030", "gpqa_gap < 5 for 6 months", "budget", "R", "alpha", "points", "frontier",
]  # fmt: skip
DATES = [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2024, 2, 29), dt.datetime(2024, 1, 1, 12), dt.time(1)]
PARTS: list[Any] = [[], {}, [[]], [{}], {"": 1}, [1, "x"], True, False]

TOML_LEAVES = st.sampled_from([*NUMBERS, *ODD_NUMBERS, *TEXTS, *DATES, *PARTS]) | st.floats() | st.text(max_size=12)
JSON_LEAVES = (
    st.sampled_from([*NUMBERS, *ODD_NUMBERS, *TEXTS, *PARTS, None, "\ud800"]) | st.integers() | st.text(max_size=12)
)
TOKENS = st.sampled_from(
    [text.encode("utf-8", "replace") for text in TEXTS]
    + [b"=", b"[", b"]]", b"{", b'"', b"'", b"#", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b",", b";", b"1e999",
       b"9" * 5000, b"[" * 3000, b"{" * 3000, b"a." * 300, b"_", b"-", b"\\u0000", b"\\ud800"]
)  # fmt: skip

type Path = tuple[str | int, ...]


def paths(value: Any, at: Path = ()) -> list[Path]:
    """Where something stands in a document."""
    if isinstance(value, dict):
        inner = [path for key, held in value.items() for path in paths(held, (*at, key))]
    elif isinstance(value, list):
        inner = [path for i, held in enumerate(value[:8]) for path in paths(held, (*at, i))]
    else:
        inner = []
    return [at, *inner] if at else inner


def held(document: Any, path: Path) -> Any:
    """What stands there."""
    for step in path:
        document = document[step]
    return document


def edit(draw: Any, document: Any, leaves: st.SearchStrategy[Any]) -> None:
    """Change one thing: a leaf, a key, or what stands elsewhere."""
    places = paths(document)
    if not places:
        return
    path = draw(st.sampled_from(places))
    holder, step = held(document, path[:-1]), path[-1]
    way = draw(st.sampled_from(["leaf", "leaf", "leaf", "drop", "other", "list", "key", "twice"]))
    if way == "drop":
        del holder[step]
    elif way == "other":
        holder[step] = copy.deepcopy(held(document, draw(st.sampled_from(places))))
    elif way == "list":
        holder[step] = [holder[step]]
    elif way == "key" and isinstance(holder, dict):
        holder[draw(st.sampled_from(["", "name", "kind", HOSTILE, "x" * 300]))] = holder.pop(step)
    elif way == "twice" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[step]))
    else:
        holder[step] = copy.deepcopy(draw(leaves))  # another edit may change it


@st.composite
def documents(draw: Any, seeds: Sequence[Any], leaves: st.SearchStrategy[Any]) -> Any:
    """A document with one to three changes."""
    document = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 3))):
        edit(draw, document, leaves)
    return document


@st.composite
def damaged(draw: Any, seeds: Sequence[bytes]) -> bytes:
    """A file with up to four spans cut, repeated, or replaced."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from([0, 1, 1, 4, 30, 400])))
        way = draw(st.sampled_from(["token", "byte", "cut", "repeat"]))
        if way == "token":
            content[start:end] = draw(TOKENS)
        elif way == "byte":
            content[start:end] = bytes([draw(st.integers(0, 255))])
        elif way == "cut":
            del content[start:end]
        else:
            content[start:start] = content[start:end] * 2
    return bytes(content)


def toml_files(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Files of TOML, damaged as documents or as bytes."""
    read = [tomllib.loads(seed.decode()) for seed in seeds]
    written = documents(read, TOML_LEAVES).map(lambda d: tomli_w.dumps(d).encode("utf-8", "replace"))
    return written | written | damaged(seeds)


def json_files(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Files of JSON, damaged as documents or as bytes."""
    written = documents([json.loads(seed) for seed in seeds], JSON_LEAVES).map(lambda d: json.dumps(d).encode())
    return written | written | damaged(seeds)


def lines(examples: Sequence[str], words: Sequence[str]) -> st.SearchStrategy[str]:
    """Lines of a small language: words in any order, examples that are damaged, any text."""
    joined = st.lists(st.sampled_from([*words, *TEXTS, "1e999", "9" * 400]), max_size=12)
    bent = damaged([text.encode() for text in examples]).map(lambda b: b.decode("utf-8", "replace"))
    return joined.map(" ".join) | joined.map("".join) | bent | st.text(max_size=40)
