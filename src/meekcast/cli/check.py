"""``meekcast check``: what a file of the user's own is, or what is wrong with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from meekcast.cli.app import command


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    file: Annotated[Path, typer.Argument(help="TOML file of a card, a prior set or evidence.")]


@command(Options)
def check(options: Options) -> None:
    """Check a file of your own and say what it is."""
    from meekcast.cards import library
    from meekcast.cards.schema import ModelCard
    from meekcast.inputs import gather
    from meekcast.report.terminal import say

    item: Any = library.check(options.file)
    if isinstance(item, ModelCard):
        gather(os.path.join(".", options.file))
    say(f"{options.file}: a valid {library.kind_of(item)}, {item.name!r}")
