"""``meekcast cache``: the posteriors kept on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    clear: Annotated[bool, typer.Option("--clear", help="Delete all cached posteriors.")] = False
    json: Json = False


@command(Options)
def cache(options: Options) -> None:
    """Show the posteriors kept on disk, or clear them."""
    from meekcast import cache as kept
    from meekcast.report.terminal import print_json

    removed = kept.clear() if options.clear else 0
    sizes = {str(file): file.stat().st_size for file in kept.entries()}
    if options.json:
        entries = [{"file": file, "bytes": size} for file, size in sizes.items()]
        print_json({"folder": str(kept.folder()), "removed": removed, "entries": entries})
    elif options.clear:
        print(f"removed {_posteriors(removed)} from {kept.folder()}")
    else:
        print(f"{_posteriors(len(sizes))}, {sum(sizes.values()) / 1e6:.1f} MB, in {kept.folder()}")


def _posteriors(n: int) -> str:
    return f"{n} posterior{'' if n == 1 else 's'}"
