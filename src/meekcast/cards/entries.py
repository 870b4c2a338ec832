"""Priors that users elicit: the parameter looked up, and its entry added to a prior set of theirs."""

from __future__ import annotations

import re
from pathlib import Path

from meekcast.cards import library, parsing
from meekcast.cards.extension import stated
from meekcast.cards.priors import PriorSet
from meekcast.errors import InputError, nearest
from meekcast.files import locked, replacing
from meekcast.vocabulary import parameters
from meekcast.vocabulary.quantities import best_score


def find_parameter(name: str) -> parameters.Parameter:
    """Look a parameter up, those of the shipped cards' benchmarks included.

    Raises
    ------
    InputError
        If no card has such a parameter.
    """
    if name in parameters.GENERAL:
        return parameters.GENERAL[name]
    benchmarks = {b.name: b for card in library.names("models") for b in library.load_card(card).benchmarks}
    of_cards = {f"{b}_{role}" for b in benchmarks for role in parameters.LINK_ROLES}
    if name not in of_cards:
        raise InputError(f"unknown parameter {name!r}", nearest(name, parameters.GENERAL.keys() | of_cards))
    benchmark = next(b for key, b in benchmarks.items() if name.removeprefix(f"{key}_") in parameters.LINK_ROLES)
    known = parameters.find(name, tuple(benchmarks))
    unit = known.unit.replace("score", benchmark.unit)
    low, high = known.low, known.high
    if name == f"{benchmark.name}_ceiling":
        low, high = benchmark.floor, min(high, best_score(benchmark.unit))
    return parameters.Parameter(name, unit, known.meaning, low, high)


def set_with_prior(file: Path, name: str, entry: str) -> str:
    """Text of a prior set with an entry added; a new set where there is no file. Checked by reading it.

    Raises
    ------
    InputError
        If the file is no prior set, or has a prior of that parameter already.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder, not a file", "Give the path of a TOML file.")
    if file.exists():
        held = library.check(file)
        if not isinstance(held, PriorSet):
            raise InputError(f"{file} is no prior set", "Give the file of a prior set, or of a new one.")
        before = parsing.text_in(file).rstrip("\n")
        if name in stated(parsing.toml_in(file, before)):
            raise InputError(f"{file} has a prior of {name} already", "Remove it, or give another file.")
        whole = f"{before}\n\n{entry}"
    else:
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", file.stem).lstrip("-_") or "mine"
        whole = f'schema = 1\nname = "{stem}"\ntitle = "Elicited priors"\nextends = "literature"\n'
        whole += f'description = "From stated quantiles, by `meekcast elicit`."\n\n{entry}'
    library.understood(PriorSet, whole, file)
    return whole


def add_prior(file: Path, name: str, entry: str) -> None:
    """Add an entry to a prior set; of several processes at once, each adds its own.

    Raises
    ------
    InputError
        As `set_with_prior`.
    OutputError
        If the file cannot be written.
    """
    with locked(file.parent):
        whole = set_with_prior(file, name, entry)
        with replacing(file) as temporary:
            temporary.write_text(whole, encoding="utf-8")
