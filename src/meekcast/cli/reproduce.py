"""``meekcast reproduce``: the claims of the paper computed again, with its figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.cli.app import command
from meekcast.cli.options import Json

if TYPE_CHECKING:
    from meekcast.paper.claims import Claim


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
    from meekcast.files import check_writable
    from meekcast.paper.registry import FAMILIES, gather_claims
    from meekcast.report.claims import claims_report
    from meekcast.report.terminal import show

    found = gather_claims(options.ids)
    check_writable(options.out)
    claims = [claim for family in found.values() for claim in family]
    files = write(options.out, claims, tuple(found))
    titles = {name: FAMILIES[name].title for name in found}
    show(
        [claim.as_dict() for claim in claims],
        lambda: claims_report(found, titles, options.out, files),
        as_json=options.json,
    )


def write(folder: Path, claims: Sequence[Claim], families: tuple[str, ...]) -> list[str]:
    """Write the claims, and the picture and the table of each figure; all files or none.

    Parameters
    ----------
    folder : pathlib.Path
        Where.
    claims : sequence of Claim
        What claims.json and claims.csv hold.
    families : tuple of str
        Whose figures are drawn.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    OutputError
        If the folder cannot be written; earlier files stay.
    """
    from meekcast.export.table_text import write_table
    from meekcast.files import staged, to_json
    from meekcast.paper.registry import gather_pictures
    from meekcast.plots import paper

    with staged(folder) as stage:
        rows = [claim.as_dict() for claim in claims]
        (stage / "claims.json").write_text(to_json(rows) + "\n", encoding="utf-8")
        write_table(stage / "claims.csv", [tuple(rows[0]), *(tuple(row.values()) for row in rows)])
        for picture in gather_pictures(families):
            paper.write_picture(picture, stage)
            write_table(stage / f"{picture.name}.csv", picture.table())
        return sorted(file.name for file in stage.iterdir())
