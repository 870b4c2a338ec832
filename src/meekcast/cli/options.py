"""Options that several commands share: one name, one meaning, one help text; and how their texts are read."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meekcast.errors import InputError
from meekcast.inference.sampler import MOST_SAMPLED

if TYPE_CHECKING:
    from meekcast.forecasts import draws
    from meekcast.inputs import Inputs, Override

MOST_SEED = 2**32 - 1
EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2100, 12, 31)
"""Dates on which somebody may ask."""


def known(kind: str) -> Callable[[str], list[str]]:
    """Complete names of built-in files in the shell."""

    def complete(incomplete: str) -> list[str]:
        from meekcast.cards import library

        names = library.evidence_names() if kind == "evidence" else library.names(kind)
        return [name for name in names if name.startswith(incomplete)]

    return complete


def example(name: str) -> Callable[[bool], None]:
    """Print a file of docs/ that works, for `--example`, and end."""

    def printing(wanted: bool) -> None:
        if wanted:
            from meekcast.cards.library import shelf
            from meekcast.report.terminal import say

            say((shelf("docs") / f"{name}.toml").read_text(encoding="utf-8").rstrip("\n"))
            raise typer.Exit

    return printing


def listed(texts: list[str]) -> list[str]:
    """Texts of an option that may be given several times, or once with commas.

    Examples
    --------
    >>> listed(["2027, 2028", "2030"])
    ['2027', '2028', '2030']
    """
    return [piece.strip() for text in texts for piece in text.split(",")]


Json = Annotated[bool, typer.Option("--json", help="Write JSON and nothing else to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Sample even what is in the cache.")]
Cards = Annotated[
    list[str],
    typer.Argument(
        metavar="CARD",
        help="Cards, by name or path; several are compared. Default: leaderboard.",
        autocompletion=known("models"),
        show_default=False,
    ),
]
Priors = Annotated[
    str | None,
    typer.Option(
        metavar="SET", help="Prior set, by name or path; the card's own by default.", autocompletion=known("priors")
    ),
]
Evidence = Annotated[
    list[str],
    typer.Option(
        metavar="NAME",
        help="Table for a benchmark, a trend, or losses, by name or path.",
        autocompletion=known("evidence"),
    ),
]
Until = Annotated[float | None, typer.Option(metavar="YEAR", help="Horizon of events and bands.")]
Today = Annotated[str | None, typer.Option(metavar="DATE", help="Date of asking; the current one by default.")]
AsOf = Annotated[
    str | None, typer.Option(metavar="DATE", help="Use only what was known on this date; that of asking by default.")
]
Anchor = Annotated[str | None, typer.Option(metavar="DATE", help="Date of year 0 of a card that knows no calendar.")]
By = Annotated[
    list[str],
    typer.Option(
        metavar="DATE",
        callback=listed,
        help="Ask for the probability by then: 2027 (its end), 2027-06-30; several: 2027,2030.",
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, max=MOST_SEED, help="Seed of everything random.")]
Draws = Annotated[
    int, typer.Option(metavar="N", min=50, max=MOST_SAMPLED, help="Kept draws of each of four chains, 50 to 10000.")
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Files go to DIR/<card>/.")]
Exact = Annotated[
    bool,
    typer.Option("--exact", help="Sample changed priors anew, even where weights of the card's own draws would do."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        envvar="MEEKCAST_SCHEDULER",
        help="Have the workers of a Dask scheduler share the fits: tcp://host:8786.",
    ),
]
"""An option of this name sets where the work of a command is done, see `meekcast.cli.app.command`."""
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, such as out/leaderboard.")]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a user states instead of the prior set."""

    fixed: Annotated[
        list[str],
        typer.Option("--set", metavar="NAME=VALUE", help="Fix a parameter; members of its joint prior move along."),
    ] = field(default_factory=list)
    changed: Annotated[
        list[str],
        typer.Option(
            "--prior", metavar="NAME=PRIOR", help="Change a prior: g_investment='LogNormal(2.4, 90% 2.0..2.9)'."
        ),
    ] = field(default_factory=list)

    def overrides(self) -> list[Override]:
        """Fixed values and changed priors; each parameter once.

        Raises
        ------
        InputError
            If one cannot be read, or a parameter is changed twice.
        """
        from meekcast.inputs import Override

        found = [_fixed(text) for text in self.fixed] + [Override.read(text) for text in self.changed]
        names = [override.name for override in found]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(
                f"{', '.join(twice)} is changed twice", "Give each parameter once, in --set or in --prior."
            )
        return found


def check_ship(ship: bool, *changes: object) -> None:
    """Refuse to ship what is not about a card as it ships: it would take the place of what is.

    Raises
    ------
    InputError
        If something else is asked.
    """
    if ship and any(changes):
        raise InputError(
            "--ship keeps what is found of a card as it ships", "Drop --set, --prior, --priors and --evidence."
        )


def _fixed(text: str) -> Override:
    from meekcast.inputs import Override

    override = Override.read(text)
    try:
        value = float(override.prior)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"--set {text!r}: {override.prior!r} is not a number", "For a distribution use --prior.")
    return override


def as_asked(inputs: Inputs, today: str | None, as_of: str | None) -> tuple[Inputs, dt.date]:
    """Inputs as of the dates of the options, and the date of asking (`meekcast.inputs.as_asked`)."""
    from meekcast import inputs as gathered

    dates = (read_date(text, option) if text else None for text, option in ((today, "--today"), (as_of, "--as-of")))
    return gathered.as_asked(inputs, *dates)


def check_stands(run: Path, changes: Mapping[str, object]) -> None:
    """Refuse options that would change a run that stands.

    Parameters
    ----------
    run : pathlib.Path
        Its folder.
    changes : mapping of str to object
        Values by option; those that are not given are None, empty, 0 or False.

    Raises
    ------
    InputError
        If one is given.
    """
    given = [option for option, value in changes.items() if value]
    if given:
        raise InputError(
            f"{', '.join(given)} would change the run in {run}, which stands as it is",
            "Drop --run, and the forecast is made anew.",
        )


def read_date(text: str | None, option: str = "--today") -> dt.date:
    """The date of an option; the current one by default.

    Raises
    ------
    InputError
        If it is not a date, or one on which nobody asks.
    """
    if text is None:
        return dt.date.today()
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} {text!r} is not a date", "Write YEAR-MONTH-DAY, such as 2026-11-21.") from None
    if not EARLIEST <= date <= LATEST:
        raise InputError(f"{option} {text} is not between {EARLIEST} and {LATEST}", "Give a date of our time.")
    return date


def command_line(command: str, *arguments: str, **options: object) -> list[str]:
    """The words of a command: options that are None, empty or False are left out.

    Examples
    --------
    >>> command_line("backtest", "paper", priors="wide", set=["R=2"], seed=None, check=True)
    ['backtest', 'paper', '--priors', 'wide', '--set', 'R=2', '--check']
    """
    words = [command, *arguments]
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif isinstance(value, list):
            words += [word for one in value for word in (option, str(one))]
        elif value is not None and value is not False:
            words += [option, str(value)]
    return words


def anchored(source: draws.Draws, anchor: str | None) -> draws.Draws:
    """A source whose year 0 is the date of ``--anchor``, if one was given."""
    return source.anchored(read_date(anchor, "--anchor")) if anchor else source
