"""``meekcast reproduce``: the claims of the paper computed again, with its figures and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command, as typed."""

    ids: Annotated[
        list[str],
        typer.Argument(metavar="ID", help="Claims, or whole families; everything by default.", show_default=False),
    ] = field(default_factory=list)
    out: Annotated[Path, typer.Option(metavar="DIR", help="Figures and tables go to DIR.")] = Path("out/reproduce")
    json: Json = False


@command(Options)
def reproduce(options: Options) -> None:
    """Compute every number and figure of the paper again, and compare with what was published.

    Families: training inference benchmark tokens leaderboard words.
    """
    from meekcast.door.paper import write_claims
    from meekcast.files import check_writable
    from meekcast.paper.registry import FAMILIES, gather_claims
    from meekcast.report.claims import claims_report
    from meekcast.report.terminal import show

    found = gather_claims(options.ids)
    check_writable(options.out)
    claims = [claim for family in found.values() for claim in family]
    files = write_claims(options.out, claims, tuple(found))
    titles = {name: FAMILIES[name].title for name in found}
    show(
        [claim.as_dict() for claim in claims],
        lambda: claims_report(found, titles, options.out, files),
        as_json=options.json,
    )
