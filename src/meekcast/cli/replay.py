"""``meekcast replay``: whether a run comes out again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.drawing import draw_run
from meekcast.cli.options import Json

EXIT_OK, EXIT_DIFFERENT = 0, 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    manifest: Annotated[Path, typer.Argument(help="manifest.json of a run, or its folder.")]
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the new files in DIR.")] = None
    cached: Annotated[bool, typer.Option("--cached", help="Take the posterior from the cache if it is there.")] = False
    json: Json = False


@command(Options)
def replay(options: Options) -> int:
    """Make a run again from its manifest alone and say which outputs are identical, byte for byte.

    Exit code 1 where an output differs.
    """
    from meekcast.report.progress import showing
    from meekcast.report.replay import replay_document, replay_report
    from meekcast.report.terminal import show
    from meekcast.runs.replay import replay as make_again

    with showing() as progress:
        found = make_again(options.manifest, options.out, progress, draw=draw_run, fresh=not options.cached)
    show(replay_document(found), lambda: replay_report(found), as_json=options.json)
    return EXIT_DIFFERENT if found.different else EXIT_OK
