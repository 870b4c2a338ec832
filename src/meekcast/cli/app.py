"""The commands. Heavy imports wait inside them: ``--help`` must answer at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="meekcast",
    help="When do low-budget ('meek') AI models catch up with the frontier, and how sure can anyone be?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Write JSON and nothing else to stdout.")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"meekcast {version('meekcast')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold options of the whole program."""


@app.command()
def forecast(
    cards: Annotated[
        list[str] | None,
        typer.Argument(metavar="CARD", help="Cards, by name or path; several are compared. Default: leaderboard."),
    ] = None,
    priors: Annotated[str | None, typer.Option(help="Prior set, by name or path; the card's own by default.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Fix a parameter; members of its joint prior move along."),
    ] = None,
    prior: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PRIOR", help="Change a prior: g_investment='LogNormal(2.4, 90% 2.0..2.9)'."),
    ] = None,
    evidence: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Read a benchmark from another table, by name or path.")
    ] = None,
    until: Annotated[float | None, typer.Option(metavar="YEAR", help="Horizon of events and bands.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Files go to DIR/<card>/.")] = Path("out"),
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date of asking; the current one by default.")
    ] = None,
    sampler: Annotated[str, typer.Option(help="nutpie, or pymc.")] = "nutpie",
    draws: Annotated[int, typer.Option(min=50, help="Kept draws of each of four chains.")] = 1000,
    tune: Annotated[int, typer.Option(min=50, help="Warm-up draws of each chain.")] = 1000,
    target_accept: Annotated[float, typer.Option(min=0.5, max=0.999, help="Aimed acceptance of the sampler.")] = 0.97,
    fresh: Annotated[bool, typer.Option("--fresh", help="Sample even if the posterior is in the cache.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Add prior and posterior predictive checks.")] = False,
    stack: Annotated[
        bool, typer.Option("--stack", help="Average the cards; default: leaderboard and its variants.")
    ] = False,
    weight: Annotated[
        list[str] | None, typer.Option(metavar="CARD=W", help="Prior weight of a card in the stack; 1 by default.")
    ] = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Write the files and print nothing but errors.")] = False,
) -> None:
    """Forecast when the budget actor catches up, with bands, events and pictures.

    With --stack cards are weighted by how they did on past dates, where these can tell them apart, and by --weight
    where they cannot. A card that was never backtested is backtested first, which takes minutes, once.
    """
    from meekcast.cli.forecast import Request, run
    from meekcast.library import variants

    default = list(variants("leaderboard")) if stack else ["leaderboard"]
    request = Request(
        cards or default, priors, set_ or [], prior or [], evidence or [], until, seed, out, today, sampler,
        draws, tune, target_accept, fresh, check, json, quiet, stack, tuple(weight or ()),
    )  # fmt: skip
    raise typer.Exit(run(request))


@app.command()
def point(
    values: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Changed values.")] = None,
    at: Annotated[list[float] | None, typer.Option(metavar="YEAR", help="Compare both actors at t0 + YEAR.")] = None,
    json: Json = False,
) -> None:
    """Evaluate the paper's closed forms at point values; nothing is sampled.

    Names: alpha A L0 g_hardware g_algorithms g_investment C0 R eps error_rate type_1 type_2 slowdown.
    Defaults are the published paper's. Times are years since t0.
    """
    from meekcast.cli.point import run

    run(values or [], at or [], json)


@app.command()
def reproduce(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Claims, or whole families; everything by default.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Figures and tables go to DIR.")] = Path("out/reproduce"),
    json: Json = False,
) -> None:
    """Compute every number and figure of the paper again, and compare with what was published.

    Families: training inference benchmark tokens leaderboard words.
    """
    from meekcast.cli.reproduce import run

    run(ids or [], out, json)


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Show one card, by name or path.")] = None, json: Json = False
) -> None:
    """List the model cards, or show one with its story, components and priors."""
    from meekcast.cli.show import show

    show("models", name, json)


@app.command()
def priors(
    name: Annotated[str | None, typer.Argument(help="Show one set, by name or path.")] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(metavar="SET SET", help="Draw both sets, one picture a parameter.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Pictures of --compare go to DIR/priors/.")] = Path("out"),
    json: Json = False,
) -> None:
    """List the prior sets, show one with every number, unit and source, or compare two."""
    from meekcast.cli.show import compare_priors, show

    if compare:
        compare_priors(*compare, out / "priors", json)
    else:
        show("priors", name, json)


@app.command()
def evidence(
    name: Annotated[str | None, typer.Argument(help="Show one table, by name or path.")] = None, json: Json = False
) -> None:
    """List the evidence tables, or show one with every record, source and licence."""
    from meekcast.cli.show import show

    show("evidence", name, json)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="TOML file of a card, a prior set or evidence.")]) -> None:
    """Check a file of your own and say what it is."""
    from meekcast.cli.show import check_file

    check_file(file)


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete all cached posteriors.")] = False, json: Json = False
) -> None:
    """Show the posteriors kept on disk, or clear them."""
    from meekcast.cli.show import show_cache

    show_cache(clear, json)


@app.command()
def backtest(
    cards: Annotated[
        list[str] | None,
        typer.Argument(metavar="CARD", help="Cards, by name or path; several are compared. Default: leaderboard."),
    ] = None,
    priors: Annotated[str | None, typer.Option(help="Prior set, by name or path; the card's own by default.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Fix a parameter; members of its joint prior move along."),
    ] = None,
    prior: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PRIOR", help="Change a prior: g_investment='LogNormal(2.4, 90% 2.0..2.9)'."),
    ] = None,
    evidence: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Read a benchmark from another table, by name or path.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Files go to DIR/<card>/.")] = Path("out"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Sample even what the cache has.")] = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="Also keep the scorecard with those that ship with meekcast.")
    ] = False,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Write the files and print nothing but errors.")] = False,
) -> None:
    """Hold a card against past dates: what it would have forecast, scored beside what it has to beat.

    Each quarter end from 2024-06-30 on is an origin: only evidence released by then is used. Fits are kept
    in the cache, so a run that was stopped goes on where it was.
    """
    from meekcast.cli.backtest import Request, run

    request = Request(
        cards or ["leaderboard"], priors, set_ or [], prior or [], evidence or [], seed, out, fresh, ship, json, quiet
    )
    raise typer.Exit(run(request))
