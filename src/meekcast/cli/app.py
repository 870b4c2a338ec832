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
    priors: Annotated[
        list[str] | None,
        typer.Option(help="Prior set, by name or path; the card's own by default. Several: side by side, and mixed."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Fix a parameter; members of its joint prior move along."),
    ] = None,
    prior: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PRIOR", help="Change a prior: g_investment='LogNormal(2.4, 90% 2.0..2.9)'."),
    ] = None,
    evidence: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Table for a benchmark, a trend, or losses."),
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
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Write the files and print nothing but errors.")] = False,
) -> None:
    """Forecast when the budget actor catches up, with bands, events and pictures."""
    from meekcast.cli.forecast import Request, run

    request = Request(
        cards or ["leaderboard"], priors or [], set_ or [], prior or [], evidence or [], until, seed, out, today,
        sampler, draws, tune, target_accept, fresh, check, json, quiet,
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


@app.command()
def replay(
    manifest: Annotated[Path, typer.Argument(help="manifest.json of a run, or its folder.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the new files in DIR.")] = None,
    cached: Annotated[bool, typer.Option("--cached", help="Take the posterior from the cache if it is there.")] = False,
    json: Json = False,
) -> None:
    """Make a run again from its manifest alone and say which outputs are identical, byte for byte."""
    from meekcast.cli.audit import run_replay

    raise typer.Exit(run_replay(manifest, out, cached, json))


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, such as out/leaderboard.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the other.")],
    json: Json = False,
) -> None:
    """Explain what changed between two runs: inputs first, then dates and probabilities."""
    from meekcast.cli.audit import run_diff

    run_diff(first, second, json)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as out/leaderboard.")],
    to: Annotated[str, typer.Option(help="netcdf, zarr, csv, parquet, json, sipmath, metaculus, squiggle or scipy.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="File; <card>.<ending> by default.")] = None,
    event: Annotated[
        str | None, typer.Option(metavar="NAME|NUMBER", help="One event, by name or number from 1.")
    ] = None,
    quantity: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Quantities; all by default.")] = None,
    table: Annotated[str | None, typer.Option(help="csv, parquet: bands (default), draws or dates.")] = None,
    range_: Annotated[
        tuple[str, str] | None,
        typer.Option("--range", metavar="LOW HIGH", help="metaculus: the question's range, dates or years."),
    ] = None,
    lower: Annotated[str | None, typer.Option(help="metaculus: lower bound, closed (default) or open.")] = None,
    upper: Annotated[str | None, typer.Option(help="metaculus: upper bound, open (default) or closed.")] = None,
) -> None:
    """Write a run in the format of another tool."""
    from meekcast.cli.export import run as write
    from meekcast.export.formats import Wanted

    low, high = range_ or (None, None)
    write(run, to, out, Wanted(event, tuple(quantity or ()), table, low, high, lower, upper))


@app.command()
def elicit(
    name: Annotated[str, typer.Argument(help="Parameter, such as g_investment.")],
    quantile: Annotated[
        list[str], typer.Option(metavar="LEVEL=VALUE", help="What you believe: 0.05=2.0, two or more.")
    ],
    source: Annotated[str, typer.Option(metavar="TEXT", help="Who believes it, and why.")],
    family: Annotated[str, typer.Option(help="Normal, LogNormal, LogitNormal, or auto: the best.")] = "auto",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add the prior to this prior set; a new one if there is none.")
    ] = None,
    picture: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the picture.")] = Path("out/priors"),
    compare: Annotated[
        bool, typer.Option("--compare", help="Fit other families too (PreliZ), to see what ours leave out.")
    ] = False,
    json: Json = False,
) -> None:
    """Turn stated quantiles into a prior: fitted, drawn, and written as an entry of a prior set."""
    from meekcast.cli.elicit import run

    run(name, quantile, family, source, out, picture, compare, json)


@app.command()
def when(
    expression: Annotated[str, typer.Argument(help="Such as 'loss_gap < 0.05' or 'budget_compute > 1e26'.")],
    card: Annotated[str, typer.Option(help="Card, by name or path.")] = "leaderboard",
    by: Annotated[
        list[float] | None, typer.Option(metavar="YEAR", help="Ask for the probability by these years.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(metavar="EXPRESSION", help="Only draws in which this is true: 'loss_gap > 0.1 at 2027-01-01'."),
    ] = None,
    budget: Annotated[
        list[float] | None, typer.Option(metavar="USD", help="Budget of a training run; several are compared.")
    ] = None,
    anchor: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date of year 0 of a card that knows no calendar.")
    ] = None,
    from_run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="Ask a run that stands, such as out/leaderboard.")
    ] = None,
    priors: Annotated[str | None, typer.Option(help="Prior set, by name or path; the card's own by default.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Fix a parameter.")] = None,
    prior: Annotated[list[str] | None, typer.Option(metavar="NAME=PRIOR", help="Change a prior.")] = None,
    evidence: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Read a benchmark from another table, by name or path.")
    ] = None,
    until: Annotated[float | None, typer.Option(metavar="YEAR", help="Horizon.")] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date of asking; the current one by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    draws: Annotated[int, typer.Option(min=50, help="Kept draws of each of four chains.")] = 1000,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Files go to DIR/<card>/when/. Default: out; with --run none are written."),
    ] = None,
    json: Json = False,
) -> None:
    """Ask when something happens: a distribution for any event over known quantities.

    Grammar: QUANTITY OPERATOR NUMBER [UNIT], or QUANTITY OPERATOR QUANTITY [at DATE]; operators < <= > >=.
    The date of an event is the first from which it holds up to the horizon.
    """
    from meekcast.cli.when import Request, run

    request = Request(
        expression, card, by or [], given or [], budget or [], anchor, from_run, priors, set_ or [], prior or [],
        evidence or [], until, today, seed, draws, out, json,
    )  # fmt: skip
    run(request)


@app.command()
def scenarios(
    file: Annotated[Path, typer.Argument(help="TOML file of scenarios; docs/scenarios.toml is an example.")],
    card: Annotated[str | None, typer.Option(help="Card, by name or path; the file's own by default.")] = None,
    priors: Annotated[str | None, typer.Option(help="Prior set of the base.")] = None,
    until: Annotated[float | None, typer.Option(metavar="YEAR", help="Horizon.")] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date of asking; the current one by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    draws: Annotated[int, typer.Option(min=50, help="Kept draws of each of four chains.")] = 1000,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Files go to DIR/<card>/.")] = Path("out"),
    json: Json = False,
) -> None:
    """Compare named changes with the base: dates, probabilities, and how sure their difference is.

    A scenario sets or shifts parameters in the draws (paired with the base), or takes other priors, evidence
    or another card (fitted anew).
    """
    from meekcast.cli.scenarios import Request, run

    run(Request(file, card, priors, until, today, seed, draws, out, json))


@app.command()
def governance(
    card: Annotated[
        str | None, typer.Option(help="Card, by name or path. Default: paper, with the priors of the literature.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FLOP", help="A rule of your own, beside the EU's and the US's.")
    ] = None,
    budget: Annotated[
        list[float] | None, typer.Option(metavar="USD", help="Budget of a training run; the card's own by default.")
    ] = None,
    by: Annotated[
        list[float] | None, typer.Option(metavar="YEAR", help="Ask for the probability by these years.")
    ] = None,
    anchor: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date of year 0 of a card that knows no calendar.")
    ] = None,
    priors: Annotated[str | None, typer.Option(help="Prior set, by name or path.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Fix a parameter.")] = None,
    prior: Annotated[list[str] | None, typer.Option(metavar="NAME=PRIOR", help="Change a prior.")] = None,
    until: Annotated[float | None, typer.Option(metavar="YEAR", help="Horizon.")] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date from which lead time counts; the current one by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Files go to DIR/<card>/.")] = Path("out"),
    json: Json = False,
) -> None:
    """Show when budgets pass FLOP rules, raw and effective, and the lead time left from today."""
    from meekcast.cli.governance import Request, run

    request = Request(
        card, rule or [], budget or [], by or [], anchor, priors, set_ or [], prior or [], until, today, seed, out,
        json,
    )  # fmt: skip
    run(request)
