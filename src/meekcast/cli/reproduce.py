"""``meekcast reproduce``: the claims of the paper computed again, with its figures and tables."""

from __future__ import annotations

from pathlib import Path

from meekcast.export.table_text import write_table
from meekcast.files import staged, to_json
from meekcast.paper.claims import Claim
from meekcast.paper.registry import FAMILIES, gather_claims, gather_pictures
from meekcast.plots.paper import write_picture
from meekcast.report.claims import claims_report
from meekcast.report.tables import out_console


def run(ids: list[str], out: Path, json: bool) -> None:
    """Compute, write and print."""
    found = gather_claims(ids)
    claims = [claim for family in found.values() for claim in family]
    files = write(out, claims, tuple(found))
    if json:
        print(to_json([claim.as_dict() for claim in claims]))
    else:
        titles = {name: FAMILIES[name].title for name in found}
        out_console().print(claims_report(found, titles, out, files))


def write(folder: Path, claims: list[Claim], families: tuple[str, ...]) -> list[str]:
    """Write the claims, and the picture and the table of each figure; all files or none.

    Parameters
    ----------
    folder : pathlib.Path
        Where.
    claims : list of Claim
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
    with staged(folder) as stage:
        rows = [claim.as_dict() for claim in claims]
        (stage / "claims.json").write_text(to_json(rows) + "\n", encoding="utf-8")
        write_table(stage / "claims.csv", [tuple(rows[0]), *(tuple(row.values()) for row in rows)])
        for picture in gather_pictures(families):
            write_picture(picture, stage)
            write_table(stage / f"{picture.name}.csv", picture.table())
        return sorted(file.name for file in stage.iterdir())
