"""The table of claims that ``meekcast reproduce`` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from meekcast.paper.claims import VERDICTS, Claim

LEGEND = (
    "reproduced: agrees to the printed digits, or the sentence follows. rounding: the last digit is off by one. "
    "differs: another number. does not follow: not a consequence of the equations as read here."
)

STYLE = {"reproduced": "green", "rounding": "cyan", "differs": "yellow", "does not follow": "bold red"}


def claims_report(
    found: Mapping[str, Sequence[Claim]], titles: Mapping[str, str], folder: Path, files: Sequence[str]
) -> RenderableType:
    """One table a family, the tally, and where the files are.

    Parameters
    ----------
    found : mapping of str to sequence of Claim
        By family.
    titles : mapping of str to str
        Names of the families.
    folder : pathlib.Path
        Where the files are.
    files : sequence of str
        Their names.

    Returns
    -------
    rich renderable
        For a terminal of 60 columns or more.
    """
    counts = Counter(claim.verdict for claims in found.values() for claim in claims)
    tally = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if counts[v])
    pictures = [name for name in files if name.endswith(".png")]
    return Group(
        *(part for name, claims in found.items() for part in _family(titles[name], claims)),
        Text(f"{counts.total()} claims: {tally}.", "bold"),
        Text(LEGEND, "dim"),
        Text(f"In {folder}: claims.json, claims.csv, and with a .csv beside each {', '.join(pictures)}", "dim"),
    )  # fmt: skip


def _family(title: str, claims: Sequence[Claim]) -> Iterator[RenderableType]:
    """The numbers of each claim in columns, and below them, over the whole width, what they are about."""
    yield Text(f"\n{title}", "bold")
    yield _row(*(Text(name, "dim") for name in ("claim", "published", "computed", "off by", "verdict")))
    for claim in claims:
        off = claim.difference
        numbers = (number_text(claim.published), number_text(claim.computed), "–" if off is None else f"{off:+.2g}")
        yield _row(Text(claim.id, "bold"), *numbers, Text(claim.verdict, STYLE[claim.verdict]))
        about = Text.assemble(f"{claim.claim} [{claim.unit}]. ", (claim.note, "dim"))
        yield Padding(about, (0, 0, 0, 2))


def _row(*cells: RenderableType) -> Table:
    """One line of columns that are as wide in every row."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(ratio=1, min_width=14, max_width=33, overflow="fold")
    for width in (9, 9, 8):
        table.add_column(justify="right", width=width, no_wrap=True)
    table.add_column(width=15, no_wrap=True)
    table.add_row(*cells)
    return table


def number_text(value: float | None) -> str:
    """Five digits at most, three of what is very large or small; a dash where there is no number.

    Examples
    --------
    >>> number_text(3.33723), number_text(1e20), number_text(float("-inf")), number_text(2023.84)
    ('3.3372', '1e+20', '-inf', '2023.8')
    """
    if value is None:
        return "–"
    ordinary = value == 0 or 0.01 <= abs(value) < 1e5
    return f"{value:.5g}" if ordinary else f"{value:.3g}"
