"""The paper from Python: its closed forms at point values, and its claims computed again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, override

from meekcast.door.shown import Sheet, Shown, brief, frame
from meekcast.files import Document

if TYPE_CHECKING:
    import pandas as pd

    from meekcast.paper.claims import Claim


class Point(Shown):
    """The paper's closed forms at point values.

    Parameters
    ----------
    document : dict
        ``peak_time``, ``peak_gap``, ``inflection_time``, ``end_time``, ``tokens_at_peak`` and ``at``; times in
        years since both actors spent the same.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    @property
    def table(self) -> pd.DataFrame:
        """Both actors at the dates that were asked for."""
        return frame(self.document["at"], "time" if self.document["at"] else None)

    @override
    def _sheet(self) -> Sheet:
        found = self.document
        notes = [
            f"the loss gap peaks after {found['peak_time']:.4g} years, at {found['peak_gap']:.4g} nats/token "
            f"({found['tokens_at_peak']:.4g} tokens to tell the models apart)",
            f"inflection after {found['inflection_time']:.4g} years; below eps for good after "
            f"{found['end_time']:.4g} years",
        ]
        columns = list(found["at"][0]) if found["at"] else []
        rows = [[brief(float(row[name])) for name in columns] for row in found["at"]]
        return Sheet("The paper's closed forms at point values", columns, rows, notes)


def point(*, at: Iterable[float] = (), **values: float) -> Point:
    """Evaluate the paper's closed forms at point values; nothing is sampled.

    Parameters
    ----------
    at : iterable of float, optional
        Years since both spent the same, at which both actors are compared.
    **values
        Changed values: alpha, A, L0, g_hardware, g_algorithms, g_investment, C0, R, eps, error_rate (or type_1
        and type_2), slowdown; the published ones by default.

    Returns
    -------
    Point
        Dates, gaps and tokens.

    Raises
    ------
    InputError
        If a name is unknown or a value impossible.

    Examples
    --------
    >>> import meekcast as mk
    >>> mk.point(R=10)
    The paper's closed forms at point values
    the loss gap peaks after 1.528 years, at 0.2966 nats/token (8.934 tokens to tell the models apart)
    inflection after 4.866 years; below eps for good after 13.13 years
    """
    from meekcast.paper.point import point as evaluate
    from meekcast.paper.point import read_values

    return Point(evaluate(read_values([f"{name}={value!r}" for name, value in values.items()]), list(at)))


class Claims(Shown):
    """The claims of the paper, each with what was published, what comes out, and a verdict.

    Parameters
    ----------
    claims : tuple of Claim
        The claims.
    families : tuple of str
        Of which families.
    """

    def __init__(self, claims: tuple[Claim, ...], families: tuple[str, ...]) -> None:
        self.claims, self._families = claims, families

    @property
    def document(self) -> list[Document]:
        """Plain values, as ``claims.json`` holds them."""
        return [claim.as_dict() for claim in self.claims]

    @property
    def table(self) -> pd.DataFrame:
        """One row a claim."""
        return frame(self.document, "id")

    def save(self, folder: str | Path) -> Path:
        """Write claims, figures and their tables, as ``meekcast reproduce`` does; returns the folder.

        Raises
        ------
        OutputError
            If it cannot be written; earlier files stay.
        """
        write_claims(Path(folder), self.claims, self._families)
        return Path(folder)

    @override
    def _sheet(self) -> Sheet:
        verdicts = [claim.verdict for claim in self.claims]
        counted = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))
        rows = [[c.id, brief(c.published), brief(c.computed), c.verdict] for c in self.claims]
        title = f"Claims of arXiv:2507.07931: {counted}"
        return Sheet(title, ["claim", "published", "computed", "verdict"], rows)


def reproduce(ids: str | Iterable[str] = ()) -> Claims:
    """Compute the numbers and figures of the paper again, and compare with what was published.

    Parameters
    ----------
    ids : str or iterable of str, optional
        Claims, or whole families (training, inference, benchmark, tokens, leaderboard, words); all by default.

    Returns
    -------
    Claims
        Each with a verdict.

    Raises
    ------
    InputError
        If there is no such claim.

    Examples
    --------
    >>> import meekcast as mk
    >>> mk.reproduce("training").table["verdict"].iloc[0]
    'reproduced'
    """
    from meekcast.paper.registry import gather_claims

    found = gather_claims([ids] if isinstance(ids, str) else ids)
    return Claims(tuple(claim for family in found.values() for claim in family), tuple(found))


def write_claims(folder: Path, claims: Sequence[Claim], families: Sequence[str]) -> list[str]:
    """Write the claims, and the picture and the table of each figure, all files or none; returns their names.

    Raises
    ------
    OutputError
        If the folder cannot be written; earlier files stay.
    """
    from meekcast.export.table_text import write_table
    from meekcast.files import staged, to_json
    from meekcast.paper.registry import gather_pictures
    from meekcast.plots.paper import write_picture

    with staged(folder) as stage:
        rows = [claim.as_dict() for claim in claims]
        (stage / "claims.json").write_text(to_json(rows) + "\n", encoding="utf-8")
        write_table(stage / "claims.csv", [tuple(rows[0]), *(tuple(row.values()) for row in rows)])
        for picture in gather_pictures(families):
            write_picture(picture, stage)
            write_table(stage / f"{picture.name}.csv", picture.table())
        return sorted(file.name for file in stage.iterdir())
