"""Options that several commands share: one name, one meaning, one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Write JSON and nothing else to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Write the files and print nothing but errors.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Sample even if the posterior is in the cache.")]
Cards = Annotated[
    list[str] | None,
    typer.Argument(metavar="CARD", help="Cards, by name or path; several are compared. Default: leaderboard."),
]
Priors = Annotated[str | None, typer.Option(help="Prior set, by name or path; the card's own by default.")]
Fixed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Fix a parameter; members of its joint prior move along."),
]
Changed = Annotated[
    list[str] | None,
    typer.Option("--prior", metavar="NAME=PRIOR", help="Change a prior: g_investment='LogNormal(2.4, 90% 2.0..2.9)'."),
]
Evidence = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Table for a benchmark, a trend, or losses, by name or path."),
]
Until = Annotated[float | None, typer.Option(metavar="YEAR", help="Horizon of events and bands.")]
Today = Annotated[str | None, typer.Option(metavar="DATE", help="Date of asking; the current one by default.")]
Anchor = Annotated[str | None, typer.Option(metavar="DATE", help="Date of year 0 of a card that knows no calendar.")]
By = Annotated[
    list[str] | None,
    typer.Option(metavar="DATE", help="Ask for the probability by then: 2027 (its end), 2027-06-30."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random.")]
Draws = Annotated[int, typer.Option(min=50, help="Kept draws of each of four chains.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Files go to DIR/<card>/.")]
