"""``meekcast cache``: what is kept on disk, posteriors and compiled models."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json, known


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    clear: Annotated[
        bool, typer.Option("--clear", help="Delete them. Backtests and simulations, small and dear, stay.")
    ] = False
    compile: Annotated[
        list[str],
        typer.Option(
            metavar="CARD", help="Compile a card's model now, for all later runs.", autocompletion=known("models")
        ),
    ] = field(default_factory=list)
    json: Json = False


@command(Options)
def cache(options: Options) -> None:
    """Show the posteriors and compiled models kept on disk, clear them, or compile models ahead."""
    from meekcast import cache as kept
    from meekcast.report.terminal import print_json, say

    removed = kept.clear() if options.clear else Counter[str]()
    _compile(options.compile)
    sizes = {str(file): file.stat().st_size for file in kept.entries()}
    if options.json:
        entries = [{"file": file, "bytes": size} for file, size in sizes.items()]
        print_json({"folder": str(kept.folder()), "removed": removed.total(), "entries": entries})
    elif options.clear:
        say(f"removed {_counted(removed)} from {kept.folder()}")
    else:
        say(f"{_counted(kept.counted(kept.entries()))}, {sum(sizes.values()) / 1e6:.1f} MB, in {kept.folder()}")


def _compile(cards: list[str]) -> None:
    from meekcast.inputs import gather
    from meekcast.report.progress import showing

    every = [gather(card) for card in cards]
    with showing() as progress:
        for inputs in every:
            if inputs.data:
                from meekcast.inference.compiling import compiled

                compiled(inputs, progress)


def _counted(found: Counter[str]) -> str:
    """How much of what.

    Examples
    --------
    >>> _counted(Counter(posterior=1, code=2)), _counted(Counter())
    ('1 posterior and 2 compiled models', '0 posteriors and 0 compiled models')
    """
    names = {"posterior": "posterior", "code": "compiled model"}
    parts = (f"{found[kind]} {name}{'' if found[kind] == 1 else 's'}" for kind, name in names.items())
    return " and ".join(parts)
